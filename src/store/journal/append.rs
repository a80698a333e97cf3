//! The lanes: each takes the requests of its runs in order, and writes them a flush at a time.
//!
//! A flush goes through up to three rounds. *Hot*: states from memory, repeated events unknown. *Fresh*: the runs whose head
//! had moved, or all of them when one holds a repeated event, are loaded, deduplicated and planned again. *Locked*: load and
//! write in one transaction under the runs' locks, so that two servers on one run can't turn each other away for ever.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_postgres::error::SqlState;
use tracing::{Instrument as _, error, warn};

use super::chain;
use super::counters::Counters;
use super::group::{Group, Pending, Stored, bucket, committed, find_stored, grouped, planned, refuse};
use super::hot::{HotRun, HotRuns};
use super::load::{self, LOAD_RUNS, LOCK_BUCKETS};
use super::plan::RunPlan;
use super::request::{AppendError, AppendRequest, Appended, Committed};
use super::write::{self, APPEND_EVENTS, Columns, Verdict};
use crate::facts::time::Timestamp;
use crate::store::clock;
use crate::store::db::{Db, DbError, Executor};
use crate::store::lane::{Lane, lane};
use crate::store::partitions::RunKeys;

/// Events after which a flush is full: batches beyond this gain nothing more (see docs/performance.md).
const FLUSH_EVENTS: usize = 1_000;
/// Requests of one flush; also bounds its runs, since their locks come from a table that all sessions share.
const FLUSH_REQUESTS: usize = 256;
/// How long a lane tries to learn whether a flush, cut off after it was sent, was committed.
const DOUBT_LIMIT: Duration = Duration::from_secs(8);
/// Pause between those tries: a restarting server is back within a few of them.
const DOUBT_PAUSE: Duration = Duration::from_millis(100);

/// Called after each commit, run by run, in commit order within a run.
pub type OnCommit = Arc<dyn Fn(Committed) + Send + Sync>;

/// The handle that appends go through; cheap to clone.
#[derive(Debug, Clone)]
pub struct Journal {
    lanes: Arc<[mpsc::Sender<Pending>]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    Hot,
    Fresh,
    Locked,
}

/// What a round begins with.
struct Loaded {
    /// Of every group's run.
    states: Vec<HotRun>,
    /// Where the ids are stored that may be repeated.
    stored: Stored,
    /// Places of the groups whose runs were purged: they are not to begin anew.
    purged: HashSet<usize>,
}

/// A round that was sent, before it is concluded.
struct Attempt {
    groups: Vec<Group>,
    plans: Vec<RunPlan>,
    verdicts: Vec<Verdict>,
}

/// Why a round could not be finished.
struct Cut {
    groups: Vec<Group>,
    error: DbError,
    /// Whether the flush had been sent, so that it may have been committed.
    sent: bool,
}

impl Journal {
    /// Starts `lanes` lanes on the runtime; they end when the last handle is dropped and all is written.
    pub fn start(
        db: Db,
        lanes: usize,
        keys: Arc<RunKeys>,
        on_commit: OnCommit,
        tasks: &mut JoinSet<()>,
    ) -> Self {
        let counters = Counters::register();
        let senders = (0..lanes.max(1)).map(|_| {
            let (sender, receiver) = lane();
            let writer = Writer {
                db: db.clone(),
                keys: keys.clone(),
                on_commit: on_commit.clone(),
                counters: counters.clone(),
                hot: HotRuns::default(),
            };
            tasks.spawn(writer.run(receiver));
            sender
        });
        Self { lanes: senders.collect() }
    }

    /// Appends, and answers once it is durable.
    pub async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        let (reply, answer) = oneshot::channel();
        let place = bucket(&(request.organization, request.run_id.clone())).unsigned_abs() as usize
            % self.lanes.len();
        let gone = || AppendError::Unavailable("the server is stopping".into());
        self.lanes[place].send(Pending { request, reply }).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

/// One lane's side of the journal.
struct Writer {
    db: Db,
    keys: Arc<RunKeys>,
    on_commit: OnCommit,
    counters: Counters,
    hot: HotRuns,
}

impl Writer {
    async fn run(mut self, mut lane: Lane<Pending>) {
        let weight = |pending: &Pending| pending.request.events.len();
        while let Some(batch) = lane.gather(FLUSH_REQUESTS, FLUSH_EVENTS, weight).await {
            let started = Instant::now();
            self.counters.batch_events.record(batch.iter().map(weight).sum::<usize>() as f64);
            let events = batch.iter().map(weight).sum::<usize>() as u64;
            let span = tracing::trace_span!(target: "telltale_trace", "journal.flush", events, requests = batch.len() as u64);
            self.settle(grouped(batch)).instrument(span).await;
            self.counters.duration_ms.record(started.elapsed().as_secs_f64() * 1e3);
        }
    }

