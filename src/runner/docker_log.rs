//! Where a container's output stands, and what of the daemon's log is new. Pure.
//!
//! The daemon tells output twice: live to whoever is attached, and in its log. After a break the log has what was
//! missed; but it may also lack the last entries that were told live, when the daemon was killed before
//! writing them. So the log is not only counted but compared with the end of what has been seen: from the first entry
//! that differs on, all of it is new.
//!
//! The daemon cuts long lines into entries, and its driver `local` gives none of these a line feed, not even the last. So the line
//! feeds of long lines are skipped in what was seen, and put back into what is new, where an entry tells that it is the last.

use std::collections::VecDeque;

/// How much of what was seen is kept to compare with; far more than a daemon holds back before it writes its log.
const TAIL_BYTES: usize = 64 * 1024;
/// The daemon cuts longer lines into entries of this length.
const ENTRY_MAX_BYTES: usize = 16 * 1024;

/// How far a stream has been seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position {
    pub bytes: u64,
    /// The last of them.
    tail: Vec<u8>,
    /// Of the line that has not ended.
    line_bytes: usize,
    /// Where line feeds are that the log lacks.
    unlogged: VecDeque<u64>,
}

impl Position {
    pub fn advance(&mut self, bytes: &[u8]) {
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', bytes) {
            if self.line_bytes + (end - start) >= ENTRY_MAX_BYTES {
                self.unlogged.push_back(self.bytes + end as u64);
            }
            (self.line_bytes, start) = (0, end + 1);
        }
        self.line_bytes += bytes.len() - start;
        self.bytes += bytes.len() as u64;
        if bytes.len() > TAIL_BYTES {
            self.tail.clear();
        }
        self.tail.extend_from_slice(&bytes[bytes.len().saturating_sub(TAIL_BYTES)..]);
        // Twice as long before it is cut, so that a byte is moved once and not with each chunk.
        if self.tail.len() > 2 * TAIL_BYTES {
            self.tail.drain(..self.tail.len() - TAIL_BYTES);
        }
    }

    /// What of `entry`, which begins at `at`, was not seen; `None` when it isn't what was seen there.
    fn beyond<'a>(&self, at: u64, entry: &'a [u8]) -> Option<&'a [u8]> {
        let known = usize::try_from(self.bytes.saturating_sub(at)).unwrap_or(usize::MAX).min(entry.len());
        let tail_at = self.bytes - self.tail.len() as u64;
        // What lies before the tail is taken on trust.
        let trusted = usize::try_from(tail_at.saturating_sub(at)).unwrap_or(usize::MAX).min(known);
        let from = usize::try_from((at + trusted as u64).saturating_sub(tail_at)).unwrap_or(usize::MAX);
        let seen = self.tail.get(from.min(self.tail.len())..)?.get(..known - trusted)?;
        (seen == &entry[trusted..known]).then(|| &entry[known..])
    }
}

/// A piece of the log that was not seen.
#[derive(Debug, PartialEq, Eq)]
pub struct New {
    pub bytes: Vec<u8>,
    /// Its beginning was: it ends a line that was seen in part.
    pub continues: bool,
}

/// Reads a stream of the log from its beginning and tells what is new.
#[derive(Debug)]
pub struct Aligner {
    seen: Position,
    at: u64,
    /// An entry whose end hasn't come.
    partial: Vec<u8>,
    /// Nothing that comes was seen.
    is_beyond: bool,
    /// The last entry was one of a long line, and not its last.
    is_inside_line: bool,
    /// The last entry ended a long line, whose line feed the log lacks.
    owes_line_feed: bool,
}

impl Aligner {
    #[must_use]
    pub fn new(seen: Position) -> Self {
        let is_beyond = seen.bytes == 0;
        Self { seen, at: 0, partial: Vec::new(), is_beyond, is_inside_line: false, owes_line_feed: false }
    }

    /// Takes one whole entry.
    pub fn push_entry(&mut self, entry: &[u8]) -> Vec<New> {
        let mut new = Vec::new();
        if self.owes_line_feed {
            let rest = std::mem::take(&mut self.partial);
            new.extend(if rest.is_empty() { None } else { self.entry(&rest) });
            new.extend(self.is_beyond.then(|| New { bytes: b"\n".to_vec(), continues: false }));
        }
        let is_full = entry.len() == ENTRY_MAX_BYTES;
        let has_end = entry.ends_with(b"\n");
        // Where the log ends with it, nobody knows whether there was a line feed.
        self.owes_line_feed = self.is_inside_line && !is_full && !has_end;
        self.is_inside_line = is_full && !has_end;
        new.extend(self.push(entry));
        new
    }

