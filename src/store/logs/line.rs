//! A line of output, and the JSON it is kept and sent as.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::view::LineView;
use crate::facts::id::NodeRef;
use crate::facts::line_pattern::LinePattern;
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
    /// All of them match within the line's bytes.
    pub patterns: Vec<LinePattern>,
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
        let Some(view) = LineView::of(&json) else { return Self::parse(json) };
        let node_ref = view.node_ref.parse().map_err(|e| fault(&e))?;
        let name = StreamName { node_ref, attempt: view.attempt, stream: view.stream };
        let bytes = match (view.raw_in_json(), view.raw()) {
            (Some(place), _) => json.slice(place),
            (None, Some(raw)) => Bytes::from(raw.into_owned()),
            (None, None) => return Self::parse(json),
        };
        let (log_seq, line_no, eol) = (view.log_seq, view.line_no, view.eol);
        Ok(Self { log_seq, name, line_no, json, bytes, eol })
    }

    /// The same for any JSON of these fields.
    pub(super) fn parse(json: Bytes) -> Result<Self, DbError> {
        let wire = Wire::read(&json)?;
        let bytes = match &wire.bytes {
            Some(encoded) => STANDARD.decode(encoded).map_err(|e| fault(&e))?.into(),
            None => Bytes::copy_from_slice(wire.text.as_bytes()),
        };
        let node_ref = wire.node_ref.parse().map_err(|e| fault(&e))?;
        let name = StreamName { node_ref, attempt: wire.attempt, stream: wire.stream };
        let (log_seq, line_no, eol) = (wire.log_seq, wire.line_no, wire.eol);
        Ok(Self { log_seq, name, line_no, json, bytes, eol })
    }
}

fn fault(error: &dyn std::fmt::Display) -> DbError {
    DbError::Shape(format!("log line: {error}"))
}

impl LineFilter {
    #[must_use]
    pub fn accepts(&self, line: &StoredLine) -> bool {
        self.accepts_stream(line.name.node_ref.as_str(), line.name.attempt, line.name.stream)
            && self.accepts_bytes(&line.bytes)
    }

    /// Whether the line that the view shows fits; `None` where its bytes can't be had.
    pub(super) fn accepts_view(&self, view: &LineView<'_>) -> Option<bool> {
        if !self.accepts_stream(view.node_ref, view.attempt, view.stream) {
            return Some(false);
        }
        if self.patterns.is_empty() {
            return Some(true);
        }
        Some(self.accepts_bytes(&view.raw()?))
    }

    /// Whether this filter lets everything through.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.node_ref.is_none() && self.attempt.is_none() && self.stream.is_none() && self.patterns.is_empty()
    }

    /// Whether lines of this stream are meant.
    #[must_use]
    pub fn accepts_name(&self, name: &StreamName) -> bool {
        self.accepts_stream(name.node_ref.as_str(), name.attempt, name.stream)
    }

    fn accepts_stream(&self, node_ref: &str, attempt: u32, stream: LogStream) -> bool {
        self.node_ref.as_ref().is_none_or(|wanted| wanted.as_str() == node_ref)
            && self.attempt.is_none_or(|wanted| wanted == attempt)
            && self.stream.is_none_or(|wanted| wanted == stream)
    }

    fn accepts_bytes(&self, bytes: &[u8]) -> bool {
        self.patterns.iter().all(|pattern| pattern.is_match(bytes))
    }
}
