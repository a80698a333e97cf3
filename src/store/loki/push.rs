//! Push requests as protobuf: `PushRequest{1: Stream{1: labels, 2: Entry{1: Timestamp{1: s, 2: ns}, 2: line, 3: Pair{1: name,
//! 2: value}}}}` of Loki's `push.proto`.
//!
//! Written by hand: five fields, in one pass over the lines and without an allocation for each of them, where generated
//! code wants every name and value as a string of its own.

use std::fmt::Write as _;

const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// Field numbers with the wire type of what has a length.
const FIRST: u8 = 1 << 3 | 2;
const SECOND: u8 = 2 << 3 | 2;
const THIRD: u8 = 3 << 3 | 2;
/// The same with the wire type of a number.
const FIRST_NUMBER: u8 = 1 << 3;
const SECOND_NUMBER: u8 = 2 << 3;

/// The entries of some streams. Bodies put one behind the other are one body: that is how protobuf joins lists.
#[derive(Debug, Default)]
pub struct PushBody {
    streams: Vec<Stream>,
    entry: Vec<u8>,
}

#[derive(Debug)]
struct Stream {
    labels: String,
    entries: Vec<u8>,
}

impl PushBody {
    /// A stream's place, for [`Self::add`]; `labels` as [`label_text`] writes them.
    pub fn stream(&mut self, labels: String) -> usize {
        self.streams.push(Stream { labels, entries: Vec::new() });
        self.streams.len() - 1
    }

    /// Adds an entry to a stream.
    pub fn add(&mut self, stream: usize, ns: i64, line: &str, metadata: &[(&str, &str)]) {
        let Some(stream) = self.streams.get_mut(stream) else { return };
        let entry = &mut self.entry;
        entry.clear();
        let (seconds, nanos) = (ns.div_euclid(NANOS_PER_SECOND), ns.rem_euclid(NANOS_PER_SECOND));
        entry.push(FIRST);
        let (seconds, nanos) = (seconds.cast_unsigned(), nanos.cast_unsigned());
        put_number(entry, 2 + width(seconds) + width(nanos));
        entry.push(FIRST_NUMBER);
        put_number(entry, seconds);
        entry.push(SECOND_NUMBER);
        put_number(entry, nanos);
        put_bytes(entry, SECOND, line.as_bytes());
        for (name, value) in metadata {
            let (name_len, value_len) = (name.len() as u64, value.len() as u64);
            entry.push(THIRD);
            put_number(entry, 2 + width(name_len) + name_len + width(value_len) + value_len);
            put_bytes(entry, FIRST, name.as_bytes());
            put_bytes(entry, SECOND, value.as_bytes());
        }
        put_bytes(&mut stream.entries, SECOND, entry);
    }

    /// The body, not compressed yet.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        let size = self.streams.iter().map(|stream| stream.labels.len() + stream.entries.len() + 20).sum();
        let mut body = Vec::with_capacity(size);
        for stream in self.streams {
            let labels_len = stream.labels.len() as u64;
            body.push(FIRST);
            put_number(&mut body, 1 + width(labels_len) + labels_len + stream.entries.len() as u64);
            put_bytes(&mut body, FIRST, stream.labels.as_bytes());
            body.extend_from_slice(&stream.entries);
        }
        body
    }

    /// Compresses bodies into one request. The reason of a failure is its size.
    pub fn compress(body: &[u8]) -> Result<Vec<u8>, snap::Error> {
        snap::raw::Encoder::new().compress_vec(body)
    }
}

fn put_bytes(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    out.push(field);
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Seven bits a byte, lowest first.
fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Bytes that [`put_number`] writes.
fn width(number: u64) -> u64 {
    u64::from((64 - (number | 1).leading_zeros()).div_ceil(7))
}

/// `{name="value",…}`, as Loki names a stream. Empty values are left out: to Loki they are the same as none.
#[must_use]
pub fn label_text(labels: &[(&str, &str)]) -> String {
    let mut text = String::from("{");
    for (name, value) in labels.iter().filter(|(_, value)| !value.is_empty()) {
        if text.len() > 1 {
            text.push(',');
        }
        // Writing into memory does not fail.
        let _ = write!(text, "{name}={}", super::logql::quoted(value));
    }
    text.push('}');
    text
}

#[cfg(test)]
#[path = "push_tests.rs"]
pub(in crate::store) mod tests;
