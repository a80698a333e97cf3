//! `telltale exec`: any command wrapped, its output passed through and recorded, its end told.

use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

use crate::support::server::{Options, tempdir};
use crate::support::{Database, Http, Server, event, run_id, within};

struct Exec {
    dir: tempfile::TempDir,
    options: Options,
}

struct Ended {
    status: i32,
    stdout: Vec<u8>,
    stderr: String,
}

impl Exec {
    fn of(server: &Server) -> Self {
        Self { dir: tempdir("exec"), options: Options::default().env("TELLTALE_URL", server.base()) }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::from(self.options.command(&self.dir.path().join("data"), "127.0.0.1:0"));
        command
            .arg("exec")
            .args(arguments)
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    async fn run(&self, arguments: &[&str]) -> Ended {
        ended(self.command(arguments).output(), arguments).await
    }
}

async fn ended(
    output: impl Future<Output = std::io::Result<std::process::Output>>,
    arguments: &[&str],
) -> Ended {
    let output = within(&format!("telltale exec {arguments:?}"), output).await.unwrap();
    Ended {
        status: output.status.code().unwrap(),
        stdout: output.stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

async fn course(http: &Http, run: &str) -> Vec<String> {
    let events = http.events(run).await;
    let told = |event: &Value| match event["nodeRef"].as_str() {
        Some(node) => format!("{} {node} {}", event["type"].as_str().unwrap(), event["attempt"]),
        None => event["type"].as_str().unwrap().to_owned(),
    };
    events.iter().map(told).filter(|told| !told.starts_with("NODE_LOG_CLOSED")).collect()
}

async fn last_of(http: &Http, run: &str, kind: &str) -> Value {
    http.events(run).await.into_iter().rfind(|event| event["type"] == kind).unwrap_or_default()
}

#[tokio::test]
async fn a_command_is_a_run_of_one_node_and_its_bytes_pass_through() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (exec, http, run) = (Exec::of(&server), server.http(), run_id());
    let script = "pwd; printf 'a\\r\\033[31mb\\377\\nlast'; echo ::progress 1/2 half; printf 'oops\\n' >&2; cat; echo '{\"n\":1}'";
    let arguments = ["--run", &run, "--workflow", "nightly", "--", "sh", "-c", script];
    let mut child = exec.command(&arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"from stdin\n").await.unwrap();
    let ended = ended(child.wait_with_output(), &arguments).await;
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    let here = exec.dir.path().canonicalize().unwrap();
    let mut expected = format!("{}\n", here.display()).into_bytes();
    expected.extend_from_slice(b"a\r\x1b[31mb\xff\nlast::progress 1/2 half\nfrom stdin\n{\"n\":1}\n");
    assert_eq!(ended.stdout, expected);
    assert!(ended.stderr.contains("oops\n") && ended.stderr.contains(&run), "{}", ended.stderr);
    assert_eq!(
        course(&http, &run).await,
        ["RUN_QUEUED", "RUN_STARTED", "NODE_STARTED sh 1", "NODE_COMPLETED sh 1", "RUN_COMPLETED"]
    );
    let state = http.get(&format!("/api/v1/runs/{run}")).await.expect(200).json();
    assert_eq!((&state["workflow"], &state["status"]), (&json!("nightly"), &json!("COMPLETED")));
    let completed = last_of(&http, &run, "NODE_COMPLETED").await;
    assert_eq!(
        (&completed["data"]["exitCode"], &completed["outputSummary"]),
        (&json!(0), &json!({ "n": 1 }))
    );
    let download = http.get(&format!("/api/v1/runs/{run}/logs/download?stream=stdout")).await.expect(200);
    assert_eq!(download.body, expected);
}

#[tokio::test]
async fn failures_tell_the_commands_own_status() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (exec, http) = (Exec::of(&server), server.http());
    let run = run_id();
    let ended = exec
        .run(&[
            "--run",
            &run,
            "--",
            "sh",
            "-c",
            "echo ::progress 1/2 x; echo ::notice::hello; echo why >&2; exit 7",
        ])
        .await;
    assert_eq!(ended.status, 1);
    let failed = last_of(&http, &run, "NODE_FAILED").await;
    assert_eq!((&failed["data"]["exitCode"], &failed["error"]["code"]), (&json!(7), &json!("exit-7")));
    assert_eq!(failed["error"]["details"]["lastLines"], json!(["why"]));
    let of_run = last_of(&http, &run, "RUN_FAILED").await;
    assert_eq!((&of_run["data"]["exitCode"], &of_run["data"]["nodeRef"]), (&json!(7), &json!("sh")));
    assert_eq!(last_of(&http, &run, "NODE_PROGRESS").await["data"], json!({ "completed": 1, "total": 2 }));
    assert_eq!(last_of(&http, &run, "NOTE").await["message"], "hello");
    let run = run_id();
    let ended = exec.run(&["--run", &run, "--", "/no/such/program"]).await;
    assert_eq!(ended.status, 1);
    assert_eq!(last_of(&http, &run, "NODE_FAILED").await["error"]["code"], "not-started");
    let ended = exec.run(&["--run", &run, "--", "true"]).await;
    assert_eq!((ended.status, ended.stdout.len()), (2, 0), "{}", ended.stderr);
    assert_eq!(exec.run(&[]).await.status, 2);
    assert_eq!(exec.run(&["--run", "no such id", "--", "true"]).await.status, 2);
}

#[tokio::test]
async fn commands_are_nodes_of_a_run_and_a_repeat_is_the_next_attempt() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run) = (server.http(), run_id());
    let exec = Exec::of(&server);
    let options = exec.options.clone().env("TELLTALE_TOKEN", "not-for-the-command");
    let exec = Exec { options, ..exec };
    let of = |node: &'static str| {
        ["--run", &run, "--node", node, "--workflow", "build", "--"].map(str::to_owned).to_vec()
    };
    let arguments = |node: &'static str, rest: &[&str]| -> Vec<String> {
        of(node).into_iter().chain(rest.iter().map(|word| (*word).to_owned())).collect()
    };
    let go = async |node, rest: &[&str]| {
        let words = arguments(node, rest);
        exec.run(&words.iter().map(String::as_str).collect::<Vec<_>>()).await
    };
    assert_eq!(go("compile", &["sh", "-c", "exit 1"]).await.status, 1);
    let said = go(
        "compile",
        &["sh", "-c", "echo $TELLTALE_RUN_ID/$TELLTALE_NODE/$TELLTALE_ATTEMPT/$TELLTALE_TOKEN"],
    )
    .await;
    assert_eq!(String::from_utf8(said.stdout).unwrap(), format!("{run}/compile/2/\n"));
    // A command inside a wrapped command finds its server by itself.
    let nested =
        format!("{} exec -q --run $TELLTALE_RUN_ID --node inner -- true", crate::support::server::BINARY);
    assert_eq!(go("outer", &["sh", "-c", &nested]).await.status, 0);
    let state = http.get(&format!("/api/v1/runs/{run}")).await.expect(200).json();
    assert_eq!((&state["status"], &state["workflow"]), (&json!("RUNNING"), &json!("build")));
    let mut last = arguments("deploy", &["true"]);
    last.insert(0, "--end".to_owned());
    let ended = exec.run(&last.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    assert_eq!(
        course(&http, &run).await,
        [
            "RUN_QUEUED",
            "RUN_STARTED",
            "NODE_STARTED compile 1",
            "NODE_FAILED compile 1",
            "NODE_STARTED compile 2",
            "NODE_COMPLETED compile 2",
            "NODE_STARTED outer 1",
            "NODE_STARTED inner 1",
            "NODE_COMPLETED inner 1",
            "NODE_COMPLETED outer 1",
            "NODE_STARTED deploy 1",
            "NODE_COMPLETED deploy 1",
            "RUN_COMPLETED"
        ]
    );
    let late = go("more", &["true"]).await;
    assert_eq!(late.status, 2);
    assert!(late.stderr.contains("is over (COMPLETED)"), "{}", late.stderr);
}

