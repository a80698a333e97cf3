//! The log store: a run's output lines in order of arrival, in compressed chunks, durable before acknowledged.

use crate::facts::id::{NodeRef, RunKey};
use crate::facts::status::words;
use crate::facts::time::Timestamp;
use crate::store::db::{Db, DbError};

words! {
    /// Which of a process's two outputs.
    LogStream {
        Stdout = "stdout",
        Stderr = "stderr",
    }
}

/// One output of one attempt of a node.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
    pub bytes: bytes::Bytes,
    /// Whether a newline followed.
    pub eol: bool,
    /// From 1 within its stream.
    pub line_no: Option<u64>,
}

/// The answer to lines: all of them are durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogsAppended {
    pub accepted: u64,
    pub duplicates: u64,
    pub head_log_seq: u64,
}

/// Why lines were not taken.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LogError {
    #[error("the database is not there: {0}")]
    Unavailable(String),
    #[error("the database refused the lines: {0}")]
    Rejected(String),
    #[error("line {given} of {} attempt {} {} does not follow: expected {expected}", name.node_ref, name.attempt, name.stream)]
    Gap { name: StreamName, given: u64, expected: u64 },
}

/// The handle that lines go through; cheap to clone.
#[derive(Debug, Clone)]
pub struct Logs {}

/// What is known of a stream without reading its lines.
#[derive(Debug, Clone)]
pub struct StreamSummary {
    pub name: StreamName,
    pub lines: u64,
    pub bytes: u64,
    pub last_line: Option<String>,
    pub closed: bool,
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
    /// The line as clients get it: `{"logSeq":…,"nodeRef":…,"attempt":…,"stream":…,"lineNo":…,"at":…,"text":…}` plus `bytes`
    /// (base64) where the text is not valid UTF-8 and `eol: false` where no newline followed.
    pub json: bytes::Bytes,
    /// The raw bytes, without the newline.
    pub bytes: bytes::Bytes,
    pub eol: bool,
}

/// Lines with `after < logSeq < before`, in order, at most `limit` (the first ones, or with `from_end` the last ones).
pub async fn lines(
    db: &Db,
    run: RunKey,
    after: u64,
    before: Option<u64>,
    limit: u32,
    from_end: bool,
    filter: &LineFilter,
) -> Result<Vec<StoredLine>, DbError> {
    let _ = (db, run, after, before, limit, from_end, filter);
    todo!()
}

/// Every stream of a run.
pub async fn streams(db: &Db, run: RunKey) -> Result<Vec<StreamSummary>, DbError> {
    let _ = (db, run);
    todo!()
}

/// The highest logSeq of a run, 0 without lines.
pub async fn head(db: &Db, run: RunKey) -> Result<u64, DbError> {
    let _ = (db, run);
    todo!()
}
