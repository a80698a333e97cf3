//! Lines on their way to Loki: each is found there once and in order, whatever happens in between, and what is trimmed
//! here was read back from there.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::loki::stand_in::push::now_ns;
use crate::support::loki::{Found, Limits, Loki};
use crate::support::server::Options;
use crate::support::{Database, Http, Server, event, run_id, until};

/// With a grace of a second, so that a test sees lines trimmed.
async fn server(database: &Database, loki: &Loki, more: &[(&str, &str)]) -> Server {
    let mut options = Options::on(&database.url())
        .env("TELLTALE_LOKI_URL", &loki.url())
        .env("TELLTALE_LOKI_GRACE", "1s")
        .env("TELLTALE_LOCAL_WORKER", "false");
    for (name, value) in more {
        options = options.env(name, value);
    }
    options.start().await
}

fn line(number: usize, text: &str) -> Value {
    json!({ "nodeRef": "a", "stream": "stdout", "lineNo": number, "text": text })
}

async fn append(http: &Http, run_id: &str, lines: &[Value]) {
    http.post_ndjson(&format!("/api/v1/runs/{run_id}/logs"), lines).await.expect(200);
}

/// How many chunks and segments in the given state the database has.
async fn stored(database: &Database, state: &str) -> (i64, i64) {
    let session = database.session().await;
    let text =
        "SELECT (SELECT count(*) FROM log_chunks), (SELECT count(*) FROM log_segments WHERE state = $1)";
    let row = session.query_one(text, &[&state]).await.unwrap();
    (row.get(0), row.get(1))
}

async fn until_trimmed(database: &Database) {
    until("every line is trimmed", || async {
        let (chunks, settled) = stored(database, "settled").await;
        (chunks == 0 && settled > 0).then_some(())
    })
    .await;
}

/// Every line of a run as Loki has it: gapless by log_seq, and in that order by time.
async fn in_loki(loki: &Loki, run_id: &str) -> Vec<Found> {
    let found = loki.query(&format!("{{run_id=\"{run_id}\"}}")).await;
    let places: Vec<u64> = found.iter().map(|entry| entry.number("log_seq")).collect();
    assert_eq!(places, (1..=found.len() as u64).collect::<Vec<_>>());
    found
}

