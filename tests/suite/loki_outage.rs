//! Loki is away, slow, broken or killed, or telltale is: lines wait here, and in the end each is there once.

use std::time::Duration;

use serde_json::{Value, json};

use crate::runner::{exit_status, telltale_run};
use crate::support::loki::Loki;
use crate::support::server::tempdir;
use crate::support::shipping::{
    check_entries, check_read, completed, failed, in_loki, lines, metric_at_least, options, pushed, started,
    trimmed, trimming, write,
};
use crate::support::{Database, Http, check, event, run, run_id, until};

/// Runs with lines in them, some of each in one request.
async fn written(http: &Http, runs: usize, count: usize) -> Vec<(String, Vec<Value>)> {
    let mut all = Vec::new();
    for _ in 0..runs {
        let run_id = started(http, &["a"]).await;
        let lines = lines(&run_id, "a", "stdout", 1, count);
        for part in lines.chunks(500) {
            write(http, &run_id, part).await;
        }
        all.push((run_id, lines));
    }
    all
}

/// Every line of these runs is in both kinds of reads, once and in order.
async fn check_all(http: &Http, loki: &Loki, runs: &[(String, Vec<Value>)]) {
    for (run_id, written) in runs {
        let found = in_loki(loki, &format!("{{run_id=\"{run_id}\"}}"), written.len()).await;
        let read = http.lines(run_id).await;
        check_read(&read, written);
        check_entries(&found, &read);
    }
}

#[tokio::test]
async fn the_recon_sample_loses_nothing_while_loki_is_away() {
    let (database, mut loki) = (Database::new().await, Loki::start().await);
    let server = trimming(&database, &loki).start().await;
    let (http, run_id) = (server.http(), run_id());
    let files = tempdir("recon");
    let file = files.path().join("recon.yaml");
    // The sample with its pauses cut to a tenth.
    let sample = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/samples/recon.yaml")).unwrap();
    std::fs::write(&file, sample.replace("sleep 0.", "sleep 0.0")).unwrap();
    let recon = telltale_run(&server, &file, &run_id, &["--engine", "process"]);
    run::line(&http, &run_id, "domain: ").await;
    pushed(&mut loki.pushes(), 1).await;
    loki.kill9();
    run::node_event(&http, &run_id, "NODE_COMPLETED", "resolve").await;
    failed(&http, "refused").await;
    assert!(http.metric("log_spool_bytes").await > 0.0, "what waits is told");
    assert_eq!(exit_status(recon).await, Some(0), "the run does not notice");
    let read_before = http.get(&format!("/api/v1/runs/{run_id}/logs/download?format=ndjson")).await;
    loki.restart().await;
    trimmed(&database).await;

    let events = check::run(&http, &database, &run_id).await;
    let read = http.lines(&run_id).await;
    check_entries(&loki.query(&format!("{{run_id=\"{run_id}\"}}")).await, &read);
    let closed: u64 = events
        .iter()
        .filter(|event| event["type"] == "NODE_LOG_CLOSED")
        .map(|event| event["data"]["lines"].as_u64().unwrap())
        .sum();
    assert_eq!(read.len() as u64, closed);
    for source in ["certificates", "passive-dns", "wordlist"] {
        let hosts = read.iter().filter(|line| line["nodeRef"] == source && line["stream"] == "stdout");
        let hosts = hosts.map(|line| line["text"].as_str().unwrap());
        let hosts: Vec<&str> = hosts.filter(|text| text.starts_with('\u{1b}')).collect();
        for n in 1..=600 {
            assert_eq!(hosts[n - 1], format!("\u{1b}[32m[{source}]\u{1b}[0m host-{n:04}.example.org"));
        }
    }
    // While Loki was away a read may have needed what only it had; if not, it was the same.
    if read_before.status == 200 {
        let after = http.get(&format!("/api/v1/runs/{run_id}/logs/download?format=ndjson")).await.expect(200);
        assert_eq!(read_before.text(), after.text());
    } else {
        assert_eq!(read_before.problem(503)["type"], "urn:telltale:problem:logs-not-reachable");
    }
}

#[tokio::test]
async fn telltale_is_killed_in_mid_drain() {
    let (database, loki) = (Database::new().await, Loki::start().await);
    let mut server = trimming(&database, &loki).start().await;
    loki.answer("/push", usize::MAX, 503, "not yet");
    let runs = written(&server.http(), 8, 2_000).await;
    loki.recover();
    loki.slow("/push", Duration::from_millis(30));
    for _ in 0..3 {
        pushed(&mut loki.pushes(), 1).await;
        server.kill9();
        server.restart().await;
    }
    loki.recover();
    trimmed(&database).await;
    check_all(&server.http(), &loki, &runs).await;
}

#[tokio::test]
async fn a_push_whose_answer_is_lost_is_repeated_and_stored_once() {
    let database = Database::new().await;
    let loki = Loki::stand_in(crate::support::loki::Limits::raised());
    let mut server = trimming(&database, &loki).start().await;
    loki.mute("/push");
    let runs = written(&server.http(), 3, 1_000).await;
    until("something is stored without an answer", || std::future::ready((loki.entries() > 0).then_some(())))
        .await;
    server.kill9();
    loki.recover();
    server.restart().await;
    trimmed(&database).await;
    check_all(&server.http(), &loki, &runs).await;
    assert!(loki.taken().repeated > 0, "the same push came twice: {:?}", loki.taken());
    assert_eq!(loki.entries(), 3_000);
}

