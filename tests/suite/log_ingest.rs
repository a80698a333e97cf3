//! Lines over HTTP at the edges: too long, packed, numbered, late.

use async_compression::tokio::write::{GzipEncoder, ZstdEncoder};
use http::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;

use crate::support::frames::number;
use crate::support::{Answer, Database, Http, Server, check, chunks, event, node_event, run_id};

/// The longest line that is kept in one piece (contract).
const LINE_MAX_BYTES: usize = 256 * 1024;

async fn started(http: &Http) -> (String, String) {
    let run_id = run_id();
    http.append(&run_id, &[event("RUN_STARTED"), node_event("NODE_STARTED", "a")]).await;
    let path = format!("/api/v1/runs/{run_id}/logs");
    (run_id, path)
}

fn line(number: usize, text: &str) -> Value {
    json!({ "nodeRef": "a", "stream": "stdout", "lineNo": number, "text": text })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn closes(http: &Http, run_id: &str) -> Vec<Value> {
    let events = http.events(run_id).await;
    events
        .into_iter()
        .filter(|event| event["type"] == "NODE_LOG_CLOSED")
        .map(|event| event["data"].clone())
        .collect()
}

#[tokio::test]
async fn a_line_that_is_too_long_is_split_and_its_sender_counts_on() {
    let database = Database::new().await;
    let mut server = Server::on(&database).await;
    let http = server.http();
    let (run_id, path) = started(&http).await;
    // A character lies across each border, and a part of exactly the longest length ends the second one.
    let texts = ["é€🦀x".repeat(70_000), "y".repeat(2 * LINE_MAX_BYTES), "short".to_owned()];
    let lines: Vec<Value> = (1..).zip(&texts).map(|(number, text)| line(number, text)).collect();
    let answer = http.post_ndjson(&path, &lines[..1]).await.expect(200).json();
    assert_eq!(answer, json!({ "accepted": 1, "duplicates": 0, "headLogSeq": 3 }));
    // What was counted holds across a restart.
    server.kill9();
    server.restart().await;
    let answer = http.post_ndjson(&path, &lines).await.expect(200).json();
    assert_eq!(answer, json!({ "accepted": 2, "duplicates": 1, "headLogSeq": 6 }));
    let answer = http.post_ndjson(&path, &lines).await.expect(200).json();
    assert_eq!(answer, json!({ "accepted": 0, "duplicates": 3, "headLogSeq": 6 }));
    let problem = http.post_ndjson(&path, &[line(5, "a gap")]).await.problem(409);
    assert!(problem["detail"].as_str().unwrap().contains("expected 4"), "{problem}");

    let stored = http.lines(&run_id).await;
    let ends: Vec<bool> = stored.iter().map(|line| line["eol"] != false).collect();
    assert_eq!(ends, [false, false, true, false, true, true]);
    assert!(stored.iter().all(|line| line["bytes"].is_null() && chunks::raw(line).len() <= LINE_MAX_BYTES));
    let output: Vec<u8> = texts.iter().flat_map(|text| format!("{text}\n").into_bytes()).collect();
    let download = http.get(&format!("{path}/download?nodeRef=a&stream=stdout")).await.expect(200);
    assert!(download.body == output, "the parts join back");
    http.append(&run_id, &[event("RUN_COMPLETED")]).await;
    let proof = json!({ "stream": "stdout", "lines": 6, "bytes": output.len(), "sha256": hex(&Sha256::digest(&output)) });
    assert_eq!(closes(&http, &run_id).await, [proof]);
}

async fn packed(encoding: &str, plain: &[u8]) -> Vec<u8> {
    let mut gzip = GzipEncoder::new(Vec::new());
    let mut zstd = ZstdEncoder::new(Vec::new());
    if encoding == "gzip" {
        gzip.write_all(plain).await.unwrap();
        gzip.shutdown().await.unwrap();
        return gzip.into_inner();
    }
    zstd.write_all(plain).await.unwrap();
    zstd.shutdown().await.unwrap();
    zstd.into_inner()
}

async fn post(http: &Http, path: &str, encoding: &str, body: Vec<u8>) -> Answer {
    let headers = [("content-type", "application/x-ndjson"), ("content-encoding", encoding)];
    http.send(Method::POST, path, &headers, body).await.unwrap()
}

#[tokio::test]
async fn packed_bodies_count_unpacked_and_broken_ones_leave_nothing() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let (run_id, path) = started(&http).await;
    let body = |numbers: std::ops::Range<usize>| -> String {
        numbers.map(|number| format!("{}\n", line(number, &format!("line {number} \u{1b}[1m\r")))).collect()
    };
    post(&http, &path, "gzip", packed("gzip", body(1..3_001).as_bytes()).await).await.expect(200);
    post(&http, &path, "zstd", packed("zstd", body(3_001..6_001).as_bytes()).await).await.expect(200);
    for encoding in ["gzip", "zstd"] {
        let bomb = format!("{}\n", line(6_001, &"0".repeat(9 * 1024 * 1024)));
        post(&http, &path, encoding, packed(encoding, bomb.as_bytes()).await).await.problem(413);
        let whole = packed(encoding, body(6_001..6_101).as_bytes()).await;
        post(&http, &path, encoding, whole[..whole.len() / 2].to_vec()).await.problem(400);
        post(&http, &path, encoding, b"neither".to_vec()).await.problem(400);
    }
    let stored = chunks::lines(&database, &run_id).await;
    assert_eq!(stored.len(), 6_000);
    for (line, number) in stored.iter().zip(1..) {
        assert_eq!(line["text"], format!("line {number} \u{1b}[1m\r"));
        assert_eq!((number_of(line, "logSeq"), number_of(line, "lineNo")), (number, number));
    }
}

