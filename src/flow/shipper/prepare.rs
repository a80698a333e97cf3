//! Prepares a round: what waits, read, cut, committed as segments, and encoded; or segments that an earlier round left.

use std::time::Duration;

use tracing::warn;

use super::Shop;
use crate::facts::id::RunKey;
use crate::facts::time::Timestamp;
use crate::store::clock;
use crate::store::db::DbError;
use crate::store::logs::ship::{self, Concluded, Pile, WaitingRun};
use crate::store::logs::{CutSegment, PlainChunk, Segment, cut, cut_whole};

/// Lines wait this long for others, so that a run that prints now and then does not make a segment of every line.
pub(super) const LINGER: Duration = Duration::from_secs(2);
/// … unless there is enough for a push of their own.
const ENOUGH_BYTES: u64 = 1024 * 1024;
/// Plain bytes of a round: what the shipper holds twice, one round being pushed while the next is prepared.
const ROUND_BYTES: u64 = 8 * 1024 * 1024;
/// Plain bytes of one run in a round: a run's pushes go one after the other, so that several runs fill the lanes.
const RUN_BYTES: u64 = 2 * 1024 * 1024;
/// Runs looked at for a round.
const ROUND_RUNS: i64 = 256;
/// Segments of earlier rounds that are taken up at a time.
const LEFT_AT_ONCE: i64 = 16;

/// A segment on its way.
#[derive(Debug)]
pub(super) struct Parcel {
    pub segment: CutSegment,
    /// Whether its lines were given new times already.
    pub is_recut: bool,
}

/// What is pushed next.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// Run by run, in order.
    pub parcels: Vec<Parcel>,
    /// Whether there are more left-overs than this round takes.
    pub is_full: bool,
    /// Whether lines wait that this round does not take.
    pub is_pending: bool,
}

/// Cuts a round of what waits, without the runs in `except`.
pub(super) async fn fresh(shop: &Shop, except: &[RunKey]) -> Result<Round, DbError> {
    let waiting = ship::waiting(&shop.db, shop.settings.labels, except, ROUND_RUNS).await?;
    let (runs, is_pending) = choose(waiting, clock::now());
    let nothing = Round { is_pending, ..Round::default() };
    if runs.is_empty() {
        return Ok(nothing);
    }
    let places: Vec<(RunKey, u64)> = runs.iter().map(|run| (run.run.run_key, run.cut_log_seq)).collect();
    let piles = ship::uncut_chunks(&shop.db, &places, RUN_BYTES).await?;
    let cut_at = clock::now();
    let segments = on_cpu(move || cut_all(&runs, &piles, cut_at)).await?;
    if segments.is_empty() {
        return Ok(nothing);
    }
    let there = ship::commit_cut(&shop.db, &segments).await?;
    let aside = segments
        .iter()
        .filter(|segment| segment.unholdable.is_some() && there.contains(&segment.run.run_key));
    let aside: Vec<&CutSegment> = aside.collect();
    for segment in &aside {
        let reason = segment.unholdable.unwrap_or_default();
        warn!(run = %segment.run.run_id, first = segment.first, reason, "lines stay out of Loki");
    }
    shop.health.set_aside(aside.len() as u64);
    let parcels = segments
        .into_iter()
        .filter(|segment| segment.unholdable.is_none() && there.contains(&segment.run.run_key))
        .map(|segment| Parcel { segment, is_recut: false });
    Ok(Round { parcels: parcels.collect(), is_full: false, is_pending: true })
}

/// Takes up segments that were cut and not pushed. `is_full` where there are more.
pub(super) async fn left_over(shop: &Shop, except: &[RunKey]) -> Result<Round, DbError> {
    let segments = ship::still_cut(&shop.db, except, None, LEFT_AT_ONCE).await?;
    let is_full = segments.len() as i64 >= LEFT_AT_ONCE;
    let chunks = ship::segment_chunks(&shop.db, &segments).await?;
    let cut =
        on_cpu(move || segments.into_iter().zip(&chunks).map(|(row, chunks)| again(row, chunks)).collect());
    let cut: Vec<Result<Parcel, Segment>> = cut.await;
    let mut round = Round { parcels: Vec::new(), is_full, is_pending: true };
    for outcome in cut {
        match outcome {
            Ok(parcel) => round.parcels.push(parcel),
            Err(segment) => lost(shop, &segment).await?,
        }
    }
    Ok(round)
}

