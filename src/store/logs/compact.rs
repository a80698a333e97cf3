//! Joins small chunks: a run that speaks a line at a time leaves a chunk for each, which readers would pay for ever after.
//!
//! ```text
//! loose runs ─► loose chunks of one ─► groups (pure) ─► for each: read, join, pack ─► one short transaction
//! ```
//!
//! Chunks are joined with their neighbours only, up to the usual size, and never across the border of a segment: one is deleted
//! with the chunks it is made of. A join is one commit, so a reader sees the chunks or what they became, both with the
//! same lines. It holds the run's row of `run_logs` meanwhile, and so does whoever cuts a segment.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio_postgres::Row;

use super::load::{number, shape};
use super::pen::{CHUNK_PLAIN_BYTES, Packer, unpack};
use crate::facts::id::RunKey;
use crate::facts::time::Timestamp;
use crate::store::db::{Connection, Db, DbError, Query, query};

const LOOSE_RUNS: Query = query!("logs/loose_runs"; FLOAT8, FLOAT8, FLOAT8, INT8);
const LOOSE_CHUNKS: Query = query!("logs/loose_chunks"; UUID, INT8, INT8);
const CHUNK_BODIES: Query = query!("logs/chunk_bodies"; UUID, INT8, INT8);
const HOLD_UNCUT: Query = query!("logs/hold_uncut"; UUID, INT8, INT8);
const DELETE_CHUNKS: Query = query!("logs/delete_chunks"; UUID, INT8, INT8);
const INSERT_CHUNK: Query =
    query!("logs/insert_chunk"; UUID, INT8, INT8, TEXT_ARRAY, INT4, TIMESTAMPTZ, BYTEA);
const SETTLE_LOOSE: Query = query!("logs/settle_loose"; UUID, INT8);

/// When a run's chunks are joined.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// A run that is over gets no more lines, or few.
    pub over: Duration,
    /// Since the last line of one that goes on.
    pub idle: Duration,
    /// One that never rests is tidied all the same this often.
    pub busy: Duration,
}

/// A run with chunks that may be worth joining.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LooseRun {
    pub key: RunKey,
    /// Its run was purged while the lines were on their way: they are to go as well.
    pub is_purged: bool,
    head: u64,
}

/// A chunk as the planning sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Loose {
    first: u64,
    last: u64,
    plain_bytes: usize,
    /// The first line of the segment it lies in; 0 where nothing is cut yet.
    segment: u64,
}

/// Neighbours to become one chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Group {
    first: u64,
    last: u64,
    chunks: usize,
}

/// Chunks looked at in one go, which also bounds one join. Where a page ends a group ends: one chunk too many in thousands.
const CHUNKS_PER_PAGE: i64 = 1_000;

/// The runs whose time has come, those that have waited longest first.
pub async fn loose_runs(db: &Db, patience: Patience, limit: u32) -> Result<Vec<LooseRun>, DbError> {
    let millis = |duration: Duration| duration.as_secs_f64() * 1_000.0;
    let Patience { over, idle, busy } = patience;
    let rows = db
        .get()
        .await?
        .query(&LOOSE_RUNS, &[&millis(over), &millis(idle), &millis(busy), &i64::from(limit)])
        .await?;
    let read = |row: &Row| -> Result<LooseRun, DbError> {
        Ok(LooseRun {
            key: RunKey(row.try_get(0).map_err(shape)?),
            is_purged: row.try_get(2).map_err(shape)?,
            head: number(row, 1)?,
        })
    };
    rows.iter().map(read).collect()
}

/// Joins what can be joined of a run's chunks; how many chunks fewer there are now. What somebody else changes meanwhile is left
/// for the next time.
pub async fn compact(db: &Db, run: LooseRun) -> Result<usize, DbError> {
    let mut connection = db.get().await?;
    let (mut after, mut fewer) = (0, 0);
    loop {
        let chunks = loose_chunks(&connection, run.key, after).await?;
        for group in groups(&chunks) {
            if join(&mut connection, run.key, group).await? {
                fewer += group.chunks - 1;
            }
        }
        match chunks.last() {
            Some(last) if chunks.len() as i64 == CHUNKS_PER_PAGE => after = last.last,
            _ => break,
        }
    }
    connection.query(&SETTLE_LOOSE, &[&run.key.0, &run.head.cast_signed()]).await?;
    Ok(fewer)
}

async fn loose_chunks(connection: &Connection, run: RunKey, after: u64) -> Result<Vec<Loose>, DbError> {
    let rows = connection.query(&LOOSE_CHUNKS, &[&run.0, &after.cast_signed(), &CHUNKS_PER_PAGE]).await?;
    let read = |row: &Row| -> Result<Loose, DbError> {
        let plain_bytes: i32 = row.try_get(2).map_err(shape)?;
        Ok(Loose {
            first: number(row, 0)?,
            last: number(row, 1)?,
            plain_bytes: plain_bytes.unsigned_abs() as usize,
            segment: number(row, 3)?,
        })
    };
    rows.iter().map(read).collect()
}

