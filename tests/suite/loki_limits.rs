//! What Loki's limits say no to, each by its name; and what Loki forgets.

use serde_json::{Value, json};

use crate::support::loki::stand_in::push::now_ns;
use crate::support::loki::{Limits, Loki};
use crate::support::shipping::{
    check_entries, check_read, failed, in_loki, lines, options, started, trimmed, trimming, write,
};
use crate::support::{Database, until};

const HOUR_NS: i64 = 3_600_000_000_000;

/// The lines with a time of their own, this long ago.
fn aged(lines: &[Value], hours: f64) -> Vec<Value> {
    let ns = now_ns() - (hours * HOUR_NS as f64) as i64;
    let at = jiff::Timestamp::from_microsecond(ns / 1_000).unwrap().to_string();
    let aged = |line: &Value| {
        let mut line = line.clone();
        line["at"] = json!(at);
        line
    };
    lines.iter().map(aged).collect()
}

#[tokio::test]
async fn lines_far_behind_a_shared_stream_get_new_times_and_keep_their_own() {
    let (database, loki) = (Database::new().await, Loki::start().await);
    let server = options(&database, &loki).env("TELLTALE_LOKI_LABELS", "low").start().await;
    let http = server.http();
    let now = started(&http, &["a"]).await;
    write(&http, &now, &lines(&now, "a", "stdout", 1, 50)).await;
    in_loki(&loki, &format!("{{service=\"telltale\"}} | run_id=\"{now}\""), 50).await;
    let late = started(&http, &["a"]).await;
    let written = aged(&lines(&late, "a", "stdout", 1, 50), 5.0);
    write(&http, &late, &written).await;
    failed(&http, "too_old").await;
    let found = in_loki(&loki, &format!("{{service=\"telltale\"}} | run_id=\"{late}\""), 50).await;
    let read = http.lines(&late).await;
    check_entries(&found, &read);
    for (entry, line) in found.iter().zip(&read) {
        assert!(entry.ns > now_ns() - HOUR_NS, "{entry:?}");
        let own = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
        let wanted = own(written[0]["at"].as_str().unwrap());
        assert_eq!(own(&entry.metadata["at"]), wanted);
        assert_eq!(own(line["at"].as_str().unwrap()), wanted);
    }
}

