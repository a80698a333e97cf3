//! Appending: what is acknowledged is stored, once, in order.

use serde_json::{Value, json};

use crate::support::frames::number;
use crate::support::ledger::{Ledger, Load};
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
    let accepted = json!([{ "eventId": a["eventId"], "seq": 1, "outcome": "accepted" }]);
    assert_eq!(first, json!({ "headSeq": 1, "results": accepted }));
    let second = http.post(&path, &json!([b])).await.expect(200).json();
    assert_eq!(second["headSeq"], 2);
    let third = http.post_ndjson(&path, std::slice::from_ref(&c)).await.expect(200).json();
    assert_eq!(third["results"], json!([{ "eventId": c["eventId"], "seq": 3, "outcome": "accepted" }]));
    assert_eq!(check::run(&http, &database, &run_id).await.len(), 3);
}

#[tokio::test]
async fn an_event_comes_back_as_it_was_sent() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    let sent = json!({
        "eventId": uuid::Uuid::now_v7(), "type": "NODE_FAILED", "nodeRef": "resolve ‖ größe", "attempt": 2,
        "level": "warn", "occurredAt": "2026-11-22T10:00:00.000123Z", "message": "a \"quoted\" \\ message\n\u{7f}\u{1F600}",
        "data": { "completed": 214, "nested": [{}, [], null, true, -0.5] }, "outputSummary": { "rows": 3 },
        "error": { "message": "no", "code": "E1", "type": "T", "stack": "a\nb", "details": {}, "fieldErrors": {} },
    });
    http.append(&run_id, &[event("RUN_STARTED"), sent.clone()]).await;
    let stored = &check::run(&http, &database, &run_id).await[1];
    for (name, value) in sent.as_object().unwrap() {
        assert_eq!(&stored[name], value, "`{name}`");
    }
    assert_eq!(stored["metadata"], json!({}));
}

#[tokio::test]
async fn levels_have_their_defaults_and_missing_ids_are_made() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    let events = [
        json!({ "type": "RUN_STARTED" }),
        json!({ "type": "NODE_STARTED", "nodeRef": "a" }),
        json!({ "type": "NODE_RETRYING", "nodeRef": "a", "error": { "message": "again" } }),
        json!({ "type": "NODE_FAILED", "nodeRef": "a", "attempt": 2 }),
        json!({ "type": "HTTP_REQUEST_ERROR", "nodeRef": "a" }),
        json!({ "type": "NOTE", "level": "debug" }),
        json!({ "type": "RUN_FAILED" }),
    ];
    let answer = http.append(&run_id, &events).await;
    let stored = check::run(&http, &database, &run_id).await;
    let levels: Vec<&Value> = stored.iter().map(|event| &event["level"]).collect();
    assert_eq!(levels, ["info", "info", "warn", "error", "error", "debug", "error"]);
    for (result, stored) in answer["results"].as_array().unwrap().iter().zip(&stored) {
        assert_eq!(result["eventId"], stored["eventId"]);
    }
}

#[tokio::test]
async fn a_repeated_event_is_answered_with_the_first_ones_seq() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    let (a, b) = (event("RUN_STARTED"), event("NOTE"));
    let once = http.append(&run_id, &[a.clone(), b.clone(), a.clone()]).await;
    assert_eq!(outcomes(&once), [(1, "accepted"), (2, "accepted"), (1, "duplicate")]);
    let c = event("NOTE");
    let again = http.append(&run_id, &[b.clone(), c.clone(), a.clone()]).await;
    assert_eq!(outcomes(&again), [(2, "duplicate"), (3, "accepted"), (1, "duplicate")]);
    assert_eq!(again["headSeq"], 3);
    // The key is the id alone; another content doesn't make it another event.
    let mut other = a.clone();
    other["type"] = json!("NOTE");
    assert_eq!(outcomes(&http.append(&run_id, &[other]).await), [(1, "duplicate")]);
    // An id is a run's own: in another run it is another event.
    let elsewhere = crate::support::run_id();
    assert_eq!(outcomes(&http.append(&elsewhere, &[a]).await), [(1, "accepted")]);
    assert_eq!(check::run(&http, &database, &run_id).await.len(), 3);
    assert_eq!(check::run(&http, &database, &elsewhere).await.len(), 1);
}

