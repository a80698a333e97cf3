//! Reading a run's lines, wherever they lie.
//!
//! ```text
//! GET logs, download, streams ─► LogReader::page ─► chunks of the hot store ─► parts ─┬─ hot: scanned on a thread
//!                                                        (nearest first)               └─ holes: fetched from Loki
//! ```
//!
//! Hot goes first, always: what was trimmed from it lies in Loki by then, in a segment that says where, so that a hole between
//! hot chunks below the run's head is what Loki has, and nothing is seen twice or not at all while the border moves.
//! Owns the bounds of a reading: lines, bytes, time, searches at once. Never writes.

mod cold;
mod hot;
mod page;
mod parts;
mod reader;

pub use page::{LinePage, ReadError, Stopped, Wanted};
pub use reader::LogReader;
