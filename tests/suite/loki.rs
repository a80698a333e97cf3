//! Lines go to Loki and come back: labels, metadata, bytes, tenants, and reads that don't tell which store they are from.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::loki::{Limits, Loki};
use crate::support::shipping::{
    check_entries, check_read, completed, failed, in_loki, lines, options, started, trimmed, trimming, write,
};
use crate::support::ws::Live;
use crate::support::{Database, Http, until};

/// A node's name with all that LogQL and JSON have to escape.
const ODD_NODE: &str = "scan \"x\"/{ü}\\n|`";

/// Lines that are hard to keep: colours, `\r`, quotes, nothing, no UTF-8, an open end.
fn hard_lines(node: &str) -> Vec<Value> {
    let raw: &[&[u8]] = &[
        b"plain",
        b"\x1b[31mred\x1b[0m",
        b"10%\r20%\r30%",
        b"",
        b"bad \xff\xfe utf-8",
        b"same",
        b"same",
        "\u{1F600} \"quoted\" `ticks` \\ back\tslash".as_bytes(),
    ];
    let line = |(n, bytes): (usize, &&[u8])| json!({ "nodeRef": node, "attempt": 1, "stream": "stdout", "lineNo": n + 1, "bytes": BASE64.encode(bytes) });
    let mut lines: Vec<Value> = raw.iter().enumerate().map(line).collect();
    let last = json!({ "nodeRef": node, "attempt": 1, "stream": "stdout", "lineNo": 9, "text": "open end", "eol": false });
    lines.push(last);
    lines
}

/// The answers to every read of a run that clients have, as bytes.
async fn everything(http: &Http, run_id: &str) -> Vec<(String, Vec<u8>)> {
    let path = format!("/api/v1/runs/{run_id}/logs");
    let mut answers = Vec::new();
    for query in [
        "?limit=5000",
        "?after=3&limit=4",
        "?before=7&limit=3",
        "?tail=5",
        "?tail=2&stream=stderr",
        "?q=same",
        "?q=%2F%5Eline%7Csame%24%2F",
        "?nodeRef=plain&limit=2",
        "?level=error",
        "/download",
        "/download?format=ndjson",
        "/download?ansi=strip",
        "/download?nodeRef=plain&stream=stderr",
    ] {
        let answer = http.get(&format!("{path}{query}")).await.expect(200);
        answers.push((query.to_owned(), answer.body));
    }
    answers
}

#[tokio::test]
async fn lines_are_found_in_loki_by_run_node_and_text() {
    let (database, loki) = (Database::new().await, Loki::start().await);
    let server = options(&database, &loki).start().await;
    let http = server.http();
    let run_id = started(&http, &["resolve", ODD_NODE]).await;
    write(&http, &run_id, &lines(&run_id, "resolve", "stdout", 1, 300)).await;
    write(&http, &run_id, &lines(&run_id, "resolve", "stderr", 1, 20)).await;
    write(&http, &run_id, &hard_lines(ODD_NODE)).await;
    let run = format!("{{org=~\".+\", run_id=\"{run_id}\"}}");
    let found = in_loki(&loki, &run, 329).await;
    check_entries(&found, &http.lines(&run_id).await);
    assert!(found.iter().all(|entry| entry.labels["org"] == found[0].labels["org"]));
    let of = |rest: &str| format!("{{run_id=\"{run_id}\"{rest}");
    assert_eq!(loki.query(&of(", node=\"resolve\"}")).await.len(), 320);
    assert_eq!(loki.query(&of(", node=\"resolve\", stream=\"stderr\"} |= \"line 7 \"")).await.len(), 1);
    assert_eq!(loki.query(&of("} |~ \"line 7[0-9] \" | attempt=\"1\"")).await.len(), 10);
    assert_eq!(loki.query(&of("} | log_seq=\"321\"")).await[0].line, "plain");
    let odd = loki.query(&format!("{{run_id=\"{run_id}\", node={ODD_NODE:?}}}")).await;
    assert_eq!(odd.len(), 9);
    assert_eq!(odd[4].line, "bad \u{FFFD}\u{FFFD} utf-8");
    assert_eq!(odd[4].metadata["bytes"], BASE64.encode(b"bad \xff\xfe utf-8"));
    assert_eq!(odd[8].metadata["eol"], "false");
    for name in ["org", "run_id", "node", "stream"] {
        assert!(loki.labels().await.contains(&name.to_owned()), "{name}");
    }
}

