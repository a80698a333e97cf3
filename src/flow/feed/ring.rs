//! The last encoded events (or lines) of a run, without a gap up to its head, and the frames made of them.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;

use super::frame::{FrameKind, Joiner};

/// Items kept at most: what a viewer that hiccups for a second at full speed still finds in memory.
const RING_ITEMS: usize = 4_096;
/// Bytes kept at most: sixteen full frames.
const RING_BYTES: usize = 4 * 1024 * 1024;
/// Joined frames kept: viewers in step ask for the same ones.
const KEPT_FRAMES: usize = 4;

/// An encoded event or line.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub seq: u64,
    pub json: Bytes,
    /// When this process committed it; `None` for what was read from the store.
    pub committed_at: Option<Instant>,
}

/// Some items joined: `(from, to]` in seq.
#[derive(Debug, Clone)]
pub(super) struct Joined {
    pub from: u64,
    pub to: u64,
    pub json: Bytes,
    pub committed_at: Option<Instant>,
}

/// What a ring has behind a place.
#[derive(Debug)]
pub(super) enum Next {
    Items(Joined),
    /// The place is before the ring's start: the store has what comes next, up to and including this seq.
    Behind(u64),
    UpToDate,
}

#[derive(Debug)]
pub(super) struct Ring {
    kind: FrameKind,
    items: VecDeque<Item>,
    bytes: usize,
    head: u64,
    kept: VecDeque<Joined>,
}

impl Ring {
    /// An empty ring of a run whose head is `head`.
    pub fn new(kind: FrameKind, head: u64) -> Self {
        Self { kind, items: VecDeque::new(), bytes: 0, head, kept: VecDeque::new() }
    }

    pub fn head(&self) -> u64 {
        self.head
    }

    /// Takes the item if it is the next one. `false`: there is a gap before it, which the store must fill. An older one
    /// is known already.
    pub fn push(&mut self, item: Item) -> bool {
        if item.seq <= self.head {
            return true;
        }
        if item.seq != self.head + 1 {
            return false;
        }
        self.head = item.seq;
        self.bytes += item.json.len();
        self.items.push_back(item);
        while self.items.len() > RING_ITEMS || self.bytes > RING_BYTES {
            let Some(gone) = self.items.pop_front() else { break };
            self.bytes -= gone.json.len();
        }
        true
    }

    /// The next frame's worth behind `cursor`.
    pub fn next(&mut self, cursor: u64) -> Next {
        if cursor >= self.head {
            return Next::UpToDate;
        }
        let start = self.head - self.items.len() as u64;
        if cursor < start {
            return Next::Behind(start);
        }
        let full_to = self.head;
        if let Some(kept) = self.kept.iter().find(|kept| kept.from == cursor && kept.to == full_to) {
            return Next::Items(kept.clone());
        }
        let skip = usize::try_from(cursor - start).unwrap_or(usize::MAX);
        let mut joiner = Joiner::new(self.kind);
        let mut to = cursor;
        let mut committed_at = None;
        for item in self.items.iter().skip(skip) {
            if !joiner.push(&item.json) {
                break;
            }
            to = item.seq;
            committed_at = committed_at.or(item.committed_at);
        }
        let joined = Joined { from: cursor, to, json: joiner.finish(), committed_at };
        if self.kept.len() >= KEPT_FRAMES {
            self.kept.pop_front();
        }
        self.kept.push_back(joined.clone());
        Next::Items(joined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(seq: u64, size: usize) -> Item {
        Item { seq, json: vec![b'1'; size].into(), committed_at: None }
    }

    #[test]
    fn a_gap_is_noticed_and_the_known_ignored() {
        let mut ring = Ring::new(FrameKind::Events, 5);
        assert!(ring.push(item(5, 1)) && ring.push(item(6, 1)));
        assert!(!ring.push(item(8, 1)));
        assert_eq!(ring.head(), 6);
    }

    #[test]
    fn what_was_evicted_is_behind() {
        let mut ring = Ring::new(FrameKind::Events, 0);
        for seq in 1..=RING_ITEMS as u64 + 10 {
            assert!(ring.push(item(seq, 1)));
        }
        assert!(matches!(ring.next(0), Next::Behind(10)));
        assert!(matches!(ring.next(10), Next::Items(joined) if joined.to == RING_ITEMS as u64 + 10));
        assert!(matches!(ring.next(RING_ITEMS as u64 + 10), Next::UpToDate));
    }

    #[test]
    fn frames_are_bounded_and_go_on_where_the_last_one_ended() {
        let mut ring = Ring::new(FrameKind::Logs, 0);
        for seq in 1..=10 {
            assert!(ring.push(item(seq, 100_000)));
        }
        let (mut cursor, mut frames) = (0, 0);
        while let Next::Items(joined) = ring.next(cursor) {
            assert!(joined.json.len() <= super::super::frame::FRAME_MAX_BYTES);
            assert_eq!(joined.from, cursor);
            cursor = joined.to;
            frames += 1;
        }
        assert_eq!((cursor, frames), (10, 5));
    }
}
