//! Looks after the queue: frees runs whose workers are gone, and says of runs that nobody could take what they lack.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use metrics::counter;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};
use uuid::Uuid;

use super::{Core, queue as flow_queue};
use crate::facts::id::RunKey;
use crate::facts::metric;
use crate::facts::time::Timestamp;
use crate::store::clock;
use crate::store::db::DbError;
use crate::store::queue::{self, LEASE};

/// Adds this much to a lease before a dead worker's run goes on.
const ROUND_EVERY: Duration = Duration::from_secs(2);
/// A round that comes this late found the process standing still, or its database.
const STOOD_STILL: Duration = Duration::from_secs(7);
/// Runs freed in one statement; while it is full there is another at once.
const FREED_AT_ONCE: u32 = 500;
/// A run waits this long before anybody wonders: a worker that is starting needs a moment.
const WAIT_UNTIL_TOLD: Duration = Duration::from_secs(10);
/// A look at those that wait reads all of them, and says something once in a run's life.
const LOOK_AT_WAITING_EVERY: Duration = Duration::from_secs(6);
/// Waiting runs looked at in a round, the oldest first.
const WAITING_LOOKED_AT: u32 = 1_000;

/// Starts the duty; it runs until its task is aborted.
pub(super) fn start(core: &Core, tasks: &mut JoinSet<()>) {
    let core = core.clone();
    tasks.spawn(async move {
        let mut every = interval(ROUND_EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut told, mut looked) = (HashSet::new(), Instant::now());
        let mut patience = Patience::from(Instant::now());
        loop {
            every.tick().await;
            if !patience.is_over(Instant::now()) {
                continue;
            }
            if let Err(error) = free_lapsed(&core).await {
                warn!(%error, "lapsed leases could not be looked for");
                patience = Patience::from(Instant::now());
                continue;
            }
            if looked.elapsed() >= LOOK_AT_WAITING_EVERY {
                looked = Instant::now();
                if let Err(error) = tell_unserved(&core, &mut told).await {
                    warn!(%error, "runs that wait could not be looked for");
                }
            }
        }
    });
}

/// Waits for one lease after any time in which workers could not extend theirs here: before the server's start, while the
/// database was away, and when this process stood still.
#[derive(Debug)]
struct Patience {
    since: Instant,
    last_look: Instant,
}

impl Patience {
    fn from(now: Instant) -> Self {
        Self { since: now, last_look: now }
    }

    /// To be asked in every round.
    fn is_over(&mut self, now: Instant) -> bool {
        if now.duration_since(self.last_look) > STOOD_STILL {
            self.since = now;
        }
        self.last_look = now;
        now.duration_since(self.since) >= LEASE
    }
}

/// Frees the runs of workers that were not heard of, and notes it in their histories.
async fn free_lapsed(core: &Core) -> Result<(), DbError> {
    loop {
        let freed = queue::free_lapsed(&core.db, FREED_AT_ONCE).await?;
        let count = freed.len();
        if count > 0 {
            counter!(metric::RUN_LEASES_EXPIRED_TOTAL).increment(count as u64);
            core.queue.wake();
        }
        for lapsed in freed {
            let (run_id, worker, claim) = (&lapsed.run_id, &lapsed.worker, lapsed.claim);
            info!(%run_id, worker, claim, "a lease lapsed");
            // Each claim lapses once, whoever finds it.
            let id = Uuid::new_v5(&lapsed.run_key.0, format!("lease-lost/{claim}").as_bytes());
            let said = format!("worker {worker} lost its lease");
            flow_queue::note(core, lapsed.organization, run_id, id, said).await;
        }
        if count < FREED_AT_ONCE as usize {
            return Ok(());
        }
    }
}

/// Says once of a run that waits for what no live worker has what to start. `told` holds the waiting runs that were
/// told already, so that the journal need not say so each time.
async fn tell_unserved(core: &Core, told: &mut HashSet<RunKey>) -> Result<(), DbError> {
    let waited = i64::try_from(WAIT_UNTIL_TOLD.as_micros()).unwrap_or(i64::MAX);
    let since = Timestamp::from_micros(clock::now().as_micros() - waited).unwrap_or(Timestamp::EPOCH);
    let waiting = queue::unserved(&core.db, since, WAITING_LOOKED_AT).await?;
    let keys: HashSet<RunKey> = waiting.iter().map(|run| run.run_key).collect();
    told.retain(|key| keys.contains(key));
    for run in waiting {
        if core.queue.has_worker_for(&run.engines) || !told.insert(run.run_key) {
            continue;
        }
        // The same for every server, so that there is one note.
        let id = Uuid::new_v5(&run.run_key.0, b"waits-for-a-worker");
        flow_queue::note(core, run.organization, &run.run_id, id, what_to_start(&run.engines)).await;
    }
    Ok(())
}

fn what_to_start(engines: &[String]) -> String {
    let needed = match engines {
        [] => String::new(),
        _ => format!(" with the engine {}", engines.join(" and ")),
    };
    let place = if engines.iter().any(|engine| engine == "docker") {
        " on a machine where Docker answers"
    } else {
        ""
    };
    format!("waiting for a worker{needed}, and none is there: start `telltale worker`{place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_waited_for_after_every_silence() {
        let start = Instant::now();
        let mut patience = Patience::from(start);
        let mut is_over = |seconds| patience.is_over(start + Duration::from_secs(seconds));
        let looks: Vec<bool> = (0..8).map(|n| is_over(2 * n)).collect();
        assert_eq!(looks, [false; 8]);
        assert!(is_over(16) && is_over(18));
        // A gap, and a lease after it.
        assert!(!is_over(30) && !is_over(36) && !is_over(42) && is_over(45));
    }

    #[test]
    fn the_note_says_what_is_missing_and_what_to_start() {
        let of = |engines: &[&str]| {
            what_to_start(&engines.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
        };
        let docker = "waiting for a worker with the engine docker and process, and none is there: start `telltale worker` on \
                      a machine where Docker answers";
        assert_eq!(of(&["docker", "process"]), docker);
        assert_eq!(of(&[]), "waiting for a worker, and none is there: start `telltale worker`");
    }
}
