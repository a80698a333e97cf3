//! Appending: what is acknowledged is stored, once, in order.

use serde_json::json;

use crate::support::ledger::Load;
use crate::support::rng::Rng;
use crate::support::{Database, Server, check, event, node_event, run_id};

#[tokio::test]
async fn acknowledged_events_are_stored_once_in_order() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let runs: Vec<String> = (0..4).map(|_| run_id()).collect();
    let mut load = Load::start(&[server.http()], &runs, 8, &mut Rng::new("load"));
    load.progress(3_000).await;
    let ledger = load.finish().await;
    assert!(ledger.acked() >= 3_000);
    check::ledger(&server.http(), &database, &ledger).await;
}

#[tokio::test]
async fn a_single_event_an_array_and_ndjson_are_the_same() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    let path = format!("/api/v1/runs/{run_id}/events");
    let (a, b, c) =
        (event("RUN_STARTED"), node_event("NODE_STARTED", "a"), node_event("NODE_COMPLETED", "a"));
    let first = http.post(&path, &a).await.expect(200).json();
    assert_eq!(
        first,
        json!({ "headSeq": 1, "results": [{ "eventId": a["eventId"], "seq": 1, "outcome": "accepted" }] })
    );
    http.post(&path, &json!([b])).await.expect(200);
    http.post_ndjson(&path, &[c]).await.expect(200);
    assert_eq!(check::run(&http, &database, &run_id).await.len(), 3);
}
