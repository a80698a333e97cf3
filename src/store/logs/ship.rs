//! What the shipper reads and writes: what waits, what is cut, what became of it. One statement each, and none of them open
//! while Loki is spoken to.

use bytes::Bytes;
use tokio_postgres::Row;
use uuid::Uuid;

use super::chunks::inflate;
use super::cut::CutSegment;
use super::load::{number, shape};
use super::pen::PlainChunk;
use super::segments::{LokiRun, Segment, segment};
use crate::facts::id::{OrganizationId, RunKey};
use crate::facts::settings::LokiLabels;
use crate::facts::time::Timestamp;
use crate::store::db::{Db, DbError, Query, query};

const WAITING: Query = query!("logs/waiting"; UUID_ARRAY, INT8);
const UNCUT_CHUNKS: Query = query!("logs/uncut_chunks"; UUID_ARRAY, INT8_ARRAY, INT8, INT8);
const SEGMENT_CHUNKS: Query = query!("logs/segment_chunks"; UUID_ARRAY, INT8_ARRAY, INT8_ARRAY);
const CUT_SEGMENTS: Query = query!("logs/cut_segments";
    UUID_ARRAY, INT8_ARRAY, INT8_ARRAY, INT8_ARRAY,
    INT4_ARRAY, INT8_ARRAY, INT8_ARRAY, TEXT_ARRAY, TEXT_ARRAY, TEXT_ARRAY, TIMESTAMPTZ_ARRAY, INT8_ARRAY, INT8_ARRAY,
    INT8_ARRAY, INT4_ARRAY, INT8_ARRAY, BYTEA_ARRAY, TEXT_ARRAY);
const SEGMENTS_CUT: Query = query!("logs/segments_cut"; UUID_ARRAY, UUID, INT8);
const SEGMENTS_TO_SETTLE: Query = query!("logs/segments_to_settle"; INT8);
const CONCLUDE_SEGMENTS: Query = query!("logs/conclude_segments";
    UUID_ARRAY, INT8_ARRAY, TIMESTAMPTZ_ARRAY, TIMESTAMPTZ_ARRAY, TEXT_ARRAY);
const SETTLE_SEGMENTS: Query = query!("logs/settle_segments"; UUID_ARRAY, INT8_ARRAY, TIMESTAMPTZ_ARRAY);
const RECUT_SEGMENTS: Query = query!("logs/recut_segments";
    UUID, INT8_ARRAY, TIMESTAMPTZ_ARRAY, TIMESTAMPTZ, INT8_ARRAY, INT8_ARRAY, INT8_ARRAY);
const LOOK_AGAIN: Query = query!("logs/look_again";
    UUID_ARRAY, INT8_ARRAY, TIMESTAMPTZ_ARRAY, TIMESTAMPTZ_ARRAY, INT4_ARRAY, TEXT_ARRAY);
const SPOOL: Query = query!("logs/spool";);

/// Chunks of a run looked at in one round: a segment's worth of lines that each came alone.
const CHUNKS_OF_RUN: i64 = 5_000;

/// A run with lines that wait for Loki.
#[derive(Debug, Clone)]
pub struct WaitingRun {
    pub run: LokiRun,
    /// All up to here is cut.
    pub cut_log_seq: u64,
    /// The highest time that a line of it was given.
    pub last_ns: i64,
    pub since: Timestamp,
    pub bytes: u64,
}

/// What waits for Loki in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spool {
    pub bytes: u64,
    pub oldest: Option<Timestamp>,
}

/// What became of a segment's push.
#[derive(Debug, Clone)]
pub struct Concluded {
    pub run_key: RunKey,
    pub first: u64,
    pub cut_at: Timestamp,
    /// When to read it back; or why it is set aside.
    pub outcome: Result<Timestamp, String>,
}

/// A segment that was read back and is not what was sent.
#[derive(Debug, Clone)]
pub struct LookAgain {
    pub run_key: RunKey,
    pub first: u64,
    pub cut_at: Timestamp,
    pub tries: u32,
    pub outcome: Result<Timestamp, String>,
}

