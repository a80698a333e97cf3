//! From chunks of output to lines, byte-exact.
//!
//! A line ends at a line feed and nowhere else: `\r` stays in the text, a character is never cut at a chunk's
//! border, and the last line of a stream is kept without its line feed. Joining the lines gives the bytes back.

use crate::facts::line::{LINE_MAX_BYTES, part_length};

/// A piece of output up to a line feed (`eol`), or up to where the stream ended or the line grew too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Without the line feed.
    pub bytes: Vec<u8>,
    pub eol: bool,
}

/// Holds the beginning of a line whose end has not come yet.
#[derive(Debug, Default)]
pub struct Splitter {
    partial: Vec<u8>,
}

impl Splitter {
    /// Takes the next bytes of the stream and gives the lines they complete.
    pub fn push(&mut self, mut chunk: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        while !chunk.is_empty() {
            let end = memchr::memchr(b'\n', chunk);
            let length = end.unwrap_or(chunk.len());
            let room = LINE_MAX_BYTES - self.partial.len();
            if length > room {
                self.partial.extend_from_slice(&chunk[..room]);
                chunk = &chunk[room..];
                let rest = self.partial.split_off(part_length(&self.partial));
                lines.push(Line { bytes: std::mem::replace(&mut self.partial, rest), eol: false });
                continue;
            }
            self.partial.extend_from_slice(&chunk[..length]);
            chunk = &chunk[length..];
            if end.is_some() {
                lines.push(Line { bytes: std::mem::take(&mut self.partial), eol: true });
                chunk = &chunk[1..];
            }
        }
        lines
    }

    /// What is left when the stream has ended.
    pub fn finish(self) -> Option<Line> {
        (!self.partial.is_empty()).then_some(Line { bytes: self.partial, eol: false })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(chunks: &[&[u8]]) -> Vec<Line> {
        let mut splitter = Splitter::default();
        let mut lines: Vec<Line> = chunks.iter().flat_map(|chunk| splitter.push(chunk)).collect();
        lines.extend(splitter.finish());
        lines
    }

    fn joined(lines: &[Line]) -> Vec<u8> {
        let whole = |line: &Line| [&line.bytes[..], if line.eol { b"\n" } else { b"" }].concat();
        lines.iter().flat_map(whole).collect()
    }

    fn line(text: &str, eol: bool) -> Line {
        Line { bytes: text.as_bytes().to_vec(), eol }
    }

    #[test]
    fn lines_end_at_line_feeds_only() {
        let lines = split(&[b"a\r\n\nb\rc", "ä".as_bytes().split_at(1).0, "ä".as_bytes().split_at(1).1]);
        assert_eq!(lines, [line("a\r", true), line("", true), line("b\rcä", false)]);
    }

    #[test]
    fn a_line_of_exactly_the_longest_length_is_one_line() {
        let text = "x".repeat(LINE_MAX_BYTES);
        assert_eq!(split(&[format!("{text}\n").as_bytes()]), [line(&text, true)]);
        assert_eq!(split(&[text.as_bytes(), b"\n"]), [line(&text, true)]);
        assert_eq!(split(&[text.as_bytes()]), [line(&text, false)]);
        assert_eq!(split(&[text.as_bytes(), b"y", b"\n"]), [line(&text, false), line("y", true)]);
    }

    #[test]
    fn an_endless_line_is_split_between_characters() {
        for character in ["é", "€", "🦀"] {
            let text = "x".to_owned() + &character.repeat(LINE_MAX_BYTES);
            let lines = split(&[text.as_bytes()]);
            assert_eq!(joined(&lines), text.as_bytes());
            assert!(lines.iter().all(|line| std::str::from_utf8(&line.bytes).is_ok()));
            assert!(lines.iter().all(|line| line.bytes.len() <= LINE_MAX_BYTES && !line.eol));
        }
        let binary = vec![0xbf; LINE_MAX_BYTES * 2 + 5];
        assert_eq!(joined(&split(&[&binary])), binary);
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same_lines_and_the_same_bytes(
            bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..2000),
            cuts in proptest::collection::vec(0usize..2000, 0..20),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            let lines = split(&chunks);
            prop_assert_eq!(&lines, &split(&[&bytes]));
            prop_assert_eq!(joined(&lines), bytes);
        }
    }
}
