//! The chunks of a run as they lie in the hot store, fetched a few at a time in either direction.

use tokio_postgres::Row;

use super::load::{number, shape};
use crate::facts::id::{NodeRef, RunKey};
use crate::store::db::{Db, DbError, Query, query};

const READ_CHUNKS: Query = query!("logs/read_chunks"; UUID, INT8, INT8, TEXT, INT8, INT8);
const READ_CHUNKS_BACK: Query = query!("logs/read_chunks_back"; UUID, INT8, INT8, TEXT, INT8, INT8);

/// Chunks fetched at a time: many, since those of a slow node hold a line or two each.
const CHUNKS_AT_ONCE: i64 = 512;
/// Plain bytes after which no further chunk is fetched: what one reader may hold of the hot store.
const BYTES_AT_ONCE: i64 = 4 * 1024 * 1024;

/// Largest chunk that is unpacked: one line over the usual size may make one large chunk.
const CHUNK_MAX_PLAIN_BYTES: usize = 64 * 1024 * 1024;

/// Lines with `after < logSeq < before`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogRange {
    pub after: u64,
    pub before: u64,
}

impl LogRange {
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.after.saturating_add(1) >= self.before
    }

    #[must_use]
    pub fn contains(self, log_seq: u64) -> bool {
        self.after < log_seq && log_seq < self.before
    }

    /// What is left to read when everything up to and including `log_seq` has been, in this direction.
    #[must_use]
    pub fn beyond(self, log_seq: u64, direction: Direction) -> Self {
        match direction {
            Direction::Forward => Self { after: log_seq.max(self.after), ..self },
            Direction::Backward => Self { before: log_seq.min(self.before), ..self },
        }
    }
}

/// Which end of a range comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Forward,
    Backward,
}

/// A chunk as it is stored.
#[derive(Debug, Clone)]
pub struct PackedChunk {
    pub first: u64,
    pub last: u64,
    pub plain_bytes: usize,
    /// `None`: no line in it is of the node that was asked for.
    pub body: Option<Vec<u8>>,
}

/// The next chunks of a range, in the direction of reading.
#[derive(Debug, Clone)]
pub struct ChunkPage {
    pub chunks: Vec<PackedChunk>,
    /// Whether the hot store has nothing more in the range.
    pub is_last: bool,
}

/// The next chunks that hold lines of `range`; those without a line of `node_ref` come without their bodies.
pub async fn chunks(
    db: &Db,
    run: RunKey,
    range: LogRange,
    direction: Direction,
    node_ref: Option<&NodeRef>,
) -> Result<ChunkPage, DbError> {
    let query = match direction {
        Direction::Forward => &READ_CHUNKS,
        Direction::Backward => &READ_CHUNKS_BACK,
    };
    let bound = |seq: u64| i64::try_from(seq).unwrap_or(i64::MAX - 1).min(i64::MAX - 1);
    let (after, before) = (bound(range.after), bound(range.before));
    let node_ref = node_ref.map(NodeRef::as_str);
    let rows = db
        .get()
        .await?
        .query(query, &[&run.0, &after, &before, &node_ref, &CHUNKS_AT_ONCE, &BYTES_AT_ONCE])
        .await?;
    let chunks = rows.iter().map(chunk).collect::<Result<Vec<_>, _>>()?;
    let bytes: usize =
        chunks.iter().filter(|chunk| chunk.body.is_some()).map(|chunk| chunk.plain_bytes).sum();
    let is_last = (chunks.len() as i64) < CHUNKS_AT_ONCE && (bytes as i64) < BYTES_AT_ONCE;
    Ok(ChunkPage { chunks, is_last })
}

fn chunk(row: &Row) -> Result<PackedChunk, DbError> {
    let plain_bytes: i32 = row.try_get(2).map_err(shape)?;
    Ok(PackedChunk {
        first: number(row, 0)?,
        last: number(row, 1)?,
        plain_bytes: plain_bytes.unsigned_abs() as usize,
        body: row.try_get(3).map_err(shape)?,
    })
}

/// A chunk's lines as NDJSON.
pub(super) fn inflate(body: &[u8], plain_bytes: usize) -> Result<Vec<u8>, DbError> {
    zstd::bulk::decompress(body, plain_bytes.min(CHUNK_MAX_PLAIN_BYTES))
        .map_err(|error| DbError::Shape(format!("log chunk: {error}")))
}