/// Runs with lines that wait, longest waiting first, without those in `except`. New segments will have the label set `labels`.
pub async fn waiting(
    db: &Db,
    labels: LokiLabels,
    except: &[RunKey],
    limit: i64,
) -> Result<Vec<WaitingRun>, DbError> {
    let except: Vec<Uuid> = except.iter().map(|key| key.0).collect();
    let rows = db.get().await?.query(&WAITING, &[&except, &limit]).await?;
    let read = |row: &Row| -> Result<WaitingRun, DbError> {
        let run_id: &str = row.try_get(2).map_err(shape)?;
        let run = LokiRun {
            run_key: RunKey(row.try_get(0).map_err(shape)?),
            organization: OrganizationId(row.try_get(1).map_err(shape)?),
            run_id: run_id.parse().map_err(|error| DbError::Shape(format!("{error}")))?,
            labels,
            workflow: row.try_get(3).map_err(shape)?,
        };
        Ok(WaitingRun {
            run,
            cut_log_seq: number(row, 4)?,
            last_ns: row.try_get(5).map_err(shape)?,
            since: row.try_get(6).map_err(shape)?,
            bytes: u64::try_from(row.try_get::<_, i64>(7).map_err(shape)?).unwrap_or(0),
        })
    };
    rows.iter().map(read).collect()
}

/// Chunks of one run that follow each other.
#[derive(Debug, Clone, Default)]
pub struct Pile {
    /// When the first of them was stored.
    pub since: Option<Timestamp>,
    pub chunks: Vec<PlainChunk>,
}

/// The first uncut chunks of each run, about `bytes_of_run` of plain bytes each, in the order of `runs`.
pub async fn uncut_chunks(db: &Db, runs: &[(RunKey, u64)], bytes_of_run: u64) -> Result<Vec<Pile>, DbError> {
    let keys: Vec<Uuid> = runs.iter().map(|(key, _)| key.0).collect();
    let after: Vec<i64> = runs.iter().map(|(_, after)| after.cast_signed()).collect();
    let rows = db
        .get()
        .await?
        .query(&UNCUT_CHUNKS, &[&keys, &after, &CHUNKS_OF_RUN, &bytes_of_run.cast_signed()])
        .await?;
    by_place(&rows, runs.len())
}

/// The chunks of each segment, in the order of `segments`.
pub async fn segment_chunks(db: &Db, segments: &[Segment]) -> Result<Vec<Vec<PlainChunk>>, DbError> {
    let keys: Vec<Uuid> = segments.iter().map(|segment| segment.run.run_key.0).collect();
    let first: Vec<i64> = segments.iter().map(|segment| segment.first.cast_signed()).collect();
    let last: Vec<i64> = segments.iter().map(|segment| segment.last.cast_signed()).collect();
    let rows = db.get().await?.query(&SEGMENT_CHUNKS, &[&keys, &first, &last]).await?;
    Ok(by_place(&rows, segments.len())?.into_iter().map(|pile| pile.chunks).collect())
}

fn by_place(rows: &[Row], places: usize) -> Result<Vec<Pile>, DbError> {
    let mut piles = vec![Pile::default(); places];
    for row in rows {
        let place = usize::try_from(row.try_get::<_, i64>(0).map_err(shape)? - 1).unwrap_or(usize::MAX);
        let plain_bytes: i32 = row.try_get(3).map_err(shape)?;
        let plain = inflate(row.try_get(4).map_err(shape)?, plain_bytes.unsigned_abs() as usize)?;
        let chunk = PlainChunk { first: number(row, 1)?, last: number(row, 2)?, plain: Bytes::from(plain) };
        if let Some(pile) = piles.get_mut(place) {
            if pile.chunks.is_empty() {
                pile.since = row.try_get(5).map_err(shape)?;
            }
            pile.chunks.push(chunk);
        }
    }
    Ok(piles)
}