fn number_of(line: &Value, field: &str) -> usize {
    number(line, field) as usize
}

#[tokio::test]
async fn lines_after_the_end_of_a_run_are_marked_and_closed_again() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let (run_id, path) = started(&http).await;
    http.post_ndjson(&path, &[line(1, "in time")]).await.expect(200);
    http.append(&run_id, &[node_event("NODE_COMPLETED", "a"), event("RUN_COMPLETED")]).await;
    http.post_ndjson(&path, &[line(2, "too late")]).await.expect(200);
    let page = http.get(&path).await.expect(200).json();
    assert_eq!(page["complete"], true, "nobody else would close it: {page}");
    assert_eq!(page["lines"][1]["late"], true);
    assert!(page["lines"][0]["late"].is_null());
    let told: Vec<Value> = closes(&http, &run_id).await.iter().map(|data| data["lines"].clone()).collect();
    assert_eq!(told, [1, 2]);
    // A repeat of what is known opens nothing.
    http.post_ndjson(&path, &[line(1, "in time"), line(2, "too late")]).await.expect(200);
    assert_eq!(closes(&http, &run_id).await.len(), 2);
    check::run(&http, &database, &run_id).await;
    assert_eq!(http.run(&run_id).await["status"], "COMPLETED");
}

#[tokio::test]
async fn a_stream_that_goes_on_while_its_run_ends_is_closed_with_all_its_lines() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    for _ in 0..10 {
        let (run_id, path) = started(&http).await;
        let writing = async {
            for number in 1..=20 {
                http.post_ndjson(&path, &[line(number, "go on")]).await.expect(200);
            }
        };
        let ending = async {
            http.post_ndjson(&path, &[line(1, "go on")]).await.expect(200);
            http.append(&run_id, &[event("RUN_COMPLETED")]).await;
        };
        tokio::join!(writing, ending);
        let page = http.get(&path).await.expect(200).json();
        assert_eq!(
            (page["lines"].as_array().unwrap().len(), &page["complete"]),
            (20, &json!(true)),
            "{page}"
        );
        let last = closes(&http, &run_id).await.pop().unwrap();
        let expected = hex(&Sha256::digest("go on\n".repeat(20)));
        assert_eq!((&last["lines"], &last["sha256"]), (&json!(20), &json!(expected)));
    }
}
