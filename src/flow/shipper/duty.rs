//! The lease on shipping: kept by a task of its own, so that a slow push does not lose it.

use tokio::sync::watch;
use tracing::{info, warn};
use uuid::Uuid;

use crate::store::db::Db;
use crate::store::duties::{self, LEASE};

const NAME: &str = "shipper";

/// Takes the duty when it is free and keeps it; tells through `is_ours`. Runs until aborted.
pub(super) async fn keep(db: Db, holder: Uuid, is_ours: watch::Sender<bool>) {
    loop {
        let held = duties::hold(&db, NAME, holder).await.unwrap_or_else(|error| {
            warn!(%error, "the duty of shipping log lines could not be asked for");
            false
        });
        let changed = is_ours.send_if_modified(|before| std::mem::replace(before, held) != held);
        if changed && held {
            info!("this server ships log lines");
        }
        tokio::time::sleep(LEASE / 3).await;
    }
}

/// Gives the duty up, for another server to take at once.
pub(super) async fn release(db: &Db, holder: Uuid) {
    if let Err(error) = duties::release(db, NAME, holder).await {
        warn!(%error, "the duty of shipping log lines could not be given up");
    }
}
