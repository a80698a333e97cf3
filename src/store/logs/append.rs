//! The log lanes: each takes the lines of its runs in order, and writes them a flush at a time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::{Counter, counter};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tracing::warn;

use super::line::{LogStream, NewLines, StreamName};
use super::load;
use super::pen::Packer;
use super::plan::{self, LinesCommitted, LogDone, LogError, LogPlan, LogWork, LogsAppended, Sealed};
use super::state::LogState;
use super::write::{bucket, send};
use crate::facts::id::RunKey;
use crate::facts::metric;
use crate::store::db::{Db, DbError, Executor, Query, query};
use crate::store::lane::{Lane, lane};

pub(super) const LOCK_BUCKETS: Query = query!("logs/lock_buckets"; INT4_ARRAY);

/// Plain bytes after which a flush is full: a few chunks.
const FLUSH_BYTES: usize = 1024 * 1024;
/// Pieces of work in one flush; also bounds its runs and so its locks.
const FLUSH_WORK: usize = 256;
/// What a line weighs beside its text.
const LINE_OVERHEAD_BYTES: usize = 128;
/// Runs whose log state a lane keeps.
const HOT_RUNS: usize = 2_048;
/// How long a lane tries to learn whether a flush, cut off after it was sent, was committed.
const DOUBT_LIMIT: Duration = Duration::from_secs(8);
const DOUBT_PAUSE: Duration = Duration::from_millis(100);

/// Called after each commit, run by run, in commit order within a run.
pub type OnLines = Arc<dyn Fn(LinesCommitted) + Send + Sync>;

/// The handle that lines go through; cheap to clone.
#[derive(Debug, Clone)]
pub struct Logs {
    lanes: Arc<[mpsc::Sender<Pending>]>,
}

#[derive(Debug)]
struct Pending {
    key: RunKey,
    work: LogWork,
    reply: oneshot::Sender<Result<LogDone, LogError>>,
}

/// The work of one flush for one run.
struct Group {
    key: RunKey,
    pending: Vec<Pending>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    Hot,
    Fresh,
    Locked,
}

struct Cut {
    groups: Vec<Group>,
    /// The plans of a flush that was sent, so that it may have been committed.
    sent: Vec<LogPlan>,
    error: DbError,
}

/// A round that was sent, before it is concluded.
struct Attempt {
    groups: Vec<Group>,
    plans: Vec<LogPlan>,
    written: Vec<bool>,
}

impl Logs {
    /// Starts `lanes` lanes on the runtime; they end when the last handle is dropped and all is written.
    pub fn start(db: Db, lanes: usize, on_lines: OnLines, tasks: &mut JoinSet<()>) -> Self {
        let counters = LogStream::ALL
            .iter()
            .map(|s| counter!(metric::LOG_LINES_TOTAL, "stream" => s.as_str()))
            .collect::<Arc<[_]>>();
        let senders = (0..lanes.max(1)).map(|_| {
            let (sender, receiver) = lane();
            let (on_lines, counters) = (on_lines.clone(), counters.clone());
            let writer =
                Writer { db: db.clone(), on_lines, counters, hot: HashMap::new(), packer: Packer::default() };
            tasks.spawn(writer.run(receiver));
            sender
        });
        Self { lanes: senders.collect() }
    }

    /// Appends lines in their order, and answers once they are durable.
    pub async fn append(&self, key: RunKey, lines: NewLines) -> Result<LogsAppended, LogError> {
        match self.ask(key, LogWork::Append(lines)).await? {
            LogDone::Appended(appended) => Ok(appended),
            other => Err(unexpected(&other)),
        }
    }

    /// What a stream holds, behind everything that was sent to the lane before.
    pub async fn seal(&self, key: RunKey, name: StreamName) -> Result<Sealed, LogError> {
        match self.ask(key, LogWork::Seal(name)).await? {
            LogDone::Sealed(sealed) => Ok(sealed),
            other => Err(unexpected(&other)),
        }
    }

    /// Remembers that the stream was closed when it held `lines` lines; false when it holds more by now.
    pub async fn mark_closed(&self, key: RunKey, name: StreamName, lines: u64) -> Result<bool, LogError> {
        match self.ask(key, LogWork::MarkClosed(name, lines)).await? {
            LogDone::Marked(is_current) => Ok(is_current),
            other => Err(unexpected(&other)),
        }
    }

