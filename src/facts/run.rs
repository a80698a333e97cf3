//! The fold: a run's state from its events, one at a time.
//!
//! Live state, `?atSeq`, snapshot, diff, replay and the written projection all come from [`Run::apply`]. The
//! rules are in `docs/execution-contract.md`; its tables are [`super::transition`].

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::declaration::{Declaration, DeclaredNode};
use super::event::{ErrorFact, Event, EventType, Level};
use super::id::NodeRef;
use super::json::Json;
use super::status::{NodeStatus, RunStatus};
use super::time::Timestamp;
use super::transition::{node_transition, run_transition};

/// Whether an event could still change the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Applied,
    /// Stored, shown, and without effect on any status.
    Late,
}

/// The state of a run after the events up to `head.head_seq`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Run {
    pub head: RunHead,
    pub documents: RunDocuments,
    /// In the order in which they were declared or first seen.
    pub nodes: IndexMap<NodeRef, Node>,
}

/// What changes with almost every event; written with each append, so that what is not there is left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct RunHead {
    /// `None` before the first event.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<RunStatus>,
    /// The status that the next event brings back, while the run is STALE.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stale_from: Option<RunStatus>,
    pub head_seq: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub workflow: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub engine: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub queued_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub started_at: Option<Timestamp>,
    /// Whether RUN_STARTED itself has been seen, as opposed to a node's start implying it.
    pub start_seen: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub updated_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub completed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub declared_total: Option<u32>,
    pub nodes_seen: u32,
    pub nodes_over: u32,
    pub nodes_awaiting_input: u32,
    pub late_events: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failure: Option<Failure>,
}

/// What is said once or twice in a run's life and may be large.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct RunDocuments {
    pub trigger: Option<Json>,
    pub labels: BTreeMap<String, String>,
    pub inputs: Option<Json>,
    pub result: Option<Json>,
}

/// Why a run did not complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    pub reason: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    /// The node it came from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<String>)]
    pub node_ref: Option<NodeRef>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<Object>)]
    pub details: Option<Json>,
}

/// The state of one node in its current attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    pub status: NodeStatus,
    /// The highest attempt seen; 0 before the first.
    pub attempt: u32,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub completed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub progress: Option<NodeProgress>,
    /// The last message of a NODE_* event.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<ErrorFact>,
    /// Declared dependencies, where there is a workflow.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub needs: Vec<NodeRef>,
    pub counts: NodeCounts,
    /// `seq` of the last event that touched this node: what the projection must write.
    pub changed_seq: u64,
}

/// How far a node says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NodeProgress {
    pub completed: u64,
    pub total: Option<u64>,
}

/// Events of a node, by what catches the eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeCounts {
    pub events: u64,
    pub warnings: u64,
    pub errors: u64,
    pub artifacts: u64,
}

/// Counters over the nodes of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    pub completed_actions: u32,
    pub total_actions: u32,
}

#[derive(Deserialize)]
struct ProgressData {
    completed: Option<u64>,
    total: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EndData {
    #[serde(default)]
    result: Option<Json>,
    #[serde(default)]
    node_ref: Option<NodeRef>,
}

impl Node {
    fn pending(needs: Vec<NodeRef>) -> Self {
        Self {
            status: NodeStatus::Pending,
            attempt: 0,
            started_at: None,
            completed_at: None,
            progress: None,
            message: None,
            error: None,
            needs,
            counts: NodeCounts::default(),
            changed_seq: 0,
        }
    }
}

impl RunHead {
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress {
            completed_actions: self.nodes_over,
            total_actions: self.declared_total.unwrap_or(0).max(self.nodes_seen),
        }
    }
}

impl Run {
    /// The status; QUEUED before any event.
    #[must_use]
    pub fn status(&self) -> RunStatus {
        self.head.status.unwrap_or(RunStatus::Queued)
    }

    #[must_use]
    pub fn progress(&self) -> Progress {
        self.head.progress()
    }

