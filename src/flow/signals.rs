//! Tells the state of runs and of the database as gauges, from a look every few seconds.

use std::time::Duration;

use metrics::gauge;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tracing::debug;

use super::Core;
use crate::facts::metric;
use crate::facts::time::Timestamp;
use crate::store::checkup;
use crate::store::db::DbError;
use crate::store::{clock, runs};

/// Below the usual interval of a scrape.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// A database that takes longer for a look doesn't answer.
const LOOK_LIMIT: Duration = Duration::from_secs(5);
/// Looks between two at what retention has left: it works by the hour, and the look may read many runs that are kept on purpose.
const LOOKS_A_RETENTION: u32 = 30;
/// A run that nobody has claimed for so long is stuck: workers are missing, or too few.
const WAITING_LIMIT: Duration = Duration::from_secs(10 * 60);

/// Starts the duty; it runs until its task is aborted.
pub(super) fn start(core: &Core, tasks: &mut JoinSet<()>) {
    let core = core.clone();
    tasks.spawn(async move {
        let mut every = interval(LOOK_EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut looks = 0;
        loop {
            every.tick().await;
            let looked = timeout(LOOK_LIMIT, look(&core)).await;
            let is_up = matches!(looked, Ok(Ok(())));
            gauge!(metric::DATABASE_UP).set(f64::from(u8::from(is_up)));
            if let Ok(Err(error)) = looked {
                debug!(%error, "the state could not be looked at");
            }
            if looks % LOOKS_A_RETENTION == 0
                && let Ok(Ok(behind)) = timeout(LOOK_LIMIT, checkup::retention_behind(&core.db)).await
            {
                gauge!(metric::RETENTION_BEHIND_SECONDS).set(behind);
            }
            looks = looks.wrapping_add(1);
        }
    });
}

async fn look(core: &Core) -> Result<(), DbError> {
    let waited = i64::try_from(WAITING_LIMIT.as_micros()).unwrap_or(i64::MAX);
    let since = Timestamp::from_micros(clock::now().as_micros() - waited).unwrap_or(Timestamp::EPOCH);
    let active = runs::count_active(&core.db).await?;
    let found = checkup::signals(&core.db, since).await?;
    gauge!(metric::RUNS_ACTIVE).set(active as f64);
    gauge!(metric::NOTIFY_QUEUE_USAGE_RATIO).set(found.notify_queue_usage);
    gauge!(metric::EVENT_PARTITIONS_AHEAD_SECONDS).set(found.partitions_ahead_seconds);
    for (reason, count) in found.stuck.by_reason() {
        gauge!(metric::RUNS_STUCK, "reason" => reason).set(count as f64);
    }
    Ok(())
}
