//! Starts runs of stored workflows: everything is checked before anything is stored.

use serde::Deserialize;

use super::artifacts::ArtifactError;
use super::definition::{self, Definition};
use super::ingest::NewRun;
use super::inputs::{self, DECLARED_MAX_BYTES};
use super::{Core, control};
use crate::facts::event_input::Fault;
use crate::facts::id::{OrganizationId, RunId};
use crate::facts::json::Json;
pub use crate::facts::workflow::model::PRIORITY_MAX;
use crate::store::db::DbError;
use crate::store::journal::{AppendError, Appended, QueueEntry};
use crate::store::{queue, runs, workflows};

/// How deep workflows may call each other: deeper is a circle nearly always, and each level holds a claim while it waits.
pub const DEPTH_MAX: u32 = 8;

/// A run of a stored workflow, as asked for.
#[derive(Debug, Clone)]
pub struct StartRequest {
    pub run_id: RunId,
    pub workflow: String,
    /// The latest when missing.
    pub version: Option<i32>,
    /// The workflow's own when missing.
    pub priority: Option<i32>,
    pub inputs: Option<Json>,
    pub trigger: Option<Json>,
    pub labels: Option<Json>,
}

/// Why nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("there is no stored workflow `{0}`; PUT /api/v1/workflows/{{name}} stores one")]
    NoSuchWorkflow(String),
    #[error("the workflow `{0}` was deleted; storing it again lets it start again")]
    Deleted(String),
    #[error("the workflow `{0}` has no version {1}")]
    NoSuchVersion(String, i32),
    #[error(
        "workflows call each other at most {DEPTH_MAX} deep, and this call would be the {0}th; is it a circle?"
    )]
    TooDeep(u32),
    #[error("version {version} of the workflow `{workflow}` is not understood any more: {reason}")]
    Outdated { workflow: String, version: i32, reason: String },
    #[error("the run is not as the workflow wants it")]
    Invalid(Vec<Fault>),
    #[error(transparent)]
    Append(#[from] AppendError),
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What a sub-workflow's trigger says of its place.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trigger {
    r#type: Option<String>,
    depth: Option<u32>,
    parent_run_id: Option<RunId>,
}

/// Starts a run, or finds the one of that id. `created` tells which.
pub async fn start(
    core: &Core,
    organization: OrganizationId,
    request: StartRequest,
) -> Result<Appended, StartError> {
    if let Some(run) = runs::find(&core.db, organization, &request.run_id).await? {
        let head = run.head_seq;
        return Ok(Appended { run_key: run.run_key, head_seq: head, created: false, results: Vec::new() });
    }
    check_depth(request.trigger.as_ref())?;
    let (version, definition) = stored(core, organization, &request.workflow, request.version).await?;
    let caller = match caller(request.trigger.as_ref()) {
        Some(run_id) => queue::priority(&core.db, organization, &run_id).await?,
        None => None,
    };
    let run = new_run(request, version, &definition, caller)?;
    Ok(inputs::create_run(core, organization, run).await?)
}

/// A stored workflow that may be started, read.
pub(super) async fn stored(
    core: &Core,
    organization: OrganizationId,
    name: &str,
    version: Option<i32>,
) -> Result<(i32, Definition), StartError> {
    let Some(found) = workflows::find(&core.db, organization, name, version).await? else {
        return Err(match version {
            Some(version) if workflows::find(&core.db, organization, name, None).await?.is_some() => {
                StartError::NoSuchVersion(name.to_owned(), version)
            }
            _ => StartError::NoSuchWorkflow(name.to_owned()),
        });
    };
    if found.is_deleted {
        return Err(StartError::Deleted(name.to_owned()));
    }
    let outdated = |faults: definition::DefinitionFaults| StartError::Outdated {
        workflow: name.to_owned(),
        version: found.version,
        reason: faults.text,
    };
    Ok((found.version, definition::parse(name, &found.source).map_err(outdated)?))
}

