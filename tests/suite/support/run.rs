//! Waiting for what a run says, by the long poll that clients have for it, and what it left in the end.

use serde_json::Value;

use super::http::Http;
use super::wait::{until, within};

/// The first event of the run that `is_it`; waits for it.
pub async fn event(http: &Http, run_id: &str, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
    let waiting = async {
        let mut after = 0;
        loop {
            let path = format!("/api/v1/runs/{run_id}/events?after={after}&limit=5000&wait=20");
            // A server that is being restarted is asked again.
            let Some(page) = http.try_get(&path).await.ok().filter(|answer| answer.status == 200) else {
                tokio::task::yield_now().await;
                continue;
            };
            let page = page.json();
            let events = page["events"].as_array().expect("`events`").clone();
            if let Some(found) = events.iter().find(|event| is_it(event)) {
                return found.clone();
            }
            after = events.last().map_or(after, |event| event["seq"].as_u64().expect("`seq`"));
            assert_ne!(page["ended"], true, "{run_id} ended without {what}: {}", http.run(run_id).await);
        }
    };
    within(&format!("{what} of {run_id}"), waiting).await
}

/// Waits for an event of this type of this node.
pub async fn node_event(http: &Http, run_id: &str, kind: &str, node: &str) -> Value {
    event(http, run_id, &format!("{kind} of {node}"), |event| {
        event["type"] == kind && event["nodeRef"] == node
    })
    .await
}

/// The run's state once it is over.
pub async fn ended(http: &Http, run_id: &str) -> Value {
    let is_end = |event: &Value| {
        let kind = event["type"].as_str().expect("`type`");
        matches!(kind, "RUN_COMPLETED" | "RUN_FAILED" | "RUN_CANCELLED" | "RUN_TERMINATED" | "RUN_TIMED_OUT")
    };
    event(http, run_id, "its end", is_end).await;
    http.run(run_id).await
}

/// Waits for the run's end, which must be this one.
pub async fn ends_as(http: &Http, run_id: &str, status: &str) -> Value {
    let state = ended(http, run_id).await;
    if state["status"] != status {
        panic!("{run_id} is not {status}: {state}\n{:#?}", http.events(run_id).await);
    }
    state
}

/// Waits for a line that begins so, and gives the rest of it.
pub async fn line(http: &Http, run_id: &str, begin: &str) -> String {
    until(&format!("a line `{begin}…` of {run_id}"), || async {
        let answer = http.try_get(&format!("/api/v1/runs/{run_id}/logs?limit=5000")).await.ok()?;
        let page = (answer.status == 200).then(|| answer.json())?;
        let mut texts = page["lines"].as_array()?.iter().filter_map(|line| line["text"].as_str());
        texts.find_map(|text| text.strip_prefix(begin)).map(str::to_owned)
    })
    .await
}

/// The state of one node.
#[track_caller]
pub fn node<'a>(state: &'a Value, name: &str) -> &'a Value {
    let nodes = state["nodes"].as_array().expect("`nodes`");
    nodes.iter().find(|node| node["nodeRef"] == name).unwrap_or_else(|| panic!("no node {name}: {state}"))
}

/// `node STATUS attempt` of each node, in their order.
pub fn nodes(state: &Value) -> Vec<String> {
    let nodes = state["nodes"].as_array().expect("`nodes`");
    let text = |node: &Value| {
        let (name, status) = (node["nodeRef"].as_str().unwrap(), node["status"].as_str().unwrap());
        format!("{name} {status} {}", node["attempt"])
    };
    nodes.iter().map(text).collect()
}

/// What the node left when it completed.
pub fn output(events: &[Value], node: &str) -> Value {
    let completed = |event: &&Value| event["type"] == "NODE_COMPLETED" && event["nodeRef"] == node;
    events.iter().find(completed).map(|event| event["outputSummary"].clone()).unwrap_or_default()
}

/// The texts of the run's notes on itself.
pub fn notes(events: &[Value]) -> Vec<String> {
    let notes = events.iter().filter(|event| event["type"] == "NOTE" && event["nodeRef"].is_null());
    notes.filter_map(|event| event["message"].as_str().map(str::to_owned)).collect()
}

/// How many events of this type the node has.
pub fn count(events: &[Value], kind: &str, node: &str) -> usize {
    events.iter().filter(|event| event["type"] == kind && event["nodeRef"] == node).count()
}
