//! The API's shapes of a run, from the fold and the log store's summaries.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use utoipa::ToSchema;

use crate::facts::event::ErrorFact;
use crate::facts::id::{NodeRef, OrganizationId, RunId, RunKey};
use crate::facts::json::Json;
use crate::facts::run::{Failure, Node, NodeCounts, NodeProgress, Progress, Run, RunHead};
use crate::facts::status::{NodeStatus, RunStatus};
use crate::facts::time::Timestamp;
use crate::flow::Core;
use crate::store::db::{Db, DbError};
use crate::store::journal;
use crate::store::logs::{self, StreamSummary};
use crate::store::runs::{self, ListedRun};

/// The state of a run.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunState<'a> {
    #[schema(value_type = String)]
    pub run_id: &'a RunId,
    pub workflow: Option<&'a str>,
    pub engine: Option<&'a str>,
    pub status: RunStatus,
    #[schema(value_type = Option<Object>)]
    pub trigger: Option<&'a Json>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub queued_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub updated_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub completed_at: Option<Timestamp>,
    pub head_seq: u64,
    pub progress: Progress,
    pub failure: Option<&'a Failure>,
    pub nodes: Vec<NodeState<'a>>,
    pub labels: &'a BTreeMap<String, String>,
    #[schema(value_type = Option<Object>)]
    pub inputs: Option<&'a Json>,
    #[schema(value_type = Option<Object>)]
    pub result: Option<&'a Json>,
}

/// The state of a node.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeState<'a> {
    #[schema(value_type = String)]
    pub node_ref: &'a NodeRef,
    pub status: NodeStatus,
    pub attempt: u32,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub completed_at: Option<Timestamp>,
    pub progress: Option<NodeProgress>,
    pub message: Option<&'a str>,
    pub error: Option<&'a ErrorFact>,
    #[schema(value_type = Vec<String>)]
    pub needs: &'a [NodeRef],
    /// The last line of the current attempt's output.
    pub last_log_line: Option<&'a str>,
    pub counts: NodeTotals,
}

/// What a node has produced.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeTotals {
    #[serde(flatten)]
    pub events: NodeCounts,
    pub log_lines: u64,
}

/// A run in the list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunSummary<'a> {
    #[schema(value_type = String)]
    pub run_id: &'a RunId,
    pub workflow: Option<&'a str>,
    pub engine: Option<&'a str>,
    pub status: RunStatus,
    #[schema(value_type = Option<Object>)]
    pub trigger: Option<&'a Json>,
    /// When the server first heard of the run, in whole milliseconds: the list is in this order.
    #[schema(value_type = String, format = DateTime)]
    pub registered_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub queued_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub updated_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub completed_at: Option<Timestamp>,
    pub head_seq: u64,
    pub progress: Progress,
    pub failure: Option<&'a Failure>,
    #[schema(value_type = Object)]
    pub labels: &'a Json,
}

/// GET /runs/{runId}: the run as JSON text; `at_seq` as of that event. `None`: no such run, or no such event yet.
pub async fn run_state(
    core: &Core,
    organization: OrganizationId,
    run_id: &RunId,
    at_seq: Option<u64>,
) -> Result<Option<Json>, DbError> {
    let Some(at_seq) = at_seq else {
        return Ok(current_state(&core.db, organization, run_id).await?.map(|(json, _)| json));
    };
    let Some(row) = runs::find(&core.db, organization, run_id).await? else { return Ok(None) };
    if at_seq == 0 || at_seq > row.head_seq {
        return Ok(None);
    }
    let run = journal::read::state_at(&core.db, row.run_key, at_seq).await?;
    let streams = logs::streams(&core.db, row.run_key).await?;
    render(run_id, &run, &streams).map(Some)
}

/// The state as projected now, with the seq it stands at.
pub async fn current_state(
    db: &Db,
    organization: OrganizationId,
    run_id: &RunId,
) -> Result<Option<(Json, u64)>, DbError> {
    let Some((key, run)) = runs::state(db, organization, run_id).await? else { return Ok(None) };
    let streams = logs::streams(db, key).await?;
    Ok(Some((render(run_id, &run, &streams)?, run.head.head_seq)))
}

/// The state of a run whose key is known, as of an event.
pub async fn state_at(db: &Db, run_id: &RunId, key: RunKey, seq: u64) -> Result<Json, DbError> {
    let run = journal::read::state_at(db, key, seq).await?;
    let streams = logs::streams(db, key).await?;
    render(run_id, &run, &streams)
}

fn render(run_id: &RunId, run: &Run, streams: &[StreamSummary]) -> Result<Json, DbError> {
    let mut by_node: HashMap<(&NodeRef, u32), (u64, Option<&str>)> = HashMap::new();
    let mut lines: HashMap<&NodeRef, u64> = HashMap::new();
    for stream in streams {
        *lines.entry(&stream.name.node_ref).or_default() += stream.lines;
        let entry = by_node.entry((&stream.name.node_ref, stream.name.attempt)).or_default();
        if stream.lines > 0 && (entry.1.is_none() || stream.lines > entry.0) {
            *entry = (stream.lines, stream.last_line.as_deref());
        }
    }
    let nodes = run.nodes.iter().map(|(node_ref, node)| {
        let last_log_line = by_node.get(&(node_ref, node.attempt)).and_then(|(_, line)| *line);
        node_state(node_ref, node, last_log_line, lines.get(node_ref).copied().unwrap_or(0))
    });
    let RunHead { workflow, engine, queued_at, started_at, updated_at, completed_at, failure, .. } =
        &run.head;
    let state = RunState {
        run_id,
        workflow: workflow.as_deref(),
        engine: engine.as_deref(),
        status: run.status(),
        trigger: run.documents.trigger.as_ref(),
        queued_at: *queued_at,
        started_at: *started_at,
        updated_at: *updated_at,
        completed_at: *completed_at,
        head_seq: run.head.head_seq,
        progress: run.progress(),
        failure: failure.as_ref(),
        nodes: nodes.collect(),
        labels: &run.documents.labels,
        inputs: run.documents.inputs.as_ref(),
        result: run.documents.result.as_ref(),
    };
    Json::from_value(&state).map_err(|e| DbError::Shape(e.to_string()))
}

fn node_state<'a>(
    node_ref: &'a NodeRef,
    node: &'a Node,
    last_log_line: Option<&'a str>,
    log_lines: u64,
) -> NodeState<'a> {
    NodeState {
        node_ref,
        status: node.status,
        attempt: node.attempt,
        started_at: node.started_at,
        completed_at: node.completed_at,
        progress: node.progress,
        message: node.message.as_deref(),
        error: node.error.as_ref(),
        needs: &node.needs,
        last_log_line,
        counts: NodeTotals { events: node.counts, log_lines },
    }
}

/// A run as the list shows it.
#[must_use]
pub fn run_summary(run: &ListedRun) -> RunSummary<'_> {
    let head = &run.head;
    RunSummary {
        run_id: &run.run_id,
        workflow: head.workflow.as_deref(),
        engine: head.engine.as_deref(),
        status: head.status.unwrap_or(RunStatus::Queued),
        trigger: run.trigger.as_ref(),
        registered_at: run.run_key.registered_at(),
        queued_at: head.queued_at,
        started_at: head.started_at,
        updated_at: head.updated_at,
        completed_at: head.completed_at,
        head_seq: head.head_seq,
        progress: head.progress(),
        failure: head.failure.as_ref(),
        labels: &run.labels,
    }
}
