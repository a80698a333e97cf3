//! Working a plan's list off, a bounded transaction at a time. Whoever does it, and however often it breaks off: what is off the
//! list is gone, and what is on it is still to go.

use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use super::plans::Counts;
use crate::facts::artifact::INPUTS_NAME;
use crate::facts::cleanup::What;
use crate::facts::id::{OrganizationId, RunId};
use crate::facts::status::RunStatus;
use crate::facts::time::Timestamp;
use crate::store::db::row::{column, number, parsed};
use crate::store::db::{Db, DbError, Query, Transaction, query};
use crate::store::journal::purge;

pub(super) const TAKE_ITEMS: Query = query!("cleanup/take_items"; UUID, INT8);
pub(super) const ITEMS_DONE: Query =
    query!("cleanup/items_done"; UUID, UUID_ARRAY, INT8, INT8, INT8, INT8, INT8);
pub(super) const FINISH: Query = query!("cleanup/finish"; UUID);
pub(super) const APPLYING: Query = query!("cleanup/applying"; INT8);
pub(super) const MAY_BEGIN: Query = query!("cleanup/may_begin"; UUID);
pub(super) const PURGE_LOGS: Query = query!("cleanup/purge_logs"; UUID_ARRAY);
pub(super) const PURGE_FIRST_CHUNKS: Query = query!("cleanup/purge_first_chunks"; UUID, INT8);
pub(super) const PURGE_ARTIFACTS: Query = query!("cleanup/purge_artifacts"; UUID_ARRAY, TEXT);
pub(super) const TOMBSTONE: Query = query!("cleanup/tombstone"; UUID, TEXT);

/// Runs of one transaction: how much there is of each is looked up first.
const BATCH_RUNS: i64 = 200;
/// Events of one transaction: milliseconds, and little for the disk, so that its commit does not stand long before those of who
/// appends (docs/performance.md, `purge`).
const BATCH_EVENTS: u64 = 750;
/// Chunks of lines of one transaction: some 64 MiB at the most.
const BATCH_CHUNKS: u64 = 1_000;
/// A row that somebody else has is waited for this long; the list is gone on with later.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '500ms'";

/// What the database says then.
const HELD_BY_OTHERS: [SqlState; 2] = [SqlState::LOCK_NOT_AVAILABLE, SqlState::T_R_DEADLOCK_DETECTED];

/// A plan that is being applied.
#[derive(Debug, Clone, Copy)]
pub struct Applying {
    pub plan_id: Uuid,
    pub what: What,
}

/// A run of the list, and how much of it there is.
#[derive(Debug, Clone, Copy)]
struct Item {
    key: Uuid,
    events: u64,
    chunks: u64,
}

/// What is left of a purged run.
#[derive(Debug, Clone)]
pub struct Tombstone {
    pub run_id: RunId,
    pub workflow: Option<String>,
    pub status: RunStatus,
    pub head_seq: u64,
    pub head_hash: Vec<u8>,
    pub purged_at: Timestamp,
    pub plan_id: Uuid,
}

/// The oldest plans that are being applied.
pub async fn applying(db: &Db, limit: u32) -> Result<Vec<Applying>, DbError> {
    let rows = db.get().await?.query(&APPLYING, &[&i64::from(limit)]).await?;
    rows.iter().map(|row| Ok(Applying { plan_id: column(row, 0)?, what: parsed(row, 1)? })).collect()
}

/// Whether all who follow the events have seen those of the plan's runs.
pub async fn may_begin(db: &Db, plan_id: Uuid) -> Result<bool, DbError> {
    let row = db.get().await?.query_opt(&MAY_BEGIN, &[&plan_id]).await?;
    row.map_or(Ok(false), |row| column(&row, 0))
}

/// Does the next piece of the list; false where nothing was there to do now, since the list is empty or others have the rest, be it
/// the list's or the runs' own rows.
pub async fn batch(db: &Db, plan: Applying) -> Result<bool, DbError> {
    match try_batch(db, plan).await {
        Err(error) if error.sql_state().is_some_and(|state| HELD_BY_OTHERS.contains(state)) => Ok(false),
        tried => tried,
    }
}

