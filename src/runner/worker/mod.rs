//! A worker: claims runs from a server, drives them, and keeps its claims while it does.
//!
//! ```text
//! claiming ──POST /claims (long poll)──► a task for each run ─► claimed: read, take over, drive, record
//!    ▲ waits while enough runs are busy        │
//! beating ──POST /claims/heartbeat──► lost, cancelling ─► the run's signals
//! ```
//! Speaks HTTP like everybody else. A server that is away disturbs nothing that works: what there is to tell waits in the
//! run's recorder, and the claim is kept as soon as the server is back. Owns no run that it has not claimed.

mod claimed;
mod hands;
mod held;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::client::{Client, ClientError, backoff};

use self::hands::Hands;
use self::held::Held;
use super::run::{JOBS_MAX, twice_the_cores};

/// How long the server may hold a request that finds nothing to do.
const CLAIM_WAIT: Duration = Duration::from_secs(20);
/// Runs claimed at once (contract of the API: at most 64).
const CLAIMS_AT_ONCE: usize = 16;
/// Runs that are held at the same time, those that only wait for people or other runs included.
const HELD_MAX: usize = 512;
/// A fifteenth of the lease, so that many lost heartbeats cost nothing; also how soon a cancel is heard of.
const BEAT_EVERY: Duration = Duration::from_secs(1);
/// A worker whose heartbeats have not been answered for this long can't know any more whether its runs are its own, and
/// stops them. Far longer than a lease: while the only server is away, nobody else can claim them either.
const UNHEARD_MAX: Duration = Duration::from_secs(300);
/// Failures in a row after which a server's own worker that has nothing to do takes the server for stopped: some seconds.
const FAILURES_MAX: u32 = 6;
/// Between two looks for a Docker daemon that was not there.
const DOCKER_AGAIN: Duration = Duration::from_secs(30);

/// What a worker is told when it starts.
pub struct WorkerOptions {
    pub client: Client,
    /// No other worker has this name.
    pub name: String,
    /// Commands at the same time; twice the cores when missing.
    pub jobs: Option<usize>,
    /// Whether nodes may be processes of this machine.
    pub process_engine: bool,
    /// Leave when there has been nothing to do for so long, or a moment after the server when nothing works.
    pub idle_limit: Option<Duration>,
    /// Where the server is by now; asked when it does not answer.
    pub where_is_server: Box<dyn Fn() -> Option<String> + Send + Sync>,
    /// Claim nothing more, finish what works, give the rest back.
    pub drain: CancellationToken,
}

/// Why a worker did not work.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error(
        "it has no engine: no Docker daemon answers, and the process engine is off (`process_engine = true` turns it on)"
    )]
    NoEngine,
    #[error(transparent)]
    Server(#[from] ClientError),
}

/// What all parts of a worker share.
struct Worker {
    client: Client,
    name: String,
    jobs: usize,
    places: Arc<Semaphore>,
    hands: Hands,
    held: Held,
    where_is_server: Box<dyn Fn() -> Option<String> + Send + Sync>,
    drain: CancellationToken,
}

impl Worker {
    /// Turns to where the server is now, which may have come back on another port.
    fn find_server(&self) {
        if let Some(url) = (self.where_is_server)() {
            self.client.move_to(&url);
        }
    }
}

/// Works until it is told to leave, or has been idle for too long.
pub async fn work(options: WorkerOptions) -> Result<(), WorkerError> {
    let WorkerOptions { client, name, jobs, process_engine, idle_limit, where_is_server, drain } = options;
    let hands = Hands::find(process_engine).await;
    if hands.engines().is_empty() && idle_limit.is_some() {
        return Err(WorkerError::NoEngine);
    }
    let jobs = jobs.unwrap_or_else(twice_the_cores).clamp(1, JOBS_MAX);
    let places = Arc::new(Semaphore::new(jobs));
    let worker =
        Arc::new(Worker { client, name, jobs, places, hands, held: Held::default(), where_is_server, drain });
    let beating = tokio::spawn(beat(Arc::clone(&worker)));
    let looking = tokio::spawn(look_for_docker(Arc::clone(&worker)));
    let worked = claim(&worker, idle_limit).await;
    beating.abort();
    looking.abort();
    worked
}

/// Claims as long as there are hands free; returns when the last run has been left.
async fn claim(worker: &Arc<Worker>, idle_limit: Option<Duration>) -> Result<(), WorkerError> {
    let mut runs = JoinSet::new();
    let mut idle_since = Instant::now();
    let mut failures = 0;
    while !worker.drain.is_cancelled() {
        while runs.try_join_next().is_some() {}
        if !runs.is_empty() {
            idle_since = Instant::now();
        } else if idle_limit.is_some_and(|limit| idle_since.elapsed() > limit) {
            break;
        }
        let room = worker.held.room(busy_max(worker.jobs), HELD_MAX).min(CLAIMS_AT_ONCE);
        if room == 0 || worker.hands.engines().is_empty() {
            tokio::select! {
                () = worker.held.changed() => {}
                () = tokio::time::sleep(BEAT_EVERY) => {}
                () = worker.drain.cancelled() => {}
            }
            continue;
        }
        let wait = idle_limit.map_or(CLAIM_WAIT, |limit| CLAIM_WAIT.min(limit));
        let engines = worker.hands.engines();
        let claimed = tokio::select! {
            claimed = worker.client.claim_runs(&worker.name, &engines, room as u32, wait) => claimed,
            () = worker.drain.cancelled() => break,
        };
        match claimed {
            Ok(claimed) => {
                failures = 0;
                for run in claimed.claims {
                    let hold = worker.held.take(&run);
                    runs.spawn(claimed::execute(Arc::clone(worker), run, hold));
                }
            }
            Err(error) if error.is_transient() => {
                failures += 1;
                tracing::debug!(%error, "no runs could be asked for");
                if idle_limit.is_some() && runs.is_empty() && failures > FAILURES_MAX {
                    break;
                }
                worker.find_server();
                tokio::time::sleep(backoff(failures, rand::random())).await;
            }
            Err(error) => {
                worker.drain.cancel();
                while runs.join_next().await.is_some() {}
                return Err(error.into());
            }
        }
    }
    while runs.join_next().await.is_some() {}
    Ok(())
}

/// Runs whose commands work at the same time: one more than there are places keeps each of them filled.
fn busy_max(jobs: usize) -> usize {
    jobs * 2
}

/// Keeps the claims, and hears what became of them.
async fn beat(worker: Arc<Worker>) {
    let mut turns = tokio::time::interval(BEAT_EVERY);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut heard_at = Instant::now();
    loop {
        turns.tick().await;
        let claims = worker.held.names();
        if claims.is_empty() {
            heard_at = Instant::now();
            continue;
        }
        match worker.client.keep_claims(&worker.name, &claims).await {
            Ok(states) => {
                heard_at = Instant::now();
                for status in states.claims {
                    worker.held.heard(&status);
                }
            }
            Err(error) => {
                tracing::debug!(%error, "the claims could not be kept");
                worker.find_server();
                if heard_at.elapsed() > UNHEARD_MAX {
                    tracing::error!(%error, "no heartbeat was answered for five minutes: the runs are given up");
                    worker.held.lose_all();
                }
            }
        }
    }
}

async fn look_for_docker(worker: Arc<Worker>) {
    while !worker.hands.look_again().await {
        tokio::time::sleep(DOCKER_AGAIN).await;
    }
}