    async fn ask(&self, key: RunKey, work: LogWork) -> Result<LogDone, LogError> {
        let (reply, answer) = oneshot::channel();
        let place = bucket(key).unsigned_abs() as usize % self.lanes.len();
        let gone = || LogError::Unavailable("the server is stopping".into());
        self.lanes[place].send(Pending { key, work, reply }).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

fn unexpected(done: &LogDone) -> LogError {
    LogError::Rejected(format!("the lane answered {done:?}"))
}

struct Writer {
    db: Db,
    on_lines: OnLines,
    counters: Arc<[Counter]>,
    hot: HashMap<RunKey, LogState>,
    packer: Packer,
}

impl Writer {
    async fn run(mut self, mut lane: Lane<Pending>) {
        let weight = |pending: &Pending| match &pending.work {
            LogWork::Append(new) => {
                new.lines().iter().map(|line| line.bytes.len() + LINE_OVERHEAD_BYTES).sum()
            }
            _ => LINE_OVERHEAD_BYTES,
        };
        while let Some(batch) = lane.gather(FLUSH_WORK, FLUSH_BYTES, weight).await {
            self.settle(grouped(batch)).await;
        }
    }

    /// Writes the groups and answers all the work in them, one way or the other.
    async fn settle(&mut self, groups: Vec<Group>) {
        let mut left = groups;
        let mut round = Round::Hot;
        let mut doubts: HashMap<RunKey, LogPlan> = HashMap::new();
        let mut in_doubt_since: Option<Instant> = None;
        while !left.is_empty() {
            let cut = match self.round(left, round, &mut doubts).await {
                Ok(again) => {
                    left = again;
                    round = if round == Round::Hot { Round::Fresh } else { Round::Locked };
                    continue;
                }
                Err(cut) => cut,
            };
            doubts.extend(cut.sent.into_iter().map(|plan| (plan.key, plan)));
            let class = cut.error.sql_state().map(|state| state.code()[..2].to_owned()).unwrap_or_default();
            let is_race = class == "40";
            let in_doubt = !doubts.is_empty() && cut.error.is_unreachable();
            let may_try_again = is_race
                || in_doubt && in_doubt_since.get_or_insert_with(Instant::now).elapsed() < DOUBT_LIMIT;
            if !may_try_again {
                warn!(error = %cut.error, "log lines not stored");
                return refuse(cut.groups, &cut.error);
            }
            if !is_race {
                tokio::time::sleep(DOUBT_PAUSE).await;
            }
            left = cut.groups;
            round = Round::Fresh;
        }
    }

    /// One try at writing `groups`; those that must be tried again come back.
    async fn round(
        &mut self,
        groups: Vec<Group>,
        round: Round,
        doubts: &mut HashMap<RunKey, LogPlan>,
    ) -> Result<Vec<Group>, Cut> {
        let unsent = |groups, error| Cut { groups, sent: Vec::new(), error };
        let mut connection = match self.db.get().await {
            Ok(connection) => connection,
            Err(error) => return Err(unsent(groups, error)),
        };
        if round != Round::Locked {
            let attempt = self.attempt(&Executor::Connection(&connection), groups, round, doubts).await?;
            return Ok(self.conclude(attempt));
        }
        let transaction = match connection.transaction().await {
            Ok(transaction) => transaction,
            Err(error) => return Err(unsent(groups, error)),
        };
        let mut buckets: Vec<i32> = groups.iter().map(|group| bucket(group.key)).collect();
        buckets.sort_unstable();
        buckets.dedup();
        if let Err(error) = transaction.query(&LOCK_BUCKETS, &[&buckets]).await {
            return Err(unsent(groups, error));
        }
        let attempt = self.attempt(&Executor::Transaction(&transaction), groups, round, doubts).await?;
        match transaction.commit().await {
            Ok(()) => Ok(self.conclude(attempt)),
            Err(error) => Err(Cut { groups: attempt.groups, sent: attempt.plans, error }),
        }
    }

    async fn attempt(
        &mut self,
        on: &Executor<'_>,
        groups: Vec<Group>,
        round: Round,
        doubts: &mut HashMap<RunKey, LogPlan>,
    ) -> Result<Attempt, Cut> {
        let states = match self.states(on, &groups, round).await {
            Ok(states) => states,
            Err(error) => return Err(Cut { groups, sent: Vec::new(), error }),
        };
        let mut plans = Vec::with_capacity(groups.len());
        for (group, state) in groups.iter().zip(states) {
            let planned = match doubts.remove(&group.key) {
                Some(sent) if is_what_is_stored(&sent, &state) => Ok(already_written(sent)),
                _ => {
                    let work = group.pending.iter().map(|pending| &pending.work);
                    plan::plan(group.key, state, work, &mut self.packer)
                }
            };
            match planned {
                Ok(plan) => plans.push(plan),
                Err(error) => return Err(Cut { groups, sent: Vec::new(), error }),
            }
        }
        match send(on, &plans).await {
            Ok(mut written) => {
                // Another server may have gone on since: what no write has proven is looked up before it is said.
                for (written, plan) in written.iter_mut().zip(&plans) {
                    *written &= round != Round::Hot || !plan.needs_proof || !plan.touched.is_empty();
                }
                Ok(Attempt { groups, plans, written })
            }
            Err(error) => Err(Cut { groups, sent: plans, error }),
        }
    }

    async fn states(
        &mut self,
        on: &Executor<'_>,
        groups: &[Group],
        round: Round,
    ) -> Result<Vec<LogState>, DbError> {
        let mut states: HashMap<RunKey, LogState> = HashMap::new();
        for group in groups {
            let known = self.hot.remove(&group.key);
            if let (Some(state), Round::Hot) = (known, round) {
                states.insert(group.key, state);
            }
        }
        let missing: Vec<RunKey> =
            groups.iter().map(|group| group.key).filter(|key| !states.contains_key(key)).collect();
        if !missing.is_empty() {
            states.extend(load::load(on, &missing).await?);
        }
        Ok(groups.iter().map(|group| states.remove(&group.key).unwrap_or_default()).collect())
    }

    /// Answers what was written, tells those who watch, and gives back what must be tried again.
    fn conclude(&mut self, attempt: Attempt) -> Vec<Group> {
        let committed_at = Instant::now();
        let mut again = Vec::new();
        for ((group, plan), written) in attempt.groups.into_iter().zip(attempt.plans).zip(attempt.written) {
            if !written {
                again.push(group);
                continue;
            }
            for (stream, lines) in &plan.accepted {
                if let Some(counter) = self.counters.get(*stream as usize) {
                    counter.increment(*lines);
                }
            }
            let head_log_seq = plan.state.head;
            if head_log_seq > plan.head_before {
                (self.on_lines)(LinesCommitted {
                    run_key: plan.key,
                    head_log_seq,
                    chunks: plan.plain,
                    committed_at,
                });
            }
            for (pending, answer) in group.pending.into_iter().zip(plan.answers) {
                let _ = pending.reply.send(answer);
            }
            if self.hot.len() >= HOT_RUNS {
                self.hot.clear();
            }
            self.hot.insert(plan.key, plan.state);
        }
        again
    }
}

/// Whether a flush in doubt turns out to be committed: version and digests are those it would have left.
fn is_what_is_stored(sent: &LogPlan, stored: &LogState) -> bool {
    sent.state.version == stored.version
        && sent.touched.iter().all(|name| match (sent.state.streams.get(name), stored.streams.get(name)) {
            (Some(sent), Some(stored)) => {
                sent.sha256() == stored.sha256() && sent.closed_at_lines == stored.closed_at_lines
            }
            _ => false,
        })
}

/// The plan of a flush that was committed after all: nothing is left to write.
fn already_written(mut sent: LogPlan) -> LogPlan {
    sent.touched.clear();
    sent.chunks.clear();
    sent
}

fn grouped(batch: Vec<Pending>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for pending in batch {
        match groups.iter_mut().find(|group| group.key == pending.key) {
            Some(group) => group.pending.push(pending),
            None => groups.push(Group { key: pending.key, pending: vec![pending] }),
        }
    }
    groups
}

fn refuse(groups: Vec<Group>, error: &DbError) {
    let unavailable = !matches!(error, DbError::Shape(_));
    for pending in groups.into_iter().flat_map(|group| group.pending) {
        let text = error.to_string();
        let error = if unavailable { LogError::Unavailable(text) } else { LogError::Rejected(text) };
        let _ = pending.reply.send(Err(error));
    }
}