/// Commits the segments that were cut, run by run in order; gives the runs whose segments are there now. Any other has gone on
/// meanwhile: it is to be read again.
pub async fn commit_cut(db: &Db, segments: &[CutSegment]) -> Result<Vec<RunKey>, DbError> {
    let mut columns = CutColumns::default();
    for segment in segments {
        columns.add(segment);
    }
    let rows = db.get().await?.query(&CUT_SEGMENTS, &columns.params()).await?;
    rows.iter().map(|row| Ok(RunKey(row.try_get(0).map_err(shape)?))).collect()
}

/// Segments that were cut before and not pushed, run by run in order: of all runs but those in `except`, or of one.
pub async fn still_cut(
    db: &Db,
    except: &[RunKey],
    only: Option<RunKey>,
    limit: i64,
) -> Result<Vec<Segment>, DbError> {
    let except: Vec<Uuid> = except.iter().map(|key| key.0).collect();
    let only = only.map(|key| key.0);
    let rows = db.get().await?.query(&SEGMENTS_CUT, &[&except, &only, &limit]).await?;
    rows.iter().map(segment).collect()
}

/// Segments that are to be read back by now, run by run in order.
pub async fn to_settle(db: &Db, limit: i64) -> Result<Vec<Segment>, DbError> {
    let rows = db.get().await?.query(&SEGMENTS_TO_SETTLE, &[&limit]).await?;
    rows.iter().map(segment).collect()
}

/// Notes what became of pushes.
pub async fn conclude(db: &Db, concluded: &[Concluded]) -> Result<(), DbError> {
    let keys: Vec<Uuid> = concluded.iter().map(|it| it.run_key.0).collect();
    let first: Vec<i64> = concluded.iter().map(|it| it.first.cast_signed()).collect();
    let cut_at: Vec<Timestamp> = concluded.iter().map(|it| it.cut_at).collect();
    let after: Vec<Option<Timestamp>> =
        concluded.iter().map(|it| it.outcome.as_ref().ok().copied()).collect();
    let reasons: Vec<Option<&str>> =
        concluded.iter().map(|it| it.outcome.as_ref().err().map(String::as_str)).collect();
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 5] = [&keys, &first, &cut_at, &after, &reasons];
    db.get().await?.query(&CONCLUDE_SEGMENTS, &params).await.map(drop)
}

/// Deletes the chunks of segments that were read back; gives how many chunks went.
pub async fn settle(db: &Db, segments: &[&Segment]) -> Result<u64, DbError> {
    let keys: Vec<Uuid> = segments.iter().map(|segment| segment.run.run_key.0).collect();
    let first: Vec<i64> = segments.iter().map(|segment| segment.first.cast_signed()).collect();
    let cut_at: Vec<Timestamp> = segments.iter().map(|segment| segment.cut_at).collect();
    let row = db.get().await?.query_one(&SETTLE_SEGMENTS, &[&keys, &first, &cut_at]).await?;
    number(&row, 0)
}

/// Notes of segments when to read them back again, or why they are set aside.
pub async fn look_again(db: &Db, looks: &[LookAgain]) -> Result<(), DbError> {
    let keys: Vec<Uuid> = looks.iter().map(|look| look.run_key.0).collect();
    let first: Vec<i64> = looks.iter().map(|look| look.first.cast_signed()).collect();
    let cut_at: Vec<Timestamp> = looks.iter().map(|look| look.cut_at).collect();
    let after: Vec<Option<Timestamp>> =
        looks.iter().map(|look| look.outcome.as_ref().ok().copied()).collect();
    let tries: Vec<i32> = looks.iter().map(|look| look.tries.cast_signed()).collect();
    let reasons: Vec<Option<&str>> =
        looks.iter().map(|look| look.outcome.as_ref().err().map(String::as_str)).collect();
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
        [&keys, &first, &cut_at, &after, &tries, &reasons];
    db.get().await?.query(&LOOK_AGAIN, &params).await.map(drop)
}

