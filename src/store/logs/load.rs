//! Reads a run's log state back, to go on from.

use std::collections::HashMap;

use tokio_postgres::Row;
use uuid::Uuid;

use super::line::StreamName;
use super::state::{LogState, StreamState};
use crate::facts::id::RunKey;
use crate::store::db::{DbError, Executor, Query, query};

pub(super) const LOAD_HEADS: Query = query!("logs/load_heads"; UUID_ARRAY);
const LOAD_STREAMS: Query = query!("logs/load_streams"; UUID_ARRAY);

/// The state of each run; runs without a line are empty, and those that are not there any more are marked so.
pub(super) async fn load(on: &Executor<'_>, keys: &[RunKey]) -> Result<HashMap<RunKey, LogState>, DbError> {
    let mut states: HashMap<RunKey, LogState> = keys.iter().map(|key| (*key, LogState::default())).collect();
    let keys: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
    for row in on.query(&LOAD_HEADS, &[&keys]).await? {
        let key: Uuid = row.try_get(0).map_err(shape)?;
        let state = states.entry(RunKey(key)).or_default();
        state.head = number(&row, 1)?;
        state.version = number(&row, 2)?;
        state.is_purged = !row.try_get::<_, bool>(3).map_err(shape)?;
    }
    for row in on.query(&LOAD_STREAMS, &[&keys]).await? {
        let key: Uuid = row.try_get(0).map_err(shape)?;
        let closed: Option<i64> = row.try_get(7).map_err(shape)?;
        let stream = StreamState {
            lines: number(&row, 4)?,
            further_parts: number(&row, 9)?,
            bytes: number(&row, 5)?,
            digest: StreamState::digest_from(row.try_get(8).map_err(shape)?)?,
            last_line: row.try_get(6).map_err(shape)?,
            closed_at_lines: closed.map(i64::unsigned_abs),
        };
        states.entry(RunKey(key)).or_default().streams.insert(stream_name(&row, 1)?, stream);
    }
    Ok(states)
}

/// A stream's name from three neighbouring columns.
pub(super) fn stream_name(row: &Row, first: usize) -> Result<StreamName, DbError> {
    let node_ref: &str = row.try_get(first).map_err(shape)?;
    let attempt: i32 = row.try_get(first + 1).map_err(shape)?;
    let stream: &str = row.try_get(first + 2).map_err(shape)?;
    Ok(StreamName {
        node_ref: node_ref.parse().map_err(|e| DbError::Shape(format!("{e}")))?,
        attempt: attempt.unsigned_abs(),
        stream: stream.parse().map_err(|e| DbError::Shape(format!("{e}")))?,
    })
}

pub(super) fn number(row: &Row, index: usize) -> Result<u64, DbError> {
    Ok(row.try_get::<_, i64>(index).map_err(shape)?.unsigned_abs())
}

pub(super) fn shape(error: tokio_postgres::Error) -> DbError {
    DbError::Shape(error.to_string())
}
