//! Reads how far a run has come, so that another worker can go on with it, or another run can begin in its middle.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::client::{Client, ClientError, Event, EventQuery, RunState, until_acknowledged};
use crate::facts::event::EventType;
use crate::facts::id::RunId;
use crate::facts::status::NodeStatus;
use crate::facts::time::Timestamp;
use crate::facts::workflow::Plan;
use crate::facts::workflow::fault::quoted;
use crate::facts::workflow::schedule::NodeSoFar;
use crate::facts::workflow::scope::NodeResult;

use super::engine::{Exit, RESULT_MAX_BYTES, now};
use super::recorder::PATIENCE;

/// Events of one page.
const PAGE: u32 = 5_000;

/// A node that nothing is known of.
pub(super) const PENDING: NodeResult = NodeResult { status: NodeStatus::Pending, output: Value::Null };

/// What a worker finds of a run that another one has left. All by the indexes of the plan.
#[derive(Debug, Default)]
pub(super) struct SoFar {
    pub nodes: Vec<NodeSoFar>,
    pub results: Vec<NodeResult>,
    /// The outputs of those that completed, as their events have them.
    pub summaries: Vec<(usize, Value)>,
    /// How those ended that failed for good.
    pub failures: HashMap<usize, Exit>,
    /// How long it is ago that each one began, by this machine's clock; limits of time go on from there.
    pub ages: Vec<Duration>,
    /// The same of the run.
    pub age: Duration,
}

/// How an event refers to a value that is kept as a file.
#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "$artifact")]
    artifact_id: Uuid,
}

/// The nodes of the plan as they are stored, with what those have left that are over.
pub(super) async fn stored(client: &Client, plan: &Plan, state: &RunState) -> Result<SoFar, ClientError> {
    let mut outputs = outputs(client, &state.run_id).await?;
    let has_failed = state.nodes.iter().any(|node| node.status == NodeStatus::Failed);
    let mut failures = if has_failed { failures(client, &state.run_id).await? } else { HashMap::new() };
    let known: HashMap<&str, _> = state.nodes.iter().map(|node| (node.node_ref.as_str(), node)).collect();
    let mut so_far = SoFar { age: age(state.started_at), ..SoFar::default() };
    for (index, planned) in plan.nodes.iter().enumerate() {
        let id = planned.id.as_str();
        let Some(node) = known.get(id) else {
            so_far.nodes.push(NodeSoFar::PENDING);
            so_far.results.push(PENDING);
            so_far.ages.push(Duration::ZERO);
            continue;
        };
        let output = outputs.remove(id).filter(|_| node.status == NodeStatus::Completed);
        let value = output.as_ref().map(|output| &output.value);
        so_far.nodes.push(NodeSoFar::stored(planned, node.status, node.attempt, value));
        so_far.ages.push(age(node.started_at));
        if let Some(exit) = failures.remove(id).filter(|_| node.status == NodeStatus::Failed) {
            so_far.failures.insert(index, exit);
        }
        let (value, summary) = output.map(|output| (output.value, output.summary)).unzip();
        so_far.results.push(NodeResult { status: node.status, output: value.unwrap_or_default() });
        so_far.summaries.extend(summary.map(|summary| (index, summary)));
    }
    Ok(so_far)
}

/// The clocks of two machines may differ: what began in the future has just begun.
fn age(began: Option<Timestamp>) -> Duration {
    began.map_or(Duration::ZERO, |began| Duration::from_micros(now().micros_since(began)))
}

/// The nodes of a new run that begins at `from`: those that do not come after it take what they left in `state`'s run.
pub(super) async fn reused(
    client: &Client,
    plan: &Plan,
    state: &RunState,
    from: &str,
) -> Result<(Vec<NodeSoFar>, Vec<NodeResult>), ClientError> {
    let SoFar { mut nodes, mut results, .. } = stored(client, plan, state).await?;
    let again = and_after(plan, from);
    for (index, result) in results.iter_mut().enumerate() {
        if result.status == NodeStatus::Completed && !again.contains(&index) {
            nodes[index] = NodeSoFar::REUSED;
        } else {
            nodes[index] = NodeSoFar::PENDING;
            *result = PENDING;
        }
    }
    Ok((nodes, results))
}

