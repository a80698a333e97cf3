//! What the engines share: the attempt they are given, what they report meanwhile, and how it ended.
//!
//! An engine knows nothing of events, lines or the server. It sends [`Report`]s into a bounded channel, which is
//! the backpressure that reaches the child: nobody reads its pipe until the reports are taken.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::facts::id::{NodeRef, RunId};
use crate::facts::status::RunStatus;
use crate::facts::time::Timestamp;
use crate::facts::workflow::duration::written;
pub use crate::facts::workflow::model::Resources;

use super::mask::Masker;
use super::output::ResultFile;
use super::spool::Spooled;

/// Reports between an engine and the node's recorder: a few chunks of 64 KiB.
pub const REPORTS_QUEUED: usize = 16;
/// The largest `result.json` that is taken; it is held in memory, once for each attempt that ends.
pub const RESULT_MAX_BYTES: usize = 8 * 1024 * 1024;
/// From the polite signal to the one that can't be refused.
pub const STOP_GRACE: Duration = Duration::from_secs(3);

/// Where a node runs, as its events name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    Docker,
    Process,
}

impl EngineKind {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Process => "process",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StreamName {
    Stdout,
    Stderr,
}

impl StreamName {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

/// One attempt to execute.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub run_id: RunId,
    pub node: NodeRef,
    pub number: u32,
    /// Never empty.
    pub words: Vec<String>,
    pub image: Option<String>,
    /// The node's own variables and the runner's, later ones win.
    pub env: Vec<(String, String)>,
    pub timeout: Option<Duration>,
    /// Cancelled when the attempt has to stop.
    pub stop: CancellationToken,
    /// A terminal for the node. In Docker only; a process has pipes all the same.
    pub tty: bool,
    /// In Docker only; a process has the machine's.
    pub resources: Resources,
    /// Globs over the workspace: which files are kept once the attempt has ended.
    pub artifacts: Vec<String>,
    /// What must not be seen in anything the node says.
    pub masks: Arc<Masker>,
    /// What it was given, as NODE_STARTED tells it: secrets by their names.
    pub inputs: Value,
}

/// What an engine says while the attempt runs.
#[derive(Debug)]
pub enum Report {
    Output(Chunk),
    /// Something for the run's history.
    Note {
        level: NoteLevel,
        text: String,
    },
    /// How far the engine is with something that takes its time: the bytes of a pull.
    Progress {
        completed: u64,
        total: u64,
        message: String,
    },
    /// A file that the attempt leaves.
    Artifact(ArtifactFile),
}

impl Report {
    #[must_use]
    pub fn info(text: impl Into<String>) -> Self {
        Self::Note { level: NoteLevel::Info, text: text.into() }
    }

    #[must_use]
    pub fn warn(text: impl Into<String>) -> Self {
        Self::Note { level: NoteLevel::Warn, text: text.into() }
    }
}

/// The levels of what is noted, as events name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteLevel {
    Debug,
    Info,
    Warn,
    Error,
}

