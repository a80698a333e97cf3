//! A line of output, on its way in and as it is read back.

use std::borrow::Cow;
use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;

use super::encode::{LineJson, StreamJson};
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

/// Lines on their way in, in order. Each names its stream by its place in a list, since thousands of them share a few.
#[derive(Debug, Clone, Default)]
pub struct NewLines {
    /// Each of them once.
    streams: Vec<StreamName>,
    places: HashMap<StreamName, usize>,
    last_stream: usize,
    lines: Vec<NewLine>,
}

/// A line on its way in.
#[derive(Debug, Clone)]
pub struct NewLine {
    /// As [`NewLines::stream`] has given it.
    pub stream: usize,
    pub at: Timestamp,
    /// The raw bytes, without the newline.
    pub bytes: Bytes,
    /// Whether a newline followed.
    pub eol: bool,
    /// From 1 within its stream.
    pub line_no: Option<u64>,
    /// Whether it is a further part of the line before it, which was too long to be kept in one piece.
    pub is_further_part: bool,
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

/// The storage form, read; [`super::encode`] writes it.
#[derive(Deserialize)]
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
    #[serde(default, borrow)]
    pub bytes: Option<Cow<'a, str>>,
    #[serde(default = "yes")]
    pub eol: bool,
    #[serde(default)]
    pub late: bool,
}

fn yes() -> bool {
    true
}

impl NewLines {
    #[must_use]
    pub fn with_capacity(lines: usize) -> Self {
        Self { lines: Vec::with_capacity(lines), ..Self::default() }
    }

    /// The number that stands for a stream in the lines.
    pub fn stream(&mut self, name: StreamName) -> usize {
        self.last_stream = *self.places.entry(name).or_insert_with_key(|name| {
            self.streams.push(name.clone());
            self.streams.len() - 1
        });
        self.last_stream
    }

    /// The stream that was asked for last, with its number: most likely the next line's too.
    #[must_use]
    pub fn last_stream(&self) -> Option<(usize, &StreamName)> {
        self.streams.get(self.last_stream).map(|name| (self.last_stream, name))
    }

    pub fn push(&mut self, line: NewLine) {
        debug_assert!(line.stream < self.streams.len(), "a line of a stream that was not named");
        self.lines.push(line);
    }

    #[must_use]
    pub fn streams(&self) -> &[StreamName] {
        &self.streams
    }

    #[must_use]
    pub fn lines(&self) -> &[NewLine] {
        &self.lines
    }
}

impl<'a> Wire<'a> {
    /// Reads a stored line's parts.
    pub(super) fn read(json: &'a [u8]) -> Result<Self, DbError> {
        if let Some(wire) = LineView::of(json).and_then(|view| Self::of_view(&view)) {
            return Ok(wire);
        }
        serde_json::from_slice(json).map_err(|error| DbError::Shape(format!("log line: {error}")))
    }

    fn of_view(view: &LineView<'a>) -> Option<Self> {
        let (text, bytes) = view.text()?;
        Some(Self {
            log_seq: view.log_seq,
            node_ref: Cow::Borrowed(view.node_ref),
            attempt: view.attempt,
            stream: view.stream,
            line_no: view.line_no,
            at: view.at()?.parse().ok()?,
            text,
            bytes: bytes.map(Cow::Borrowed),
            eol: view.eol,
            late: view.late,
        })
    }

    /// The line as readers get it; `bytes` are its raw bytes.
    pub(super) fn stored(&self, bytes: Bytes) -> Result<StoredLine, DbError> {
        let shape = |detail: String| DbError::Shape(format!("log line: {detail}"));
        let node_ref = self.node_ref.parse().map_err(|e| shape(format!("{e}")))?;
        let name = StreamName { node_ref, attempt: self.attempt, stream: self.stream };
        let (log_seq, line_no, eol) = (self.log_seq, self.line_no, self.eol);
        let mut json = Vec::new();
        let line = LineJson { log_seq, line_no, at: self.at, bytes: &bytes, eol, late: self.late };
        StreamJson::of(&name).put(&line, &mut json);
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
            Some(encoded) => STANDARD.decode(encoded.as_bytes()).map_err(|e| fault(&e))?.into(),
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
