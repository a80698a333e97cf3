//! Stored workflows: versions, faults, and runs started from them.

use std::collections::BTreeSet;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use telltale::client::{ClaimName, ClaimState, Client, NewEvent, NodeInput, StartRun};
use telltale::facts::event::EventType;
use telltale::store::clock;
use uuid::Uuid;

use crate::support::workflow::{put, source, start, store};
use crate::support::{Database, Http, Server, check, run_id};

const RUNS: &str = "/api/v1/runs";
const WORKFLOWS: &str = "/api/v1/workflows";

async fn server() -> (Database, Server, Http) {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    (database, server, http)
}

#[tokio::test]
async fn a_changed_text_is_a_new_version_and_the_same_is_none() {
    let (_database, _server, http) = server().await;
    let first = put(&http, "recon", &source("recon", "")).await.expect(201).json();
    assert_eq!((&first["version"], &first["latestVersion"]), (&json!(1), &json!(1)));
    let same = put(&http, "recon", &source("recon", "")).await.expect(200).json();
    assert_eq!((&same["version"], &same["updatedAt"]), (&json!(1), &first["updatedAt"]));
    let text = source("recon", "description: looks around\npriority: 5\nconcurrency: 2\n");
    let body = json!({ "source": text }).to_string();
    let path = format!("{WORKFLOWS}/recon");
    let json_type = [("content-type", "application/json")];
    let second = http.send(Method::PUT, &path, &json_type, body).await.unwrap().expect(201).json();
    assert_eq!(second["version"], 2);

    let shown = http.get(&path).await.expect(200).json();
    assert_eq!((&shown["source"], &shown["description"]), (&json!(text), &json!("looks around")));
    assert_eq!((&shown["priority"], &shown["concurrency"]), (&json!(5), &json!(2)));
    assert_eq!(shown["engines"], json!(["process"]));
    assert_eq!(shown["inputs"]["type"], "object");
    let nodes = shown["nodes"].as_array().unwrap();
    assert_eq!((&nodes[1]["nodeRef"], &nodes[1]["needs"]), (&json!("second"), &json!(["first"])));
    assert_eq!(nodes[1]["kind"], "run");

    let versions = http.get(&format!("{path}/versions")).await.expect(200).json();
    let numbers: Vec<&Value> =
        versions["versions"].as_array().unwrap().iter().map(|it| &it["version"]).collect();
    assert_eq!(numbers, [&json!(2), &json!(1)]);
    let page = http.get(&format!("{path}/versions?limit=1")).await.expect(200).json();
    assert_eq!(page["nextBefore"], 2);
    let page = http.get(&format!("{path}/versions?limit=1&before=2")).await.expect(200).json();
    assert_eq!((&page["versions"][0]["version"], &page["nextBefore"]), (&json!(1), &Value::Null));
    let old = http.get(&format!("{path}/versions/1")).await.expect(200).json();
    assert_eq!((&old["source"], &old["latestVersion"]), (&json!(source("recon", "")), &json!(2)));
    for missing in ["versions/3", "versions/0", "versions/x", "versions/99999999999"] {
        http.get(&format!("{path}/{missing}")).await.problem(404);
    }
    http.get(&format!("{WORKFLOWS}/other")).await.problem(404);
    http.get(&format!("{WORKFLOWS}/other/versions")).await.problem(404);
}

