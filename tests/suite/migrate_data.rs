//! The schema taken back to its first version over data, and brought forward again: history outlives it.

use http::Method;
use serde_json::{Value, json};
use telltale::store::db::{Target, migrate};

use crate::support::{Database, Server, check, event, node_event, run_id};

#[tokio::test]
async fn runs_events_and_lines_outlive_every_step_down_and_up_again() {
    let database = Database::new().await;
    let mut server = Server::without_worker(&database).await;
    let (http, run) = (server.http(), run_id());
    let queued =
        json!({"type": "RUN_QUEUED", "data": {"workflow": "w", "labels": {"a": "b"}, "inputs": {"n": 1}}});
    http.append(&run, &[queued, event("RUN_STARTED"), node_event("NODE_STARTED", "a")]).await;
    let lines: Vec<Value> = (1..=500)
        .map(|no| json!({"nodeRef": "a", "stream": "stdout", "lineNo": no, "text": format!("line {no}")}))
        .collect();
    http.post_ndjson(&format!("/api/v1/runs/{run}/logs"), &lines).await.expect(200);
    let path = format!("/api/v1/runs/{run}/artifacts?name=a");
    http.send(Method::POST, &path, &[("content-type", "text/plain")], "bytes").await.unwrap().expect(201);
    http.append(&run, &[node_event("NODE_COMPLETED", "a"), event("RUN_COMPLETED")]).await;
    // One that came in a bundle, which the newer steps know of.
    let bundle = http.get(&format!("/api/v1/runs/{run}/bundle")).await.expect(200).body.to_vec();
    let (state, events, stored) = (http.run(&run).await, http.events(&run).await, http.lines(&run).await);
    server.stop().await;

    let target = Target::parse(&database.url()).unwrap();
    for step in migrate::STEPS.iter().rev().take_while(|step| step.version > 1) {
        assert_eq!(migrate::down(&target, step.version - 1).await.unwrap(), [step.name]);
    }
    migrate::up(&target).await.unwrap();

    server.restart().await;
    let http = server.http();
    assert_eq!(
        (http.run(&run).await, http.events(&run).await, http.lines(&run).await),
        (state, events, stored)
    );
    check::run(&http, &database, &run).await;
    // What it is searched by was derived again.
    for query in [format!("q={run}"), "label=a:b".to_owned()] {
        let found = http.get(&format!("/api/v1/runs/count?{query}")).await.expect(200).json();
        assert_eq!(found["count"], 1, "{query}");
    }
    // And goes on: appends, lines, and the same bundle once more.
    let next = run_id();
    http.append(&next, &[event("RUN_STARTED"), node_event("NODE_STARTED", "a")]).await;
    http.post_ndjson(&format!("/api/v1/runs/{next}/logs"), &lines).await.expect(200);
    let again =
        http.post_raw("/api/v1/import", "application/vnd.telltale.bundle", bundle).await.expect(200).json();
    assert_eq!(again["created"], false);
}
