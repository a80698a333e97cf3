//! `telltale exec`: a command recorded as a run of one node, or as a node of a run that others have part in.
//!
//! Owns the registration and the events around the one attempt; the command itself is [`super::wrapped`]'s, its lines are
//! [`super::node`]'s, and [`super::recorder`] sees to it that a server which goes away meanwhile disturbs nothing.

use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::client::{Client, ClientError, CreateRun, NewEvent, RunState, until_acknowledged};
use crate::facts::event::EventType;
use crate::facts::id::{NodeRef, RunId};
use crate::facts::status::RunStatus;

use super::engine::{Attempt, Exit, REPORTS_QUEUED, Resources};
use super::node::{self, AttemptEnd};
use super::recorder::Recorder;
use super::run::{REGISTER_PATIENCE, RunError, RunOutcome, watch_for_end};
use super::{story, wrapped};

/// A run that says nothing for 15 minutes is taken for stale, so a quiet command is vouched for.
const SIGN_OF_LIFE_EVERY: Duration = Duration::from_secs(300);

/// A command to be wrapped.
#[derive(Debug)]
pub struct WrapOptions {
    pub client: Client,
    /// Never empty.
    pub words: Vec<String>,
    pub node: NodeRef,
    /// For a run that this command registers.
    pub workflow: String,
    pub place: Place,
    /// What is passed on to the command.
    pub signals: mpsc::Receiver<Signal>,
    /// Cancelled with the first of them.
    pub hurry: CancellationToken,
}

/// Whose the command is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A run of its own.
    Own(RunId),
    /// A node of this run, which is registered when it is unknown. With `ends_run` the run ends as the command does.
    NodeOf { run_id: RunId, ends_run: bool },
}

impl Place {
    fn run_id(&self) -> &RunId {
        match self {
            Self::Own(run_id) | Self::NodeOf { run_id, .. } => run_id,
        }
    }

    fn ends_run(&self) -> bool {
        matches!(self, Self::Own(_) | Self::NodeOf { ends_run: true, .. })
    }
}

/// Why a command was not wrapped, beside what keeps runs from starting.
#[derive(Debug, thiserror::Error)]
pub enum WrapError {
    #[error(transparent)]
    Run(#[from] RunError),
    #[error("the run {0} is over ({1}): nothing can be added to it")]
    RunIsOver(RunId, RunStatus),
}

/// Runs the command to its end and returns when all of it is durable.
pub async fn wrap(options: WrapOptions) -> Result<RunOutcome, WrapError> {
    let (number, is_new) = register(&options).await?;
    let WrapOptions { client, words, node, place, mut signals, hurry, .. } = options;
    let run_id = place.run_id().clone();
    let recorder = Arc::new(Recorder::start(client.clone(), run_id.clone(), hurry.clone()));
    let stop = CancellationToken::new();
    let attempt = attempt(run_id.clone(), node, number, words, stop.clone());
    if is_new {
        drop(recorder.event(run_started(&run_id), None).await);
    }
    let watch = matches!(place, Place::Own(_))
        .then(|| tokio::spawn(stop_with_run(client, run_id.clone(), recorder.superseded().clone(), stop)));
    let alive = tokio::spawn(vouch(Arc::clone(&recorder), attempt.node.clone(), number));

    let started = node::event(EventType::NodeStarted, &attempt)
        .with_data(json!({ "engine": "exec", "command": attempt.words }));
    let (reports, received) = mpsc::channel(REPORTS_QUEUED);
    let execution = async {
        let finished = wrapped::execute(&attempt, &reports, &mut signals).await;
        // The listener ends with the last of these.
        drop(reports);
        finished
    };
    let mut end = node::record(&recorder, &attempt, started, execution, received).await;
    for task in watch.into_iter().chain([alive]) {
        task.abort();
        // Its handle of the recorder goes with it.
        drop(task.await);
    }
    let was_stopped = hurry.is_cancelled() || attempt.stop.is_cancelled();
    let outcome = tell(&recorder, &attempt, &mut end, was_stopped, place.ends_run()).await;
    let finished = match Arc::try_unwrap(recorder) {
        Ok(recorder) => recorder.finish().await,
        Err(_) => Err(ClientError::Settings("a task still holds the recorder".to_owned())),
    };
    finished.map_err(|reason| RunError::NotRecorded { run_id, reason })?;
    Ok(outcome)
}

/// Two commands that register a run at the same time both start it: that is one event.
fn run_started(run_id: &RunId) -> NewEvent {
    let event_id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("telltale/exec/started/{run_id}").as_bytes());
    let data = json!({ "runner": concat!("telltale/", env!("CARGO_PKG_VERSION")) });
    NewEvent { event_id, ..story::run_event(EventType::RunStarted).with_data(data) }
}