    /// Folds one event in. Never fails: what can't change the state is [`Effect::Late`].
    pub fn apply(&mut self, event: &Event) -> Effect {
        self.head.head_seq = event.seq;
        self.head.updated_at = Some(event.recorded_at);
        if event.kind != EventType::RunStale
            && let Some(before) = self.head.stale_from.take()
        {
            self.head.status = Some(before);
        }
        let effect = if event.kind.is_never_late() {
            self.head.status = Some(self.status());
            Effect::Applied
        } else if event.kind.is_node_lifecycle() {
            self.apply_to_node(event)
        } else {
            self.apply_to_run(event)
        };
        self.count(event);
        if effect == Effect::Late {
            self.head.late_events += 1;
        }
        effect
    }

    fn apply_to_run(&mut self, event: &Event) -> Effect {
        let fresh = self.head.stale_from.or(self.head.status);
        let Some(next) = run_transition(fresh, event.kind, self.head.start_seen) else {
            return Effect::Late;
        };
        if event.kind == EventType::RunStale {
            self.head.stale_from = Some(next);
            self.head.status = Some(RunStatus::Stale);
            return Effect::Applied;
        }
        match event.kind {
            EventType::RunQueued => {
                self.head.queued_at.get_or_insert(event.occurred_at);
                self.declare(event);
            }
            EventType::RunStarted => {
                self.head.start_seen = true;
                self.head.started_at.get_or_insert(event.occurred_at);
                self.declare(event);
            }
            _ => {
                self.head.completed_at = Some(event.occurred_at);
                self.conclude(event, next);
            }
        }
        self.head.status = Some(next);
        Effect::Applied
    }

    /// Takes what RUN_QUEUED or RUN_STARTED says of the run; what is known already stays.
    fn declare(&mut self, event: &Event) {
        let Some(said) = event.data.as_ref().and_then(Json::read::<Declaration>) else { return };
        let text = |json: Option<Json>| json.and_then(|json| json.read::<String>());
        let present = |json: Option<Json>| json.filter(|json| json.get() != "null");
        self.head.workflow = self.head.workflow.take().or_else(|| text(said.workflow));
        self.head.engine = self.head.engine.take().or_else(|| text(said.engine));
        self.head.declared_total =
            self.head.declared_total.or_else(|| said.total_actions.and_then(|json| json.read()));
        self.documents.trigger = self.documents.trigger.take().or_else(|| present(said.trigger));
        self.documents.inputs = self.documents.inputs.take().or_else(|| present(said.inputs));
        if self.documents.labels.is_empty() {
            self.documents.labels = said.labels.and_then(|json| json.read()).unwrap_or_default();
        }
        let declared: Vec<DeclaredNode> = said.nodes.and_then(|json| json.read()).unwrap_or_default();
        for node in declared {
            let (node_ref, needs) = match node {
                DeclaredNode::Name(node_ref) => (node_ref, Vec::new()),
                DeclaredNode::Full { node_ref, needs } => (node_ref, needs),
            };
            let node = self.node_mut(node_ref);
            node.needs = needs;
            node.changed_seq = event.seq;
        }
    }

    /// Notes result or failure of a run that ends.
    fn conclude(&mut self, event: &Event, status: RunStatus) {
        let data = event.data.as_ref().and_then(Json::read::<EndData>);
        let (result, named_node) = data.map_or((None, None), |data| (data.result, data.node_ref));
        self.documents.result = result;
        if status == RunStatus::Completed {
            return;
        }
        let failed = self.nodes.iter().find(|(_, node)| node.status == NodeStatus::Failed);
        let from_node = failed.and_then(|(_, node)| node.error.clone());
        let node_ref = event.node_ref.clone().or(named_node).or_else(|| failed.map(|(name, _)| name.clone()));
        let default_reason = match status {
            RunStatus::Cancelled => "cancelled",
            RunStatus::Terminated => "terminated",
            RunStatus::TimedOut => "timed out",
            _ => "failed without a reason given",
        };
        let said = event.error_fact().or_else(|| {
            let message = event.message.clone()?;
            Some(ErrorFact { message, code: None, kind: None, details: None })
        });
        let error = said.or(from_node).unwrap_or_else(|| ErrorFact {
            message: default_reason.into(),
            code: None,
            kind: None,
            details: None,
        });
        self.head.failure =
            Some(Failure { reason: error.message, code: error.code, node_ref, details: error.details });
    }

