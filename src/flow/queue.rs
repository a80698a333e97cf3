//! Workers and the queue: waiting for runs, keeping claims, giving them back, and who was seen lately.
//!
//! ```text
//! start ─► wake ─┐
//! room made ─────┼─► claimers waiting here ─► store::queue::claim
//! every 500 ms ──┘   (what other servers enqueued)
//! ```
//!
//! Nothing here lasts: what a worker holds is in the store, and a server that starts anew learns of its workers as they
//! come back.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Core, ingest};
use crate::facts::event::EventType;
use crate::facts::id::{OrganizationId, RunId};
use crate::facts::status::words;
use crate::store::db::{Db, DbError};
use crate::store::queue::{self, Claim, Claimed, LEASE};

/// How often a waiting claimer looks by itself: runs that another server enqueued come without a wake.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A worker that was not heard of for this long can't be counted on: it asks or beats several times in a lease.
const LIVE_FOR: Duration = LEASE.saturating_mul(2);
/// … and after this long it is forgotten.
const REMEMBER_FOR: Duration = Duration::from_secs(300);
/// Workers remembered at most; their names come from outside.
const WORKERS_MAX: usize = 10_000;
/// Runs remembered whose end makes room.
const LIMITED_MAX: usize = 10_000;
/// Claims told in one look at all workers.
const CLAIMS_TOLD_MAX: u32 = 10_000;

words! {
    /// What executes nodes.
    WorkerEngine {
        Docker = "docker",
        Process = "process",
    }
}

words! {
    /// How it stands with a claim.
    ClaimState {
        Held = "held",
        Lost = "lost",
        Cancelling = "cancelling",
        Released = "released",
    }
}

/// Who waits and who was seen; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Queue {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Ticks when there may be something to claim.
    work: watch::Sender<u64>,
    waiting: AtomicUsize,
    workers: Mutex<HashMap<String, Seen>>,
    /// Runs claimed here whose end may let another one of their workflow begin.
    limited: Mutex<HashSet<RunId>>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            work: watch::Sender::new(0),
            waiting: AtomicUsize::new(0),
            workers: Mutex::default(),
            limited: Mutex::default(),
        }
    }
}

#[derive(Debug, Clone)]
struct Seen {
    /// `None`: it has only kept its claims here since this server's start, and not said.
    engines: Option<Vec<WorkerEngine>>,
    at: Instant,
}

/// What a worker asks for.
#[derive(Debug, Clone)]
pub struct Ask {
    pub worker: String,
    pub engines: Vec<WorkerEngine>,
    pub limit: i32,
    /// How long it would rather wait than hear of nothing.
    pub wait: Duration,
}

/// A worker as it is shown.
#[derive(Debug, Clone)]
pub struct Worker {
    pub name: String,
    /// Empty where this server has not heard its engines yet.
    pub engines: Vec<WorkerEngine>,
    /// `None`: only its claims are known, it speaks to another server.
    pub seen_ago: Option<Duration>,
    pub claims: Vec<Claim>,
}

impl Queue {
    /// There may be something to claim: lets every waiting claimer look. Never blocks.
    pub fn wake(&self) {
        self.shared.work.send_modify(|ticks| *ticks = ticks.wrapping_add(1));
    }

    /// A run is over. Wakes only where that may make room for another: most runs that end are of no concern to the queue,
    /// and a look for each of them would cost more than the runs themselves.
    pub fn ended(&self, run_id: &RunId) {
        if self.shared.limited.lock().remove(run_id) {
            self.wake();
        }
    }

    fn note_limited(&self, claimed: &[Claimed]) {
        let mut limited = self.shared.limited.lock();
        if limited.len() >= LIMITED_MAX {
            // What is forgotten is found by the next look.
            limited.clear();
        }
        limited.extend(claimed.iter().filter(|run| run.is_limited).map(|run| run.run_id.clone()));
    }

    /// Ticks with every [`Queue::wake`]: for whoever starts a worker when there is work and nobody waits for it.
    #[must_use]
    pub fn work(&self) -> watch::Receiver<u64> {
        self.shared.work.subscribe()
    }

    /// How many claimers wait at this server now.
    #[must_use]
    pub fn waiting_claimers(&self) -> usize {
        self.shared.waiting.load(Ordering::Acquire)
    }

