//! Runs of other systems' past, read and recorded here: ShipSec Studio, AutomateOS, Temporal's histories, events as NDJSON.
//!
//! ```text
//! a source (database, file) ──► rows ──► one PastRun at a time: its events as texts, its faults by row ──► send: batches, several
//!                                pure                                                                       under way at once
//! a source's Loki ──► pages of entries ──► copy_logs: numbered lines        a source's object store ──► copy_files: streams of bytes
//! ```
//!
//! Every event's id follows from its row, so that whatever is sent twice is stored once: an import that was cut off is begun anew.
//! Nothing is written to a source.

pub mod automateos;
mod automateos_database;
pub mod automateos_source;
pub mod automateos_users;
pub mod copy_files;
pub mod copy_logs;
pub mod draft;
pub mod ndjson;
pub mod past_file;
pub mod past_output;
pub mod past_run;
pub mod postgres;
pub mod send;
pub mod send_users;
pub mod shipsec;
pub mod shipsec_source;
pub mod temporal;
mod temporal_payload;

pub use past_run::{PastRun, RowFault};
pub use send::{Progress, Sender, Sent};

/// Why a source can't be read on.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Nothing is there, or not what it is said to be.
    #[error("{0}")]
    Unfit(String),
    /// It was being read, and it broke off.
    #[error("the source can't be read on: {0}")]
    Broken(String),
}
