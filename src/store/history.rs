//! What is known of runs that are over, apart from the runs themselves: their ends, and statistics by the day.
//!
//! Follows the events by a durable cursor, behind the appends, which pay nothing for it.

use super::db::row::{column, number};
use super::db::{Db, DbError, Query, query};

const FOLLOW: Query = query!("history/follow"; INT4);
const NEXT_XID: Query = query!("history/next_xid";);

/// Every query of this module, for the test that prepares them all.
pub const QUERIES: &[&Query] = &[&FOLLOW, &NEXT_XID];

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
