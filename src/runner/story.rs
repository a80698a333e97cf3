//! The events of a run's course, as the driver tells it. Pure but for ids and the clock.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::{CreateRun, NewEvent};
use crate::facts::event::EventType;
use crate::facts::id::{NodeRef, RunId};
use crate::facts::workflow::Plan;
use crate::facts::workflow::duration::written;
use crate::facts::workflow::fault::quoted;
use crate::facts::workflow::schedule::{Because, End, Stop};

use super::engine::{Exit, now};
use super::node::AttemptEnd;
use super::output::Output;

/// What RUN_QUEUED may say of the nodes; the event has 64 KiB in all.
const DECLARATION_MAX_BYTES: usize = 48 * 1024;
/// The results of all nodes that RUN_COMPLETED repeats.
const RESULTS_MAX_BYTES: usize = 32 * 1024;

/// The request that registers the run.
#[must_use]
pub fn registration(plan: &Plan, run_id: &RunId, inputs: &Value, trigger: Option<Value>) -> CreateRun {
    CreateRun {
        run_id: Some(run_id.clone()),
        workflow: json!(plan.name),
        inputs: inputs.as_object().is_some_and(|inputs| !inputs.is_empty()).then(|| inputs.clone()),
        trigger: Some(trigger.unwrap_or_else(|| json!({ "type": "manual" }))),
        engine: "external".to_owned(),
        nodes: declaration(plan),
        total_actions: Some(plan.nodes.len() as u64),
        ..CreateRun::default()
    }
}

/// The nodes with their needs; without them where that is too long; nothing where even the names are.
fn declaration(plan: &Plan) -> Option<Value> {
    let name = |index: &usize| plan.nodes[*index].id.as_str();
    let full = plan
        .nodes
        .iter()
        .map(|node| json!({ "nodeRef": node.id, "needs": node.needs.iter().map(name).collect::<Vec<_>>() }));
    let names = plan.nodes.iter().map(|node| json!({ "nodeRef": node.id }));
    [full.collect::<Vec<_>>(), names.collect()]
        .into_iter()
        .map(Value::Array)
        .find(|declaration| declaration.to_string().len() <= DECLARATION_MAX_BYTES)
}

#[must_use]
pub fn run_event(kind: EventType) -> NewEvent {
    NewEvent::run(Uuid::now_v7(), kind, now())
}

/// A note on the run, of this level.
#[must_use]
pub fn note(level: &str, text: String) -> NewEvent {
    NewEvent { level: Some(level.to_owned()), ..run_event(EventType::Note).with_message(text) }
}

/// An event of a node; `attempt` 0 stands for a node that never started.
#[must_use]
pub fn node_event(kind: EventType, node: &NodeRef, attempt: u32) -> NewEvent {
    let event = NewEvent::node(Uuid::now_v7(), kind, node.as_str(), attempt, now());
    NewEvent { attempt: Some(attempt).filter(|attempt| *attempt > 0), ..event }
}

#[must_use]
pub fn completed(node: &NodeRef, attempt: u32, end: &AttemptEnd) -> NewEvent {
    let millis = u64::try_from(end.took.as_millis()).unwrap_or(u64::MAX);
    let event =
        node_event(EventType::NodeCompleted, node, attempt).with_data(json!({ "durationMs": millis }));
    NewEvent { output_summary: summary(end), ..event }
}

/// An attempt that failed: `NODE_FAILED`, or `NODE_RETRYING` with the data of the retry.
#[must_use]
pub fn failed(
    kind: EventType,
    node: &NodeRef,
    attempt: u32,
    end: &AttemptEnd,
    data: Option<Value>,
) -> NewEvent {
    let event = node_event(kind, node, attempt)
        .with_message(format!("attempt {attempt} {}", end.exit.sentence()))
        .with_error(error_of(node, end));
    NewEvent { data, output_summary: summary(end), ..event }
}

fn summary(end: &AttemptEnd) -> Option<Value> {
    end.output.as_ref().and_then(Output::summary).cloned()
}

