//! What is known of a node when somebody takes a run over, or runs it again from the middle.

use serde_json::Value;

use crate::facts::status::NodeStatus;

use super::model::Kind;
use super::plan::PlanNode;
use super::schedule::Phase;

/// The stored state of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeSoFar {
    pub so_far: SoFar,
    /// The last attempt that began; 0 without one.
    pub attempt: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SoFar {
    Status(NodeStatus),
    /// An approval that was answered with no; its status is COMPLETED.
    Rejected,
    /// Completed in an earlier run, whose output this one takes.
    Reused,
}

impl NodeSoFar {
    pub const PENDING: Self = Self { so_far: SoFar::Status(NodeStatus::Pending), attempt: 0 };
    pub const REUSED: Self = Self { so_far: SoFar::Reused, attempt: 1 };

    /// From what is stored of a node; the output tells a rejected approval from an approved one.
    #[must_use]
    pub fn stored(node: &PlanNode, status: NodeStatus, attempt: u32, output: Option<&Value>) -> Self {
        let is_no =
            || output.and_then(|output| output.get("approved")).is_some_and(|approved| approved == false);
        let rejected =
            matches!(node.spec.kind, Kind::Approval(_)) && status == NodeStatus::Completed && is_no();
        let began = status != NodeStatus::Pending;
        Self {
            so_far: if rejected { SoFar::Rejected } else { SoFar::Status(status) },
            attempt: if began { attempt } else { 0 },
        }
    }

    /// A command dies with its worker; a question and another run go on without one.
    pub(super) fn phase(self, is_command: bool) -> Phase {
        match self.so_far {
            SoFar::Reused => Phase::Completed,
            SoFar::Rejected => Phase::Rejected,
            SoFar::Status(NodeStatus::Running | NodeStatus::AwaitingInput) if is_command => Phase::Lost,
            SoFar::Status(NodeStatus::Running | NodeStatus::AwaitingInput) => Phase::Adopted,
            SoFar::Status(NodeStatus::Pending) => Phase::Waiting,
            SoFar::Status(NodeStatus::Retrying) => Phase::Ready,
            SoFar::Status(NodeStatus::Completed) => Phase::Completed,
            SoFar::Status(NodeStatus::Failed) => Phase::Failed,
            SoFar::Status(NodeStatus::Skipped) => Phase::Skipped,
            SoFar::Status(NodeStatus::Cancelled) => Phase::Cancelled,
        }
    }
}
