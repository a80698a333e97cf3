//! The stand-in for Loki does what Loki's documentation says: these tests hold for a real one too, and run
//! against it where `TELLTALE_TEST_LOKI_BIN` names one, but for those that turn what only the stand-in has.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::loki::stand_in::push::now_ns;
use crate::support::loki::{Limits, Loki};
use crate::support::within;

const SECOND: i64 = 1_000_000_000;

fn value(ns: i64, line: &str, metadata: Value) -> Value {
    json!([ns.to_string(), line, metadata])
}

fn lines(found: &[crate::support::loki::Found]) -> Vec<&str> {
    found.iter().map(|found| found.line.as_str()).collect()
}

#[tokio::test]
async fn what_is_pushed_is_found_by_labels_text_and_metadata() {
    let loki = Loki::start().await;
    let now = now_ns();
    let values = [
        value(now, "first line", json!({ "log_seq": "1" })),
        value(now + 1, "second \"quoted\" line", json!({ "log_seq": "2" })),
        value(now + 2, "third", json!({ "log_seq": "3", "at": "x" })),
    ];
    loki.push(json!({ "org": "o", "run_id": "r-1" }), &values).await.expect(204);
    loki.push(json!({ "org": "o", "run_id": "r-2" }), &[value(now, "other run", json!({}))])
        .await
        .expect(204);
    let found = loki.query(r#"{org="o", run_id=~"r-.*"}"#).await;
    assert_eq!(found.len(), 4);
    for (query, expected) in [
        (r#"{run_id="r-1"}"#, vec!["first line", "second \"quoted\" line", "third"]),
        (r#"{run_id="r-1"} |= "line""#, vec!["first line", "second \"quoted\" line"]),
        (r#"{run_id="r-1"} |= "line" != "first""#, vec!["second \"quoted\" line"]),
        (r#"{run_id="r-1"} |~ "^(first|third)""#, vec!["first line", "third"]),
        (r#"{run_id="r-1"} !~ "line$""#, vec!["third"]),
        (r#"{run_id="r-1"} |= "\"quoted\"""#, vec!["second \"quoted\" line"]),
        (r#"{run_id="r-1"} | at="x""#, vec!["third"]),
        (r#"{run_id="r-1"} | log_seq=~"[12]""#, vec!["first line", "second \"quoted\" line"]),
        (r#"{run_id="r-1"} | log_seq > 1 and log_seq <= 3 |= "third""#, vec!["third"]),
        (r#"{run_id="r-1"} | log_seq=~"1" or at="x""#, vec!["first line", "third"]),
        (r#"{run_id="r-9"}"#, vec![]),
    ] {
        assert_eq!(lines(&loki.query(query).await), expected, "{query}");
    }
    assert_eq!(loki.query(r#"{run_id="r-1"} |= "third""#).await[0].metadata["at"], "x");
    assert!(loki.labels().await.contains(&"run_id".to_owned()));
}

/// A field of bytes, as protobuf writes it; short ones only.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    assert!(bytes.len() < 128);
    [&[number << 3 | 2, bytes.len() as u8], bytes].concat()
}

#[tokio::test]
async fn a_push_may_be_snappy_protobuf_or_gzipped_json() {
    let loki = Loki::start().await;
    let http = crate::support::Http::new(&loki.url());
    let now = now_ns();
    let mut time = vec![0x08];
    let mut seconds = (now / SECOND) as u64;
    while seconds >= 0x80 {
        time.push(seconds as u8 | 0x80);
        seconds >>= 7;
    }
    time.extend([seconds as u8, 0x10, 7]);
    let pair = [field(1, b"log_seq"), field(2, b"5")].concat();
    let entry = [field(1, &time), field(2, b"by protobuf"), field(3, &pair)].concat();
    let stream = [field(1, br#"{run_id="r", odd="\"\\\u00fc"}"#), field(2, &entry)].concat();
    let body = field(1, &stream);
    // The plain length, and the whole as one literal.
    let packed = [&[body.len() as u8, 60 << 2, body.len() as u8 - 1], body.as_slice()].concat();
    http.post_raw("/loki/api/v1/push", "application/x-protobuf", packed).await.expect(204);
    let found = loki.query(r#"{run_id="r"}"#).await;
    assert_eq!((found[0].line.as_str(), found[0].number("log_seq")), ("by protobuf", 5));
    assert_eq!((found[0].ns, found[0].labels["odd"].as_str()), (now / SECOND * SECOND + 7, "\"\\\u{fc}"));
    http.post_raw("/loki/api/v1/push", "application/x-protobuf", "nonsense").await.expect(400);

    let json =
        json!({ "streams": [{ "stream": { "run_id": "g" }, "values": [[now.to_string(), "zipped"]] }] });
    let mut packed = Vec::new();
    let mut encoder = async_compression::tokio::write::GzipEncoder::new(&mut packed);
    tokio::io::AsyncWriteExt::write_all(&mut encoder, json.to_string().as_bytes()).await.unwrap();
    tokio::io::AsyncWriteExt::shutdown(&mut encoder).await.unwrap();
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    let answer = http.send(http::Method::POST, "/loki/api/v1/push", &headers, packed).await.unwrap();
    answer.expect(204);
    assert_eq!(lines(&loki.query(r#"{run_id="g"}"#).await), ["zipped"]);
}

#[tokio::test]
async fn the_same_line_at_the_same_time_is_stored_once() {
    let loki = Loki::start().await;
    let now = now_ns();
    let values =
        [value(now, "same", json!({ "log_seq": "1" })), value(now + 1, "same", json!({ "log_seq": "2" }))];
    for _ in 0..3 {
        loki.push(json!({ "run_id": "r" }), &values).await.expect(204);
    }
    assert_eq!(lines(&loki.query(r#"{run_id="r"}"#).await), ["same", "same"]);
}

#[tokio::test]
async fn a_part_of_a_batch_that_may_not_come_in_does_not_undo_the_rest() {
    let loki = Loki::start().await;
    let now = now_ns();
    let day = 86_400 * SECOND;
    let values = [
        value(now - 9 * day, "too old", json!({})),
        value(now, "fits", json!({})),
        value(now + day, "too new", json!({})),
    ];
    let answer = loki.push(json!({ "run_id": "r" }), &values).await.expect(400);
    assert!(answer.text().contains("has timestamp too"), "{}", answer.text());
    assert_eq!(lines(&loki.query(r#"{run_id="r"}"#).await), ["fits"]);
    let behind =
        [value(now - 2 * 3_600 * SECOND, "behind", json!({})), value(now + 1, "fits too", json!({}))];
    let answer = loki.push(json!({ "run_id": "r" }), &behind).await.expect(400);
    assert!(answer.text().contains("entry too far behind"), "{}", answer.text());
    assert_eq!(lines(&loki.query(r#"{run_id="r"}"#).await), ["fits", "fits too"]);
}

#[tokio::test]
async fn too_many_streams_lines_and_metadata_are_refused_by_name() {
    let limits = Limits { max_global_streams_per_user: 2, max_line_size: 100, ..Limits::raised() };
    let loki = Loki::with(limits).await;
    let now = now_ns();
    for run in ["a", "b"] {
        loki.push(json!({ "run_id": run }), &[value(now, "x", json!({}))]).await.expect(204);
    }
    let answer = loki.push(json!({ "run_id": "c" }), &[value(now, "x", json!({}))]).await.expect(429);
    assert!(
        answer.text().to_lowercase().contains("maximum active stream limit exceeded"),
        "{}",
        answer.text()
    );
    let long = "x".repeat(101);
    let answer = loki.push(json!({ "run_id": "a" }), &[value(now + 1, &long, json!({}))]).await.expect(400);
    assert!(answer.text().to_lowercase().contains("max entry size"), "{}", answer.text());
    let large = json!({ "bytes": "x".repeat(200_000) });
    let answer = loki.push(json!({ "run_id": "a" }), &[value(now + 2, "x", large)]).await.expect(400);
    assert!(answer.text().contains("structured metadata too large"), "{}", answer.text());
}

#[tokio::test]
async fn more_than_the_rate_is_refused_whole() {
    let limits = Limits { ingestion_rate: 1_000, ingestion_burst_size: 2_000, ..Limits::raised() };
    let loki = Loki::stand_in(limits);
    let now = now_ns();
    let line = "x".repeat(1_500);
    loki.push(json!({ "run_id": "r" }), &[value(now, &line, json!({}))]).await.expect(204);
    let answer = loki.push(json!({ "run_id": "r" }), &[value(now + 1, &line, json!({}))]).await.expect(429);
    assert!(answer.text().contains("ingestion rate limit exceeded"), "{}", answer.text());
    assert_eq!(loki.query(r#"{run_id="r"}"#).await.len(), 1);
}

#[tokio::test]
async fn tenants_see_only_their_own() {
    let mut loki = Loki::with(Limits { auth_enabled: true, ..Limits::raised() }).await;
    let now = now_ns();
    let answer = loki.push(json!({ "run_id": "r" }), &[value(now, "nobody's", json!({}))]).await.expect(401);
    assert!(answer.text().contains("no org id"), "{}", answer.text());
    loki.send_header("x-scope-orgid", "one");
    loki.push(json!({ "run_id": "r" }), &[value(now, "of one", json!({}))]).await.expect(204);
    assert_eq!(lines(&loki.query(r#"{run_id="r"}"#).await), ["of one"]);
    loki.send_header("x-scope-orgid", "two");
    assert_eq!(loki.query(r#"{run_id="r"}"#).await, []);
}

#[tokio::test]
async fn a_query_is_bounded_and_read_from_either_end() {
    let loki = Loki::start().await;
    let now = now_ns();
    let values: Vec<Value> = (0..7_000).map(|n| value(now + n, &format!("line {n}"), json!({}))).collect();
    for part in values.chunks(1_000) {
        loki.push(json!({ "run_id": "r" }), part).await.expect(204);
    }
    assert_eq!(loki.query(r#"{run_id="r"}"#).await.len(), 7_000, "page by page");
    let http = crate::support::Http::new(&loki.url());
    let query = "/loki/api/v1/query_range?query=%7Brun_id%3D%22r%22%7D";
    let page = |rest: &str| format!("{query}&start={now}&end={}{rest}", now + 7_000);
    let answer = http.get(&page("&limit=5001")).await.expect(400);
    assert!(answer.text().contains("max entries limit per query exceeded"), "{}", answer.text());
    let first = |answer: Value| answer["data"]["result"][0]["values"][0][1].clone();
    assert_eq!(first(http.get(&page("&limit=1&direction=forward")).await.expect(200).json()), "line 0");
    assert_eq!(
        first(http.get(&page("&limit=1")).await.expect(200).json()),
        "line 6999",
        "backward, the end excluded"
    );
    let bad = http.get("/loki/api/v1/query_range?query=%7Brun_id%3D~%22.*%22%7D").await.expect(400);
    assert!(bad.text().contains("empty-compatible"), "{}", bad.text());
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_kill() {
    let mut loki = Loki::start().await;
    let now = now_ns();
    for n in 0..20 {
        let line = value(now + n, &format!("line {n}"), json!({ "log_seq": n.to_string() }));
        loki.push(json!({ "run_id": "r" }), &[line]).await.expect(204);
    }
    loki.kill9();
    let http = crate::support::Http::new(&loki.url());
    let refused = http.try_get("/ready").await.expect_err("nobody listens");
    assert!(refused.is_connect(), "{refused:?}");
    loki.restart().await;
    let found = loki.query(r#"{run_id="r"}"#).await;
    assert_eq!(found.len(), 20);
    assert_eq!(found[7].number("log_seq"), 7);
}

#[tokio::test]
async fn the_knobs_hang_mute_answer_and_forget() {
    let mut loki = Loki::stand_in(Limits::raised());
    let now = now_ns();
    let http = crate::support::Http::new(&loki.url());
    let body = |line: &str, ns: i64| json!({ "streams": [{ "stream": { "run_id": "r" }, "values": [[ns.to_string(), line]] }] });
    loki.answer("/push", 2, 503, "not now");
    for _ in 0..2 {
        assert_eq!(http.post("/loki/api/v1/push", &body("a", now)).await.expect(503).text(), "not now");
    }
    loki.record();
    http.post("/loki/api/v1/push", &body("a", now)).await.expect(204);
    assert_eq!(loki.recorded(), [body("a", now).to_string().into_bytes()]);
    let seen = loki.seen();
    assert_eq!(seen.iter().map(|seen| seen.status).collect::<Vec<_>>(), [503, 503, 204]);
    assert_eq!(seen[0].refusal, "not now");
    assert!(seen.is_sorted_by_key(|seen| seen.at));

    loki.mute("/push");
    let (sender, b) = (http.clone(), body("b", now + 1));
    let pushing = tokio::spawn(async move { sender.try_post("/loki/api/v1/push", &b).await });
    within("the muted push is stored", async {
        while loki.entries() < 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    assert!(!pushing.is_finished());
    loki.recover();
    within("the held connection breaks", pushing).await.unwrap().expect_err("no answer");

    loki.hang("/push");
    let (sender, c) = (http.clone(), body("c", now + 2));
    let pushing = tokio::spawn(async move { sender.try_post("/loki/api/v1/push", &c).await });
    http.get("/ready").await.expect(200);
    loki.recover();
    let _ = within("the hanging push ends", pushing).await;

    assert_eq!(loki.forget(|_, entry| entry.line == "a"), 1);
    loki.kill9();
    loki.restart().await;
    assert!(!lines(&loki.query(r#"{run_id="r"}"#).await).contains(&"a"), "forgotten for good");
    loki.require_authorization("Bearer secret");
    http.get("/ready").await.expect(401);
}
