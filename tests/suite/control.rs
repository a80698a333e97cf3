//! Control: cancel, run again, and answers to nodes that wait for a person.

use http::Method;
use serde_json::{Value, json};

use crate::support::worker::Worker;
use crate::support::workflow::{put, start, store};
use crate::support::{Answer, Database, Http, Server, check, event, node_event, run_id};

async fn server() -> (Database, Server, Http) {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    (database, server, http)
}

async fn cancel(http: &Http, run_id: &str) -> Answer {
    let path = format!("/api/v1/runs/{run_id}/cancel");
    http.send(Method::POST, &path, &[], "").await.unwrap()
}

async fn rerun(http: &Http, run_id: &str, body: Value) -> Answer {
    http.post(&format!("/api/v1/runs/{run_id}/rerun"), &body).await
}

#[tokio::test]
async fn a_run_that_nobody_has_is_cancelled_at_once() {
    let (database, _server, http) = server().await;
    store(&http, "recon", "").await;
    let run = start(&http, "recon", json!({})).await;
    let path = format!("/api/v1/runs/{run}/cancel");
    let answer = http.post(&path, &json!({ "reason": "no need" })).await.expect(202).json();
    assert_eq!(answer, json!({ "runId": run, "cancelled": true }));
    let state = http.run(&run).await;
    assert_eq!((&state["status"], &state["failure"]["reason"]), (&json!("CANCELLED"), &json!("no need")));
    assert!(state["nodes"].as_array().unwrap().iter().all(|node| node["status"] == "CANCELLED"));
    check::run(&http, &database, &run).await;
    assert!(Worker::new(http.clone(), "w").claim(1).await.is_empty());
    let left = database.session().await.query("SELECT run_id FROM run_queue", &[]).await.unwrap();
    assert!(left.is_empty());
    cancel(&http, &run).await.problem(409);
}

#[tokio::test]
async fn a_run_that_a_worker_has_is_ended_by_it() {
    let (database, _server, http) = server().await;
    store(&http, "recon", "").await;
    let run = start(&http, "recon", json!({})).await;
    let worker = Worker::new(http.clone(), "w");
    let claim = worker.wait().await;
    worker.write(&claim, &[event("RUN_STARTED")]).await.expect(200);
    assert_eq!(worker.heartbeat(&[&claim]).await, ["held"]);
    let answer = cancel(&http, &run).await.expect(202).json();
    assert_eq!(answer["cancelled"], false);
    assert_eq!(worker.heartbeat(&[&claim]).await, ["cancelling"]);
    assert_eq!(http.run(&run).await["status"], "RUNNING");
    // Whoever takes it over learns of it too.
    assert_eq!(worker.release(&[&claim]).await, ["released"]);
    cancel(&http, &run).await.expect(202);
    let again = worker.claimed(1, std::time::Duration::ZERO).await;
    assert_eq!((&again[0]["claim"], &again[0]["cancelRequested"]), (&json!(2), &json!(true)));
    let claim = crate::support::worker::Claim { run_id: run.clone(), claim: 2 };
    worker.write(&claim, &[event("RUN_CANCELLED")]).await.expect(200);
    let events = check::run(&http, &database, &run).await;
    let notes: Vec<&str> = events.iter().filter_map(|event| event["message"].as_str()).collect();
    assert_eq!(notes, ["cancel requested", "worker w gave the run back", "cancel requested"]);
    cancel(&http, &run).await.problem(409);
}

