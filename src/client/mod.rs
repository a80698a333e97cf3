//! The typed client of the HTTP API, as the contract words it.
//!
//! Owns: the wire types as a client sees them, the requests, the typed errors and the live [`Watch`],
//! which keeps its place through lost connections. The runner and every client command talk to a
//! server through this module only. It never retries an append by itself: [`until_acknowledged`] does
//! for the caller that wants it.

mod accounts;
mod across;
mod api;
mod artifacts;
mod bundles;
mod claims;
mod cleanup;
mod connect;
mod control;
mod error;
mod events;
mod frame;
mod live;
#[cfg(test)]
mod live_tests;
mod logs;
mod retry;
mod secrets;
mod sse;
mod tls;
mod transport;
mod verify;
mod wire;
mod workflows;
mod ws;

pub use accounts::{Invited, MadeToken, Member, NewToken, TokenSummary};
pub use across::AppendedAcross;
pub use api::{Client, EventQuery, RunQuery};
pub use artifacts::{ArtifactLabel, ArtifactPage, ArtifactSummary};
pub use bundles::{ImportedRun, ReplayedRun};
pub use claims::{
    ClaimName, ClaimState, ClaimStates, ClaimStatus, ClaimedRun, ClaimedRuns, HeldClaim, WorkerSummary,
};
pub use cleanup::{CleanupCounts, CleanupPlan, CleanupQuery, DayStatistics, RunStatistics};
pub use control::NodeInput;
pub use error::{ClientError, Fault, Problem};
pub use events::{NewEvent, NewLogLine};
pub use live::{Watch, WatchItem, WatchOptions};
pub use logs::{LogDownload, LogQuery};
pub use retry::{backoff, until_acknowledged};
pub use secrets::{SecretPage, SecretSummary};
pub use tls::install_tls_provider;
pub use wire::{
    AppendResult, Appended, CreateRun, Event, EventPage, LogLine, LogPage, LogsAppended, NodeState, Progress,
    RunFailure, RunPage, RunState, RunSummary, name_of,
};
pub use workflows::{
    LastRun, QueueCounts, StartRun, StoredWorkflow, VersionPage, VersionSummary, WorkflowPage,
    WorkflowSummary,
};
