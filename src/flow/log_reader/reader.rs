//! One page of lines: chunks from the hot store, their holes from Loki, until the page is full, the time up or the range read.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Semaphore;

use super::cold::{self, Hole};
use super::hot::{self, Scanned};
use super::page::{LinePage, ReadError, Stopped, Wanted};
use super::parts::{Part, parts};
use crate::facts::id::RunKey;
use crate::store::db::{Db, DbError};
use crate::store::logs::{
    self, ChunkPage, Direction, LineFilter, LogRange, PackedChunk, Room, Scanner, StoredLine,
};
use crate::store::loki::Loki;

/// Searches that look through chunks at the same time; others wait for their turn. Each keeps a processor busy.
const SEARCHES_AT_ONCE: usize = 4;

/// JSON bytes read at a time for a stream: a few frames.
const STREAM_BYTES: usize = 1024 * 1024;

/// The way to a run's lines; cheap to clone.
#[derive(Debug, Clone)]
pub struct LogReader {
    db: Db,
    loki: Option<Loki>,
    searches: Arc<Semaphore>,
}

/// A page as it fills.
struct Reading {
    run: RunKey,
    direction: Direction,
    /// In the direction of reading.
    lines: Vec<StoredLine>,
    rest: LogRange,
    has_progress: bool,
    room: Room,
    deadline: Option<Instant>,
    scanner: Arc<Scanner>,
}

impl LogReader {
    #[must_use]
    pub fn new(db: Db, loki: Option<Loki>) -> Self {
        Self { db, loki, searches: Arc::new(Semaphore::new(SEARCHES_AT_ONCE)) }
    }

    /// The run's lines in the range that fit, from the end that the direction says, as many as there is room for.
    pub async fn page(&self, run: RunKey, wanted: Wanted) -> Result<LinePage, ReadError> {
        let Wanted { range, direction, filter, room, time } = wanted;
        let mut reading = Reading {
            run,
            direction,
            lines: Vec::new(),
            rest: range,
            has_progress: false,
            room,
            deadline: time.map(|time| Instant::now() + time),
            scanner: Arc::new(Scanner::new(filter, direction)),
        };
        let mut ahead = None;
        while !reading.rest.is_empty() {
            let page = match ahead.take() {
                Some(page) => page,
                None => self.chunks(&reading, reading.rest).await?,
            };
            if let Some(stopped) = self.read_parts(&mut reading, page, &mut ahead).await? {
                return Ok(reading.page(stopped));
            }
        }
        Ok(reading.page(Stopped::End))
    }

    /// The lines behind `after` up to `up_to`, which the run is known to have; some of them, at least one.
    pub async fn next_lines(
        &self,
        run: RunKey,
        after: u64,
        up_to: u64,
        at_most: usize,
    ) -> Result<Vec<StoredLine>, ReadError> {
        let wanted = Wanted {
            range: LogRange { after, before: up_to.saturating_add(1) },
            direction: Direction::Forward,
            filter: LineFilter::default(),
            room: Room { lines: at_most, bytes: STREAM_BYTES },
            time: None,
        };
        Ok(self.page(run, wanted).await?.lines)
    }

    /// Reads what `page` speaks of, and tells when to stop. In a long search the page behind it is fetched meanwhile.
    async fn read_parts(
        &self,
        reading: &mut Reading,
        page: ChunkPage,
        ahead: &mut Option<ChunkPage>,
    ) -> Result<Option<Stopped>, ReadError> {
        let goes_on = !page.is_last && !reading.scanner.filter().patterns.is_empty();
        let parts = parts(page, reading.rest, reading.direction);
        let count = parts.len();
        for (place, part) in (1..).zip(parts) {
            let behind = part.behind(reading.rest, reading.direction);
            let read = match part {
                Part::Hot(chunks) if goes_on && place == count => {
                    let scanning = self.scan(reading, chunks);
                    let (scanned, next) = tokio::join!(scanning, self.chunks(reading, behind));
                    *ahead = Some(next?);
                    scanned?
                }
                Part::Hot(chunks) => self.scan(reading, chunks).await?,
                Part::Cold(range) => match self.cold(reading, range).await {
                    // What was found before is worth something; asked for the rest, we will say why there is none.
                    Err(ReadError::NotReachable(_)) if reading.has_progress => {
                        return Ok(Some(Stopped::Time));
                    }
                    read => read?,
                },
            };
            reading.take(read);
            if let Some(stopped) = reading.stopped() {
                return Ok(Some(stopped));
            }
            if reading.rest != behind {
                return Ok(None);
            }
        }
        Ok(None)
    }

    async fn chunks(&self, reading: &Reading, range: LogRange) -> Result<ChunkPage, DbError> {
        let node_ref = reading.scanner.filter().node_ref.as_ref();
        logs::chunks(&self.db, reading.run, range, reading.direction, node_ref).await
    }

    /// Looks through chunks; a search when it is its turn. Nobody waits for one that waits for Loki.
    async fn scan(&self, reading: &Reading, chunks: Vec<PackedChunk>) -> Result<Scanned, DbError> {
        let _turn = match reading.scanner.filter().patterns.is_empty() {
            true => None,
            // It is never closed.
            false => self.searches.acquire().await.ok(),
        };
        hot::scan(chunks, reading.rest, reading.direction, reading.room, &reading.scanner).await
    }

    /// The beginning of a hole, one batch of it.
    async fn cold(&self, reading: &Reading, range: LogRange) -> Result<Scanned, ReadError> {
        let hole = Hole { run: reading.run, range, direction: reading.direction, room: reading.room };
        let scanned = cold::read(&self.db, self.loki.as_ref(), hole, reading.scanner.filter()).await?;
        // What is left of the hole is where the rest of the whole range begins.
        let reached = match reading.direction {
            Direction::Forward => scanned.rest.after,
            Direction::Backward => scanned.rest.before,
        };
        Ok(Scanned { rest: reading.rest.beyond(reached, reading.direction), ..scanned })
    }
}

impl Reading {
    fn take(&mut self, read: Scanned) {
        self.lines.extend(read.lines);
        self.has_progress |= self.rest != read.rest;
        (self.rest, self.room) = (read.rest, read.room);
    }

    fn stopped(&self) -> Option<Stopped> {
        if self.rest.is_empty() {
            return Some(Stopped::End);
        }
        if self.room.is_used_up() {
            return Some(Stopped::Limit);
        }
        let is_late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        is_late.then_some(Stopped::Time)
    }

    fn page(mut self, stopped: Stopped) -> LinePage {
        if self.direction == Direction::Backward {
            self.lines.reverse();
        }
        LinePage { lines: self.lines, rest: self.rest, stopped }
    }
}
