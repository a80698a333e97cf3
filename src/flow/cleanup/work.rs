//! Working off what is being applied, and removing what that leaves outside of the database.

use std::time::{Duration, Instant};

use tracing::{info, warn};

use crate::facts::id::OrganizationId;
use crate::flow::{Core, history};
use crate::store::cleanup::{self, Applying, PlanState, Remain};
use crate::store::db::DbError;
use crate::store::logs::{LineFilter, log_ql};
use crate::store::objects::ObjectError;

/// How long somebody waits for a deletion to be done; after that it goes on by itself.
const WAIT_LIMIT: Duration = Duration::from_secs(20);
/// Between two looks at who else has still to read what goes.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// After a batch the database is left to others for so many times as long as the batch has taken.
const PAUSE_TIMES: u32 = 3;
/// But not longer than this.
const PAUSE_MAX: Duration = Duration::from_millis(500);
/// Objects and runs in Loki removed in one round.
const REMAINS_AT_ONCE: u32 = 100;
/// When what could not be removed is tried again.
const REMAINS_PATIENCE: Duration = Duration::from_secs(60);

/// What came of looking at a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// There was nothing to do on it, or others are at it.
    Nothing,
    /// Somebody has still to read what goes.
    Waits,
    /// A batch is gone.
    Worked,
}

/// Does one batch of a plan, or ends it.
pub(super) async fn step(core: &Core, plan: Applying) -> Result<Step, DbError> {
    if !cleanup::may_begin(&core.db, plan.plan_id).await? {
        history::follow(&core.db).await?;
        return Ok(Step::Waits);
    }
    if cleanup::batch(&core.db, plan).await? {
        return Ok(Step::Worked);
    }
    if cleanup::finish(&core.db, plan.plan_id).await? {
        info!(plan = %plan.plan_id, "a plan of deletion is applied");
    }
    Ok(Step::Nothing)
}

/// Leaves the database to others for a while.
pub(super) async fn pause(began: Instant) {
    tokio::time::sleep((began.elapsed() * PAUSE_TIMES).min(PAUSE_MAX)).await;
}

/// Works on a plan until it is over; false where that takes too long, or somebody else is still at it.
pub(super) async fn finish_soon(
    core: &Core,
    organization: OrganizationId,
    plan: Applying,
) -> Result<bool, DbError> {
    let deadline = Instant::now() + WAIT_LIMIT;
    while Instant::now() < deadline {
        let began = Instant::now();
        if step(core, plan).await? == Step::Worked {
            pause(began).await;
            continue;
        }
        let found = cleanup::find(&core.db, organization, plan.plan_id).await?;
        if found.is_none_or(|found| found.state == PlanState::Applied) {
            remove_remains(core).await?;
            return Ok(true);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Ok(false)
}

/// Removes objects and lines in Loki that purges have left, as far as they can be removed now.
pub(super) async fn remove_remains(core: &Core) -> Result<(), DbError> {
    loop {
        let due = cleanup::due_remains(&core.db, REMAINS_AT_ONCE, REMAINS_PATIENCE).await?;
        let count = due.len();
        let mut gone = Vec::with_capacity(count);
        for (id, remain) in due {
            match remove(core, &remain).await {
                Ok(()) => gone.push(id),
                Err(reason) => warn!(?remain, reason, "what a purge left could not be removed yet"),
            }
        }
        let all_gone = gone.len() == count;
        cleanup::remains_gone(&core.db, &gone).await?;
        if count < REMAINS_AT_ONCE as usize || !all_gone {
            return Ok(());
        }
    }
}

async fn remove(core: &Core, remain: &Remain) -> Result<(), String> {
    match remain {
        Remain::Object(key) => match core.objects.remove(*key).await {
            Ok(()) | Err(ObjectError::Missing) => Ok(()),
            Err(error) => Err(error.to_string()),
        },
        Remain::Lines { run, first_ns, last_ns } => {
            let Some(loki) = &core.loki else { return Err("no Loki is set any more".to_owned()) };
            let everything = log_ql(run, &LineFilter::default(), 0, i64::MAX as u64);
            loki.delete(&everything, *first_ns, *last_ns).await.map_err(|error| error.to_string())
        }
    }
}
