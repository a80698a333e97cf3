//! What is known of a node when somebody takes a run over, or runs it again from the middle.

use std::collections::VecDeque;

use serde_json::Value;

use crate::facts::status::NodeStatus;

use super::super::model::Kind;
use super::super::plan::{Plan, PlanNode};
use super::join::Needs;
use super::machine::{Facts, Phase, Schedule, Works};

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

impl Schedule {
    /// Of a run that has not begun. At most `jobs` commands (at least one) work at the same time.
    #[must_use]
    pub fn new(plan: &Plan, jobs: usize) -> Self {
        Self::resume(plan, jobs, &[])
    }

    /// Of a run whose stored state is known, by the indexes of the plan; nodes that are missing at the end of
    /// `so_far` are pending. [`Schedule::begin`] gives the first steps, or [`Schedule::stop`] when the run is to be
    /// stopped at once.
    #[must_use]
    pub fn resume(plan: &Plan, jobs: usize, so_far: &[NodeSoFar]) -> Self {
        let count = plan.nodes.len();
        let mut facts: Vec<Facts> = plan
            .nodes
            .iter()
            .map(|node| Facts {
                works: match node.spec.kind {
                    Kind::Command(_) => Works::Command,
                    Kind::Approval(_) => Works::Approval,
                    Kind::Call(_) => Works::Call,
                },
                join: node.spec.join,
                has_condition: node.spec.condition.is_some(),
                retries: node.spec.retries,
                is_finally: node.spec.is_finally,
                needs: node.needs.clone(),
                dependents: Vec::new(),
            })
            .collect();
        for (node, spec) in plan.nodes.iter().enumerate() {
            for need in &spec.needs {
                facts[*need].dependents.push(node);
            }
        }
        let known = |node: usize| so_far.get(node).copied().unwrap_or(NodeSoFar::PENDING);
        let phases: Vec<Phase> =
            (0..count).map(|node| known(node).phase(facts[node].works == Works::Command)).collect();
        let needs =
            facts.iter().map(|facts| Needs::of(facts.needs.iter().map(|need| phases[*need]))).collect();
        let of = |wanted: &[Phase]| {
            let node = |node: &usize| wanted.contains(&phases[*node]);
            (0..count).filter(node).collect::<Vec<_>>()
        };
        let takes_a_place = |node: &usize| facts[*node].works == Works::Command;
        let (ready, free) = of(&[Phase::Ready]).into_iter().partition(takes_a_place);
        let left = (0..count).filter(|node| !phases[*node].is_over());
        Self {
            attempts: (0..count).map(|node| known(node).attempt).collect(),
            needs,
            reused: (0..count).filter(|node| known(*node).so_far == SoFar::Reused).collect(),
            ready,
            free,
            news: VecDeque::new(),
            running: 0,
            left: left.clone().count(),
            left_before_finally: left.filter(|node| !facts[*node].is_finally).count(),
            jobs: jobs.max(1),
            failures: of(&[Phase::Failed, Phase::Cancelled]),
            begun: false,
            stopped: None,
            stopped_for_good: false,
            ended: false,
            facts,
            phases,
        }
    }
}