#[tokio::test]
async fn signals_reach_the_command_and_a_killed_server_disturbs_nothing() {
    let database = Database::new().await;
    let mut server = Server::on(&database).await;
    let (exec, run) = (Exec::of(&server), run_id());
    let script = "trap 'echo got TERM; exit 5' TERM; echo ready; while :; do sleep 0.05; done";
    for (signal, said, code) in [(Signal::SIGTERM, "ready\ngot TERM\n", 5), (Signal::SIGINT, "ready\n", 130)]
    {
        let run = run_id();
        let arguments = ["-q", "--run", &run, "--", "sh", "-c", script];
        let mut child = exec.command(&arguments).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        within("the first line", stdout.read_line(&mut text)).await.unwrap();
        kill(Pid::from_raw(child.id().unwrap() as i32), signal).unwrap();
        within("the rest", stdout.read_to_string(&mut text)).await.unwrap();
        assert_eq!(text, said);
        assert_eq!(within("the end", child.wait()).await.unwrap().code(), Some(1));
        assert_eq!(last_of(&server.http(), &run, "NODE_CANCELLED").await["data"]["exitCode"], code);
        assert!(!last_of(&server.http(), &run, "RUN_CANCELLED").await.is_null());
    }
    let go = exec.dir.path().join("go");
    let script = format!("echo begun; while [ ! -e {} ]; do sleep 0.02; done; echo done", go.display());
    let mut child = exec.command(&["-q", "--run", &run, "--", "sh", "-c", &script]).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    within("the first line", stdout.read_line(&mut text)).await.unwrap();
    server.kill9();
    std::fs::write(&go, "").unwrap();
    // The command goes on and ends while nobody answers.
    within("the second line", stdout.read_line(&mut text)).await.unwrap();
    server.restart().await;
    assert_eq!(within("the end", child.wait()).await.unwrap().code(), Some(0));
    let lines = server.http().lines(&run).await;
    assert_eq!(
        lines.iter().map(|line| line["text"].as_str().unwrap()).collect::<Vec<_>>(),
        ["begun", "done"]
    );
    assert!(!last_of(&server.http(), &run, "RUN_COMPLETED").await.is_null());
}