    fn apply_to_node(&mut self, event: &Event) -> Effect {
        let run_is_over = self.head.status.is_some_and(RunStatus::is_terminal);
        let (Some(node_ref), false) = (event.node_ref.clone(), run_is_over) else {
            return Effect::Late;
        };
        let attempt = event.attempt.unwrap_or(1);
        let node = self.node_mut(node_ref);
        let before = node.status;
        if attempt < node.attempt {
            return Effect::Late;
        }
        let is_new_attempt = attempt > node.attempt;
        let from = if is_new_attempt { NodeStatus::Pending } else { before };
        let Some(next) = node_transition(from, event.kind) else { return Effect::Late };
        if is_new_attempt {
            node.attempt = attempt;
            node.started_at = None;
            node.completed_at = None;
            node.progress = None;
            node.error = None;
        }
        node.status = next;
        node.changed_seq = event.seq;
        note_node_details(node, event);
        self.head.nodes_over = counted(self.head.nodes_over, before.is_over(), next.is_over());
        let awaits = |status| status == NodeStatus::AwaitingInput;
        self.head.nodes_awaiting_input =
            counted(self.head.nodes_awaiting_input, awaits(before), awaits(next));
        self.head.started_at.get_or_insert(event.occurred_at);
        self.head.status = Some(if self.head.nodes_awaiting_input > 0 {
            RunStatus::AwaitingInput
        } else {
            RunStatus::Running
        });
        Effect::Applied
    }

    /// The node, made PENDING when it was unknown.
    fn node_mut(&mut self, node_ref: NodeRef) -> &mut Node {
        let seen = &mut self.head.nodes_seen;
        self.nodes.entry(node_ref).or_insert_with(|| {
            *seen += 1;
            Node::pending(Vec::new())
        })
    }

    /// Counts the event for its node, if that is a known one.
    fn count(&mut self, event: &Event) {
        let Some(node) = event.node_ref.as_ref().and_then(|name| self.nodes.get_mut(name)) else { return };
        node.counts.events += 1;
        node.counts.warnings += u64::from(event.level == Level::Warn);
        node.counts.errors += u64::from(event.level == Level::Error);
        node.counts.artifacts += u64::from(event.kind == EventType::ArtifactRecorded);
        node.changed_seq = event.seq;
    }
}

fn counted(count: u32, before: bool, after: bool) -> u32 {
    match (before, after) {
        (false, true) => count + 1,
        (true, false) => count.saturating_sub(1),
        _ => count,
    }
}

/// Times, progress, message and error that an applied event gives its node.
fn note_node_details(node: &mut Node, event: &Event) {
    match event.kind {
        EventType::NodeSkipped => {}
        _ => {
            node.started_at.get_or_insert(event.occurred_at);
        }
    }
    if node.status.is_over() || node.status == NodeStatus::Retrying {
        node.completed_at = Some(event.occurred_at);
    } else {
        node.completed_at = None;
    }
    if event.kind == EventType::NodeProgress
        && let Some(said) = event.data.as_ref().and_then(Json::read::<ProgressData>)
        && let Some(completed) = said.completed
    {
        let total = said.total.or(node.progress.and_then(|progress| progress.total));
        node.progress = Some(NodeProgress { completed, total });
    }
    if event.message.is_some() {
        node.message.clone_from(&event.message);
    }
    if let Some(error) = event.error_fact() {
        node.error = Some(error);
    }
}
