//! What people do to runs: cancel, run again, answer a node that waits for them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::ingest::{self, server_event};
use super::start::{self, StartError, StartRequest};
use super::{Core, definition, inputs, queue as flow_queue};
use crate::facts::event::{Event, EventType};
use crate::facts::event_input::Fault;
use crate::facts::id::{NodeRef, OrganizationId, RunId, RunKey};
use crate::facts::json::Json;
use crate::facts::run::Run;
use crate::facts::status::NodeStatus;
use crate::store::db::DbError;
use crate::store::journal::read::{self, EventFilter};
use crate::store::journal::{AppendError, Outcome};
use crate::store::queue::{self, CancelRequest};
use crate::store::runs;

/// The engine whose runs this installation's workers execute.
pub const LOCAL: &str = "local";
/// Events asking for input that one node may have in all its attempts, as far as they are looked at.
const AWAITS_LOOKED_AT: u32 = 1_000;

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    #[error("there is no such run")]
    NoSuchRun,
    #[error("the run is over already")]
    Over,
    #[error(
        "only runs that this installation's own workers execute can run again; events of this one came from elsewhere"
    )]
    NotOurs,
    #[error("the run is not over yet, and a new one from one of its nodes reuses what the others have left")]
    NotOver,
    #[error("the node does not wait for input")]
    NotAwaiting,
    #[error("the node was answered already")]
    Answered,
    #[error("what was sent does not fit")]
    Invalid(Vec<Fault>),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Append(#[from] AppendError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What a cancel came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// The run is over.
    AtOnce,
    /// Its worker ends it.
    Requested,
}

/// A run to be made of another.
#[derive(Debug, Clone, Default)]
pub struct Rerun {
    /// Nodes before it keep what they left in the other run.
    pub from_node: Option<String>,
    /// In place of the other run's inputs of the same names.
    pub inputs: Option<Json>,
}

/// A person's answer to a node that waits.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Answer {
    pub approved: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// Ends a run, or lets its worker end it, which may have something to clean up.
pub async fn cancel(
    core: &Core,
    organization: OrganizationId,
    run_id: &RunId,
    reason: Option<String>,
) -> Result<Cancelled, ControlError> {
    let (key, run) = existing(core, organization, run_id).await?;
    if is_over(&run) {
        return Err(ControlError::Over);
    }
    let asker = format!("cancel-{}", Uuid::new_v4());
    match queue::request_cancel(&core.db, key, &asker).await? {
        Some(CancelRequest::Ours(claim)) => {
            let nodes = run.nodes.iter().filter(|(_, node)| !node.status.is_over());
            let mut events: Vec<Event> = nodes.map(|(name, _)| node_cancelled(name)).collect();
            events.push(run_cancelled(reason));
            ingest::append_own(core, organization, run_id.clone(), events, Some(claim)).await?;
            Ok(Cancelled::AtOnce)
        }
        Some(CancelRequest::Told(_) | CancelRequest::Noted) => {
            let said = match reason {
                Some(reason) => format!("cancel requested: {reason}"),
                None => "cancel requested".to_owned(),
            };
            flow_queue::note(core, organization, run_id, Uuid::now_v7(), said).await;
            core.queue.wake();
            Ok(Cancelled::Requested)
        }
        None => {
            ingest::append_own(core, organization, run_id.clone(), vec![run_cancelled(reason)], None).await?;
            Ok(Cancelled::AtOnce)
        }
    }
}

fn run_cancelled(reason: Option<String>) -> Event {
    Event { message: reason, ..server_event(EventType::RunCancelled, Uuid::now_v7(), None) }
}

fn node_cancelled(name: &NodeRef) -> Event {
    Event {
        node_ref: Some(name.clone()),
        attempt: Some(1),
        ..server_event(EventType::NodeCancelled, Uuid::now_v7(), None)
    }
}

/// Starts a new run of the same version of the same workflow; answers with its id.
pub async fn rerun(
    core: &Core,
    organization: OrganizationId,
    run_id: &RunId,
    new_id: RunId,
    rerun: Rerun,
) -> Result<RunId, ControlError> {
    let (key, run) = existing(core, organization, run_id).await?;
    let queued = read::events(&core.db, key, 0, 1, 1, &EventFilter::default()).await?;
    let declared = queued.first().and_then(|event| serde_json::from_str::<Queued>(&event.body).ok());
    let version = declared.and_then(|queued| queued.data).and_then(|data| data.version);
    let (Some(workflow), Some(version), Some(LOCAL)) =
        (run.head.workflow.clone(), version, run.head.engine.as_deref())
    else {
        return Err(ControlError::NotOurs);
    };
    if let Some(node) = &rerun.from_node {
        if !is_over(&run) {
            return Err(ControlError::NotOver);
        }
        let (_, definition) = start::stored(core, organization, &workflow, Some(version)).await?;
        let is_there = definition.has_node(node)
            || node.parse::<NodeRef>().is_ok_and(|node| run.nodes.contains_key(&node));
        if !is_there {
            let detail = format!("is no node of the workflow `{workflow}`, version {version}");
            return Err(invalid("/fromNode", detail));
        }
    }
    let mut trigger = serde_json::json!({"type": "rerun", "runId": run_id});
    if let Some(node) = rerun.from_node {
        trigger["fromNode"] = node.into();
    }
    let old_inputs = match &run.documents.inputs {
        Some(inputs) => {
            Some(inputs::whole(core, organization, run_id, inputs).await.map_err(StartError::from)?)
        }
        None => None,
    };
    let request = StartRequest {
        run_id: new_id,
        workflow,
        version: Some(version),
        priority: None,
        inputs: merged(old_inputs.as_ref(), rerun.inputs.as_ref())?,
        trigger: Json::from_value(&trigger).ok(),
        labels: Json::from_value(&run.documents.labels).ok().filter(|labels| labels.get() != "{}"),
    };
    let started = request.run_id.clone();
    start::start(core, organization, request).await?;
    Ok(started)
}

