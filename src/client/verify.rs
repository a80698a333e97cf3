//! Checks that what a stream delivers is what the contract promises: seq strictly +1, logSeq strictly +1.
//!
//! Pure. The cursor moves only here, so that a reconnect asks for exactly what has not been seen.

use crate::facts::id::Cursor;

use super::wire::{Event, LogLine};

/// Where a frame fails to join on to what came before: `expected` should have come, `got` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gap {
    pub expected: u64,
    pub got: u64,
}

impl Gap {
    /// How many numbers are missing.
    pub(super) fn missing(self) -> u64 {
        self.got.saturating_sub(self.expected)
    }
}

/// Anything that has its place in a numbered sequence.
pub(super) trait Numbered {
    fn number(&self) -> u64;
}

impl Numbered for Event {
    fn number(&self) -> u64 {
        self.seq
    }
}

impl Numbered for LogLine {
    fn number(&self) -> u64 {
        self.log_seq
    }
}

/// What of a frame is new, and where it stopped to join on.
#[derive(Debug, PartialEq)]
pub(super) struct Checked<T> {
    pub fresh: Vec<T>,
    pub duplicates: usize,
    pub gap: Option<Gap>,
}

/// Takes from `items` what follows `last`, moving it along: repeated ones are dropped, and at a gap it
/// stops, unless `accept_gaps`, which is for a gap that a second connection has shown again.
pub(super) fn check<T: Numbered>(last: &mut u64, items: Vec<T>, accept_gaps: bool) -> Checked<T> {
    let mut checked = Checked { fresh: Vec::with_capacity(items.len()), duplicates: 0, gap: None };
    for item in items {
        let expected = *last + 1;
        let got = item.number();
        if got < expected {
            checked.duplicates += 1;
            continue;
        }
        if got > expected {
            checked.gap = checked.gap.or(Some(Gap { expected, got }));
            if !accept_gaps {
                break;
            }
        }
        *last = got;
        checked.fresh.push(item);
    }
    checked
}

/// The cursor after a `reset`, whose `fromSeq` is the first number that follows.
pub(super) fn after_reset(from_seq: u64, from_log_seq: u64) -> Cursor {
    Cursor { seq: from_seq.saturating_sub(1), log_seq: from_log_seq.saturating_sub(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Numbered for u64 {
        fn number(&self) -> u64 {
            *self
        }
    }

    #[test]
    fn a_frame_that_joins_on_is_taken_whole() {
        let mut last = 3;
        let checked = check(&mut last, vec![4_u64, 5, 6], false);
        assert_eq!((checked.fresh, checked.duplicates, checked.gap, last), (vec![4, 5, 6], 0, None, 6));
    }

    #[test]
    fn what_comes_twice_is_dropped_and_counted() {
        let mut last = 5;
        let checked = check(&mut last, vec![4_u64, 5, 6, 6], false);
        assert_eq!((checked.fresh, checked.duplicates, checked.gap, last), (vec![6], 3, None, 6));
    }

    #[test]
    fn at_a_gap_the_cursor_stays_so_that_a_reconnect_asks_for_what_is_missing() {
        let mut last = 5;
        let checked = check(&mut last, vec![6_u64, 9, 10], false);
        assert_eq!((checked.fresh, last), (vec![6], 6));
        assert_eq!(checked.gap.map(|gap| (gap, gap.missing())), Some((Gap { expected: 7, got: 9 }, 2)));
    }

    #[test]
    fn a_gap_that_stays_is_passed_over_when_asked() {
        let mut last = 6;
        let checked = check(&mut last, vec![9_u64, 10], true);
        assert_eq!((checked.fresh, last), (vec![9, 10], 10));
        assert_eq!(checked.gap, Some(Gap { expected: 7, got: 9 }));
    }

    #[test]
    fn a_reset_names_the_first_number_that_follows() {
        assert_eq!(after_reset(1, 1), Cursor { seq: 0, log_seq: 0 });
        assert_eq!(after_reset(0, 0), Cursor { seq: 0, log_seq: 0 });
        assert_eq!(after_reset(8, 3), Cursor { seq: 7, log_seq: 2 });
    }
}
