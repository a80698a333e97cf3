//! The rows of plans, and the lists of those that are applied.

use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::facts::cleanup::{Criteria, What};
use crate::facts::id::{OrganizationId, RunId, RunKey};
use crate::facts::status::words;
use crate::facts::time::Timestamp;
use crate::store::db::row::{column, number, parsed};
use crate::store::db::{Db, DbError, Query, query};

const INSERT_PLAN: Query = query!("cleanup/insert_plan"; UUID, UUID, TEXT, TEXT, BYTEA, INT8, INT8, INT8, INT8,
    INT8, TEXT, TIMESTAMPTZ, TIMESTAMPTZ);
const FIND_PLAN: Query = query!("cleanup/find_plan"; UUID, UUID);
const LIST_PLANS: Query = query!("cleanup/list_plans"; UUID, INT8);
const BEGIN_LISTING: Query = query!("cleanup/begin_listing"; UUID, UUID, FLOAT8);
const END_LISTING: Query = query!("cleanup/end_listing"; UUID, TEXT);
const ADD_ITEMS: Query = query!("cleanup/add_items"; UUID, UUID_ARRAY);
const DROP_ITEMS: Query = query!("cleanup/drop_items"; UUID);
const FORGET_PLAN: Query = query!("cleanup/forget_plan"; UUID);
const FORGET_PLANS: Query = query!("cleanup/forget_plans"; TIMESTAMPTZ);

words! {
    /// Where a plan is.
    PlanState {
        Planned = "planned",
        /// Its set is being gone through again, before anything happens.
        Listing = "listing",
        Applying = "applying",
        Applied = "applied",
        Failed = "failed",
    }
}

/// What a plan comes to, or has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub runs: u64,
    pub events: u64,
    pub lines: u64,
    /// Of lines and artifacts.
    pub bytes: u64,
    pub artifacts: u64,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub plan_id: Uuid,
    pub what: What,
    pub criteria: Criteria,
    pub state: PlanState,
    /// SHA-256 over the set's run keys and heads.
    pub digest: [u8; 32],
    pub counts: Counts,
    pub done: Counts,
    /// The first runs of the set.
    pub sample: Vec<RunId>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

/// Notes a new plan.
pub async fn insert(db: &Db, organization: OrganizationId, plan: &Plan) -> Result<(), DbError> {
    let text = |error: serde_json::Error| DbError::Shape(error.to_string());
    let counts = &plan.counts;
    let params: [&(dyn ToSql + Sync); 13] = [
        &plan.plan_id,
        &organization.0,
        &plan.what.as_str(),
        &serde_json::to_string(&plan.criteria).map_err(text)?,
        &plan.digest.as_slice(),
        &counts.runs.cast_signed(),
        &counts.events.cast_signed(),
        &counts.lines.cast_signed(),
        &counts.bytes.cast_signed(),
        &counts.artifacts.cast_signed(),
        &serde_json::to_string(&plan.sample).map_err(text)?,
        &plan.created_at,
        &plan.expires_at,
    ];
    db.get().await?.query(&INSERT_PLAN, &params).await.map(drop)
}

pub async fn find(db: &Db, organization: OrganizationId, plan_id: Uuid) -> Result<Option<Plan>, DbError> {
    let row = db.get().await?.query_opt(&FIND_PLAN, &[&organization.0, &plan_id]).await?;
    row.as_ref().map(read).transpose()
}

/// The newest plans, newest first.
pub async fn list(db: &Db, organization: OrganizationId, limit: u32) -> Result<Vec<Plan>, DbError> {
    let rows = db.get().await?.query(&LIST_PLANS, &[&organization.0, &i64::from(limit)]).await?;
    rows.iter().map(read).collect()
}

/// Takes a plan to list its set; false where it is not to be had. One that somebody began to list `patience` ago is taken over.
pub async fn begin_listing(
    db: &Db,
    organization: OrganizationId,
    plan_id: Uuid,
    patience: Duration,
) -> Result<bool, DbError> {
    let patience = patience.as_secs_f64() * 1e3;
    let row = db.get().await?.query_opt(&BEGIN_LISTING, &[&organization.0, &plan_id, &patience]).await?;
    Ok(row.is_some())
}

/// Ends the listing: the plan is applied, or stays planned.
pub async fn end_listing(db: &Db, plan_id: Uuid, state: PlanState) -> Result<(), DbError> {
    db.get().await?.query(&END_LISTING, &[&plan_id, &state.as_str()]).await.map(drop)
}

/// Adds runs to the plan's list.
pub async fn add_items(db: &Db, plan_id: Uuid, keys: &[RunKey]) -> Result<(), DbError> {
    let keys: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
    db.get().await?.query(&ADD_ITEMS, &[&plan_id, &keys]).await.map(drop)
}

/// Forgets the plan's list.
pub async fn drop_items(db: &Db, plan_id: Uuid) -> Result<(), DbError> {
    db.get().await?.query(&DROP_ITEMS, &[&plan_id]).await.map(drop)
}

/// Forgets a plan that nobody has begun to apply.
pub async fn forget(db: &Db, plan_id: Uuid) -> Result<(), DbError> {
    db.get().await?.query(&FORGET_PLAN, &[&plan_id]).await.map(drop)
}

/// Forgets plans that were made before `at`, except those that are being applied.
pub async fn forget_before(db: &Db, at: Timestamp) -> Result<(), DbError> {
    db.get().await?.query(&FORGET_PLANS, &[&at]).await.map(drop)
}

fn read(row: &Row) -> Result<Plan, DbError> {
    let text = |error: serde_json::Error| DbError::Shape(error.to_string());
    let digest: &[u8] = column(row, 4)?;
    Ok(Plan {
        plan_id: column(row, 0)?,
        what: parsed(row, 1)?,
        criteria: serde_json::from_str(column(row, 2)?).map_err(text)?,
        state: parsed(row, 3)?,
        digest: digest.try_into().map_err(|_| DbError::Shape("a digest has another length".into()))?,
        counts: counts(row, 5)?,
        done: counts(row, 10)?,
        sample: serde_json::from_str(column(row, 15)?).map_err(text)?,
        created_at: column(row, 16)?,
        expires_at: column(row, 17)?,
        finished_at: column(row, 18)?,
    })
}

/// Five counts in neighbouring columns.
fn counts(row: &Row, first: usize) -> Result<Counts, DbError> {
    Ok(Counts {
        runs: number(row, first)?,
        events: number(row, first + 1)?,
        lines: number(row, first + 2)?,
        bytes: number(row, first + 3)?,
        artifacts: number(row, first + 4)?,
    })
}
