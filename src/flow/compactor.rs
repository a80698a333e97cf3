//! The duty of joining small chunks of log lines, on one server of several, and of taking away those whose run has been purged.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{debug, warn};
use uuid::Uuid;

use super::Core;
use crate::store::db::{Db, DbError};
use crate::store::logs::{self, Patience};
use crate::store::{cleanup, duties};

/// The duty's name.
const DUTY: &str = "compactor";
/// Well within a lease, which each turn renews.
const EVERY: Duration = Duration::from_secs(5);
/// A run that is over may have lines on their way; one that is silent may be about to go on; one that never is pays with joining
/// the last chunk of each time again the next time.
const PATIENCE: Patience = Patience {
    over: Duration::from_secs(5),
    idle: Duration::from_secs(30),
    busy: Duration::from_secs(10 * 60),
};
/// Runs of one turn; the next turn takes the rest.
const RUNS_PER_TURN: u32 = 100;

/// Starts the duty; it runs until its task is aborted.
pub fn start(core: &Core, tasks: &mut JoinSet<()>) {
    let (db, holder) = (core.db.clone(), Uuid::new_v4());
    tasks.spawn(async move {
        let mut every = interval(EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            if let Err(error) = turn(&db, holder).await {
                warn!(%error, "small chunks of log lines could not be joined");
            }
        }
    });
}

async fn turn(db: &Db, holder: Uuid) -> Result<(), DbError> {
    if !duties::hold(db, DUTY, holder).await? {
        return Ok(());
    }
    for run in logs::loose_runs(db, PATIENCE, RUNS_PER_TURN).await? {
        if run.is_purged {
            cleanup::left_lines(db, run.key).await?;
            debug!(run = %run.key, "lines that came while their run was purged taken away");
        } else {
            let fewer = logs::compact(db, run).await?;
            debug!(run = %run.key, fewer, "chunks of log lines joined");
        }
        // A long turn must not outlive its lease; what another server joins as well is no harm.
        if !duties::hold(db, DUTY, holder).await? {
            return Ok(());
        }
    }
    Ok(())
}
