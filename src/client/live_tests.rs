//! Following a run through a server that stumbles, over each road: a scripted server, one closure a
//! connection, plays what real ones do only now and then.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::SinkExt as _;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;

use super::{Client, ClientError, Watch, WatchItem, WatchOptions};

/// What the scripted server does with a connection.
#[derive(Clone)]
enum Act {
    /// Upgrades, sends these frames, then drops the connection without a word.
    Socket(Vec<Value>),
    /// Answers with this status, content type and body.
    Answer(&'static str, &'static str, String),
    /// Takes the connection and drops it.
    Drop,
}

/// Plays `acts` in order, one a connection; gives the requests' first lines afterwards.
struct Stage {
    client: Client,
    seen: Arc<parking_lot::Mutex<Vec<String>>>,
    _task: tokio_util::task::AbortOnDropHandle<()>,
}

async fn stage(acts: Vec<Act>) -> Stage {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client::new(&format!("http://{}", listener.local_addr().unwrap()), Some("secret")).unwrap();
    let seen = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let requests = seen.clone();
    let next = AtomicUsize::new(0);
    let task = tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let Some(act) = acts.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
            play(socket, act.clone(), &requests).await;
        }
    });
    Stage { client, seen, _task: tokio_util::task::AbortOnDropHandle::new(task) }
}

async fn play(mut socket: TcpStream, act: Act, seen: &parking_lot::Mutex<Vec<String>>) {
    let mut head = vec![0; 4096];
    let peeked = socket.peek(&mut head).await.unwrap();
    let head = String::from_utf8_lossy(&head[..peeked]).into_owned();
    assert!(head.contains("authorization: Bearer secret"), "{head}");
    seen.lock().push(head.lines().next().unwrap_or_default().to_owned());
    match act {
        Act::Socket(frames) => {
            let mut socket = tokio_tungstenite::accept_async(socket).await.unwrap();
            for frame in frames {
                socket.send(Message::text(frame.to_string())).await.unwrap();
            }
        }
        Act::Answer(status, kind, body) => {
            let mut request = vec![0; 4096];
            let _ = socket.read(&mut request).await.unwrap();
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n");
            socket.write_all(format!("{head}connection: close\r\n\r\n{body}").as_bytes()).await.unwrap();
        }
        Act::Drop => {}
    }
}

fn hello(head_seq: u64) -> Value {
    json!({"type": "hello", "runId": "r", "headSeq": head_seq, "headLogSeq": 0, "delivery": "notify", "heartbeatMs": 15000})
}

fn event(seq: u64) -> Value {
    json!({"id": seq.to_string(), "seq": seq, "runId": "r", "eventId": "0198c2d4-0000-7000-8000-000000000000",
        "type": "NOTE", "recordedAt": "2026-11-22T10:00:00.000001Z"})
}

fn events(seqs: impl IntoIterator<Item = u64>) -> Value {
    json!({"type": "events", "events": seqs.into_iter().map(event).collect::<Vec<_>>()})
}

fn end(head_seq: u64) -> Value {
    json!({"type": "end", "headSeq": head_seq, "headLogSeq": 0, "status": "COMPLETED"})
}

/// Everything the watch gives, with events as their seqs, so that a test reads as a story.
async fn story(mut watch: Watch) -> Vec<String> {
    let mut story = Vec::new();
    while let Some(item) = watch.next().await {
        story.push(match item {
            Ok(WatchItem::Connected { delivery, .. }) => format!("connected {delivery}"),
            Ok(WatchItem::Events(events)) => {
                format!("events {:?}", events.iter().map(|event| event.seq).collect::<Vec<_>>())
            }
            Ok(WatchItem::Lost { .. }) => "lost".into(),
            Ok(WatchItem::Resumed { seq, gaps, .. }) => format!("resumed at {seq}, {gaps} gaps"),
            Ok(WatchItem::Gap { what, expected, missing }) => {
                format!("{missing} {what} from {expected} missing")
            }
            Ok(WatchItem::Reset { cursor, .. }) => format!("reset to {cursor}"),
            Ok(WatchItem::End { status, head_seq, .. }) => format!("end {status} at {head_seq}"),
            Ok(other) => format!("{other:?}"),
            Err(error) => format!("error {}", error.status().unwrap_or(0)),
        });
    }
    story
}

fn run() -> crate::facts::id::RunId {
    "r".parse().unwrap()
}

#[tokio::test]
async fn a_lost_connection_is_resumed_where_it_was() {
    let stage = stage(vec![
        Act::Socket(vec![hello(2), events([1, 2])]),
        Act::Drop,
        Act::Answer("503 Service Unavailable", "text/plain", String::new()),
        Act::Socket(vec![hello(4), events([3, 4]), end(4)]),
    ])
    .await;
    let story = story(stage.client.watch(&run(), WatchOptions::default())).await;
    assert_eq!(
        story,
        [
            "connected notify",
            "events [1, 2]",
            "lost",
            "connected notify",
            "resumed at 2, 0 gaps",
            "events [3, 4]",
            "end COMPLETED at 4"
        ]
    );
    let seen = stage.seen.lock();
    assert!(seen[0].contains("/api/v1/runs/r/stream?after=0&logAfter=0&logs=true"), "{seen:?}");
    assert!(seen[3].contains("after=2&"), "{seen:?}");
}

