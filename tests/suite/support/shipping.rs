//! A server that ships to a Loki, lines written to it, and both stores held against what was written.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::watch;

use super::http::Http;
use super::loki::{Found, Loki};
use super::postgres::Database;
use super::server::Options;
use super::wait::{LIMIT, until, within};
use super::{event, node_event, run_id};

/// So short that lines are read back and trimmed while a test waits.
pub const SHORT_GRACE: &str = "100ms";

/// Between two counts of what is left.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A server on this database, shipping to this Loki, without a worker. The grace is the default: nothing is trimmed.
pub fn options(database: &Database, loki: &Loki) -> Options {
    Options::on(&database.url()).env("TELLTALE_LOKI_URL", &loki.url()).env("TELLTALE_LOCAL_WORKER", "false")
}

/// … which trims what Loki holds at once.
pub fn trimming(database: &Database, loki: &Loki) -> Options {
    options(database, loki).env("TELLTALE_LOKI_GRACE", SHORT_GRACE)
}

/// A run with started nodes.
pub async fn started(http: &Http, nodes: &[&str]) -> String {
    let run_id = run_id();
    let starts = nodes.iter().map(|node| node_event("NODE_STARTED", node));
    let events: Vec<Value> = std::iter::once(event("RUN_STARTED")).chain(starts).collect();
    http.append(&run_id, &events).await;
    run_id
}

/// Ends a run that went well, with all its nodes.
pub async fn completed(http: &Http, run_id: &str, nodes: &[&str]) {
    let ends = nodes.iter().map(|node| node_event("NODE_COMPLETED", node));
    let events: Vec<Value> = ends.chain(std::iter::once(event("RUN_COMPLETED"))).collect();
    http.append(run_id, &events).await;
}

/// Lines `from..from + count` of a node's output, each telling its run and number.
pub fn lines(run_id: &str, node: &str, stream: &str, from: usize, count: usize) -> Vec<Value> {
    let line = |n: usize| {
        let text = format!("{run_id} {node} {stream} line {n} {}", "=".repeat(n % 40));
        json!({ "nodeRef": node, "attempt": 1, "stream": stream, "lineNo": n, "text": text })
    };
    (from..from + count).map(line).collect()
}

/// Appends lines; anything but 200 fails the test.
pub async fn write(http: &Http, run_id: &str, lines: &[Value]) {
    http.post_ndjson(&format!("/api/v1/runs/{run_id}/logs"), lines).await.expect(200);
}

/// Asks Loki after each push, whatever came of it, until `query` finds `count` entries; more fail the test.
pub async fn in_loki(loki: &Loki, query: &str, count: usize) -> Vec<Found> {
    let mut pushes = loki.pushes();
    let waiting = async {
        loop {
            pushes.mark_unchanged();
            let found = loki.query(query).await;
            if found.len() >= count {
                return found;
            }
            pushes.changed().await.expect("the counter of pushes");
        }
    };
    let Ok(found) = tokio::time::timeout(LIMIT, waiting).await else {
        let found = loki.query(query).await.len();
        let seen = loki.seen();
        let last: Vec<_> = seen.iter().filter(|seen| seen.path.ends_with("/push")).rev().take(3).collect();
        panic!(
            "Loki has {found} of {count} for {query} after {LIMIT:?}; {} pushes, the last: {last:?}",
            *pushes.borrow()
        )
    };
    assert_eq!(found.len(), count, "{query}");
    found
}

/// Waits for `more` pushes to be over, whatever came of them.
pub async fn pushed(pushes: &mut watch::Receiver<u64>, more: u64) {
    let goal = *pushes.borrow() + more;
    within("pushes", pushes.wait_for(|pushes| *pushes >= goal)).await.expect("the counter of pushes");
}

/// Waits until no chunk is left here: all lines were read back from Loki, compared and trimmed. Fails when for as long as
/// anything may take none has gone.
pub async fn trimmed(database: &Database) {
    let session = database.session().await;
    let (mut least, mut since) = (i64::MAX, Instant::now());
    let mut tick = tokio::time::interval(LOOK_EVERY);
    loop {
        tick.tick().await;
        let row = session.query_one("SELECT count(*) FROM log_chunks", &[]).await.expect("log_chunks");
        let left: i64 = row.get(0);
        if left == 0 {
            return;
        }
        if left < least {
            (least, since) = (left, Instant::now());
        }
        assert!(since.elapsed() < LIMIT, "{left} chunks are not trimmed");
    }
}

/// Waits until a counter or a gauge has at least this value.
pub async fn metric_at_least(http: &Http, name: &str, value: f64) {
    until(&format!("{name} at {value}"), || async { (http.metric(name).await >= value).then_some(()) }).await;
}

/// How many pushes failed with this reason.
pub async fn failures(http: &Http, reason: &str) -> f64 {
    let text = http.get("/metrics").await.expect(200).text();
    let wanted = format!("loki_push_failures_total{{reason=\"{reason}\"}} ");
    let line = text.lines().find_map(|line| line.strip_prefix(&wanted));
    line.unwrap_or_else(|| panic!("no reason `{reason}` in /metrics:\n{text}")).parse().expect("a number")
}

pub async fn failed(http: &Http, reason: &str) {
    until(&format!("a push fails as {reason}"), || async {
        (failures(http, reason).await > 0.0).then_some(())
    })
    .await;
}

/// Entries of one run in Loki: each line once, in order of time as in order of `logSeq`, saying what the run's read says.
#[track_caller]
pub fn check_entries(found: &[Found], read: &[Value]) {
    assert_eq!(found.len(), read.len(), "entries and lines");
    let mut last_ns = i64::MIN;
    for (place, (entry, line)) in found.iter().zip(read).enumerate() {
        assert!(entry.ns > last_ns, "two entries at {}: {entry:?}", entry.ns);
        last_ns = entry.ns;
        let label = |name: &str| entry.labels.get(name).or_else(|| entry.metadata.get(name)).cloned();
        let told = BTreeMap::from([
            ("logSeq", json!(entry.number("log_seq"))),
            ("lineNo", json!(entry.number("line_no"))),
            ("attempt", json!(entry.number("attempt"))),
            ("nodeRef", json!(label("node"))),
            ("stream", json!(label("stream"))),
            ("text", json!(entry.line)),
        ]);
        assert_eq!(told["logSeq"], json!(place + 1));
        for (name, value) in told {
            assert_eq!(line[name], value, "`{name}` of {entry:?}");
        }
    }
}

/// What is read of a run: `logSeq` without a gap, each stream's `lineNo` too, and the texts written to it in order.
#[track_caller]
pub fn check_read(read: &[Value], written: &[Value]) {
    assert_eq!(read.len(), written.len(), "lines read and written");
    let mut streams: BTreeMap<(String, String), Vec<&Value>> = BTreeMap::new();
    let name = |line: &Value| {
        let text = |name: &str| line[name].as_str().expect(name).to_owned();
        (text("nodeRef"), text("stream"))
    };
    for line in written {
        streams.entry(name(line)).or_default().push(line);
    }
    let mut next: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (place, line) in read.iter().enumerate() {
        assert_eq!(line["logSeq"], json!(place + 1), "{line}");
        let stream = name(line);
        let at = next.entry(stream.clone()).or_default();
        let expected = streams[&stream][*at];
        *at += 1;
        assert_eq!(line["lineNo"], json!(*at), "{line}");
        assert_eq!(line["text"], expected["text"], "{line}");
    }
}