/// `caller` is the priority of the run that calls, where one does.
fn new_run(
    request: StartRequest,
    version: i32,
    definition: &Definition,
    caller: Option<i32>,
) -> Result<NewRun, StartError> {
    let StartRequest { run_id, workflow, priority, inputs: given, trigger, labels, .. } = request;
    let prepared = definition.prepare(given.as_ref()).map_err(StartError::Invalid)?;
    let size = |json: &Option<Json>| json.as_ref().map_or(0, |json| json.get().len());
    let others = workflow.len() + size(&trigger) + size(&labels);
    let said = inputs::declared_bytes(size(&prepared.inputs), others);
    if said > DECLARED_MAX_BYTES {
        let detail = format!("trigger and labels are at most {DECLARED_MAX_BYTES} bytes together");
        return Err(StartError::Invalid(vec![Fault { pointer: String::new(), detail, is_size: true }]));
    }
    // Nodes that are not declared show as they begin.
    let nodes = prepared.nodes.filter(|nodes| said + nodes.get().len() <= DECLARED_MAX_BYTES);
    let queue = QueueEntry {
        workflow: workflow.clone(),
        version,
        priority: in_queue(priority.unwrap_or_else(|| definition.priority()), caller),
        concurrency: definition.concurrency(),
        engines: definition.engines(),
    };
    Ok(NewRun {
        run_id,
        workflow,
        engine: control::LOCAL,
        inputs: prepared.inputs,
        trigger,
        labels,
        total_actions: Some(prepared.node_count),
        nodes,
        queue: Some(queue),
    })
}

/// A called run goes before all that have its caller's priority: a worker holds the caller until the call is over, and a
/// worker that held nothing but callers could never take up what they wait for.
fn in_queue(own: i32, caller: Option<i32>) -> i32 {
    own.max(caller.map_or(own, |caller| caller + 1)).clamp(-PRIORITY_MAX, PRIORITY_MAX)
}

fn caller(trigger: Option<&Json>) -> Option<RunId> {
    let trigger = trigger.and_then(Json::read::<Trigger>)?;
    trigger.parent_run_id.filter(|_| trigger.r#type.as_deref() == Some("workflow"))
}

/// Refuses a call that is too deep; what triggered a run otherwise has no depth.
fn check_depth(trigger: Option<&Json>) -> Result<(), StartError> {
    let Some(Trigger { r#type: Some(kind), depth, .. }) = trigger.and_then(Json::read::<Trigger>) else {
        return Ok(());
    };
    match depth {
        Some(depth) if kind == "workflow" && depth > DEPTH_MAX => Err(StartError::TooDeep(depth)),
        None if kind == "workflow" => {
            let detail = "is missing: a call says how deep it is, from 1".to_owned();
            Err(StartError::Invalid(vec![Fault { pointer: "/trigger/depth".into(), detail, is_size: false }]))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(trigger: &str) -> Result<(), StartError> {
        check_depth(Some(&Json::from_text(trigger.into()).unwrap()))
    }

    #[test]
    fn a_called_run_goes_before_its_callers_equals() {
        assert_eq!((in_queue(3, None), in_queue(-7, Some(3)), in_queue(9, Some(3))), (3, 4, 9));
        assert_eq!((in_queue(0, Some(100)), in_queue(0, Some(-100))), (100, 0));
        let of = |trigger: &str| caller(Some(&Json::from_text(trigger.into()).unwrap()));
        assert_eq!(of(r#"{"type":"workflow","depth":1,"parentRunId":"r"}"#), Some("r".parse().unwrap()));
        assert_eq!(of(r#"{"type":"manual","parentRunId":"r"}"#), None);
        assert_eq!(caller(None), None);
    }

    #[test]
    fn calls_end_at_a_depth() {
        assert!(check_depth(None).is_ok());
        assert!(depth(r#"{"type":"manual","depth":99}"#).is_ok());
        assert!(depth(r#"{"type":"workflow","depth":8,"parentRunId":"r"}"#).is_ok());
        assert!(matches!(depth(r#"{"type":"workflow","depth":9}"#), Err(StartError::TooDeep(9))));
        assert!(matches!(depth(r#"{"type":"workflow"}"#), Err(StartError::Invalid(_))));
    }
}