#[tokio::test]
async fn a_gap_is_asked_for_again_and_repeats_are_dropped() {
    let stage = stage(vec![
        Act::Socket(vec![hello(5), events([1, 2, 5])]),
        Act::Socket(vec![hello(5), events([2, 3, 4]), events([5]), end(5)]),
    ])
    .await;
    let story = story(stage.client.watch(&run(), WatchOptions::default())).await;
    assert_eq!(story[1..3], ["events [1, 2]", "lost"]);
    assert_eq!(story[4..], ["resumed at 2, 0 gaps", "events [3, 4]", "events [5]", "end COMPLETED at 5"]);
}

#[tokio::test]
async fn a_gap_that_stays_is_reported_and_passed() {
    let broken = vec![hello(4), events([1, 4]), end(4)];
    let stage = stage(vec![Act::Socket(broken), Act::Socket(vec![hello(4), events([4]), end(4)])]).await;
    let story = story(stage.client.watch(&run(), WatchOptions::default())).await;
    assert_eq!(
        story[4..],
        ["resumed at 1, 2 gaps", "2 events from 2 missing", "events [4]", "end COMPLETED at 4"]
    );
}

#[tokio::test]
async fn where_upgrades_are_refused_server_sent_events_are_taken() {
    let body =
        [hello(1), events([1]), end(1)].map(|frame| format!("event: x\nid: 1.0\ndata: {frame}\n\n")).concat();
    let stage = stage(vec![
        Act::Answer("426 Upgrade Required", "text/plain", String::new()),
        Act::Answer("200 OK", "text/event-stream", body),
    ])
    .await;
    let story = story(stage.client.watch(&run(), WatchOptions::default())).await;
    assert_eq!(story, ["connected notify", "events [1]", "end COMPLETED at 1"]);
}

#[tokio::test]
async fn where_no_stream_can_be_had_pages_are_read() {
    let page =
        |events: Vec<Value>, head: u64| json!({"events": events, "headSeq": head, "ended": true}).to_string();
    let json = "application/json";
    let stage = stage(vec![
        Act::Drop,
        Act::Answer("200 OK", "text/html", "<p>portal</p>".into()),
        Act::Answer("200 OK", json, page(vec![event(1)], 2)),
        Act::Answer("200 OK", json, json!({"lines": [], "complete": true}).to_string()),
        Act::Answer("200 OK", json, page(vec![event(2)], 2)),
        Act::Answer("200 OK", json, json!({"lines": [], "complete": true}).to_string()),
        Act::Answer("200 OK", json, json!({"runId": "r", "status": "FAILED", "headSeq": 2}).to_string()),
    ])
    .await;
    let story = story(stage.client.watch(&run(), WatchOptions::default())).await;
    assert_eq!(story, ["connected poll", "events [1]", "events [2]", "end FAILED at 2"]);
}

#[tokio::test]
async fn after_a_reset_what_follows_is_taken_from_there() {
    let reset = json!({"type": "reset", "reason": "ahead", "fromSeq": 1, "fromLogSeq": 1});
    let stage = stage(vec![Act::Socket(vec![hello(1), reset, events([1]), end(1)])]).await;
    let cursor = "9.9".parse().unwrap();
    let story = story(stage.client.watch(&run(), WatchOptions { cursor, ..WatchOptions::default() })).await;
    assert_eq!(story[1..], ["reset to 0.0", "events [1]", "end COMPLETED at 1"]);
}

#[tokio::test]
async fn a_run_that_is_not_there_is_an_error_for_good() {
    let problem = json!({"title": "Not found", "status": 404}).to_string();
    let stage = stage(vec![Act::Answer("404 Not Found", "application/problem+json", problem)]).await;
    let mut watch = stage.client.watch(&run(), WatchOptions::default());
    let Some(Err(ClientError::Problem(problem))) = watch.next().await else { panic!("a problem") };
    assert_eq!((problem.status, problem.title.as_str()), (404, "Not found"));
    assert!(watch.next().await.is_none());
}

#[tokio::test]
async fn a_run_that_is_about_to_be_registered_is_waited_for_when_asked() {
    let stage = stage(vec![
        Act::Answer("404 Not Found", "application/problem+json", "{}".into()),
        Act::Socket(vec![hello(1), events([1]), end(1)]),
    ])
    .await;
    let first_patience = std::time::Duration::from_secs(60);
    let options = WatchOptions { first_patience, ..WatchOptions::default() };
    let story = story(stage.client.watch(&run(), options)).await;
    assert_eq!(story, ["connected notify", "events [1]", "end COMPLETED at 1"]);
}

#[tokio::test]
async fn a_server_that_was_never_there_is_reported_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = Client::new(&format!("http://{address}"), None).unwrap();
    let mut watch = client.watch(&run(), WatchOptions::default());
    assert!(matches!(watch.next().await, Some(Err(ClientError::Unreachable { .. }))));
}
