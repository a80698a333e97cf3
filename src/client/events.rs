//! What a client sends: events and log lines, with the keys that make sending them twice harmless.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;
use uuid::Uuid;

use crate::facts::time::Timestamp;

/// An event to append. Build it with [`NewEvent::run`] or [`NewEvent::node`], which give it its id.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewEvent {
    /// The idempotency key: sent again with the same key, the event is stored once.
    pub event_id: Uuid,
    /// One of the contract's event types, such as `NODE_STARTED`.
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_ref: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_summary: Option<serde_json::Value>,
    /// `{message, code?, type?, stack?, details?, fieldErrors?}`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<serde_json::Value>,
}

impl NewEvent {
    /// An event of the run as a whole.
    #[must_use]
    pub fn run(event_id: Uuid, kind: impl ToString, occurred_at: Timestamp) -> Self {
        Self {
            event_id,
            kind: kind.to_string(),
            node_ref: None,
            attempt: None,
            level: None,
            occurred_at: Some(occurred_at),
            message: None,
            data: None,
            output_summary: None,
            error: None,
        }
    }

    /// An event of one attempt of a node.
    #[must_use]
    pub fn node(
        event_id: Uuid,
        kind: impl ToString,
        node_ref: &str,
        attempt: u32,
        occurred_at: Timestamp,
    ) -> Self {
        let event = Self::run(event_id, kind, occurred_at);
        Self { node_ref: Some(node_ref.to_owned()), attempt: Some(attempt), ..event }
    }

    #[must_use]
    pub fn with_message(self, message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), ..self }
    }

    #[must_use]
    pub fn with_data(self, data: serde_json::Value) -> Self {
        Self { data: Some(data), ..self }
    }

    #[must_use]
    pub fn with_error(self, error: serde_json::Value) -> Self {
        Self { error: Some(error), ..self }
    }
}

/// A log line to append. `line_no` makes sending it twice harmless.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewLogLine {
    pub node_ref: String,
    pub attempt: u32,
    /// `stdout` or `stderr`
    pub stream: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The line without its end, when it is UTF-8 …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// … and in base64 when it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    /// Whether the line ended with a line feed; the last one of a stream may not.
    #[serde(skip_serializing_if = "is_true")]
    pub eol: bool,
    /// The line's place in its node, attempt and stream, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_no: Option<u64>,
}

/// `eol` is true unless said otherwise, so true needn't be sent.
fn is_true(eol: &bool) -> bool {
    *eol
}

impl NewLogLine {
    /// A line as it came from a process: text when it is UTF-8, its exact bytes otherwise, or where it holds U+0000, for which the server
    /// would store U+FFFD in a text.
    #[must_use]
    pub fn new(node_ref: &str, attempt: u32, stream: &str, line_no: u64, at: Timestamp, line: &[u8]) -> Self {
        let text = std::str::from_utf8(line).ok().filter(|text| !text.contains('\0')).map(str::to_owned);
        let bytes = text.is_none().then(|| BASE64.encode(line));
        Self {
            node_ref: node_ref.to_owned(),
            attempt,
            stream: stream.to_owned(),
            at: Some(at),
            text,
            bytes,
            eol: true,
            line_no: Some(line_no),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Timestamp {
        "2026-11-22T10:00:00.000001Z".parse().unwrap()
    }

    #[test]
    fn what_was_not_set_is_not_sent() {
        let event = NewEvent::node(Uuid::nil(), "NODE_STARTED", "resolve", 2, at());
        assert_eq!(
            serde_json::to_string(&event).unwrap(),
            r#"{"eventId":"00000000-0000-0000-0000-000000000000","type":"NODE_STARTED","nodeRef":"resolve","attempt":2,"occurredAt":"2026-11-22T10:00:00.000001Z"}"#
        );
    }

    #[test]
    fn a_line_that_is_not_utf_8_travels_as_its_bytes() {
        let line = NewLogLine::new("a", 1, "stdout", 7, at(), b"\xff\x00");
        assert_eq!((line.text, line.bytes), (None, Some("/wA=".to_owned())));
        let line = NewLogLine::new("a", 1, "stdout", 7, at(), b"a\0");
        assert_eq!((line.text, line.bytes), (None, Some("YQA=".to_owned())));
        let line = NewLogLine { eol: false, ..NewLogLine::new("a", 1, "stderr", 8, at(), b"end") };
        assert!(serde_json::to_string(&line).unwrap().contains(r#""text":"end","eol":false,"lineNo":8"#));
    }
}
