//! Cuts a run's lines into segments, and makes of each what is pushed: pure, from the chunks.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use super::entry::{add, stream_labels, unholdable};
use super::line::{LogStream, Wire};
use super::pen::PlainChunk;
use super::segments::LokiRun;
use crate::facts::settings::LokiLabels;
use crate::facts::time::Timestamp;
use crate::store::db::DbError;
use crate::store::loki::PushBody;

/// Largest segment, in plain bytes: what one push carries, and one read-back has to hold.
const SEGMENT_PLAIN_BYTES: u64 = 1024 * 1024;
/// Most lines of a segment: what one query of Loki answers.
const SEGMENT_LINES: u64 = 5_000;
/// Loki refuses entries that are older than a week: a day less, for what waits in between.
const OLDEST_NS: i64 = 6 * 24 * 3_600 * NANOS_PER_SECOND;
/// … and those that are ten minutes in the future.
const AHEAD_NS: i64 = 60 * NANOS_PER_SECOND;
const NANOS_PER_SECOND: i64 = 1_000_000_000;
const NANOS_PER_MICRO: i64 = 1_000;

/// A segment as it will be pushed.
#[derive(Debug)]
pub struct CutSegment {
    pub run: LokiRun,
    pub first: u64,
    pub last: u64,
    pub cut_at: Timestamp,
    pub floor_ns: i64,
    pub first_ns: i64,
    pub last_ns: i64,
    pub lines: u64,
    pub plain_bytes: u64,
    pub digest: Vec<u8>,
    /// Why no Loki could hold it.
    pub unholdable: Option<&'static str>,
    /// The push, not compressed; empty where no Loki could hold it.
    pub body: Vec<u8>,
}

/// Chunks of one segment, and what they sum up to.
struct Draft<'a> {
    chunks: Vec<(&'a PlainChunk, Vec<Wire<'a>>)>,
    lines: u64,
    plain_bytes: u64,
    unholdable: Option<&'static str>,
}

/// Cuts `chunks`, which follow each other, into segments. The times of a run's lines go on from `floor_ns`.
pub fn cut(
    run: &LokiRun,
    chunks: &[PlainChunk],
    floor_ns: i64,
    cut_at: Timestamp,
) -> Result<Vec<CutSegment>, DbError> {
    let mut segments: Vec<CutSegment> = Vec::new();
    let mut floor_ns = floor_ns;
    let mut draft: Option<Draft<'_>> = None;
    let mut close = |draft: Draft<'_>| {
        let segment = finish(run, draft, floor_ns, cut_at);
        floor_ns = segment.last_ns.saturating_add(1);
        segments.push(segment);
    };
    for chunk in chunks {
        let next = Draft::of(chunk)?;
        match &mut draft {
            Some(open) if open.takes(&next) => open.join(next),
            _ => {
                if let Some(full) = draft.replace(next) {
                    close(full);
                }
            }
        }
    }
    if let Some(rest) = draft {
        close(rest);
    }
    Ok(segments)
}

/// The whole of `chunks` as one segment: one that was cut before, the same byte for byte.
pub fn cut_whole(
    run: &LokiRun,
    chunks: &[PlainChunk],
    floor_ns: i64,
    cut_at: Timestamp,
) -> Result<Option<CutSegment>, DbError> {
    let mut whole: Option<Draft<'_>> = None;
    for chunk in chunks {
        let next = Draft::of(chunk)?;
        match &mut whole {
            Some(open) => open.join(next),
            None => whole = Some(next),
        }
    }
    Ok(whole.map(|draft| finish(run, draft, floor_ns, cut_at)))
}

impl<'a> Draft<'a> {
    fn of(chunk: &'a PlainChunk) -> Result<Self, DbError> {
        let mut lines = Vec::new();
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', &chunk.plain) {
            lines.push(Wire::read(&chunk.plain[start..end])?);
            start = end + 1;
        }
        let unholdable = lines.iter().find_map(unholdable);
        let (count, plain_bytes) = (lines.len() as u64, chunk.plain.len() as u64);
        Ok(Self { chunks: vec![(chunk, lines)], lines: count, plain_bytes, unholdable })
    }

    /// What no Loki can hold stays alone.
    fn takes(&self, next: &Draft<'_>) -> bool {
        self.unholdable.is_none()
            && next.unholdable.is_none()
            && self.lines + next.lines <= SEGMENT_LINES
            && self.plain_bytes + next.plain_bytes <= SEGMENT_PLAIN_BYTES
    }

    fn join(&mut self, next: Self) {
        self.chunks.extend(next.chunks);
        self.lines += next.lines;
        self.plain_bytes += next.plain_bytes;
        self.unholdable = self.unholdable.or(next.unholdable);
    }
}

fn finish(run: &LokiRun, draft: Draft<'_>, floor_ns: i64, cut_at: Timestamp) -> CutSegment {
    let run_key = run.run_key.to_string();
    let mut body = PushBody::default();
    let mut streams: HashMap<(&str, LogStream), usize> = HashMap::new();
    let mut digest = Sha256::new();
    let (mut first_ns, mut last_ns) = (None, floor_ns);
    let mut floor = floor_ns;
    let spread = spread(run);
    for (chunk, lines) in &draft.chunks {
        digest.update(&chunk.plain);
        for line in lines {
            let ns = time(nanos(line.at).saturating_add(spread), floor, cut_at);
            floor = ns.saturating_add(1);
            first_ns.get_or_insert(ns);
            last_ns = ns;
            if draft.unholdable.is_some() {
                continue;
            }
            // Where the node is no label, one stream holds the lines of all.
            let node = if run.labels == LokiLabels::Run { line.node_ref.as_ref() } else { "" };
            let stream = *streams
                .entry((node, line.stream))
                .or_insert_with(|| body.stream(stream_labels(run, &line.node_ref, line.stream)));
            add(&mut body, stream, run, &run_key, line, ns);
        }
    }
    CutSegment {
        run: run.clone(),
        first: draft.chunks.first().map_or(0, |(chunk, _)| chunk.first),
        last: draft.chunks.last().map_or(0, |(chunk, _)| chunk.last),
        cut_at,
        floor_ns,
        first_ns: first_ns.unwrap_or(floor_ns),
        last_ns,
        lines: draft.lines,
        plain_bytes: draft.plain_bytes,
        digest: digest.finalize().to_vec(),
        unholdable: draft.unholdable,
        body: body.finish(),
    }
}

/// The time of a line in Loki: its own, moved to where Loki takes it, and above all before it, so that the order of time is the
/// order of logSeq, equal lines stay apart, and a repeated push is the same.
fn time(at_ns: i64, floor_ns: i64, cut_at: Timestamp) -> i64 {
    let cut_ns = nanos(cut_at);
    at_ns.clamp(cut_ns.saturating_sub(OLDEST_NS), cut_ns.saturating_add(AHEAD_NS)).max(floor_ns)
}

/// Where runs share their streams, two of them may print the same at the same microsecond, and to Loki an equal line at an equal
/// time is the same line: each run has nanoseconds of its own.
fn spread(run: &LokiRun) -> i64 {
    match run.labels {
        LokiLabels::Run => 0,
        LokiLabels::Low => i64::try_from(run.run_key.0.as_u128() % 1_000).unwrap_or(0),
    }
}

/// Nanoseconds since the epoch; times that have no such number are far outside of what is taken.
pub(super) fn nanos(at: Timestamp) -> i64 {
    at.as_micros().saturating_mul(NANOS_PER_MICRO)
}

#[cfg(test)]
#[path = "cut_tests.rs"]
mod tests;
