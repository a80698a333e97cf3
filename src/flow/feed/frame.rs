//! The frames of a stream, as the contract gives them.

use bytes::Bytes;

use crate::facts::id::Cursor;
use crate::facts::status::words;

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

/// Why a stream is over without an `end` frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndStatus {}

/// One frame: a JSON object, encoded once and shared by all who get it.
#[derive(Debug, Clone)]
pub struct Frame {
    pub kind: FrameKind,
    /// The cursor behind this frame: the `id:` of an SSE message.
    pub cursor: Cursor,
    /// The object, `{"type":"events",…}`, without the `runId` that the multiplexed stream splices in behind its first brace
    /// (`hello` has it already).
    pub json: Bytes,
}
