//! Applying a plan: its set is gone through once more, and only if it is still the same does anything go.

use std::time::Duration;

use uuid::Uuid;

use super::plan::{PlanError, Set, Total, keys};
use crate::facts::id::OrganizationId;
use crate::flow::Core;
use crate::store::cleanup::{self, Plan, PlanState};
use crate::store::clock;
use crate::store::db::DbError;

/// A listing that began this long ago is of a server that died over it.
const LISTING_PATIENCE: Duration = Duration::from_secs(60);

/// Why a plan was not applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error("there is no such plan")]
    NoSuchPlan,
    #[error("the runs that fit have changed since the plan was made: make another one")]
    Changed,
    #[error("the plan has expired: make another one")]
    Expired,
    #[error("somebody else is applying the plan just now")]
    Busy,
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Begins to apply a plan; one that is being applied, or was, is left to it.
pub async fn apply(core: &Core, organization: OrganizationId, plan_id: Uuid) -> Result<Plan, ApplyError> {
    let db = &core.db;
    let plan = cleanup::find(db, organization, plan_id).await?.ok_or(ApplyError::NoSuchPlan)?;
    match plan.state {
        PlanState::Applying | PlanState::Applied => return Ok(plan),
        PlanState::Planned if plan.expires_at < clock::now() => return Err(ApplyError::Expired),
        _ => {}
    }
    if !cleanup::begin_listing(db, organization, plan_id, LISTING_PATIENCE).await? {
        return Err(ApplyError::Busy);
    }
    let listed = list(core, organization, &plan).await;
    let state = if matches!(listed, Ok(true)) { PlanState::Applying } else { PlanState::Planned };
    if state == PlanState::Planned {
        cleanup::drop_items(db, plan_id).await?;
    }
    cleanup::end_listing(db, plan_id, state).await?;
    if !listed? {
        return Err(ApplyError::Changed);
    }
    core.cleanup.notify_one();
    Ok(Plan { state, ..plan })
}

/// Lists the plan's set as it is now; false where it is another one than was planned.
async fn list(core: &Core, organization: OrganizationId, plan: &Plan) -> Result<bool, DbError> {
    use sha2::Digest as _;
    // Of a listing that broke off.
    cleanup::drop_items(&core.db, plan.plan_id).await?;
    let mut total = Total::default();
    let mut set = Set::new(&core.db, organization, &plan.criteria, plan.what, plan.created_at);
    while let Some(page) = set.next_page().await? {
        total.add(&page, plan.what);
        cleanup::add_items(&core.db, plan.plan_id, &keys(&page)).await?;
    }
    Ok(<[u8; 32]>::from(total.digest.finalize()) == plan.digest)
}
