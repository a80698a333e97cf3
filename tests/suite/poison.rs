//! Input that is wrong, too large or malicious: refused with pointers and nothing stored, or made harmless.

use async_compression::tokio::write::{BrotliEncoder, GzipEncoder, ZstdEncoder};
use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use crate::support::{Answer, Database, Http, Server, check, event, node_event, run_id};

struct Victim {
    http: Http,
    run_id: String,
    database: Database,
    _server: Server,
}

impl Victim {
    async fn new() -> Self {
        let database = Database::new().await;
        let server = Server::on(&database).await;
        Self { http: server.http(), run_id: run_id(), database, _server: server }
    }

    fn path(&self) -> String {
        format!("/api/v1/runs/{}/events", self.run_id)
    }

    async fn post(&self, body: impl Into<reqwest::Body>) -> Answer {
        self.http.post_raw(&self.path(), "application/json", body).await
    }

    /// Nothing of all that was refused is there, not even the run, and the server still works.
    async fn nothing_stored(&self) {
        self.http.get(&format!("/api/v1/runs/{}", self.run_id)).await.problem(404);
        let session = self.database.session().await;
        let row = session.query_one("SELECT count(*) FROM events", &[]).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), 0);
        self.http.append(&self.run_id, &[event("RUN_STARTED")]).await;
        assert_eq!(check::run(&self.http, &self.database, &self.run_id).await.len(), 1);
    }
}

#[tokio::test]
async fn invalid_events_are_refused_by_pointer() {
    let victim = Victim::new().await;
    let cases = [
        (json!({}), "/type"),
        (json!({ "type": 5 }), "/type"),
        (json!({ "type": "NODE_EXPLODED", "nodeRef": "a" }), "/type"),
        (json!({ "type": "NOTE", "level": "fatal" }), "/level"),
        (json!({ "type": "NOTE", "eventId": "no-uuid" }), "/eventId"),
        (json!({ "type": "NOTE", "occurredAt": "yesterday" }), "/occurredAt"),
        (json!({ "type": "NOTE", "occurredAt": 17 }), "/occurredAt"),
        (json!({ "type": "NOTE", "message": 17 }), "/message"),
        (json!({ "type": "NODE_STARTED" }), "/nodeRef"),
        (json!({ "type": "NODE_STARTED", "nodeRef": "" }), "/nodeRef"),
        (json!({ "type": "NODE_STARTED", "nodeRef": "a", "attempt": 0 }), "/attempt"),
        (json!({ "type": "NODE_STARTED", "nodeRef": "a", "attempt": -1 }), "/attempt"),
        (json!({ "type": "NODE_STARTED", "nodeRef": "a", "attempt": 1.5 }), "/attempt"),
    ];
    for (event, pointer) in &cases {
        let pointers = victim.http.post(&victim.path(), event).await.pointers(400);
        assert_eq!(pointers, [*pointer], "{event}");
    }
    for node_type in [
        "STARTED",
        "PROGRESS",
        "COMPLETED",
        "FAILED",
        "RETRYING",
        "SKIPPED",
        "CANCELLED",
        "AWAITING_INPUT",
        "INPUT_RECEIVED",
    ] {
        let pointers =
            victim.http.post(&victim.path(), &event(&format!("NODE_{node_type}"))).await.pointers(400);
        assert_eq!(pointers, ["/nodeRef"], "NODE_{node_type}");
    }
    victim.nothing_stored().await;
}

