//! A stored line looked at without parsing its JSON: [`super::encode`] wrote it, so its layout is known.
//!
//! A search looks at millions of lines and gives a few. What has another layout (a node with a quotation mark in
//! its name, say) is left to the parser.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::line::LogStream;

/// The parts of a line, borrowed from its JSON.
#[derive(Debug, PartialEq)]
pub(super) struct LineView<'a> {
    pub log_seq: u64,
    pub node_ref: &'a str,
    pub attempt: u32,
    pub stream: LogStream,
    pub line_no: u64,
    pub eol: bool,
    pub late: bool,
    json: &'a [u8],
    at: Range<usize>,
    /// Between the quotation marks of `text` and of `bytes`.
    text: Range<usize>,
    is_escaped: bool,
    bytes: Option<Range<usize>>,
}

impl<'a> LineView<'a> {
    /// `None`: not in the layout that is known here.
    pub fn of(json: &'a [u8]) -> Option<Self> {
        let mut at = Place { json, at: 0 };
        let log_seq = at.number(b"{\"logSeq\":")?;
        let (node_ref, false) = at.text(b",\"nodeRef\":\"")? else { return None };
        let attempt = u32::try_from(at.number(b",\"attempt\":")?).ok()?;
        let (stream, _) = at.text(b",\"stream\":\"")?;
        let stream = match &json[stream] {
            b"stdout" => LogStream::Stdout,
            b"stderr" => LogStream::Stderr,
            _ => return None,
        };
        let line_no = at.number(b",\"lineNo\":")?;
        let (written_at, _) = at.text(b",\"at\":\"")?;
        let (text, is_escaped) = at.text(b",\"text\":\"")?;
        let bytes = at.text(b",\"bytes\":\"").map(|(bytes, _)| bytes);
        let eol = !at.skip(b",\"eol\":false");
        let late = at.skip(b",\"late\":true");
        let node_ref = std::str::from_utf8(&json[node_ref]).ok()?;
        (&json[at.at..] == b"}").then_some(Self {
            log_seq,
            node_ref,
            attempt,
            stream,
            line_no,
            eol,
            late,
            json,
            at: written_at,
            text,
            is_escaped,
            bytes,
        })
    }

    /// The time as it is written.
    pub fn at(&self) -> Option<&'a str> {
        std::str::from_utf8(&self.json[self.at.clone()]).ok()
    }

    /// The text, and the raw bytes in base64 where it does not say them.
    pub fn text(&self) -> Option<(Cow<'a, str>, Option<&'a str>)> {
        let encoded = match self.bytes.clone() {
            Some(encoded) => Some(std::str::from_utf8(&self.json[encoded]).ok()?),
            None => None,
        };
        let text = if self.is_escaped {
            Cow::Owned(self.unescaped()?)
        } else {
            Cow::Borrowed(std::str::from_utf8(&self.json[self.text.clone()]).ok()?)
        };
        Some((text, encoded))
    }

    fn unescaped(&self) -> Option<String> {
        serde_json::from_slice(&self.json[self.text.start - 1..=self.text.end]).ok()
    }

    /// The raw bytes of the line; borrowed unless something in them had to be escaped.
    pub fn raw(&self) -> Option<Cow<'a, [u8]>> {
        if let Some(encoded) = self.bytes.clone() {
            return STANDARD.decode(&self.json[encoded]).ok().map(Cow::Owned);
        }
        if !self.is_escaped {
            return Some(Cow::Borrowed(&self.json[self.text.clone()]));
        }
        self.unescaped().map(|text| Cow::Owned(text.into_bytes()))
    }

    /// Where the raw bytes stand in the JSON as they are.
    pub fn raw_in_json(&self) -> Option<Range<usize>> {
        (self.bytes.is_none() && !self.is_escaped).then(|| self.text.clone())
    }
}

struct Place<'a> {
    json: &'a [u8],
    at: usize,
}

impl Place<'_> {
    /// Passes over `key`, if it stands here.
    fn skip(&mut self, key: &[u8]) -> bool {
        let is_here = self.json[self.at..].starts_with(key);
        self.at += if is_here { key.len() } else { 0 };
        is_here
    }

    fn number(&mut self, key: &[u8]) -> Option<u64> {
        if !self.skip(key) {
            return None;
        }
        let mut number: Option<u64> = None;
        while let Some(digit) = self.json.get(self.at).filter(|b| b.is_ascii_digit()) {
            number = number.unwrap_or(0).checked_mul(10)?.checked_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        number
    }

    /// The text behind `key`, which ends with its opening quotation mark, and whether there are escapes in it.
    fn text(&mut self, key: &[u8]) -> Option<(Range<usize>, bool)> {
        if !self.skip(key) {
            return None;
        }
        let start = self.at;
        let mut is_escaped = false;
        loop {
            let found = self.at + memchr::memchr2(b'"', b'\\', &self.json[self.at..])?;
            if self.json[found] == b'"' {
                self.at = found + 1;
                return Some((start..found, is_escaped));
            }
            is_escaped = true;
            // The escaped character may be a quotation mark.
            self.at = (found + 2).min(self.json.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::encode::{LineJson, StreamJson};
    use super::super::line::{StreamName, Wire};
    use super::*;

    fn encoded(node: &str, bytes: &[u8], eol: bool, late: bool) -> Vec<u8> {
        let name = StreamName { node_ref: node.parse().unwrap(), attempt: 3, stream: LogStream::Stderr };
        let at = "2026-11-22T10:00:00.000001Z".parse().unwrap();
        let mut json = Vec::new();
        StreamJson::of(&name).put(&LineJson { log_seq: 812, line_no: 7, at, bytes, eol, late }, &mut json);
        json
    }

    #[test]
    fn a_line_in_another_layout_is_left_to_the_parser() {
        for json in [
            &encoded("a\"b", b"x", true, false)[..],
            br#"{"logSeq":1}"#,
            b"",
            br#"{"logSeq":99999999999999999999,"nodeRef":"a""#,
            br#"{"logSeq":1,"nodeRef":"a","attempt":1,"stream":"stdout","lineNo":1,"at":"x","text":"\"#,
        ] {
            assert_eq!(LineView::of(json), None, "{}", String::from_utf8_lossy(json));
        }
    }

    proptest! {
        #[test]
        fn the_view_and_the_parser_see_the_same(
            text in "\\PC*|[a\\\\\"\r\t\n\u{1b}\u{0}é]*",
            tail in proptest::collection::vec(any::<u8>(), 0..4),
            eol in any::<bool>(),
            late in any::<bool>(),
        ) {
            let raw = [text.as_bytes(), &tail].concat();
            let json = encoded("scan ä", &raw, eol, late);
            let view = LineView::of(&json).unwrap();
            let parsed: Wire<'_> = serde_json::from_slice(&json).unwrap();
            let seen = view.raw().unwrap();
            prop_assert_eq!(&seen[..], &raw[..]);
            let (text, encoded) = view.text().unwrap();
            prop_assert_eq!((&text, encoded), (&parsed.text, parsed.bytes.as_deref()));
            prop_assert_eq!((view.late, view.at().unwrap().parse()), (parsed.late, Ok(parsed.at)));
            if let Some(place) = view.raw_in_json() {
                prop_assert_eq!(&json[place], &raw[..]);
            }
            prop_assert_eq!((view.log_seq, view.line_no, view.attempt), (812, 7, 3));
            prop_assert_eq!((view.node_ref, view.stream, view.eol), ("scan ä", LogStream::Stderr, eol));
        }
    }
}
