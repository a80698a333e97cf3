//! The state of a run: the fold of its events, now and at any event.

use serde_json::{Value, json};

use crate::support::frames::number;
use crate::support::{Database, Http, Server, check, event, fold, node_event, run_id};

fn attempt(kind: &str, node_ref: &str, attempt: u64) -> Value {
    let mut event = node_event(kind, node_ref);
    event["attempt"] = json!(attempt);
    event
}

fn failed(node_ref: &str, attempt_number: u64, message: &str) -> Value {
    let mut event = attempt("NODE_FAILED", node_ref, attempt_number);
    event["error"] = json!({ "message": message, "code": "E42", "details": { "exit": 3 } });
    event
}

/// Every prefix of the history folds to what `?atSeq` says.
async fn assert_every_prefix(http: &Http, run_id: &str) {
    let events = http.events(run_id).await;
    for seq in 1..=events.len() {
        let then = http.get(&format!("/api/v1/runs/{run_id}?atSeq={seq}")).await.expect(200).json();
        fold::assert_same(&then, &events[..seq]);
    }
}

#[tokio::test]
async fn declared_nodes_are_pending_and_progress_reaches_the_end() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    let mut queued = event("RUN_QUEUED");
    queued["data"] = json!({
        "workflow": "recon", "trigger": { "type": "schedule" }, "labels": { "team": "red" }, "inputs": [1, 2],
        "engine": "external", "totalActions": 4,
        "nodes": [{ "nodeRef": "a", "needs": [] }, { "nodeRef": "b", "needs": ["a"] }, { "nodeRef": "c", "needs": ["a"] }, { "nodeRef": "d", "needs": ["b", "c"] }],
    });
    http.append(&run_id, &[queued]).await;
    let run = http.run(&run_id).await;
    assert_eq!(run["progress"], json!({ "completedActions": 0, "totalActions": 4 }));
    let statuses: Vec<&Value> = run["nodes"].as_array().unwrap().iter().map(|node| &node["status"]).collect();
    assert_eq!(statuses, ["PENDING"; 4]);
    let mut completed = event("RUN_FAILED");
    completed["data"] = json!({ "result": { "hosts": 214 } });
    let course = [
        event("RUN_STARTED"),
        attempt("NODE_STARTED", "a", 1),
        attempt("NODE_RETRYING", "a", 1),
        attempt("NODE_PROGRESS", "a", 1),
        attempt("NODE_STARTED", "a", 2),
        attempt("NODE_PROGRESS", "a", 2),
        attempt("NODE_COMPLETED", "a", 2),
        attempt("NODE_SKIPPED", "b", 1),
        attempt("NODE_STARTED", "c", 1),
        failed("c", 1, "no route to host"),
        attempt("NODE_CANCELLED", "d", 1),
        completed,
    ];
    http.append(&run_id, &course).await;
    check::run(&http, &database, &run_id).await;
    let run = http.run(&run_id).await;
    assert_eq!(run["progress"], json!({ "completedActions": 4, "totalActions": 4 }));
    assert_eq!(run["failure"]["reason"], "no route to host");
    assert_eq!((&run["failure"]["nodeRef"], &run["failure"]["code"]), (&json!("c"), &json!("E42")));
    assert_eq!(run["result"], json!({ "hosts": 214 }));
    assert_every_prefix(&http, &run_id).await;
}

#[tokio::test]
async fn a_failed_node_comes_back_with_a_higher_attempt() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    let first = [
        event("RUN_STARTED"),
        attempt("NODE_STARTED", "a", 1),
        failed("a", 1, "first"),
        attempt("NODE_COMPLETED", "a", 1),
    ];
    http.append(&run_id, &first).await;
    assert_eq!(http.run(&run_id).await["nodes"][0]["status"], "FAILED");
    http.append(&run_id, &[attempt("NODE_STARTED", "a", 3), failed("a", 2, "late")]).await;
    let run = http.run(&run_id).await;
    assert_eq!((&run["nodes"][0]["status"], &run["nodes"][0]["attempt"]), (&json!("RUNNING"), &json!(3)));
    assert_eq!(run["progress"]["completedActions"], 0);
    http.append(&run_id, &[attempt("NODE_COMPLETED", "a", 3), event("RUN_COMPLETED")]).await;
    check::run(&http, &database, &run_id).await;
    assert_every_prefix(&http, &run_id).await;
}

