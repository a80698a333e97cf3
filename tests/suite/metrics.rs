//! `/metrics`: every family there from the start, of its type and with its labels at 0, and each moved by what it tells of.
//!
//! The text is judged by Prometheus' own parser (`promtool check metrics`); the values are read here.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::support::http::Http;
use crate::support::loki::Loki;
use crate::support::server::Options;
use crate::support::shipping::{self, lines, started, write};
use crate::support::sse::Sse;
use crate::support::worker::Worker;
use crate::support::{Database, Server, TcpProxy, event, run_id, until, workflow};

/// Families of the contract and of docs/metrics.md: name, type, and the label sets that are there from the start.
const FAMILIES: &[(&str, &str, &[&str])] = &[
    (
        "trace_events_total",
        "counter",
        &[
            r#"level="info",outcome="accepted",type="NODE_STARTED""#,
            r#"level="error",outcome="late",type="RUN_FAILED""#,
            r#"level="info",outcome="duplicate",type="NOTE""#,
        ],
    ),
    (
        "loki_push_failures_total",
        "counter",
        &[
            r#"reason="refused""#,
            r#"reason="timeout""#,
            r#"reason="server_error""#,
            r#"reason="rate_limited""#,
            r#"reason="unauthorized""#,
            r#"reason="rejected""#,
        ],
    ),
    ("stream_latency_ms", "histogram", &[]),
    ("feed_backstop_events_total", "counter", &[""]),
    ("stream_subscribers", "gauge", &[""]),
    ("stream_resets_total", "counter", &[r#"reason=""#]),
    ("append_batch_events", "histogram", &[]),
    ("append_duration_ms", "histogram", &[]),
    ("log_lines_total", "counter", &[r#"stream="stdout""#, r#"stream="stderr""#]),
    ("log_spool_bytes", "gauge", &[""]),
    ("log_spool_oldest_seconds", "gauge", &[""]),
    ("log_segments_aside_total", "counter", &[""]),
    ("loki_push_duration_ms", "histogram", &[]),
    (
        "runs_total",
        "counter",
        &[
            r#"status="QUEUED""#,
            r#"status="RUNNING""#,
            r#"status="AWAITING_INPUT""#,
            r#"status="COMPLETED""#,
            r#"status="FAILED""#,
            r#"status="CANCELLED""#,
            r#"status="TERMINATED""#,
            r#"status="TIMED_OUT""#,
            r#"status="STALE""#,
        ],
    ),
    ("runs_active", "gauge", &[""]),
    (
        "http_requests_total",
        "counter",
        &[
            r#"method="POST",route="/api/v1/runs/{runId}/events",status="200""#,
            r#"method="GET",route="/api/v1/runs",status="200""#,
        ],
    ),
    ("http_request_duration_ms", "histogram", &[r#"route="/api/v1/runs/{runId}/events""#]),
    ("database_up", "gauge", &[""]),
    ("feed_listener_up", "gauge", &[""]),
    ("feed_polling", "gauge", &[""]),
    ("notify_queue_usage_ratio", "gauge", &[""]),
    ("runs_stuck", "gauge", &[r#"reason="stale""#, r#"reason="waiting""#]),
    ("run_leases_expired_total", "counter", &[""]),
    ("event_partitions_ahead_seconds", "gauge", &[""]),
    ("retention_behind_seconds", "gauge", &[""]),
];

/// Gauges that tell the state of things, which is not 0 on a healthy server.
const TELL_AT_ONCE: [&str; 4] =
    ["database_up", "feed_listener_up", "feed_polling", "event_partitions_ahead_seconds"];

/// Values that one label may have: a family whose sets of labels outgrow this is unbounded.
const SERIES_MAX: usize = 2_500;

/// One scrape: series by name and sorted labels, and each family's type.
#[derive(Debug)]
struct Scrape {
    values: BTreeMap<String, f64>,
    types: BTreeMap<String, String>,
    text: String,
}

impl Scrape {
    async fn of(http: &Http) -> Self {
        let text = http.get("/metrics").await.expect(200).text();
        let mut scrape = Self { values: BTreeMap::new(), types: BTreeMap::new(), text: text.clone() };
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect("a name and a type");
                scrape.types.insert(name.to_owned(), kind.to_owned());
            } else if !line.is_empty() && !line.starts_with('#') {
                let (series, value) = line.rsplit_once(' ').expect("a series and a value");
                scrape.values.insert(sorted(series), value.parse().expect("a number"));
            }
        }
        scrape
    }

    /// Every series of this name, whatever its labels.
    fn series(&self, name: &str) -> Vec<(&str, f64)> {
        let of_name =
            |key: &str| key.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('{'));
        self.values
            .iter()
            .filter(|(key, _)| of_name(key))
            .map(|(key, value)| (key.as_str(), *value))
            .collect()
    }

    fn sum(&self, name: &str) -> f64 {
        self.series(name).iter().map(|(_, value)| value).sum()
    }

    fn labelled(&self, name: &str, labels: &str) -> f64 {
        let series = self.series(name);
        let found = series.iter().find(|(key, _)| key.contains(labels));
        found.unwrap_or_else(|| panic!("no {name} with {labels}: {series:?}")).1
    }
}

/// `name{b="1",a="2"}` with its labels in order.
fn sorted(series: &str) -> String {
    let Some((name, rest)) = series.split_once('{') else { return series.to_owned() };
    let inner = rest.trim_end_matches('}');
    let mut labels: Vec<String> = Vec::new();
    let (mut quoted, mut from) = (false, 0);
    for (at, c) in inner.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => {
                labels.push(inner[from..at].to_owned());
                from = at + 1;
            }
            _ => {}
        }
    }
    labels.push(inner[from..].to_owned());
    labels.sort();
    format!("{name}{{{}}}", labels.join(","))
}

/// What `promtool check metrics` has to say, line by line.
fn lint(text: &str) -> Vec<String> {
    let mut child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("what promtool reads");
    let output = child.wait_with_output().expect("promtool's end");
    let said = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&said).lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn every_family_is_there_from_the_start() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let scrape = Scrape::of(&server.http()).await;
    for (name, kind, label_sets) in FAMILIES {
        assert_eq!(scrape.types.get(*name).map(String::as_str), Some(*kind), "the type of {name}");
        assert!(scrape.text.contains(&format!("# HELP {name} ")), "{name} does not say what it is");
        let series = if *kind == "histogram" { format!("{name}_count") } else { (*name).to_owned() };
        let present = scrape.series(&series);
        assert!(!present.is_empty(), "{name} is not there from the start");
        for labels in *label_sets {
            let value = scrape.labelled(&series, labels);
            // The test's own look at /metrics and the start are all that has happened.
            assert!(value == 0.0 || TELL_AT_ONCE.contains(name), "{name}{{{labels}}} = {value} at the start");
        }
        assert!(present.len() <= SERIES_MAX, "{} series of {name}", present.len());
    }
    // Half a millisecond to ten seconds.
    for name in ["stream_latency_ms", "append_duration_ms", "loki_push_duration_ms"] {
        let buckets: BTreeSet<&str> =
            scrape.series(&format!("{name}_bucket")).into_iter().map(|(key, _)| key).collect();
        for bound in ["0.5", "10", "100", "1000", "10000", "+Inf"] {
            let wanted = format!(r#"le="{bound}""#);
            assert!(
                buckets.iter().any(|key| key.contains(&wanted)),
                "{name} has no bucket {bound}: {buckets:?}"
            );
        }
    }
    // Raw ids are no labels.
    let http = server.http();
    for _ in 0..3 {
        let id = run_id();
        http.append(&id, &[event("RUN_STARTED")]).await;
        http.get(&format!("/api/v1/runs/{id}")).await.expect(200);
        http.get(&format!("/no/such/{id}")).await.expect(404);
    }
    let later = Scrape::of(&http).await;
    assert!(!later.text.contains("run-"), "a run's id is a label");
}

#[tokio::test]
async fn prometheus_reads_them_and_dislikes_nothing_but_the_milliseconds() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    http.append(&run_id(), &[event("RUN_STARTED"), event("RUN_COMPLETED")]).await;
    let said = lint(&http.get("/metrics").await.expect(200).text());
    let other: Vec<_> = said
        .iter()
        .filter(|line| {
            !(line.contains("_ms ") && (line.contains("base unit") || line.contains("milliseconds")))
        })
        .filter(|line| !(line.contains("_ms ") && line.contains("abbreviated")))
        .collect();
    assert!(other.is_empty(), "promtool: {other:#?}");
    assert!(
        !said.is_empty(),
        "the contract's names end in `_ms`, which promtool tells; did it read anything?"
    );
    // It does complain of what is wrong.
    assert!(!lint("# TYPE wrong_total gauge\nwrong_total 1\n").is_empty());
}

#[tokio::test]
async fn each_moves_when_its_thing_happens() {
    let database = Database::new().await;
    let proxy = TcpProxy::to(&format!("127.0.0.1:{}", database.cluster().port())).await;
    let through = format!("postgres://postgres@{}/{}", proxy.address(), database.name());
    let server = Options::on(&through).env("TELLTALE_LOCAL_WORKER", "false").start().await;
    let http = server.http();
    let before = Scrape::of(&http).await;

    // Appends, twice the same.
    let id = run_id();
    let start = event("RUN_STARTED");
    http.append(&id, std::slice::from_ref(&start)).await;
    http.append(&id, &[start]).await;
    let mut viewer = Sse::new(&http, &id, "");
    assert_eq!(viewer.connect().await.unwrap(), 200);
    viewer.read_until("the first event", |seen| seen.seq == 1).await;
    let watched = Scrape::of(&http).await;
    assert_eq!(watched.sum("stream_subscribers"), 1.0);
    // A cursor beyond the run.
    let url = http.url(&format!("/api/v1/runs/{id}/stream?after=99"));
    let mut ahead = http.client().get(url).send().await.unwrap();
    while let Some(piece) = ahead.chunk().await.unwrap() {
        if String::from_utf8_lossy(&piece).contains("reset") {
            break;
        }
    }
    drop(ahead);
    let line = json!({ "nodeRef": "n", "attempt": 1, "stream": "stderr", "text": "x" });
    http.post_ndjson(&format!("/api/v1/runs/{id}/logs"), &[line]).await.expect(200);
    http.append(&id, &[event("RUN_FAILED"), event("RUN_COMPLETED")]).await;
    viewer.read_until("the end", |seen| seen.end.is_some()).await;

    let after = Scrape::of(&http).await;
    let moved = |name: &str, labels: &str, by: f64| {
        let grown = after.labelled(name, labels) - before.labelled(name, labels);
        assert_eq!(grown, by, "{name}{{{labels}}}");
    };
    moved("trace_events_total", r#"level="info",outcome="accepted",type="RUN_STARTED""#, 1.0);
    moved("trace_events_total", r#"level="info",outcome="duplicate",type="RUN_STARTED""#, 1.0);
    moved("trace_events_total", r#"level="error",outcome="accepted",type="RUN_FAILED""#, 1.0);
    moved("trace_events_total", r#"level="info",outcome="late",type="RUN_COMPLETED""#, 1.0);
    moved("runs_total", r#"status="FAILED""#, 1.0);
    moved("log_lines_total", r#"stream="stderr""#, 1.0);
    moved("http_requests_total", r#"method="POST",route="/api/v1/runs/{runId}/events",status="200""#, 3.0);
    moved("http_request_duration_ms_count", r#"route="/api/v1/runs/{runId}/events""#, 3.0);
    for name in [
        "append_batch_events_count",
        "append_duration_ms_count",
        "stream_latency_ms_count",
        "stream_resets_total",
    ] {
        assert!(after.sum(name) > before.sum(name), "{name} stands still");
    }

    // The queue: a run that nobody claims, then one whose worker is not heard of.
    let session = database.session().await;
    workflow::store(&http, "work", "").await;
    workflow::start(&http, "work", json!({})).await;
    let long_ago = "UPDATE run_queue SET enqueued_at = now() - interval '1 hour'";
    session.execute(long_ago, &[]).await.unwrap();
    until("the run is stuck", || async {
        let now = Scrape::of(&http).await;
        (now.labelled("runs_stuck", r#"reason="waiting""#) == 1.0 && now.sum("runs_active") == 1.0)
            .then_some(())
    })
    .await;
    let worker = Worker::new(http.clone(), "silent");
    assert_eq!(worker.claim(1).await.len(), 1);
    let lapsed = "UPDATE run_queue SET lease_until = now() - interval '1 second'";
    session.execute(lapsed, &[]).await.unwrap();
    until("the lease lapses", || async {
        (Scrape::of(&http).await.sum("run_leases_expired_total") == 1.0).then_some(())
    })
    .await;

    // The notification queue: somebody listens and never ends a transaction.
    let (deaf, loud) = (database.session().await, database.session().await);
    deaf.batch_execute("LISTEN elsewhere").await.unwrap();
    deaf.batch_execute("BEGIN; SELECT 1").await.unwrap();
    let ring =
        "SELECT count(pg_notify('elsewhere', repeat('x', 7000) || n)) FROM generate_series(1, 3000) AS n";
    loud.query_one(ring, &[]).await.unwrap();
    until("the notification queue fills", || async {
        (Scrape::of(&http).await.sum("notify_queue_usage_ratio") > 0.0).then_some(())
    })
    .await;
    deaf.batch_execute("ROLLBACK").await.unwrap();
    let healthy = Scrape::of(&http).await;
    assert_eq!(healthy.sum("database_up"), 1.0);
    let days_ahead = healthy.sum("event_partitions_ahead_seconds") / 86_400.0;
    assert!((21.0..=42.0).contains(&days_ahead), "{days_ahead} days ahead");

    // The database goes, and comes back.
    until("the feed listens", || async {
        let now = Scrape::of(&http).await;
        (now.sum("feed_listener_up") == 1.0 && now.sum("feed_polling") == 0.0).then_some(())
    })
    .await;
    proxy.refuse();
    proxy.cut_all();
    until("the outage is told", || async {
        let now = Scrape::of(&http).await;
        let told = now.sum("feed_listener_up") == 0.0
            && now.sum("feed_polling") == 1.0
            && now.sum("database_up") == 0.0;
        told.then_some(())
    })
    .await;
    proxy.pass();
    until("its end is told", || async {
        let now = Scrape::of(&http).await;
        let told = now.sum("feed_listener_up") == 1.0
            && now.sum("feed_polling") == 0.0
            && now.sum("database_up") == 1.0;
        told.then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_goes_to_loki_moves_its_metrics() {
    let database = Database::new().await;
    let mut loki = Loki::start().await;
    let server = shipping::options(&database, &loki).start().await;
    let http = server.http();
    let id = started(&http, &["n"]).await;
    write(&http, &id, &lines(&id, "n", "stdout", 1, 10)).await;
    until("a push is timed", || async {
        (Scrape::of(&http).await.sum("loki_push_duration_ms_count") > 0.0).then_some(())
    })
    .await;
    loki.kill9();
    write(&http, &id, &lines(&id, "n", "stdout", 11, 10)).await;
    until("a failure is counted and the spool told", || async {
        let now = Scrape::of(&http).await;
        let told = now.labelled("loki_push_failures_total", r#"reason="refused""#) > 0.0
            && now.sum("log_spool_bytes") > 0.0
            && now.sum("log_spool_oldest_seconds") > 0.0;
        told.then_some(())
    })
    .await;
}

/// Where NOTIFY does nothing, the poll finds what another server writes.
#[tokio::test]
async fn the_backstop_counts_what_it_finds() {
    let database = Database::new().await;
    let muted = format!(
        "CREATE FUNCTION public.pg_notify(text, text) RETURNS void LANGUAGE sql AS ''; \
         ALTER DATABASE {} SET search_path = public, pg_catalog",
        database.name()
    );
    database.session().await.batch_execute(&muted).await.unwrap();
    let (viewed, writing) =
        (Server::without_worker(&database).await, Server::without_worker(&database).await);
    let id = run_id();
    writing.http().append(&id, &[event("RUN_STARTED")]).await;
    let mut viewer = Sse::new(&viewed.http(), &id, "");
    assert_eq!(viewer.connect().await.unwrap(), 200);
    viewer.read_until("the first event", |seen| seen.seq == 1).await;
    writing.http().append(&id, &[event("NOTE"), event("NOTE")]).await;
    viewer.read_until("what the poll finds", |seen| seen.seq == 3).await;
    let now = Scrape::of(&viewed.http()).await;
    assert_eq!((now.sum("feed_backstop_events_total"), now.sum("feed_polling")), (2.0, 1.0));
}

/// A run that nobody hears of any more, and one that retention can't remove, since somebody holds it.
#[tokio::test]
async fn silent_runs_and_what_retention_leaves_are_told() {
    let database = Database::new().await;
    let mut server = Server::without_worker(&database).await;
    let (http, session, holder) = (server.http(), database.session().await, database.session().await);
    let (silent, old) = (run_id(), run_id());
    http.append(&silent, &[event("RUN_STARTED")]).await;
    let ended_at = "2026-01-01T00:00:00Z";
    let long_ago = |kind| {
        let mut event = event(kind);
        event["occurredAt"] = ended_at.into();
        event
    };
    http.append(&old, &[long_ago("RUN_STARTED"), long_ago("RUN_COMPLETED")]).await;
    until("the run's end is known", || async {
        session.query_opt("SELECT FROM run_ends", &[]).await.unwrap()
    })
    .await;
    let before = Scrape::of(&http).await;
    assert_eq!((before.sum("runs_stuck"), before.sum("retention_behind_seconds")), (0.0, 0.0));

    let hold = format!("BEGIN; SELECT FROM runs WHERE run_id = '{old}' FOR UPDATE");
    holder.batch_execute(&hold).await.unwrap();
    let headers = [("content-type", "application/json")];
    let policies = json!({ "policies": [{ "keepDays": 30 }] }).to_string();
    http.send(http::Method::PUT, "/api/v1/retention", &headers, policies).await.unwrap().expect(200);
    let heard_of =
        "UPDATE runs SET state = jsonb_set(state::jsonb, '{updatedAt}', '\"2026-01-01T00:00:00Z\"')::json
        WHERE run_id = $1";
    server.stop().await;
    assert_eq!(session.execute(heard_of, &[&silent]).await.unwrap(), 1);
    server.restart().await;
    let http = server.http();
    let told = until("both are told", || async {
        let now = Scrape::of(&http).await;
        let stale = now.labelled("runs_stuck", r#"reason="stale""#);
        (stale == 1.0 && now.sum("retention_behind_seconds") > 0.0).then_some(now)
    })
    .await;
    assert_eq!(told.labelled("runs_stuck", r#"reason="waiting""#), 0.0);
    let kept_until = ended_at.parse::<jiff::Timestamp>().unwrap().as_second() + 30 * 86_400;
    let behind = (jiff::Timestamp::now().as_second() - kept_until) as f64;
    let said = told.sum("retention_behind_seconds");
    assert!((behind - 120.0..=behind + 1.0).contains(&said), "{said} s behind, and it is {behind}");
    assert_eq!(http.run(&silent).await["status"], "STALE");

    holder.batch_execute("ROLLBACK").await.unwrap();
    until("retention goes on", || async {
        (http.get(&format!("/api/v1/runs/{old}/tombstone")).await.status == 200).then_some(())
    })
    .await;
    // A sign of life.
    http.append(&silent, &[event("NOTE")]).await;
    until("the run is not stuck any more", || async {
        (Scrape::of(&http).await.labelled("runs_stuck", r#"reason="stale""#) == 0.0).then_some(())
    })
    .await;
}

#[test]
fn the_families_are_documented() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/metrics.md")).unwrap();
    for (name, kind, _) in FAMILIES {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{name}")));
        assert!(row.is_some_and(|row| row.contains(kind)), "{name} is not in docs/metrics.md as a {kind}");
    }
}
