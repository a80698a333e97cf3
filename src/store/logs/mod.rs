//! The log store: a run's output lines in order of arrival, in compressed chunks, durable before acknowledged.
//!
//! ```text
//! Logs::append ─► lane (by run) ─► plan: lineNo, logSeq, digest, chunks ─► append_logs ─► answer, on_lines
//!                                   ▲ hot runs                       │ moved
//!                                   └──────── load ◄─────────────────┘
//! ```
//!
//! Owns `run_logs`, `log_streams` and `log_chunks`. Lines ride lanes of their own, so that a flood of output never
//! delays an event; nothing here touches `runs` or `events`.

mod append;
mod encode;
mod line;
mod load;
mod pen;
mod plan;
mod read;
mod state;
mod write;

pub use append::{Logs, OnLines};
pub use encode::{LineJson, StreamJson};
pub use line::{LineFilter, LogStream, NewLine, NewLines, StoredLine, StreamName};
pub use pen::PlainChunk;
pub use plan::{LinesCommitted, LogError, LogsAppended, Sealed};
pub use read::{StreamSummary, head, lines, open_streams, streams};

use crate::store::db::Query;

/// Every query of this module, for the test that prepares them all.
pub const QUERIES: &[&Query] = &[
    &write::APPEND_LOGS,
    &append::LOCK_BUCKETS,
    &load::LOAD_HEADS,
    &load::LOAD_STREAMS,
    &read::OPEN_STREAMS,
    &read::READ_CHUNKS,
    &read::READ_CHUNKS_BACK,
];
