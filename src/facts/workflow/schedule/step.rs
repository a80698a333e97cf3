//! What the schedule and the driver tell each other.

use std::time::Duration;

use crate::facts::status::RunStatus;

use super::join::Because;

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Succeeded,
    /// An approval that was answered with no: the node completes, and what needs it is skipped.
    Rejected,
    /// May be retried.
    Failed,
    /// Its worker died. May be retried.
    Lost,
    /// Must not be retried: the same would happen again (no such image, say).
    Hopeless,
    /// Was told to stop.
    Cancelled,
}

/// Why a run is stopped before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    Cancelled,
    TimedOut,
}

/// How the run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Completed,
    /// `first` failed first; `failed` nodes did in all.
    Failed {
        first: usize,
        failed: usize,
    },
    Stopped(Stop),
}

/// Something for the driver to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Evaluate the node's condition and call `Schedule::decided`, or `Schedule::undecidable` when it has no value.
    Decide { node: usize },
    /// Start this attempt of a command.
    Start { node: usize, attempt: u32 },
    /// Put the question of an approval. `resumed`: it was put already, by a worker that died; nothing is recorded.
    Ask { node: usize, attempt: u32, resumed: bool },
    /// Start the run of another workflow. `resumed`: it was started already, by a worker that died; it is only waited for.
    Call { node: usize, attempt: u32, resumed: bool },
    /// The worker of this attempt died: remember that as its end, and call `Schedule::finished` with [`Outcome::Lost`].
    Lose { node: usize, attempt: u32 },
    /// Record the node as completed, with the output that an earlier run gave it.
    Reuse { node: usize },
    /// Record the node as completed.
    Complete { node: usize, attempt: u32 },
    /// Record the failed attempt and call `Schedule::retry_due` after `delay`.
    Retry { node: usize, attempt: u32, delay: Duration },
    /// Record the node as failed for good.
    Fail { node: usize, attempt: u32 },
    /// Record the node as skipped.
    Skip { node: usize, because: Because },
    /// Tell the working attempt to stop; its end comes as [`Outcome::Cancelled`].
    Halt { node: usize },
    /// Record the node as cancelled; `attempt` is 0 when it never started.
    Cancel { node: usize, attempt: u32 },
    /// Nothing is left.
    End(End),
}

impl End {
    /// The status of a run that ended so.
    #[must_use]
    pub const fn status(self) -> RunStatus {
        match self {
            Self::Completed => RunStatus::Completed,
            Self::Failed { .. } => RunStatus::Failed,
            Self::Stopped(Stop::Cancelled) => RunStatus::Cancelled,
            Self::Stopped(Stop::TimedOut) => RunStatus::TimedOut,
        }
    }
}
