//! `run(options)`: from a checked workflow to a recorded run.
//!
//! Owns the order of beginnings (inputs, engine, registration) and the run's outcome; the course in between is
//! [`super::driver`]'s.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::client::{Client, ClientError, until_acknowledged};
use crate::facts::id::RunId;
use crate::facts::status::RunStatus;
use crate::facts::workflow::Plan;
use crate::facts::workflow::fault::quoted;

use super::course::{Beginning, Course, SecretSource, Signals};
use super::docker::{self, DockerEngine, NoDocker};
use super::driver::{self, Driven};
use super::recorder::Recorder;
use super::story;
use super::workflow::Workflow;

/// How long the registration of a run is tried: whoever starts a run without a server wants to know soon.
pub(super) const REGISTER_PATIENCE: Duration = Duration::from_secs(30);
/// How often the server is asked whether the run was cancelled there …
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// … and how often when the answer is long,
const LOOK_SELDOM_EVERY: Duration = Duration::from_secs(30);
/// which it is with more nodes than this.
const SMALL_RUN_NODES: usize = 200;
/// More nodes at a time than this only get in each other's way on one machine.
pub(super) const JOBS_MAX: usize = 256;

/// Where nodes with an image run. Nodes without one are always processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EngineChoice {
    /// In Docker when a daemon answers, else as processes, with a note in the run's history.
    #[default]
    Auto,
    /// In Docker, or not at all.
    Docker,
    /// As processes; images are ignored.
    Process,
}

impl std::str::FromStr for EngineChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "docker" => Ok(Self::Docker),
            "process" => Ok(Self::Process),
            other => Err(format!("{} is not one of auto, docker, process", quoted(other))),
        }
    }
}

