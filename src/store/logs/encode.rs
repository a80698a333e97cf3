//! Writes a line's JSON, the form in which it is kept and sent. Pure.
//!
//! Every line passes here, so the writing is done by hand: names once for all lines of a stream, text that needs no escapes as it
//! is. Whoever makes a line's JSON a second time (from a copy kept elsewhere) must come through here, for the same bytes.

use std::borrow::Cow;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::line::StreamName;
use crate::facts::time::Timestamp;

/// What the JSON of all lines of a stream has in common, ready to be copied.
#[derive(Debug)]
pub struct StreamJson(Vec<u8>);

/// A line's own part of its JSON.
#[derive(Debug, Clone, Copy)]
pub struct LineJson<'a> {
    pub log_seq: u64,
    pub line_no: u64,
    pub at: Timestamp,
    /// The raw bytes, without the newline.
    pub bytes: &'a [u8],
    pub eol: bool,
    pub late: bool,
}

impl StreamJson {
    #[must_use]
    pub fn of(name: &StreamName) -> Self {
        let mut json = b",\"nodeRef\":".to_vec();
        put_text(&mut json, name.node_ref.as_str());
        // Writing into memory does not fail.
        let _ = write!(json, ",\"attempt\":{},\"stream\":\"{}\",\"lineNo\":", name.attempt, name.stream);
        Self(json)
    }

    /// Appends the line's JSON to `out`, without a newline.
    pub fn put(&self, line: &LineJson<'_>, out: &mut Vec<u8>) {
        let text = String::from_utf8_lossy(line.bytes);
        out.extend_from_slice(b"{\"logSeq\":");
        put_number(out, line.log_seq);
        out.extend_from_slice(&self.0);
        put_number(out, line.line_no);
        out.extend_from_slice(b",\"at\":\"");
        out.extend_from_slice(&line.at.rfc3339());
        out.extend_from_slice(b"\",\"text\":");
        put_text(out, &text);
        if matches!(text, Cow::Owned(_)) {
            out.extend_from_slice(b",\"bytes\":\"");
            out.extend_from_slice(STANDARD.encode(line.bytes).as_bytes());
            out.push(b'"');
        }
        if !line.eol {
            out.extend_from_slice(b",\"eol\":false");
        }
        if line.late {
            out.extend_from_slice(b",\"late\":true");
        }
        out.push(b'}');
    }
}

fn put_number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    if !is_its_own_json(text.as_bytes()) {
        // Serialising a text into memory does not fail.
        let _ = serde_json::to_writer(out, text);
        return;
    }
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// Whether JSON has nothing to escape in it. Without an early end, so that it is looked at many bytes at a time.
fn is_its_own_json(text: &[u8]) -> bool {
    !text.iter().fold(false, |found, byte| found | (*byte < b' ') | (*byte == b'"') | (*byte == b'\\'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::store::logs::{LogStream, StoredLine};

    fn put(node: &str, line: &LineJson<'_>) -> Vec<u8> {
        let name = StreamName { node_ref: node.parse().unwrap(), attempt: 2, stream: LogStream::Stderr };
        let mut out = Vec::new();
        StreamJson::of(&name).put(line, &mut out);
        out
    }

    #[test]
    fn the_fields_stand_in_one_order_and_only_where_they_say_something() {
        let plain =
            LineJson { log_seq: 7, line_no: 3, at: Timestamp::EPOCH, bytes: b"a", eol: true, late: false };
        let start = r#"{"logSeq":7,"nodeRef":"n\"","attempt":2,"stream":"stderr","lineNo":3,"at":"1970-01-01T00:00:00.000000Z","text":"#;
        let of = |line: LineJson<'_>| String::from_utf8(put("n\"", &line)).unwrap();
        assert_eq!(of(plain), format!("{start}\"a\"}}"));
        let all = LineJson { bytes: b"\xff\r", eol: false, late: true, ..plain };
        assert_eq!(
            of(all),
            format!("{start}\"\u{fffd}\\r\",\"bytes\":\"/w0=\",\"eol\":false,\"late\":true}}")
        );
    }

    proptest! {
        #[test]
        fn whatever_the_bytes_they_come_back(
            bytes in prop_oneof![any::<String>().prop_map(String::into_bytes), proptest::collection::vec(any::<u8>(), 0..200)],
            node in "\\PC{1,20}", log_seq in any::<u64>(), line_no in any::<u64>(), eol in any::<bool>(), late in any::<bool>(),
        ) {
            let line = LineJson { log_seq, line_no, at: Timestamp::EPOCH, bytes: &bytes, eol, late };
            let json = put(&node, &line);
            prop_assert!(!json.contains(&b'\n'));
            let value: Value = serde_json::from_slice(&json).unwrap();
            prop_assert_eq!(&value["text"], &json!(String::from_utf8_lossy(&bytes)));
            prop_assert_eq!((&value["nodeRef"], &value["logSeq"]), (&json!(node), &json!(log_seq)));
            prop_assert_eq!(value["late"] == true, late);
            let read = StoredLine::decode(json.into()).unwrap();
            prop_assert_eq!((read.bytes.as_ref(), read.eol, read.line_no), (bytes.as_slice(), eol, line_no));
        }
    }
}
