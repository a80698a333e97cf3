//! What a flush will write for one run's log: pure, from its state and the requests.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use super::line::{LogStream, NewLine, StreamName};
use super::state::{LogState, StreamState, last_line};
use crate::facts::id::{NodeRef, RunKey};
use crate::store::db::DbError;

/// Largest chunk before compression: what one reader has to decompress to get one line.
const CHUNK_PLAIN_BYTES: usize = 256 * 1024;
/// The fastest level: lines repeat themselves so much that higher ones gain little.
const ZSTD_LEVEL: i32 = 1;

/// What a lane is asked to do for one run.
#[derive(Debug)]
pub(super) enum LogWork {
    Append(Vec<NewLine>),
    /// Tells what a stream holds at this moment; nothing is written.
    Seal(StreamName),
    /// Marks a stream closed as of that many lines.
    MarkClosed(StreamName, u64),
}

/// What a stream holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub name: StreamName,
    pub lines: u64,
    pub bytes: u64,
    /// SHA-256 over the raw bytes, newlines included, in hexadecimal.
    pub sha256: String,
    /// Whether it is marked closed at just this many lines.
    pub already_closed: bool,
}

/// The answer to lines: all of them are durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogsAppended {
    pub accepted: u64,
    pub duplicates: u64,
    pub head_log_seq: u64,
}

/// The answer to a piece of work.
#[derive(Debug, Clone)]
pub(super) enum LogDone {
    Appended(LogsAppended),
    Sealed(Sealed),
    Marked,
}

/// Why lines were not taken.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LogError {
    /// Nothing was acknowledged; lines with a number may safely be sent again.
    #[error("the database is not there: {0}")]
    Unavailable(String),
    /// The database refused this very request.
    #[error("the database refused the lines: {0}")]
    Rejected(String),
    /// Lines are missing in between; nothing of the request was stored.
    #[error(
        "line {given} of node {}, attempt {}, {} does not follow: expected {expected}",
        name.node_ref, name.attempt, name.stream
    )]
    Gap { name: StreamName, given: u64, expected: u64 },
    /// As much waits for Loki as may; nothing of the request was stored.
    #[error("the log spool is full")]
    SpoolFull,
    /// The run has been claimed again since, or is over.
    #[error("the claim is over")]
    ClaimLost,
}

/// Lines that a transaction made durable, for those who watch.
#[derive(Debug, Clone)]
pub struct LinesCommitted {
    pub run_key: RunKey,
    pub head_log_seq: u64,
    /// In logSeq order; empty where only the head is known.
    pub lines: Vec<CommittedLine>,
    pub committed_at: Instant,
}

/// A line as it was committed.
#[derive(Debug, Clone)]
pub struct CommittedLine {
    pub log_seq: u64,
    pub json: Arc<[u8]>,
}

/// A chunk, ready to be written.
#[derive(Debug)]
pub(super) struct Chunk {
    pub first: u64,
    pub last: u64,
    pub nodes: BTreeSet<NodeRef>,
    pub plain_bytes: usize,
    pub body: Vec<u8>,
}

/// One run's part of a flush.
#[derive(Debug)]
pub(super) struct LogPlan {
    pub key: RunKey,
    /// The version and the head before.
    pub expected: u64,
    pub head_before: u64,
    pub state: LogState,
    /// Whether an answer leans on the state being true, though nothing is written that would prove it.
    pub needs_proof: bool,
    pub touched: HashSet<StreamName>,
    pub chunks: Vec<Chunk>,
    pub lines: Vec<CommittedLine>,
    /// One for each piece of work, in order.
    pub answers: Vec<Result<LogDone, LogError>>,
    pub accepted: BTreeMap<LogStream, u64>,
}

/// Folds `work` onto `state`.
pub(super) fn plan<'w>(
    key: RunKey,
    state: LogState,
    work: impl Iterator<Item = &'w LogWork>,
) -> Result<LogPlan, DbError> {
    let mut plan = LogPlan {
        key,
        expected: state.version,
        head_before: state.head,
        state,
        needs_proof: false,
        touched: HashSet::new(),
        chunks: Vec::new(),
        lines: Vec::new(),
        answers: Vec::new(),
        accepted: BTreeMap::new(),
    };
    let mut pen = Pen::default();
    for piece in work {
        let answer = match piece {
            LogWork::Append(lines) => match first_gap(&plan.state, lines) {
                Some(gap) => {
                    plan.needs_proof = true;
                    Err(gap)
                }
                None => Ok(LogDone::Appended(append(&mut plan, &mut pen, lines)?)),
            },
            LogWork::Seal(name) => {
                plan.needs_proof = true;
                Ok(LogDone::Sealed(seal(&plan.state, name)))
            }
            LogWork::MarkClosed(name, lines) => {
                plan.state.streams.entry(name.clone()).or_default().closed_at_lines = Some(*lines);
                plan.touched.insert(name.clone());
                Ok(LogDone::Marked)
            }
        };
        plan.answers.push(answer);
    }
    pen.finish(&mut plan.chunks)?;
    plan.state.version += u64::from(!plan.touched.is_empty());
    Ok(plan)
}