fn attempt(
    run_id: RunId,
    node: NodeRef,
    number: u32,
    words: Vec<String>,
    stop: CancellationToken,
) -> Attempt {
    let env = [
        ("TELLTALE_RUN_ID", run_id.to_string()),
        ("TELLTALE_NODE", node.to_string()),
        ("TELLTALE_ATTEMPT", number.to_string()),
    ];
    Attempt {
        run_id,
        node,
        number,
        words,
        image: None,
        env: env.map(|(name, value)| (name.to_owned(), value)).into(),
        timeout: None,
        stop,
        tty: false,
        resources: Resources::default(),
        artifacts: Vec::new(),
        masks: Arc::default(),
        inputs: serde_json::Value::Null,
    }
}

/// The number of the attempt, and whether the run is new.
async fn register(options: &WrapOptions) -> Result<(u32, bool), WrapError> {
    let run_id = options.place.run_id();
    if let Place::NodeOf { .. } = options.place
        && let Some(state) = look(&options.client, run_id).await?
    {
        return Ok((next_attempt(&state, &options.node)?, false));
    }
    let request = CreateRun {
        run_id: Some(run_id.clone()),
        workflow: json!(options.workflow),
        trigger: Some(json!({ "type": "manual", "command": "exec" })),
        engine: "external".to_owned(),
        nodes: Some(json!([{ "nodeRef": options.node }])),
        ..CreateRun::default()
    };
    let send = || options.client.create_run(&request, None);
    match until_acknowledged(REGISTER_PATIENCE, send).await {
        // A new run has its first event; more means that others have a part in it, or had its name before.
        Ok(state) if state.head_seq == 1 => Ok((1, true)),
        Ok(state) if matches!(options.place, Place::NodeOf { .. }) => {
            Ok((next_attempt(&state, &options.node)?, false))
        }
        Ok(_) => Err(RunError::RunExists(run_id.clone()).into()),
        Err(error) if error.status() == Some(409) => {
            match (&options.place, look(&options.client, run_id).await?) {
                (Place::NodeOf { .. }, Some(state)) => Ok((next_attempt(&state, &options.node)?, false)),
                _ => Err(RunError::RunExists(run_id.clone()).into()),
            }
        }
        Err(error) => Err(RunError::NotRegistered(error).into()),
    }
}

/// The run's state; `None` where there is no such run.
async fn look(client: &Client, run_id: &RunId) -> Result<Option<RunState>, RunError> {
    match until_acknowledged(REGISTER_PATIENCE, || client.get_run(run_id, None)).await {
        Ok(state) => Ok(Some(state)),
        Err(error) if error.status() == Some(404) => Ok(None),
        Err(error) => Err(RunError::NotRegistered(error)),
    }
}

/// The attempt after the last one there was.
fn next_attempt(state: &RunState, node: &NodeRef) -> Result<u32, WrapError> {
    if state.status.is_terminal() {
        return Err(WrapError::RunIsOver(state.run_id.clone(), state.status));
    }
    let known = state.nodes.iter().find(|known| known.node_ref == node.as_str());
    Ok(known.map_or(0, |known| known.attempt).saturating_add(1))
}

/// Asks the command to stop when the server has ended its run.
async fn stop_with_run(
    client: Client,
    run_id: RunId,
    superseded: CancellationToken,
    stop: CancellationToken,
) {
    tokio::select! {
        () = watch_for_end(client, run_id, 1, superseded.clone()) => {}
        () = superseded.cancelled() => {}
    }
    stop.cancel();
}

async fn vouch(recorder: Arc<Recorder>, node: NodeRef, number: u32) {
    let mut turns = tokio::time::interval(SIGN_OF_LIFE_EVERY);
    // The first turn comes at once.
    turns.tick().await;
    loop {
        turns.tick().await;
        let event = story::node_event(EventType::Note, &node, number).with_message("still running");
        drop(recorder.event(NewEvent { level: Some("debug".to_owned()), ..event }, None).await);
    }
}

