//! What is known of runs that are over, apart from the runs themselves: their ends, and statistics by the day.
//!
//! Follows the events by a durable cursor, behind the appends, which pay nothing for it.

use tokio_postgres::types::ToSql;

use super::db::row::{column, number, parsed};
use super::db::{Db, DbError, Query, like_pattern, query};
use super::runs::RunFilter;
use crate::facts::id::OrganizationId;
use crate::facts::statistics::{EndedRuns, Outcome};
use crate::facts::status::RunStatus;

const FOLLOW: Query = query!("history/follow"; INT4);
const NEXT_XID: Query = query!("history/next_xid";);
const DAYS: Query = query!("history/days"; UUID, TEXT, TEXT);
const COUNT: Query =
    query!("history/count"; UUID, UUID, UUID, TEXT_ARRAY, TEXT, TEXT, TEXT, TEXT_ARRAY, INT8);

/// Every query of this module, for the test that prepares them all.
pub const QUERIES: &[&Query] = &[&FOLLOW, &NEXT_XID, &DAYS, &COUNT];

/// How far the history is.
#[derive(Debug, Clone, Copy)]
pub struct Followed {
    /// Ends taken in now.
    pub ends: u32,
    /// All transactions below this one were seen.
    pub seen_to: i64,
}

/// Takes the next ends in, at most `most`, each once whoever does it.
pub async fn follow(db: &Db, most: i32) -> Result<Followed, DbError> {
    let row = db.get().await?.query_one(&FOLLOW, &[&most]).await?;
    Ok(Followed { ends: column::<i32>(&row, 0)?.unsigned_abs(), seen_to: column(&row, 1)? })
}

/// The first transaction that has not begun yet.
pub async fn next_xid(db: &Db) -> Result<u64, DbError> {
    number(&db.get().await?.query_one(&NEXT_XID, &[]).await?, 0)
}

/// Ended runs of a workflow, or of all with `None`, from a day (`YYYY-MM-DD`) on.
pub async fn days(
    db: &Db,
    organization: OrganizationId,
    workflow: Option<&str>,
    from_day: &str,
) -> Result<Vec<EndedRuns>, DbError> {
    let rows = db.get().await?.query(&DAYS, &[&organization.0, &workflow.unwrap_or(""), &from_day]).await?;
    let read = |row: &tokio_postgres::Row| -> Result<EndedRuns, DbError> {
        let outcome = match parsed::<RunStatus>(row, 1)? {
            RunStatus::Completed => Outcome::Completed,
            RunStatus::Cancelled => Outcome::Cancelled,
            _ => Outcome::Failed,
        };
        Ok(EndedRuns {
            day: column(row, 0)?,
            outcome,
            duration_class: u32::from(column::<i16>(row, 2)?.unsigned_abs()),
            runs: number(row, 3)?,
        })
    };
    rows.iter().map(read).collect()
}

/// How many runs the filter lets through, counted no further than `limit`.
pub async fn count(
    db: &Db,
    organization: OrganizationId,
    filter: &RunFilter,
    limit: u32,
) -> Result<u64, DbError> {
    let statuses: Option<Vec<&str>> =
        (!filter.statuses.is_empty()).then(|| filter.statuses.iter().map(|status| status.as_str()).collect());
    let pattern = filter.text.as_deref().map(like_pattern);
    let triggers = (!filter.triggers.is_empty()).then_some(&filter.triggers);
    let params: [&(dyn ToSql + Sync); 9] = [
        &organization.0,
        &filter.from,
        &filter.to,
        &statuses,
        &filter.workflow,
        &filter.labels,
        &pattern,
        &triggers,
        &i64::from(limit),
    ];
    number(&db.get().await?.query_one(&COUNT, &params).await?, 0)
}