/// Gives cut segments of one run the times of `again`, which were cut at the same time; `before` is when each was cut first.
pub async fn recut(db: &Db, again: &[CutSegment], before: &[Timestamp]) -> Result<(), DbError> {
    let Some(head) = again.first() else { return Ok(()) };
    let first: Vec<i64> = again.iter().map(|segment| segment.first.cast_signed()).collect();
    let floor: Vec<i64> = again.iter().map(|segment| segment.floor_ns).collect();
    let first_ns: Vec<i64> = again.iter().map(|segment| segment.first_ns).collect();
    let last_ns: Vec<i64> = again.iter().map(|segment| segment.last_ns).collect();
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
        [&head.run.run_key.0, &first, &before, &head.cut_at, &floor, &first_ns, &last_ns];
    db.get().await?.query(&RECUT_SEGMENTS, &params).await.map(drop)
}

/// What waits for Loki.
pub async fn spool(db: &Db) -> Result<Spool, DbError> {
    let row = db.get().await?.query_one(&SPOOL, &[]).await?;
    Ok(Spool { bytes: number(&row, 0)?, oldest: row.try_get(1).map_err(shape)? })
}

/// The arrays of one cut. Runs are numbered from 1.
#[derive(Default)]
struct CutColumns<'a> {
    run_key: Vec<Uuid>,
    after: Vec<i64>,
    run_last: Vec<i64>,
    run_last_ns: Vec<i64>,
    run: Vec<i32>,
    first: Vec<i64>,
    last: Vec<i64>,
    state: Vec<&'static str>,
    labels: Vec<&'static str>,
    workflow: Vec<Option<&'a str>>,
    cut_at: Vec<Timestamp>,
    floor_ns: Vec<i64>,
    first_ns: Vec<i64>,
    last_ns: Vec<i64>,
    lines: Vec<i32>,
    plain: Vec<i64>,
    digest: Vec<&'a [u8]>,
    reason: Vec<Option<&'static str>>,
}

impl<'a> CutColumns<'a> {
    fn add(&mut self, segment: &'a CutSegment) {
        let key = segment.run.run_key.0;
        if self.run_key.last() != Some(&key) {
            self.run_key.push(key);
            self.after.push(segment.first.cast_signed() - 1);
            self.run_last.push(0);
            self.run_last_ns.push(0);
        }
        if let (Some(last), Some(last_ns)) = (self.run_last.last_mut(), self.run_last_ns.last_mut()) {
            *last = segment.last.cast_signed();
            *last_ns = segment.last_ns;
        }
        self.run.push(i32::try_from(self.run_key.len()).unwrap_or(i32::MAX));
        self.first.push(segment.first.cast_signed());
        self.last.push(segment.last.cast_signed());
        self.state.push(if segment.unholdable.is_some() { "aside" } else { "cut" });
        self.labels.push(segment.run.labels.as_str());
        self.workflow.push(segment.run.workflow.as_deref());
        self.cut_at.push(segment.cut_at);
        self.floor_ns.push(segment.floor_ns);
        self.first_ns.push(segment.first_ns);
        self.last_ns.push(segment.last_ns);
        self.lines.push(i32::try_from(segment.lines).unwrap_or(i32::MAX));
        self.plain.push(segment.plain_bytes.cast_signed());
        self.digest.push(&segment.digest);
        self.reason.push(segment.unholdable);
    }

    fn params(&self) -> [&(dyn tokio_postgres::types::ToSql + Sync); 18] {
        [
            &self.run_key,
            &self.after,
            &self.run_last,
            &self.run_last_ns,
            &self.run,
            &self.first,
            &self.last,
            &self.state,
            &self.labels,
            &self.workflow,
            &self.cut_at,
            &self.floor_ns,
            &self.first_ns,
            &self.last_ns,
            &self.lines,
            &self.plain,
            &self.digest,
            &self.reason,
        ]
    }
}
