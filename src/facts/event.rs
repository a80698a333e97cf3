//! An event: an immutable fact in a run's history, and the JSON text it is kept and sent as.
//!
//! The *body* is the event's JSON without what only the journal knows (`id`, `seq`, `recordedAt`,
//! `metadata.late`). It is serialised once, on the way in, and never parsed again on the hot path:
//! [`wire_json`] splices the rest around its bytes.

use std::io::Write as _;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::{EventId, NodeRef, RunId};
use super::json::Json;
use super::status::{RunStatus, words};
use super::time::Timestamp;

words! {
    /// What kind of fact an event is.
    EventType {
        RunQueued = "RUN_QUEUED",
        RunStarted = "RUN_STARTED",
        RunStale = "RUN_STALE",
        RunCompleted = "RUN_COMPLETED",
        RunFailed = "RUN_FAILED",
        RunCancelled = "RUN_CANCELLED",
        RunTerminated = "RUN_TERMINATED",
        RunTimedOut = "RUN_TIMED_OUT",
        NodeStarted = "NODE_STARTED",
        NodeProgress = "NODE_PROGRESS",
        NodeCompleted = "NODE_COMPLETED",
        NodeFailed = "NODE_FAILED",
        NodeRetrying = "NODE_RETRYING",
        NodeSkipped = "NODE_SKIPPED",
        NodeCancelled = "NODE_CANCELLED",
        NodeAwaitingInput = "NODE_AWAITING_INPUT",
        NodeInputReceived = "NODE_INPUT_RECEIVED",
        NodeLogClosed = "NODE_LOG_CLOSED",
        ArtifactRecorded = "ARTIFACT_RECORDED",
        HttpRequestSent = "HTTP_REQUEST_SENT",
        HttpResponseReceived = "HTTP_RESPONSE_RECEIVED",
        HttpRequestError = "HTTP_REQUEST_ERROR",
        Note = "NOTE",
    }
}

words! {
    /// How loud an event is.
    Level {
        Debug = "debug",
        Info = "info",
        Warn = "warn",
        Error = "error",
    }
}

impl EventType {
    /// Whether the event says something about a node's course, and so must name the node.
    #[must_use]
    pub const fn is_node_lifecycle(self) -> bool {
        matches!(
            self,
            Self::NodeStarted
                | Self::NodeProgress
                | Self::NodeCompleted
                | Self::NodeFailed
                | Self::NodeRetrying
                | Self::NodeSkipped
                | Self::NodeCancelled
                | Self::NodeAwaitingInput
                | Self::NodeInputReceived
        )
    }

    /// Whether an event without `nodeRef` makes no sense.
    #[must_use]
    pub const fn needs_node_ref(self) -> bool {
        self.is_node_lifecycle() || matches!(self, Self::NodeLogClosed)
    }

    /// Whether the event may come at any time: it changes no status, so it is never late.
    #[must_use]
    pub const fn is_never_late(self) -> bool {
        matches!(
            self,
            Self::Note
                | Self::NodeLogClosed
                | Self::ArtifactRecorded
                | Self::HttpRequestSent
                | Self::HttpResponseReceived
                | Self::HttpRequestError
        )
    }

    /// The status a run ends with by this event.
    #[must_use]
    pub const fn terminal_status(self) -> Option<RunStatus> {
        match self {
            Self::RunCompleted => Some(RunStatus::Completed),
            Self::RunFailed => Some(RunStatus::Failed),
            Self::RunCancelled => Some(RunStatus::Cancelled),
            Self::RunTerminated => Some(RunStatus::Terminated),
            Self::RunTimedOut => Some(RunStatus::TimedOut),
            _ => None,
        }
    }

    /// Whether the event ends a node's attempt, which ends its output too.
    #[must_use]
    pub const fn ends_attempt(self) -> bool {
        matches!(
            self,
            Self::NodeCompleted
                | Self::NodeFailed
                | Self::NodeRetrying
                | Self::NodeSkipped
                | Self::NodeCancelled
        )
    }

    /// The level of an event that names none.
    #[must_use]
    pub const fn default_level(self) -> Level {
        match self {
            Self::RunFailed | Self::NodeFailed | Self::HttpRequestError => Level::Error,
            Self::NodeRetrying => Level::Warn,
            _ => Level::Info,
        }
    }
}

/// What went wrong, as far as the fold cares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorFact {
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<Object>)]
    pub details: Option<Json>,
}

/// An event as the fold reads it. `seq` and `recorded_at` are the journal's; until it has assigned them they are
/// 0 and the time of receipt.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub seq: u64,
    pub recorded_at: Timestamp,
    pub event_id: EventId,
    pub kind: EventType,
    pub node_ref: Option<NodeRef>,
    /// From 1; `None` where the event names no node.
    pub attempt: Option<u32>,
    pub level: Level,
    pub occurred_at: Timestamp,
    pub message: Option<String>,
    pub data: Option<Json>,
    pub output_summary: Option<Json>,
    /// An object with at least `message`; kept as text, so that its details survive.
    pub error: Option<Json>,
    /// An object without the keys `late` and (unless true) `sanitized`.
    pub metadata: Option<Json>,
}