    /// Takes the next bytes of a log whose entries can't be told apart: a terminal's.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<New> {
        if self.is_beyond {
            return vec![New { bytes: bytes.to_vec(), continues: false }];
        }
        let mut new = Vec::new();
        let mut partial = std::mem::take(&mut self.partial);
        partial.extend_from_slice(bytes);
        let mut rest = partial.as_slice();
        while let Some(end) = self.entry_end(rest) {
            let (entry, after) = rest.split_at(end);
            new.extend(self.entry(entry));
            rest = after;
            if self.is_beyond {
                new.extend((!rest.is_empty()).then(|| New { bytes: rest.to_vec(), continues: false }));
                return new;
            }
        }
        self.partial = rest.to_vec();
        new
    }

    /// What is left when the log has ended.
    pub fn finish(&mut self) -> Option<New> {
        let rest = std::mem::take(&mut self.partial);
        if rest.is_empty() { None } else { self.entry(&rest) }
    }

    /// The end of the entry that `bytes` begin with, once it has come.
    fn entry_end(&self, bytes: &[u8]) -> Option<usize> {
        let line = memchr::memchr(b'\n', bytes).map(|end| end + 1);
        let end = line.or((bytes.len() >= ENTRY_MAX_BYTES).then_some(ENTRY_MAX_BYTES));
        // The last entry of a long line ends without a sign of its own.
        let unlogged = self.seen.unlogged.front().and_then(|at| usize::try_from(at - self.at).ok());
        let unlogged = unlogged.filter(|length| bytes.len() >= *length);
        end.into_iter().chain(unlogged).min()
    }

    fn entry(&mut self, entry: &[u8]) -> Option<New> {
        let at = self.at;
        self.at += entry.len() as u64;
        let (new, continues) = match self.seen.beyond(at, entry) {
            Some(new) => (new, at < self.seen.bytes),
            None => {
                self.is_beyond = true;
                (entry, false)
            }
        };
        while self.seen.unlogged.front().is_some_and(|unlogged| *unlogged <= self.at) {
            self.seen.unlogged.pop_front();
            self.owes_line_feed = false;
            self.at += 1;
        }
        self.is_beyond |= self.at >= self.seen.bytes;
        (!new.is_empty()).then(|| New { bytes: new.to_vec(), continues })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(text: &[u8]) -> Position {
        let mut position = Position::default();
        position.advance(text);
        position
    }

    fn new(seen_text: &str, log: &str) -> String {
        let mut aligner = Aligner::new(seen(seen_text.as_bytes()));
        let mut new = aligner.push(log.as_bytes());
        new.extend(aligner.finish());
        String::from_utf8(new.into_iter().flat_map(|new| new.bytes).collect()).unwrap()
    }

    #[test]
    fn what_was_missed_is_new_and_what_was_seen_is_not() {
        assert_eq!(new("", "a\nb\n"), "a\nb\n");
        assert_eq!(new("a\n", "a\nb\n"), "b\n");
        assert_eq!(new("a\nb", "a\nb\nc\n"), "\nc\n");
        assert_eq!(new("a\nb\n", "a\n"), "");
        assert_eq!(new("a\nb\n", "a\nb"), "");
    }

    #[test]
    fn entries_that_the_log_never_got_do_not_hide_later_ones() {
        // `line 12` was told live, and the daemon died before it logged it.
        assert_eq!(new("line 11\nline 12\n", "line 11\nline 13\n"), "line 13\n");
        assert_eq!(new("line 11\nline 12", "line 11\n\nline 13\n"), "\nline 13\n");
        assert_eq!(new("line 11\nli", "line 11\nne 12\n"), "ne 12\n");
    }

    /// What the daemon's log has of this output.
    fn logged(output: &[u8]) -> Vec<u8> {
        let lines = output.split_inclusive(|byte| *byte == b'\n');
        let of_line = |line: &'_ [u8]| match line {
            [long @ .., b'\n'] if long.len() >= ENTRY_MAX_BYTES => long.to_vec(),
            short => short.to_vec(),
        };
        lines.flat_map(of_line).collect()
    }

    #[test]
    fn the_end_of_a_line_that_was_seen_in_part_is_told_apart() {
        let mut aligner = Aligner::new(seen(b"a\nb"));
        let news = aligner.push(b"a\nb\n");
        assert_eq!(news, [New { bytes: b"\n".to_vec(), continues: true }]);
        assert_eq!(aligner.push(b"\n"), [New { bytes: b"\n".to_vec(), continues: false }]);
    }

    proptest! {
        #[test]
        fn long_lines_without_their_line_feeds_are_known_again(
            lines in proptest::collection::vec(prop_oneof![0..3usize, 16_380..16_390usize, 32_766..32_770usize, 0..100_000usize], 1..8),
            seen_share in 0.0..=1.0f64, cut in 1usize..100_000,
        ) {
            let line = |(place, length): (usize, &usize)| [vec![b'a' + place as u8; *length], vec![b'\n']].concat();
            let all: Vec<u8> = lines.iter().enumerate().flat_map(line).collect();
            let seen_bytes = (all.len() as f64 * seen_share) as usize;
            let mut position = Position::default();
            all[..seen_bytes].chunks(cut).for_each(|chunk| position.advance(chunk));
            let (log, known) = (logged(&all), logged(&all[..seen_bytes]).len());
            let mut aligner = Aligner::new(position);
            let mut told: Vec<u8> = Vec::new();
            for chunk in log.chunks(ENTRY_MAX_BYTES) {
                told.extend(aligner.push(chunk).into_iter().flat_map(|new| new.bytes));
            }
            told.extend(aligner.finish().map(|new| new.bytes).unwrap_or_default());
            prop_assert!(told == log[known..], "{} told, {} new", told.len(), log.len() - known);
        }

        #[test]
        fn entries_of_long_lines_give_back_all_that_was_missed(
            lines in proptest::collection::vec(prop_oneof![0..3usize, 16_380..16_384usize, 16_385..16_390usize, 40_000..50_000usize], 1..8),
            seen_share in 0.0..=1.0f64,
        ) {
            let line = |(place, length): (usize, &usize)| [vec![b'a' + place as u8; *length], vec![b'\n']].concat();
            let mut all: Vec<u8> = lines.iter().enumerate().flat_map(line).collect();
            all.extend_from_slice(b"end\n");
            let mut position = Position::default();
            let seen_bytes = (all.len() as f64 * seen_share) as usize;
            position.advance(&all[..seen_bytes]);
            let mut aligner = Aligner::new(position);
            let mut told = all[..seen_bytes].to_vec();
            for line in all.split_inclusive(|byte| *byte == b'\n') {
                for entry in logged(line).chunks(ENTRY_MAX_BYTES) {
                    told.extend(aligner.push_entry(entry).into_iter().flat_map(|new| new.bytes));
                }
            }
            told.extend(aligner.finish().map(|new| new.bytes).unwrap_or_default());
            prop_assert!(told == all, "{} told of {}, {} seen", told.len(), all.len(), seen_bytes);
        }

        #[test]
        fn together_they_are_everything_once(
            lines in 1usize..3_000, seen_bytes in 0usize..100_000, lost in 0usize..50, cut in 1usize..5_000,
        ) {
            let all: Vec<u8> = (0..lines).flat_map(|n| format!("this is line {n}\n").into_bytes()).collect();
            let seen_bytes = seen_bytes.min(all.len());
            let mut position = Position::default();
            all[..seen_bytes].chunks(cut).for_each(|chunk| position.advance(chunk));
            prop_assert!(position.tail.len() <= 2 * TAIL_BYTES && position.bytes == seen_bytes as u64);
            // The last whole lines that were seen are not in the log.
            let whole = all[..seen_bytes].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            let kept = all[..whole].split_inclusive(|byte| *byte == b'\n').rev().skip(lost);
            let kept: usize = kept.map(<[u8]>::len).sum();
            let log = [&all[..kept], &all[whole..]].concat();
            let mut aligner = Aligner::new(position);
            let mut told: Vec<u8> = all[..seen_bytes].to_vec();
            for chunk in log.chunks(cut) {
                told.extend(aligner.push(chunk).into_iter().flat_map(|new| new.bytes));
            }
            told.extend(aligner.finish().map(|new| new.bytes).unwrap_or_default());
            // A line that was seen in part is whole in the log; where the lines before it are missing there,
            // it can't be told from another one and comes as a whole.
            let partial = &all[whole..seen_bytes];
            if lost == 0 || partial.is_empty() || kept == whole {
                prop_assert_eq!(told, all);
            } else {
                let expected = [&all[..seen_bytes], &all[whole..]].concat();
                prop_assert_eq!(told, expected);
            }
        }
    }
}
