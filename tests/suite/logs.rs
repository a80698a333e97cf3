//! Lines of output: in order, once, with a proof that they are complete.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::frames::number;
use crate::support::sse::Sse;
use crate::support::ws::Live;
use crate::support::{Database, Http, Server, check, event, node_event, run_id};

/// A run with a started node, and where its log is.
async fn started(http: &Http) -> (String, String) {
    let run_id = run_id();
    http.append(&run_id, &[event("RUN_STARTED"), node_event("NODE_STARTED", "a")]).await;
    let path = format!("/api/v1/runs/{run_id}/logs");
    (run_id, path)
}

fn line(stream: &str, number: usize, text: &str) -> Value {
    json!({ "nodeRef": "a", "attempt": 1, "stream": stream, "lineNo": number, "text": text })
}

fn texts(page: &Value) -> Vec<String> {
    page["lines"].as_array().unwrap().iter().map(|line| line["text"].as_str().unwrap().to_owned()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_repeat_is_counted_and_a_gap_is_refused() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let (_, path) = started(&http).await;
    let lines: Vec<Value> = (1..=10).map(|n| line("stdout", n, &format!("line {n}"))).collect();
    let answer = http.post_ndjson(&path, &lines[..6]).await.expect(200).json();
    assert_eq!(answer, json!({ "accepted": 6, "duplicates": 0, "headLogSeq": 6 }));
    let answer = http.post_ndjson(&path, &lines[3..8]).await.expect(200).json();
    assert_eq!(answer, json!({ "accepted": 2, "duplicates": 3, "headLogSeq": 8 }));
    let problem = http.post_ndjson(&path, &lines[9..]).await.problem(409);
    assert!(problem["detail"].as_str().unwrap().contains('9'), "the number expected is not named: {problem}");
    // Streams and attempts count by themselves, and lines without a number follow on.
    let mut second_try = line("stdout", 1, "again");
    second_try["attempt"] = json!(2);
    let others = [
        line("stderr", 1, "oh"),
        second_try,
        json!({ "nodeRef": "a", "stream": "stdout", "text": "line 9" }),
    ];
    let answer = http.post_ndjson(&path, &others).await.expect(200).json();
    assert_eq!(answer, json!({ "accepted": 3, "duplicates": 0, "headLogSeq": 11 }));
    http.post_ndjson(&path, &lines[9..]).await.expect(200);
    let stored = http.lines(path.split('/').nth(4).unwrap()).await;
    assert_eq!(stored.len(), 12);
    for (place, line) in stored.iter().enumerate() {
        assert_eq!(number(line, "logSeq"), place as u64 + 1);
    }
    let of_stdout = http.get(&format!("{path}?stream=stdout&attempt=1")).await.expect(200).json();
    let expected: Vec<String> = (1..=10).map(|n| format!("line {n}")).collect();
    assert_eq!(texts(&of_stdout), expected);
}

#[tokio::test]
async fn closing_proves_the_stream_complete() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let (run_id, path) = started(&http).await;
    let raw: &[&[u8]] =
        &[b"plain", b"\x1b[31mred\x1b[0m", b"progress 10%\rprogress 20%", b"bad \xff\xfe utf-8", b""];
    let mut lines: Vec<Value> = raw
        .iter()
        .enumerate()
        .map(|(n, bytes)| json!({ "nodeRef": "a", "attempt": 1, "stream": "stdout", "lineNo": n + 1, "bytes": BASE64.encode(bytes) }))
        .collect();
    lines.push(json!({ "nodeRef": "a", "attempt": 1, "stream": "stdout", "lineNo": 6, "text": "no newline at the end", "eol": false }));
    http.post_ndjson(&path, &lines).await.expect(200);
    let mut output: Vec<u8> = raw.iter().flat_map(|bytes| [bytes, b"\n".as_slice()].concat()).collect();
    output.extend_from_slice(b"no newline at the end");

    let close = json!({ "nodeRef": "a", "attempt": 1, "stream": "stdout" });
    let answer = http.post(&format!("{path}/close"), &close).await;
    assert!([200, 202, 204].contains(&answer.status), "{}", answer.text());
    http.post(&format!("{path}/close"), &close).await;
    let events = check::run(&http, &database, &run_id).await;
    let closed: Vec<&Value> = events.iter().filter(|event| event["type"] == "NODE_LOG_CLOSED").collect();
    assert_eq!(closed.len(), 1, "closing twice closes once: {closed:?}");
    assert_eq!((&closed[0]["nodeRef"], &closed[0]["attempt"]), (&json!("a"), &json!(1)));
    let proof = &closed[0]["data"];
    let expected = json!({ "stream": "stdout", "lines": 6, "bytes": output.len(), "sha256": hex(&Sha256::digest(&output)) });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&proof[name], value, "`{name}` of {proof}");
    }
    let download = http.get(&format!("{path}/download?nodeRef=a&stream=stdout")).await.expect(200);
    assert_eq!(download.body, output, "{}", download.text());
    let page = http.get(&format!("{path}?nodeRef=a")).await.expect(200).json();
    assert_eq!(page["lines"].as_array().unwrap().len(), 6);
    assert_eq!(page["lines"][3]["text"], "bad \u{FFFD}\u{FFFD} utf-8");
}