    /// Writes the groups and answers every request in them, one way or the other.
    async fn settle(&mut self, groups: Vec<Group>) {
        let mut left = groups;
        let mut round = Round::Hot;
        let mut in_doubt_since: Option<Instant> = None;
        while !left.is_empty() {
            match self.round(left, round, in_doubt_since.is_some()).await {
                Ok(again) => {
                    left = again;
                    round = if round == Round::Hot { Round::Fresh } else { Round::Locked };
                }
                Err(cut) => match self.recover(cut, round, &mut in_doubt_since).await {
                    Some(groups) => {
                        left = groups;
                        round = Round::Fresh;
                    }
                    None => return,
                },
            }
        }
    }

    /// What to do about a round that was cut short: the groups to try again, or `None` once all are answered.
    async fn recover(
        &mut self,
        cut: Cut,
        round: Round,
        in_doubt_since: &mut Option<Instant>,
    ) -> Option<Vec<Group>> {
        let Cut { groups, error, sent } = cut;
        let class = error.sql_state().map(|state| state.code()[..2].to_owned()).unwrap_or_default();
        if class == "40" || (round == Round::Hot && error.sql_state() == Some(&SqlState::UNIQUE_VIOLATION)) {
            return Some(groups);
        }
        if matches!(class.as_str(), "22" | "23" | "54") {
            self.bisect(groups, &error).await;
            return None;
        }
        let in_doubt = in_doubt_since.is_some() || (sent && error.is_unreachable());
        if in_doubt && in_doubt_since.get_or_insert_with(Instant::now).elapsed() < DOUBT_LIMIT {
            tokio::time::sleep(DOUBT_PAUSE).await;
            return Some(groups);
        }
        warn!(%error, "append not done");
        refuse(groups, &AppendError::Unavailable(error.to_string()));
        None
    }

    /// Splits the requests in two and writes each half by itself, so that one that the database can't take does
    /// not take the others with it.
    async fn bisect(&mut self, groups: Vec<Group>, error: &DbError) {
        let mut requests: Vec<Pending> = groups.into_iter().flat_map(|group| group.requests).collect();
        if requests.len() <= 1 {
            error!(%error, "append refused by the database");
            for pending in requests {
                let _ = pending.reply.send(Err(AppendError::Rejected(error.to_string())));
            }
            return;
        }
        let second = requests.split_off(requests.len() / 2);
        Box::pin(self.settle(grouped(requests))).await;
        Box::pin(self.settle(grouped(second))).await;
    }

    /// One try at writing `groups`; those that must be tried again come back.
    async fn round(&mut self, groups: Vec<Group>, round: Round, check_all: bool) -> Result<Vec<Group>, Cut> {
        let unsent = |groups, error| Cut { groups, error, sent: false };
        let mut connection = match self.db.get().await {
            Ok(connection) => connection,
            Err(error) => return Err(unsent(groups, error)),
        };
        if round != Round::Locked {
            let attempt = self.attempt(Executor::Connection(&connection), groups, round, check_all).await?;
            return Ok(self.conclude(attempt, round));
        }
        let transaction = match connection.transaction().await {
            Ok(transaction) => transaction,
            Err(error) => return Err(unsent(groups, error)),
        };
        let mut buckets: Vec<i32> = groups.iter().map(|group| bucket(&group.name)).collect();
        buckets.sort_unstable();
        buckets.dedup();
        if let Err(error) = transaction.query(&LOCK_BUCKETS, &[&buckets]).await {
            return Err(unsent(groups, error));
        }
        let attempt = self.attempt(Executor::Transaction(&transaction), groups, round, check_all).await?;
        match transaction.commit().await {
            Ok(()) => Ok(self.conclude(attempt, round)),
            Err(error) => Err(Cut { groups: attempt.groups, error, sent: true }),
        }
    }

    /// Loads, plans and sends; nothing is concluded yet.
    async fn attempt(
        &mut self,
        on: Executor<'_>,
        mut groups: Vec<Group>,
        round: Round,
        check_all: bool,
    ) -> Result<Attempt, Cut> {
        let Loaded { mut states, stored, purged } = match self.states(&on, &groups, round, check_all).await {
            Ok(loaded) => loaded,
            Err(error) => return Err(Cut { groups, error, sent: false }),
        };
        if !purged.is_empty() {
            (groups, states) = without_purged(groups, states, &purged);
        }
        let now = clock::now();
        let plans: Vec<RunPlan> =
            groups.iter_mut().zip(states).map(|(group, state)| planned(group, state, &stored, now)).collect();
        match send(&on, &groups, &plans).await {
            Ok(verdicts) => Ok(Attempt { groups, plans, verdicts }),
            Err(error) => Err(Cut { groups, error, sent: true }),
        }
    }

