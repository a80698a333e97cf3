//! What a flush will write for one run's log: pure, from its state and the requests.

use std::collections::{BTreeMap, HashSet};
use std::time::Instant;

use super::encode::{LineJson, StreamJson};
use super::line::{LogStream, NewLine, NewLines, StreamName};
use super::pen::{Chunk, Packer, Pen, PlainChunk};
use super::state::{LogState, StreamState, last_line};
use crate::facts::id::RunKey;
use crate::store::db::DbError;

/// What a lane is asked to do for one run.
#[derive(Debug)]
pub(super) enum LogWork {
    Append(NewLines),
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
    /// Whether lines came to a stream that was new or had been closed.
    pub opened: bool,
}

/// The answer to a piece of work.
#[derive(Debug, Clone)]
pub(super) enum LogDone {
    Appended(LogsAppended),
    Sealed(Sealed),
    /// Whether the stream still held just as many lines.
    Marked(bool),
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
    /// The run was purged.
    #[error("the run was purged")]
    Purged,
}

/// Lines that a transaction made durable, for those who watch.
#[derive(Debug, Clone)]
pub struct LinesCommitted {
    pub run_key: RunKey,
    pub head_log_seq: u64,
    /// The new lines, in logSeq order; empty where only the head is known.
    pub chunks: Vec<PlainChunk>,
    pub committed_at: Instant,
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
    pub plain: Vec<PlainChunk>,
    /// One for each piece of work, in order.
    pub answers: Vec<Result<LogDone, LogError>>,
    pub accepted: BTreeMap<LogStream, u64>,
}

/// Folds `work` onto `state`.
pub(super) fn plan<'w>(
    key: RunKey,
    state: LogState,
    work: impl Iterator<Item = &'w LogWork>,
    packer: &mut Packer,
) -> Result<LogPlan, DbError> {
    let mut plan = LogPlan {
        key,
        expected: state.version,
        head_before: state.head,
        state,
        needs_proof: false,
        touched: HashSet::new(),
        chunks: Vec::new(),
        plain: Vec::new(),
        answers: Vec::new(),
        accepted: BTreeMap::new(),
    };
    let mut pen = Pen::new(packer);
    for piece in work {
        let answer = match piece {
            _ if plan.state.is_purged => Err(LogError::Purged),
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
                let stream = plan.state.streams.entry(name.clone()).or_default();
                stream.closed_at_lines = Some(*lines);
                plan.touched.insert(name.clone());
                Ok(LogDone::Marked(stream.lines == *lines))
            }
        };
        plan.answers.push(answer);
    }
    (plan.chunks, plan.plain) = pen.finish()?;
    plan.state.version += u64::from(!plan.touched.is_empty());
    Ok(plan)
}

/// The first line that leaves a number out; a request is taken whole or not at all.
fn first_gap(state: &LogState, new: &NewLines) -> Option<LogError> {
    let count = |name| state.streams.get(name).map_or(0, StreamState::numbered_lines);
    let mut counts: Vec<u64> = new.streams().iter().map(count).collect();
    for line in new.lines().iter().filter(|line| !line.is_further_part) {
        let expected = counts[line.stream] + 1;
        match line.line_no {
            Some(given) if given > expected => {
                let name = new.streams()[line.stream].clone();
                return Some(LogError::Gap { name, given, expected });
            }
            Some(given) if given < expected => {}
            _ => counts[line.stream] = expected,
        }
    }
    None
}

/// A stream while lines of one request are taken into it.
struct Open<'l> {
    state: StreamState,
    json: StreamJson,
    accepted: u64,
    last: Option<&'l NewLine>,
}

fn append(plan: &mut LogPlan, pen: &mut Pen<'_>, new: &NewLines) -> Result<LogsAppended, DbError> {
    let streams = &mut plan.state.streams;
    let open = |name| Open {
        state: streams.remove(name).unwrap_or_default(),
        json: StreamJson::of(name),
        accepted: 0,
        last: None,
    };
    let mut open: Vec<Open<'_>> = new.streams().iter().map(open).collect();
    let (mut duplicates, mut is_duplicate, mut opened) = (0, false, false);
    for line in new.lines() {
        let stream = &mut open[line.stream];
        if !line.is_further_part {
            is_duplicate = line.line_no.is_some_and(|line_no| line_no <= stream.state.numbered_lines());
            duplicates += u64::from(is_duplicate);
            stream.accepted += u64::from(!is_duplicate);
        }
        if is_duplicate {
            continue;
        }
        let late = stream.state.closed_at_lines.is_some();
        opened |= late || stream.state.lines == 0;
        stream.state.push(line);
        stream.last = Some(line);
        plan.state.head += 1;
        let (log_seq, line_no) = (plan.state.head, stream.state.lines);
        let json = LineJson { log_seq, line_no, at: line.at, bytes: &line.bytes, eol: line.eol, late };
        let node = &new.streams()[line.stream].node_ref;
        pen.write(log_seq, node, |out| stream.json.put(&json, out))?;
    }
    let mut accepted = 0;
    for (Open { mut state, accepted: of_it, last, .. }, name) in open.into_iter().zip(new.streams()) {
        accepted += of_it;
        if let Some(line) = last {
            state.last_line = Some(last_line(line));
            plan.touched.insert(name.clone());
            *plan.accepted.entry(name.stream).or_default() += of_it;
        }
        plan.state.streams.insert(name.clone(), state);
    }
    Ok(LogsAppended { accepted, duplicates, head_log_seq: plan.state.head, opened })
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
