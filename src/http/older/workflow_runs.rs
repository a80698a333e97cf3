//! A run's status and trace, as ShipSec Studio's clients ask for them.

use serde::Serialize;
use utoipa::ToSchema;

use super::words::trace_type;
use crate::facts::event::{Event, EventType, Level};
use crate::facts::id::NodeRef;
use crate::facts::json::Json;
use crate::facts::run::Progress;
use crate::facts::status::RunStatus;
use crate::facts::time::Timestamp;
use crate::http::app::SharedApp;
use crate::http::endpoint::Call;
use crate::http::events::EVENTS_PAGE_MAX;
use crate::http::problem::Problem;
use crate::http::query::SEQ_MAX;
use crate::http::{Response, schema};
use crate::store::journal::read::{self, EventFilter};
use crate::store::runs;

/// What stands where the name of Temporal's task queue did.
const TASK_QUEUE: &str = "telltale";

/// The status of a run.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OlderStatus {
    run_id: String,
    workflow_id: Option<String>,
    status: RunStatus,
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    completed_at: Option<Timestamp>,
    task_queue: &'static str,
    history_length: u64,
    progress: Progress,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<OlderFailure>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OlderFailure {
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    temporal_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    details: Option<Json>,
}

/// What happened to a run's nodes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Trace {
    run_id: String,
    events: Vec<TraceEvent>,
    /// Of the last event, to go on behind it; missing where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TraceEvent {
    /// The seq in decimal.
    id: String,
    run_id: String,
    #[schema(value_type = String)]
    node_id: NodeRef,
    r#type: &'static str,
    level: Level,
    #[schema(value_type = String, format = DateTime)]
    timestamp: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    error: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    output_summary: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    data: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Json>,
}

/// GET /workflows/runs/{runId}/status
pub async fn status(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let run_id = call.head.run_id()?;
    let state = runs::state(&app.core.db, call.head.organization(), &run_id).await?;
    let (key, run) = state.ok_or_else(Problem::no_such_run)?;
    let (status, progress, head) = (run.status(), run.progress(), run.head);
    let started_at = head.started_at.or(head.queued_at).unwrap_or_else(|| key.registered_at());
    let failure = head.failure.map(|failure| OlderFailure {
        reason: failure.reason,
        temporal_code: failure.code,
        details: failure.details,
    });
    Ok(schema::json(&OlderStatus {
        run_id: run_id.to_string(),
        workflow_id: head.workflow,
        status,
        started_at,
        updated_at: head.updated_at.unwrap_or(started_at),
        completed_at: head.completed_at,
        task_queue: TASK_QUEUE,
        history_length: head.head_seq,
        progress,
        failure,
    }))
}

/// GET /workflows/runs/{runId}/trace
pub async fn trace(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let limit = query.limit(EVENTS_PAGE_MAX, EVENTS_PAGE_MAX);
    let after = query.number("cursor", 0..=SEQ_MAX).unwrap_or(0);
    query.check()?;
    let run_id = call.head.run_id()?;
    let db = &app.core.db;
    let row = runs::find(db, call.head.organization(), &run_id).await?.ok_or_else(Problem::no_such_run)?;
    let kinds = EventType::ALL.iter().copied().filter(|kind| trace_type(*kind).is_some()).collect();
    let filter = EventFilter { kinds, ..EventFilter::default() };
    let stored = read::events(db, row.run_key, after, row.head_seq, limit, &filter).await?;
    let mut events = Vec::with_capacity(stored.len());
    for stored in &stored {
        let event = Event::from_stored(stored.seq, stored.recorded_at, &stored.body)
            .map_err(|error| Problem::internal(format!("event {} of {run_id}: {error}", stored.seq)))?;
        events.extend(traced(run_id.as_str(), event));
    }
    let cursor = stored.last().map(|last| last.seq.to_string());
    Ok(schema::json(&Trace { run_id: run_id.to_string(), events, cursor }))
}

/// An event as a trace has it; `None` where it is about no node.
fn traced(run_id: &str, event: Event) -> Option<TraceEvent> {
    Some(TraceEvent {
        id: event.seq.to_string(),
        run_id: run_id.to_owned(),
        r#type: trace_type(event.kind)?,
        node_id: event.node_ref?,
        level: event.level,
        timestamp: event.occurred_at,
        message: event.message,
        error: event.error,
        output_summary: event.output_summary,
        data: event.data,
        metadata: event.metadata,
    })
}
