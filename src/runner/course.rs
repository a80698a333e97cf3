//! What a run needs besides its recorder: the plan, the engines, the places, and what may end it from outside.

use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::client::Client;
use crate::facts::id::RunId;
use crate::facts::workflow::Plan;
use crate::facts::workflow::schedule::NodeSoFar;
use crate::facts::workflow::scope::NodeResult;

use super::docker::DockerEngine;
use super::takeover::SoFar;

/// A run on its way; shared by the driver and the tasks of its nodes.
pub(super) struct Course {
    pub plan: Plan,
    pub run_id: RunId,
    pub client: Client,
    /// For nodes with an image; without it they are processes.
    pub engine: Option<DockerEngine>,
    /// Commands of this run that may work at the same time.
    pub jobs: usize,
    /// Commands of all runs of this process that may.
    pub places: Arc<Semaphore>,
    pub inputs: Map<String, Value>,
    pub secrets: SecretSource,
    /// How many runs called each other down to this one.
    pub depth: u64,
    pub signals: Signals,
}

/// What comes from outside while the run goes on.
#[derive(Debug, Clone, Default)]
pub(super) struct Signals {
    /// The run is to be ended: what works is stopped, `finally` is executed.
    pub cancel: CancellationToken,
    /// The process is to leave: what works is finished, the rest is left to another worker.
    pub drain: CancellationToken,
    /// The run is another worker's: what works is stopped, and nothing is told any more.
    pub lost: CancellationToken,
}

/// Where the values of secrets come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SecretSource {
    /// The server, to whoever holds the run under this claim.
    Claim(i32),
    /// The environment of this process: `telltale run FILE` belongs to the person who starts it.
    Environment,
}

/// How the run stands when it is taken up.
pub(super) enum Beginning {
    New {
        note: Option<String>,
    },
    /// As an earlier worker has left it, and what is told of it in a note.
    Resumed {
        so_far: SoFar,
        note: String,
    },
    /// Some nodes take what they left in another run.
    Rerun {
        of: RunId,
        nodes: Vec<NodeSoFar>,
        results: Vec<NodeResult>,
    },
}
