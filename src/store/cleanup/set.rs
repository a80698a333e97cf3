//! The runs that a plan means, page by page in the order of their ends.

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::work::spared;
use crate::facts::cleanup::{Criteria, What};
use crate::facts::id::{OrganizationId, RunId, RunKey};
use crate::facts::status::RunStatus;
use crate::facts::time::Timestamp;
use crate::store::db::row::{column, number, parsed};
use crate::store::db::{Db, DbError, Query, query};

const SET_PAGE: Query = query!("cleanup/set_page"; UUID, TIMESTAMPTZ, TIMESTAMPTZ, TEXT_ARRAY, TEXT, TEXT_ARRAY,
    INT8, TEXT, TIMESTAMPTZ, UUID, INT8, TEXT);
const SET_RUN: Query = query!("cleanup/set_run"; UUID, TEXT, TEXT);

/// A run of the set, and what there is of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub run_key: RunKey,
    pub ended_at: Timestamp,
    pub run_id: RunId,
    pub head_seq: u64,
    pub lines: u64,
    pub log_bytes: u64,
    pub artifacts: u64,
    pub artifact_bytes: u64,
}

/// A place in the order of the set.
#[derive(Debug, Clone, Copy)]
pub struct SetPlace {
    ended_at: Timestamp,
    run_key: Uuid,
}

impl SetPlace {
    /// Before everything.
    #[must_use]
    pub fn start() -> Self {
        // The lowest time there is.
        let first = "0001-01-01T00:00:00Z".parse().unwrap_or(Timestamp::EPOCH);
        Self { ended_at: first, run_key: Uuid::nil() }
    }

    #[must_use]
    pub fn behind(member: &Member) -> Self {
        Self { ended_at: member.ended_at, run_key: member.run_key.0 }
    }
}

/// The next members behind `after`, of the set as it is now for criteria of a plan made at `made_at`.
pub async fn page(
    db: &Db,
    organization: OrganizationId,
    criteria: &Criteria,
    what: What,
    made_at: Timestamp,
    after: SetPlace,
    limit: u32,
) -> Result<Vec<Member>, DbError> {
    let (before, failed_before) = criteria.ended_before(made_at);
    let statuses: Option<Vec<&str>> =
        (!criteria.status.is_empty()).then(|| criteria.status.iter().map(|status| status.as_str()).collect());
    let except = (!criteria.except_workflows.is_empty()).then_some(&criteria.except_workflows);
    let params: [&(dyn ToSql + Sync); 12] = [
        &organization.0,
        &before,
        &failed_before,
        &statuses,
        &criteria.workflow,
        &except,
        &criteria.keep_latest.map(i64::from),
        &what.as_str(),
        &after.ended_at,
        &after.run_key,
        &i64::from(limit),
        &spared(what),
    ];
    db.get().await?.query(&SET_PAGE, &params).await?.iter().map(read).collect()
}

/// A run by its name, with what there is of it to be deleted, and its status.
pub async fn member(
    db: &Db,
    organization: OrganizationId,
    run_id: &RunId,
    what: What,
) -> Result<Option<(Member, RunStatus)>, DbError> {
    let params: [&(dyn ToSql + Sync); 3] = [&organization.0, &run_id.as_str(), &spared(what)];
    let row = db.get().await?.query_opt(&SET_RUN, &params).await?;
    row.map(|row| Ok((read(&row)?, parsed(&row, 8)?))).transpose()
}

fn read(row: &Row) -> Result<Member, DbError> {
    Ok(Member {
        run_key: RunKey(column(row, 0)?),
        ended_at: column(row, 1)?,
        run_id: parsed(row, 2)?,
        head_seq: number(row, 3)?,
        lines: number(row, 4)?,
        log_bytes: number(row, 5)?,
        artifacts: number(row, 6)?,
        artifact_bytes: number(row, 7)?,
    })
}