#[tokio::test]
async fn every_fault_has_its_place_and_nothing_is_stored() {
    let (_database, _server, http) = server().await;
    let text = "name: recon\nnodes:\n  - id: a\n    rnu: x\n  - id: b\n    needs: [c]\n    run: y\n";
    let problem = put(&http, "recon", text).await.problem(400);
    let errors = problem["errors"].as_array().unwrap();
    let pointers: Vec<&str> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert!(pointers.contains(&"/4:5") && pointers.contains(&"/6:13"), "{pointers:?}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("recon.yaml:4:5: found the unknown key `rnu`"), "{detail}");
    assert_eq!(put(&http, "other", &source("recon", "")).await.pointers(400), ["/name"]);
    assert_eq!(put(&http, &"x".repeat(257), "").await.pointers(400), ["/name"]);
    http.get(&format!("{WORKFLOWS}/recon")).await.problem(404);
    assert_eq!(http.get(WORKFLOWS).await.expect(200).json()["workflows"], json!([]));
}

#[tokio::test]
async fn yaml_is_taken_here_and_nowhere_else() {
    let (_database, _server, http) = server().await;
    let text = source("recon", "");
    let path = format!("{WORKFLOWS}/recon");
    for (content_type, status) in [
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/x-ndjson", 415),
        ("text/yaml; charset=utf-8", 201),
        ("application/x-yaml", 200),
    ] {
        let headers = [("content-type", content_type)];
        let answer = http.send(Method::PUT, &path, &headers, text.clone()).await.unwrap();
        assert_eq!(answer.status, status, "{content_type}: {}", answer.text());
    }
    http.post_raw(RUNS, "application/yaml", text).await.problem(415);
    let no_source = [("content-type", "application/json")];
    let answer = http.send(Method::PUT, &path, &no_source, r#"{"text":"x"}"#).await.unwrap();
    assert_eq!(answer.pointers(400), ["/source", "/text"]);
}

#[tokio::test]
async fn changes_at_the_same_time_get_numbers_of_their_own() {
    let database = Database::new().await;
    let (a, b) = (Server::on(&database).await, Server::on(&database).await);
    let puts: Vec<_> = (0..12)
        .map(|n| {
            let http = if n % 2 == 0 { a.http() } else { b.http() };
            tokio::spawn(async move {
                let text = source("recon", &format!("description: number {n}\n"));
                put(&http, "recon", &text).await.expect(201).json()["version"].as_i64().unwrap()
            })
        })
        .collect();
    let mut versions = BTreeSet::new();
    for put in puts {
        versions.insert(put.await.unwrap());
    }
    assert_eq!(versions, (1..=12).collect());
}

#[tokio::test]
async fn a_deleted_workflow_starts_nothing_and_comes_back_with_its_history() {
    let (_database, _server, http) = server().await;
    store(&http, "recon", "").await;
    let old = start(&http, "recon", json!({})).await;
    let path = format!("{WORKFLOWS}/recon");
    http.send(Method::DELETE, &path, &[], "").await.unwrap().expect(204);
    http.send(Method::DELETE, &path, &[], "").await.unwrap().problem(404);
    http.get(&path).await.problem(404);
    assert_eq!(http.get(WORKFLOWS).await.expect(200).json()["workflows"], json!([]));
    http.post(&format!("{path}/run"), &json!({})).await.problem(404);
    let again = json!({ "workflow": "recon", "engine": "local" });
    assert_eq!(http.post(RUNS, &again).await.pointers(422), ["/workflow"]);
    assert_eq!(http.run(&old).await["status"], "QUEUED");
    http.get(&format!("{path}/versions/1")).await.expect(200);
    let back = put(&http, "recon", &source("recon", "")).await.expect(201).json();
    assert_eq!(back["version"], 2);
    http.post(&format!("{path}/run"), &json!({})).await.expect(201);
}

#[tokio::test]
async fn the_list_is_paged_and_knows_the_last_run() {
    let (_database, _server, http) = server().await;
    for n in 0..5 {
        store(&http, &format!("flow-{n}"), "").await;
    }
    let run = start(&http, "flow-3", json!({})).await;
    http.send(Method::POST, &format!("{RUNS}/{run}/cancel"), &[], "").await.unwrap().expect(202);
    let run = start(&http, "flow-3", json!({})).await;
    // A change moves it to the front.
    put(&http, "flow-1", &source("flow-1", "description: new\n")).await.expect(201);
    let mut names = Vec::new();
    let mut path = format!("{WORKFLOWS}?limit=2");
    loop {
        let page = http.get(&path).await.expect(200).json();
        for workflow in page["workflows"].as_array().unwrap() {
            names.push(workflow["name"].as_str().unwrap().to_owned());
            if workflow["name"] == "flow-3" {
                assert_eq!(workflow["lastRun"], json!({ "runId": run, "status": "QUEUED" }));
                assert_eq!(workflow["counts"], json!({ "waiting": 1, "claimed": 0 }));
                assert_eq!(workflow["nodeCount"], 2);
            } else {
                assert_eq!(workflow["lastRun"], Value::Null);
            }
        }
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("{WORKFLOWS}?limit=2&cursor={cursor}");
    }
    assert_eq!(names, ["flow-1", "flow-4", "flow-3", "flow-2", "flow-0"]);
    let found = http.get(&format!("{WORKFLOWS}?q=W-2")).await.expect(200).json();
    assert_eq!(found["workflows"].as_array().unwrap().len(), 1);
    for bad in ["limit=0", "limit=201", "cursor=x", "q=%00"] {
        http.get(&format!("{WORKFLOWS}?{bad}")).await.problem(400);
    }
}

#[tokio::test]
async fn a_started_run_declares_what_it_is() {
    let (database, _server, http) = server().await;
    let inputs = "inputs:\n  domain: example.org\n  depth: { type: integer, minimum: 1 }\n";
    store(&http, "recon", inputs).await;
    let answer = http
        .post(
            RUNS,
            &json!({ "workflow": "recon", "engine": "local", "inputs": { "depth": 2 }, "priority": 9 }),
        )
        .await
        .expect(201);
    let run = answer.json();
    let run_id = run["runId"].as_str().unwrap();
    assert_eq!(answer.header("location"), Some(format!("{RUNS}/{run_id}").as_str()));
    assert_eq!((&run["status"], &run["engine"]), (&json!("QUEUED"), &json!("local")));
    assert_eq!(run["inputs"], json!({ "depth": 2, "domain": "example.org" }));
    assert_eq!(run["progress"], json!({ "completedActions": 0, "totalActions": 2 }));
    let nodes: Vec<&Value> = run["nodes"].as_array().unwrap().iter().map(|node| &node["nodeRef"]).collect();
    assert_eq!(nodes, [&json!("first"), &json!("second")]);
    let events = check::run(&http, &database, run_id).await;
    assert_eq!((events.len(), &events[0]["type"]), (1, &json!("RUN_QUEUED")));
    assert_eq!((&events[0]["data"]["version"], &events[0]["data"]["priority"]), (&json!(1), &json!(9)));
}

#[tokio::test]
async fn what_does_not_fit_is_refused_before_anything_is_stored() {
    let (_database, _server, http) = server().await;
    store(&http, "recon", "inputs:\n  depth: { type: integer, minimum: 1 }\n").await;
    let run_id = run_id();
    let with = |fields: Value| {
        let mut body = json!({ "runId": run_id, "workflow": "recon", "engine": "local" });
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        body
    };
    let deep = json!({ "type": "workflow", "depth": 9, "parentRunId": "r", "parentNodeRef": "n" });
    let good = json!({ "depth": 1 });
    for (fields, status, pointers) in [
        (json!({ "workflow": "other" }), 422, vec!["/workflow"]),
        (json!({ "inputs": { "depth": 0 } }), 400, vec!["/inputs/depth"]),
        (json!({ "inputs": { "depht": 1 } }), 400, vec!["/inputs/depht", "/inputs/depth"]),
        (json!({}), 400, vec!["/inputs/depth"]),
        (json!({ "inputs": good, "version": 2 }), 422, vec!["/version"]),
        (json!({ "inputs": good, "priority": 101 }), 400, vec!["/priority"]),
        (json!({ "inputs": good, "trigger": deep }), 422, vec!["/trigger/depth"]),
    ] {
        assert_eq!(http.post(RUNS, &with(fields)).await.pointers(status), pointers);
    }
    http.get(&format!("{RUNS}/{run_id}")).await.problem(404);
    http.post(RUNS, &with(json!({ "inputs": good }))).await.expect(201);
}

#[tokio::test]
async fn a_repeated_start_is_one_run() {
    let (database, _server, http) = server().await;
    store(&http, "recon", "").await;
    let path = format!("{WORKFLOWS}/recon/run");
    let headers = [("content-type", "application/json"), ("idempotency-key", "k-1")];
    let first = http.send(Method::POST, &path, &headers, "{}").await.unwrap().expect(201).json();
    // The workflow may have gone since: the first answer stands.
    http.send(Method::DELETE, &format!("{WORKFLOWS}/recon"), &[], "").await.unwrap().expect(204);
    let body = json!({ "workflow": "recon", "engine": "local" }).to_string();
    let second = http.send(Method::POST, RUNS, &headers, body).await.unwrap().expect(200).json();
    assert_eq!(first["runId"], second["runId"]);
    let session = database.session().await;
    let rows = session.query("SELECT run_id FROM run_queue", &[]).await.unwrap();
    assert_eq!(rows.len(), 1);

    store(&http, "other", "").await;
    let run_id = run_id();
    let other = json!({ "runId": run_id, "workflow": "other", "engine": "local" });
    http.post(RUNS, &other).await.expect(201);
    http.post(RUNS, &other).await.expect(200);
    put(&http, "recon", &source("recon", "")).await.expect(201);
    http.post(&path, &json!({ "runId": run_id })).await.problem(409);
}

#[tokio::test]
async fn an_older_version_can_be_started() {
    let (_database, _server, http) = server().await;
    store(&http, "recon", "inputs: { domain: one }\n").await;
    put(&http, "recon", &source("recon", "inputs: { domain: two }\n")).await.expect(201);
    let latest = start(&http, "recon", json!({})).await;
    assert_eq!(http.run(&latest).await["inputs"]["domain"], "two");
    let older = start(&http, "recon", json!({ "version": 1 })).await;
    assert_eq!(http.run(&older).await["inputs"]["domain"], "one");
}

/// What the runner and the commands speak through.
#[tokio::test]
async fn the_client_says_all_of_it() {
    let (_database, _server, http) = server().await;
    let client = Client::new(http.base(), None).unwrap();
    let stored = client.put_workflow("recon", &source("recon", "inputs: { domain: a }\n")).await.unwrap();
    assert_eq!((stored.version, stored.engines), (1, vec!["process".to_owned()]));
    client.put_workflow("recon", &source("recon", "inputs: { domain: b }\n")).await.unwrap();
    assert_eq!(client.get_workflow("recon", Some(1)).await.unwrap().latest_version, 2);
    let versions = client.workflow_versions("recon", None).await.unwrap();
    assert_eq!((versions.versions.len(), versions.next_before), (2, None));
    let start = StartRun { priority: Some(3), version: Some(1), ..StartRun::default() };
    let run = client.start_workflow("recon", &start, Some("key")).await.unwrap().run_id;
    assert_eq!(client.start_workflow("recon", &start, Some("key")).await.unwrap().run_id, run);
    let listed = client.list_workflows(None).await.unwrap().workflows.remove(0);
    assert_eq!((listed.last_run.unwrap().run_id, listed.counts.waiting), (run.clone(), 1));

    let engines = ["process".to_owned()];
    let claimed = client.claim_runs("w", &engines, 8, Duration::from_secs(1)).await.unwrap();
    let name = ClaimName { run_id: claimed.claims[0].run_id.clone(), claim: claimed.claims[0].claim };
    assert_eq!((&name.run_id, claimed.lease_ms), (&run, 15_000));
    assert_eq!(client.list_workers().await.unwrap()[0].claims[0].run_id, run);
    let state = async |named: &ClaimName| {
        client.keep_claims("w", std::slice::from_ref(named)).await.unwrap().claims[0].state
    };
    assert_eq!(state(&name).await, ClaimState::Held);
    let asks = || NewEvent::node(Uuid::now_v7(), EventType::NodeAwaitingInput, "first", 1, clock::now());
    client.under_claim(1).append_events(&run, &[asks()]).await.unwrap();
    let refused = client.under_claim(2).append_events(&run, &[asks()]).await.unwrap_err();
    assert_eq!(refused.status(), Some(409));
    let input = NodeInput { approved: true, ..NodeInput::default() };
    client.give_input(&run, "first", &input).await.unwrap();
    assert_eq!(client.give_input(&run, "first", &input).await.unwrap_err().status(), Some(409));
    assert!(!client.cancel_run(&run, Some("enough")).await.unwrap());
    assert_eq!(state(&name).await, ClaimState::Cancelling);
    let released = client.release_claims("w", std::slice::from_ref(&name)).await.unwrap();
    assert_eq!((released.claims[0].state, state(&name).await), (ClaimState::Released, ClaimState::Lost));
    let again = client.rerun(&run, None, Some(&json!({ "domain": "c" }))).await.unwrap();
    assert_eq!(http.run(again.as_str()).await["inputs"]["domain"], "c");
    assert!(client.cancel_run(&again, None).await.unwrap());
    client.delete_workflow("recon").await.unwrap();
    assert_eq!(client.get_workflow("recon", None).await.unwrap_err().status(), Some(404));
}
