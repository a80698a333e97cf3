//! A sub-workflow: a run of its own, started under an id that follows from who calls it, and waited for.
//!
//! Started twice it is one run, so a worker that takes over waits for the run that its predecessor started.

use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::client::{Client, ClientError, EventQuery, NewEvent, RunState, StartRun, until_acknowledged};
use crate::facts::event::EventType;
use crate::facts::id::{NodeRef, RunId};
use crate::facts::status::RunStatus;

use super::engine::{Exit, Limit};
use super::recorder::PATIENCE;
use super::{story, takeover};

/// Longest wait of one request (contract: 30 s).
const WAIT: Duration = Duration::from_secs(30);

/// A call on its way.
#[derive(Debug, Clone)]
pub(super) struct Calling {
    pub client: Client,
    pub workflow: String,
    pub inputs: Map<String, Value>,
    /// Who calls.
    pub caller: RunId,
    pub node: NodeRef,
    pub attempt: u32,
    /// How many runs called each other down to the one that is started.
    pub depth: u64,
}

impl Calling {
    /// The id of the run that this attempt starts.
    fn run_id(&self) -> RunId {
        let name = format!("call/{}/{}/{}", self.caller, self.attempt, self.node);
        RunId::generated(Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()))
    }

    /// NODE_STARTED, with the run that is called.
    pub fn started(&self) -> NewEvent {
        story::node_event(EventType::NodeStarted, &self.node, self.attempt).with_data(json!({
            "engine": "workflow",
            "workflow": self.workflow,
            "childRunId": self.run_id(),
            "inputs": { "with": self.inputs },
        }))
    }

    /// Starts the run and waits for its end: its result, or how this attempt ended without one.
    pub async fn result(self, timeout: Limit, stop: CancellationToken) -> Result<Value, Exit> {
        let run_id = self.start().await?;
        let ended = tokio::select! {
            ended = ended(&self.client, &run_id) => ended,
            () = stop.cancelled() => {
                self.cancel(&run_id).await;
                return Err(Exit::Stopped);
            }
            limit = timeout.is_up() => {
                self.cancel(&run_id).await;
                return Err(Exit::TimedOut(limit));
            }
        };
        let state = ended.map_err(|error| Exit::Lost { reason: error.to_string() })?;
        if state.status == RunStatus::Completed {
            return self.outputs(&run_id).await.map_err(|error| Exit::Lost { reason: error.to_string() });
        }
        let reason = state.failure.map(|failure| failure.reason);
        Err(Exit::Called { run_id, status: state.status, reason })
    }

    /// What the nodes of a completed run have left, whole: its last event has but room for small ones, and refers to files.
    async fn outputs(&self, run_id: &RunId) -> Result<Value, ClientError> {
        let outputs = takeover::outputs(&self.client, run_id).await?;
        let outputs: Map<_, _> = outputs.into_iter().map(|(node, left)| (node, left.value)).collect();
        Ok(if outputs.is_empty() { Value::Null } else { Value::Object(outputs) })
    }

    async fn start(&self) -> Result<RunId, Exit> {
        let run_id = self.run_id();
        let start = StartRun {
            run_id: Some(run_id.clone()),
            inputs: Some(json!(self.inputs)),
            trigger: Some(json!({
                "type": "workflow",
                "parentRunId": self.caller,
                "parentNodeRef": self.node,
                "depth": self.depth,
            })),
            ..StartRun::default()
        };
        let send = || self.client.start_workflow(&self.workflow, &start, Some(run_id.as_str()));
        match until_acknowledged(PATIENCE, send).await {
            Ok(state) => Ok(state.run_id),
            Err(error) => {
                let reason = format!("the workflow `{}` can't be started: {error}", self.workflow);
                Err(Exit::NotStarted { reason, hopeless: !error.is_transient() })
            }
        }
    }

    /// A run that is over already needs no end.
    async fn cancel(&self, run_id: &RunId) {
        let why = format!("cancelled with the run {} that called it", self.caller);
        let cancelled = until_acknowledged(PATIENCE, || self.client.cancel_run(run_id, Some(&why))).await;
        if let Err(error) = cancelled
            && error.status() != Some(409)
        {
            tracing::warn!(run = %run_id, %error, "a called run could not be cancelled");
        }
    }
}

/// The run's state once it is over.
async fn ended(client: &Client, run_id: &RunId) -> Result<RunState, ClientError> {
    let mut query = EventQuery { wait: Some(WAIT), ..EventQuery::default() };
    loop {
        let page = until_acknowledged(PATIENCE, || client.read_events(run_id, &query)).await?;
        query.after = page.events.last().map_or(query.after, |event| event.seq);
        if page.ended {
            return until_acknowledged(PATIENCE, || client.get_run(run_id, None)).await;
        }
    }
}
