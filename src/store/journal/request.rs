//! What goes into the journal and what comes out.

use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use utoipa::ToSchema;

use crate::facts::event::Event;
use crate::facts::id::{EventId, OrganizationId, RunId, RunKey};
use crate::facts::status::{RunStatus, words};
use crate::facts::time::Timestamp;

/// An event on its way in, with the text it will be kept as.
#[derive(Debug)]
pub struct NewEvent {
    pub event: Event,
    pub body: Arc<str>,
    /// Whether the id may have come before: the client chose it.
    pub id_given: bool,
    /// When another journal recorded it; `None`: now.
    pub recorded_at: Option<Timestamp>,
}

/// A run that another journal has recorded: what its first event here must agree with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportedAs {
    pub run_key: RunKey,
    /// Whom the first link of its chain names.
    pub origin: OrganizationId,
}

/// Events of one run, appended together or not at all, in this order.
#[derive(Debug)]
pub struct AppendRequest {
    pub organization: OrganizationId,
    pub run_id: RunId,
    pub events: Vec<NewEvent>,
    /// Append only when the run has no event yet; else answer with what it is.
    pub only_if_new: bool,
    /// Queue the run for workers, in the same transaction, if this makes it.
    pub enqueue: Option<QueueEntry>,
    /// The claim under which the run is written to; refused once it is over.
    pub claim: Option<i32>,
    /// How an imported run begins. Its events have ids that are given and times of their own.
    pub imported_as: Option<ImportedAs>,
}

/// What the queue must know of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueEntry {
    pub workflow: String,
    pub version: i32,
    /// Higher first.
    pub priority: i32,
    /// Runs of the workflow at the same time; `None`: any number.
    pub concurrency: Option<i32>,
    /// What a worker must have.
    pub engines: Vec<String>,
}

words! {
    /// What became of an event.
    Outcome {
        Accepted = "accepted",
        Duplicate = "duplicate",
        Late = "late",
    }
}

/// One event's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventResult {
    #[schema(value_type = uuid::Uuid)]
    pub event_id: EventId,
    pub seq: u64,
    pub outcome: Outcome,
}

/// The answer to an append: everything in it is durable.
#[derive(Debug, Clone)]
pub struct Appended {
    pub run_key: RunKey,
    pub head_seq: u64,
    /// Whether this request made the run.
    pub created: bool,
    /// In the order sent.
    pub results: Vec<EventResult>,
}

/// Why an append was not done.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// Nothing was acknowledged; sending it again is safe, as far as event ids were given.
    #[error("the database is not there: {0}")]
    Unavailable(String),
    /// The database refused this very request.
    #[error("the database refused the events: {0}")]
    Rejected(String),
    /// The run has been claimed again since, or is over: nothing of this request is stored.
    #[error("the claim is over")]
    ClaimLost,
    /// The run was purged: its id stands for what it was.
    #[error("the run was purged")]
    Purged,
}

/// What a transaction made durable for one run, for those who watch.
#[derive(Debug, Clone)]
pub struct Committed {
    pub organization: OrganizationId,
    pub run_id: RunId,
    pub run_key: RunKey,
    pub head_seq: u64,
    pub status: RunStatus,
    /// The new events in seq order; empty where only the head is known.
    pub events: Vec<CommittedEvent>,
    pub committed_at: Instant,
}

/// An event as it was committed.
#[derive(Debug, Clone)]
pub struct CommittedEvent {
    pub seq: u64,
    pub recorded_at: Timestamp,
    pub late: bool,
    pub body: Arc<str>,
}
