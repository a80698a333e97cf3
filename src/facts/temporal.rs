//! Temporal's workflow statuses as run statuses (contract, "Statuses").

use super::run::Run;
use super::status::{NodeStatus, RunStatus};

/// What Temporal says about a workflow execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemporalAnswer<'a> {
    /// The execution's status, in any spelling Temporal uses: `RUNNING`, `Running`,
    /// `WORKFLOW_EXECUTION_STATUS_RUNNING`.
    Status(&'a str),
    /// Temporal no longer knows, or never knew, the execution.
    NotFound,
}

/// The run status that Temporal's answer means, given what the trace knows of the run.
#[must_use]
pub fn normalise(answer: TemporalAnswer<'_>, run: &Run) -> RunStatus {
    match answer {
        TemporalAnswer::NotFound => judged_from_trace(run),
        TemporalAnswer::Status(word) => match canonical(word).as_str() {
            "COMPLETED" => RunStatus::Completed,
            "FAILED" => RunStatus::Failed,
            "TERMINATED" => RunStatus::Terminated,
            "TIMEDOUT" => RunStatus::TimedOut,
            "CANCELED" | "CANCELLED" => RunStatus::Cancelled,
            "RUNNING" if run.nodes.values().any(|node| node.status == NodeStatus::AwaitingInput) => {
                RunStatus::AwaitingInput
            }
            _ => RunStatus::Running,
        },
    }
}

/// Upper case, without the enum's prefix and without underscores: `TimedOut`, `TIMED_OUT` and
/// `WORKFLOW_EXECUTION_STATUS_TIMED_OUT` are one word.
fn canonical(word: &str) -> String {
    let upper = word.to_ascii_uppercase();
    upper.strip_prefix("WORKFLOW_EXECUTION_STATUS_").unwrap_or(&upper).replace('_', "")
}

/// Nothing started: STALE. Any node failed: FAILED. All done: COMPLETED. Else FAILED.
fn judged_from_trace(run: &Run) -> RunStatus {
    let started = run.nodes.values().any(|node| node.status != NodeStatus::Pending);
    let failed = run.nodes.values().any(|node| node.status == NodeStatus::Failed);
    let progress = run.progress();
    if !started {
        RunStatus::Stale
    } else if !failed && progress.completed_actions >= progress.total_actions {
        RunStatus::Completed
    } else {
        RunStatus::Failed
    }
}