#[tokio::test]
async fn a_terminal_event_closes_open_streams_and_a_later_line_reopens() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let (run_id, path) = started(&http).await;
    http.post_ndjson(&path, &[line("stdout", 1, "out"), line("stderr", 1, "err")]).await.expect(200);
    let mut other = line("stdout", 1, "of b");
    other["nodeRef"] = json!("b");
    http.append(&run_id, &[node_event("NODE_STARTED", "b")]).await;
    http.post_ndjson(&path, &[other]).await.expect(200);
    http.append(&run_id, &[node_event("NODE_COMPLETED", "a")]).await;
    let closes = |events: &[Value]| -> Vec<(String, String, u64)> {
        let closed = events.iter().filter(|event| event["type"] == "NODE_LOG_CLOSED");
        let mut all: Vec<_> = closed
            .map(|event| {
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                (text(&event["nodeRef"]), text(&event["data"]["stream"]), number(&event["data"], "lines"))
            })
            .collect();
        all.sort();
        all
    };
    let own = |node: &str, stream: &str, lines| (node.to_owned(), stream.to_owned(), lines);
    let events = http.events(&run_id).await;
    assert_eq!(closes(&events), [own("a", "stderr", 1), own("a", "stdout", 1)]);
    let completed = events.iter().position(|event| event["type"] == "NODE_COMPLETED").unwrap();
    let last_close = events.iter().rposition(|event| event["type"] == "NODE_LOG_CLOSED").unwrap();
    assert!(last_close < completed, "the closes precede the node's end");

    http.append(&run_id, &[event("RUN_COMPLETED")]).await;
    assert_eq!(closes(&http.events(&run_id).await).len(), 3, "the run's end closes what is left");
    http.post_ndjson(&path, &[line("stdout", 2, "after the end")]).await.expect(200);
    http.post(&format!("{path}/close"), &json!({ "nodeRef": "a", "attempt": 1, "stream": "stdout" })).await;
    let events = check::run(&http, &database, &run_id).await;
    assert!(closes(&events).contains(&own("a", "stdout", 2)), "a second close: {:?}", closes(&events));
    assert_eq!(http.run(&run_id).await["status"], "COMPLETED");
}

#[tokio::test]
async fn pages_filters_and_tail() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let (run_id, path) = started(&http).await;
    let lines: Vec<Value> = (1..=1_000)
        .map(|n| {
            let stream = if n % 10 == 0 { "stderr" } else { "stdout" };
            let number = if n % 10 == 0 { n / 10 } else { n - n / 10 };
            line(stream, number, &format!("line {n} [x]"))
        })
        .collect();
    for part in lines.chunks(137) {
        http.post_ndjson(&path, part).await.expect(200);
    }
    assert_eq!(http.lines(&run_id).await.len(), 1_000);
    let get = async |query: &str| http.get(&format!("{path}?{query}")).await.expect(200).json();

    let page = get("after=990").await;
    assert_eq!(texts(&page).first().unwrap(), "line 991 [x]");
    assert_eq!((texts(&page).len(), &page["nextAfter"]), (10, &json!(1_000)));
    let page = get("before=11&tail=5").await;
    assert_eq!(texts(&page), (6..=10).map(|n| format!("line {n} [x]")).collect::<Vec<_>>());
    let page = get("tail=3").await;
    assert_eq!(texts(&page), ["line 998 [x]", "line 999 [x]", "line 1000 [x]"]);
    let page = get("tail=2&stream=stderr").await;
    assert_eq!(texts(&page), ["line 990 [x]", "line 1000 [x]"]);
    assert_eq!(texts(&get("stream=stderr&limit=5000").await).len(), 100);
    assert_eq!(texts(&get("q=line%2077").await).len(), 11, "77 and 770 to 779");
    assert_eq!(texts(&get("q=%2F%5Eline%2077%20%2F").await), ["line 77 [x]"]);
    assert_eq!(texts(&get("q=%5Bx%5D&limit=5000").await).len(), 1_000, "a text is no expression");
    assert!(texts(&get("nodeRef=nobody").await).is_empty());
    for bad in ["limit=0", "limit=5001", "stream=stdin", "q=%2F%28%2F", "tail=x", "after=-1"] {
        http.get(&format!("{path}?{bad}")).await.problem(400);
    }
    assert_eq!(get("after=990").await["complete"], false, "the streams are still open");
    http.append(&run_id, &[node_event("NODE_COMPLETED", "a"), event("RUN_COMPLETED")]).await;
    assert_eq!(get("after=990").await["complete"], true);
    let ndjson = http.get(&format!("{path}/download?format=ndjson")).await.expect(200).text();
    let downloaded: Vec<Value> = ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(downloaded.len(), 1_000);
}