/// Which neighbours become one: as many as fit, from the front.
fn groups(chunks: &[Loose]) -> Vec<Group> {
    let mut groups = Vec::new();
    let mut rest = chunks;
    while let [start, others @ ..] = rest {
        let (mut bytes, mut last, mut count) = (start.plain_bytes, start.last, 1);
        for next in others {
            let is_next = next.first == last + 1 && next.segment == start.segment;
            if !is_next || bytes + next.plain_bytes > CHUNK_PLAIN_BYTES {
                break;
            }
            (bytes, last, count) = (bytes + next.plain_bytes, next.last, count + 1);
        }
        if count > 1 {
            groups.push(Group { first: start.first, last, chunks: count });
        }
        rest = &rest[count..];
    }
    groups
}

/// Makes one chunk of a group; false when it is no longer what it was.
async fn join(connection: &mut Connection, run: RunKey, group: Group) -> Result<bool, DbError> {
    let Group { first, last, chunks } = group;
    let (from, to) = (first.cast_signed(), last.cast_signed());
    let rows = connection.query(&CHUNK_BODIES, &[&run.0, &from, &to]).await?;
    if rows.len() != chunks {
        return Ok(false);
    }
    let (mut text, mut nodes, mut recorded_at) = (Vec::new(), BTreeSet::new(), Timestamp::EPOCH);
    for row in &rows {
        let plain_bytes: i32 = row.try_get(0).map_err(shape)?;
        let of_chunk: Vec<&str> = row.try_get(1).map_err(shape)?;
        nodes.extend(of_chunk);
        recorded_at = recorded_at.max(row.try_get(2).map_err(shape)?);
        text.extend(unpack(row.try_get(3).map_err(shape)?, plain_bytes.unsigned_abs() as usize)?);
    }
    let nodes: Vec<&str> = nodes.into_iter().collect();
    let (plain_bytes, body) = (i32::try_from(text.len()).unwrap_or(i32::MAX), Packer::default().pack(&text)?);

    let transaction = connection.transaction().await?;
    if transaction.query_opt(&HOLD_UNCUT, &[&run.0, &from, &to]).await?.is_none() {
        return Ok(false);
    }
    // Others who have joined or deleted some of them meanwhile have left fewer; the drop rolls back.
    if transaction.query(&DELETE_CHUNKS, &[&run.0, &from, &to]).await?.len() != chunks {
        return Ok(false);
    }
    transaction
        .query(&INSERT_CHUNK, &[&run.0, &from, &to, &nodes, &plain_bytes, &recorded_at, &body])
        .await?;
    transaction.commit().await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Neighbours with one line each, told as (plain bytes, segment).
    fn row(chunks: &[(usize, u64)]) -> Vec<Loose> {
        let chunk = |(place, (plain_bytes, segment)): (u64, &(usize, u64))| Loose {
            first: place,
            last: place,
            plain_bytes: *plain_bytes,
            segment: *segment,
        };
        (1..).zip(chunks).map(chunk).collect()
    }

    fn group(first: u64, last: u64) -> Group {
        Group { first, last, chunks: (last - first + 1) as usize }
    }

    #[test]
    fn neighbours_are_joined_up_to_the_usual_size() {
        let half = CHUNK_PLAIN_BYTES / 2;
        assert_eq!(groups(&row(&[(half, 0), (half, 0), (1, 0), (half, 0)])), [group(1, 2), group(3, 4)]);
        assert_eq!(groups(&row(&[(half + 1, 0), (half, 0)])), []);
        assert_eq!(groups(&row(&[(10, 0); 5])), [group(1, 5)]);
        assert_eq!(groups(&[]), []);
    }

    #[test]
    fn no_join_crosses_a_segments_border_or_a_hole() {
        assert_eq!(groups(&row(&[(1, 1), (1, 1), (1, 3), (1, 0), (1, 0)])), [group(1, 2), group(4, 5)]);
        let mut chunks = row(&[(1, 0); 4]);
        chunks.remove(1);
        assert_eq!(groups(&chunks), [group(3, 4)]);
    }

    proptest! {
        #[test]
        fn whatever_the_chunks_each_is_in_one_group_at_most_and_none_is_too_large(
            chunks in proptest::collection::vec((1..CHUNK_PLAIN_BYTES, 0..3_u64), 0..50),
        ) {
            let chunks = row(&chunks);
            let mut next = 1;
            for group in groups(&chunks) {
                let members: Vec<&Loose> =
                    chunks.iter().filter(|chunk| chunk.first >= group.first && chunk.last <= group.last).collect();
                prop_assert!(group.first >= next && members.len() == group.chunks && group.chunks > 1);
                prop_assert!(members.iter().map(|chunk| chunk.plain_bytes).sum::<usize>() <= CHUNK_PLAIN_BYTES);
                prop_assert!(members.iter().all(|chunk| chunk.segment == members[0].segment));
                next = group.last + 1;
            }
        }
    }
}
