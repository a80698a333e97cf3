//! The journal: the only writer of events and, in the same transaction, of the run and node projections.
//!
//! ```text
//! Journal::append ─► lane (by run) ─► plan: dedupe, fold, chain ─► append_events ─► answer, on_commit
//!                                      ▲ hot runs                     │ moved, duplicate
//!                                      └──────── load ◄───────────────┘
//! ```
//!
//! A request is answered after its transaction has committed. What is read back comes through [`read`].

mod append;
mod counters;
mod group;
mod hot;
mod load;
mod plan;
pub mod purge;
pub mod read;
pub mod rebuild;
mod request;
mod write;

pub use crate::facts::chain::{Hash, genesis, next as next_hash};
pub use append::{Journal, OnCommit};
pub use load::load_one;
pub use request::{
    AppendError, AppendRequest, Appended, Committed, CommittedEvent, EventResult, ImportedAs, NewEvent,
    Outcome, QueueEntry,
};

use crate::facts::chain;
use crate::store::db::Query;

/// Every query of this module, for the test that prepares them all.
pub const QUERIES: &[&Query] = &[
    &load::LOAD_RUNS,
    &load::FIND_EVENT_IDS,
    &load::LOCK_BUCKETS,
    &write::APPEND_EVENTS,
    &read::READ_EVENTS,
    &read::READ_HASHED,
    &read::READ_CHECKPOINT,
    &read::READ_ACROSS,
    &read::LAST_PURGED,
    &read::PURGED_BETWEEN,
    &purge::PURGE_RUNS,
    &purge::PURGE_FIRST_EVENTS,
    &read::INSTALLATION,
    &read::ADOPT_RESTORED,
    &rebuild::RUNS_AFTER,
    &rebuild::PROJECTION,
    &rebuild::REWRITE_RUN,
    &rebuild::REWRITE_NODES,
    &rebuild::PUT_CHECKPOINT,
    &rebuild::FORGET_CHECKPOINTS,
];