#[tokio::test]
async fn a_run_of_others_is_cancelled_where_it_is_recorded() {
    let (database, _server, http) = server().await;
    let run = run_id();
    http.append(&run, &[event("RUN_STARTED"), node_event("NODE_STARTED", "a")]).await;
    let path = format!("/api/v1/runs/{run}/logs");
    http.post_ndjson(&path, &[json!({ "nodeRef": "a", "stream": "stdout", "lineNo": 1, "text": "x" })]).await;
    assert_eq!(cancel(&http, &run).await.expect(202).json()["cancelled"], true);
    assert_eq!(http.run(&run).await["status"], "CANCELLED");
    let events = check::run(&http, &database, &run).await;
    assert_eq!(events[2]["type"], "NODE_LOG_CLOSED");
    cancel(&http, &run).await.problem(409);
    cancel(&http, "nobody").await.problem(404);
    let wrong = http.post(&format!("/api/v1/runs/{run}/cancel"), &json!({ "why": "x" })).await;
    assert_eq!(wrong.pointers(400), ["/why"]);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let path = format!("/api/v1/runs/{run}/cancel");
    http.send(Method::POST, &path, &form, "reason=x").await.unwrap().problem(415);
}

#[tokio::test]
async fn a_rerun_is_the_same_version_with_the_same_inputs_and_what_is_changed() {
    let (_database, _server, http) = server().await;
    let inputs = "inputs: { domain: example.org, depth: a }\n";
    store(&http, "recon", inputs).await;
    let body = json!({ "inputs": { "depth": "b" }, "labels": { "team": "red" } });
    let run = start(&http, "recon", body).await;
    put(&http, "recon", "name: recon\nnodes:\n  - id: other\n    run: x\n").await.expect(201);
    let answer =
        rerun(&http, &run, json!({ "inputs": { "domain": "example.com" } })).await.expect(202).json();
    let again = http.run(answer["runId"].as_str().unwrap()).await;
    assert_eq!(again["inputs"], json!({ "domain": "example.com", "depth": "b" }));
    assert_eq!(again["trigger"], json!({ "type": "rerun", "runId": run }));
    assert_eq!(again["labels"], json!({ "team": "red" }));
    assert_eq!(again["nodes"].as_array().unwrap().len(), 2);
    let path = format!("/api/v1/runs/{run}/rerun");
    http.send(Method::POST, &path, &[], "").await.unwrap().expect(202);
    let keyed = [("idempotency-key", "again")];
    let first = http.send(Method::POST, &path, &keyed, "").await.unwrap().expect(202).json();
    let second = http.send(Method::POST, &path, &keyed, "").await.unwrap().expect(202).json();
    assert_eq!(first, second);
    assert_eq!(rerun(&http, &run, json!({ "inputs": { "x": "y" } })).await.pointers(400), ["/inputs/x"]);
    assert_eq!(rerun(&http, &run, json!({ "inputs": [] })).await.pointers(400), ["/inputs"]);
    rerun(&http, "nobody", json!({})).await.problem(404);
}

#[tokio::test]
async fn a_rerun_from_a_node_wants_a_run_that_is_over_and_the_node() {
    let (_database, _server, http) = server().await;
    store(&http, "recon", "").await;
    let run = start(&http, "recon", json!({})).await;
    rerun(&http, &run, json!({ "fromNode": "second" })).await.problem(409);
    cancel(&http, &run).await.expect(202);
    assert_eq!(rerun(&http, &run, json!({ "fromNode": "third" })).await.pointers(400), ["/fromNode"]);
    let answer = rerun(&http, &run, json!({ "fromNode": "second" })).await.expect(202).json();
    let again = http.run(answer["runId"].as_str().unwrap()).await;
    assert_eq!(again["trigger"], json!({ "type": "rerun", "runId": run, "fromNode": "second" }));

    let foreign = run_id();
    http.append(&foreign, &[event("RUN_STARTED"), event("RUN_COMPLETED")]).await;
    rerun(&http, &foreign, json!({})).await.problem(409);
}

/// A run whose node asks with a form.
async fn asking(http: &Http) -> String {
    let run = run_id();
    let form = json!({
        "type": "object", "required": ["owner"],
        "properties": { "owner": { "type": "string" }, "days": { "type": "integer", "minimum": 1 } },
    });
    let mut asks = node_event("NODE_AWAITING_INPUT", "approve it");
    asks["data"] = json!({ "message": "well?", "form": form });
    http.append(&run, &[event("RUN_STARTED"), node_event("NODE_STARTED", "approve it"), asks]).await;
    assert_eq!(http.run(&run).await["status"], "AWAITING_INPUT");
    run
}