#[tokio::test]
async fn lines_arrive_live_and_once_across_disconnects() {
    let database = Database::new().await;
    let (server, other) = (Server::on(&database).await, Server::on(&database).await);
    let http = server.http();
    let (run_id, path) = started(&http).await;
    let mut rng = crate::support::rng::Rng::new("lines");
    let writing = {
        let (http, run_id) = (http.clone(), run_id.clone());
        tokio::spawn(async move {
            for n in (0..3_000).step_by(50) {
                let lines: Vec<Value> =
                    (n + 1..=n + 50).map(|n| line("stdout", n, &format!("line {n}"))).collect();
                http.post_ndjson(&path, &lines).await.expect(200);
            }
            http.append(&run_id, &[node_event("NODE_COMPLETED", "a"), event("RUN_COMPLETED")]).await;
        })
    };
    let mut near = Live::new(&server.address(), &run_id, "");
    let mut far = Live::new(&other.address(), &run_id, "");
    let (mut near_rng, mut far_rng) = (rng.split(), rng.split());
    let sse = async {
        let mut sse = Sse::new(&http, &run_id, "");
        while sse.seen.end.is_none() && sse.connect().await.unwrap() == 200 {
            for _ in 0..5 {
                if sse.seen.end.is_some() || !sse.next().await {
                    break;
                }
            }
        }
        sse.seen
    };
    let ((), (), seen) = tokio::join!(
        near.follow_with_disconnects(&mut near_rng),
        far.follow_with_disconnects(&mut far_rng),
        sse
    );
    writing.await.unwrap();
    for seen in [&near.seen, &far.seen, &seen] {
        assert_eq!(seen.lines.len(), 3_000);
        for (n, line) in seen.lines.iter().enumerate() {
            assert_eq!(line["text"], format!("line {}", n + 1));
            assert_eq!(number(line, "lineNo"), n as u64 + 1);
        }
    }
}

#[tokio::test]
async fn wrong_lines_are_refused_with_nothing_stored() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let (run_id, path) = started(&http).await;
    let good = line("stdout", 1, "good");
    let bad = [
        (json!({ "stream": "stdout", "text": "x" }), "/1/nodeRef"),
        (json!({ "nodeRef": "a", "text": "x" }), "/1/stream"),
        (json!({ "nodeRef": "a", "stream": "stdin", "text": "x" }), "/1/stream"),
        (json!({ "nodeRef": "a", "stream": "stdout", "text": "x", "attempt": 0 }), "/1/attempt"),
        (json!({ "nodeRef": "a", "stream": "stdout", "text": "x", "lineNo": 0 }), "/1/lineNo"),
        (json!({ "nodeRef": "a", "stream": "stdout", "bytes": "no base64!" }), "/1/bytes"),
    ];
    for (line, pointer) in bad {
        let pointers = http.post_ndjson(&path, &[good.clone(), line.clone()]).await.pointers(400);
        assert_eq!(pointers.len(), 1, "{line}: {pointers:?}");
        assert!(pointer.starts_with(&pointers[0]) && pointers[0].starts_with("/1"), "{line}: {pointers:?}");
    }
    http.post_ndjson(&path, &[good.clone(), json!({ "nodeRef": "a", "stream": "stdout" })])
        .await
        .problem(400);
    http.post_raw(&path, "text/plain", "hello").await.problem(415);
    assert!(http.lines(&run_id).await.is_empty());
}

#[tokio::test]
async fn a_killed_server_has_every_acknowledged_line() {
    let database = Database::new().await;
    let mut server = Server::on(&database).await;
    let http = server.http();
    let (run_id, path) = started(&http).await;
    let (progress, mut reached) = tokio::sync::watch::channel(0);
    let writing = {
        let http = http.clone();
        tokio::spawn(async move {
            for n in (0..4_000).step_by(20) {
                let lines: Vec<Value> =
                    (n + 1..=n + 20).map(|n| line("stdout", n, &format!("line {n}"))).collect();
                let body: String = lines.iter().map(|line| format!("{line}\n")).collect();
                crate::support::until("lines are acknowledged", || async {
                    let headers = [("content-type", "application/x-ndjson")];
                    match http.send(::http::Method::POST, &path, &headers, body.clone()).await {
                        Ok(answer) if answer.status == 503 => None,
                        Ok(answer) => Some(answer.expect(200)),
                        Err(_) => None,
                    }
                })
                .await;
                progress.send_replace(n + 20);
            }
        })
    };
    for goal in [400, 1_500, 3_000] {
        crate::support::within("lines", reached.wait_for(|n| *n >= goal)).await.unwrap();
        server.kill9();
        server.restart().await;
    }
    writing.await.unwrap();
    let lines = server.http().lines(&run_id).await;
    let texts: Vec<&str> = lines.iter().map(|line| line["text"].as_str().unwrap()).collect();
    let expected: Vec<String> = (1..=4_000).map(|n| format!("line {n}")).collect();
    assert_eq!(texts, expected);
}
