//! Segments: contiguous ranges of a run's lines, each of which went to Loki in one piece.
//!
//! The reference beside the trace: what was sent, where it lies in Loki, and whether it still lies here as well.
//! Within a run the times of the lines in Loki grow with logSeq, over all its segments.

use tokio_postgres::Row;

use super::load::{number, shape};
use crate::facts::id::{OrganizationId, RunId, RunKey};
use crate::facts::settings::LokiLabels;
use crate::facts::status::words;
use crate::facts::time::Timestamp;
use crate::store::db::{Db, DbError, Query, query};

const COVERING: Query = query!("logs/segments_covering"; UUID, INT8, INT8, INT8);
const COVERING_BACK: Query = query!("logs/segments_covering_back"; UUID, INT8, INT8, INT8);

/// Segments given at a time: hundreds of megabytes of lines.
pub const SEGMENTS_PER_PAGE: i64 = 512;

words! {
    /// Where a segment's lines lie.
    SegmentState {
        /// Here; perhaps in Loki already, which has not said so.
        Cut = "cut",
        /// Here, and acknowledged by Loki.
        Pushed = "pushed",
        /// In Loki alone, from where they were read back.
        Settled = "settled",
        /// Here, for good.
        Aside = "aside",
    }
}

/// What the entries of a run are found by in Loki.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LokiRun {
    pub run_key: RunKey,
    pub organization: OrganizationId,
    pub run_id: RunId,
    /// The label sets there are; the segment's, not the one that is set now.
    pub labels: LokiLabels,
    /// The label of that name, for `low`.
    pub workflow: Option<String>,
}

/// One segment.
#[derive(Debug, Clone)]
pub struct Segment {
    pub run: LokiRun,
    pub first: u64,
    pub last: u64,
    pub state: SegmentState,
    /// What the times of its lines were derived from, with `floor_ns`, and what tells one cut from a later one.
    pub cut_at: Timestamp,
    /// The lowest time that the first line may have.
    pub floor_ns: i64,
    /// The times of its first and last line in Loki.
    pub first_ns: i64,
    pub last_ns: i64,
    pub lines: u64,
    pub plain_bytes: u64,
    /// SHA-256 over the lines as NDJSON.
    pub digest: Vec<u8>,
    /// How often it was pushed again because of what was read back.
    pub tries: u32,
    /// Whether its lines were given new times.
    pub recut: bool,
}

/// The segments that hold lines with `after < logSeq < before`, at most [`SEGMENTS_PER_PAGE`]: the first ones in order, or
/// with `from_end` the last ones, last first.
pub async fn covering(
    db: &Db,
    run: RunKey,
    after: u64,
    before: u64,
    from_end: bool,
) -> Result<Vec<Segment>, DbError> {
    let query = if from_end { &COVERING_BACK } else { &COVERING };
    let bound = |seq: u64| i64::try_from(seq).unwrap_or(i64::MAX - 1).min(i64::MAX - 1);
    let rows =
        db.get().await?.query(query, &[&run.0, &bound(after), &bound(before), &SEGMENTS_PER_PAGE]).await?;
    rows.iter().map(segment).collect()
}

/// Reads a row of the columns that every query for whole segments gives.
pub(super) fn segment(row: &Row) -> Result<Segment, DbError> {
    let word = |error: crate::facts::status::UnknownWord| DbError::Shape(error.to_string());
    let run_id: &str = row.try_get(2).map_err(shape)?;
    let (state, labels): (&str, &str) = (row.try_get(5).map_err(shape)?, row.try_get(6).map_err(shape)?);
    Ok(Segment {
        run: LokiRun {
            run_key: RunKey(row.try_get(0).map_err(shape)?),
            organization: OrganizationId(row.try_get(1).map_err(shape)?),
            run_id: run_id.parse().map_err(|error| DbError::Shape(format!("{error}")))?,
            labels: labels.parse().map_err(word)?,
            workflow: row.try_get(7).map_err(shape)?,
        },
        first: number(row, 3)?,
        last: number(row, 4)?,
        state: state.parse().map_err(word)?,
        cut_at: row.try_get(8).map_err(shape)?,
        floor_ns: row.try_get(9).map_err(shape)?,
        first_ns: row.try_get(10).map_err(shape)?,
        last_ns: row.try_get(11).map_err(shape)?,
        lines: u64::from(row.try_get::<_, i32>(12).map_err(shape)?.unsigned_abs()),
        plain_bytes: number(row, 13)?,
        digest: row.try_get(14).map_err(shape)?,
        tries: row.try_get::<_, i32>(15).map_err(shape)?.unsigned_abs(),
        recut: row.try_get(16).map_err(shape)?,
    })
}
