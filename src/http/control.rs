//! Control of runs: cancel, run again, answer a node that waits.

use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::app::SharedApp;
use super::body;
use super::endpoint::Call;
use super::fields::Fields;
use super::problem::Problem;
use super::{Response, new_run, runs, schema};
use crate::facts::event_input::{EVENT_MAX_BYTES, Fault, MESSAGE_MAX_BYTES};
use crate::facts::id::{NODE_REF_MAX_BYTES, NodeRef, OrganizationId, RunId};
use crate::facts::json::Json;
use crate::flow::control::{self, Answer, Cancelled, ControlError, Rerun};
use crate::flow::start::StartError;

/// Longest name of who answered.
const BY_MAX_BYTES: usize = 256;
/// Largest answer: it becomes an event, with a comment beside it.
const DATA_MAX_BYTES: usize = EVENT_MAX_BYTES / 2;

#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what is read field by field")]
pub struct CancelRequest {
    reason: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CancelAnswer {
    pub run_id: String,
    /// True: the run is over. False: its worker was asked to end it.
    pub cancelled: bool,
}

#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what is read field by field")]
pub struct RerunRequest {
    /// From this node on; those before it keep what they left.
    from_node: Option<String>,
    /// In place of the inputs of the same names.
    #[schema(value_type = Option<Object>)]
    inputs: Option<Json>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RerunAnswer {
    /// Of the new run.
    pub run_id: String,
}

/// A person's answer to a node that waits.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what is read field by field")]
pub struct NodeInput {
    /// True when missing.
    approved: Option<bool>,
    /// What the node's form asks for.
    #[schema(value_type = Option<Object>)]
    data: Option<Json>,
    comment: Option<String>,
    by: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeInputAnswer {
    pub run_id: String,
    pub node_ref: String,
    pub approved: bool,
}

/// POST /api/v1/runs/{runId}/cancel
pub async fn cancel(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let run_id = call.head.run_id()?;
    let body = body::read_optional(&app.bodies, &call.head.headers, call.chunks).await?;
    let mut fields = Fields::of(&body)?;
    let reason = fields.text("reason", MESSAGE_MAX_BYTES / 2);
    fields.check()?;
    let cancelled = control::cancel(&app.core, call.head.organization(), &run_id, reason).await?;
    let cancelled = cancelled == Cancelled::AtOnce;
    Ok(accepted(&CancelAnswer { run_id: run_id.to_string(), cancelled }))
}

/// POST /api/v1/runs/{runId}/rerun
pub async fn rerun(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let run_id = call.head.run_id()?;
    let key = runs::idempotency_key(&call.head)?;
    let body = body::read_optional(&app.bodies, &call.head.headers, call.chunks).await?;
    let mut fields = Fields::of(&body)?;
    let rerun =
        Rerun { from_node: fields.text("fromNode", NODE_REF_MAX_BYTES), inputs: fields.json("inputs") };
    fields.check()?;
    let new_id = match &key {
        Some(key) => claim_idempotency_key(&app, call.head.organization(), key).await?,
        None => new_run::generated_id(),
    };
    let new_id = control::rerun(&app.core, call.head.organization(), &run_id, new_id, rerun).await?;
    Ok(accepted(&RerunAnswer { run_id: new_id.to_string() }))
}

/// The run that the key stands for: the first request's.
async fn claim_idempotency_key(
    app: &SharedApp,
    organization: OrganizationId,
    key: &str,
) -> Result<RunId, Problem> {
    let generated = new_run::generated_id();
    let bound = crate::store::runs::claim_idempotency_key(&app.core.db, organization, key, &generated);
    Ok(bound.await?)
}

/// POST /api/v1/runs/{runId}/nodes/{nodeRef}/input
pub async fn input(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let run_id = call.head.run_id()?;
    let node_ref = call.head.params.get(1);
    let node_ref: Option<NodeRef> = node_ref.parse().ok().filter(|_| !node_ref.contains('\0'));
    let node_ref = node_ref.ok_or_else(|| Problem::invalid_at("/nodeRef", "is no nodeRef"))?;
    let body = body::read_optional(&app.bodies, &call.head.headers, call.chunks).await?;
    let answer = parse_answer(Fields::of(&body)?)?;
    let approved = answer.approved;
    control::give_input(&app.core, call.head.organization(), &run_id, &node_ref, answer).await?;
    let answer = NodeInputAnswer { run_id: run_id.to_string(), node_ref: node_ref.to_string(), approved };
    Ok(accepted(&answer))
}

fn parse_answer(mut fields: Fields) -> Result<Answer, Problem> {
    let answer = Answer {
        approved: fields.optional("approved", "true or false").unwrap_or(true),
        data: fields.json("data"),
        comment: fields.text("comment", MESSAGE_MAX_BYTES),
        by: fields.text("by", BY_MAX_BYTES),
    };
    if answer.data.as_ref().is_some_and(|data| data.get().len() > DATA_MAX_BYTES) {
        let detail = format!("is longer than {DATA_MAX_BYTES} bytes");
        return Err(Problem::invalid(vec![Fault { pointer: "/data".into(), detail, is_size: true }]));
    }
    fields.check()?;
    Ok(answer)
}

fn accepted<T: Serialize>(answer: &T) -> Response {
    let mut response = schema::json(answer);
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

impl From<ControlError> for Problem {
    fn from(error: ControlError) -> Self {
        let said = error.to_string();
        match error {
            ControlError::NoSuchRun => Self::no_such_run(),
            ControlError::Over
            | ControlError::NotOurs
            | ControlError::NotOver
            | ControlError::NotAwaiting
            | ControlError::Answered => Self::conflict(said),
            ControlError::Invalid(faults) => faults.into(),
            ControlError::Start(error) => error.into(),
            ControlError::Append(error) => error.into(),
            ControlError::Db(error) => error.into(),
        }
    }
}

impl From<StartError> for Problem {
    fn from(error: StartError) -> Self {
        let said = error.to_string();
        let refused = |pointer: &str, said: String| {
            let mut problem = Self::invalid_at(pointer, said);
            problem.status = StatusCode::UNPROCESSABLE_ENTITY;
            problem
        };
        match error {
            StartError::NoSuchWorkflow(_) | StartError::Deleted(_) | StartError::Outdated { .. } => {
                refused("/workflow", said)
            }
            StartError::NoSuchVersion(..) => refused("/version", said),
            StartError::TooDeep(_) => refused("/trigger/depth", said),
            StartError::Invalid(faults) => faults.into(),
            StartError::Append(error) => error.into(),
            StartError::Artifact(error) => error.into(),
            StartError::Db(error) => error.into(),
        }
    }
}
