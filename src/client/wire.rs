//! What a server answers, as a client reads it: unknown fields are passed over and words that a newer
//! server may add stay text, so that an older client keeps working.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::facts::id::RunId;
use crate::facts::json::Json;
use crate::facts::status::{NodeStatus, RunStatus};
use crate::facts::time::Timestamp;

/// A stored event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    pub id: String,
    pub seq: u64,
    pub run_id: RunId,
    pub event_id: Uuid,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub node_ref: Option<String>,
    #[serde(default)]
    pub attempt: Option<u32>,
    #[serde(default)]
    pub level: Option<String>,
    #[serde(default)]
    pub occurred_at: Option<Timestamp>,
    pub recorded_at: Timestamp,
    #[serde(default)]
    pub message: Option<String>,
    #[serde(default)]
    pub data: Option<Json>,
    #[serde(default)]
    pub output_summary: Option<Json>,
    #[serde(default)]
    pub error: Option<Json>,
    #[serde(default)]
    pub metadata: Option<Json>,
}

/// A stored log line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogLine {
    pub log_seq: u64,
    pub node_ref: String,
    #[serde(default = "one")]
    pub attempt: u32,
    pub stream: String,
    #[serde(default)]
    pub line_no: Option<u64>,
    #[serde(default)]
    pub at: Option<Timestamp>,
    #[serde(default)]
    pub text: String,
    /// The exact bytes in base64, where the line is not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    /// Whether a line feed followed; not so for a last line without one.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub eol: bool,
    /// Whether its stream had been closed before.
    #[serde(default, skip_serializing_if = "is_false")]
    pub late: bool,
}

fn is_false(late: &bool) -> bool {
    !*late
}

fn yes() -> bool {
    true
}

fn is_true(eol: &bool) -> bool {
    *eol
}

fn one() -> u32 {
    1
}

/// The body of `POST /api/v1/runs`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateRun {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// The workflow's name, or what else the server takes for one.
    pub workflow: serde_json::Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<BTreeMap<String, String>>,
    /// `local`, `external` or `temporal`
    pub engine: String,
    /// Declared nodes, `[{nodeRef, needs: […]}]`, which show as PENDING until they start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_actions: Option<u64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    #[serde(default)]
    pub completed_actions: u64,
    #[serde(default)]
    pub total_actions: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunFailure {
    #[serde(default)]
    pub reason: String,
    #[serde(default)]
    pub code: Option<String>,
    #[serde(default)]
    pub node_ref: Option<String>,
    #[serde(default)]
    pub details: Option<Json>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeState {
    pub node_ref: String,
    pub status: NodeStatus,
    #[serde(default)]
    pub attempt: u32,
    #[serde(default)]
    pub started_at: Option<Timestamp>,
    #[serde(default)]
    pub completed_at: Option<Timestamp>,
    #[serde(default)]
    pub last_log_line: Option<Json>,
    #[serde(default)]
    pub needs: Vec<String>,
}

/// `GET /api/v1/runs/{runId}`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunState {
    pub run_id: RunId,
    #[serde(default)]
    pub workflow: Option<Json>,
    pub status: RunStatus,
    #[serde(default)]
    pub trigger: Option<Json>,
    #[serde(default)]
    pub queued_at: Option<Timestamp>,
    #[serde(default)]
    pub started_at: Option<Timestamp>,
    #[serde(default)]
    pub updated_at: Option<Timestamp>,
    #[serde(default)]
    pub completed_at: Option<Timestamp>,
    pub head_seq: u64,
    #[serde(default)]
    pub progress: Progress,
    #[serde(default)]
    pub failure: Option<RunFailure>,
    #[serde(default)]
    pub nodes: Vec<NodeState>,
    #[serde(default)]
    pub labels: Option<Json>,
    #[serde(default)]
    pub inputs: Option<Json>,
    #[serde(default)]
    pub result: Option<Json>,
}

/// One row of `GET /api/v1/runs`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunSummary {
    pub run_id: RunId,
    #[serde(default)]
    pub workflow: Option<Json>,
    pub status: RunStatus,
    #[serde(default)]
    pub queued_at: Option<Timestamp>,
    #[serde(default)]
    pub started_at: Option<Timestamp>,
    #[serde(default)]
    pub updated_at: Option<Timestamp>,
    #[serde(default)]
    pub completed_at: Option<Timestamp>,
    #[serde(default)]
    pub head_seq: u64,
    #[serde(default)]
    pub progress: Progress,
    #[serde(default)]
    pub failure: Option<RunFailure>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunPage {
    pub runs: Vec<RunSummary>,
    #[serde(default)]
    pub next_cursor: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventPage {
    pub events: Vec<Event>,
    pub head_seq: u64,
    #[serde(default)]
    pub ended: bool,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogPage {
    pub lines: Vec<LogLine>,
    /// Where to read on, forwards and backwards.
    #[serde(default)]
    pub next_after: Option<u64>,
    #[serde(default)]
    pub next_before: Option<u64>,
    /// `limit`, `time` or `end`: why the page ends where it does.
    #[serde(default)]
    pub stopped: Option<String>,
    #[serde(default)]
    pub complete: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppendResult {
    pub event_id: Uuid,
    pub seq: u64,
    /// `accepted`, `duplicate` or `late`
    pub outcome: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Appended {
    pub head_seq: u64,
    pub results: Vec<AppendResult>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogsAppended {
    pub accepted: u64,
    pub duplicates: u64,
    pub head_log_seq: u64,
}

/// The readable name in a `workflow` or `trigger`, which is a text or an object with a name.
#[must_use]
pub fn name_of(value: Option<&Json>) -> String {
    let Some(value) = value.and_then(Json::read::<serde_json::Value>) else { return String::new() };
    let field = |key: &str| value.get(key).and_then(|v| v.as_str()).map(str::to_owned);
    let name = value.as_str().map(str::to_owned).or_else(|| field("name")).or_else(|| field("id"));
    name.or_else(|| field("type")).unwrap_or_default()
}
