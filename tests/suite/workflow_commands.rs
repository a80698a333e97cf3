//! The commands around stored workflows: put, list, show, start, cancel, rerun, input; and inputs from flags and files.

use std::process::Stdio;

use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::support::server::{Options, tempdir};
use crate::support::{Database, Server, event, run_id, within};

const WORKFLOW: &str = "name: scan\ndescription: a scan\ninputs:\n  domain: example.org\n  depth: { type: integer, minimum: 1 }\n\
    nodes:\n  - id: list\n    run: [sh, -c, 'echo $TELLTALE_INPUT_DOMAIN/$TELLTALE_INPUT_DEPTH']\n";

struct Cli {
    dir: tempfile::TempDir,
    options: Options,
}

struct Said {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Cli {
    fn of(server: &Server) -> Self {
        let options = Options::default().env("TELLTALE_URL", server.base());
        Self { dir: tempdir("workflows"), options }
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    async fn run(&self, arguments: &[&str]) -> Said {
        self.run_with(arguments, "").await
    }

    async fn run_with(&self, arguments: &[&str], stdin: &str) -> Said {
        let mut command = Command::from(self.options.command(&self.dir.path().join("data"), "127.0.0.1:0"));
        command.args(arguments).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        // A command that reads nothing may have gone already.
        let _ = pipe.write_all(stdin.as_bytes()).await;
        drop(pipe);
        let output = within(&format!("telltale {arguments:?}"), child.wait_with_output()).await.unwrap();
        Said {
            status: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The id in `run  <id>`.
fn id_of(said: &Said) -> String {
    assert_eq!(said.status, 0, "{}", said.stderr);
    said.stdout.lines().next().unwrap().strip_prefix("run  ").unwrap().to_owned()
}

#[tokio::test]
async fn a_workflow_is_stored_shown_and_started_with_typed_inputs() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (cli, http) = (Cli::of(&server), server.http());
    assert!(cli.run(&["workflow", "list"]).await.stdout.contains("there is no workflow yet"));
    let file = cli.file("scan.yaml", WORKFLOW);
    assert_eq!(cli.run(&["workflow", "put", &file]).await.stdout, "stored scan, version 1\n");
    assert_eq!(cli.run(&["workflow", "put", &file]).await.stdout, "stored scan, version 1\n");
    assert_eq!(cli.run(&["workflow", "show", "scan"]).await.stdout, WORKFLOW);
    let listed = cli.run(&["workflow", "list"]).await;
    let row: Vec<&str> = listed.stdout.lines().nth(1).unwrap().split_whitespace().take(3).collect();
    assert_eq!(row, ["scan", "1", "1"]);
    let broken = cli.file("broken.yaml", "name: scan\nnodes:\n  - id: a\n    rum: x\n");
    let refused = cli.run(&["workflow", "put", &broken]).await;
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("broken.yaml:4:5"), "{}", refused.stderr);

    let refused = cli.run(&["workflow", "start", "scan", "--input", "dept=1"]).await;
    assert_eq!(refused.status, 2);
    for told in ["no input `dept`", "the input `depth` needs a value"] {
        assert!(refused.stderr.contains(told), "{}", refused.stderr);
    }
    let started = cli
        .run_with(
            &["workflow", "start", "scan", "--inputs", "-", "--input", "depth=3"],
            "depth: 2\ndomain: d\n",
        )
        .await;
    let run = id_of(&started);
    let state = http.get(&format!("/api/v1/runs/{run}")).await.expect(200).json();
    assert_eq!(
        (&state["status"], &state["inputs"]),
        (&json!("QUEUED"), &json!({ "domain": "d", "depth": 3 }))
    );

    let again = id_of(&cli.run(&["rerun", &run, "--input", "depth=4"]).await);
    let state = http.get(&format!("/api/v1/runs/{again}")).await.expect(200).json();
    assert_eq!(state["inputs"], json!({ "domain": "d", "depth": 4 }));
    let cancelled = cli.run(&["cancel", &run, "--reason", "enough"]).await;
    assert_eq!((cancelled.status, cancelled.stdout), (0, format!("cancelled {run}\n")));
    assert_eq!(cli.run(&["cancel", &run]).await.status, 2);
    assert_eq!(cli.run(&["workflow", "start", "nowhere"]).await.status, 2);
    assert_eq!(cli.run(&["rerun", &run_id()]).await.status, 2);
}

#[tokio::test]
async fn a_waiting_node_gets_its_answer() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (cli, http, run) = (Cli::of(&server), server.http(), run_id());
    let asks = |node: &str| json!({ "eventId": uuid::Uuid::now_v7(), "type": "NODE_AWAITING_INPUT", "nodeRef": node, "attempt": 1 });
    http.append(&run, &[event("RUN_STARTED"), asks("approve"), asks("second")]).await;
    let said = cli
        .run(&["input", &run, "approve", "--approve", "--data", "{\"keep\":true}", "--comment", "fine"])
        .await;
    assert_eq!((said.status, said.stdout), (0, format!("approved approve of {run}\n")), "{}", said.stderr);
    let said = cli.run(&["input", &run, "second", "--reject"]).await;
    assert_eq!(said.status, 0, "{}", said.stderr);
    let events = http.events(&run).await;
    let answers: Vec<_> = events.iter().filter(|event| event["type"] == "NODE_INPUT_RECEIVED").collect();
    assert_eq!(
        (&answers[0]["data"]["approved"], &answers[0]["data"]["data"]),
        (&json!(true), &json!({ "keep": true }))
    );
    assert_eq!(answers[1]["data"]["approved"], false);
    for wrong in [
        &["input", &run, "approve", "--approve"][..],
        &["input", &run, "approve"],
        &["input", &run, "approve", "--approve", "--reject"],
        &["input", &run, "approve", "--approve", "--data", "{"],
    ] {
        assert_eq!(cli.run(wrong).await.status, 2, "{wrong:?}");
    }
}

#[tokio::test]
async fn run_takes_inputs_from_a_file_and_secrets_come_from_standard_input() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (cli, http, run) = (Cli::of(&server), server.http(), run_id());
    let (file, inputs) = (cli.file("scan.yaml", WORKFLOW), cli.file("inputs.yaml", "depth: 7\n"));
    let said = cli.run(&["run", &file, "--run-id", &run, "--inputs", &inputs, "--engine", "process"]).await;
    assert_eq!(said.status, 0, "{}", said.stderr);
    assert_eq!(http.lines(&run).await[0]["text"], "example.org/7");
    assert_eq!(cli.run(&["run", &file]).await.status, 2);

    let said = cli.run_with(&["secret", "set", "api-key"], "s3cret value\n").await;
    assert_eq!((said.status, said.stdout.as_str()), (0, "stored api-key\n"), "{}", said.stderr);
    let listed = cli.run(&["secret", "list", "--json"]).await;
    let secret: serde_json::Value = serde_json::from_str(listed.stdout.trim()).unwrap();
    assert_eq!(secret["name"], "api-key");
    assert!(!listed.stdout.contains("s3cret"));
    assert_eq!(cli.run_with(&["secret", "set", "no name"], "s3cret value").await.status, 2);
    assert_eq!(cli.run_with(&["secret", "set", "short"], "abc\n").await.status, 2);
    assert_eq!(cli.run(&["secret", "delete", "api-key"]).await.stdout, "deleted api-key\n");
    assert_eq!(cli.run(&["secret", "delete", "api-key"]).await.status, 2);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = cli.run(&["completion", shell]).await;
        assert!(script.status == 0 && script.stdout.contains("telltale"), "{shell}");
    }
}
