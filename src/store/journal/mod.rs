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
