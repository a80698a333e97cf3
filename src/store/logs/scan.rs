//! Finds the lines of a chunk that a reader wants. Pure; takes milliseconds for megabytes, so that many chunks belong on a
//! thread of their own.
//!
//! A text that every match must hold is looked for in the whole chunk first, in the form that it has inside JSON. Escaping goes
//! letter by letter, so that no match is missed; what is found too much, the filter rejects.

use std::ops::Range;

use bytes::Bytes;
use memchr::memmem::{Finder, FinderRev};

use super::chunks::{Direction, LogRange, PackedChunk, inflate};
use super::line::{LineFilter, StoredLine};
use super::view::LineView;
use crate::facts::line_pattern::Sought;
use crate::store::db::DbError;

/// What a reader has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    pub lines: usize,
    /// Of JSON; the line that goes over it is still taken.
    pub bytes: usize,
}

impl Room {
    #[must_use]
    pub fn is_used_up(self) -> bool {
        self.lines == 0 || self.bytes == 0
    }

    /// What is left once this line has been taken.
    #[must_use]
    pub fn without(self, line: &StoredLine) -> Self {
        Self { lines: self.lines.saturating_sub(1), bytes: self.bytes.saturating_sub(line.json.len()) }
    }
}

/// A filter, made ready to look through chunks.
#[derive(Debug)]
pub struct Scanner {
    filter: LineFilter,
    direction: Direction,
    needle: Option<Needle>,
}

#[derive(Debug)]
struct Needle {
    next: Finder<'static>,
    last: FinderRev<'static>,
}

impl Scanner {
    #[must_use]
    pub fn new(filter: LineFilter, direction: Direction) -> Self {
        let texts = filter.patterns.iter().filter_map(|pattern| match pattern.sought() {
            Sought::Text(text) => Some(text),
            Sought::Regex(_) | Sought::Portable(_) => None,
        });
        let needle = texts.max_by_key(|text| text.len()).map(|text| {
            let inside = in_json(text);
            Needle { next: Finder::new(&inside).into_owned(), last: FinderRev::new(&inside).into_owned() }
        });
        Self { filter, direction, needle }
    }

    #[must_use]
    pub fn filter(&self) -> &LineFilter {
        &self.filter
    }

    /// Takes the lines of `chunk` within `range` that fit, in the direction of reading, until there is no room. Gives what
    /// room is left.
    pub fn scan(
        &self,
        chunk: &PackedChunk,
        range: LogRange,
        room: Room,
        found: &mut Vec<StoredLine>,
    ) -> Result<Room, DbError> {
        let Some(body) = &chunk.body else { return Ok(room) };
        let plain = Bytes::from(inflate(body, chunk.plain_bytes)?);
        let is_everything = self.filter.is_everything();
        let mut rest = 0..plain.len();
        let mut room = room;
        while !room.is_used_up() {
            let Some(place) = self.next_line(&plain, &mut rest) else { break };
            let fits = match LineView::of(&plain[place.clone()]) {
                Some(view) if !range.contains(view.log_seq) => false,
                Some(view) => self.filter.accepts_view(&view).unwrap_or(true),
                None => true,
            };
            if !fits {
                continue;
            }
            // One line out of many must not keep the whole chunk in memory.
            let json = if is_everything { plain.slice(place) } else { Bytes::copy_from_slice(&plain[place]) };
            let line = StoredLine::decode(json)?;
            if range.contains(line.log_seq) && (is_everything || self.filter.accepts(&line)) {
                room = room.without(&line);
                found.push(line);
            }
        }
        Ok(room)
    }

    /// The next line in `rest` that may fit, without its line feed; `rest` is what is left then.
    fn next_line(&self, plain: &[u8], rest: &mut Range<usize>) -> Option<Range<usize>> {
        if rest.start >= rest.end {
            return None;
        }
        let window = &plain[rest.clone()];
        let anchor = match (self.direction, &self.needle) {
            (Direction::Forward, None) => 0,
            (Direction::Forward, Some(needle)) => needle.next.find(window)?,
            (Direction::Backward, None) => window.len() - 1,
            (Direction::Backward, Some(needle)) => needle.last.rfind(window)?,
        };
        // Each line ends with a line feed, and has none in it.
        let start = memchr::memrchr(b'\n', &window[..anchor]).map_or(0, |feed| feed + 1);
        let end = anchor + memchr::memchr(b'\n', &window[anchor..]).unwrap_or(window.len() - anchor);
        let line = rest.start + start..rest.start + end;
        match self.direction {
            Direction::Forward => rest.start = (line.end + 1).min(rest.end),
            Direction::Backward => rest.end = line.start,
        }
        Some(line)
    }
}