impl NoteLevel {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// A copy of a file that an attempt left, byte-exact: artifacts are not masked.
#[derive(Debug)]
pub struct ArtifactFile {
    /// Its path in the workspace, relative, with `/` between its parts.
    pub name: String,
    /// Removed when this is dropped.
    pub file: Spooled,
    pub bytes: u64,
}

/// Bytes of a stream and when they arrived.
#[derive(Debug)]
pub struct Chunk {
    pub stream: StreamName,
    pub at: Timestamp,
    pub bytes: Bytes,
}

pub type Reports = mpsc::Sender<Report>;

/// How an attempt ended, and the `result.json` it left.
#[derive(Debug)]
pub struct Finished {
    pub exit: Exit,
    pub result: ResultFile,
}

impl Finished {
    /// An end that leaves nothing.
    #[must_use]
    pub fn without_result(exit: Exit) -> Self {
        Self { exit, result: ResultFile::Missing }
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exit {
    Code(i64),
    Signal(i32),
    TimedOut(Duration),
    OutOfMemory,
    /// Because [`Attempt::stop`] was cancelled.
    Stopped,
    /// Nothing was executed. `hopeless` when it would be the same next time.
    NotStarted {
        reason: String,
        hopeless: bool,
    },
    /// The engine lost sight of it.
    Lost {
        reason: String,
    },
    /// Nobody knows: the worker that executed it died.
    WorkerLost,
    /// The run that it called did not complete.
    Called {
        run_id: RunId,
        status: RunStatus,
        reason: Option<String>,
    },
    /// A person was asked and did not answer in time.
    NotAnswered(Duration),
    /// As an earlier worker of the run has recorded it.
    Recorded {
        code: String,
        sentence: String,
    },
}

impl Exit {
    /// An exit before anything ran.
    #[must_use]
    pub fn not_started(reason: impl Into<String>, hopeless: bool) -> Finished {
        Finished::without_result(Self::NotStarted { reason: reason.into(), hopeless })
    }

    /// The same end without secrets in its reason.
    #[must_use]
    pub fn masked(self, masker: &Masker) -> Self {
        match self {
            Self::NotStarted { reason, hopeless } => {
                Self::NotStarted { reason: masker.mask_text(&reason), hopeless }
            }
            Self::Lost { reason } => Self::Lost { reason: masker.mask_text(&reason) },
            other => other,
        }
    }

    /// The stable word of an error's `code`.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Code(code) => format!("exit-{code}"),
            Self::Signal(signal) => format!("signal-{signal}"),
            Self::TimedOut(_) => "timeout".to_owned(),
            Self::OutOfMemory => "out-of-memory".to_owned(),
            Self::Stopped => "cancelled".to_owned(),
            Self::NotStarted { .. } => "not-started".to_owned(),
            Self::Lost { .. } => "lost".to_owned(),
            Self::WorkerLost => "worker-lost".to_owned(),
            Self::Called { .. } => "called-run-failed".to_owned(),
            Self::NotAnswered(_) => "not-answered".to_owned(),
            Self::Recorded { code, .. } => code.clone(),
        }
    }

    /// The error's `type`: whose fault it is.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Code(_) | Self::Signal(_) | Self::Called { .. } | Self::Recorded { .. } => "NodeError",
            Self::TimedOut(_) | Self::NotAnswered(_) => "TimeoutError",
            Self::OutOfMemory => "ResourceError",
            Self::Stopped => "Cancelled",
            Self::NotStarted { .. } | Self::Lost { .. } | Self::WorkerLost => "EngineError",
        }
    }

    /// The sentence for people.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Code(code) => format!("exited with status {code}"),
            Self::Signal(signal) => format!("was killed by signal {signal}"),
            Self::TimedOut(limit) => format!("did not finish within {}", written(*limit)),
            Self::OutOfMemory => "needed more memory than a node may have".to_owned(),
            Self::Stopped => "was stopped".to_owned(),
            Self::NotStarted { reason, .. } => format!("did not start: {reason}"),
            Self::Lost { reason } => format!("was lost: {reason}"),
            Self::WorkerLost => "was lost with the worker that executed it".to_owned(),
            Self::Called { run_id, status, reason: None } => {
                format!("called the run {run_id}, which ended as {status}")
            }
            Self::Called { run_id, status, reason: Some(reason) } => {
                format!("called the run {run_id}, which ended as {status}: {reason}")
            }
            Self::NotAnswered(limit) => format!("was not answered within {}", written(*limit)),
            Self::Recorded { sentence, .. } => sentence.clone(),
        }
    }
}

/// The time on this machine's clock, in the wire's microseconds.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
    // Outside of the years 1 to 9999 only by a broken clock; the epoch is as wrong as any other answer then.
    Timestamp::from_micros(micros).unwrap_or_else(epoch)
}

fn epoch() -> Timestamp {
    Timestamp::from_micros(0).unwrap_or_else(|| unreachable!("the epoch is between the years 1 and 9999"))
}

/// How long something may take that may have begun with a worker before this one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limit {
    pub whole: Option<Duration>,
    pub age: Duration,
}

impl Limit {
    /// Waits for its end, for ever where there is none; gives the whole limit.
    pub async fn is_up(self) -> Duration {
        time_is_up(self.whole.map(|whole| whole.saturating_sub(self.age))).await;
        self.whole.unwrap_or_default()
    }
}

/// Waits for the end of the attempt's time, for ever when it has no limit.
pub async fn time_is_up(timeout: Option<Duration>) -> Duration {
    match timeout {
        Some(limit) => {
            tokio::time::sleep(limit).await;
            limit
        }
        None => std::future::pending().await,
    }
}
