//! One claimed run, from the claim to its end, or until it is left to another worker.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use crate::client::{ClaimedRun, Client, ClientError, RunState, until_acknowledged};
use crate::facts::event::EventType;
use crate::facts::id::RunId;
use crate::facts::status::RunStatus;
use crate::facts::workflow::Plan;

use super::held::Hold;
use super::{Worker, hands};
use crate::runner::course::{Beginning, Course, SecretSource};
use crate::runner::driver::{self, Driven};
use crate::runner::recorder::{PATIENCE, Recorder};
use crate::runner::{story, takeover, workflow};

/// What a run's trigger says that matters to its execution.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Trigger {
    r#type: Option<String>,
    /// Of a call.
    depth: Option<u64>,
    /// Of a rerun.
    run_id: Option<RunId>,
    from_node: Option<String>,
}

/// Why a claimed run is not driven.
enum NotDriven {
    /// The run itself can't be executed, by nobody.
    Impossible(String),
    Client(ClientError),
}

impl From<ClientError> for NotDriven {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

/// Executes the run and gives the claim back, unless the run's end has ended it.
pub(super) async fn execute(worker: Arc<Worker>, run: ClaimedRun, hold: Hold) {
    let client = worker.client.under_claim(run.claim);
    let prepared = tokio::select! {
        prepared = prepare(&worker, &client, &run, &hold) => prepared,
        () = hold.signals.lost.cancelled() => return,
        // The server may be away, and then the preparations take their time.
        () = worker.drain.cancelled() => return release(&worker, &hold).await,
    };
    let driven = match prepared {
        Ok((course, beginning)) => drive(&client, Arc::new(course), beginning, &hold).await,
        Err(NotDriven::Impossible(reason)) => fail(&client, &run.run_id, reason).await,
        Err(NotDriven::Client(error)) => Err(error),
    };
    // The next worker would meet the same refusal, and the one after it, without an end.
    let driven = match driven {
        Err(error) if is_refusal(&error) => {
            tracing::error!(run = %run.run_id, %error, "the run can't be executed");
            fail(&client, &run.run_id, format!("it could not be executed: {error}")).await
        }
        driven => driven,
    };
    match driven {
        Ok(Driven::Over(outcome)) => {
            tracing::info!(run = %run.run_id, status = %outcome.status, "run is over")
        }
        Ok(Driven::Left) => {
            tracing::info!(run = %run.run_id, "run is left to another worker");
            release(&worker, &hold).await;
        }
        // The claim is not given back: whatever it was has a lease's time to pass.
        Err(error) => {
            tracing::warn!(run = %run.run_id, %error, "run could not be executed to its end here");
        }
    }
}

/// Whether the server won't have what is sent, or has not what is needed, whoever asks. A claim that is lost (409) and a
/// worker that may not (401, 403) are no such thing, and neither is what may pass.
fn is_refusal(error: &ClientError) -> bool {
    match error {
        ClientError::Problem(problem) => matches!(problem.status, 400 | 404 | 413 | 415 | 422),
        ClientError::Settings(_) => true,
        ClientError::Unintelligible { .. } | ClientError::Unreachable { .. } => false,
    }
}

/// Reads what the run is and how far it has come.
async fn prepare(
    worker: &Worker,
    client: &Client,
    run: &ClaimedRun,
    hold: &Hold,
) -> Result<(Course, Beginning), NotDriven> {
    let state = until_acknowledged(PATIENCE, || client.get_run(&run.run_id, None)).await?;
    let workflow = workflow::parse(&run.workflow, &run.source)
        .map_err(|faults| NotDriven::Impossible(format!("its workflow can't be read any more: {faults}")))?;
    let inputs = inputs(client, &state).await?;
    let plan = workflow.plan(&inputs).map_err(|fault| NotDriven::Impossible(fault.to_string()))?;
    let trigger: Trigger = state
        .trigger
        .as_ref()
        .and_then(|trigger| serde_json::from_str(trigger.get()).ok())
        .unwrap_or_default();
    let beginning = beginning(worker, client, run, &state, &plan, &trigger).await?;
    let course = Course {
        plan,
        run_id: run.run_id.clone(),
        client: client.clone(),
        engine: worker.hands.docker(),
        jobs: worker.jobs,
        places: Arc::clone(&worker.places),
        inputs,
        secrets: SecretSource::Claim(run.claim),
        depth: trigger.depth.filter(|_| trigger.r#type.as_deref() == Some("workflow")).unwrap_or(0),
        signals: crate::runner::course::Signals { drain: worker.drain.clone(), ..hold.signals.clone() },
    };
    Ok((course, beginning))
}

async fn inputs(client: &Client, state: &RunState) -> Result<Map<String, Value>, ClientError> {
    let stored = state.inputs.as_ref().and_then(|inputs| serde_json::from_str(inputs.get()).ok());
    match takeover::value_of(client, &state.run_id, stored.unwrap_or_default()).await? {
        Value::Object(inputs) => Ok(inputs),
        _ => Ok(Map::new()),
    }
}

async fn beginning(
    worker: &Worker,
    client: &Client,
    run: &ClaimedRun,
    state: &RunState,
    plan: &Plan,
    trigger: &Trigger,
) -> Result<Beginning, ClientError> {
    if state.started_at.is_some() {
        // What the worker before left on this machine would go on beside what is started now.
        if let Some(engine) = worker.hands.docker() {
            hands::sweep(&engine).await;
        }
        let so_far = takeover::stored(client, plan, state).await?;
        let note = format!("worker {} takes the run over (claim {})", worker.name, run.claim);
        return Ok(Beginning::Resumed { so_far, note });
    }
    if let (Some("rerun"), Some(of), Some(from)) =
        (trigger.r#type.as_deref(), &trigger.run_id, &trigger.from_node)
    {
        let earlier = until_acknowledged(PATIENCE, || client.get_run(of, None)).await?;
        let (nodes, results) = takeover::reused(client, plan, &earlier, from).await?;
        return Ok(Beginning::Rerun { of: of.clone(), nodes, results });
    }
    Ok(Beginning::New { note: None })
}

async fn drive(
    client: &Client,
    course: Arc<Course>,
    beginning: Beginning,
    hold: &Hold,
) -> Result<Driven, ClientError> {
    let lost = course.signals.lost.clone();
    let run_id = course.run_id.clone();
    // Nobody waits at a worker's terminal: its patience has no hurry.
    let recorder = Arc::new(Recorder::start(client.clone(), run_id, CancellationToken::new()));
    let driven =
        driver::drive(course, beginning, Arc::clone(&recorder), |is_busy| hold.set_busy(is_busy)).await;
    if lost.is_cancelled() {
        return Ok(Driven::Left);
    }
    match Arc::try_unwrap(recorder) {
        Ok(recorder) => recorder.finish().await?,
        Err(_) => return Err(ClientError::Settings("a node still holds the recorder".to_owned())),
    }
    Ok(driven)
}

/// Ends a run that can't be executed.
async fn fail(client: &Client, run_id: &RunId, reason: String) -> Result<Driven, ClientError> {
    let error = serde_json::json!({ "message": reason, "code": "not-executable", "type": "WorkflowError" });
    let event = story::run_event(EventType::RunFailed).with_message(reason.clone()).with_error(error);
    until_acknowledged(PATIENCE, || client.append_events(run_id, std::slice::from_ref(&event))).await?;
    let outcome = crate::runner::RunOutcome {
        run_id: run_id.clone(),
        status: RunStatus::Failed,
        failure: Some(reason),
    };
    Ok(Driven::Over(outcome))
}

/// Lets others have the run at once; without an answer its lease ends by itself.
async fn release(worker: &Worker, hold: &Hold) {
    let claims = std::slice::from_ref(&hold.name);
    if let Err(error) = worker.client.release_claims(&worker.name, claims).await {
        tracing::debug!(%error, "a claim could not be given back");
    }
}
