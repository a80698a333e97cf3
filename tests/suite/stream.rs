//! Subscribers: everything once, in order, over every transport and across any number of disconnects.

use http::Method;
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Error;

use crate::support::frames::{Tracker, number};
use crate::support::ledger::Load;
use crate::support::rng::Rng;
use crate::support::sse::Sse;
use crate::support::ws::{Live, Multi};
use crate::support::{Database, Http, Server, TcpProxy, check, event, node_event, run_id, within};

/// Runs writers on `run_id` for a while, then ends the run.
async fn write_and_end(http: Http, run_id: String, mut rng: Rng) {
    let mut load = Load::start(std::slice::from_ref(&http), std::slice::from_ref(&run_id), 4, &mut rng);
    load.progress(1_500).await;
    load.finish().await;
    http.append(&run_id, &[event("RUN_COMPLETED")]).await;
}

#[tokio::test]
async fn websocket_subscribers_with_disconnects_see_every_event_once() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id, mut rng) = (server.http(), run_id(), Rng::new("disconnects"));
    http.append(&run_id, &[event("RUN_STARTED")]).await;
    let writing = tokio::spawn(write_and_end(http.clone(), run_id.clone(), rng.split()));
    let subscribers: Vec<_> = (0..4)
        .map(|_| {
            let (mut live, mut rng) = (Live::new(&server.address(), &run_id, ""), rng.split());
            tokio::spawn(async move {
                live.follow_with_disconnects(&mut rng).await;
                live
            })
        })
        .collect();
    writing.await.unwrap();
    let stored = check::run(&http, &database, &run_id).await;
    for subscriber in subscribers {
        let live = within("a subscriber sees the end", subscriber).await.unwrap();
        check::same_events(&live.seen.events, &stored);
        assert!(live.seen.resets.is_empty());
    }
}

#[tokio::test]
async fn connections_cut_at_any_byte_lose_nothing() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id, mut rng) = (server.http(), run_id(), Rng::new("cuts"));
    http.append(&run_id, &[event("RUN_STARTED")]).await;
    let writing = tokio::spawn(write_and_end(http.clone(), run_id.clone(), rng.split()));
    let proxy = TcpProxy::to(&server.address()).await;
    let mut live = Live::new(proxy.address(), &run_id, "");
    while live.seen.end.is_none() {
        // From less than a handshake's answer to more than the largest frame, so that it comes to an end.
        let most = 256 << rng.below(13);
        proxy.cut_after(rng.below(most));
        live.follow_connection().await;
    }
    writing.await.unwrap();
    check::same_events(&live.seen.events, &check::run(&http, &database, &run_id).await);
}

#[tokio::test]
async fn sse_resumes_with_last_event_id() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id, mut rng) = (server.http(), run_id(), Rng::new("sse"));
    http.append(&run_id, &[event("RUN_STARTED")]).await;
    let writing = tokio::spawn(write_and_end(http.clone(), run_id.clone(), rng.split()));
    let mut sse = Sse::new(&http, &run_id, "");
    while sse.seen.end.is_none() {
        let status = sse.connect().await.unwrap();
        if status == 204 {
            break;
        }
        assert_eq!(status, 200);
        for _ in 0..=rng.below(4) {
            if sse.seen.end.is_some() || !sse.next().await {
                break;
            }
        }
    }
    writing.await.unwrap();
    check::same_events(&sse.seen.events, &check::run(&http, &database, &run_id).await);
    // A browser would reconnect after the end; 204 tells it not to.
    assert_eq!(sse.connect().await.unwrap(), 204);
}

#[tokio::test]
async fn a_long_poll_answers_when_something_comes_and_ends_with_the_run() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id, mut rng) = (server.http(), run_id(), Rng::new("poll"));
    http.append(&run_id, &[event("RUN_STARTED")]).await;
    let writing = tokio::spawn(write_and_end(http.clone(), run_id.clone(), rng.split()));
    let (mut seen, mut cursor): (Vec<Value>, u64) = (Vec::new(), 0);
    loop {
        let limit = 1 + rng.below(200);
        let page = http
            .get(&format!("/api/v1/runs/{run_id}/events?after={cursor}&limit={limit}&wait=30"))
            .await
            .expect(200)
            .json();
        let events = page["events"].as_array().unwrap();
        assert!(events.len() <= limit);
        for event in events {
            assert_eq!(number(event, "seq"), cursor + 1);
            cursor += 1;
            seen.push(event.clone());
        }
        assert!(number(&page, "headSeq") >= cursor);
        if page["ended"] == true && number(&page, "headSeq") == cursor {
            break;
        }
    }
    writing.await.unwrap();
    check::same_events(&seen, &check::run(&http, &database, &run_id).await);
}