/// The body's fields, in the order they are written. `metadata` stays last: [`wire_json`] relies on it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    run_id: &'a RunId,
    event_id: EventId,
    #[serde(rename = "type")]
    kind: EventType,
    node_ref: Option<&'a NodeRef>,
    attempt: Option<u32>,
    level: Level,
    occurred_at: Timestamp,
    message: Option<&'a str>,
    data: Option<&'a Json>,
    output_summary: Option<&'a Json>,
    error: Option<&'a Json>,
    metadata: MetadataOrEmpty<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum MetadataOrEmpty<'a> {
    Given(&'a Json),
    Empty {},
}

/// A body as it is read back from the store.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredBody {
    event_id: EventId,
    #[serde(rename = "type")]
    kind: EventType,
    node_ref: Option<NodeRef>,
    attempt: Option<u32>,
    level: Level,
    occurred_at: Timestamp,
    message: Option<String>,
    data: Option<Json>,
    output_summary: Option<Json>,
    error: Option<Json>,
    metadata: Option<Json>,
}

impl Event {
    /// The JSON text that is stored, hashed and spliced into frames.
    pub fn body(&self, run_id: &RunId) -> Result<String, serde_json::Error> {
        let metadata = self.metadata.as_ref().map_or(MetadataOrEmpty::Empty {}, MetadataOrEmpty::Given);
        serde_json::to_string(&Body {
            run_id,
            event_id: self.event_id,
            kind: self.kind,
            node_ref: self.node_ref.as_ref(),
            attempt: self.attempt,
            level: self.level,
            occurred_at: self.occurred_at,
            message: self.message.as_deref(),
            data: self.data.as_ref(),
            output_summary: self.output_summary.as_ref(),
            error: self.error.as_ref(),
            metadata,
        })
    }

    /// Reads a stored event back.
    pub fn from_stored(seq: u64, recorded_at: Timestamp, body: &str) -> Result<Self, serde_json::Error> {
        let stored: StoredBody = serde_json::from_str(body)?;
        Ok(Self {
            seq,
            recorded_at,
            event_id: stored.event_id,
            kind: stored.kind,
            node_ref: stored.node_ref,
            attempt: stored.attempt,
            level: stored.level,
            occurred_at: stored.occurred_at,
            message: stored.message,
            data: stored.data,
            output_summary: stored.output_summary,
            error: stored.error,
            metadata: stored.metadata.filter(|metadata| metadata.get() != "{}"),
        })
    }

    /// The error, read.
    #[must_use]
    pub fn error_fact(&self) -> Option<ErrorFact> {
        self.error.as_ref().and_then(Json::read)
    }
}

/// Writes the event as clients get it: the stored body with `id`, `seq`, `recordedAt` and, where it applies,
/// `metadata.late` spliced in.
pub fn wire_json(seq: u64, recorded_at: Timestamp, late: bool, body: &str, out: &mut Vec<u8>) {
    // Writing into memory does not fail.
    let _ = write!(out, "{{\"id\":\"{seq}\",\"seq\":{seq},\"recordedAt\":\"{recorded_at}\",");
    let rest = body.strip_prefix('{').unwrap_or(body);
    match rest.strip_suffix("}}").filter(|_| late) {
        Some(open) => {
            out.extend_from_slice(open.as_bytes());
            if !open.ends_with('{') {
                out.push(b',');
            }
            out.extend_from_slice(b"\"late\":true}}");
        }
        None => out.extend_from_slice(rest.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(metadata: Option<&str>) -> Event {
        let at: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        Event {
            seq: 0,
            recorded_at: at,
            event_id: EventId(uuid::Uuid::nil()),
            kind: EventType::Note,
            node_ref: None,
            attempt: None,
            level: Level::Info,
            occurred_at: at,
            message: Some("hi".into()),
            data: Some(Json::from_text("{\"big\":12345678901234567890123456789}".into()).unwrap()),
            output_summary: None,
            error: None,
            metadata: metadata.map(|text| Json::from_text(text.into()).unwrap()),
        }
    }

    #[test]
    fn big_numbers_and_the_event_itself_survive_the_store() {
        let event = note(Some("{\"a\":1}"));
        let body = event.body(&"r".parse().unwrap()).unwrap();
        assert!(body.contains("12345678901234567890123456789"));
        assert_eq!(Event::from_stored(0, event.recorded_at, &body).unwrap(), event);
    }

    #[test]
    fn lateness_is_spliced_into_the_metadata() {
        for (metadata, expected) in [
            (None, serde_json::json!({"late": true})),
            (Some("{\"a\":1}"), serde_json::json!({"a": 1, "late": true})),
        ] {
            let event = note(metadata);
            let body = event.body(&"r".parse().unwrap()).unwrap();
            let mut out = Vec::new();
            wire_json(7, event.recorded_at, true, &body, &mut out);
            let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(value["metadata"], expected);
            assert_eq!((value["id"].as_str(), value["seq"].as_u64()), (Some("7"), Some(7)));
        }
    }
}
