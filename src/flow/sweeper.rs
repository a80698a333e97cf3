//! Removes what lies in the object store and belongs to nothing: uploads that were broken off, and objects whose row was never written.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::{info, warn};
use uuid::Uuid;

use super::Core;
use crate::facts::time::Timestamp;
use crate::store::db::DbError;
use crate::store::objects::{Found, ObjectError};
use crate::store::{artifacts, clock, duties};

/// Little is left lying, and a sweep reads the names of all objects.
const EVERY: Duration = Duration::from_secs(6 * 60 * 60);
/// An upload takes hours at most; what is older is nobody's.
const OLD: Duration = Duration::from_secs(24 * 60 * 60);
/// Objects asked after in one query.
const AT_ONCE: usize = 500;
/// Objects removed in one sweep: the next goes on.
const REMOVED_MAX: usize = 10_000;
/// Of several servers that share a bucket one sweeps at a time.
const DUTY: &str = "objects";

#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Starts the duty; it runs until its task is aborted.
pub(super) fn start(core: &Core, tasks: &mut JoinSet<()>) {
    let core = core.clone();
    let holder = Uuid::new_v4();
    tasks.spawn(async move {
        loop {
            let pause = match turn(&core, holder).await {
                // It may have been a server that was killed while it swept.
                Ok(None) => duties::LEASE,
                Ok(Some(removed)) => {
                    if removed > 0 {
                        info!(removed, "objects that belonged to nothing were removed");
                    }
                    EVERY
                }
                Err(error) => {
                    warn!(%error, "the object store could not be swept");
                    EVERY
                }
            };
            sleep(pause).await;
        }
    });
}

/// How many were removed; `None` while another server sweeps.
async fn turn(core: &Core, holder: Uuid) -> Result<Option<usize>, SweepError> {
    // A folder is swept by the one server that has it.
    if !core.objects.is_shared() {
        return sweep(core).await.map(Some);
    }
    // The lease is for thrift: two sweeps do no harm.
    if !duties::hold(&core.db, DUTY, holder).await? {
        return Ok(None);
    }
    let swept = sweep(core).await;
    duties::release(&core.db, DUTY, holder).await?;
    swept.map(Some)
}

async fn sweep(core: &Core) -> Result<usize, SweepError> {
    let old = i64::try_from(OLD.as_micros()).unwrap_or(i64::MAX);
    let before = Timestamp::from_micros(clock::now().as_micros() - old).unwrap_or(Timestamp::EPOCH);
    let mut listed = core.objects.older_than(before).try_chunks(AT_ONCE);
    let mut removed = 0;
    while removed < REMOVED_MAX {
        match listed.try_next().await {
            Ok(Some(found)) => removed += remove_orphans(core, &found).await?,
            Ok(None) => break,
            Err(broken) => return Err(broken.1.into()),
        }
    }
    Ok(removed)
}

async fn remove_orphans(core: &Core, found: &[Found]) -> Result<usize, SweepError> {
    let ids: Vec<Uuid> = found.iter().filter_map(|found| found.artifact_id).collect();
    let known: HashSet<Uuid> = artifacts::known(&core.db, &ids).await?.into_iter().collect();
    let mut removed = 0;
    for orphan in found.iter().filter(|found| found.artifact_id.is_none_or(|id| !known.contains(&id))) {
        core.objects.discard(orphan).await?;
        removed += 1;
    }
    Ok(removed)
}
