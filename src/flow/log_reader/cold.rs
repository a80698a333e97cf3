//! Reading what is no longer hot: the lines of a hole, from Loki, through the segments that say where they lie.
//!
//! One batch of neighbouring segments at a time, so that what is in memory is bounded, and the hot store is looked at again in
//! between. Lines that no segment speaks of were deleted on purpose.

use std::time::Duration;

use super::hot::Scanned;
use super::page::ReadError;
use super::parts::far_end;
use crate::facts::id::RunKey;
use crate::store::db::Db;
use crate::store::logs::{self, Direction, LineFilter, LogRange, Room, Segment, StoredLine, lines_from_loki};
use crate::store::loki::{Loki, LokiError};

/// Plain bytes that are asked for at once where most of them will be given …
const BATCH_BYTES: u64 = 2 * 1024 * 1024;
/// … and where Loki sorts out what does not fit.
const SEARCH_BYTES: u64 = 64 * 1024 * 1024;
/// How long a batch may take: a Loki that needs longer is as good as away for somebody who waits for a page.
const BATCH_LIMIT: Duration = Duration::from_secs(20);
/// The status of a query that Loki doesn't understand, or finds too large.
const BAD_QUERY: u16 = 400;

/// What is to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hole {
    pub run: RunKey,
    pub range: LogRange,
    pub direction: Direction,
    pub room: Room,
}

/// Reads the beginning of the hole, in the direction of reading; `rest` of the answer is what is left of the hole.
pub(super) async fn read(
    db: &Db,
    loki: Option<&Loki>,
    hole: Hole,
    filter: &LineFilter,
) -> Result<Scanned, ReadError> {
    let Hole { run, range, direction, room } = hole;
    let is_back = direction == Direction::Backward;
    let mut segments = logs::covering(db, run, range.after, range.before, is_back).await?;
    let all = Scanned { lines: Vec::new(), room, rest: range.beyond(far_end(range, direction), direction) };
    let count = batch(&segments, room, filter);
    segments.truncate(count);
    let Some(end) = segments.last().map(|segment| if is_back { segment.first } else { segment.last }) else {
        return Ok(all);
    };
    let loki = loki.ok_or_else(|| {
        ReadError::NotReachable("they were shipped to a Loki, and none is set any more".to_owned())
    })?;
    if is_back {
        segments.reverse();
    }
    let reading = from_loki(loki, &segments, hole, filter);
    let mut lines = match tokio::time::timeout(BATCH_LIMIT, reading).await {
        Ok(Ok(lines)) => lines,
        Ok(Err(error)) => return Err(ReadError::NotReachable(error.to_string())),
        Err(_) => {
            return Err(ReadError::NotReachable(format!("no answer within {} s", BATCH_LIMIT.as_secs())));
        }
    };
    if is_back {
        lines.reverse();
    }
    let scanned = fit(lines, range, end, direction, room);
    if filter.is_everything() {
        check(&scanned.lines, &segments, hole, scanned.rest)?;
    }
    Ok(scanned)
}

/// How many of the segments are read at once: as many as the lines that are wanted will hardly be beyond.
fn batch(segments: &[Segment], room: Room, filter: &LineFilter) -> usize {
    let limit = if filter.patterns.is_empty() { BATCH_BYTES } else { SEARCH_BYTES };
    let (mut lines, mut bytes) = (0_u64, 0_u64);
    let is_enough = |segment: &Segment| {
        lines += segment.lines;
        bytes += segment.plain_bytes;
        bytes >= limit || filter.is_everything() && lines >= room.lines as u64
    };
    segments.iter().position(is_enough).map_or(segments.len(), |place| place + 1)
}

async fn from_loki(
    loki: &Loki,
    segments: &[Segment],
    hole: Hole,
    filter: &LineFilter,
) -> Result<Vec<StoredLine>, LokiError> {
    let LogRange { after, before } = hole.range;
    let is_back = hole.direction == Direction::Backward;
    let limit = hole.room.lines;
    let asked = lines_from_loki(loki, segments, after, before, limit, is_back, filter).await;
    match asked {
        // A pattern that means something else to Loki is looked for here.
        Err(error) if error.status == Some(BAD_QUERY) && !filter.patterns.is_empty() => {}
        answered => return answered,
    }
    let all = LineFilter { patterns: Vec::new(), ..filter.clone() };
    let mut lines = Vec::new();
    for segment in segments {
        let segment = std::slice::from_ref(segment);
        let some = lines_from_loki(loki, segment, after, before, usize::MAX, false, &all).await?;
        lines.extend(some.into_iter().filter(|line| filter.accepts(line)));
    }
    Ok(lines)
}