/// Tells how the attempt ended, and the run where it ends with it.
async fn tell(
    recorder: &Recorder,
    attempt: &Attempt,
    end: &mut AttemptEnd,
    was_stopped: bool,
    ends_run: bool,
) -> RunOutcome {
    let status = status_of(&end.exit, was_stopped);
    let (node, number) = (&attempt.node, attempt.number);
    let data = exit_data(&end.exit);
    let mut event = match status {
        RunStatus::Completed => story::completed(node, number, end),
        RunStatus::Cancelled => story::node_event(EventType::NodeCancelled, node, number)
            .with_message(format!("it was told to stop and {}", end.exit.sentence())),
        _ => story::failed(EventType::NodeFailed, node, number, end, None),
    };
    merge(&mut event.data, &data);
    drop(recorder.event(event, end.closed.take()).await);
    let sentence = (status != RunStatus::Completed).then(|| format!("`{node}` {}", end.exit.sentence()));
    if ends_run {
        let kind = match status {
            RunStatus::Completed => EventType::RunCompleted,
            RunStatus::Cancelled => EventType::RunCancelled,
            _ => EventType::RunFailed,
        };
        let mut event = story::run_event(kind);
        merge(&mut event.data, &data);
        if let Some(sentence) = &sentence {
            event = event.with_message(sentence.clone());
        }
        if status == RunStatus::Failed {
            merge(&mut event.data, &json!({ "nodeRef": node }));
            let error = json!({ "message": sentence, "code": end.exit.code(), "type": "NodeFailed" });
            event = event.with_error(error);
        }
        drop(recorder.event(event, None).await);
    }
    RunOutcome { run_id: attempt.run_id.clone(), status, failure: sentence }
}

/// A command that was told to stop and did not end well was cancelled; one that ended well all the same has completed.
fn status_of(exit: &Exit, was_stopped: bool) -> RunStatus {
    match exit {
        Exit::Code(0) => RunStatus::Completed,
        _ if was_stopped => RunStatus::Cancelled,
        _ => RunStatus::Failed,
    }
}

/// The exit status as shells tell it: 128 and the signal's number for a command that was killed.
fn exit_data(exit: &Exit) -> Value {
    match exit {
        Exit::Code(code) => json!({ "exitCode": code }),
        Exit::Signal(signal) => json!({ "exitCode": 128 + signal, "signal": signal }),
        _ => json!({}),
    }
}

fn merge(data: &mut Option<Value>, more: &Value) {
    let Some(more) = more.as_object().filter(|more| !more.is_empty()) else { return };
    if let Some(fields) = data.get_or_insert_with(|| json!({})).as_object_mut() {
        fields.extend(more.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
}

/// The node that a command is when nobody names it: its program, without the way to it.
#[must_use]
pub fn node_of(words: &[String]) -> Option<NodeRef> {
    let program = words.first()?;
    program.rsplit('/').find(|part| !part.is_empty())?.parse().ok()
}

/// A run's id where none was chosen.
#[must_use]
pub fn generated_id() -> RunId {
    RunId::generated(Uuid::now_v7())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_command_was_cancelled_unless_it_ended_well() {
        assert_eq!(status_of(&Exit::Code(0), true), RunStatus::Completed);
        assert_eq!(status_of(&Exit::Code(3), false), RunStatus::Failed);
        assert_eq!(status_of(&Exit::Code(3), true), RunStatus::Cancelled);
        assert_eq!(status_of(&Exit::Signal(15), true), RunStatus::Cancelled);
        assert_eq!(exit_data(&Exit::Signal(15)), json!({ "exitCode": 143, "signal": 15 }));
    }

    #[test]
    fn a_command_is_named_after_its_program() {
        let of = |word: &str| node_of(&[word.to_owned()]).map(|node| node.to_string());
        assert_eq!(of("make").as_deref(), Some("make"));
        assert_eq!(of("/usr/bin/make").as_deref(), Some("make"));
        assert_eq!(of("./tool/").as_deref(), Some("tool"));
        assert_eq!(of(""), None);
    }

    #[test]
    fn a_repeated_node_is_the_next_attempt_and_an_ended_run_takes_nothing() {
        let state = |status: &str| -> RunState {
            let nodes = json!([{ "nodeRef": "a", "status": "FAILED", "attempt": 2 }, { "nodeRef": "b", "status": "PENDING" }]);
            serde_json::from_value(json!({ "runId": "r", "status": status, "headSeq": 9, "nodes": nodes }))
                .unwrap()
        };
        let of = |node: &str| next_attempt(&state("RUNNING"), &node.parse().unwrap()).unwrap();
        assert_eq!((of("a"), of("b"), of("c")), (3, 1, 1));
        assert!(next_attempt(&state("COMPLETED"), &"a".parse().unwrap()).is_err());
    }
}