/// A node, or all instances of one, with everything that needs it, directly or not. `finally` is executed in every run.
fn and_after(plan: &Plan, from: &str) -> HashSet<usize> {
    let is_from = |index: &usize| {
        let node = &plan.nodes[*index];
        node.id.as_str() == from || node.spec.id.as_str() == from || node.is_finally()
    };
    let mut found: HashSet<usize> = (0..plan.nodes.len()).filter(is_from).collect();
    // Each round finds at least one more, or is the last.
    loop {
        let before = found.len();
        for (index, node) in plan.nodes.iter().enumerate() {
            if node.needs.iter().any(|need| found.contains(need)) {
                found.insert(index);
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

/// What a node has left.
#[derive(Debug, Default, Clone)]
pub(super) struct Left {
    /// As its event has it: a reference where the value is kept as a file.
    pub summary: Value,
    pub value: Value,
}

/// The last output of each node that completed; one that is kept as a file is read from there.
pub(super) async fn outputs(client: &Client, run_id: &RunId) -> Result<HashMap<String, Left>, ClientError> {
    let mut outputs = HashMap::new();
    for event in all_of(client, run_id, EventType::NodeCompleted).await? {
        let (Some(node), Some(summary)) = (event.node_ref, event.output_summary) else { continue };
        let summary: Value = serde_json::from_str(summary.get()).unwrap_or_default();
        let value = value_of(client, run_id, summary.clone()).await?;
        outputs.insert(node, Left { summary, value });
    }
    Ok(outputs)
}

/// How each node ended that failed for good.
async fn failures(client: &Client, run_id: &RunId) -> Result<HashMap<String, Exit>, ClientError> {
    let mut failures = HashMap::new();
    for event in all_of(client, run_id, EventType::NodeFailed).await? {
        let Some(node) = event.node_ref else { continue };
        let error: Value = event.error.and_then(|error| error.read()).unwrap_or_default();
        let text = |field: &str| error[field].as_str().unwrap_or("failed").to_owned();
        let message = text("message");
        let sentence = message.strip_prefix(&quoted(&node)).map_or(&*message, str::trim_start).to_owned();
        failures.insert(node, Exit::Recorded { code: text("code"), sentence });
    }
    Ok(failures)
}

async fn all_of(client: &Client, run_id: &RunId, kind: EventType) -> Result<Vec<Event>, ClientError> {
    let mut all = Vec::new();
    let mut query = EventQuery { kind: Some(kind), limit: Some(PAGE), ..EventQuery::default() };
    loop {
        let page = until_acknowledged(PATIENCE, || client.read_events(run_id, &query)).await?;
        let is_last = page.events.len() < PAGE as usize;
        query.after = page.events.last().map_or(query.after, |event| event.seq);
        all.extend(page.events);
        if is_last {
            return Ok(all);
        }
    }
}

/// The value itself where `value` refers to a file of the run.
pub(super) async fn value_of(client: &Client, run_id: &RunId, value: Value) -> Result<Value, ClientError> {
    let Ok(Reference { artifact_id }) = serde_json::from_value(value.clone()) else { return Ok(value) };
    let read = || client.read_artifact(run_id, artifact_id, RESULT_MAX_BYTES);
    let bytes = until_acknowledged(PATIENCE, read).await?;
    serde_json::from_slice(&bytes)
        .map_err(|error| ClientError::Settings(format!("the file {artifact_id} is no JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::super::workflow::parse;
    use super::*;

    #[test]
    fn what_needs_a_node_is_executed_again_with_it() {
        let text = "name: w\nnodes:\n- {id: a, run: x}\n- {id: b, run: x, needs: a, matrix: {n: [1, 2]}}\n\
            - {id: c, run: x, needs: b}\n- {id: d, run: x, needs: a}\nfinally:\n- {id: z, run: x}\n";
        let plan = parse("w", text).unwrap().plan(&Map::new()).unwrap();
        let names = |from: &str| {
            let mut names: Vec<_> =
                and_after(&plan, from).into_iter().map(|index| plan.nodes[index].id.to_string()).collect();
            names.sort();
            names
        };
        assert_eq!(names("b"), ["b[1]", "b[2]", "c", "z"]);
        assert_eq!(names("b[2]"), ["b[2]", "c", "z"]);
        assert_eq!(names("d"), ["d", "z"]);
    }
}
