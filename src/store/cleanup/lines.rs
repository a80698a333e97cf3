//! Lines without their runs, and runs without their lines: what a purge has left, and whether it was one.

use tokio_postgres::Row;

use super::work::PURGE_LOGS;
use crate::facts::cleanup::{Criteria, EndedRun};
use crate::facts::id::{OrganizationId, RunKey};
use crate::facts::time::Timestamp;
use crate::store::db::row::{column, parsed};
use crate::store::db::{Db, DbError, Query, query};

const PLANS_OF_LINES: Query = query!("cleanup/plans_of_lines"; UUID, UUID, TIMESTAMPTZ);

/// Takes away lines whose run is not there any more: they were appended in the instant in which it was purged.
pub async fn left(db: &Db, run: RunKey) -> Result<(), DbError> {
    db.get().await?.query_one(&PURGE_LOGS, &[&[run.0].as_slice()]).await.map(drop)
}

/// When a plan took the lines of a run away that is still there; `None`: no plan that is on record can have meant it.
///
/// For runs that have no lines. Lists of runs are not kept once they are worked off, so that the criteria are asked again.
pub async fn purged_at(
    db: &Db,
    organization: OrganizationId,
    run: RunKey,
) -> Result<Option<Timestamp>, DbError> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
        [&organization.0, &run.0, &run.registered_at()];
    for row in &db.get().await?.query(&PLANS_OF_LINES, &params).await? {
        let (ended, criteria, planned_at) = (ended_run(row)?, criteria(row)?, column(row, 5)?);
        if criteria.may_mean(&ended, planned_at) {
            return column(row, 6).map(Some);
        }
    }
    Ok(None)
}

fn ended_run(row: &Row) -> Result<EndedRun, DbError> {
    Ok(EndedRun {
        run_id: parsed(row, 0)?,
        workflow: column(row, 1)?,
        status: parsed(row, 2)?,
        ended_at: column(row, 3)?,
    })
}

fn criteria(row: &Row) -> Result<Criteria, DbError> {
    serde_json::from_str(column(row, 4)?).map_err(|error| DbError::Shape(error.to_string()))
}