    async fn states(
        &mut self,
        on: &Executor<'_>,
        groups: &[Group],
        round: Round,
        check_all: bool,
    ) -> Result<Loaded, DbError> {
        let mut purged = HashSet::new();
        let mut states: Vec<Option<HotRun>> = groups
            .iter()
            .map(|group| if round == Round::Hot { self.hot.take(&group.name) } else { None })
            .collect();
        let missing: Vec<usize> = (0..groups.len()).filter(|place| states[*place].is_none()).collect();
        if !missing.is_empty() {
            let (organizations, names) = load::load_params(missing.iter().map(|place| &groups[*place].name));
            let rows = on.query(&LOAD_RUNS, &[&organizations, &names]).await?;
            purged.extend(load::purged(&rows)?.into_iter().filter_map(|index| missing.get(index)));
            for (index, state) in load::loaded(&rows)? {
                if let Some(place) = missing.get(index) {
                    states[*place] = Some(state);
                }
            }
        }
        let now = clock::now();
        let states: Vec<HotRun> = groups
            .iter()
            .zip(states)
            .map(|(group, state)| state.unwrap_or_else(|| self.unborn(group, now)))
            .collect();
        if round == Round::Hot {
            return Ok(Loaded { states, stored: Stored::new(), purged });
        }
        let stored = find_stored(on, groups, &states, check_all).await?;
        Ok(Loaded { states, stored, purged })
    }

    /// The state of a run that has no event yet.
    fn unborn(&self, group: &Group, now: Timestamp) -> HotRun {
        let (organization, run_id) = &group.name;
        let imported = group.imported_as();
        let key = imported.map_or_else(|| self.keys.generate(now), |imported| imported.run_key);
        let origin = imported.map_or(*organization, |imported| imported.origin);
        HotRun { key, run: Default::default(), hash: chain::genesis(origin, run_id), exists: false }
    }

    /// Answers what was written, tells those who watch, and gives back what must be tried again.
    fn conclude(&mut self, attempt: Attempt, round: Round) -> Vec<Group> {
        let Attempt { groups, plans, verdicts } = attempt;
        let committed_at = Instant::now();
        let mut again = Vec::new();
        for ((group, mut plan), verdict) in groups.into_iter().zip(plans).zip(verdicts) {
            // Where every event is stored already, nothing had to be written.
            match verdict {
                _ if plan.events.is_empty() => {}
                Verdict::Written => {}
                // What was written under the claim before it was over may be repeated after it, which the next round sees.
                Verdict::Fenced if round != Round::Hot => {
                    refuse(vec![group], &AppendError::ClaimLost);
                    continue;
                }
                Verdict::Again | Verdict::Fenced => {
                    again.push(group);
                    continue;
                }
            }
            self.count(&group, &plan);
            (self.on_commit)(committed(&group, &plan, committed_at));
            for (pending, answer) in group.requests.into_iter().zip(plan.answers) {
                let answer = Appended {
                    run_key: plan.state.key,
                    head_seq: answer.head_seq,
                    created: answer.created,
                    results: answer.results,
                };
                let _ = pending.reply.send(Ok(answer));
            }
            if plan.state.run.head.head_seq > 0 {
                plan.state.exists = true;
                self.hot.put(plan.name, plan.state);
            }
        }
        again
    }

    fn count(&self, group: &Group, plan: &RunPlan) {
        for (pending, answer) in group.requests.iter().zip(&plan.answers) {
            for (new, result) in pending.request.events.iter().zip(&answer.results) {
                self.counters.event(new.event.kind, new.event.level, result.outcome);
            }
        }
        let status = plan.state.run.status();
        if plan.status_before != Some(status) && !plan.events.is_empty() {
            self.counters.run(status);
        }
    }
}

/// Refuses the groups at these places; the others go on.
fn without_purged(
    groups: Vec<Group>,
    states: Vec<HotRun>,
    purged: &HashSet<usize>,
) -> (Vec<Group>, Vec<HotRun>) {
    let (mut kept, mut kept_states) = (Vec::new(), Vec::new());
    for (place, (group, state)) in groups.into_iter().zip(states).enumerate() {
        if purged.contains(&place) {
            refuse(vec![group], &AppendError::Purged);
        } else {
            kept.push(group);
            kept_states.push(state);
        }
    }
    (kept, kept_states)
}

/// Writes the plans in one round trip; nothing is sent when every event is a repetition.
async fn send(on: &Executor<'_>, groups: &[Group], plans: &[RunPlan]) -> Result<Vec<Verdict>, DbError> {
    if plans.iter().all(|plan| plan.events.is_empty()) {
        return Ok(vec![Verdict::Written; plans.len()]);
    }
    let columns = Columns::of(plans, groups)?;
    let rows = on.query(&APPEND_EVENTS, &columns.params()).await?;
    write::verdicts(&rows, plans.len())
}
