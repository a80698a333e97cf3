//! The rows of schedules: what was asked for, when the next tick is, and the tick that was decided on.

use tokio_postgres::Row;
use uuid::Uuid;

use super::db::row::{column, parsed};
use super::db::{Db, DbError, Query, query};
use crate::facts::id::OrganizationId;
use crate::facts::schedule::Missed;
use crate::facts::time::Timestamp;

const INSERT: Query = query!("schedules/insert"; UUID, UUID, TEXT, TEXT, TEXT, TEXT, TEXT, BOOL, TIMESTAMPTZ, TIMESTAMPTZ, INT8);
const UPDATE: Query =
    query!("schedules/update"; UUID, UUID, TEXT, TEXT, TEXT, TEXT, TEXT, BOOL, TIMESTAMPTZ, TIMESTAMPTZ);
const LIST: Query = query!("schedules/list"; UUID, UUID, TEXT);
const DELETE: Query = query!("schedules/delete"; UUID, UUID);
const DUE: Query = query!("schedules/due"; TIMESTAMPTZ, INT8);
const DECIDE: Query = query!("schedules/decide"; UUID, TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ);
const DONE: Query = query!("schedules/done"; UUID, TIMESTAMPTZ, TEXT, TEXT);

/// Schedules of one organization: the list needs no pages.
pub const PER_ORGANIZATION_MAX: u32 = 1_000;

/// What somebody asks for.
#[derive(Debug, Clone)]
pub struct SchedulePlan {
    pub workflow: String,
    pub cron: String,
    pub time_zone: String,
    /// A JSON object's text.
    pub inputs: Option<String>,
    pub missed: Missed,
    pub enabled: bool,
    /// None where it is disabled, or there is no such time any more.
    pub next_at: Option<Timestamp>,
}

/// A schedule as it is stored.
#[derive(Debug, Clone)]
pub struct ScheduleRow {
    pub schedule_id: Uuid,
    pub organization: OrganizationId,
    pub plan: SchedulePlan,
    /// Decided on, and not started yet.
    pub due_at: Option<Timestamp>,
    pub last_at: Option<Timestamp>,
    pub last_run_id: Option<String>,
    pub last_error: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Adds a schedule; false where the organization has as many as it may have.
pub async fn insert(
    db: &Db,
    organization: OrganizationId,
    id: Uuid,
    plan: &SchedulePlan,
    now: Timestamp,
) -> Result<bool, DbError> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 11] = [
        &id,
        &organization.0,
        &plan.workflow,
        &plan.cron,
        &plan.time_zone,
        &plan.inputs,
        &plan.missed.as_str(),
        &plan.enabled,
        &plan.next_at,
        &now,
        &i64::from(PER_ORGANIZATION_MAX),
    ];
    Ok(db.get().await?.query_opt(&INSERT, &params).await?.is_some())
}

/// Changes a schedule; false where there is none.
pub async fn update(
    db: &Db,
    organization: OrganizationId,
    id: Uuid,
    plan: &SchedulePlan,
    now: Timestamp,
) -> Result<bool, DbError> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 10] = [
        &id,
        &organization.0,
        &plan.workflow,
        &plan.cron,
        &plan.time_zone,
        &plan.inputs,
        &plan.missed.as_str(),
        &plan.enabled,
        &plan.next_at,
        &now,
    ];
    Ok(db.get().await?.query_opt(&UPDATE, &params).await?.is_some())
}

/// An organization's schedules, perhaps of one workflow only, oldest first.
pub async fn list(
    db: &Db,
    organization: OrganizationId,
    workflow: Option<&str>,
) -> Result<Vec<ScheduleRow>, DbError> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&organization.0, &None::<Uuid>, &workflow];
    db.get().await?.query(&LIST, &params).await?.iter().map(read).collect()
}

pub async fn find(db: &Db, organization: OrganizationId, id: Uuid) -> Result<Option<ScheduleRow>, DbError> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&organization.0, &Some(id), &None::<&str>];
    db.get().await?.query_opt(&LIST, &params).await?.as_ref().map(read).transpose()
}

/// Whether there was one to take away.
pub async fn delete(db: &Db, organization: OrganizationId, id: Uuid) -> Result<bool, DbError> {
    Ok(db.get().await?.query_opt(&DELETE, &[&organization.0, &id]).await?.is_some())
}

/// Schedules that have something to do now, those that wait longest first.
pub async fn due(db: &Db, now: Timestamp, limit: u32) -> Result<Vec<ScheduleRow>, DbError> {
    db.get().await?.query(&DUE, &[&now, &i64::from(limit)]).await?.iter().map(read).collect()
}

/// Decides on `tick` in the place of the next time that was read; false where somebody else was faster.
pub async fn decide(
    db: &Db,
    id: Uuid,
    was_next: Timestamp,
    tick: Option<Timestamp>,
    next: Option<Timestamp>,
) -> Result<bool, DbError> {
    Ok(db.get().await?.query_opt(&DECIDE, &[&id, &was_next, &tick, &next]).await?.is_some())
}

/// The tick has started this run, or can't for this reason.
pub async fn done(
    db: &Db,
    id: Uuid,
    tick: Timestamp,
    run_id: Option<&str>,
    error: Option<&str>,
) -> Result<(), DbError> {
    db.get().await?.query(&DONE, &[&id, &tick, &run_id, &error]).await.map(drop)
}

fn read(row: &Row) -> Result<ScheduleRow, DbError> {
    Ok(ScheduleRow {
        schedule_id: column(row, 0)?,
        organization: OrganizationId(column(row, 1)?),
        plan: SchedulePlan {
            workflow: column(row, 2)?,
            cron: column(row, 3)?,
            time_zone: column(row, 4)?,
            inputs: column(row, 5)?,
            missed: parsed(row, 6)?,
            enabled: column(row, 7)?,
            next_at: column(row, 8)?,
        },
        due_at: column(row, 9)?,
        last_at: column(row, 10)?,
        last_run_id: column(row, 11)?,
        last_error: column(row, 12)?,
        created_at: column(row, 13)?,
        updated_at: column(row, 14)?,
    })
}
