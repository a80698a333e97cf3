//! The frames of a stream, as the contract gives them.

use std::time::Instant;

use bytes::{Bytes, BytesMut};
use serde::Serialize;

use crate::facts::id::{Cursor, RunId};
use crate::facts::status::{RunStatus, words};

/// Largest frame, in bytes, unless one event alone is larger (contract).
pub const FRAME_MAX_BYTES: usize = 256 * 1024;
/// Room left in a frame for what stands around its events.
const ENVELOPE_BYTES: usize = 64;

words! {
    /// How new events reach a server.
    Delivery {
        Notify = "notify",
        Poll = "poll",
    }
}

words! {
    /// The `type` of a frame.
    FrameKind {
        Hello = "hello",
        State = "state",
        Events = "events",
        Logs = "logs",
        Heartbeat = "heartbeat",
        Reset = "reset",
        End = "end",
    }
}

/// One frame: a JSON object, encoded once and shared by all who get it.
#[derive(Debug, Clone)]
pub struct Frame {
    pub kind: FrameKind,
    /// The cursor behind this frame: the `id:` of an SSE message.
    pub cursor: Cursor,
    /// The object, `{"type":"events",…}`, without the `runId` that the multiplexed stream splices in behind its first
    /// brace (`hello` has it already).
    pub json: Bytes,
    /// When its oldest event was committed, as far as this process saw it happen.
    pub committed_at: Option<Instant>,
}

/// The fields of the small frames; each kind fills its own.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fields<'a> {
    #[serde(rename = "type")]
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<&'a RunId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_log_seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_log_seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<RunStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<crate::facts::time::Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heartbeat_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'a crate::facts::json::Json>,
}

impl Frame {
    /// A frame of few fields.
    pub(super) fn small(kind: FrameKind, cursor: Cursor, fields: Fields<'_>) -> Self {
        let fields = Fields { kind: kind.as_str(), ..fields };
        // Texts and numbers only: serialising them does not fail.
        let json = serde_json::to_vec(&fields).unwrap_or_default();
        Self { kind, cursor, json: json.into(), committed_at: None }
    }
}

/// Joins encoded items into the text of an `events` or `logs` frame.
#[derive(Debug)]
pub(super) struct Joiner {
    out: BytesMut,
    is_empty: bool,
}

impl Joiner {
    pub fn new(kind: FrameKind) -> Self {
        let opening: &[u8] = match kind {
            FrameKind::Logs => b"{\"type\":\"logs\",\"lines\":[",
            _ => b"{\"type\":\"events\",\"events\":[",
        };
        Self { out: BytesMut::from(opening), is_empty: true }
    }

    /// Adds the item, unless the frame would get too large; a first one always fits.
    pub fn push(&mut self, item: &[u8]) -> bool {
        if !self.is_empty && self.out.len() + item.len() + ENVELOPE_BYTES > FRAME_MAX_BYTES {
            return false;
        }
        if !self.is_empty {
            self.out.extend_from_slice(b",");
        }
        self.is_empty = false;
        self.out.extend_from_slice(item);
        true
    }

    pub fn finish(mut self) -> Bytes {
        self.out.extend_from_slice(b"]}");
        self.out.freeze()
    }
}
