//! The command line against a real server: what scripts and people rely on.

use std::process::Stdio;

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::support::server::{Options, tempdir};
use crate::support::{Database, Server, event, node_event, run_id, within};

/// What a command left behind.
struct Output {
    status: i32,
    stdout: String,
    stderr: String,
}

/// A command beside the servers, with a data directory of its own.
struct Cli {
    dir: tempfile::TempDir,
    options: Options,
}

impl Cli {
    /// Talks to `server`.
    fn of(server: &Server) -> Self {
        Self::with(Options::default().env("TELLTALE_URL", server.base()))
    }

    fn with(options: Options) -> Self {
        Self { dir: tempdir("cli"), options }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::from(self.options.command(&self.dir.path().join("data"), "127.0.0.1:0"));
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        let output =
            within(&format!("telltale {arguments:?}"), self.command(arguments).output()).await.unwrap();
        Output {
            status: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// A command that goes on; its standard output line by line.
    fn start(&self, arguments: &[&str]) -> Talking {
        let mut child = self.command(arguments).stderr(Stdio::inherit()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Talking { child, lines, heard: Vec::new() }
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

struct Talking {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    heard: Vec<String>,
}

impl Talking {
    /// Reads until a line holds `text`.
    async fn hear(&mut self, text: &str) -> String {
        loop {
            let line = within(text, self.lines.next_line()).await.unwrap();
            let Some(line) = line else { panic!("never said `{text}`, but:\n{}", self.heard.join("\n")) };
            self.heard.push(line.clone());
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Reads to the end; all lines and the exit status.
    async fn end(mut self) -> (Vec<String>, i32) {
        while let Some(line) = within("the rest", self.lines.next_line()).await.unwrap() {
            self.heard.push(line);
        }
        let status = within("the end of the command", self.child.wait()).await.unwrap();
        (self.heard, status.code().unwrap())
    }
}

/// The seqs of the `event` lines, in the order in which they came.
fn seqs(lines: &[String]) -> Vec<u64> {
    let seq = |line: &String| {
        let mut words = line.split(' ').skip(1);
        (words.next() == Some("event")).then(|| words.next().unwrap().parse().unwrap())
    };
    lines.iter().filter_map(seq).collect()
}

#[tokio::test]
async fn watch_goes_on_through_a_killed_server_and_reports_no_gap() {
    let database = Database::new().await;
    let mut server = Server::on(&database).await;
    let (cli, run) = (Cli::of(&server), run_id());
    server.http().append(&run, &[event("RUN_STARTED"), node_event("NODE_STARTED", "a")]).await;
    let mut watch = cli.start(&["watch", &run]);
    watch.hear("event 2 NODE_STARTED a#1").await;
    server.kill9();
    server.restart().await;
    let rest = [node_event("NODE_PROGRESS", "a"), node_event("NODE_COMPLETED", "a"), event("RUN_COMPLETED")];
    server.http().append(&run, &rest).await;
    watch.hear("resumed at seq 2, 0 gaps").await;
    let (lines, status) = watch.end().await;
    assert_eq!(seqs(&lines), [1, 2, 3, 4, 5]);
    assert!(lines.last().unwrap().starts_with("end COMPLETED at seq 5"), "{lines:?}");
    assert_eq!(status, 0);
}

#[tokio::test]
async fn a_run_and_its_drawing_outlive_a_killed_server() {
    let database = Database::new().await;
    let mut server = Server::on(&database).await;
    let (cli, run) = (Cli::of(&server), run_id());
    let go = cli.dir.path().join("go");
    let file = cli.file(
        "wait.yaml",
        &format!(
            "name: wait\nnodes:\n  - id: first\n    run: [sh, -c, 'echo begun; while [ ! -e {} ]; do sleep 0.05; done; echo done']\n  \
             - id: second\n    needs: [first]\n    run: [sh, -c, 'echo after']\n",
            go.display()
        ),
    );
    let mut running = cli.start(&["run", &file, "--watch", "--run-id", &run, "--engine", "process"]);
    assert_eq!(running.hear("run ").await, format!("run  {run}"));
    assert_eq!(running.hear("page ").await, format!("page {}/ui/runs/{run}", server.base()));
    running.hear("begun").await;
    server.kill9();
    std::fs::write(&go, "").unwrap();
    server.restart().await;
    running.hear(", 0 gaps").await;
    let (lines, status) = running.end().await;
    assert_eq!(status, 0, "{lines:?}");
    let stored = server.http().events(&run).await;
    assert_eq!(seqs(&lines), (1..=stored.len() as u64).collect::<Vec<_>>());
    let texts: Vec<String> = server
        .http()
        .lines(&run)
        .await
        .iter()
        .map(|line| line["text"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(texts, ["begun", "done", "after"]);
}

#[tokio::test]
async fn run_without_a_server_brings_its_own_and_tells_how_it_ended() {
    let database = Database::new().await;
    let cli = Cli::with(Options::on(&database.url()));
    let good = cli.file("good.yaml", "name: good\nnodes:\n  - id: a\n    run: [sh, -c, 'echo hello']\n");
    let output = cli.run(&["run", &good, "--engine", "process"]).await;
    assert_eq!(output.status, 0, "{}", output.stderr);
    assert!(
        output.stdout.starts_with("run  run-") && output.stdout.contains("COMPLETED"),
        "{}",
        output.stdout
    );
    let bad = cli.file("bad.yaml", "name: bad\nnodes:\n  - id: a\n    run: [sh, -c, 'exit 3']\n");
    let output = cli.run(&["run", &bad, "--engine", "process"]).await;
    assert_eq!(output.status, 1, "{}", output.stderr);
    assert!(output.stdout.contains("FAILED"), "{}", output.stdout);
    let wrong = cli.file("wrong.yaml", "name: wrong\nnodes:\n  - id: a\n    rum: [sh]\n");
    let output = cli.run(&["run", &wrong]).await;
    assert_eq!(output.status, 2);
    assert!(output.stderr.contains("wrong.yaml:4:5"), "{}", output.stderr);
    // The server that the command had for itself is gone with it.
    let output = cli.run(&["runs"]).await;
    assert_eq!(output.status, 3, "{}", output.stdout);
}

#[tokio::test]
async fn exit_statuses_are_those_of_the_contract() {
    let database = Database::new().await;
    let mut server = Server::on(&database).await;
    let cli = Cli::of(&server);
    let failed = run_id();
    server.http().append(&failed, &[event("RUN_STARTED"), event("RUN_FAILED")]).await;
    let output = cli.run(&["watch", &failed]).await;
    assert_eq!(output.status, 1, "{}", output.stderr);
    for (arguments, status) in [
        (&["watch", "run-nowhere"][..], 2),
        (&["events", "run-nowhere"], 2),
        (&["logs", "run-nowhere"], 2),
        (&["watch", "no such id"], 2),
        (&["runs", "--status", "SLEEPY"], 2),
        (&["logs", &failed, "--grep", "/(/"], 2),
        (&["events", &failed], 0),
        (&["watch", "@latest"], 1),
    ] {
        let output = cli.run(arguments).await;
        assert_eq!(output.status, status, "{arguments:?}: {}", output.stderr);
        assert_eq!(output.stderr.is_empty(), status != 2, "{arguments:?}: {}", output.stderr);
    }
    server.stop().await;
    for arguments in [&["runs"][..], &["watch", &failed], &["logs", &failed, "-f"]] {
        let output = cli.run(arguments).await;
        assert_eq!(output.status, 3, "{arguments:?}: {}", output.stderr);
        assert!(output.stderr.contains("no telltale server answers"), "{}", output.stderr);
    }
}

#[tokio::test]
async fn runs_events_and_logs_show_what_is_stored() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (cli, http, run) = (Cli::of(&server), server.http(), run_id());
    let mut queued = event("RUN_QUEUED");
    queued["data"] = json!({"workflow": "recon"});
    http.append(&run, &[queued, event("RUN_STARTED"), node_event("NODE_STARTED", "a")]).await;
    let lines: Vec<_> = (1..=2_500)
        .map(|n| json!({"nodeRef": "a", "stream": "stdout", "lineNo": n, "text": format!("\u{1b}[31mline {n}\u{1b}[2J")}))
        .collect();
    http.post_ndjson(&format!("/api/v1/runs/{run}/logs"), &lines).await.expect(200);
    http.append(&run, &[node_event("NODE_COMPLETED", "a"), event("RUN_COMPLETED")]).await;

    let output = cli.run(&["runs", "--workflow", "recon", "--since", "1h"]).await;
    let row = output.stdout.lines().nth(1).unwrap().to_owned();
    assert!(
        row.contains("COMPLETED") && row.contains(&run) && row.contains("recon") && row.contains("1/1"),
        "{row}"
    );
    let output = cli.run(&["runs", "--json"]).await;
    let listed: serde_json::Value = serde_json::from_str(output.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(listed["runId"], run);
    let output = cli.run(&["runs", "--workflow", "other"]).await;
    assert_eq!(output.stdout, "no run matches --workflow other\n");

    let stored = http.events(&run).await;
    let output = cli.run(&["events", &run, "--json"]).await;
    let printed: Vec<serde_json::Value> =
        output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(printed, stored);
    let output = cli.run(&["events", "@latest", "--after", "2", "-f"]).await;
    assert_eq!(output.stdout.lines().count(), stored.len() - 2);

    let output = cli.run(&["logs", &run]).await;
    assert_eq!(output.stdout.lines().count(), 2_500);
    assert_eq!(output.stdout.lines().next(), Some("a | line 1"));
    let output = cli.run(&["logs", &run, "--raw", "--tail", "1"]).await;
    assert_eq!(output.stdout, "\u{1b}[31mline 2500\u{1b}[2J\n");
    let output = cli.run(&["logs", &run, "--node", "a", "--grep", "/line 24[0-9]{2}/"]).await;
    assert_eq!(output.stdout.lines().count(), 100);
    let output = cli.run(&["logs", &run, "-f", "--tail", "10"]).await;
    assert_eq!(output.stdout.lines().count(), 10);
}

#[tokio::test]
async fn doctor_and_openapi_answer_without_a_server() {
    let cli = Cli::with(Options::embedded());
    let output = cli.run(&["doctor"]).await;
    assert_eq!(output.status, 0, "{}{}", output.stdout, output.stderr);
    for subject in
        ["settings", "data directory", "database", "durability", "notifications", "clocks", "Docker"]
    {
        assert!(output.stdout.lines().any(|line| line.contains(subject)), "{subject}: {}", output.stdout);
    }
    // The suite's own cluster forgets on purpose, to be fast.
    let database = Database::new().await;
    let forgetful = Cli::with(Options::on(&database.url()));
    let output = forgetful.run(&["doctor"]).await;
    assert!(
        output.status == 1 && output.stdout.contains("fail  durability        fsync off"),
        "{}",
        output.stdout
    );
    let unreachable = Cli::with(Options::on("postgres://nobody@127.0.0.1:1/none"));
    let output = unreachable.run(&["doctor"]).await;
    assert!(output.status == 1 && output.stdout.contains("fail  database"), "{}", output.stdout);
    let output = cli.run(&["openapi"]).await;
    let document: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
}

#[tokio::test]
async fn migrate_goes_up_down_and_up_again() {
    let database = Database::empty().await;
    let cli = Cli::with(Options::on(&database.url()));
    for (arguments, said) in [
        (&["migrate", "status"][..], "missing  V1"),
        (&["migrate", "up"], "applied V1"),
        (&["migrate", "up"], "nothing to do"),
        (&["migrate", "status"], "applied  V1"),
        (&["migrate", "down", "--to", "0"], "taken back V1"),
        (&["migrate", "up"], "applied V1"),
    ] {
        let output = cli.run(arguments).await;
        assert_eq!(output.status, 0, "{arguments:?}: {}", output.stderr);
        assert!(output.stdout.contains(said), "{arguments:?}: {}", output.stdout);
    }
}
