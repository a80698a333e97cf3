//! What is known of runs that are over, apart from the runs themselves: their ends, and statistics by the day.
//!
//! Follows the events by a durable cursor, behind the appends, which pay nothing for it.

use super::db::row::{column, number, parsed};
use super::db::{Db, DbError, Query, query};
use crate::facts::id::OrganizationId;
use crate::facts::statistics::{EndedRuns, Outcome};
use crate::facts::status::RunStatus;

const FOLLOW: Query = query!("history/follow"; INT4);
const NEXT_XID: Query = query!("history/next_xid";);
const DAYS: Query = query!("history/days"; UUID, TEXT, TEXT);

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