#[tokio::test]
async fn one_bad_event_keeps_the_whole_batch_out_and_every_fault_is_named() {
    let victim = Victim::new().await;
    let batch =
        [event("RUN_STARTED"), json!({ "type": "NOPE" }), event("NOTE"), json!({ "type": "NODE_STARTED" })];
    let pointers = victim.http.post(&victim.path(), &json!(batch)).await.pointers(400);
    assert_eq!(pointers, ["/1/type", "/3/nodeRef"]);
    let pointers = victim.http.post_ndjson(&victim.path(), &batch).await.pointers(400);
    assert_eq!(pointers, ["/1/type", "/3/nodeRef"]);
    let over_runs: Vec<Value> =
        batch.iter().map(|event| with(event, "runId", json!(victim.run_id))).collect();
    let pointers = victim.http.post("/api/v1/events", &json!(over_runs)).await.pointers(400);
    assert_eq!(pointers, ["/1/type", "/3/nodeRef"]);
    let pointers = victim.http.post("/api/v1/events", &json!([event("NOTE")])).await.pointers(400);
    assert_eq!(pointers, ["/0/runId"]);
    victim.nothing_stored().await;
}

#[tokio::test]
async fn what_is_no_json_is_refused() {
    let victim = Victim::new().await;
    let bodies: [&[u8]; 9] = [
        b"",
        b"{",
        b"nonsense",
        b"17",
        b"null",
        b"{\"type\":\"NOTE\"} trailing",
        b"{\"type\":\"NOTE\",}",
        b"{\"type\":\"NOTE\",\"message\":\"\xff\xfe\"}",
        b"{\"type\":\"NOTE\",\"message\":\"\xed\xa0\x80\"}",
    ];
    for body in bodies {
        victim.post(body).await.problem(400);
    }
    victim
        .http
        .post_raw(&victim.path(), "application/x-ndjson", "{\"type\":\"NOTE\"}\n{\"type\":\n")
        .await
        .problem(400);
    victim.nothing_stored().await;
}

