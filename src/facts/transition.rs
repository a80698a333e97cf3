//! The tables of `docs/execution-contract.md` in code: which status follows from a status and an event.
//!
//! Pure and total; a test reads the document and compares every cell. Staleness, attempts and what an event brings beside its
//! type are the fold's part, in [`super::run`].

use super::event::EventType;
use super::status::{NodeStatus, RunStatus};

/// The table of run events: the status after `kind`, or `None` where the event is late. `status` is the status
/// without staleness; `start_seen` tells a started run from one that a node's event started.
#[must_use]
pub fn run_transition(status: Option<RunStatus>, kind: EventType, start_seen: bool) -> Option<RunStatus> {
    use RunStatus::{AwaitingInput, Queued, Running};
    let Some(status) = status else {
        return match kind {
            EventType::RunQueued | EventType::RunStale => Some(Queued),
            EventType::RunStarted => Some(Running),
            _ => kind.terminal_status(),
        };
    };
    if status.is_terminal() {
        return None;
    }
    match kind {
        EventType::RunQueued if status == Queued => Some(Queued),
        EventType::RunStarted if status == Queued => Some(Running),
        EventType::RunStarted if matches!(status, Running | AwaitingInput) && !start_seen => Some(status),
        EventType::RunStale => Some(status),
        _ => kind.terminal_status(),
    }
}

/// The table of node events within one attempt: the status after `kind`, or `None` where the event is late.
#[must_use]
pub fn node_transition(status: NodeStatus, kind: EventType) -> Option<NodeStatus> {
    use NodeStatus::{AwaitingInput, Cancelled, Completed, Failed, Retrying, Running, Skipped};
    if status.is_over() {
        return None;
    }
    match kind {
        EventType::NodeStarted => Some(Running),
        EventType::NodeProgress if status == Retrying => None,
        EventType::NodeProgress if status == AwaitingInput => Some(AwaitingInput),
        EventType::NodeProgress => Some(Running),
        EventType::NodeInputReceived if status == Retrying => None,
        EventType::NodeInputReceived => Some(Running),
        EventType::NodeCompleted => Some(Completed),
        EventType::NodeFailed => Some(Failed),
        EventType::NodeRetrying => Some(Retrying),
        EventType::NodeSkipped => Some(Skipped),
        EventType::NodeCancelled => Some(Cancelled),
        EventType::NodeAwaitingInput => Some(AwaitingInput),
        _ => None,
    }
}