/// What RUN_QUEUED says that the fold does not keep.
#[derive(Deserialize)]
struct Queued {
    data: Option<QueuedData>,
}

#[derive(Deserialize)]
struct QueuedData {
    version: Option<i32>,
}

/// The old inputs with the new ones in their place.
fn merged(old: Option<&Json>, new: Option<&Json>) -> Result<Option<Json>, ControlError> {
    type Inputs = indexmap::IndexMap<String, Json>;
    let Some(new) = new else { return Ok(old.cloned()) };
    let Some(new) = new.read::<Inputs>() else {
        return Err(invalid("/inputs", "is not an object of values by name".into()));
    };
    let mut all = old.and_then(Json::read::<Inputs>).unwrap_or_default();
    all.extend(new);
    Ok(Json::from_value(&all).ok())
}

/// Gives a waiting node its answer, held against the form that it asked with. Only the first one counts.
pub async fn give_input(
    core: &Core,
    organization: OrganizationId,
    run_id: &RunId,
    node_ref: &NodeRef,
    answer: Answer,
) -> Result<(), ControlError> {
    let (key, run) = existing(core, organization, run_id).await?;
    let node = run.nodes.get(node_ref).filter(|node| node.status == NodeStatus::AwaitingInput);
    let Some(node) = node.filter(|_| !is_over(&run)) else {
        return Err(if was_answered(core, key, &run, node_ref).await? {
            ControlError::Answered
        } else {
            ControlError::NotAwaiting
        });
    };
    let filter = EventFilter {
        kinds: vec![EventType::NodeAwaitingInput],
        node_ref: Some(node_ref.clone()),
        levels: Vec::new(),
    };
    let asked = read::events(&core.db, key, 0, run.head.head_seq, AWAITS_LOOKED_AT, &filter).await?;
    let Some(asked) = asked.last() else { return Err(ControlError::NotAwaiting) };
    // Whoever says no need not fill in the form.
    if answer.approved {
        check_form(&asked.body, answer.data.as_ref())?;
    }
    let data = Json::from_value(&answer).map_err(|error| AppendError::Rejected(error.to_string()))?;
    // The question's own number: two answers to it are one event, whoever sends them and wherever to.
    let id = Uuid::new_v5(&key.0, format!("input/{}/{node_ref}", asked.seq).as_bytes());
    let event = Event {
        node_ref: Some(node_ref.clone()),
        attempt: Some(node.attempt),
        message: answer.comment,
        ..server_event(EventType::NodeInputReceived, id, Some(data))
    };
    let appended = ingest::append_own(core, organization, run_id.clone(), vec![event], None).await?;
    match appended.results.first().map(|result| result.outcome) {
        Some(Outcome::Accepted) => Ok(()),
        Some(Outcome::Duplicate) => Err(ControlError::Answered),
        Some(Outcome::Late) | None => Err(ControlError::NotAwaiting),
    }
}

/// Whether the node's last word is that it got its answer.
async fn was_answered(core: &Core, key: RunKey, run: &Run, node_ref: &NodeRef) -> Result<bool, DbError> {
    let filter = EventFilter {
        kinds: vec![EventType::NodeInputReceived],
        node_ref: Some(node_ref.clone()),
        levels: Vec::new(),
    };
    Ok(!read::events(&core.db, key, 0, run.head.head_seq, 1, &filter).await?.is_empty())
}

/// What NODE_AWAITING_INPUT asks with.
#[derive(Deserialize)]
struct Asked {
    data: Option<AskedData>,
}

#[derive(Deserialize)]
struct AskedData {
    form: Option<Json>,
}

fn check_form(asked: &str, data: Option<&Json>) -> Result<(), ControlError> {
    let asked: Option<Asked> = serde_json::from_str(asked).ok();
    let Some(form) = asked.and_then(|asked| asked.data).and_then(|data| data.form) else { return Ok(()) };
    let nothing = || Value::Object(serde_json::Map::new());
    let data = match data {
        Some(data) => data.read().ok_or_else(|| invalid("/data", "is not understood".into()))?,
        None => nothing(),
    };
    let faults = definition::check_form(&form, &data);
    if faults.is_empty() { Ok(()) } else { Err(ControlError::Invalid(faults)) }
}

async fn existing(
    core: &Core,
    organization: OrganizationId,
    run_id: &RunId,
) -> Result<(RunKey, Run), ControlError> {
    runs::state(&core.db, organization, run_id).await?.ok_or(ControlError::NoSuchRun)
}

fn is_over(run: &Run) -> bool {
    run.head.status.is_some_and(crate::facts::status::RunStatus::is_terminal)
}

fn invalid(pointer: &str, detail: String) -> ControlError {
    ControlError::Invalid(vec![Fault { pointer: pointer.to_owned(), detail, is_size: false }])
}