/// As many of the lines, which come in the direction of reading and reach to `end`, as there is room for.
fn fit(mut lines: Vec<StoredLine>, range: LogRange, end: u64, direction: Direction, room: Room) -> Scanned {
    let mut left = room;
    let mut taken = 0;
    for line in &lines {
        if left.is_used_up() {
            break;
        }
        left = left.without(line);
        taken += 1;
    }
    lines.truncate(taken);
    let reached = match lines.last() {
        Some(line) if left.is_used_up() => line.log_seq,
        _ => end,
    };
    Scanned { lines, room: left, rest: range.beyond(reached, direction) }
}

/// Without a filter every line that the segments speak of must be there, up to where was read.
fn check(lines: &[StoredLine], segments: &[Segment], hole: Hole, rest: LogRange) -> Result<(), ReadError> {
    let read = match hole.direction {
        Direction::Forward => LogRange { before: rest.after + 1, ..hole.range },
        Direction::Backward => LogRange { after: rest.before.saturating_sub(1), ..hole.range },
    };
    let expected: u64 = segments
        .iter()
        .map(|segment| {
            let (first, last) = (segment.first.max(read.after + 1), segment.last.min(read.before - 1));
            (last + 1).saturating_sub(first)
        })
        .sum();
    if lines.len() as u64 == expected {
        return Ok(());
    }
    Err(ReadError::NotReachable(format!(
        "it has {} of the {expected} lines between {} and {}",
        lines.len(),
        read.after,
        read.before
    )))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::facts::id::OrganizationId;
    use crate::facts::settings::LokiLabels;
    use crate::store::logs::{LogStream, LokiRun, SegmentState, StreamName};

    const ROOM: Room = Room { lines: 100, bytes: usize::MAX };

    fn key() -> RunKey {
        RunKey(uuid::Uuid::nil())
    }

    fn segment(first: u64, last: u64, plain_bytes: u64) -> Segment {
        let run = LokiRun {
            run_key: key(),
            organization: OrganizationId::DEFAULT,
            run_id: "r".parse().unwrap(),
            labels: LokiLabels::Run,
            workflow: None,
        };
        Segment {
            run,
            first,
            last,
            state: SegmentState::Settled,
            cut_at: "2026-11-22T10:00:00Z".parse().unwrap(),
            floor_ns: 0,
            first_ns: 0,
            last_ns: 1,
            lines: last + 1 - first,
            plain_bytes,
            digest: Vec::new(),
            tries: 0,
            recut: false,
        }
    }

    fn line(log_seq: u64) -> StoredLine {
        let name = StreamName { node_ref: "a".parse().unwrap(), attempt: 1, stream: LogStream::Stdout };
        let json = Bytes::from_static(b"{}");
        StoredLine { log_seq, name, line_no: log_seq, json, bytes: Bytes::new(), eol: true }
    }

    #[test]
    fn a_batch_is_what_a_page_needs_and_memory_allows() {
        let segments: Vec<Segment> = (0..200).map(|n| segment(n * 60 + 1, n * 60 + 60, 1 << 20)).collect();
        let everything = LineFilter::default();
        let few = |room| batch(&segments, Room { lines: room, ..ROOM }, &everything);
        assert_eq!((few(1), few(61), few(5_000)), (1, 2, 2));
        let pattern = crate::facts::line_pattern::LinePattern::parse("x").unwrap();
        let search = LineFilter { patterns: vec![pattern], ..LineFilter::default() };
        assert_eq!(batch(&segments, ROOM, &search), 64);
        assert_eq!(batch(&segments[..3], ROOM, &search), 3);
    }

    #[test]
    fn lines_that_are_missing_are_noticed_both_ways() {
        let segments = [segment(1, 3, 1), segment(4, 6, 1)];
        for (direction, order) in [(Direction::Forward, [3, 4, 5, 6]), (Direction::Backward, [6, 5, 4, 3])] {
            let range = LogRange { after: 2, before: 7 };
            let end = order[3];
            let hole = Hole { run: key(), range, direction, room: ROOM };
            let whole = fit(order.map(line).to_vec(), range, end, direction, ROOM);
            assert!(whole.rest.is_empty());
            assert!(check(&whole.lines, &segments, hole, whole.rest).is_ok());
            let short = fit(order[..3].iter().map(|n| line(*n)).collect(), range, end, direction, ROOM);
            assert!(check(&short.lines, &segments, hole, short.rest).is_err());
            let room = Room { lines: 2, ..ROOM };
            let some = fit(order.map(line).to_vec(), range, end, direction, room);
            assert_eq!(some.rest, range.beyond(order[1], direction));
            assert!(check(&some.lines, &segments, Hole { room, ..hole }, some.rest).is_ok());
        }
    }
}
