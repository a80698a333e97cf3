//! The shapes of requests and answers: serialised here where the edge makes them, and the source of `/openapi.json`.
//!
//! Events, lines and states are written elsewhere as text; their types here are their description, held against
//! real answers by the tests.

use std::collections::BTreeMap;

use http::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Response;
use super::options::{Part, PartState};
use crate::facts::event::{ErrorFact, EventType, Level};
use crate::facts::event_input::Fault;
use crate::flow::feed::Delivery;
use crate::flow::log_reader::Stopped;
use crate::flow::views::{RunState, RunSummary};
use crate::store::journal::EventResult;
use crate::store::logs::LogStream;

/// A JSON answer from a value of ours.
pub fn json<T: Serialize>(value: &T) -> Response {
    // Texts, numbers and text-keyed maps only: serialising does not fail.
    json_text(serde_json::to_string(value).unwrap_or_default())
}

/// A JSON answer from text.
pub fn json_text(text: String) -> Response {
    let mut response = Response::new(text.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The answer to appended events: all of them are durable.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Appended {
    pub head_seq: u64,
    /// In the order sent.
    pub results: Vec<EventResult>,
}

/// The answer to events appended to many runs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AppendedAcross {
    pub runs: Vec<RunHeadSeq>,
    /// In the order sent.
    pub results: Vec<RunEventResult>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunHeadSeq {
    pub run_id: String,
    pub head_seq: u64,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunEventResult {
    pub run_id: String,
    #[serde(flatten)]
    pub result: EventResult,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunPage<'a> {
    pub runs: Vec<RunSummary<'a>>,
    /// Null on the last page.
    pub next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogsAppended {
    pub accepted: u64,
    pub duplicates: u64,
    pub head_log_seq: u64,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogClosed {
    pub head_seq: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Ready {
    pub status: PartState,
    pub parts: Vec<Part>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Healthy {
    pub status: &'static str,
}

/// Declares types that only describe: nothing makes them.
macro_rules! described {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $kind:ty,)* })*) => {
        $(
            $(#[$meta])*
            #[derive(ToSchema)]
            #[schema(rename_all = "camelCase")]
            #[expect(dead_code, reason = "describes what is written as text elsewhere")]
            pub struct $name { $($(#[$field_meta])* $field: $kind,)* }
        )*
    };
}

described! {
    /// RFC 9457 problem details.
    Problem {
        r#type: String,
        title: String,
        status: u16,
        detail: String,
        /// What is wrong with an input, each by its JSON pointer, `?parameter` or header.
        #[schema(required = false)]
        errors: Vec<Fault>,
        /// With a 409 for log lines: the line number that would follow.
        expected: Option<u64>,
    }
    /// An event on its way in.
    NewEvent {
        /// Needed where the path names no run.
        run_id: Option<String>,
        /// The idempotency key; generated when missing.
        event_id: Option<Uuid>,
        r#type: EventType,
        /// Needed for events about a node.
        node_ref: Option<String>,
        attempt: Option<u32>,
        level: Option<Level>,
        #[schema(format = DateTime)]
        occurred_at: Option<String>,
        message: Option<String>,
        data: Option<Value>,
        output_summary: Option<Value>,
        error: Option<ErrorFact>,
        metadata: Option<BTreeMap<String, Value>>,
    }
    /// An immutable fact in a run's history.
    Event {
        /// `seq` in decimal.
        id: String,
        seq: u64,
        #[schema(format = DateTime)]
        recorded_at: String,
        run_id: String,
        event_id: Uuid,
        r#type: EventType,
        node_ref: Option<String>,
        attempt: Option<u32>,
        level: Level,
        #[schema(format = DateTime)]
        occurred_at: String,
        message: Option<String>,
        data: Option<Value>,
        output_summary: Option<Value>,
        error: Option<ErrorFact>,
        metadata: BTreeMap<String, Value>,
    }
    EventPage {
        events: Vec<Event>,
        head_seq: u64,
        /// The run is over and this page ends at its head.
        ended: bool,
    }
    EventPageAcross {
        events: Vec<Event>,
        /// Where to go on; there is always one.
        next_cursor: String,
        /// How many events between the two cursors were purged before they could be read here.
        purged: u64,
    }
    /// A run to be started or registered.
    NewRun {
        /// Generated as `run-<uuidv7>` when missing.
        #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")]
        run_id: Option<String>,
        workflow: String,
        inputs: Option<Value>,
        trigger: Option<Value>,
        labels: Option<BTreeMap<String, String>>,
        engine: Engine,
        /// With `local`: of the stored workflow; the latest when missing.
        version: Option<i32>,
        /// With `local`: -100 to 100, higher first; the workflow's own when missing.
        priority: Option<i32>,
        /// With `local` this and `nodes` come from the workflow.
        total_actions: Option<u32>,
        nodes: Option<Vec<DeclaredNode>>,
    }
    /// A run of a stored workflow to be started.
    NewStart {
        #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")]
        run_id: Option<String>,
        version: Option<i32>,
        priority: Option<i32>,
        inputs: Option<Value>,
        trigger: Option<Value>,
        labels: Option<BTreeMap<String, String>>,
    }
    DeclaredNode {
        node_ref: String,
        needs: Option<Vec<String>>,
    }
    /// An output line on its way in: `text` or `bytes`.
    NewLogLine {
        node_ref: String,
        attempt: Option<u32>,
        stream: LogStream,
        #[schema(format = DateTime)]
        at: Option<String>,
        text: Option<String>,
        /// base64, for what is not UTF-8.
        bytes: Option<String>,
        eol: Option<bool>,
        /// From 1 in its node, attempt and stream: makes a repeat safe.
        line_no: Option<u64>,
    }
    LogLine {
        log_seq: u64,
        node_ref: String,
        attempt: u32,
        stream: LogStream,
        line_no: u64,
        #[schema(format = DateTime)]
        at: String,
        text: String,
        /// base64 of the exact bytes, where they are not UTF-8.
        bytes: Option<String>,
        /// False where no line feed followed.
        eol: Option<bool>,
        /// True where the stream had been closed before.
        late: Option<bool>,
    }
    LogPage {
        lines: Vec<LogLine>,
        /// Where to go on, also when there is nothing more yet.
        next_after: u64,
        /// Where to go on backwards, as `before`; 1 at the beginning.
        next_before: u64,
        /// Why the page ends there: it is full, its time was up, or there is nothing more.
        stopped: Stopped,
        /// The page reaches the head, and every stream that fits the filter is closed.
        complete: bool,
    }
    LogStreamName {
        node_ref: String,
        attempt: Option<u32>,
        stream: LogStream,
    }
    /// One object a WebSocket message, or the `data` of a server-sent event; `type` tells which fields there are.
    Frame {
        /// hello, state, events, logs, heartbeat, reset, end; on the multiplexed stream also runs and error.
        r#type: String,
        run_id: Option<String>,
        seq: Option<u64>,
        state: Option<RunState<'static>>,
        events: Option<Vec<Event>>,
        lines: Option<Vec<LogLine>>,
        runs: Option<Vec<RunSummary<'static>>>,
        head_seq: Option<u64>,
        head_log_seq: Option<u64>,
        delivery: Option<Delivery>,
        heartbeat_ms: Option<u64>,
        #[schema(format = DateTime)]
        at: Option<String>,
        reason: Option<String>,
        from_seq: Option<u64>,
        from_log_seq: Option<u64>,
        /// Of the run with `end`, of the refusal with `error`.
        status: Option<Value>,
        detail: Option<String>,
    }
}

crate::facts::status::words! {
    /// Who executes a run.
    Engine {
        Local = "local",
        External = "external",
        Temporal = "temporal",
    }
}
