//! The small duties that come back: partitions ahead, silent runs marked stale, the state told as gauges, the queue reaped.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use super::{Core, cleanup, compactor, history, ingest, notify, reaper, schedules, signals, sweeper};
use crate::facts::time::Timestamp;
use crate::store::db::DbError;
use crate::store::partitions::{self, RunKeys};
use crate::store::{clock, runs};

/// Partitions reach weeks ahead; an hour's delay is nothing.
const PARTITIONS_EVERY: Duration = Duration::from_secs(60 * 60);
/// Fine enough beside a staleness limit of minutes.
const STALE_EVERY: Duration = Duration::from_secs(30);
/// Without an event or a log line for this long, a run is stale (contract: 15 minutes for external runs).
pub const STALE_AFTER: Duration = Duration::from_secs(15 * 60);
/// A run that its worker has lost and no other has taken is stale after this long (contract: 60 s after a lapsed lease).
pub const STALE_AFTER_LOSS: Duration = Duration::from_secs(60);
/// Runs marked in one round; the next round takes the rest.
const STALE_PER_ROUND: u32 = 1_000;

/// Starts the duties; they run until their tasks are aborted.
pub fn start(core: &Core, keys: std::sync::Arc<RunKeys>, tasks: &mut JoinSet<()>) {
    reaper::start(core, tasks);
    compactor::start(core, tasks);
    signals::start(core, tasks);
    history::start(core, tasks);
    cleanup::start(core, tasks);
    schedules::start_duty(core, tasks);
    notify::start(core, tasks);
    sweeper::start(core, tasks);
    let for_partitions = core.clone();
    tasks.spawn(async move {
        let mut every = ticks(PARTITIONS_EVERY);
        loop {
            every.tick().await;
            match partitions::ensure(&for_partitions.db, &keys, clock::now()).await {
                Ok(0) => {}
                Ok(made) => info!(made, "partitions made ahead"),
                Err(error) => warn!(%error, "partitions could not be made ahead"),
            }
        }
    });
    let for_stale = core.clone();
    tasks.spawn(async move {
        let mut every = ticks(STALE_EVERY);
        loop {
            every.tick().await;
            if let Err(error) = mark_silent(&for_stale).await {
                warn!(%error, "silent runs could not be looked for");
            }
        }
    });
}

fn ticks(every: Duration) -> tokio::time::Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

async fn mark_silent(core: &Core) -> Result<(), DbError> {
    let (since, since_loss) = (ago(STALE_AFTER), ago(STALE_AFTER_LOSS));
    for (organization, run_id) in runs::silent(&core.db, since, since_loss, STALE_PER_ROUND).await? {
        match ingest::mark_stale(core, organization, run_id.clone()).await {
            Ok(_) => info!(%run_id, "run marked stale"),
            Err(error) => warn!(%run_id, %error, "run could not be marked stale"),
        }
    }
    Ok(())
}

fn ago(limit: Duration) -> Timestamp {
    let micros = i64::try_from(limit.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(clock::now().as_micros() - micros).unwrap_or(Timestamp::EPOCH)
}