/// The text as it stands between the quotation marks of a JSON text.
fn in_json(text: &str) -> Vec<u8> {
    let quoted = serde_json::to_vec(text).unwrap_or_default();
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::encode::{LineJson, StreamJson};
    use super::super::line::{LogStream, StreamName};
    use super::*;
    use crate::facts::line_pattern::LinePattern;

    const AMPLE: Room = Room { lines: usize::MAX, bytes: usize::MAX };

    /// A chunk of these lines; node `a` and `b"` in turn.
    fn chunk(lines: &[Vec<u8>]) -> PackedChunk {
        let mut plain = Vec::new();
        for (log_seq, bytes) in (1..).zip(lines) {
            let node_ref = if log_seq % 2 == 0 { "b\"" } else { "a" }.parse().unwrap();
            let name = StreamName { node_ref, attempt: 1, stream: LogStream::Stdout };
            let at = "2026-11-22T10:00:00.000001Z".parse().unwrap();
            let line = LineJson { log_seq, line_no: log_seq, at, bytes, eol: true, late: false };
            StreamJson::of(&name).put(&line, &mut plain);
            plain.push(b'\n');
        }
        let body = Some(zstd::bulk::compress(&plain, 1).unwrap());
        PackedChunk { first: 1, last: lines.len() as u64, plain_bytes: plain.len(), body }
    }

    fn found(
        chunk: &PackedChunk,
        filter: &LineFilter,
        direction: Direction,
        range: LogRange,
        room: Room,
    ) -> Vec<u64> {
        let mut found = Vec::new();
        Scanner::new(filter.clone(), direction).scan(chunk, range, room, &mut found).unwrap();
        found.iter().map(|line| line.log_seq).collect()
    }

    #[test]
    fn lines_come_in_the_direction_of_reading_as_many_as_there_is_room_for() {
        let lines: Vec<Vec<u8>> = (1..=9).map(|n| format!("line {n}").into_bytes()).collect();
        let chunk = chunk(&lines);
        let all = LineFilter::default();
        let range = LogRange { after: 2, before: 8 };
        assert_eq!(found(&chunk, &all, Direction::Forward, range, AMPLE), [3, 4, 5, 6, 7]);
        assert_eq!(found(&chunk, &all, Direction::Backward, range, AMPLE), [7, 6, 5, 4, 3]);
        assert_eq!(found(&chunk, &all, Direction::Backward, range, Room { lines: 2, ..AMPLE }), [7, 6]);
        assert_eq!(found(&chunk, &all, Direction::Forward, range, Room { bytes: 1, ..AMPLE }), [3]);
        let of_b = LineFilter { node_ref: "b\"".parse().ok(), ..LineFilter::default() };
        assert_eq!(found(&chunk, &of_b, Direction::Forward, range, AMPLE), [4, 6]);
        let elsewhere = PackedChunk { body: None, ..chunk };
        assert!(found(&elsewhere, &all, Direction::Forward, range, AMPLE).is_empty());
    }

    proptest! {
        /// The search through the chunk finds what a search line by line does, whatever stands in the lines.
        #[test]
        fn looking_through_the_chunk_misses_nothing(
            lines in proptest::collection::vec(
                proptest::collection::vec(proptest::sample::select(
                    vec![&b"n"[..], b"\\", b"\"", b"\t", b"u", b"0", b"\xc3\xa9", b"\xff", b"\x1b", b"b", b"lineNo"]), 0..6),
                1..12),
            needle in proptest::collection::vec(proptest::sample::select(
                vec!["n", "\\", "\"", "\t", "u", "é", "\u{1b}", "lineNo"]), 1..3),
            as_pattern in any::<bool>(),
            backward in any::<bool>(),
        ) {
            let lines: Vec<Vec<u8>> = lines.into_iter().map(|parts| parts.concat()).collect();
            let needle: String = needle.concat();
            let direction = if backward { Direction::Backward } else { Direction::Forward };
            let search = if as_pattern { format!("/{}/", regex::escape(&needle)) } else { needle.clone() };
            let filter = LineFilter { patterns: vec![LinePattern::parse(&search).unwrap()], ..LineFilter::default() };
            let mut expected: Vec<u64> = (1..).zip(&lines)
                .filter(|(_, line)| memchr::memmem::find(line, needle.as_bytes()).is_some())
                .map(|(log_seq, _)| log_seq)
                .collect();
            if backward {
                expected.reverse();
            }
            let range = LogRange { after: 0, before: u64::MAX };
            prop_assert_eq!(found(&chunk(&lines), &filter, direction, range, AMPLE), expected);
        }
    }
}