    /// Whether a worker that has all of `engines`, as far as is known, was heard of lately.
    #[must_use]
    pub fn has_worker_for(&self, engines: &[String]) -> bool {
        let has = |seen: &Seen| {
            let Some(of_worker) = &seen.engines else { return true };
            engines.iter().all(|name| of_worker.iter().any(|engine| engine.as_str() == name))
        };
        let workers = self.shared.workers.lock();
        workers.values().any(|seen| seen.at.elapsed() < LIVE_FOR && has(seen))
    }

    /// Notes that a worker spoke; `engines` where it named them.
    fn heard(&self, worker: &str, engines: Option<&[WorkerEngine]>) {
        let mut workers = self.shared.workers.lock();
        if workers.len() >= WORKERS_MAX {
            workers.retain(|_, seen| seen.at.elapsed() < REMEMBER_FOR);
        }
        let is_known = workers.contains_key(worker);
        if !is_known && workers.len() >= WORKERS_MAX {
            return;
        }
        let now = Instant::now();
        let seen = workers.entry(worker.to_owned()).or_insert_with(|| Seen { engines: None, at: now });
        seen.at = now;
        if let Some(engines) = engines {
            seen.engines = Some(engines.to_vec());
        }
    }
}

/// Counts a claimer for as long as it waits, however it ends.
struct Waiter<'a>(&'a Shared);

