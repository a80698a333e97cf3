//! Snapshots and comparisons: the samples' golden timelines, in containers and as processes, and what a check says.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::runner::{exit_status, telltale_run};
use crate::support::command::Commands;
use crate::support::{Database, Server, event, node_event, run_id};

/// The samples that end by themselves, and what they are asked for.
const SAMPLES: [(&str, &[&str]); 11] = [
    ("alert-investigation", &[]),
    ("big-payload", &[]),
    ("child", &["--input", "domain=example.org"]),
    ("failing", &[]),
    ("flaky", &[]),
    ("graph-50", &[]),
    ("heartbeat", &["--input", "beats=3"]),
    ("matrix", &[]),
    ("painter", &[]),
    ("recon", &[]),
    ("unicode", &[]),
];
/// Set, the golden timelines are written anew instead of compared.
const UPDATE: &str = "TELLTALE_UPDATE_GOLDEN";

fn file(folder: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(name)
}

async fn golden(engine: &str) {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let commands = Commands::of(&server);
    // A few at a time: each has processes or containers of its own.
    for some in SAMPLES.chunks(4) {
        let play = |name: &'static str, inputs: &'static [&'static str]| {
            let run = run_id();
            let mut arguments = vec!["--engine", engine];
            arguments.extend(inputs);
            (name, telltale_run(&server, &file("samples", &format!("{name}.yaml")), &run, &arguments), run)
        };
        let started: Vec<_> = some.iter().map(|(name, inputs)| play(name, inputs)).collect();
        for (name, child, run) in started {
            assert!(exit_status(child).await.is_some(), "{name}");
            let path = file("tests/golden", &format!("{name}.json"));
            let path = path.to_str().unwrap();
            let mut arguments = vec!["snapshot", &run, "--check", path];
            arguments.extend(std::env::var_os(UPDATE).map(|_| "--update"));
            let checked = commands.run(&arguments).await;
            assert_eq!(checked.status, 0, "{name} ({engine}):\n{}{}", checked.stdout, checked.stderr);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_samples_behave_as_recorded_as_processes() {
    golden("process").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_samples_behave_as_recorded_in_containers() {
    golden("docker").await;
}

/// Two nodes side by side and one behind them, told in this order.
async fn told(server: &Server, run: &str, order: &[(&str, &str)]) {
    let nodes =
        json!([{"nodeRef": "b", "needs": []}, {"nodeRef": "a"}, {"nodeRef": "c", "needs": ["b", "a"]}]);
    let queued = json!({"type": "RUN_QUEUED", "data": {"workflow": "w", "nodes": nodes}});
    let mut events = vec![queued, event("RUN_STARTED")];
    events.extend(order.iter().map(|(kind, node)| node_event(kind, node)));
    events.push(event("RUN_COMPLETED"));
    server.http().append(run, &events).await;
}

const ONE_ORDER: [(&str, &str); 6] = [
    ("NODE_STARTED", "a"),
    ("NODE_STARTED", "b"),
    ("NODE_COMPLETED", "b"),
    ("NODE_COMPLETED", "a"),
    ("NODE_STARTED", "c"),
    ("NODE_COMPLETED", "c"),
];
const ANOTHER: [(&str, &str); 6] = [
    ("NODE_STARTED", "b"),
    ("NODE_COMPLETED", "b"),
    ("NODE_STARTED", "a"),
    ("NODE_COMPLETED", "a"),
    ("NODE_STARTED", "c"),
    ("NODE_COMPLETED", "c"),
];

#[tokio::test]
async fn what_ran_side_by_side_has_one_snapshot_in_whatever_order_it_was_told() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let (http, commands) = (server.http(), Commands::of(&server));
    let (a, b) = (run_id(), run_id());
    told(&server, &a, &ONE_ORDER).await;
    told(&server, &b, &ANOTHER).await;
    let text = |run: &str| format!("/api/v1/runs/{run}/snapshot");
    let (first, second) = (http.get(&text(&a)).await.expect(200), http.get(&text(&b)).await.expect(200));
    assert_eq!(first.body, second.body);
    let snapshot = first.json();
    assert_eq!(snapshot["format"], "telltale.timeline/1");
    assert_eq!(snapshot["nodes"][2]["after"], json!(["n1", "n2"]));
    assert_eq!((&snapshot["nodes"][0]["node"], &snapshot["nodes"][1]["id"]), (&json!("a"), &json!("n2")));
    assert_eq!(first.header("content-type"), Some("application/json"));
    let printed = commands.run(&["snapshot", &a]).await;
    assert_eq!((printed.status, printed.stdout.as_bytes()), (0, &first.body[..]));

    let diff = http.get(&format!("/api/v1/runs/{a}/diff?with={b}")).await.expect(200).json();
    assert_eq!((&diff["equal"], &diff["firstDifference"]), (&json!(true), &json!(null)));
    assert_eq!(diff["criticalPath"]["a"].as_array().unwrap().last(), Some(&json!("c")));
    assert_eq!(commands.run(&["diff", &a, &b]).await.status, 0);
}

#[tokio::test]
async fn a_check_shows_what_differs_and_an_update_takes_it() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let commands = Commands::of(&server);
    let (a, b) = (run_id(), run_id());
    told(&server, &a, &ONE_ORDER).await;
    let mut failing = ONE_ORDER;
    failing[5] = ("NODE_FAILED", "c");
    told(&server, &b, &failing).await;
    let path = commands.file("golden.json", "");
    assert_eq!(commands.run(&["snapshot", &a, "--check", "/nowhere/at/all.json"]).await.status, 2);
    assert_eq!(commands.run(&["snapshot", &a, "--update"]).await.status, 2);
    assert_eq!(commands.run(&["snapshot", &a, "--check", &path, "--update"]).await.status, 0);
    assert_eq!(commands.run(&["snapshot", &a, "--check", &path]).await.status, 0);
    let differs = commands.run(&["snapshot", &b, "--check", &path]).await;
    assert_eq!(differs.status, 1);
    assert!(differs.stdout.contains("\n-      \"status\": \"COMPLETED\""), "{}", differs.stdout);
    assert!(differs.stdout.contains("\n+      \"status\": \"FAILED\""), "{}", differs.stdout);
    let junit = commands.run(&["snapshot", &b, "--check", &path, "--format", "junit"]).await;
    assert!(junit.status == 1 && junit.stdout.contains("tests=\"4\" failures=\"1\""), "{}", junit.stdout);
    let github = commands.run(&["snapshot", &b, "--check", &path, "--format", "github"]).await;
    assert!(github.stdout.contains("title=node c differs"), "{}", github.stdout);
    // A rule file says that it is no part of the behaviour.
    let rules = commands.file("rules.yaml", "rules: [{path: /nodes/2, do: drop}]\n");
    let masked = commands.run(&["snapshot", &b, "--check", &path, "--rules", &rules]).await;
    assert_eq!(masked.status, 1, "the file still has the node");
    let wrong = commands.file("wrong.yaml", "rules: [{path: nodes, do: drop}]\n");
    assert_eq!(commands.run(&["snapshot", &b, "--rules", &wrong]).await.status, 2);

    let diff = commands.run(&["diff", &a, &b, "--json"]).await;
    let told: serde_json::Value = serde_json::from_str(&diff.stdout).unwrap();
    assert_eq!((diff.status, &told["firstDifference"]["nodeRef"]), (1, &json!("c")));
    assert_eq!(told["firstDifference"]["seq"], 8);
    assert_eq!(told["nodes"][2]["changed"], json!(["status", "events"]));
    assert_eq!(told["nodes"][2]["b"]["status"], "FAILED");
    let shown = commands.run(&["diff", &a, &b]).await;
    assert!(
        shown.status == 1 && shown.stdout.contains("first difference: c, seq 8 of a, seq 8 of b"),
        "{}",
        shown.stdout
    );
}

#[tokio::test]
async fn durations_are_held_against_a_tolerance() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let commands = Commands::of(&server);
    let slow = |seconds: u32| {
        let at = |second: u32| format!("2026-11-22T10:00:{second:02}Z");
        let (started, ended) = (node_event("NODE_STARTED", "a"), node_event("NODE_COMPLETED", "a"));
        let timed = |mut event: serde_json::Value, second| {
            event["occurredAt"] = at(second).into();
            event
        };
        vec![
            timed(event("RUN_STARTED"), 0),
            timed(started, 0),
            timed(ended, seconds),
            timed(event("RUN_COMPLETED"), seconds),
        ]
    };
    let (a, b) = (run_id(), run_id());
    server.http().append(&a, &slow(10)).await;
    server.http().append(&b, &slow(14)).await;
    let path = commands.file("golden.json", "");
    assert_eq!(
        commands.run(&["snapshot", &a, "--check", &path, "--durations", "20", "--update"]).await.status,
        0
    );
    assert_eq!(commands.run(&["snapshot", &b, "--check", &path]).await.status, 0);
    assert_eq!(commands.run(&["snapshot", &b, "--check", &path, "--durations", "50"]).await.status, 0);
    let late = commands.run(&["snapshot", &b, "--check", &path, "--durations", "20"]).await;
    assert_eq!(late.status, 1);
    assert!(late.stdout.contains("n1, attempt 1 took 14000 ms"), "{}", late.stdout);
}

#[tokio::test]
async fn runs_that_are_not_there_are_not_found() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let (http, run) = (server.http(), run_id());
    http.append(&run, &[event("RUN_STARTED")]).await;
    http.get("/api/v1/runs/none/snapshot").await.problem(404);
    http.get(&format!("/api/v1/runs/{run}/diff?with=none")).await.problem(404);
    http.get(&format!("/api/v1/runs/{run}/diff")).await.problem(400);
}
