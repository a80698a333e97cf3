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
mod chunks;
mod compact;
mod cut;
mod encode;
mod entry;
mod line;
mod load;
mod pen;
mod plan;
mod read;
mod scan;
mod segments;
pub mod ship;
mod shipped;
mod state;
mod view;
mod write;

pub use append::{Logs, OnLines};
pub use chunks::{ChunkPage, Direction, LogRange, PackedChunk, chunks};
pub use compact::{LooseRun, Patience, compact, loose_runs};
pub use cut::{CutSegment, cut, cut_whole};
pub use encode::{LineJson, StreamJson};
pub use entry::{LineMetadata, line_of, log_ql};
pub use line::{LineFilter, LogStream, NewLine, NewLines, StoredLine, StreamName};
pub use pen::PlainChunk;
pub use plan::{LinesCommitted, LogError, LogsAppended, Sealed};
pub use read::{StreamSummary, head, open_streams, streams};
pub use scan::{Room, Scanner};
pub use segments::{LokiRun, SEGMENTS_PER_PAGE, Segment, SegmentState, covering};
pub use shipped::lines_from_loki;
