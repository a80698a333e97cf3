//! `telltale rebuild`: what is projected, held against the events, and written anew while a server goes on.

use std::process::Output;

use serde_json::json;

use crate::support::server::{Options, tempdir};
use crate::support::{Database, Server, check, event, node_event, run_id};

/// `telltale ARGUMENTS` on this database, with a data directory of its own: the server keeps the other one.
async fn telltale(database: &Database, arguments: &[&str]) -> Output {
    let dir = tempdir("rebuild");
    let mut command = Options::on(&database.url()).command(dir.path(), "127.0.0.1:0");
    command.args(arguments);
    tokio::task::spawn_blocking(move || {
        let output = command.output().expect("telltale");
        drop(dir);
        output
    })
    .await
    .unwrap()
}

#[track_caller]
fn said(output: &Output, status: i32) -> String {
    let text =
        String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat()).into_owned();
    assert_eq!(output.status.code(), Some(status), "{text}");
    text
}

#[tokio::test]
async fn what_was_corrupted_is_as_the_events_say_again() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    let (over, open, untouched) = (run_id(), run_id(), run_id());
    for id in [&over, &open, &untouched] {
        let start = json!({ "eventId": uuid::Uuid::now_v7(), "type": "RUN_STARTED",
            "data": { "workflow": "recon", "labels": { "team": "red" }, "inputs": { "n": 1 } } });
        http.append(id, &[start, node_event("NODE_STARTED", "b"), node_event("NODE_STARTED", "a")]).await;
        // Enough for a checkpoint.
        let notes: Vec<_> = (0..1_100).map(|_| event("NOTE")).collect();
        http.append(id, &notes).await;
    }
    http.append(&over, &[node_event("NODE_COMPLETED", "b"), event("RUN_COMPLETED")]).await;
    let sound = telltale(&database, &["rebuild", "--check"]).await;
    assert!(said(&sound, 0).contains("3 runs"), "{sound:?}");

    let session = database.session().await;
    let corrupt = format!(
        "UPDATE runs SET status = 'FAILED', labels = '{{}}' WHERE run_id = '{over}';
         UPDATE nodes SET state = '{{}}', position = 7 WHERE node_ref = 'b' AND run_key = (SELECT run_key FROM runs WHERE run_id = '{over}');
         DELETE FROM nodes WHERE node_ref = 'a' AND run_key = (SELECT run_key FROM runs WHERE run_id = '{over}');
         UPDATE checkpoints SET state = '{{}}' WHERE run_key = (SELECT run_key FROM runs WHERE run_id = '{over}');
         INSERT INTO checkpoints SELECT run_key, 17, '{{}}' FROM runs WHERE run_id = '{over}';
         UPDATE runs SET workflow = 'other', state = '{{}}' WHERE run_id = '{open}';
         INSERT INTO run_facets SELECT organization_id, gen_random_uuid(), run_key FROM runs WHERE run_id = '{over}';
         UPDATE run_words SET words = 'nothing' WHERE convert_from(words, 'UTF8') LIKE '{over}%'"
    );
    session.batch_execute(&corrupt).await.unwrap();
    let told = said(&telltale(&database, &["rebuild", "--check"]).await, 1);
    for word in [
        &over,
        &open,
        "the status",
        "labels",
        "node b",
        "node a",
        "checkpoint at 1000",
        "a checkpoint at 17",
        "searched by",
    ] {
        assert!(told.contains(word), "{word} in {told}");
    }
    assert!(!told.contains(&untouched), "{told}");
    // Looking changes nothing.
    said(&telltale(&database, &["rebuild", "--check"]).await, 1);

    said(&telltale(&database, &["rebuild", "--run", &over]).await, 0);
    for (query, found) in [(format!("q={over}"), 1), ("label=team:red".to_owned(), 3)] {
        let count = http.get(&format!("/api/v1/runs/count?{query}")).await.expect(200).json();
        assert_eq!(count["count"], found, "{query}");
    }
    let facets = format!("SELECT count(*) FROM run_facets JOIN runs USING (run_key) WHERE run_id = '{over}'");
    assert_eq!(
        session.query_one(&facets, &[]).await.unwrap().get::<_, i64>(0),
        1,
        "the label's, and no other"
    );
    let left = said(&telltale(&database, &["rebuild", "--check"]).await, 1);
    assert!(left.contains(&open) && !left.contains(&over), "only the one that was named: {left}");
    said(&telltale(&database, &["rebuild"]).await, 0);
    said(&telltale(&database, &["rebuild", "--check"]).await, 0);

    // The server, which knows the open run by heart, goes on from what was rebuilt.
    http.append(&open, &[node_event("NODE_COMPLETED", "a"), event("RUN_COMPLETED")]).await;
    for id in [&over, &open, &untouched] {
        check::run(&http, &database, id).await;
    }
    said(&telltale(&database, &["rebuild", "--check"]).await, 0);
    said(&telltale(&database, &["rebuild", "--run", "nobody"]).await, 2);
}

#[tokio::test]
async fn a_broken_history_is_named_and_left_alone() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    let id = run_id();
    http.append(&id, &[event("RUN_STARTED"), event("NOTE"), event("RUN_COMPLETED")]).await;
    let session = database.session().await;
    session
        .batch_execute("DELETE FROM events WHERE seq = 2; UPDATE runs SET status = 'FAILED'")
        .await
        .unwrap();
    let told = said(&telltale(&database, &["rebuild"]).await, 1);
    assert!(told.contains("event 2 is missing"), "{told}");
    let row = session.query_one("SELECT status FROM runs", &[]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0), "FAILED", "nothing was written");
}