#[tokio::test]
async fn a_node_that_awaits_input_makes_its_run_wait() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    http.append(
        &run_id,
        &[event("RUN_STARTED"), node_event("NODE_STARTED", "a"), node_event("NODE_AWAITING_INPUT", "b")],
    )
    .await;
    assert_eq!(http.run(&run_id).await["status"], "AWAITING_INPUT");
    http.append(&run_id, &[node_event("NODE_PROGRESS", "a")]).await;
    assert_eq!(http.run(&run_id).await["status"], "AWAITING_INPUT");
    http.append(&run_id, &[node_event("NODE_INPUT_RECEIVED", "b")]).await;
    assert_eq!(http.run(&run_id).await["status"], "RUNNING");
    check::run(&http, &database, &run_id).await;
    assert_every_prefix(&http, &run_id).await;
}

#[tokio::test]
async fn the_next_event_revives_a_stale_run() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    http.append(&run_id, &[event("RUN_STARTED"), node_event("NODE_AWAITING_INPUT", "a"), event("RUN_STALE")])
        .await;
    assert_eq!(http.run(&run_id).await["status"], "STALE");
    http.append(&run_id, &[event("NOTE")]).await;
    assert_eq!(http.run(&run_id).await["status"], "AWAITING_INPUT");
    http.append(&run_id, &[event("RUN_STALE"), event("RUN_STALE"), node_event("NODE_COMPLETED", "a")]).await;
    assert_eq!(http.run(&run_id).await["status"], "RUNNING");
    http.append(&run_id, &[event("RUN_STALE"), event("RUN_TIMED_OUT"), event("RUN_STALE")]).await;
    assert_eq!(http.run(&run_id).await["status"], "TIMED_OUT");
    check::run(&http, &database, &run_id).await;
    assert_every_prefix(&http, &run_id).await;
}

#[tokio::test]
async fn any_first_event_registers_the_run() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let expected = [
        (event("RUN_QUEUED"), "QUEUED"),
        (event("RUN_STARTED"), "RUNNING"),
        (node_event("NODE_STARTED", "a"), "RUNNING"),
        (node_event("NODE_AWAITING_INPUT", "a"), "AWAITING_INPUT"),
        (event("RUN_COMPLETED"), "COMPLETED"),
        (event("RUN_STALE"), "STALE"),
        (event("NOTE"), "QUEUED"),
    ];
    for (first, status) in expected {
        let run_id = run_id();
        http.append(&run_id, std::slice::from_ref(&first)).await;
        assert_eq!(http.run(&run_id).await["status"], status, "after {first}");
        check::run(&http, &database, &run_id).await;
    }
}

#[tokio::test]
async fn the_state_at_any_event_of_a_long_run_is_the_fold_of_the_prefix() {
    let database = Database::new().await;
    let mut server = Server::on(&database).await;
    let (http, run_id, mut rng) = (server.http(), run_id(), crate::support::rng::Rng::new("prefixes"));
    let mut batch = vec![event("RUN_STARTED")];
    batch.extend((0..3_500).map(|n| {
        attempt(
            ["NODE_STARTED", "NODE_PROGRESS", "NODE_RETRYING", "NODE_FAILED"][n % 4],
            &format!("n{}", n % 7),
            1 + n as u64 / 100,
        )
    }));
    http.append(&run_id, &batch).await;
    http.append(&run_id, &[event("NOTE")]).await;
    let events = http.events(&run_id).await;
    let mut places = vec![1, 999, 1_000, 1_001, 2_000, 3_501, 3_502];
    places.extend((0..10).map(|_| 1 + rng.below(events.len())));
    for seq in places {
        let then = http.get(&format!("/api/v1/runs/{run_id}?atSeq={seq}")).await.expect(200).json();
        fold::assert_same(&then, &events[..seq]);
    }
    let before = http.run(&run_id).await;
    server.kill9();
    server.restart().await;
    assert_eq!(server.http().run(&run_id).await, before, "the state survives the server");
    assert_eq!(number(&before, "headSeq"), 3_502);
}