async fn try_batch(db: &Db, plan: Applying) -> Result<bool, DbError> {
    let mut connection = db.get().await?;
    let transaction = connection.transaction().await?;
    transaction.batch("cleanup/lock_timeout", LOCK_TIMEOUT).await?;
    let rows = transaction.query(&TAKE_ITEMS, &[&plan.plan_id, &BATCH_RUNS]).await?;
    let items: Vec<Item> = rows.iter().map(item).collect::<Result<_, _>>()?;
    let Some(first) = items.first() else { return Ok(false) };
    let keys = fitting(&items, plan.what);
    if keys.is_empty() {
        shorten(&transaction, *first, plan.what).await?;
    } else {
        let counts = purge_all(&transaction, &keys, plan).await?;
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 7] = [
            &plan.plan_id,
            &keys,
            &counts.runs.cast_signed(),
            &counts.events.cast_signed(),
            &counts.lines.cast_signed(),
            &counts.bytes.cast_signed(),
            &counts.artifacts.cast_signed(),
        ];
        transaction.query(&ITEMS_DONE, &params).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

/// The first items that fit into one transaction; none where the first one alone is too much.
fn fitting(items: &[Item], what: What) -> Vec<Uuid> {
    let (mut events, mut chunks) = (0, 0);
    let fits = |item: &&Item| {
        events += if what == What::Runs { item.events } else { 0 };
        chunks += if what == What::Artifacts { 0 } else { item.chunks };
        events <= BATCH_EVENTS && chunks <= BATCH_CHUNKS
    };
    items.iter().take_while(fits).map(|item| item.key).collect()
}

/// Takes the beginning off a run that is too long for one transaction.
async fn shorten(transaction: &Transaction<'_>, item: Item, what: What) -> Result<(), DbError> {
    if what == What::Runs && item.events > BATCH_EVENTS {
        return purge::first_events(transaction, item.key, BATCH_EVENTS).await;
    }
    transaction.query(&PURGE_FIRST_CHUNKS, &[&item.key, &BATCH_CHUNKS.cast_signed()]).await.map(drop)
}

async fn purge_all(transaction: &Transaction<'_>, keys: &[Uuid], plan: Applying) -> Result<Counts, DbError> {
    let mut counts = Counts { runs: keys.len() as u64, ..Counts::default() };
    if plan.what != What::Logs {
        let row = transaction.query_one(&PURGE_ARTIFACTS, &[&keys, &spared(plan.what)]).await?;
        counts.artifacts = number(&row, 0)?;
        counts.bytes += number(&row, 1)?;
    }
    if plan.what != What::Artifacts {
        let row = transaction.query_one(&PURGE_LOGS, &[&keys]).await?;
        counts.lines = number(&row, 0)?;
        counts.bytes += number(&row, 1)?;
    }
    if plan.what == What::Runs {
        (counts.runs, counts.events) = purge::runs(transaction, keys, plan.plan_id).await?;
    }
    Ok(counts)
}

/// The name of those of the runs' own artifacts that stay: inputs are no results, and another run may begin with them.
pub(super) fn spared(what: What) -> Option<&'static str> {
    (what == What::Results).then_some(INPUTS_NAME)
}

/// Ends the plan if its list is empty.
pub async fn finish(db: &Db, plan_id: Uuid) -> Result<bool, DbError> {
    Ok(db.get().await?.query_opt(&FINISH, &[&plan_id]).await?.is_some())
}

pub async fn tombstone(
    db: &Db,
    organization: OrganizationId,
    run_id: &RunId,
) -> Result<Option<Tombstone>, DbError> {
    let row = db.get().await?.query_opt(&TOMBSTONE, &[&organization.0, &run_id.as_str()]).await?;
    let read = |row: Row| -> Result<Tombstone, DbError> {
        Ok(Tombstone {
            run_id: parsed(&row, 0)?,
            workflow: column(&row, 1)?,
            status: parsed(&row, 2)?,
            head_seq: number(&row, 3)?,
            head_hash: column(&row, 4)?,
            purged_at: column(&row, 5)?,
            plan_id: column(&row, 6)?,
        })
    };
    row.map(read).transpose()
}

fn item(row: &Row) -> Result<Item, DbError> {
    Ok(Item { key: column(row, 0)?, events: number(row, 1)?, chunks: number(row, 2)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(key: u128, events: u64, chunks: u64) -> Item {
        Item { key: Uuid::from_u128(key), events, chunks }
    }

    #[test]
    fn a_batch_is_bounded_by_events_and_chunks() {
        let items = [item(1, BATCH_EVENTS - 250, 10), item(2, 250, 10), item(3, 1, BATCH_CHUNKS - 15)];
        assert_eq!(fitting(&items, What::Runs).len(), 2);
        assert_eq!(fitting(&items, What::Logs).len(), 2);
        assert_eq!(fitting(&items, What::Artifacts).len(), 3);
        assert_eq!(fitting(&items, What::Results).len(), 2);
        assert!(fitting(&[item(1, BATCH_EVENTS + 1, 0)], What::Runs).is_empty());
        assert_eq!(fitting(&[item(1, BATCH_EVENTS + 1, 0)], What::Logs).len(), 1);
    }
}
