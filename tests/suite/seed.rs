//! `telltale demo seed`: made-up runs in every status, stored once however often they are sent.

use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use crate::support::server::{Options, tempdir};
use crate::support::{Database, Http, Server, within};

async fn seed(server: &Server, runs: &str) -> String {
    let dir = tempdir("seed");
    let options = Options::default().env("TELLTALE_URL", server.base());
    let mut command = Command::from(options.command(&dir.path().join("data"), "127.0.0.1:0"));
    command.args(["demo", "seed", "--runs", runs]).stdin(Stdio::null()).kill_on_drop(true);
    let output = within("the seed", command.output()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

async fn runs(http: &Http, query: &str) -> Vec<Value> {
    let page = http.get(&format!("/api/v1/runs?limit=200&{query}")).await.expect(200).json();
    page["runs"].as_array().unwrap().clone()
}

#[tokio::test]
async fn every_status_is_there_and_a_repeat_changes_nothing() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let said = seed(&server, "120").await;
    assert!(said.starts_with("120 runs, "), "{said}");
    let all = runs(&http, "").await;
    assert_eq!(all.len(), 120);
    for status in [
        "QUEUED",
        "RUNNING",
        "AWAITING_INPUT",
        "COMPLETED",
        "FAILED",
        "CANCELLED",
        "TERMINATED",
        "TIMED_OUT",
        "STALE",
    ] {
        let found = runs(&http, &format!("status={status}")).await;
        assert!(!found.is_empty(), "{status}: {said}");
        let told = format!(" {status}\n");
        let line = said.split_inclusive('\n').find(|line| line.ends_with(&told)).unwrap();
        assert_eq!(line.split_whitespace().next(), Some(found.len().to_string().as_str()), "{status}");
    }
    assert!(!runs(&http, "label=source:demo&label=team:security").await.is_empty());
    let failed = runs(&http, "status=FAILED").await;
    let events = http.events(failed[0]["runId"].as_str().unwrap()).await;
    let error = events.iter().find(|event| event["type"] == "NODE_FAILED").unwrap();
    assert!(error["error"]["stack"].as_str().unwrap().lines().count() > 2);
    assert!(events.iter().all(|event| event["metadata"]["late"].is_null()));
    let again = seed(&server, "150").await;
    assert!(again.contains("were there already"), "{again}");
    let later = runs(&http, "").await;
    assert_eq!(later.len(), 150);
    let heads = |list: &[Value]| -> std::collections::BTreeMap<String, u64> {
        list.iter()
            .map(|run| (run["runId"].as_str().unwrap().to_owned(), run["headSeq"].as_u64().unwrap()))
            .collect()
    };
    let (before, after) = (heads(&all), heads(&later));
    for (run, head) in before {
        assert_eq!(after[&run], head, "{run}");
    }
}
