//! The queue with real workers: limits hold, the urgent go first, callers leave room, and what nobody can execute is told.

use serde_json::{Value, json};

use crate::support::server::tempdir;
use crate::support::worker_process::WorkerProcess;
use crate::support::workflow::{put, start};
use crate::support::{Database, Http, Server, run};

async fn server() -> (Database, Server, Http) {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    (database, server, http)
}

/// The times between which each run's node worked, from the events.
async fn spans(http: &Http, runs: &[String]) -> Vec<(String, String)> {
    let mut spans = Vec::new();
    for run_id in runs {
        run::ends_as(http, run_id, "COMPLETED").await;
        let events = http.events(run_id).await;
        let at = |kind: &str| {
            let event = events.iter().find(|event| event["type"] == kind).unwrap();
            event["occurredAt"].as_str().unwrap().to_owned()
        };
        spans.push((at("NODE_STARTED"), at("NODE_COMPLETED")));
    }
    spans
}

#[tokio::test]
async fn a_limit_holds_over_all_workers_and_the_urgent_go_first() {
    let (_database, server, http) = server().await;
    let text = "name: limited\nconcurrency: 2\nnodes:\n  - { id: a, run: 'sleep 0.1' }\n";
    put(&http, "limited", text).await.expect(201);
    put(&http, "single", &text.replace("limited", "single").replace(": 2", ": 1")).await.expect(201);
    let (mut limited, mut single) = (Vec::new(), Vec::new());
    for priority in [0, 0, 5, 0, -5, 9] {
        limited.push(start(&http, "limited", json!({})).await);
        single.push(start(&http, "single", json!({ "priority": priority })).await);
    }
    let _workers: Vec<_> =
        (0..2).map(|n| WorkerProcess::start(&server, &format!("w{n}"), &["--jobs", "8"])).collect();
    let spans_limited = spans(&http, &limited).await;
    for (began, _) in &spans_limited {
        let at_once = spans_limited.iter().filter(|(from, to)| from <= began && began < to).count();
        assert!(at_once <= 2, "{at_once} at once: {spans_limited:?}");
    }
    let mut order: Vec<usize> = (0..single.len()).collect();
    let spans_single = spans(&http, &single).await;
    order.sort_by_key(|n| spans_single[*n].0.clone());
    assert_eq!(order, [5, 2, 0, 1, 3, 4]);
}

/// Were a caller to keep its place while it waits, those that it waits for would never get one.
#[tokio::test]
async fn callers_leave_their_places_to_those_they_wait_for() {
    let (_database, server, http) = server().await;
    put(&http, "child", "name: child\nnodes:\n  - { id: a, run: 'echo done' }\n").await.expect(201);
    let text = "name: parent\nnodes:\n  - { id: one, workflow: child }\n  - { id: two, needs: [one], workflow: child }\n";
    put(&http, "parent", text).await.expect(201);
    let mut runs = Vec::new();
    for _ in 0..8 {
        runs.push(start(&http, "parent", json!({})).await);
    }
    let _worker = WorkerProcess::start(&server, "w", &["--jobs", "1"]);
    for run_id in &runs {
        run::ends_as(&http, run_id, "COMPLETED").await;
    }
}

/// Takes as long as a server waits before it says so.
#[tokio::test]
async fn what_no_worker_can_execute_says_what_to_start() {
    let (_database, server, http) = server().await;
    let boxed = "name: boxed\nnodes:\n  - { id: a, image: telltale/busybox, run: 'echo boxed' }\n";
    put(&http, "boxed", boxed).await.expect(201);
    put(&http, "plain", "name: plain\nnodes:\n  - { id: a, run: 'echo plain' }\n").await.expect(201);
    let files = tempdir("no-docker");
    let nowhere = format!("unix://{}", files.path().join("docker.sock").display());
    let _without = WorkerProcess::with(&server, "without", &[], &[("DOCKER_HOST", &nowhere)]);
    let plain = start(&http, "plain", json!({})).await;
    run::ends_as(&http, &plain, "COMPLETED").await;
    let boxed = start(&http, "boxed", json!({})).await;
    let note = run::event(&http, &boxed, "a note", |event: &Value| event["type"] == "NOTE").await;
    let said = note["message"].as_str().unwrap();
    assert!(said.contains("the engine docker") && said.contains("telltale worker"), "{said}");
    let _with = WorkerProcess::start(&server, "with", &[]);
    run::ends_as(&http, &boxed, "COMPLETED").await;
}