#[tokio::test]
async fn nul_and_lone_surrogates_become_replacement_characters() {
    let victim = Victim::new().await;
    let bodies = [
        r#"{"type":"NOTE","message":"a\u0000b"}"#,
        r#"{"type":"NOTE","message":"a\ud800b"}"#,
        r#"{"type":"NOTE","message":"a\udc00b"}"#,
        r#"{"type":"NOTE","data":{"a\u0000b":["a\ud800b",{"c":"\udfff\ud83d\ude00"}]}}"#,
        r#"{"type":"NODE_STARTED","nodeRef":"a\u0000b"}"#,
        r#"{"type":"NODE_FAILED","nodeRef":"a\u0000b","error":{"message":"a\udbffb"}}"#,
    ];
    for body in bodies {
        victim.post(body).await.expect(200);
    }
    victim.post(r#"{"type":"NOTE","message":"\ud83d\ude00 \\u0000 \\ud800"}"#).await.expect(200);
    let events = check::run(&victim.http, &victim.database, &victim.run_id).await;
    for event in &events[..6] {
        assert_eq!(event["metadata"]["sanitized"], true, "{event}");
    }
    for message in [&events[0], &events[1], &events[2]].map(|event| &event["message"]) {
        assert_eq!(message, "a\u{FFFD}b");
    }
    assert_eq!(events[3]["data"], json!({ "a\u{FFFD}b": ["a\u{FFFD}b", { "c": "\u{FFFD}\u{1F600}" }] }));
    assert_eq!(events[4]["nodeRef"], "a\u{FFFD}b");
    assert_eq!(events[5]["error"]["message"], "a\u{FFFD}b");
    assert_eq!(events[6]["message"], "\u{1F600} \\u0000 \\ud800", "an escaped backslash is no escape");
    assert_eq!(events[6]["metadata"], json!({}));
    // Every stored body can be cast, which is what those who query with SQL do.
    let session = victim.database.session().await;
    assert_eq!(session.query("SELECT body::jsonb FROM events", &[]).await.unwrap().len(), 7);
}

#[tokio::test]
async fn numbers_survive_as_written_or_are_refused() {
    let victim = Victim::new().await;
    for number in ["1e400000", "-1e-400000", "1e1001", "1E+99999999999999999999"] {
        let pointers =
            victim.post(format!(r#"[{{"type":"NOTE","data":{{"n":{number}}}}}]"#)).await.pointers(400);
        assert!(pointers.iter().all(|pointer| pointer.starts_with("/0")), "{number}: {pointers:?}");
    }
    victim.nothing_stored().await;
    let numbers = [
        "123456789012345678901234567890",
        "0.1000000000000000055511151231257827021181583404541015625",
        "1e999",
        "-0.0",
        "1E-5",
    ];
    for number in numbers {
        victim.post(format!(r#"{{"type":"NOTE","data":{{"n":{number}}}}}"#)).await.expect(200);
    }
    let text = victim.http.get(&victim.path()).await.expect(200).text();
    for number in numbers {
        assert!(text.contains(&format!(r#""n":{number}"#)), "{number} in {text}");
    }
}

#[tokio::test]
async fn deep_nesting_is_refused() {
    let victim = Victim::new().await;
    for depth in [70, 1_000, 200_000] {
        let body = format!(r#"{{"type":"NOTE","data":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        let answer = victim.post(body).await;
        assert!(
            answer.status == 400 || (answer.status == 413 && depth > 65_000),
            "{depth}: {}",
            answer.text()
        );
        let body = format!(r#"[{{"type":"NOTE","data":{}1{}}}]"#, "{\"a\":".repeat(depth), "}".repeat(depth));
        let answer = victim.post(body).await;
        assert!(
            answer.status == 400 || (answer.status == 413 && depth > 13_000),
            "{depth}: {}",
            answer.text()
        );
    }
    victim.nothing_stored().await;
    let body = format!(r#"{{"type":"NOTE","data":{}{}}}"#, "[".repeat(60), "]".repeat(60));
    victim.post(body).await.expect(200);
}

#[tokio::test]
async fn sizes_have_limits() {
    let victim = Victim::new().await;
    let too_large = with(&event("NOTE"), "data", json!("x".repeat(65 * 1024)));
    victim.http.post(&victim.path(), &too_large).await.problem(413);
    victim.http.post(&victim.path(), &json!([event("NOTE"), too_large])).await.problem(413);
    let oversized = [
        with(&event("NOTE"), "message", json!("x".repeat(8 * 1024 + 1))),
        node_event("NODE_STARTED", &"x".repeat(257)),
    ];
    for event in oversized {
        let answer = victim.http.post(&victim.path(), &event).await;
        assert!([400, 413].contains(&answer.status), "{}", answer.text());
        assert_eq!(answer.clone().pointers(answer.status).len(), 1);
    }
    let batch: Vec<Value> = (0..5_001).map(|_| event("NOTE")).collect();
    let answer = victim.http.post(&victim.path(), &json!(batch)).await;
    assert!([400, 413].contains(&answer.status), "{}", answer.text());
    let answer = victim.http.post_ndjson(&victim.path(), &batch).await;
    assert!([400, 413].contains(&answer.status), "{}", answer.text());
    let body = format!("[{}{{\"type\":\"NOTE\"}}]", " ".repeat(8 * 1024 * 1024));
    victim.post(body).await.problem(413);
    victim.nothing_stored().await;

    let fits = with(&event("NOTE"), "data", json!("x".repeat(60 * 1024)));
    victim
        .http
        .append(&victim.run_id, &[fits, with(&event("NOTE"), "message", json!("x".repeat(8 * 1024)))])
        .await;
    victim.http.append(&victim.run_id, &[node_event("NODE_STARTED", &"x".repeat(256))]).await;
}

#[tokio::test]
async fn compressed_bodies_are_limited_after_decompression() {
    let victim = Victim::new().await;
    let bomb = vec![b' '; 64 * 1024 * 1024];
    let bombs = [("gzip", gzip(&bomb).await), ("br", brotli(&bomb).await), ("zstd", zstd(&bomb).await)];
    for (encoding, body) in bombs {
        assert!(body.len() < 1024 * 1024, "{encoding} makes {} bytes of the bomb", body.len());
        let answer = victim.encoded(encoding, body).await;
        answer.problem(413);
    }
    victim.encoded("gzip", b"this is no gzip".to_vec()).await.problem(400);
    victim.encoded("compress", b"{\"type\":\"NOTE\"}".to_vec()).await.problem(415);
    let mut truncated = gzip(event("NOTE").to_string().as_bytes()).await;
    truncated.truncate(truncated.len() - 9);
    victim.encoded("gzip", truncated).await.problem(400);
    victim.nothing_stored().await;

    let small = event("NOTE").to_string();
    let bodies = [
        ("gzip", gzip(small.as_bytes()).await),
        ("br", brotli(small.as_bytes()).await),
        ("zstd", zstd(small.as_bytes()).await),
    ];
    for (encoding, body) in bodies {
        victim.encoded(encoding, body).await.expect(200);
    }
    assert_eq!(
        check::run(&victim.http, &victim.database, &victim.run_id).await.len(),
        2,
        "one event, three encodings"
    );
}

impl Victim {
    async fn encoded(&self, encoding: &str, body: Vec<u8>) -> Answer {
        let headers = [("content-type", "application/json"), ("content-encoding", encoding)];
        self.http.send(Method::POST, &self.path(), &headers, body).await.unwrap()
    }
}

#[tokio::test]
async fn other_content_types_are_refused() {
    let victim = Victim::new().await;
    let body = event("NOTE").to_string();
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
    ] {
        victim.http.post_raw(&victim.path(), content_type, body.clone()).await.problem(415);
        victim.http.post_raw("/api/v1/runs", content_type, "{}").await.problem(415);
    }
    victim.http.send(Method::POST, &victim.path(), &[], body.clone()).await.unwrap().problem(415);
    victim.nothing_stored().await;
    victim.http.post_raw(&victim.path(), "application/json; charset=utf-8", body).await.expect(200);
}

#[tokio::test]
async fn queries_are_checked() {
    let victim = Victim::new().await;
    victim.http.append(&victim.run_id, &[event("RUN_STARTED")]).await;
    let path = victim.path();
    for bad in
        ["after=-1", "after=x", "limit=0", "limit=5001", "wait=31", "wait=-1", "type=NOPE", "level=loud"]
    {
        victim.http.get(&format!("{path}?{bad}")).await.problem(400);
    }
    for bad in ["cursor=nonsense", "limit=0", "limit=5001", "wait=31"] {
        victim.http.get(&format!("/api/v1/events?{bad}")).await.problem(400);
    }
    for bad in ["atSeq=0", "atSeq=x", "atSeq=2"] {
        let answer = victim.http.get(&format!("/api/v1/runs/{}?{bad}", victim.run_id)).await;
        assert!([400, 404].contains(&answer.status), "{bad}: {}", answer.text());
    }
    for bad in ["after=x", "logAfter=-2", "logs=maybe"] {
        victim.http.get(&format!("/api/v1/runs/{}/stream?{bad}", victim.run_id)).await.problem(400);
    }
}

fn with(event: &Value, name: &str, value: Value) -> Value {
    let mut event = event.clone();
    event[name] = value;
    event
}

async fn encoded<W: AsyncWrite + Unpin>(mut encoder: W, plain: &[u8]) -> W {
    encoder.write_all(plain).await.unwrap();
    encoder.shutdown().await.unwrap();
    encoder
}

async fn gzip(plain: &[u8]) -> Vec<u8> {
    encoded(GzipEncoder::new(Vec::new()), plain).await.into_inner()
}

async fn brotli(plain: &[u8]) -> Vec<u8> {
    // The default quality takes minutes over a bomb.
    encoded(BrotliEncoder::with_quality(Vec::new(), async_compression::Level::Fastest), plain)
        .await
        .into_inner()
}

async fn zstd(plain: &[u8]) -> Vec<u8> {
    encoded(ZstdEncoder::new(Vec::new()), plain).await.into_inner()
}