#[tokio::test]
async fn one_socket_serves_many_runs() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, mut rng) = (server.http(), Rng::new("many"));
    let runs: Vec<String> = (0..5).map(|_| run_id()).collect();
    for run_id in &runs {
        http.append(run_id, &[event("RUN_STARTED")]).await;
    }
    let mut multi = Multi::open(&server.address()).await;
    let unknown = run_id();
    multi.send(json!({ "subscribe": { "runId": unknown, "after": 0, "logAfter": 0 } })).await;
    multi.read_until("a refused subscription", |multi| !multi.others.is_empty()).await;
    assert_eq!((&multi.others[0]["type"], &multi.others[0]["status"]), (&json!("error"), &json!(404)));
    assert_eq!(multi.others[0]["runId"], unknown);

    for run_id in &runs {
        multi.subscribe(run_id, 0, 0).await;
    }
    let writers: Vec<_> = runs
        .iter()
        .map(|run_id| tokio::spawn(write_and_end(http.clone(), run_id.clone(), rng.split())))
        .collect();
    multi.read_until("every run's end", |multi| multi.runs.values().all(|run| run.end.is_some())).await;
    for writer in writers {
        writer.await.unwrap();
    }
    for run_id in &runs {
        check::same_events(&multi.runs[run_id].events, &check::run(&http, &database, run_id).await);
    }
    // The end of a subscription is not the end of the socket.
    let more = crate::support::run_id();
    http.append(&more, &[event("RUN_STARTED")]).await;
    multi.subscribe(&more, 0, 0).await;
    multi.read_until("a run after the others ended", |multi| multi.runs[&more].seq == 1).await;
    multi.unsubscribe(&more).await;
    multi.send(json!({ "subscribeRuns": { "status": "CANCELLED" } })).await;
    http.append(&more, &[event("RUN_CANCELLED")]).await;
    let is_list = |frame: &Value| frame["type"] == "runs" && frame["runs"].to_string().contains(&more);
    multi.read_until("the change of the list", |multi| multi.others.iter().any(is_list)).await;
    assert!(multi.runs[&more].end.is_none(), "frames after unsubscribing");
}

#[tokio::test]
async fn a_subscriber_can_begin_with_the_state() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    http.append(&run_id, &[event("RUN_STARTED"), node_event("NODE_STARTED", "a"), event("NOTE")]).await;
    let mut live = Live::new(&server.address(), &run_id, "&state=true");
    live.seen.seq = 2;
    live.connect().await;
    live.read_until("the state", |seen| !seen.states.is_empty()).await;
    let at = number(&live.seen.states[0], "seq");
    let then = http.get(&format!("/api/v1/runs/{run_id}?atSeq={at}")).await.expect(200).json();
    assert_eq!(live.seen.states[0]["state"], then);
    http.append(&run_id, &[event("RUN_COMPLETED")]).await;
    live.read_until("the end", |seen| seen.end.is_some()).await;
    live.assert_closed().await;
    assert_eq!(live.seen.states.len(), 1);
}

#[tokio::test]
async fn a_subscriber_can_begin_at_the_head() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    http.append(&run_id, &[event("RUN_STARTED"), event("NOTE")]).await;
    let mut live = Live::new(&server.address(), &run_id, "");
    live.seen.from_head = true;
    live.connect().await;
    assert_eq!(live.seen.seq, 2);
    http.append(&run_id, &[event("NOTE")]).await;
    live.read_until("the event after the head", |seen| seen.seq == 3).await;
    assert_eq!(live.seen.events.len(), 1);
}

