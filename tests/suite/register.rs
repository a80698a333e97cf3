//! Registering runs, and finding them again.

use std::collections::HashSet;

use http::Method;
use serde_json::{Value, json};

use crate::support::{Database, Http, Server, check, event, run_id};

const RUNS: &str = "/api/v1/runs";

#[tokio::test]
async fn a_registered_run_begins_with_run_queued() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    let body = json!({
        "runId": run_id, "workflow": "recon", "engine": "external", "inputs": { "domain": "example.org" },
        "trigger": { "type": "manual" }, "labels": { "team": "red" },
    });
    let answer = http.post(RUNS, &body).await.expect(201).json();
    assert_eq!(answer["runId"], run_id);
    let run = http.run(&run_id).await;
    assert_eq!(run["status"], "QUEUED");
    for name in ["workflow", "inputs", "trigger", "labels"] {
        assert_eq!(run[name], body[name], "`{name}`");
    }
    let events = check::run(&http, &database, &run_id).await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["type"], "RUN_QUEUED");

    let again = http.post(RUNS, &body).await.expect(200).json();
    assert_eq!(again["runId"], run_id);
    assert_eq!(check::run(&http, &database, &run_id).await.len(), 1, "a repeat registers nothing");
}

#[tokio::test]
async fn an_idempotency_key_gives_the_same_run_twice() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let body = json!({ "workflow": "recon", "engine": "external" }).to_string();
    let headers = [("content-type", "application/json"), ("idempotency-key", "5e0b-1")];
    let first = http.send(Method::POST, RUNS, &headers, body.clone()).await.unwrap().expect(201).json();
    let second = http.send(Method::POST, RUNS, &headers, body.clone()).await.unwrap().expect(200).json();
    assert_eq!(first["runId"], second["runId"]);
    let made = first["runId"].as_str().unwrap();
    assert!(made.starts_with("run-") && uuid::Uuid::parse_str(&made[4..]).is_ok(), "{made}");
    let third = http.post_raw(RUNS, "application/json", body).await.expect(201).json();
    assert_ne!(first["runId"], third["runId"]);
    assert_eq!(check::run(&http, &database, made).await.len(), 1);
}

#[tokio::test]
async fn the_same_key_sent_eight_times_at_once_makes_one_run() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let sends: Vec<_> = (0..8)
        .map(|_| {
            let http = server.http();
            tokio::spawn(async move {
                let headers = [("content-type", "application/json"), ("idempotency-key", "at once")];
                let body = json!({ "workflow": "recon", "engine": "external" }).to_string();
                http.send(Method::POST, RUNS, &headers, body).await.unwrap()
            })
        })
        .collect();
    let mut runs = HashSet::new();
    let mut created = 0;
    for send in sends {
        let answer = send.await.unwrap();
        assert!([200, 201].contains(&answer.status), "{}", answer.text());
        created += usize::from(answer.status == 201);
        runs.insert(answer.json()["runId"].as_str().unwrap().to_owned());
    }
    assert_eq!((created, runs.len()), (1, 1), "{runs:?}");
    let listed = server.http().get(RUNS).await.expect(200).json();
    assert_eq!(listed["runs"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn temporal_is_not_built_yet_and_says_so() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let run_id = run_id();
    server
        .http()
        .post(RUNS, &json!({ "runId": run_id, "workflow": "w", "engine": "temporal" }))
        .await
        .problem(501);
    server.http().get(&format!("{RUNS}/{run_id}")).await.problem(404);
}

#[tokio::test]
async fn what_is_not_there_is_404_with_one_body() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    let mut bodies = HashSet::new();
    for path in ["", "/events", "/logs", "/logs/download", "/stream", "?atSeq=1", "/events?after=3&wait=1"] {
        let problem = http.get(&format!("{RUNS}/{run_id}{path}")).await.problem(404);
        bodies.insert(problem.to_string());
    }
    assert_eq!(bodies.len(), 1, "{bodies:?}");
}

#[tokio::test]
async fn run_ids_keep_to_their_alphabet() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let long = "x".repeat(129);
    for bad in ["", "-a", "a b", "a/b", "../a", "ä", "a\n", long.as_str()] {
        let body = json!({ "runId": bad, "workflow": "w", "engine": "external" });
        assert_eq!(http.post(RUNS, &body).await.pointers(400), ["/runId"], "{bad:?}");
    }
    for good in ["a", "0._:-", "shipsec-run-0198c2d4", &"x".repeat(128)] {
        http.append(good, &[event("RUN_STARTED")]).await;
        assert_eq!(http.run(good).await["runId"], *good);
    }
    http.post("/api/v1/runs/a%20b/events", &event("NOTE")).await.problem(400);
}

#[tokio::test]
async fn the_list_is_newest_first_and_its_pages_are_stable() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let mut made = Vec::new();
    for n in 0..25 {
        made.push(register(&http, &format!("w{}", n % 3), json!({ "parity": (n % 2).to_string() })).await);
    }
    let first = http.get(&format!("{RUNS}?limit=10")).await.expect(200).json();
    // New runs while someone turns the pages move nothing on the pages to come.
    register(&http, "w0", json!({})).await;
    http.append(&made[0], &[event("RUN_STARTED")]).await;
    let mut seen = ids(&first);
    let mut cursor = first["nextCursor"].as_str().map(str::to_owned);
    while let Some(next) = cursor {
        let page = http.get(&format!("{RUNS}?limit=10&cursor={next}")).await.expect(200).json();
        seen.extend(ids(&page));
        cursor = page["nextCursor"].as_str().map(str::to_owned);
    }
    let expected: Vec<String> = made.iter().rev().cloned().collect();
    assert_eq!(seen, expected);

    let w1 = http.get(&format!("{RUNS}?workflow=w1")).await.expect(200).json();
    assert_eq!(ids(&w1).len(), 8);
    let running = http.get(&format!("{RUNS}?status=RUNNING")).await.expect(200).json();
    assert_eq!(ids(&running), [made[0].clone()]);
    let odd = http.get(&format!("{RUNS}?label=parity%3D1&limit=200")).await.expect(200).json();
    assert_eq!(ids(&odd).len(), 12);
    for bad in ["limit=0", "limit=201", "limit=x", "cursor=nonsense", "status=DONE", "since=yesterday"] {
        http.get(&format!("{RUNS}?{bad}")).await.problem(400);
    }
}

async fn register(http: &Http, workflow: &str, labels: Value) -> String {
    let body = json!({ "workflow": workflow, "engine": "external", "labels": labels });
    http.post(RUNS, &body).await.expect(201).json()["runId"].as_str().unwrap().to_owned()
}

fn ids(page: &Value) -> Vec<String> {
    let runs = page["runs"].as_array().unwrap();
    runs.iter().map(|run| run["runId"].as_str().unwrap().to_owned()).collect()
}
