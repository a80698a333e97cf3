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

const TAKE_ITEMS: Query = query!("cleanup/take_items"; UUID, INT8);
const ITEMS_DONE: Query = query!("cleanup/items_done"; UUID, UUID_ARRAY, INT8, INT8, INT8, INT8, INT8);
const FINISH: Query = query!("cleanup/finish"; UUID);
const APPLYING: Query = query!("cleanup/applying"; INT8);
const MAY_BEGIN: Query = query!("cleanup/may_begin"; UUID);
pub(super) const PURGE_LOGS: Query = query!("cleanup/purge_logs"; UUID_ARRAY);
const PURGE_FIRST_CHUNKS: Query = query!("cleanup/purge_first_chunks"; UUID, INT8);
const PURGE_ARTIFACTS: Query = query!("cleanup/purge_artifacts"; UUID_ARRAY, TEXT);
const TOMBSTONE: Query = query!("cleanup/tombstone"; UUID, TEXT);

/// Runs of one transaction. How much there is of each is looked up first, also of those that then have no room in it.
const BATCH_RUNS: i64 = 40;
/// Events of one transaction: milliseconds, and little for the disk, so that its commit does not stand long before those of who
/// appends (docs/performance.md, `purge`).
const BATCH_EVENTS: u64 = 500;
/// Chunks of lines of one transaction: some 64 MiB at the most.
const BATCH_CHUNKS: u64 = 1_000;
/// A row that somebody else has is waited for this long; the list is gone on with later. What a crash makes of a batch undone is on the
/// list again with it, so that none need wait for the disk, nor those who append for its turn there.
const BEGIN: &str = "SET LOCAL lock_timeout = '500ms'; SET LOCAL synchronous_commit = off";

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
    transaction.batch("cleanup/begin", BEGIN).await?;
    let rows = transaction.query(&TAKE_ITEMS, &[&plan.plan_id, &BATCH_RUNS]).await?;
    let items: Vec<Item> = rows.iter().map(item).collect::<Result<_, _>>()?;
    if items.is_empty() {
        return Ok(false);
    }
    let (keys, room) = fitting(&items, plan.what);
    if !keys.is_empty() {
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
    if let Some(next) = items.get(keys.len()) {
        shorten(&transaction, *next, plan.what, room).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

/// What one transaction still has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Room {
    events: u64,
    chunks: u64,
}

/// The first items that fit into one transaction, and what room they leave; none where the first one alone is too much.
fn fitting(items: &[Item], what: What) -> (Vec<Uuid>, Room) {
    let mut room = Room { events: BATCH_EVENTS, chunks: BATCH_CHUNKS };
    let fits = |item: &&Item| {
        let events =
            if what == What::Runs { room.events.checked_sub(item.events) } else { Some(room.events) };
        let chunks =
            if what == What::Artifacts { Some(room.chunks) } else { room.chunks.checked_sub(item.chunks) };
        let left = events.zip(chunks).map(|(events, chunks)| Room { events, chunks });
        room = left.unwrap_or(room);
        left.is_some()
    };
    let keys = items.iter().take_while(fits).map(|item| item.key).collect();
    (keys, room)
}

/// Takes the beginning off a run that is too long for any transaction, as far as there is room in this one; a statement costs as much
/// as a few of the rows, so not for the last of the room.
async fn shorten(transaction: &Transaction<'_>, item: Item, what: What, room: Room) -> Result<(), DbError> {
    if what == What::Runs && item.events > BATCH_EVENTS {
        if room.events >= BATCH_EVENTS / 8 {
            purge::first_events(transaction, item.key, room.events).await?;
        }
    } else if item.chunks > BATCH_CHUNKS && room.chunks >= BATCH_CHUNKS / 8 {
        transaction.query(&PURGE_FIRST_CHUNKS, &[&item.key, &room.chunks.cast_signed()]).await?;
    }
    Ok(())
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
        let fit = |items: &[Item], what| {
            let (keys, room) = fitting(items, what);
            (keys.len(), room.events, room.chunks)
        };
        assert_eq!(fit(&items, What::Runs), (2, 0, BATCH_CHUNKS - 20));
        assert_eq!(fit(&items, What::Logs), (2, BATCH_EVENTS, BATCH_CHUNKS - 20));
        assert_eq!(fit(&items, What::Artifacts), (3, BATCH_EVENTS, BATCH_CHUNKS));
        assert_eq!(fit(&items, What::Results).0, 2);
        assert_eq!(fit(&items[1..2], What::Runs), (1, BATCH_EVENTS - 250, BATCH_CHUNKS - 10));
        assert_eq!(fit(&[item(1, BATCH_EVENTS + 1, 0)], What::Runs), (0, BATCH_EVENTS, BATCH_CHUNKS));
        assert_eq!(fit(&[item(1, BATCH_EVENTS + 1, 0)], What::Logs).0, 1);
    }
}