async fn metric(http: &Http, start: &str) -> f64 {
    let text = http.get("/metrics").await.expect(200).text();
    let line =
        text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start} in\n{text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn lines_of_many_runs_are_shipped_read_back_and_trimmed() {
    let database = Database::new().await;
    let loki = Loki::start().await;
    let server = server(&database, &loki, &[]).await;
    let http = server.http();
    let runs: Vec<String> = (0..5).map(|_| run_id()).collect();
    for (n, run_id) in runs.iter().enumerate() {
        let lines: Vec<Value> =
            (1..=400).map(|i| line(i, &format!("run {n} line {} \u{2028}", i / 2))).collect();
        for part in lines.chunks(150) {
            append(&http, run_id, part).await;
        }
    }
    until_trimmed(&database).await;
    for (n, run_id) in runs.iter().enumerate() {
        let found = in_loki(&loki, run_id).await;
        let texts: Vec<String> = found.iter().map(|entry| entry.line.clone()).collect();
        let expected: Vec<String> = (1..=400).map(|i| format!("run {n} line {} \u{2028}", i / 2)).collect();
        assert_eq!(texts, expected);
    }
    until("the metrics say that nothing waits", || async {
        (metric(&http, "log_spool_bytes").await == 0.0).then_some(())
    })
    .await;
    assert!(metric(&http, "loki_push_duration_ms_count").await > 0.0);
}

#[tokio::test]
async fn a_push_that_nobody_noted_is_repeated_without_a_double() {
    let database = Database::new().await;
    let loki = Loki::start().await;
    let mut server = server(&database, &loki, &[]).await;
    let run_id = run_id();
    loki.mute("/push");
    let lines: Vec<Value> = (1..=300).map(|i| line(i, "the same")).collect();
    append(&server.http(), &run_id, &lines).await;
    until("Loki has the lines and has not said so", || async {
        (in_loki(&loki, &run_id).await.len() == 300).then_some(())
    })
    .await;
    assert_eq!(stored(&database, "cut").await.1, 1);
    server.kill9();
    loki.recover();
    server.restart().await;
    until_trimmed(&database).await;
    assert_eq!(in_loki(&loki, &run_id).await.len(), 300);
}

#[tokio::test]
async fn what_loki_loses_before_it_was_read_back_is_pushed_again() {
    let database = Database::new().await;
    let loki = Loki::stand_in(Limits::raised());
    let server = server(&database, &loki, &[("TELLTALE_LOKI_GRACE", "3s")]).await;
    let run_id = run_id();
    append(&server.http(), &run_id, &(1..=50).map(|i| line(i, "kept")).collect::<Vec<_>>()).await;
    until("the lines are pushed", || async { (stored(&database, "pushed").await.1 == 1).then_some(()) })
        .await;
    assert_eq!(loki.forget(|_, entry| entry.ns % 2 == 0 || entry.line == "kept"), 50);
    until_trimmed(&database).await;
    assert_eq!(in_loki(&loki, &run_id).await.len(), 50);
}

#[tokio::test]
async fn lines_too_old_for_loki_get_times_of_now_and_keep_their_own() {
    let database = Database::new().await;
    let limits = Limits { reject_old_samples_max_age: Duration::from_secs(3_600), ..Limits::raised() };
    let loki = Loki::with(limits).await;
    let server = server(&database, &loki, &[]).await;
    let (http, run_id) = (server.http(), run_id());
    let old = jiff::Timestamp::from_nanosecond(i128::from(now_ns() - 7_200_000_000_000)).unwrap();
    let mut lines: Vec<Value> = (1..=20).map(|i| line(i, "old")).collect();
    lines.iter_mut().for_each(|line| line["at"] = json!(old.to_string()));
    append(&http, &run_id, &lines).await;
    until_trimmed(&database).await;
    let found = in_loki(&loki, &run_id).await;
    let own: BTreeSet<&str> = found.iter().map(|entry| entry.metadata["at"].as_str()).collect();
    assert_eq!((found.len(), own.len()), (20, 1));
    assert!(metric(&http, "loki_push_failures_total{reason=\"too_old\"}").await >= 1.0);
}

#[tokio::test]
async fn what_loki_never_takes_is_set_aside_and_stays_while_others_go() {
    let database = Database::new().await;
    let limits = Limits { max_line_size: 1_000, ..Limits::raised() };
    let loki = Loki::with(limits).await;
    let server = server(&database, &loki, &[]).await;
    let (http, long, short) = (server.http(), run_id(), run_id());
    append(&http, &long, &[line(1, &"x".repeat(1_001))]).await;
    append(&http, &short, &[line(1, "fits")]).await;
    until("one is aside and one trimmed", || async {
        let aside = stored(&database, "aside").await;
        (aside == (1, 1) && stored(&database, "settled").await.1 == 1).then_some(())
    })
    .await;
    assert_eq!(in_loki(&loki, &short).await.len(), 1);
    assert!(metric(&http, "loki_push_failures_total{reason=\"too_large\"}").await >= 1.0);
    assert_eq!(metric(&http, "log_segments_aside_total").await, 1.0);
    assert_eq!(http.lines(&long).await.len(), 1, "what is aside is read as ever");
}

#[tokio::test]
async fn a_full_spool_refuses_lines_and_nothing_else_until_loki_is_back() {
    let database = Database::new().await;
    let mut loki = Loki::start().await;
    loki.kill9();
    let server = server(&database, &loki, &[("TELLTALE_LOG_SPOOL_MAX", "64KiB")]).await;
    let (http, run_id) = (server.http(), run_id());
    let path = format!("/api/v1/runs/{run_id}/logs");
    append(&http, &run_id, &(1..=100).map(|i| line(i, &"x".repeat(1_000))).collect::<Vec<_>>()).await;
    let refused = until("lines are refused", || async {
        let answer = http.post_ndjson(&path, &[line(100, "again")]).await;
        (answer.status == 503).then_some(answer)
    })
    .await;
    assert!(refused.header("retry-after").is_some());
    let problem = refused.problem(503);
    assert!(problem["type"].as_str().unwrap().ends_with("log-spool-full"), "{problem}");
    http.append(&run_id, &[event("NOTE")]).await;
    let ready = http.get("/readyz").await.expect(200).json();
    let shipping =
        ready["parts"].as_array().unwrap().iter().find(|part| part["name"] == "log_shipping").unwrap();
    assert_eq!(shipping["state"], "degraded", "{ready}");
    assert!(metric(&http, "log_spool_bytes").await > 65_536.0);
    loki.restart().await;
    until("lines are taken again", || async {
        let answer = http.post_ndjson(&path, &[line(101, "more")]).await;
        (answer.status == 200).then_some(())
    })
    .await;
    until_trimmed(&database).await;
    assert_eq!(in_loki(&loki, &run_id).await.len(), 101);
}

#[tokio::test]
async fn few_labels_keep_runs_apart_by_metadata() {
    let database = Database::new().await;
    let loki = Loki::start().await;
    let server = server(&database, &loki, &[("TELLTALE_LOKI_LABELS", "low")]).await;
    let (http, runs) = (server.http(), [run_id(), run_id()]);
    let at = jiff::Timestamp::from_nanosecond(i128::from(now_ns())).unwrap().to_string();
    for run_id in &runs {
        let mut lines: Vec<Value> = (1..=30).map(|i| line(i, "the same")).collect();
        lines.iter_mut().for_each(|line| line["at"] = json!(at));
        append(&http, run_id, &lines).await;
    }
    until_trimmed(&database).await;
    let all = loki.query("{service=\"telltale\", stream=\"stdout\"}").await;
    assert_eq!(all.len(), 60);
    for run_id in &runs {
        let of_run: Vec<u64> = all
            .iter()
            .filter(|entry| entry.metadata["run_id"] == *run_id)
            .map(|entry| entry.number("log_seq"))
            .collect();
        assert_eq!(of_run, (1..=30).collect::<Vec<_>>());
    }
}
