//! The one way in which history ends: runs that are over, taken away whole by a plan of deletion.

use uuid::Uuid;

use crate::store::db::row::number;
use crate::store::db::{DbError, Query, Transaction, query};

const PURGE_RUNS: Query = query!("journal/purge_runs"; UUID_ARRAY, UUID);
const PURGE_FIRST_EVENTS: Query = query!("journal/purge_first_events"; UUID, INT8);

/// Takes the runs away that are over, and leaves a tombstone of each. Answers how many runs and events went.
pub async fn runs(transaction: &Transaction<'_>, keys: &[Uuid], plan: Uuid) -> Result<(u64, u64), DbError> {
    let row = transaction.query_one(&PURGE_RUNS, &[&keys, &plan]).await?;
    Ok((number(&row, 0)?, number(&row, 1)?))
}

/// Takes the first events of a run away that is too long to go at once.
pub async fn first_events(transaction: &Transaction<'_>, key: Uuid, most: u64) -> Result<(), DbError> {
    transaction.query(&PURGE_FIRST_EVENTS, &[&key, &most.cast_signed()]).await.map(drop)
}
