//! Lays a flush of log lines out as the arrays that `append_logs` takes, and sends it.

use uuid::Uuid;

use super::load;
use super::plan::LogPlan;
use crate::facts::id::{NodeRef, RunKey};
use crate::facts::time::Timestamp;
use crate::store::clock;
use crate::store::db::{DbError, Executor, Query, query};

const APPEND_LOGS: Query = query!("logs/append_logs";
    INT4_ARRAY, UUID_ARRAY, INT8_ARRAY, INT8_ARRAY, INT8_ARRAY,
    INT4_ARRAY, TEXT_ARRAY, INT4_ARRAY, TEXT_ARRAY, INT8_ARRAY, INT8_ARRAY, INT8_ARRAY, BYTEA_ARRAY, TEXT_ARRAY, INT8_ARRAY,
    INT4_ARRAY, INT8_ARRAY, INT8_ARRAY, TEXT_ARRAY, INT4_ARRAY, TIMESTAMPTZ_ARRAY, BYTEA_ARRAY);

/// Lock buckets a run key is hashed into.
const BUCKETS: u128 = 1_024;

/// The lock bucket of a run: the same on every server. The key's low bits are random.
pub(super) fn bucket(key: RunKey) -> i32 {
    (key.0.as_u128() % BUCKETS) as i32
}

/// Writes the plans in one round trip and tells which are right; plans that only tell something are not sent.
pub(super) async fn send(on: &Executor<'_>, plans: &[LogPlan]) -> Result<Vec<bool>, DbError> {
    let writing: Vec<usize> = (0..plans.len()).filter(|place| !plans[*place].touched.is_empty()).collect();
    let mut written: Vec<bool> = plans.iter().map(|plan| plan.touched.is_empty()).collect();
    if writing.is_empty() {
        return Ok(written);
    }
    let columns = Columns::of(writing.iter().map(|place| &plans[*place]))?;
    for row in on.query(&APPEND_LOGS, &columns.params()).await? {
        let index = usize::try_from(row.try_get::<_, i32>(0).map_err(load::shape)? - 1).unwrap_or(usize::MAX);
        if let Some(place) = writing.get(index) {
            written[*place] = row.try_get::<_, &str>(1).map_err(load::shape)? == "written";
        }
    }
    Ok(written)
}

/// The arrays of one flush. Runs are numbered from 1.
#[derive(Default)]
struct Columns<'a> {
    buckets: Vec<i32>,
    run_key: Vec<Uuid>,
    expected: Vec<i64>,
    head: Vec<i64>,
    plain: Vec<i64>,
    stream_run: Vec<i32>,
    stream_node: Vec<&'a str>,
    stream_attempt: Vec<i32>,
    stream_name: Vec<&'static str>,
    stream_lines: Vec<i64>,
    stream_parts: Vec<i64>,
    stream_bytes: Vec<i64>,
    stream_digest: Vec<Vec<u8>>,
    stream_last: Vec<Option<&'a str>>,
    stream_closed: Vec<Option<i64>>,
    chunk_run: Vec<i32>,
    chunk_first: Vec<i64>,
    chunk_last: Vec<i64>,
    chunk_nodes: Vec<String>,
    chunk_plain: Vec<i32>,
    chunk_recorded_at: Vec<Timestamp>,
    chunk_body: Vec<&'a [u8]>,
}

impl<'a> Columns<'a> {
    fn of(plans: impl Iterator<Item = &'a LogPlan>) -> Result<Self, DbError> {
        let mut columns = Self::default();
        let now = clock::now();
        for (place, plan) in (1_i32..).zip(plans) {
            columns.buckets.push(bucket(plan.key));
            columns.run_key.push(plan.key.0);
            columns.expected.push(plan.expected.cast_signed());
            columns.head.push(plan.state.head.cast_signed());
            columns.plain.push(plan.chunks.iter().map(|chunk| chunk.plain_bytes as i64).sum());
            for (name, stream) in plan.state.streams.iter().filter(|(name, _)| plan.touched.contains(*name)) {
                columns.stream_run.push(place);
                columns.stream_node.push(name.node_ref.as_str());
                columns.stream_attempt.push(name.attempt.cast_signed());
                columns.stream_name.push(name.stream.as_str());
                columns.stream_lines.push(stream.lines.cast_signed());
                columns.stream_parts.push(stream.further_parts.cast_signed());
                columns.stream_bytes.push(stream.bytes.cast_signed());
                columns.stream_digest.push(stream.digest_state());
                columns.stream_last.push(stream.last_line.as_deref());
                columns.stream_closed.push(stream.closed_at_lines.map(u64::cast_signed));
            }
            for chunk in &plan.chunks {
                let nodes: Vec<&str> = chunk.nodes.iter().map(NodeRef::as_str).collect();
                columns.chunk_run.push(place);
                columns.chunk_first.push(chunk.first.cast_signed());
                columns.chunk_last.push(chunk.last.cast_signed());
                columns
                    .chunk_nodes
                    .push(serde_json::to_string(&nodes).map_err(|e| DbError::Shape(e.to_string()))?);
                columns.chunk_plain.push(i32::try_from(chunk.plain_bytes).unwrap_or(i32::MAX));
                columns.chunk_recorded_at.push(now);
                columns.chunk_body.push(&chunk.body);
            }
        }
        columns.buckets.sort_unstable();
        columns.buckets.dedup();
        Ok(columns)
    }

    fn params(&self) -> [&(dyn tokio_postgres::types::ToSql + Sync); 22] {
        [
            &self.buckets,
            &self.run_key,
            &self.expected,
            &self.head,
            &self.plain,
            &self.stream_run,
            &self.stream_node,
            &self.stream_attempt,
            &self.stream_name,
            &self.stream_lines,
            &self.stream_parts,
            &self.stream_bytes,
            &self.stream_digest,
            &self.stream_last,
            &self.stream_closed,
            &self.chunk_run,
            &self.chunk_first,
            &self.chunk_last,
            &self.chunk_nodes,
            &self.chunk_plain,
            &self.chunk_recorded_at,
            &self.chunk_body,
        ]
    }
}