fn error_of(node: &NodeRef, end: &AttemptEnd) -> Value {
    let mut details = json!({ "lastLines": end.last_words.lines() });
    if let (Exit::Code(code), Some(details)) = (&end.exit, details.as_object_mut()) {
        details.insert("exitStatus".to_owned(), json!(code));
    }
    json!({
        "message": format!("{} {}", quoted(node.as_str()), end.exit.sentence()),
        "code": end.exit.code(),
        "type": end.exit.kind(),
        "details": details,
    })
}

/// The reason names the need that failed, was skipped itself or was rejected.
#[must_use]
pub fn skipped(plan: &Plan, node: usize, because: Because) -> NewEvent {
    let name = |need: usize| &plan.nodes[need].id;
    let (reason, need, message) = match because {
        Because::NeedFailed(need) => ("need-failed", Some(need), "failed"),
        Because::NeedSkipped(need) => ("need-failed", Some(need), "was skipped"),
        Because::Rejected(need) => ("rejected", Some(need), "was rejected"),
        Because::Condition => ("condition", None, "its condition was false"),
        Because::NoneCompleted => ("none-completed", None, "none of its needs completed"),
    };
    let event = node_event(EventType::NodeSkipped, name(node), 0);
    match need {
        Some(need) => event
            .with_message(format!("it needs {}, which {message}", quoted(name(need).as_str())))
            .with_data(json!({ "reason": reason, "need": name(need) })),
        None => event.with_message(message).with_data(json!({ "reason": reason })),
    }
}

#[must_use]
pub fn cancelled(node: &NodeRef, attempt: u32, stop: Option<Stop>) -> NewEvent {
    let reason = match stop {
        Some(Stop::TimedOut) => "the run took longer than it may",
        Some(Stop::Cancelled) | None => "the run was cancelled",
    };
    node_event(EventType::NodeCancelled, node, attempt).with_message(reason)
}

/// The last event. `first_failure` is the error of the node that failed first.
#[must_use]
pub fn ended(plan: &Plan, end: End, first_failure: Option<&Exit>, results: &[(NodeRef, Value)]) -> NewEvent {
    match end {
        End::Completed => {
            let results: serde_json::Map<_, _> =
                results.iter().map(|(node, value)| (node.to_string(), value.clone())).collect();
            let result = Value::Object(results);
            let fits = result != json!({}) && result.to_string().len() <= RESULTS_MAX_BYTES;
            let event = run_event(EventType::RunCompleted);
            if fits { event.with_data(json!({ "result": result })) } else { event }
        }
        End::Failed { first, failed } => {
            let node = &plan.nodes[first].id;
            let message = failure_sentence(plan, first, failed, first_failure);
            let code = first_failure.map_or_else(|| "failed".to_owned(), Exit::code);
            run_event(EventType::RunFailed)
                .with_message(message.clone())
                .with_data(json!({ "nodeRef": node }))
                .with_error(json!({ "message": message, "code": code, "type": "NodeFailed", "details": { "failedNodes": failed } }))
        }
        End::Stopped(Stop::Cancelled) => {
            run_event(EventType::RunCancelled).with_message("cancelled by whoever started it")
        }
        End::Stopped(Stop::TimedOut) => {
            let limit = plan.timeout.map(written).unwrap_or_default();
            let message = format!("the run did not finish within {limit}");
            run_event(EventType::RunTimedOut)
                .with_message(message.clone())
                .with_error(json!({ "message": message, "code": "timeout", "type": "TimeoutError" }))
        }
    }
}

/// `scan` exited with status 3 (and 2 more nodes failed)
#[must_use]
pub fn failure_sentence(plan: &Plan, first: usize, failed: usize, exit: Option<&Exit>) -> String {
    let what = exit.map_or_else(|| "failed".to_owned(), Exit::sentence);
    let others = match failed.saturating_sub(1) {
        0 => String::new(),
        1 => " (and 1 more node failed)".to_owned(),
        more => format!(" (and {more} more nodes failed)"),
    };
    format!("{} {what}{others}", quoted(plan.nodes[first].id.as_str()))
}
