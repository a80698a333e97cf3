//! Reads pushed segments back from Loki, compares them with what was sent, and trims those that are there.

use std::time::Duration;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tracing::{debug, warn};

use super::Shop;
use super::backoff;
use super::push::Leave;
use super::verdict::{LOOKS_MAX, look_again_at};
use crate::store::clock;
use crate::store::db::DbError;
use crate::store::logs::ship::{self, LookAgain};
use crate::store::logs::{
    CutSegment, LineFilter, Segment, SegmentState, StoredLine, cut_whole, lines_from_loki,
};
use crate::store::loki::{LokiError, PushBody};

/// How often it is looked whether something is due.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Segments taken up at a time; trimmed in one statement.
const AT_ONCE: i64 = 64;
/// Plain bytes that are read back at a time.
const READ_BYTES: u64 = 4 * 1024 * 1024;

/// Settles what is due, again and again, until it is time to leave.
pub(super) async fn run(shop: Shop, mut leave: Leave) {
    let mut failures = 0;
    while !*leave.stop.borrow() {
        let is_more = if *leave.is_ours.borrow() { round(&shop, &mut failures).await } else { false };
        if failures > 0 {
            leave.pause(backoff::pause(failures, None, rand::random())).await;
        }
        if !is_more {
            leave.pause(LOOK_EVERY).await;
        }
    }
}

/// One round; whether there is more to do at once.
async fn round(shop: &Shop, failures: &mut u32) -> bool {
    let due = match ship::to_settle(&shop.db, AT_ONCE).await {
        Ok(due) => due,
        Err(error) => {
            warn!(%error, "segments to be read back could not be looked for");
            return false;
        }
    };
    if due.is_empty() {
        return false;
    }
    let is_more = due.len() as i64 >= AT_ONCE;
    let mut there = Vec::new();
    let mut differ = Vec::new();
    for group in groups(&due) {
        match read_back(shop, group).await {
            Ok(found) => {
                for (segment, is_same) in group.iter().zip(found) {
                    if is_same { there.push(segment) } else { differ.push(segment) }
                }
            }
            Err(error) => {
                shop.health.read_back(Err(&error));
                *failures += 1;
                break;
            }
        }
    }
    if there.len() + differ.len() == due.len() {
        shop.health.read_back(Ok(()));
        *failures = 0;
    }
    let settled = async {
        if !there.is_empty() {
            let chunks = ship::settle(&shop.db, &there).await?;
            debug!(segments = there.len(), chunks, "trimmed what was read back from Loki");
        }
        for segment in differ {
            push_again(shop, segment).await?;
        }
        Ok::<_, DbError>(())
    };
    if let Err(error) = settled.await {
        warn!(%error, "segments could not be settled");
        return false;
    }
    is_more && *failures == 0
}

/// Neighbours of one run that are read together.
fn groups(due: &[Segment]) -> Vec<&[Segment]> {
    let mut bytes = 0;
    due.chunk_by(|left, right| {
        bytes += left.plain_bytes;
        let is_one =
            left.run == right.run && left.last + 1 == right.first && bytes + right.plain_bytes <= READ_BYTES;
        if !is_one {
            bytes = 0;
        }
        is_one
    })
    .collect()
}

/// For each segment whether Loki holds just what was sent.
async fn read_back(shop: &Shop, group: &[Segment]) -> Result<Vec<bool>, LokiError> {
    let (Some(first), Some(last)) = (group.first(), group.last()) else { return Ok(Vec::new()) };
    let most = usize::try_from(last.last - first.first + 1).unwrap_or(usize::MAX);
    let (after, before) = (first.first - 1, last.last + 1);
    let lines =
        lines_from_loki(&shop.loki, group, after, before, most, false, &LineFilter::default()).await?;
    let of = |segment: &Segment| {
        let start = lines.partition_point(|line| line.log_seq < segment.first);
        let end = lines.partition_point(|line| line.log_seq <= segment.last);
        is_same(segment, &lines[start..end])
    };
    Ok(group.iter().map(of).collect())
}

fn is_same(segment: &Segment, lines: &[StoredLine]) -> bool {
    let mut digest = Sha256::new();
    for line in lines {
        digest.update(&line.json);
        digest.update(b"\n");
    }
    lines.len() as u64 == segment.lines && digest.finalize().as_slice() == segment.digest
}

/// Whether Loki holds just what this segment's push brings.
pub(super) async fn is_there(shop: &Shop, segment: &CutSegment) -> Result<bool, LokiError> {
    let segment = Segment {
        run: segment.run.clone(),
        first: segment.first,
        last: segment.last,
        state: SegmentState::Cut,
        cut_at: segment.cut_at,
        floor_ns: segment.floor_ns,
        first_ns: segment.first_ns,
        last_ns: segment.last_ns,
        lines: segment.lines,
        plain_bytes: segment.plain_bytes,
        digest: segment.digest.clone(),
        tries: 0,
        recut: false,
    };
    let found = read_back(shop, std::slice::from_ref(&segment)).await?;
    Ok(found == [true])
}

/// Pushes a segment once more that Loki does not hold as it was sent, and looks again later; a few times, then it is set aside.
async fn push_again(shop: &Shop, segment: &Segment) -> Result<(), DbError> {
    let (run_key, first, cut_at) = (segment.run.run_key, segment.first, segment.cut_at);
    let tries = segment.tries + 1;
    let run = &segment.run.run_id;
    if tries > LOOKS_MAX {
        warn!(%run, first, "Loki does not hold what was pushed; the lines stay in the database");
        shop.health.set_aside(1);
        let outcome = Err("what was read back is not what was pushed".to_owned());
        return ship::look_again(&shop.db, &[LookAgain { run_key, first, cut_at, tries, outcome }]).await;
    }
    warn!(%run, first, tries, "Loki does not hold what was pushed; it is pushed again");
    let chunks = ship::segment_chunks(&shop.db, std::slice::from_ref(segment)).await?;
    let chunks = chunks.into_iter().next().unwrap_or_default();
    if let Some(again) = cut_whole(&segment.run, &chunks, segment.floor_ns, segment.cut_at)?
        && let Ok(body) = PushBody::compress(&again.body)
        && let Err(error) = shop.loki.push(Bytes::from(body)).await
    {
        shop.health.refused(&error);
    }
    let outcome = Ok(look_again_at(clock::now(), shop.settings.grace, tries));
    ship::look_again(&shop.db, &[LookAgain { run_key, first, cut_at, tries, outcome }]).await
}
