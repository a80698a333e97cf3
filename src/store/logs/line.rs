//! A line of output, and the JSON it is kept and sent as.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::facts::id::NodeRef;
use crate::facts::status::words;
use crate::facts::time::Timestamp;
use crate::store::db::DbError;

words! {
    /// Which of a process's two outputs.
    LogStream {
        Stdout = "stdout",
        Stderr = "stderr",
    }
}

/// One output of one attempt of a node.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamName {
    pub node_ref: NodeRef,
    pub attempt: u32,
    pub stream: LogStream,
}

/// A line on its way in.
#[derive(Debug, Clone)]
pub struct NewLine {
    pub name: StreamName,
    pub at: Timestamp,
    /// The raw bytes, without the newline.
    pub bytes: Bytes,
    /// Whether a newline followed.
    pub eol: bool,
    /// From 1 within its stream.
    pub line_no: Option<u64>,
}

/// What a reader wants of a run's lines; empty means all.
#[derive(Debug, Clone, Default)]
pub struct LineFilter {
    pub node_ref: Option<NodeRef>,
    pub attempt: Option<u32>,
    pub stream: Option<LogStream>,
    /// Matches within the line's text.
    pub pattern: Option<regex::bytes::Regex>,
}

/// A stored line.
#[derive(Debug, Clone)]
pub struct StoredLine {
    pub log_seq: u64,
    pub name: StreamName,
    pub line_no: u64,
    /// The line as clients get it: `{"logSeq":…,"nodeRef":…,"attempt":…,"stream":…,"lineNo":…,"at":…,"text":…}`, with
    /// `bytes` (base64) where the text is not valid UTF-8, `eol: false` where no newline followed, and
    /// `late: true` where its stream had been closed.
    pub json: Bytes,
    /// The raw bytes, without the newline.
    pub bytes: Bytes,
    pub eol: bool,
}

/// The wire and storage form.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wire<'a> {
    pub log_seq: u64,
    #[serde(borrow)]
    pub node_ref: Cow<'a, str>,
    pub attempt: u32,
    pub stream: LogStream,
    pub line_no: u64,
    pub at: Timestamp,
    #[serde(borrow)]
    pub text: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub eol: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub late: bool,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_true(value: &bool) -> bool {
    *value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

impl NewLine {
    /// The line's JSON once its places are known.
    pub(super) fn encode(
        &self,
        log_seq: u64,
        line_no: u64,
        late: bool,
    ) -> Result<Vec<u8>, serde_json::Error> {
        let text = String::from_utf8_lossy(&self.bytes);
        let bytes = matches!(text, Cow::Owned(_)).then(|| STANDARD.encode(&self.bytes));
        serde_json::to_vec(&Wire {
            log_seq,
            node_ref: Cow::Borrowed(self.name.node_ref.as_str()),
            attempt: self.name.attempt,
            stream: self.name.stream,
            line_no,
            at: self.at,
            text,
            bytes,
            eol: self.eol,
            late,
        })
    }
}

impl<'a> Wire<'a> {
    /// Reads a stored line's parts.
    pub(super) fn read(json: &'a [u8]) -> Result<Self, DbError> {
        serde_json::from_slice(json).map_err(|error| DbError::Shape(format!("log line: {error}")))
    }

    /// The line as readers get it; `bytes` are its raw bytes.
    pub(super) fn stored(&self, bytes: Bytes) -> Result<StoredLine, DbError> {
        let shape = |detail: String| DbError::Shape(format!("log line: {detail}"));
        let json = serde_json::to_vec(self).map_err(|e| shape(e.to_string()))?;
        let node_ref = self.node_ref.parse().map_err(|e| shape(format!("{e}")))?;
        let name = StreamName { node_ref, attempt: self.attempt, stream: self.stream };
        let (log_seq, line_no, eol) = (self.log_seq, self.line_no, self.eol);
        Ok(StoredLine { log_seq, name, line_no, json: json.into(), bytes, eol })
    }
}

impl StoredLine {
    /// Reads a line back from its JSON.
    pub(super) fn decode(json: Bytes) -> Result<Self, DbError> {
        let shape = |detail: String| DbError::Shape(format!("log line: {detail}"));
        let wire = Wire::read(&json)?;
        let bytes = match &wire.bytes {
            Some(encoded) => STANDARD.decode(encoded).map_err(|e| shape(e.to_string()))?.into(),
            None => Bytes::copy_from_slice(wire.text.as_bytes()),
        };
        let node_ref = wire.node_ref.parse().map_err(|e| shape(format!("{e}")))?;
        let name = StreamName { node_ref, attempt: wire.attempt, stream: wire.stream };
        let (log_seq, line_no, eol) = (wire.log_seq, wire.line_no, wire.eol);
        Ok(Self { log_seq, name, line_no, json, bytes, eol })
    }
}

impl LineFilter {
    #[must_use]
    pub fn accepts(&self, line: &StoredLine) -> bool {
        self.node_ref.as_ref().is_none_or(|node_ref| *node_ref == line.name.node_ref)
            && self.attempt.is_none_or(|attempt| attempt == line.name.attempt)
            && self.stream.is_none_or(|stream| stream == line.name.stream)
            && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(&line.bytes))
    }
}