impl<'a> Waiter<'a> {
    fn of(queue: &'a Queue) -> Self {
        queue.shared.waiting.fetch_add(1, Ordering::AcqRel);
        Self(&queue.shared)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Claims runs for a worker; waits for the first as long as the worker would. Empty: there is nothing, or the server
/// stops. Safe to drop at any time: what was claimed for nobody is given back.
pub async fn claim(
    core: &Core,
    organization: OrganizationId,
    ask: &Ask,
    stop: &CancellationToken,
) -> Result<Vec<Claimed>, DbError> {
    let _waiter = Waiter::of(&core.queue);
    let deadline = tokio::time::Instant::now() + ask.wait;
    loop {
        // While it waits it is there.
        core.queue.heard(&ask.worker, Some(&ask.engines));
        // Subscribed before the look, so that a wake in between is not missed.
        let mut work = core.queue.work();
        let claimed = claim_now(&core.db, organization, ask).await?;
        core.queue.note_limited(&claimed);
        let left = deadline.saturating_duration_since(tokio::time::Instant::now());
        if !claimed.is_empty() || left.is_zero() || stop.is_cancelled() {
            return Ok(claimed);
        }
        tokio::select! {
            _ = work.changed() => {}
            () = tokio::time::sleep(left.min(LOOK_EVERY)) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// In a task of its own, since a query can't be taken back: claims that nobody waits for any more when they come are
/// released instead of being held until their leases end.
async fn claim_now(db: &Db, organization: OrganizationId, ask: &Ask) -> Result<Vec<Claimed>, DbError> {
    let (reply, answer) = oneshot::channel();
    let (db, ask) = (db.clone(), ask.clone());
    tokio::spawn(async move {
        let engines: Vec<String> = ask.engines.iter().map(ToString::to_string).collect();
        let claimed = queue::claim(&db, organization, &ask.worker, &engines, ask.limit).await;
        let Err(Ok(unheard)) = reply.send(claimed) else { return };
        let claims: Vec<Claim> =
            unheard.into_iter().map(|run| Claim { run_id: run.run_id, claim: run.claim }).collect();
        if !claims.is_empty()
            && let Err(error) = queue::release(&db, organization, &ask.worker, &claims).await
        {
            tracing::warn!(%error, "claims of a worker that went away could not be released");
        }
    });
    answer.await.unwrap_or_else(|_| Err(DbError::Unreachable("the server is stopping".into())))
}

/// Keeps a worker's claims for another lease, and says of each how it stands.
pub async fn heartbeat(
    core: &Core,
    organization: OrganizationId,
    worker: &str,
    claims: Vec<Claim>,
) -> Result<Vec<(Claim, ClaimState)>, DbError> {
    core.queue.heard(worker, None);
    if claims.is_empty() {
        return Ok(Vec::new());
    }
    let held: HashMap<Claim, bool> = queue::heartbeat(&core.db, organization, worker, &claims)
        .await?
        .into_iter()
        .map(|held| (held.claim, held.cancel_requested))
        .collect();
    let state = |claim: &Claim| match held.get(claim) {
        Some(true) => ClaimState::Cancelling,
        Some(false) => ClaimState::Held,
        None => ClaimState::Lost,
    };
    Ok(claims.into_iter().map(|claim| (claim.clone(), state(&claim))).collect())
}

/// Gives a worker's claims back, with a note in each run's history.
pub async fn release(
    core: &Core,
    organization: OrganizationId,
    worker: &str,
    claims: Vec<Claim>,
) -> Result<Vec<(Claim, ClaimState)>, DbError> {
    core.queue.heard(worker, None);
    if claims.is_empty() {
        return Ok(Vec::new());
    }
    let released = queue::release(&core.db, organization, worker, &claims).await?;
    for claim in &released {
        let said = format!("worker {worker} gave the run back");
        note(core, organization, &claim.run_id, Uuid::now_v7(), said).await;
    }
    if !released.is_empty() {
        core.queue.wake();
    }
    let state = |claim: &Claim| match released.contains(claim) {
        true => ClaimState::Released,
        false => ClaimState::Lost,
    };
    Ok(claims.into_iter().map(|claim| (claim.clone(), state(&claim))).collect())
}

/// Who was seen lately, and what each of them has, over all servers.
pub async fn workers(core: &Core, organization: OrganizationId) -> Result<Vec<Worker>, DbError> {
    let mut all: BTreeMap<String, Worker> = BTreeMap::new();
    for (name, seen) in core.queue.shared.workers.lock().iter() {
        let ago = seen.at.elapsed();
        if ago < REMEMBER_FOR {
            let (engines, claims) = (seen.engines.clone().unwrap_or_default(), Vec::new());
            let worker = Worker { name: name.clone(), engines, seen_ago: Some(ago), claims };
            all.insert(name.clone(), worker);
        }
    }
    for (name, claim) in queue::claims(&core.db, organization, CLAIMS_TOLD_MAX).await? {
        let elsewhere =
            || Worker { name: name.clone(), engines: Vec::new(), seen_ago: None, claims: Vec::new() };
        all.entry(name.clone()).or_insert_with(elsewhere).claims.push(claim);
    }
    Ok(all.into_values().collect())
}

/// Appends a NOTE to a run. One that can't be is missed, not waited for: nothing depends on it.
pub(super) async fn note(
    core: &Core,
    organization: OrganizationId,
    run_id: &RunId,
    id: Uuid,
    message: String,
) {
    let mut event = ingest::server_event(EventType::Note, id, None);
    event.message = Some(message);
    if let Err(error) = ingest::append_own(core, organization, run_id.clone(), vec![event], None).await {
        tracing::warn!(%run_id, %error, "a note could not be appended");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_counts_for_what_it_has() {
        let queue = Queue::default();
        let wanted = |names: &[&str]| -> bool {
            queue.has_worker_for(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
        };
        assert!(!wanted(&[]));
        queue.heard("a", Some(&[WorkerEngine::Process]));
        queue.heard("b", Some(&[WorkerEngine::Docker]));
        assert!(wanted(&[]) && wanted(&["process"]) && wanted(&["docker"]));
        assert!(!wanted(&["docker", "process"]));
        queue.heard("b", Some(&[WorkerEngine::Docker, WorkerEngine::Process]));
        queue.heard("b", None);
        assert!(wanted(&["docker", "process"]));
        // One that was known to another server may have anything.
        let restarted = Queue::default();
        restarted.heard("b", None);
        assert!(restarted.has_worker_for(&["docker".to_owned()]));
    }

    #[tokio::test]
    async fn a_wake_reaches_whoever_subscribed_before() {
        let queue = Queue::default();
        let mut work = queue.work();
        queue.wake();
        work.changed().await.unwrap();
        let waiter = Waiter::of(&queue);
        assert_eq!(queue.waiting_claimers(), 1);
        drop(waiter);
        assert_eq!(queue.waiting_claimers(), 0);
    }
}