#[tokio::test]
async fn loki_is_killed_in_mid_drain() {
    let (database, mut loki) = (Database::new().await, Loki::start().await);
    let server = trimming(&database, &loki).start().await;
    loki.answer("/push", usize::MAX, 503, "not yet");
    let runs = written(&server.http(), 8, 2_000).await;
    loki.recover();
    loki.slow("/push", Duration::from_millis(30));
    for _ in 0..3 {
        pushed(&mut loki.pushes(), 1).await;
        loki.kill9();
        failed(&server.http(), "refused").await;
        loki.restart().await;
    }
    loki.recover();
    trimmed(&database).await;
    check_all(&server.http(), &loki, &runs).await;
}

#[tokio::test]
async fn each_way_to_fail_is_counted_by_its_name_and_got_over() {
    let (database, mut loki) = (Database::new().await, Loki::start().await);
    let server = trimming(&database, &loki).start().await;
    let http = server.http();
    let mut runs = Vec::new();
    let rate = "ingestion rate limit exceeded for user fake (limit: 4194304 bytes/sec) while attempting to ingest \
                '9' lines totaling '99' bytes, reduce log volume or contact your Loki administrator";
    for (status, text, reason) in [
        (500, "boom", "server_error"),
        (502, "<html>bad gateway</html>", "server_error"),
        (503, "", "server_error"),
        (429, rate, "rate_limited"),
        (401, "401 Authorization Required", "unauthorized"),
        (404, "404 page not found", "rejected"),
    ] {
        let before = crate::support::shipping::failures(&http, reason).await;
        loki.answer("/push", 2, status, text);
        runs.extend(written(&http, 1, 30).await);
        until(&format!("{status} is counted as {reason}"), || async {
            (crate::support::shipping::failures(&http, reason).await > before).then_some(())
        })
        .await;
        check_all(&http, &loki, &runs[runs.len() - 1..]).await;
    }
    loki.kill9();
    runs.extend(written(&http, 1, 30).await);
    failed(&http, "refused").await;
    loki.restart().await;
    trimmed(&database).await;
    check_all(&http, &loki, &runs).await;
    metric_at_least(&http, "loki_push_duration_ms_count", 7.0).await;
}

#[tokio::test]
async fn a_hanging_loki_times_out_and_nothing_else_waits() {
    let (database, loki) = (Database::new().await, Loki::start().await);
    let server = trimming(&database, &loki).start().await;
    let http = server.http();
    loki.hang("/push");
    let runs = written(&http, 2, 100).await;
    // Appends and reads go on at once, while the push hangs.
    let other = written(&http, 1, 1_000).await;
    check_read(&http.lines(&other[0].0).await, &other[0].1);
    failed(&http, "timeout").await;
    loki.recover();
    trimmed(&database).await;
    check_all(&http, &loki, &runs).await;
    check_all(&http, &loki, &other).await;
}

#[tokio::test]
async fn reads_that_need_loki_say_so_while_it_is_away_and_the_rest_works() {
    let (database, mut loki) = (Database::new().await, Loki::start().await);
    let server = trimming(&database, &loki).start().await;
    let http = server.http();
    let run_id = started(&http, &["a"]).await;
    let written = lines(&run_id, "a", "stdout", 1, 600);
    write(&http, &run_id, &written[..400]).await;
    trimmed(&database).await;
    loki.kill9();
    write(&http, &run_id, &written[400..]).await;
    let path = format!("/api/v1/runs/{run_id}/logs");
    let hot = http.get(&format!("{path}?after=400")).await.expect(200).json();
    assert_eq!(hot["lines"].as_array().unwrap().len(), 200);
    assert_eq!(
        http.get(&format!("{path}?tail=5")).await.expect(200).json()["lines"][4]["text"],
        written[599]["text"]
    );
    let answer = http.get(&path).await;
    assert!(answer.header("retry-after").is_some(), "no Retry-After");
    let problem = answer.problem(503);
    assert_eq!(problem["type"], "urn:telltale:problem:logs-not-reachable", "{problem}");
    http.get("/readyz").await.expect(200);
    loki.restart().await;
    until("the whole run can be read again", || async {
        (http.get(&path).await.status == 200).then_some(())
    })
    .await;
    check_read(&http.lines(&run_id).await, &written);
}

#[tokio::test]
async fn a_full_spool_refuses_lines_and_never_events() {
    let (database, mut loki) = (Database::new().await, Loki::start().await);
    loki.kill9();
    let server = options(&database, &loki).env("TELLTALE_LOG_SPOOL_MAX", "256KiB").start().await;
    let http = server.http();
    let run_id = started(&http, &["a"]).await;
    let path = format!("/api/v1/runs/{run_id}/logs");
    let all = lines(&run_id, "a", "stdout", 1, 20_000);
    let mut taken = 0;
    let refused = loop {
        let answer = http.post_ndjson(&path, &all[taken..taken + 100]).await;
        if answer.status != 200 {
            break answer;
        }
        taken += 100;
        assert!(taken < all.len(), "the spool never fills");
    };
    assert!(refused.header("retry-after").is_some(), "no Retry-After");
    assert_eq!(refused.problem(503)["type"], "urn:telltale:problem:log-spool-full");
    assert!(taken > 0 && http.metric("log_spool_bytes").await > 200_000.0);
    http.append(&run_id, &[event("NOTE")]).await;
    let ready = http.get("/readyz").await.expect(200).text();
    assert!(ready.contains("spool"), "{ready}");
    loki.restart().await;
    until("lines are taken again", || async {
        let answer = http.post_ndjson(&path, &all[taken..taken + 100]).await;
        (answer.status == 200).then_some(())
    })
    .await;
    let written = &all[..taken + 100];
    let found = in_loki(&loki, &format!("{{run_id=\"{run_id}\"}}"), written.len()).await;
    check_read(&http.lines(&run_id).await, written);
    check_entries(&found, &http.lines(&run_id).await);
    completed(&http, &run_id, &["a"]).await;
    assert_eq!(http.run(&run_id).await["status"], json!("COMPLETED"));
}