#[tokio::test]
async fn a_run_that_is_ended_elsewhere_stops_its_command_and_a_closed_reader_is_felt() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (exec, http, run) = (Exec::of(&server), server.http(), run_id());
    let script = "while :; do echo line; sleep 0.02; done";
    let child = exec.command(&["--run", &run, "--", "sh", "-c", script]).spawn().unwrap();
    crate::support::until("the command has begun", || async {
        let answer = http.get(&format!("/api/v1/runs/{run}/logs")).await;
        (answer.status == 200 && answer.text().contains("line")).then_some(())
    })
    .await;
    http.append(&run, &[event("RUN_CANCELLED")]).await;
    let ended = ended(child.wait_with_output(), &["…"]).await;
    assert_eq!(ended.status, 1, "{}", ended.stderr);

    let run = run_id();
    let mut child = exec.command(&["-q", "--run", &run, "--", "sh", "-c", "yes | cat"]).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut first = [0; 4];
    within("the first bytes", stdout.read_exact(&mut first)).await.unwrap();
    drop(stdout);
    within("the end", child.wait()).await.unwrap();
    assert!(http.get(&format!("/api/v1/runs/{run}")).await.json()["completedAt"].is_string());
}

#[tokio::test]
async fn without_a_server_it_brings_its_own() {
    let database = Database::new().await;
    let exec = Exec { dir: tempdir("exec"), options: Options::on(&database.url()) };
    let ended = exec.run(&["--", "echo", "hello"]).await;
    assert_eq!((ended.status, ended.stdout.as_slice()), (0, &b"hello\n"[..]), "{}", ended.stderr);
    let named =
        Exec { options: Options::on(&database.url()).env("TELLTALE_URL", "http://127.0.0.1:9"), ..exec };
    assert_eq!(named.run(&["--", "echo", "hello"]).await.status, 3);
}
