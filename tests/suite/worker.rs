//! A server's own worker: started when there is work, used again, and gone when it is of no use; a server that is killed
//! in the middle of it all disturbs no node.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::server::{Options, tempdir};
use crate::support::worker_process::{WorkerProcess, local_workers};
use crate::support::workflow::{put, start};
use crate::support::{Database, Http, Server, check, run, until};

/// Prints until the file of its input is there, so that the test decides when it ends.
const CHATTY: &str = r#"
name: chatty
inputs: { finish: }
nodes:
  - id: chatty
    run: |
      n=0
      until [ -e "$TELLTALE_INPUT_FINISH" ]; do n=$((n + 1)); echo "line $n"; sleep 0.01; done
      echo "{\"lines\": $n}"
  - { id: after, needs: [chatty], run: 'echo "$N"', env: { N: "${{ nodes.chatty.output.lines }}" } }
"#;

async fn server(database: &Database) -> Server {
    Options::on(&database.url()).env("TELLTALE_PROCESS_ENGINE", "true").start().await
}

async fn lines_of(http: &Http, run_id: &str) -> usize {
    let Ok(answer) = http.try_get(&format!("/api/v1/runs/{run_id}/logs?tail=1")).await else { return 0 };
    if answer.status != 200 {
        return 0;
    }
    let page = answer.json();
    page["lines"].as_array().and_then(|lines| lines.last()?["logSeq"].as_u64()).unwrap_or(0) as usize
}

async fn more_lines(http: &Http, run_id: &str) {
    let before = lines_of(http, run_id).await;
    until("new lines", || async { (lines_of(http, run_id).await > before + 20).then_some(()) }).await;
}

#[tokio::test]
async fn the_servers_own_worker_comes_with_the_work_and_goes_with_the_server() {
    let database = Database::new().await;
    let mut server = server(&database).await;
    let http = server.http();
    put(&http, "hello", "name: hello\nnodes:\n  - { id: a, run: 'echo hello' }\n").await.expect(201);
    assert!(local_workers(server.data_dir()).is_empty());
    let first = start(&http, "hello", json!({})).await;
    run::ends_as(&http, &first, "COMPLETED").await;
    let workers = local_workers(server.data_dir());
    assert_eq!(workers.len(), 1, "{workers:?}");
    for _ in 0..3 {
        let next = start(&http, "hello", json!({})).await;
        run::ends_as(&http, &next, "COMPLETED").await;
    }
    assert_eq!(local_workers(server.data_dir()), workers);
    // Another one for the same directory sees that it is not needed.
    let mut second = WorkerProcess::start(&server, "second", &["--local"]);
    assert!(second.leaves().await.success());
    server.kill9();
    until("the worker is gone", || async { local_workers(server.data_dir()).is_empty().then_some(()) }).await;
}

#[tokio::test]
async fn a_local_worker_without_work_leaves_and_takes_no_run_with_it() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    put(&http, "hello", "name: hello\nnodes:\n  - { id: a, run: 'echo hello' }\n").await.expect(201);
    let run = start(&http, "hello", json!({})).await;
    let mut worker = WorkerProcess::start(&server, "idle", &["--local", "--idle-limit-ms", "100"]);
    assert!(worker.leaves().await.success());
    assert_eq!(http.run(&run).await["status"], "COMPLETED");
    let claims = http.get("/api/v1/workers").await.expect(200).json();
    assert_eq!(claims["workers"][0]["claims"], json!([]), "{claims}");
}

/// The lines of `chatty`, each once, up to the count that it told.
fn assert_lines(lines: &[Value], events: &[Value]) {
    let of_chatty = lines.iter().filter(|line| line["nodeRef"] == "chatty");
    let texts: Vec<&str> = of_chatty.map(|line| line["text"].as_str().unwrap()).collect();
    let count = texts.len() - 1;
    let expected: Vec<String> = (1..=count).map(|n| format!("line {n}")).collect();
    assert_eq!(texts[..count], expected);
    assert_eq!(run::output(events, "chatty"), json!({ "lines": count }));
    assert_eq!(lines.last().unwrap()["text"], json!(count.to_string()));
}

async fn start_chatty(http: &Http, directory: &Path) -> (String, std::path::PathBuf) {
    let finish = directory.join("finish");
    put(http, "chatty", CHATTY).await.expect(201);
    let run = start(http, "chatty", json!({ "inputs": { "finish": finish } })).await;
    (run, finish)
}

#[tokio::test]
async fn a_server_that_is_killed_in_mid_node_disturbs_nothing_wherever_it_comes_back() {
    let database = Database::new().await;
    let mut server = server(&database).await;
    let files = tempdir("chatty");
    let (run_id, finish) = start_chatty(&server.http(), files.path()).await;
    for round in 0..4 {
        more_lines(&server.http(), &run_id).await;
        server.kill9();
        if round == 3 {
            // The node ends while there is no server.
            std::fs::write(&finish, "").unwrap();
        }
        if round % 2 == 0 { server.restart().await } else { server.restart_elsewhere().await }
    }
    let http = server.http();
    let state = run::ends_as(&http, &run_id, "COMPLETED").await;
    assert_eq!(run::nodes(&state), ["chatty COMPLETED 1", "after COMPLETED 1"]);
    let events = check::run(&http, &database, &run_id).await;
    assert_eq!(run::count(&events, "NODE_STARTED", "chatty"), 1);
    assert!(events.iter().all(|event| event["metadata"]["late"] != true), "{events:#?}");
    assert!(run::notes(&events).is_empty(), "{:?}", run::notes(&events));
    assert_lines(&http.lines(&run_id).await, &events);
}
