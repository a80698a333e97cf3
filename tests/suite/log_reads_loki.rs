//! Reads over the border between the hot store and Loki: while it moves, while Loki is away, and where Loki has lost lines.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::frames::number;
use crate::support::loki::{Limits, Loki};
use crate::support::shipping::{check_read, completed, lines, started, trimmed, trimming, write};
use crate::support::ws::Live;
use crate::support::{Database, Http, event};

async fn page(http: &Http, run_id: &str, query: &str) -> Value {
    http.get(&format!("/api/v1/runs/{run_id}/logs?{query}")).await.expect(200).json()
}

fn places(page: &Value) -> Vec<u64> {
    page["lines"].as_array().unwrap().iter().map(|line| number(line, "logSeq")).collect()
}

/// Reads all of the run in every way there is; nothing may be missing, twice or out of order.
async fn read_whole(http: &Http, run_id: &str, head: u64) {
    let numbers: Vec<u64> = (1..=head).collect();
    let (mut found, mut before) = (Vec::new(), head + 1);
    while before > 1 {
        let page = page(http, run_id, &format!("before={before}&limit=800")).await;
        found.splice(0..0, places(&page));
        before = number(&page, "nextBefore");
    }
    assert_eq!(found, numbers, "backwards");
    let (mut found, mut after) = (Vec::new(), 0);
    while after < head {
        let page = page(http, run_id, &format!("after={after}&before={}&q=line&limit=900", head + 1)).await;
        found.extend(places(&page));
        after = number(&page, "nextAfter");
    }
    assert_eq!(found, numbers, "a search forwards");
    let path = format!("/api/v1/runs/{run_id}/logs/download?format=ndjson");
    let text = http.get(&path).await.expect(200).text();
    let downloaded: Vec<u64> =
        text.lines().map(|line| number(&serde_json::from_str(line).unwrap(), "logSeq")).collect();
    assert!(downloaded.len() as u64 >= head);
    assert_eq!(downloaded, (1..=downloaded.len() as u64).collect::<Vec<_>>(), "the download");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_missing_or_twice_while_the_border_moves() {
    let (database, loki) = (Database::new().await, Loki::start().await);
    let server = trimming(&database, &loki).start().await;
    let http = server.http();
    let run_id = started(&http, &["a"]).await;
    let (progress, written) = tokio::sync::watch::channel(0_u64);
    let writing = {
        let (http, run_id) = (http.clone(), run_id.clone());
        tokio::spawn(async move {
            for from in (1..=6_000).step_by(100) {
                write(&http, &run_id, &lines(&run_id, "a", "stdout", from, 100)).await;
                progress.send_replace(from as u64 + 99);
            }
        })
    };
    let mut live = Live::new(&server.address(), &run_id, "");
    let reading = async {
        let mut reads = 0;
        while *written.borrow() < 6_000 || reads < 3 {
            let head = *written.borrow();
            read_whole(&http, &run_id, head).await;
            reads += 1;
        }
        // The last ones are trimmed as well while they are read.
        read_whole(&http, &run_id, 6_000).await;
        completed(&http, &run_id, &["a"]).await;
    };
    let ((), ()) = tokio::join!(reading, live.follow());
    writing.await.unwrap();
    let texts: Vec<&Value> = live.seen.lines.iter().map(|line| &line["text"]).collect();
    let expected = lines(&run_id, "a", "stdout", 1, 6_000);
    assert_eq!(texts, expected.iter().map(|line| &line["text"]).collect::<Vec<_>>());
    trimmed(&database).await;
    read_whole(&http, &run_id, 6_000).await;
}

#[tokio::test]
async fn a_viewer_whose_lines_lie_in_loki_gets_events_while_it_is_away_and_every_line_later() {
    let (database, loki) = (Database::new().await, Loki::start().await);
    let server = trimming(&database, &loki).start().await;
    let http = server.http();
    let run_id = started(&http, &["a"]).await;
    write(&http, &run_id, &lines(&run_id, "a", "stdout", 1, 50)).await;
    trimmed(&database).await;
    loki.answer("/loki", usize::MAX, 503, "away");
    write(&http, &run_id, &lines(&run_id, "a", "stdout", 51, 10)).await;
    // What is hot can be read; what is not says so; what comes to it on its way ends before it.
    assert_eq!(places(&page(&http, &run_id, "after=50").await).len(), 10);
    let answer = http.get(&format!("/api/v1/runs/{run_id}/logs")).await;
    assert!(answer.header("retry-after").is_some());
    let problem = answer.problem(503);
    assert!(problem["type"].as_str().unwrap().ends_with("logs-not-reachable"), "{problem}");
    let tail = page(&http, &run_id, "tail=30").await;
    assert_eq!(places(&tail), (51..=60).collect::<Vec<_>>());
    assert_eq!((&tail["stopped"], &tail["nextBefore"]), (&json!("time"), &json!(51)));
    http.get(&format!("/api/v1/runs/{run_id}/logs/download")).await.problem(503);

    let mut live = Live::new(&server.address(), &run_id, "");
    let following = async {
        live.follow().await;
        live.seen
    };
    let meanwhile = async {
        let noted = http.append(&run_id, &[event("NOTE")]).await;
        let mut early = Live::open(&server.address(), &run_id).await;
        let head = number(&noted, "headSeq");
        early.read_until("events without lines", |seen| seen.events.len() as u64 == head).await;
        assert!(early.seen.lines.is_empty(), "lines that nobody could read");
        loki.recover();
        completed(&http, &run_id, &["a"]).await;
    };
    let (seen, ()) = tokio::join!(following, meanwhile);
    assert_eq!(seen.lines.len(), 60);
    check_read(&seen.lines, &lines(&run_id, "a", "stdout", 1, 60));
}

#[tokio::test]
async fn a_search_that_loki_does_not_understand_is_made_here() {
    let (database, loki) = (Database::new().await, Loki::start().await);
    let server = trimming(&database, &loki).start().await;
    let http = server.http();
    let run_id = started(&http, &["a"]).await;
    write(&http, &run_id, &lines(&run_id, "a", "stdout", 1, 200)).await;
    trimmed(&database).await;
    let search = "q=%2F%5Cbline%20%5Cd7%5Cb%2F";
    let expected = [17, 27, 37, 47, 57, 67, 77, 87, 97];
    assert_eq!(places(&page(&http, &run_id, search).await), expected);
    loki.answer("/query_range", 1, 400, "parse error : unexpected \\\\");
    assert_eq!(places(&page(&http, &run_id, search).await), expected);
    assert_eq!(places(&page(&http, &run_id, &format!("{search}&tail=2")).await), [87, 97]);
}

#[tokio::test]
async fn lines_that_loki_has_lost_are_never_passed_over() {
    let database = Database::new().await;
    let loki = Loki::stand_in(Limits::raised());
    let server = trimming(&database, &loki).start().await;
    let http = server.http();
    let run_id = started(&http, &["a"]).await;
    write(&http, &run_id, &lines(&run_id, "a", "stdout", 1, 40)).await;
    trimmed(&database).await;
    let mut nth = 0;
    let lost = loki.forget(|_, _| {
        nth += 1;
        nth == 20
    });
    assert_eq!(lost, 1);
    http.get(&format!("/api/v1/runs/{run_id}/logs")).await.problem(503);
    http.get(&format!("/api/v1/runs/{run_id}/logs/download")).await.problem(503);
    assert_eq!(places(&page(&http, &run_id, "after=30&limit=5").await), [31, 32, 33, 34, 35]);
}

#[tokio::test]
async fn a_page_that_takes_too_long_says_how_far_it_got() {
    let (database, loki) = (Database::new().await, Loki::start().await);
    let server = trimming(&database, &loki).start().await;
    let http = server.http();
    let run_id = started(&http, &["a"]).await;
    let written: Vec<Value> = (1..=60)
        .map(|n| json!({ "nodeRef": "a", "stream": "stdout", "lineNo": n, "text": format!("line {n} {}", "=".repeat(80_000)) }))
        .collect();
    for part in written.chunks(20) {
        write(&http, &run_id, part).await;
    }
    trimmed(&database).await;
    loki.slow("/query_range", Duration::from_millis(2_100));
    for (place, next) in [("after=0", "nextAfter"), ("before=61", "nextBefore")] {
        let first = page(&http, &run_id, &format!("{place}&nodeRef=a")).await;
        assert_eq!(first["stopped"], "time");
        let key = if next == "nextAfter" { "after" } else { "before" };
        let rest = page(&http, &run_id, &format!("{key}={}&nodeRef=a", first[next])).await;
        let mut all = [places(&first), places(&rest)].concat();
        assert!(!places(&first).is_empty() && !places(&rest).is_empty());
        all.sort_unstable();
        let mut whole = all.clone();
        whole.dedup();
        assert_eq!(all, whole, "no line twice");
        let edge = if key == "after" { all[0] == 1 } else { all[all.len() - 1] == 60 };
        assert!(edge && all.windows(2).all(|pair| pair[1] == pair[0] + 1), "{all:?}");
    }
}