#[tokio::test]
async fn low_labels_keep_many_runs_in_few_streams() {
    let (database, loki) = (Database::new().await, Loki::start().await);
    let server = options(&database, &loki).env("TELLTALE_LOKI_LABELS", "low").start().await;
    let http = server.http();
    let mut runs = Vec::new();
    for _ in 0..10 {
        let run_id = started(&http, &["a", "b"]).await;
        for node in ["a", "b"] {
            write(&http, &run_id, &lines(&run_id, node, "stdout", 1, 20)).await;
            write(&http, &run_id, &lines(&run_id, node, "stderr", 1, 5)).await;
        }
        runs.push(run_id);
    }
    let found = in_loki(&loki, r#"{service="telltale"}"#, 500).await;
    let mut streams: Vec<_> = found.iter().map(|entry| entry.labels.clone()).collect();
    streams.sort();
    streams.dedup();
    assert_eq!(streams.len(), 2, "stdout and stderr: {streams:?}");
    for run_id in &runs {
        let entries = loki.query(&format!("{{service=\"telltale\"}} | run_id=\"{run_id}\"")).await;
        check_entries(&entries, &http.lines(run_id).await);
    }
}

/// What clients read is the same to the byte, whether the lines are still here or only in Loki.
async fn reads_are_the_same_from_either_store(labels: &str) {
    let (database, loki) = (Database::new().await, Loki::start().await);
    let server = trimming(&database, &loki).env("TELLTALE_LOKI_LABELS", labels).start().await;
    let http = server.http();
    // Away at first, so that the first reads are of the hot store alone.
    loki.answer("/loki", usize::MAX, 503, "not yet");
    let run_id = started(&http, &["plain", ODD_NODE]).await;
    write(&http, &run_id, &lines(&run_id, "plain", "stdout", 1, 30)).await;
    write(&http, &run_id, &hard_lines(ODD_NODE)).await;
    let errors: Vec<Value> = (1..=4)
        .map(|n| json!({ "nodeRef": "plain", "stream": "stderr", "lineNo": n, "text": format!("ERROR: no {n}") }))
        .collect();
    write(&http, &run_id, &errors).await;
    completed(&http, &run_id, &["plain", ODD_NODE]).await;
    let hot = everything(&http, &run_id).await;
    loki.recover();
    trimmed(&database).await;
    for ((query, hot), (_, cold)) in hot.iter().zip(everything(&http, &run_id).await) {
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(*hot, cold, "{query}:\n{}\n{}", shown(hot), shown(&cold));
    }
    // What joins late sees the same as well.
    let mut live = Live::new(&server.address(), &run_id, "");
    live.follow().await;
    assert_eq!(live.seen.lines.len(), 43);
    let texts = |lines: &[Value]| lines.iter().map(|line| line["text"].clone()).collect::<Vec<_>>();
    assert_eq!(texts(&live.seen.lines), texts(&http.lines(&run_id).await));
}

#[tokio::test]
async fn reads_are_the_same_from_the_hot_store_and_from_loki() {
    reads_are_the_same_from_either_store("run").await;
}

#[tokio::test]
async fn reads_are_the_same_from_loki_with_low_labels() {
    reads_are_the_same_from_either_store("low").await;
}

#[tokio::test]
async fn lines_that_come_after_the_trim_join_those_in_loki() {
    let (database, loki) = (Database::new().await, Loki::start().await);
    let server = trimming(&database, &loki).start().await;
    let http = server.http();
    let run_id = started(&http, &["a"]).await;
    let written = lines(&run_id, "a", "stdout", 1, 900);
    for (round, part) in written.chunks(100).enumerate() {
        write(&http, &run_id, part).await;
        if round % 3 == 1 {
            trimmed(&database).await;
        }
        check_read(&http.lines(&run_id).await, &written[..(round + 1) * 100]);
    }
    let path = format!("/api/v1/runs/{run_id}/logs/download?nodeRef=a&stream=stdout");
    let text: String = written.iter().map(|line| format!("{}\n", line["text"].as_str().unwrap())).collect();
    assert_eq!(http.get(&path).await.expect(200).text(), text);
}

#[tokio::test]
async fn the_digest_in_the_trace_is_that_of_what_loki_gives_back() {
    let (database, loki) = (Database::new().await, Loki::start().await);
    let server = trimming(&database, &loki).start().await;
    let http = server.http();
    let run_id = started(&http, &["a"]).await;
    write(&http, &run_id, &hard_lines("a")).await;
    completed(&http, &run_id, &["a"]).await;
    trimmed(&database).await;
    let download =
        http.get(&format!("/api/v1/runs/{run_id}/logs/download?nodeRef=a&stream=stdout")).await.expect(200);
    let events = http.events(&run_id).await;
    let closed = events.iter().find(|event| event["data"]["stream"] == "stdout").unwrap();
    let hash: String = Sha256::digest(&download.body).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(closed["data"]["sha256"], hash);
    assert_eq!(closed["data"]["bytes"], download.body.len());
    let page = http.get(&format!("/api/v1/runs/{run_id}/logs?limit=5000")).await.expect(200).json();
    assert_eq!(page["complete"], true);
}

#[tokio::test]
async fn the_tenant_and_who_we_are_are_told_with_every_request() {
    for (name, user, header) in [
        ("basic", vec![("TELLTALE_LOKI_USER", "ann"), ("TELLTALE_LOKI_PASSWORD", "p:ss-w0rd")], {
            format!("Basic {}", BASE64.encode("ann:p:ss-w0rd"))
        }),
        ("bearer", vec![("TELLTALE_LOKI_TOKEN", "s3cret")], "Bearer s3cret".to_owned()),
    ] {
        let database = Database::new().await;
        let mut loki = Loki::with(Limits { auth_enabled: true, ..Limits::raised() }).await;
        loki.require_authorization(&header);
        loki.send_header("authorization", &header);
        loki.send_header("x-scope-orgid", "team-a");
        let mut options = trimming(&database, &loki).env("TELLTALE_LOKI_TENANT", "team-a");
        for (variable, value) in user {
            options = options.env(variable, value);
        }
        let server = options.start().await;
        let http = server.http();
        let run_id = started(&http, &["a"]).await;
        let written = lines(&run_id, "a", "stdout", 1, 50);
        write(&http, &run_id, &written).await;
        trimmed(&database).await;
        check_read(&http.lines(&run_id).await, &written);
        check_entries(&loki.query(&format!("{{run_id=\"{run_id}\"}}")).await, &http.lines(&run_id).await);
        for seen in loki.seen() {
            assert_eq!(seen.tenant.as_deref(), Some("team-a"), "{name}: {seen:?}");
            assert_eq!(seen.authorization.as_deref(), Some(header.as_str()), "{name}: {seen:?}");
        }
        loki.send_header("x-scope-orgid", "team-b");
        assert!(loki.query(&format!("{{run_id=\"{run_id}\"}}")).await.is_empty(), "another tenant sees it");
    }
}

#[tokio::test]
async fn a_wrong_password_is_named_and_loses_nothing() {
    let (database, loki) = (Database::new().await, Loki::start().await);
    loki.require_authorization("Bearer right");
    let server = trimming(&database, &loki).env("TELLTALE_LOKI_TOKEN", "wr0ng-t0ken").start().await;
    let http = server.http();
    let run_id = started(&http, &["a"]).await;
    let written = lines(&run_id, "a", "stdout", 1, 50);
    write(&http, &run_id, &written).await;
    failed(&http, "unauthorized").await;
    check_read(&http.lines(&run_id).await, &written);
    let ready = until("readiness names it", || async {
        let ready = http.get("/readyz").await.expect(200).text();
        ready.contains("unauthorized").then_some(ready)
    })
    .await;
    assert!(!ready.contains("wr0ng-t0ken") && !server.stderr().contains("wr0ng-t0ken"), "{ready}");
}

#[tokio::test]
async fn the_container_painter_is_the_same_live_and_downloaded_later() {
    let (database, loki) = (Database::new().await, Loki::start().await);
    let server = trimming(&database, &loki).start().await;
    let http = server.http();
    let run_id = crate::support::run_id();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/painter.yaml");
    let painting = crate::runner::telltale_run(&server, sample.as_ref(), &run_id, &["--engine", "docker"]);
    until("the run is there", || async {
        let answer = http.get(&format!("/api/v1/runs/{run_id}")).await;
        (answer.status == 200).then_some(())
    })
    .await;
    let mut live = Live::open(&server.address(), &run_id).await;
    live.follow().await;
    assert_eq!(crate::runner::exit_status(painting).await, Some(0));
    trimmed(&database).await;
    let path = format!("/api/v1/runs/{run_id}/logs/download?nodeRef=paint&stream=stdout");
    let download = http.get(&path).await.expect(200).body;
    let mut shown = Vec::new();
    for line in &live.seen.lines {
        shown.extend_from_slice(line["text"].as_str().unwrap().as_bytes());
        if line["eol"] != false {
            shown.push(b'\n');
        }
    }
    assert_eq!(String::from_utf8_lossy(&shown), String::from_utf8_lossy(&download));
    assert!(
        download.windows(6).any(|part| part == "\r\u{1b}[36m".as_bytes()),
        "painted with \\r and colours"
    );
    let events = http.events(&run_id).await;
    let closed = events.iter().find(|event| event["data"]["stream"] == "stdout").unwrap();
    let hash: String = Sha256::digest(&download).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(closed["data"]["sha256"], hash);
}