/// The first line that leaves a number out; a request is taken whole or not at all.
fn first_gap(state: &LogState, lines: &[NewLine]) -> Option<LogError> {
    let mut counts: HashMap<&StreamName, u64> = HashMap::new();
    for line in lines {
        let count = counts
            .entry(&line.name)
            .or_insert_with(|| state.streams.get(&line.name).map_or(0, |stream| stream.lines));
        let expected = *count + 1;
        match line.line_no {
            Some(given) if given > expected => {
                return Some(LogError::Gap { name: line.name.clone(), given, expected });
            }
            Some(given) if given < expected => {}
            _ => *count = expected,
        }
    }
    None
}

fn append(plan: &mut LogPlan, pen: &mut Pen, lines: &[NewLine]) -> Result<LogsAppended, DbError> {
    let (mut accepted, mut duplicates) = (0, 0);
    for line in lines {
        if !plan.state.streams.contains_key(&line.name) {
            plan.state.streams.insert(line.name.clone(), StreamState::default());
        }
        let Some(stream) = plan.state.streams.get_mut(&line.name) else { continue };
        if line.line_no.is_some_and(|line_no| line_no <= stream.lines) {
            duplicates += 1;
            continue;
        }
        let late = stream.closed_at_lines.is_some();
        stream.push(line);
        stream.last_line = Some(last_line(line));
        plan.state.head += 1;
        let json = line
            .encode(plan.state.head, stream.lines, late)
            .map_err(|e| DbError::Shape(format!("log line: {e}")))?;
        pen.write(plan.state.head, &line.name.node_ref, &json, &mut plan.chunks)?;
        plan.lines.push(CommittedLine { log_seq: plan.state.head, json: json.into() });
        if !plan.touched.contains(&line.name) {
            plan.touched.insert(line.name.clone());
        }
        *plan.accepted.entry(line.name.stream).or_default() += 1;
        accepted += 1;
    }
    Ok(LogsAppended { accepted, duplicates, head_log_seq: plan.state.head })
}

fn seal(state: &LogState, name: &StreamName) -> Sealed {
    let empty = StreamState::default();
    let stream = state.streams.get(name).unwrap_or(&empty);
    Sealed {
        name: name.clone(),
        lines: stream.lines,
        bytes: stream.bytes,
        sha256: stream.sha256(),
        already_closed: stream.closed_at_lines == Some(stream.lines),
    }
}

/// Writes lines into chunks.
#[derive(Default)]
struct Pen {
    plain: Vec<u8>,
    first: u64,
    last: u64,
    nodes: BTreeSet<NodeRef>,
}

impl Pen {
    fn write(
        &mut self,
        log_seq: u64,
        node: &NodeRef,
        json: &[u8],
        out: &mut Vec<Chunk>,
    ) -> Result<(), DbError> {
        if !self.plain.is_empty() && self.plain.len() + json.len() > CHUNK_PLAIN_BYTES {
            self.finish(out)?;
        }
        if self.plain.is_empty() {
            self.first = log_seq;
        }
        self.last = log_seq;
        if !self.nodes.contains(node) {
            self.nodes.insert(node.clone());
        }
        self.plain.extend_from_slice(json);
        self.plain.push(b'\n');
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<Chunk>) -> Result<(), DbError> {
        if self.plain.is_empty() {
            return Ok(());
        }
        let body = zstd::bulk::compress(&self.plain, ZSTD_LEVEL)
            .map_err(|e| DbError::Shape(format!("log chunk: {e}")))?;
        let nodes = std::mem::take(&mut self.nodes);
        out.push(Chunk { first: self.first, last: self.last, nodes, plain_bytes: self.plain.len(), body });
        self.plain.clear();
        Ok(())
    }
}
