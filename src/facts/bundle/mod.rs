//! The bundle: one run in one file, as it was recorded. [docs/bundle.md] gives the layout to the byte.
//!
//! ```text
//! records ─► Writer ─► blocks: header (counted, chained by SHA-256), zstd ─► bytes
//! bytes ─► Reader: each block's hash before anything in it is looked at ─► records ─► Checker: order, chain, counts
//! ```
//! Pure, in memory that does not grow with the file. A name in a bundle is a label; nothing here makes a path of one.

mod block;
mod check;
mod lines;
mod reader;
mod record;
mod seal;
mod writer;

pub use block::{BLOCK_PLAIN_BYTES, Digest};
pub use check::{Checker, Totals};
pub use reader::{Fault, Reader};
pub use record::{ArtifactRecord, EventRecord, FORMAT, Header, PIECE_BYTES, Record, Trailer, WorkflowRecord};
pub use seal::{HeadDigest, Signature};
pub use writer::Writer;

#[cfg(test)]
mod tests;