/// A segment from its row and its chunks; the row where they don't belong together.
fn again(row: Segment, chunks: &[PlainChunk]) -> Result<Parcel, Segment> {
    match cut_whole(&row.run, chunks, row.floor_ns, row.cut_at) {
        Ok(Some(segment)) if segment.digest == row.digest => Ok(Parcel { segment, is_recut: row.recut }),
        _ => Err(row),
    }
}

/// Sets a segment aside whose chunks are not those that were cut: nothing is pushed under a wrong name.
async fn lost(shop: &Shop, segment: &Segment) -> Result<(), DbError> {
    warn!(run = %segment.run.run_id, first = segment.first, "a segment's chunks are not what was cut");
    shop.health.set_aside(1);
    let outcome = Err("the chunks are not what was cut".to_owned());
    let (run_key, first, cut_at) = (segment.run.run_key, segment.first, segment.cut_at);
    ship::conclude(&shop.db, &[Concluded { run_key, first, cut_at, outcome }]).await
}

/// The runs that are due, up to a round's bytes, and whether any wait for a later one.
fn choose(waiting: Vec<WaitingRun>, now: Timestamp) -> (Vec<WaitingRun>, bool) {
    let is_due = |run: &WaitingRun| run.bytes >= ENOUGH_BYTES || has_lingered(run.since, now);
    let mut bytes = 0;
    let many = waiting.len();
    let mut chosen = Vec::new();
    for run in waiting.into_iter().filter(is_due).take_while(|run| {
        let has_room = bytes < ROUND_BYTES;
        bytes += run.bytes.min(RUN_BYTES);
        has_room
    }) {
        chosen.push(run);
    }
    let is_pending = chosen.len() < many;
    (chosen, is_pending)
}

/// Of what waits a part may be under way already: judged by what is not cut yet.
fn are_due(pile: &Pile, now: Timestamp) -> bool {
    let bytes: usize = pile.chunks.iter().map(|chunk| chunk.plain.len()).sum();
    bytes as u64 >= ENOUGH_BYTES || pile.since.is_some_and(|since| has_lingered(since, now))
}

fn has_lingered(since: Timestamp, now: Timestamp) -> bool {
    now.micros_since(since) >= u64::try_from(LINGER.as_micros()).unwrap_or(u64::MAX)
}

fn cut_all(runs: &[WaitingRun], piles: &[Pile], cut_at: Timestamp) -> Result<Vec<CutSegment>, DbError> {
    let mut segments = Vec::new();
    for (run, pile) in runs.iter().zip(piles).filter(|(_, pile)| are_due(pile, cut_at)) {
        segments.extend(cut(&run.run, &pile.chunks, run.last_ns.saturating_add(1), cut_at)?);
    }
    Ok(segments)
}

/// Runs what takes the processor for tens of milliseconds away from the tasks that answer requests.
pub(super) async fn on_cpu<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        // Only a panic ends it early, since nobody aborts it.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::id::OrganizationId;
    use crate::facts::settings::LokiLabels;
    use crate::store::logs::LokiRun;

    fn waiting(bytes: u64, waited_ms: i64) -> WaitingRun {
        let run = LokiRun {
            run_key: RunKey(uuid::Uuid::nil()),
            organization: OrganizationId::DEFAULT,
            run_id: "r".parse().unwrap(),
            labels: LokiLabels::Run,
            workflow: None,
        };
        let since = Timestamp::from_micros(1_000_000_000 - waited_ms * 1_000).unwrap();
        WaitingRun { run, cut_log_seq: 0, last_ns: 0, since, bytes }
    }

    #[test]
    fn lines_linger_unless_there_are_enough_and_a_round_has_an_end() {
        let now = Timestamp::from_micros(1_000_000_000).unwrap();
        let of = |runs: Vec<WaitingRun>| {
            let (chosen, is_pending) = choose(runs, now);
            (chosen.len(), is_pending)
        };
        assert_eq!(of(vec![waiting(10, 2_000), waiting(10, 1_999), waiting(ENOUGH_BYTES, 0)]), (2, true));
        assert_eq!(of(vec![waiting(RUN_BYTES + 1, 0)]), (1, false));
        let loud = || waiting(RUN_BYTES * 9, 0);
        assert_eq!(of(vec![waiting(10, 3_000), loud(), loud(), loud(), loud(), loud()]), (5, true));
    }
}