#[tokio::test]
async fn lines_older_than_loki_takes_get_new_times() {
    let (database, loki) = (Database::new().await, Loki::start().await);
    let server = trimming(&database, &loki).start().await;
    let http = server.http();
    let run_id = started(&http, &["a"]).await;
    let mut written = aged(&lines(&run_id, "a", "stdout", 1, 10), 24.0 * 40.0);
    written.extend(lines(&run_id, "a", "stdout", 11, 10));
    write(&http, &run_id, &written).await;
    let found = in_loki(&loki, &format!("{{run_id=\"{run_id}\"}}"), 20).await;
    let read = http.lines(&run_id).await;
    check_entries(&found, &read);
    let own = |line: &Value| line["at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(own(&read[3]), own(&written[3]), "the line's own time is read");
}

#[tokio::test]
async fn too_many_streams_hold_back_only_the_new_ones() {
    let database = Database::new().await;
    let mut loki = Loki::stand_in(Limits { max_global_streams_per_user: 3, ..Limits::raised() });
    let server = trimming(&database, &loki).start().await;
    let http = server.http();
    let mut runs = Vec::new();
    for _ in 0..3 {
        let run_id = started(&http, &["a"]).await;
        write(&http, &run_id, &lines(&run_id, "a", "stdout", 1, 20)).await;
        in_loki(&loki, &format!("{{run_id=\"{run_id}\"}}"), 20).await;
        runs.push(run_id);
    }
    for _ in 0..2 {
        let run_id = started(&http, &["a"]).await;
        write(&http, &run_id, &lines(&run_id, "a", "stdout", 1, 20)).await;
        runs.push(run_id);
    }
    failed(&http, "too_many_streams").await;
    // Runs whose streams are there go on.
    write(&http, &runs[0], &lines(&runs[0], "a", "stdout", 21, 20)).await;
    in_loki(&loki, &format!("{{run_id=\"{}\"}}", runs[0]), 40).await;
    loki.limit(|limits| limits.max_global_streams_per_user = 100);
    trimmed(&database).await;
    for (place, run_id) in runs.iter().enumerate() {
        let count = if place == 0 { 40 } else { 20 };
        check_read(&http.lines(run_id).await, &lines(run_id, "a", "stdout", 1, count));
        check_entries(&loki.query(&format!("{{run_id=\"{run_id}\"}}")).await, &http.lines(run_id).await);
    }
}

#[tokio::test]
async fn what_is_too_large_stays_here_for_good_and_holds_up_nothing() {
    let database = Database::new().await;
    let loki = Loki::with(Limits { max_line_size: 1_000, ..Limits::raised() }).await;
    let server = trimming(&database, &loki).start().await;
    let http = server.http();
    let run_id = started(&http, &["a"]).await;
    let mut written = lines(&run_id, "a", "stdout", 1, 20);
    written[7]["text"] = json!("x".repeat(1_001));
    write(&http, &run_id, &written).await;
    failed(&http, "too_large").await;
    let session = database.session().await;
    until("the segment is set aside", || async {
        let row =
            session.query_one("SELECT count(*) FROM log_segments WHERE state = 'aside'", &[]).await.unwrap();
        (row.get::<_, i64>(0) == 1).then_some(())
    })
    .await;
    until("it is counted", || async { (http.metric("log_segments_aside_total").await == 1.0).then_some(()) })
        .await;
    let more = lines(&run_id, "a", "stdout", 21, 30);
    write(&http, &run_id, &more).await;
    until("what follows is trimmed", || async {
        let row = session.query_one("SELECT max(last_log_seq) FROM log_chunks", &[]).await.unwrap();
        (row.get::<_, Option<i64>>(0) == Some(20)).then_some(())
    })
    .await;
    written.extend(more);
    check_read(&http.lines(&run_id).await, &written);
    until("what is aside waits for nothing", || async {
        (http.metric("log_spool_bytes").await == 0.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_loki_without_structured_metadata_is_waited_for() {
    let database = Database::new().await;
    let mut loki = Loki::stand_in(Limits { allow_structured_metadata: false, ..Limits::raised() });
    let server = trimming(&database, &loki).start().await;
    let http = server.http();
    let run_id = started(&http, &["a"]).await;
    let written = lines(&run_id, "a", "stdout", 1, 20);
    write(&http, &run_id, &written).await;
    failed(&http, "rejected").await;
    check_read(&http.lines(&run_id).await, &written);
    loki.limit(|limits| limits.allow_structured_metadata = true);
    trimmed(&database).await;
    check_read(&http.lines(&run_id).await, &written);
}

#[tokio::test]
async fn a_rate_limit_slows_the_drain_and_loses_nothing() {
    let (database, loki) = (
        Database::new().await,
        Loki::with(Limits { ingestion_rate: 400_000, ingestion_burst_size: 400_000, ..Limits::raised() })
            .await,
    );
    let server = trimming(&database, &loki).env("TELLTALE_LOKI_RATE", "256KiB").start().await;
    let http = server.http();
    let mut runs = Vec::new();
    for _ in 0..4 {
        let run_id = started(&http, &["a"]).await;
        let written = lines(&run_id, "a", "stdout", 1, 1_000);
        write(&http, &run_id, &written).await;
        runs.push((run_id, written));
    }
    trimmed(&database).await;
    for (run_id, written) in &runs {
        check_read(&http.lines(run_id).await, written);
    }
    let failed = crate::support::shipping::failures(&http, "rate_limited").await;
    assert!(failed < 20.0, "the pushes keep below the rate that is set: {failed} were refused");
}

#[tokio::test]
async fn what_loki_forgets_before_the_read_back_is_pushed_again() {
    let database = Database::new().await;
    let loki = Loki::stand_in(Limits::raised());
    let server = options(&database, &loki).env("TELLTALE_LOKI_GRACE", "1s").start().await;
    let http = server.http();
    let mut runs = Vec::new();
    for _ in 0..3 {
        let run_id = started(&http, &["a"]).await;
        let written = lines(&run_id, "a", "stdout", 1, 1_000);
        write(&http, &run_id, &written).await;
        runs.push((run_id, written));
    }
    in_loki(&loki, r#"{run_id=~".+"}"#, 3_000).await;
    let mut place = 0;
    let lost = loki.forget(|_, _| {
        place += 1;
        place % 7 == 0
    });
    assert!(lost > 400, "{lost}");
    trimmed(&database).await;
    assert_eq!(loki.entries(), 3_000, "everything is there again, once");
    for (run_id, written) in &runs {
        let read = http.lines(run_id).await;
        check_read(&read, written);
        check_entries(&loki.query(&format!("{{run_id=\"{run_id}\"}}")).await, &read);
    }
}

#[tokio::test]
async fn what_loki_forgets_again_and_again_is_never_trimmed() {
    let database = Database::new().await;
    let loki = Loki::stand_in(Limits::raised());
    let server = trimming(&database, &loki).start().await;
    let http = server.http();
    let run_id = started(&http, &["a"]).await;
    let written = lines(&run_id, "a", "stdout", 1, 100);
    loki.forget_all(true);
    write(&http, &run_id, &written).await;
    let session = database.session().await;
    until("the segment is set aside", || async {
        let row =
            session.query_one("SELECT count(*) FROM log_segments WHERE state = 'aside'", &[]).await.unwrap();
        (row.get::<_, i64>(0) == 1).then_some(())
    })
    .await;
    check_read(&http.lines(&run_id).await, &written);
}
