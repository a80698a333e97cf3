//! Two servers on one database write and serve the same runs.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::ledger::Load;
use crate::support::rng::Rng;
use crate::support::ws::Live;
use crate::support::{Database, Server, check, event, node_event, run_id, within};

/// The contract of the feed is milliseconds; this only has to tell the doorbell from a poll gone slow.
const LIVE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn both_write_the_same_runs_and_each_serves_what_the_other_wrote() {
    let database = Database::new().await;
    let (a, b) = (Server::on(&database).await, Server::on(&database).await);
    let runs: Vec<String> = (0..3).map(|_| run_id()).collect();
    let mut load = Load::start(&[a.http(), b.http()], &runs, 8, &mut Rng::new("two"));
    load.progress(300).await;
    let followers: Vec<_> = [&a, &b]
        .map(|server| {
            let mut live = Live::new(&server.address(), &runs[0], "");
            tokio::spawn(async move {
                live.follow().await;
                live
            })
        })
        .into_iter()
        .collect();
    load.progress(2_000).await;
    let ledger = load.finish().await;
    ledger.append(&b.http(), &runs[0], &[event("RUN_COMPLETED")]).await;
    for follower in followers {
        let live = within("the end on both servers", follower).await.unwrap();
        check::same_events(&live.seen.events, &a.http().events(&runs[0]).await);
    }
    check::ledger(&a.http(), &database, &ledger).await;
    check::ledger(&b.http(), &database, &ledger).await;
}

#[tokio::test]
async fn a_subscriber_of_the_other_server_is_live() {
    let database = Database::new().await;
    let (writing, serving) = (Server::on(&database).await, Server::on(&database).await);
    let (http, run_id) = (writing.http(), run_id());
    http.append(&run_id, &[event("RUN_STARTED")]).await;
    let mut live = Live::open(&serving.address(), &run_id).await;
    live.read_until("the first event", |seen| seen.seq == 1).await;
    for seq in 2..=50 {
        let begun = Instant::now();
        http.append(&run_id, &[event("NOTE")]).await;
        live.read_until("an event written elsewhere", |seen| seen.seq == seq).await;
        assert!(begun.elapsed() < LIVE, "event {seq} took {:?}", begun.elapsed());
    }
    let by_poll = serving.http().metric("feed_backstop_events_total").await;
    assert!(by_poll < 25.0, "{by_poll} of 49 events were found by the poll and not by NOTIFY");
}

#[tokio::test]
async fn when_one_server_dies_its_subscribers_go_on_at_the_other() {
    let database = Database::new().await;
    let (mut a, b) = (Server::on(&database).await, Server::on(&database).await);
    let run_id = run_id();
    a.http().append(&run_id, &[event("RUN_STARTED"), event("NOTE")]).await;
    let mut live = Live::open(&a.address(), &run_id).await;
    live.read_until("the first events", |seen| seen.seq == 2).await;
    a.kill9();
    b.http().append(&run_id, &[event("NOTE"), event("RUN_COMPLETED")]).await;
    assert!(!live.next().await, "the connection died with its server");
    live.move_to(&b.address());
    live.follow().await;
    check::same_events(&live.seen.events, &check::run(&b.http(), &database, &run_id).await);
}

/// A writer whose server went away goes on at the other one, which remembers an older head of the same log.
#[tokio::test]
async fn a_log_that_moves_between_servers_has_no_false_gap_and_a_true_proof() {
    let database = Database::new().await;
    let (a, b) = (Server::on(&database).await, Server::on(&database).await);
    let run_id = run_id();
    a.http().append(&run_id, &[event("RUN_STARTED"), node_event("NODE_STARTED", "a")]).await;
    let path = format!("/api/v1/runs/{run_id}/logs");
    let line =
        |n: usize| json!({ "nodeRef": "a", "stream": "stdout", "lineNo": n, "text": format!("line {n}") });
    let lines: Vec<Value> = (1..=9).map(line).collect();
    for (server, part) in [(&a, &lines[..3]), (&b, &lines[3..6]), (&a, &lines[6..8]), (&b, &lines[8..])] {
        let answer = server.http().post_ndjson(&path, part).await.expect(200).json();
        assert_eq!(answer["accepted"], part.len(), "{answer}");
    }
    // The server that has not seen the last line ends the node.
    a.http().append(&run_id, &[node_event("NODE_COMPLETED", "a"), event("RUN_COMPLETED")]).await;
    let output: String = (1..=9).map(|n| format!("line {n}\n")).collect();
    let events = check::run(&b.http(), &database, &run_id).await;
    let closed: Vec<&Value> = events.iter().filter(|event| event["type"] == "NODE_LOG_CLOSED").collect();
    assert_eq!(closed.len(), 1, "{closed:?}");
    assert_eq!((&closed[0]["data"]["lines"], &closed[0]["data"]["bytes"]), (&json!(9), &json!(output.len())));
    for server in [&a, &b] {
        assert_eq!(server.http().get(&format!("{path}/download")).await.expect(200).text(), output);
        let page = server.http().get(&path).await.expect(200).json();
        assert_eq!((page["lines"].as_array().unwrap().len(), &page["complete"]), (9, &json!(true)));
    }
}

/// A close that another server made is known to the one that takes the next line.
#[tokio::test]
async fn a_stream_closed_at_one_server_is_reopened_by_a_line_at_the_other() {
    let database = Database::new().await;
    let (a, b) = (Server::on(&database).await, Server::on(&database).await);
    let run_id = run_id();
    a.http().append(&run_id, &[event("RUN_STARTED"), node_event("NODE_STARTED", "a")]).await;
    let path = format!("/api/v1/runs/{run_id}/logs");
    let line =
        |n: usize| json!({ "nodeRef": "a", "stream": "stdout", "lineNo": n, "text": format!("line {n}") });
    let close = json!({ "nodeRef": "a", "attempt": 1, "stream": "stdout" });
    b.http().post_ndjson(&path, &[line(1)]).await.expect(200);
    a.http().post(&format!("{path}/close"), &close).await;
    b.http().post_ndjson(&path, &[line(2)]).await.expect(200);
    b.http().post(&format!("{path}/close"), &close).await;
    let events = check::run(&a.http(), &database, &run_id).await;
    let closed: Vec<&Value> = events
        .iter()
        .filter(|event| event["type"] == "NODE_LOG_CLOSED")
        .map(|event| &event["data"]["lines"])
        .collect();
    assert_eq!(closed, [&json!(1), &json!(2)]);
    let lines = a.http().lines(&run_id).await;
    let late: Vec<bool> = lines.iter().map(|line| line["late"] == true).collect();
    assert_eq!(late, [false, true]);
}