#[tokio::test]
async fn the_same_batch_from_many_writers_at_once_is_stored_once() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let run_id = run_id();
    let batch: Vec<Value> = (0..100).map(|_| event("NOTE")).collect();
    let ledger = Ledger::default();
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let (http, ledger, run_id, batch) =
                (server.http(), ledger.clone(), run_id.clone(), batch.clone());
            tokio::spawn(async move {
                for part in batch.chunks(10) {
                    ledger.append(&http, &run_id, part).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let events = check::run(&server.http(), &database, &run_id).await;
    assert_eq!(events.len(), 100);
    ledger.verify(&run_id, &events);
}

#[tokio::test]
async fn one_request_over_many_runs_is_answered_in_the_order_sent() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let runs: Vec<String> = (0..300).map(|_| run_id()).collect();
    let events: Vec<Value> = (0..900)
        .map(|n| {
            let mut event = event("NOTE");
            event["runId"] = json!(runs[n % 300]);
            event
        })
        .collect();
    let answer = http.post("/api/v1/events", &json!(events)).await.expect(200).json();
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results.len(), 900);
    for (n, (event, result)) in events.iter().zip(results).enumerate() {
        assert_eq!(result["eventId"], event["eventId"]);
        assert_eq!(number(result, "seq"), (n / 300) as u64 + 1);
        assert_eq!(result["outcome"], "accepted");
    }
    for run_id in runs.iter().step_by(50) {
        assert_eq!(check::run(&http, &database, run_id).await.len(), 3);
    }
}

#[tokio::test]
async fn late_events_are_kept_and_change_no_status() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    let mut second_try = node_event("NODE_STARTED", "a");
    second_try["attempt"] = json!(2);
    let before = [
        event("RUN_STARTED"),
        node_event("NODE_STARTED", "a"),
        second_try,
        node_event("NODE_COMPLETED", "a"),
    ];
    let answer = http.append(&run_id, &before).await;
    assert_eq!(outcomes(&answer).last(), Some(&(4, "late")), "an event of a lower attempt");
    assert_eq!(http.run(&run_id).await["nodes"][0]["status"], "RUNNING");

    http.append(&run_id, &[event("RUN_COMPLETED")]).await;
    let after = [
        event("RUN_FAILED"),
        node_event("NODE_STARTED", "b"),
        event("NOTE"),
        node_event("HTTP_REQUEST_SENT", "a"),
    ];
    let answer = http.append(&run_id, &after).await;
    assert_eq!(outcomes(&answer), [(6, "late"), (7, "late"), (8, "accepted"), (9, "accepted")]);
    let events = check::run(&http, &database, &run_id).await;
    let late: Vec<bool> = events.iter().map(|event| event["metadata"]["late"] == json!(true)).collect();
    assert_eq!(late, [false, false, false, true, false, true, true, false, false]);
    assert_eq!(http.run(&run_id).await["status"], "COMPLETED");
}

#[tokio::test]
async fn a_client_clock_that_steps_changes_no_order() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    let times = [
        "2026-11-22T10:00:00Z",
        "1970-01-01T00:00:00Z",
        "2999-12-31T23:59:59.999999Z",
        "2026-11-22T11:00:00+02:00",
    ];
    for time in times {
        let mut event = event("NOTE");
        event["occurredAt"] = json!(time);
        http.append(&run_id, &[event]).await;
    }
    let events = check::run(&http, &database, &run_id).await;
    let occurred: Vec<&Value> = events.iter().map(|event| &event["occurredAt"]).collect();
    assert_eq!(
        occurred,
        [
            "2026-11-22T10:00:00.000000Z",
            "1970-01-01T00:00:00.000000Z",
            "2999-12-31T23:59:59.999999Z",
            "2026-11-22T09:00:00.000000Z"
        ]
    );
    let now = jiff::Timestamp::now();
    for event in &events {
        let recorded: jiff::Timestamp = event["recordedAt"].as_str().unwrap().parse().unwrap();
        assert!(
            now.duration_since(recorded).abs() < jiff::SignedDuration::from_mins(10),
            "recordedAt is the server's: {event}"
        );
    }
}

#[tokio::test]
async fn an_empty_batch_makes_no_run() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    let answer = http.post(&format!("/api/v1/runs/{run_id}/events"), &json!([])).await;
    assert!([200, 400].contains(&answer.status), "{}", answer.text());
    http.get(&format!("/api/v1/runs/{run_id}")).await.problem(404);
}

#[tokio::test]
async fn five_thousand_events_fit_in_one_batch() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    let batch: Vec<Value> = (0..5_000).map(|_| event("NOTE")).collect();
    assert_eq!(http.append(&run_id, &batch).await["headSeq"], 5_000);
    let events = check::run(&http, &database, &run_id).await;
    for (sent, stored) in batch.iter().zip(&events) {
        assert_eq!(sent["eventId"], stored["eventId"], "seq in the order sent");
    }
}

/// `(seq, outcome)` of every result.
fn outcomes(answer: &Value) -> Vec<(u64, &str)> {
    let results = answer["results"].as_array().unwrap();
    results.iter().map(|result| (number(result, "seq"), result["outcome"].as_str().unwrap())).collect()
}