#[tokio::test]
async fn a_cursor_ahead_of_the_run_is_reset() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    http.append(&run_id, &[event("RUN_STARTED"), event("NOTE")]).await;

    let mut live = Live::new(&server.address(), &run_id, "&state=true");
    live.seen.seq = 1_000;
    live.connect().await;
    live.read_until("the reset", |seen| !seen.resets.is_empty()).await;
    http.append(&run_id, &[event("NOTE"), event("RUN_COMPLETED")]).await;
    live.read_until("the end", |seen| seen.end.is_some()).await;
    assert!(!live.seen.states.is_empty(), "a state follows a reset");
    let last = live.seen.events.last().unwrap();
    assert_eq!(number(last, "seq"), 4);

    let mut sse = Sse::new(&http, &run_id, "");
    sse.last_id = Some("77.5".to_owned());
    (sse.seen.seq, sse.seen.log_seq) = (77, 5);
    assert_eq!(sse.connect().await.unwrap(), 200);
    sse.read_until("the end", |seen| seen.end.is_some()).await;
    assert_eq!(sse.seen.resets.len(), 1);
    assert!(http.metric("stream_resets_total").await >= 2.0);
}

#[tokio::test]
async fn the_end_comes_after_everything_and_closes_the_stream() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    http.append(&run_id, &[event("RUN_STARTED"), node_event("NODE_STARTED", "a")]).await;
    let lines: Vec<Value> = (1..=300)
        .map(|n| json!({ "nodeRef": "a", "stream": "stdout", "lineNo": n, "text": format!("line {n}") }))
        .collect();
    http.post_ndjson(&format!("/api/v1/runs/{run_id}/logs"), &lines).await.expect(200);
    let mut early = Live::open(&server.address(), &run_id).await;
    http.append(&run_id, &[node_event("NODE_COMPLETED", "a"), event("RUN_FAILED")]).await;
    let mut late = Live::open(&server.address(), &run_id).await;
    let stored = check::run(&http, &database, &run_id).await;
    for live in [&mut early, &mut late] {
        live.read_until("the end", |seen| seen.end.is_some()).await;
        live.assert_closed().await;
        check::same_events(&live.seen.events, &stored);
        assert_eq!(live.seen.lines.len(), 300);
        let end = live.seen.end.as_ref().unwrap();
        assert_eq!((&end["status"], &end["headLogSeq"]), (&json!("FAILED"), &json!(300)));
    }
    assert!(stored.iter().any(|event| event["type"] == "NODE_LOG_CLOSED"), "the node's stream was closed");
}

#[tokio::test]
async fn logs_can_be_left_out() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    http.append(&run_id, &[event("RUN_STARTED"), node_event("NODE_STARTED", "a")]).await;
    let line = json!({ "nodeRef": "a", "stream": "stderr", "text": "hello" });
    http.post_ndjson(&format!("/api/v1/runs/{run_id}/logs"), &[line]).await.expect(200);
    http.append(&run_id, &[event("RUN_COMPLETED")]).await;
    let mut live = Live::new(&server.address(), &run_id, "&logs=false");
    live.connect().await;
    live.read_until("the end", |seen| seen.end.is_some()).await;
    assert!(live.seen.lines.is_empty());
}

#[tokio::test]
async fn silence_has_a_heartbeat() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    http.append(&run_id, &[event("RUN_STARTED")]).await;
    let mut live = Live::open(&server.address(), &run_id).await;
    let mut sse = Sse::new(&http, &run_id, "");
    assert_eq!(sse.connect().await.unwrap(), 200);
    let beaten = |seen: &Tracker| !seen.heartbeats.is_empty();
    tokio::join!(live.read_until("a heartbeat", beaten), sse.read_until("a heartbeat", beaten));
    assert_eq!(number(&live.seen.heartbeats[0], "headSeq"), 1);
    assert_eq!(number(live.seen.hello.as_ref().unwrap(), "heartbeatMs"), 15_000);
}

#[tokio::test]
async fn access_is_checked_before_the_first_byte() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let url = format!("ws://{}/api/v1/runs/{}/stream", server.address(), run_id());
    match within("the handshake", connect_async(url)).await {
        Err(Error::Http(response)) => assert_eq!(response.status(), 404),
        other => panic!("{other:?}"),
    }
    let answer = server
        .http()
        .send(
            Method::GET,
            &format!("/api/v1/runs/{}/stream", run_id()),
            &[("accept", "text/event-stream")],
            "",
        )
        .await;
    answer.unwrap().problem(404);
}
