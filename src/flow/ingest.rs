//! The way in: bodies into checked inputs, inputs into durable facts.

use crate::facts::event_input::{EventInput, Fault};
use crate::facts::id::{OrganizationId, RunId};
use crate::facts::json::Json;
use crate::facts::time::Timestamp;
use crate::flow::Core;
use crate::store::journal::{AppendError, Appended};
use crate::store::logs::{LogError, LogsAppended, NewLine, StreamName};

/// How a body of events or lines is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFormat {
    /// One object, or an array of them.
    Json,
    /// One object a line.
    Ndjson,
}

/// A run to be started or registered.
#[derive(Debug, Clone)]
pub struct NewRun {
    pub run_id: RunId,
    pub workflow: String,
    pub engine: &'static str,
    pub inputs: Option<Json>,
    pub trigger: Option<Json>,
    pub labels: Option<Json>,
    pub total_actions: Option<u32>,
    /// `[{nodeRef, needs}]`
    pub nodes: Option<Json>,
}

/// Checks a body of events; every fault of every event is named. Limits: 5,000 events.
pub fn parse_events(
    body: &[u8],
    format: BodyFormat,
    received_at: Timestamp,
) -> Result<Vec<EventInput>, Vec<Fault>> {
    let _ = (body, format, received_at);
    todo!()
}

/// Checks a body of log lines.
pub fn parse_lines(
    body: &[u8],
    format: BodyFormat,
    received_at: Timestamp,
) -> Result<Vec<NewLine>, Vec<Fault>> {
    let _ = (body, format, received_at);
    todo!()
}

/// Appends events to one run, registering it when it is unknown.
pub async fn append(
    core: &Core,
    organization: OrganizationId,
    run_id: RunId,
    events: Vec<EventInput>,
) -> Result<Appended, AppendError> {
    let _ = (core, organization, run_id, events);
    todo!()
}

/// Starts or registers a run: RUN_QUEUED as its first event; an existing run is left as it is (`created` false).
pub async fn create_run(
    core: &Core,
    organization: OrganizationId,
    run: NewRun,
) -> Result<Appended, AppendError> {
    let _ = (core, organization, run);
    todo!()
}

/// Appends log lines to a run, registering it when it is unknown.
pub async fn append_lines(
    core: &Core,
    organization: OrganizationId,
    run_id: RunId,
    lines: Vec<NewLine>,
) -> Result<LogsAppended, LogError> {
    let _ = (core, organization, run_id, lines);
    todo!()
}

/// Closes one output stream: NODE_LOG_CLOSED with what it held. Answers the run's head seq. A stream without a line closes too.
pub async fn close_log(
    core: &Core,
    organization: OrganizationId,
    run_id: RunId,
    stream: StreamName,
) -> Result<u64, LogError> {
    let _ = (core, organization, run_id, stream);
    todo!()
}
