//! Reads how far a run has come, so that another worker can go on with it, or another run can begin in its middle.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::client::{Client, ClientError, EventQuery, RunState, until_acknowledged};
use crate::facts::event::EventType;
use crate::facts::id::RunId;
use crate::facts::status::NodeStatus;
use crate::facts::workflow::Plan;
use crate::facts::workflow::schedule::NodeSoFar;
use crate::facts::workflow::scope::NodeResult;

use super::engine::RESULT_MAX_BYTES;
use super::recorder::PATIENCE;

/// Events of one page.
const PAGE: u32 = 5_000;

/// A node that nothing is known of.
pub(super) const PENDING: NodeResult = NodeResult { status: NodeStatus::Pending, output: Value::Null };

/// How an event refers to a value that is kept as a file.
#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "$artifact")]
    artifact_id: Uuid,
}

/// The nodes of the plan as they are stored, with the outputs of those that have completed.
pub(super) async fn stored(
    client: &Client,
    plan: &Plan,
    state: &RunState,
) -> Result<(Vec<NodeSoFar>, Vec<NodeResult>), ClientError> {
    let mut outputs = outputs(client, &state.run_id).await?;
    let known: HashMap<&str, _> = state.nodes.iter().map(|node| (node.node_ref.as_str(), node)).collect();
    let mut nodes = Vec::with_capacity(plan.nodes.len());
    let mut results = Vec::with_capacity(plan.nodes.len());
    for planned in &plan.nodes {
        let Some(node) = known.get(planned.id.as_str()) else {
            nodes.push(NodeSoFar::PENDING);
            results.push(PENDING);
            continue;
        };
        let output = outputs.remove(planned.id.as_str()).filter(|_| node.status == NodeStatus::Completed);
        nodes.push(NodeSoFar::stored(planned, node.status, node.attempt, output.as_ref()));
        results.push(NodeResult { status: node.status, output: output.unwrap_or_default() });
    }
    Ok((nodes, results))
}

/// The nodes of a new run that begins at `from`: those that do not come after it take what they left in `state`'s run.
pub(super) async fn reused(
    client: &Client,
    plan: &Plan,
    state: &RunState,
    from: &str,
) -> Result<(Vec<NodeSoFar>, Vec<NodeResult>), ClientError> {
    let (mut nodes, mut results) = stored(client, plan, state).await?;
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

/// The last output of each node that completed; one that is kept as a file is read from there.
async fn outputs(client: &Client, run_id: &RunId) -> Result<HashMap<String, Value>, ClientError> {
    let mut outputs = HashMap::new();
    let mut query =
        EventQuery { kind: Some(EventType::NodeCompleted), limit: Some(PAGE), ..EventQuery::default() };
    loop {
        let page = until_acknowledged(PATIENCE, || client.read_events(run_id, &query)).await?;
        let is_last = page.events.len() < PAGE as usize;
        for event in page.events {
            query.after = event.seq;
            let (Some(node), Some(summary)) = (event.node_ref, event.output_summary) else { continue };
            let summary = serde_json::from_str(summary.get()).unwrap_or_default();
            outputs.insert(node, value_of(client, run_id, summary).await?);
        }
        if is_last {
            return Ok(outputs);
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
