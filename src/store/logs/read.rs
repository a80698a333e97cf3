//! What is known of a run's log without reading its lines: its head and its streams.

use super::line::StreamName;
use super::load::{self, number, shape, stream_name};
use super::state::StreamState;
use crate::facts::id::{OrganizationId, RunId, RunKey};
use crate::store::db::{Db, DbError, Executor, Query, query};

const OPEN_STREAMS: Query = query!("logs/open_streams"; UUID, TEXT);

/// What is known of a stream without reading its lines.
#[derive(Debug, Clone)]
pub struct StreamSummary {
    pub name: StreamName,
    pub lines: u64,
    pub bytes: u64,
    pub last_line: Option<String>,
    pub closed: bool,
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
