//! Reads of the log store: lines from their chunks, both ways, and what is known of each stream.

use bytes::Bytes;

use super::line::{LineFilter, StoredLine, StreamName};
use super::load::{self, number, shape, stream_name};
use super::state::StreamState;
use crate::facts::id::{NodeRef, OrganizationId, RunId, RunKey};
use crate::store::db::{Connection, Db, DbError, Executor, Query, query};

pub(super) const READ_CHUNKS: Query = query!("logs/read_chunks"; UUID, INT8, INT8, TEXT, INT8);
pub(super) const READ_CHUNKS_BACK: Query = query!("logs/read_chunks_back"; UUID, INT8, INT8, TEXT, INT8);
pub(super) const OPEN_STREAMS: Query = query!("logs/open_streams"; UUID, TEXT);

/// Chunks fetched at a time: 16 of 256 KiB are what a reader may hold.
const CHUNKS_PER_PAGE: i64 = 16;
/// Largest chunk a reader unpacks: one line over the usual size may make one large chunk.
const CHUNK_MAX_PLAIN_BYTES: usize = 64 * 1024 * 1024;

/// What is known of a stream without reading its lines.
#[derive(Debug, Clone)]
pub struct StreamSummary {
    pub name: StreamName,
    pub lines: u64,
    pub bytes: u64,
    pub last_line: Option<String>,
    pub closed: bool,
}

/// Lines with `after < logSeq < before` that match, in order, at most `limit`: the first ones, or with `from_end`
/// the last ones.
pub async fn lines(
    db: &Db,
    run: RunKey,
    after: u64,
    before: Option<u64>,
    limit: u32,
    from_end: bool,
    filter: &LineFilter,
) -> Result<Vec<StoredLine>, DbError> {
    let connection = db.get().await?;
    let limit = limit as usize;
    let (mut after, mut before) = (after, before.unwrap_or(i64::MAX.unsigned_abs()));
    let mut found: Vec<StoredLine> = Vec::new();
    while found.len() < limit && after.saturating_add(1) < before {
        let chunks = chunks(&connection, run, after, before, from_end, filter.node_ref.as_ref()).await?;
        let is_last_page = (chunks.len() as i64) < CHUNKS_PER_PAGE;
        for chunk in chunks {
            let mut matching = Vec::new();
            for line in unpack(&chunk)? {
                if line.log_seq > after && line.log_seq < before && filter.accepts(&line) {
                    matching.push(line);
                }
            }
            if from_end {
                before = chunk.first;
                matching.reverse();
            } else {
                after = chunk.last;
            }
            found.extend(matching);
            if found.len() >= limit {
                break;
            }
        }
        if is_last_page {
            break;
        }
    }
    found.truncate(limit);
    if from_end {
        found.reverse();
    }
    Ok(found)
}

struct PackedChunk {
    first: u64,
    last: u64,
    plain_bytes: usize,
    body: Vec<u8>,
}

async fn chunks(
    connection: &Connection,
    run: RunKey,
    after: u64,
    before: u64,
    from_end: bool,
    node_ref: Option<&NodeRef>,
) -> Result<Vec<PackedChunk>, DbError> {
    let query = if from_end { &READ_CHUNKS_BACK } else { &READ_CHUNKS };
    let bound = |seq: u64| i64::try_from(seq).unwrap_or(i64::MAX - 1).min(i64::MAX - 1);
    let node_ref = node_ref.map(NodeRef::as_str);
    let rows = connection
        .query(query, &[&run.0, &bound(after), &bound(before), &node_ref, &CHUNKS_PER_PAGE])
        .await?;
    let read = |row: &tokio_postgres::Row| -> Result<PackedChunk, DbError> {
        let plain_bytes: i32 = row.try_get(2).map_err(shape)?;
        Ok(PackedChunk {
            first: number(row, 0)?,
            last: number(row, 1)?,
            plain_bytes: plain_bytes.unsigned_abs() as usize,
            body: row.try_get(3).map_err(shape)?,
        })
    };
    rows.iter().map(read).collect()
}

fn unpack(chunk: &PackedChunk) -> Result<Vec<StoredLine>, DbError> {
    let plain = Bytes::from(inflate(&chunk.body, chunk.plain_bytes)?);
    let mut lines = Vec::new();
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', &plain) {
        lines.push(StoredLine::decode(plain.slice(start..end))?);
        start = end + 1;
    }
    Ok(lines)
}

/// A chunk's lines as NDJSON.
pub(super) fn inflate(body: &[u8], plain_bytes: usize) -> Result<Vec<u8>, DbError> {
    zstd::bulk::decompress(body, plain_bytes.min(CHUNK_MAX_PLAIN_BYTES))
        .map_err(|error| DbError::Shape(format!("log chunk: {error}")))
}

/// Every stream of a run.
pub async fn streams(db: &Db, run: RunKey) -> Result<Vec<StreamSummary>, DbError> {
    let connection = db.get().await?;
    let mut states = load::load(&Executor::Connection(&connection), &[run]).await?;
    let state = states.remove(&run).unwrap_or_default();
    let mut streams: Vec<StreamSummary> =
        state.streams.into_iter().map(|(name, stream)| summary(name, stream)).collect();
    streams.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(streams)
}

fn summary(name: StreamName, stream: StreamState) -> StreamSummary {
    let closed = stream.closed_at_lines == Some(stream.lines);
    StreamSummary { name, lines: stream.lines, bytes: stream.bytes, last_line: stream.last_line, closed }
}

/// The streams of a run that are not closed, with the run's key; empty for an unknown run.
pub async fn open_streams(
    db: &Db,
    organization: OrganizationId,
    run_id: &RunId,
) -> Result<Vec<(RunKey, StreamName)>, DbError> {
    let rows = db.get().await?.query(&OPEN_STREAMS, &[&organization.0, &run_id.as_str()]).await?;
    rows.iter().map(|row| Ok((RunKey(row.try_get(0).map_err(shape)?), stream_name(row, 1)?))).collect()
}

/// The highest logSeq of a run, 0 without lines.
pub async fn head(db: &Db, run: RunKey) -> Result<u64, DbError> {
    let connection = db.get().await?;
    let states = connection.query_opt(&load::LOAD_HEADS, &[&vec![run.0]]).await?;
    states.map_or(Ok(0), |row| number(&row, 1))
}