fn input_path(run: &str) -> String {
    format!("/api/v1/runs/{run}/nodes/approve%20it/input")
}

#[tokio::test]
async fn an_answer_is_held_against_the_form_and_counts_once() {
    let (database, _server, http) = server().await;
    let run = asking(&http).await;
    let path = input_path(&run);
    let wrong = http.post(&path, &json!({ "data": { "owner": 1, "days": 0 } })).await.pointers(400);
    assert_eq!(wrong, ["/data/days", "/data/owner"]);
    assert_eq!(http.post(&path, &json!({ "approved": true })).await.pointers(400), ["/data"]);
    let wrong = http.post(&path, &json!({ "approved": "yes", "x": 1 })).await.pointers(400);
    assert_eq!(wrong, ["/approved", "/x"]);
    let good = json!({ "data": { "owner": "ann" }, "comment": "fine", "by": "bob" });
    let answer = http.post(&path, &good).await.expect(202).json();
    assert_eq!(answer, json!({ "runId": run, "nodeRef": "approve it", "approved": true }));
    http.post(&path, &good).await.problem(409);
    let events = check::run(&http, &database, &run).await;
    let received: Vec<&Value> =
        events.iter().filter(|event| event["type"] == "NODE_INPUT_RECEIVED").collect();
    assert_eq!(received.len(), 1);
    assert_eq!((&received[0]["attempt"], &received[0]["message"]), (&json!(1), &json!("fine")));
    let expected = json!({ "approved": true, "data": { "owner": "ann" }, "comment": "fine", "by": "bob" });
    assert_eq!(received[0]["data"], expected);
    assert_eq!(http.run(&run).await["status"], "RUNNING");
}

#[tokio::test]
async fn of_many_answers_at_once_one_is_taken() {
    let database = Database::new().await;
    let (a, b) = (Server::on(&database).await, Server::on(&database).await);
    let run = asking(&a.http()).await;
    let answers: Vec<_> = (0..8)
        .map(|n| {
            let (http, path) = (if n % 2 == 0 { a.http() } else { b.http() }, input_path(&run));
            tokio::spawn(async move {
                http.post(&path, &json!({ "approved": n % 3 == 0, "data": { "owner": "x" } })).await
            })
        })
        .collect();
    let mut statuses = Vec::new();
    for answer in answers {
        statuses.push(answer.await.unwrap().status);
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 409, 409, 409, 409, 409, 409, 409]);
    let events = a.http().events(&run).await;
    assert_eq!(events.iter().filter(|event| event["type"] == "NODE_INPUT_RECEIVED").count(), 1);
}

#[tokio::test]
async fn a_refusal_needs_no_form_and_nobody_answers_a_node_that_does_not_ask() {
    let (_database, _server, http) = server().await;
    let run = asking(&http).await;
    let other = format!("/api/v1/runs/{run}/nodes/other/input");
    http.post(&other, &json!({})).await.problem(409);
    http.post("/api/v1/runs/nobody/nodes/a/input", &json!({})).await.problem(404);
    http.post(&input_path(&run), &json!({ "approved": false })).await.expect(202);
    // Asked again, it can be answered again.
    let mut asks = node_event("NODE_AWAITING_INPUT", "approve it");
    asks["data"] = json!({});
    http.append(&run, &[asks]).await;
    http.send(Method::POST, &input_path(&run), &[], "").await.unwrap().expect(202);
    http.append(&run, &[node_event("NODE_AWAITING_INPUT", "approve it"), event("RUN_CANCELLED")]).await;
    http.post(&input_path(&run), &json!({})).await.problem(409);
}