/// What to run, and where to record it.
#[derive(Debug, Clone)]
pub struct RunOptions {
    pub workflow: Workflow,
    /// Generated when missing.
    pub run_id: Option<RunId>,
    pub client: Client,
    pub engine: EngineChoice,
    /// Nodes at the same time; twice the cores when missing.
    pub jobs: Option<usize>,
    /// Values for the workflow's `inputs`.
    pub inputs: BTreeMap<String, String>,
    /// `{"type": "manual"}` when missing.
    pub trigger: Option<Value>,
    /// Cancels the run, which then ends as CANCELLED.
    pub cancel: CancellationToken,
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunOutcome {
    pub run_id: RunId,
    pub status: RunStatus,
    /// Why, unless it completed.
    pub failure: Option<String>,
}

/// Why there is no outcome.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("{0}")]
    Inputs(String),
    #[error(transparent)]
    NoDocker(#[from] NoDocker),
    #[error("the run could not be registered: {0}")]
    NotRegistered(#[source] ClientError),
    #[error("a run named {0} is there already")]
    RunExists(RunId),
    /// The nodes may have run, but the server doesn't know how it ended.
    #[error("the run {run_id} could not be recorded to its end: {reason}")]
    NotRecorded { run_id: RunId, reason: ClientError },
}

/// Runs the workflow to its end and returns when all of it is durable.
pub async fn run(options: RunOptions) -> Result<RunOutcome, RunError> {
    let inputs = inputs(&options.workflow, &options.inputs).map_err(RunError::Inputs)?;
    let plan = options.workflow.plan(&inputs).map_err(|fault| RunError::Inputs(fault.to_string()))?;
    let (engine, note) = engine(&plan, options.engine).await?;
    let run_id = options.run_id.clone().unwrap_or_else(|| RunId::generated(Uuid::now_v7()));
    register(&options, &plan, &run_id, &inputs).await?;

    let nodes = plan.nodes.len();
    let jobs = options.jobs.unwrap_or_else(twice_the_cores).clamp(1, JOBS_MAX);
    let recorder = Arc::new(Recorder::start(options.client.clone(), run_id.clone(), options.cancel.clone()));
    let course = Arc::new(Course {
        plan,
        run_id: run_id.clone(),
        client: options.client.clone(),
        engine,
        jobs,
        places: Arc::new(Semaphore::new(jobs)),
        inputs,
        secrets: SecretSource::Environment,
        depth: 0,
        signals: Signals { cancel: options.cancel, ..Signals::default() },
    });
    let watch =
        tokio::spawn(watch_for_end(options.client, run_id.clone(), nodes, recorder.superseded().clone()));
    let driven = driver::drive(course, Beginning::New { note }, Arc::clone(&recorder), |_| {}).await;
    watch.abort();
    // Every task that held the recorder has ended, so this is the last handle.
    let finished = match Arc::try_unwrap(recorder) {
        Ok(recorder) => recorder.finish().await,
        Err(_) => Err(ClientError::Settings("a node still holds the recorder".to_owned())),
    };
    finished.map_err(|reason| RunError::NotRecorded { run_id: run_id.clone(), reason })?;
    match driven {
        Driven::Over(outcome) => Ok(outcome),
        // Nobody tells such a run to leave.
        Driven::Left => Err(RunError::Inputs(format!("the run {run_id} was left before its end"))),
    }
}

/// The engine for nodes with an image, and what the history should say about it.
async fn engine(
    plan: &Plan,
    choice: EngineChoice,
) -> Result<(Option<DockerEngine>, Option<String>), RunError> {
    if !plan.has_images() || choice == EngineChoice::Process {
        return Ok((None, None));
    }
    match docker::connect().await {
        Ok(engine) => {
            match docker::sweep(&engine).await {
                Ok(0) => {}
                Ok(swept) => tracing::info!(swept, "removed containers of runners that died"),
                Err(error) => tracing::warn!(%error, "containers of dead runners could not be swept"),
            }
            Ok((Some(engine), None))
        }
        Err(error) if choice == EngineChoice::Docker => Err(error.into()),
        Err(NoDocker { address, reason }) => {
            let note = format!(
                "no Docker daemon answers at {address} ({reason}): nodes with an image run as processes of this machine"
            );
            Ok((None, Some(note)))
        }
    }
}

async fn register(
    options: &RunOptions,
    plan: &Plan,
    run_id: &RunId,
    inputs: &Map<String, Value>,
) -> Result<(), RunError> {
    let given = serde_json::json!(inputs);
    let request = story::registration(plan, run_id, &given, options.trigger.clone());
    // The key makes a repeated registration the same one, also when an answer was lost.
    let key = run_id.as_str();
    let registered =
        until_acknowledged(REGISTER_PATIENCE, || options.client.create_run(&request, Some(key))).await;
    match registered {
        // A new run has its first event; more means that somebody else has had this name.
        Ok(state) if state.head_seq > 1 => Err(RunError::RunExists(run_id.clone())),
        Ok(_) => Ok(()),
        Err(error) if error.status() == Some(409) => Err(RunError::RunExists(run_id.clone())),
        Err(error) => Err(RunError::NotRegistered(error)),
    }
}

/// Cancels `superseded` when the server says that the run has ended, which a run that is silent would not learn from
/// the answers to its events. Failures mean only that it is asked again.
pub(super) async fn watch_for_end(
    client: Client,
    run_id: RunId,
    nodes: usize,
    superseded: CancellationToken,
) {
    let mut turns =
        tokio::time::interval(if nodes <= SMALL_RUN_NODES { LOOK_EVERY } else { LOOK_SELDOM_EVERY });
    // The first turn comes at once.
    turns.tick().await;
    while !superseded.is_cancelled() {
        turns.tick().await;
        if client.get_run(&run_id, None).await.is_ok_and(|state| state.status.is_terminal()) {
            superseded.cancel();
        }
    }
}

/// Defaults with the given values over them; every fault at once.
fn inputs(workflow: &Workflow, given: &BTreeMap<String, String>) -> Result<Map<String, Value>, String> {
    workflow
        .check_inputs(&workflow.inputs_from_texts(given))
        .map_err(|faults| faults.into_iter().map(|fault| fault.detail).collect::<Vec<_>>().join("\n"))
}

pub(super) fn twice_the_cores() -> usize {
    std::thread::available_parallelism().map_or(2, |cores| cores.get() * 2)
}

#[cfg(test)]
mod tests {
    use super::super::workflow::parse;
    use super::*;

    #[test]
    fn inputs_have_defaults_and_their_faults_come_at_once() {
        let text = "name: x\ninputs: { domain: example.org, depth: }\nnodes: [{ id: a, run: x }]";
        let workflow = parse("w", text).unwrap();
        let given =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let values = Value::Object(inputs(&workflow, &given(&[("depth", "3")])).unwrap());
        assert_eq!(values, serde_json::json!({ "depth": "3", "domain": "example.org" }));
        assert_eq!(
            inputs(&workflow, &given(&[("dpeth", "3")])).unwrap_err(),
            "the workflow has no input `dpeth` (did you mean `depth`?)\nthe input `depth` needs a value"
        );
    }
}
