//! Scanning the chunks of the hot store, off the threads that serve requests where it takes long.

use std::sync::Arc;

use super::parts::end_of;
use crate::store::db::DbError;
use crate::store::logs::{Direction, LogRange, PackedChunk, Room, Scanner, StoredLine};

/// Plain bytes that are scanned in less time than another thread takes to be woken, about 100 µs.
const INLINE_BYTES: usize = 64 * 1024;

/// What came of a part.
#[derive(Debug)]
pub(super) struct Scanned {
    /// In the direction of reading.
    pub lines: Vec<StoredLine>,
    pub room: Room,
    /// What is left of the range.
    pub rest: LogRange,
}

/// Looks through the chunks, in their order.
pub(super) async fn scan(
    chunks: Vec<PackedChunk>,
    rest: LogRange,
    direction: Direction,
    room: Room,
    scanner: &Arc<Scanner>,
) -> Result<Scanned, DbError> {
    let bytes: usize =
        chunks.iter().filter(|chunk| chunk.body.is_some()).map(|chunk| chunk.plain_bytes).sum();
    if bytes <= INLINE_BYTES {
        return scan_here(&chunks, rest, direction, room, scanner);
    }
    let scanner = scanner.clone();
    let scanned = tokio::task::spawn_blocking(move || scan_here(&chunks, rest, direction, room, &scanner));
    scanned.await.map_err(|error| DbError::Shape(format!("a scan of log chunks: {error}")))?
}

fn scan_here(
    chunks: &[PackedChunk],
    range: LogRange,
    direction: Direction,
    room: Room,
    scanner: &Scanner,
) -> Result<Scanned, DbError> {
    let mut scanned = Scanned { lines: Vec::new(), room, rest: range };
    for chunk in chunks {
        scanned.room = scanner.scan(chunk, range, scanned.room, &mut scanned.lines)?;
        let reached = match scanned.lines.last() {
            Some(line) if scanned.room.is_used_up() => line.log_seq,
            _ => end_of(chunk, direction),
        };
        scanned.rest = scanned.rest.beyond(reached, direction);
        if scanned.room.is_used_up() {
            break;
        }
    }
    Ok(scanned)
}
