//! Keeps the history of ended runs up with the events.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tracing::warn;

use super::Core;
use crate::store::db::{Db, DbError};
use crate::store::history::{self, Followed};

/// Ends taken in with one transaction.
const ENDS_AT_ONCE: i32 = 1_000;
/// How far the history is behind at most, while little happens.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);
/// Between two looks of somebody who waits for older transactions to end.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Starts the duty; every server does it, and the database lets one at a time. It runs until its task is aborted.
pub fn start(core: &Core, tasks: &mut JoinSet<()>) {
    let db = core.db.clone();
    tasks.spawn(async move {
        loop {
            match follow(&db).await {
                Ok(followed) if followed.ends == ENDS_AT_ONCE.unsigned_abs() => {}
                Ok(_) => tokio::time::sleep(FOLLOW_EVERY).await,
                Err(error) => {
                    warn!(%error, "the history of ended runs could not be kept up");
                    tokio::time::sleep(FOLLOW_EVERY).await;
                }
            }
        }
    });
}

/// Takes in what has ended since the last time.
pub async fn follow(db: &Db) -> Result<Followed, DbError> {
    history::follow(db, ENDS_AT_ONCE).await
}

/// Takes in everything that was committed before the call; whoever else is writing may make this last longer than `limit`, and
/// is then not waited for.
pub async fn catch_up(db: &Db, limit: Duration) -> Result<(), DbError> {
    let deadline = Instant::now() + limit;
    let until = history::next_xid(db).await?.cast_signed();
    loop {
        let followed = follow(db).await?;
        if followed.seen_to >= until || Instant::now() >= deadline {
            return Ok(());
        }
        if followed.ends < ENDS_AT_ONCE.unsigned_abs() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}
