//! `telltale run` against the real server: a workflow that goes on while its server is killed, in both engines.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::support::server::{BINARY, tempdir};
use crate::support::{Database, Http, Server, check, run_id, until};

/// `chatty` prints until the file of its input is there, so the test decides when it ends.
const WORKFLOW: &str = r#"
name: outlives-its-server
inputs: { finish: }
nodes:
  - id: chatty
    run: |
      n=0
      until [ -e "$TELLTALE_INPUT_FINISH" ]; do n=$((n + 1)); echo "line $n"; sleep 0.01; done
      echo "{\"lines\": $n}"
  - { id: quick, run: 'echo one; echo two >&2' }
  - { id: after, needs: [chatty, quick], run: 'echo done' }
"#;

pub fn telltale_run(server: &Server, file: &Path, run_id: &str, arguments: &[&str]) -> Child {
    let mut command = Command::new(BINARY);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TELLTALE_") {
            command.env_remove(name);
        }
    }
    command
        .arg("run")
        .arg(file)
        .args(["--run-id", run_id])
        .args(arguments)
        .env("TELLTALE_URL", server.base())
        .env("TELLTALE_DATA_DIR", server.data_dir())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("starting `telltale run`")
}

pub async fn exit_status(mut run: Child) -> Option<i32> {
    until("`telltale run` ends", || std::future::ready(run.try_wait().expect("its status"))).await.code()
}

async fn lines(http: &Http, run_id: &str) -> usize {
    let path = format!("/api/v1/runs/{run_id}/logs?limit=5000");
    let Ok(answer) = http.try_get(&path).await else { return 0 };
    let is_there = answer.status == 200;
    if is_there { answer.json()["lines"].as_array().map_or(0, Vec::len) } else { 0 }
}

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name)
}

#[tokio::test]
async fn a_run_outlives_its_server_and_nothing_is_missing() {
    let database = Database::new().await;
    let mut server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    let files = tempdir("runner");
    let (file, finish) = (files.path().join("w.yaml"), files.path().join("finish"));
    std::fs::write(&file, WORKFLOW).unwrap();
    let input = format!("finish={}", finish.display());
    let run = telltale_run(&server, &file, &run_id, &["--engine", "process", "--input", &input]);

    for round in 0..3 {
        let before = lines(&http, &run_id).await;
        until("new lines come", || async { (lines(&http, &run_id).await > before + 20).then_some(()) }).await;
        server.kill9();
        if round == 2 {
            // The node ends while there is no server: its end has to wait in the runner.
            std::fs::write(&finish, "").unwrap();
        }
        server.restart().await;
    }
    assert_eq!(exit_status(run).await, Some(0));

    let events = check::run(&http, &database, &run_id).await;
    let state = http.run(&run_id).await;
    assert_eq!(state["status"], "COMPLETED");
    assert_eq!(state["progress"], serde_json::json!({ "completedActions": 3, "totalActions": 3 }));
    assert!(events.iter().all(|event| event["metadata"]["late"] != true), "{events:#?}");

    let texts: Vec<String> = http
        .lines(&run_id)
        .await
        .iter()
        .filter(|line| line["nodeRef"] == "chatty")
        .map(|line| line["text"].as_str().unwrap().to_owned())
        .collect();
    let count = texts.len() - 1;
    let expected: Vec<String> = (1..=count).map(|n| format!("line {n}")).collect();
    assert_eq!(texts[..count], expected);
    assert_eq!(texts[count], format!("{{\"lines\": {count}}}"));
    let completed =
        events.iter().find(|event| event["type"] == "NODE_COMPLETED" && event["nodeRef"] == "chatty");
    assert_eq!(completed.unwrap()["outputSummary"]["lines"], count);
    let closed =
        events.iter().find(|event| event["type"] == "NODE_LOG_CLOSED" && event["data"]["lines"] == count + 1);
    assert!(closed.is_some(), "the closing of a stream tells its lines: {events:#?}");
}

#[tokio::test]
async fn the_failing_sample_fails_in_containers_and_says_where() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    let run = telltale_run(&server, &sample("failing.yaml"), &run_id, &["--engine", "docker"]);
    assert_eq!(exit_status(run).await, Some(1));
    let events = check::run(&http, &database, &run_id).await;
    let started = events.iter().filter(|event| event["type"] == "NODE_STARTED");
    assert!(started.clone().count() == 4 && started.clone().all(|event| event["data"]["engine"] == "docker"));
    let state = http.run(&run_id).await;
    assert_eq!((&state["status"], &state["failure"]["nodeRef"]), (&"FAILED".into(), &"migrate".into()));
    assert_eq!(state["failure"]["code"], "exit-3");
    assert_eq!(state["progress"], serde_json::json!({ "completedActions": 6, "totalActions": 6 }));
}

#[tokio::test]
async fn a_wrong_workflow_is_refused_before_anything_is_recorded() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let run_id = run_id();
    let files = tempdir("runner");
    let file = files.path().join("w.yaml");
    std::fs::write(&file, "name: x\nnodes: [{ id: a, runs: true }]").unwrap();
    let run = telltale_run(&server, &file, &run_id, &[]);
    assert_eq!(exit_status(run).await, Some(2));
    server.http().get(&format!("/api/v1/runs/{run_id}")).await.problem(404);
}
