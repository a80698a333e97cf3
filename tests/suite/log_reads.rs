//! Reading a run's lines: pages both ways, searches, downloads, and when they are complete.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::frames::number;
use crate::support::shipping::{lines, started, write};
use crate::support::{Database, Http, Server, event, node_event};

async fn page(http: &Http, run_id: &str, query: &str) -> Value {
    http.get(&format!("/api/v1/runs/{run_id}/logs?{query}")).await.expect(200).json()
}

fn places(page: &Value) -> Vec<u64> {
    page["lines"].as_array().unwrap().iter().map(|line| number(line, "logSeq")).collect()
}

/// Pages through everything that fits `query`, forwards or backwards; the places in the order of logSeq.
async fn all(http: &Http, run_id: &str, query: &str, backwards: bool) -> Vec<u64> {
    let mut found: Vec<u64> = Vec::new();
    let mut place = if backwards { u64::from(u32::MAX) } else { 0 };
    loop {
        let end = if backwards { format!("before={place}") } else { format!("after={place}") };
        let page = page(http, run_id, &format!("{end}&{query}")).await;
        if backwards {
            found.splice(0..0, places(&page));
        } else {
            found.extend(places(&page));
        }
        match page["stopped"].as_str().unwrap() {
            "end" => return found,
            "limit" | "time" => {}
            other => panic!("stopped: {other}"),
        }
        let next = number(&page, if backwards { "nextBefore" } else { "nextAfter" });
        assert!(if backwards { next < place } else { next > place }, "{page}");
        place = next;
    }
}

/// What each stream holds, by its last NODE_LOG_CLOSED and by its lines: `(lines, sha256)`.
async fn streams(http: &Http, run_id: &str) -> BTreeMap<String, [Option<(u64, String)>; 2]> {
    let mut streams: BTreeMap<String, [Option<(u64, String)>; 2]> = BTreeMap::new();
    for event in http.events(run_id).await.iter().filter(|event| event["type"] == "NODE_LOG_CLOSED") {
        let data = &event["data"];
        let name = format!("{} {}", event["nodeRef"], data["stream"]);
        let proof = (number(data, "lines"), data["sha256"].as_str().unwrap().to_owned());
        streams.entry(name).or_default()[0] = Some(proof);
    }
    let mut texts: BTreeMap<String, (u64, String)> = BTreeMap::new();
    for line in http.lines(run_id).await {
        let text = texts.entry(format!("{} {}", line["nodeRef"], line["stream"])).or_default();
        text.0 += 1;
        text.1 += &format!("{}\n", line["text"].as_str().unwrap());
    }
    for (name, (lines, text)) in texts {
        let sha256 = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
        streams.entry(name).or_default()[1] = Some((lines, sha256));
    }
    streams
}

#[tokio::test]
async fn pages_join_on_both_ways_whatever_is_sought() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let run_id = started(&http, &["a", "b \"x\""]).await;
    let mut written = Vec::new();
    for from in (1..=3_000).step_by(100) {
        let mut batch = lines(&run_id, "a", "stdout", from, 100);
        let more = (from..from + 10).map(|n| {
            let word = if n % 3 == 0 { "ERROR: é\t\"quoted\"" } else { "warning, slow" };
            json!({ "nodeRef": "b \"x\"", "stream": "stderr", "lineNo": (from - 1) / 10 + n - from + 1, "text": format!("{word} {n}") })
        });
        batch.extend(more);
        write(&http, &run_id, &batch).await;
        written.extend(batch);
    }
    let text = |line: &Value| line["text"].as_str().unwrap().to_owned();
    let expect = |fits: &dyn Fn(&Value) -> bool| -> Vec<u64> {
        (1..).zip(&written).filter(|(_, line)| fits(line)).map(|(place, _)| place).collect()
    };
    let everything = expect(&|_| true);
    assert_eq!(everything.len(), 3_300);
    for backwards in [false, true] {
        assert_eq!(all(&http, &run_id, "limit=700", backwards).await, everything);
        let errors = expect(&|line| text(line).starts_with("ERROR"));
        assert_eq!(all(&http, &run_id, "limit=7&level=error", backwards).await, errors);
        assert_eq!(all(&http, &run_id, "limit=9&q=%C3%A9%09%22quoted%22", backwards).await, errors);
        let noisy = expect(&|line| line["stream"] == "stderr");
        assert_eq!(all(&http, &run_id, "limit=50&level=warn", backwards).await, noisy);
        assert_eq!(all(&http, &run_id, "limit=50&nodeRef=b%20%22x%22", backwards).await, noisy);
        let some = expect(&|line| text(line).contains("line 29") && line["nodeRef"] == "a");
        assert_eq!(
            all(&http, &run_id, "limit=5&q=%2Fline%2029%5Cd%3F%5Cd%3F%5Cb%2F&nodeRef=a", backwards).await,
            some
        );
        assert!(all(&http, &run_id, "q=nowhere%20to%20be%20found", backwards).await.is_empty());
    }
    // Both level and text must fit, and a page tells both its neighbours.
    let both = page(&http, &run_id, "level=error&q=29&after=3000").await;
    assert!(both["lines"].as_array().unwrap().iter().all(|line| text(line).contains("29")), "{both}");
    let middle = page(&http, &run_id, "after=100&limit=10").await;
    assert_eq!(places(&middle), (101..=110).collect::<Vec<_>>());
    assert_eq!(
        (&middle["nextBefore"], &middle["nextAfter"], &middle["stopped"]),
        (&json!(101), &json!(110), &json!("limit"))
    );
    let start = page(&http, &run_id, "before=3").await;
    assert_eq!(
        (places(&start), &start["nextBefore"], &start["stopped"]),
        (vec![1, 2], &json!(1), &json!("end"))
    );
    let tail = page(&http, &run_id, "tail=2").await;
    assert_eq!((places(&tail), &tail["nextBefore"]), (vec![3_299, 3_300], &json!(3_299)));
}

#[tokio::test]
async fn a_download_is_of_whom_and_as_one_asks() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let run_id = started(&http, &["a", "b"]).await;
    let painted = |node: &str, n: usize, text: &str| json!({ "nodeRef": node, "stream": "stdout", "lineNo": n, "text": text });
    let written = [
        painted("a", 1, "\u{1b}[31mred\u{1b}[0m 10 %\r\u{1b}[K20 %"),
        painted("b", 1, "\u{1b}]0;title\u{7}plain"),
        painted("a", 2, "done"),
    ];
    write(&http, &run_id, &written).await;
    let get = async |query: &str| {
        http.get(&format!("/api/v1/runs/{run_id}/logs/download?{query}")).await.expect(200).text()
    };
    assert_eq!(get("nodeRef=a").await, "\u{1b}[31mred\u{1b}[0m 10 %\r\u{1b}[K20 %\ndone\n");
    assert_eq!(get("ansi=strip").await, "red 10 %\r20 %\nplain\ndone\n");
    assert_eq!(get("ansi=strip&nodeRef=b").await, "plain\n");
    assert_eq!(get("format=ndjson&nodeRef=b").await.lines().count(), 1);
    for bad in ["ansi=maybe", "ansi=strip&format=ndjson"] {
        http.get(&format!("/api/v1/runs/{run_id}/logs/download?{bad}")).await.problem(400);
    }
}

#[tokio::test]
async fn a_stream_that_begins_after_the_end_of_its_run_is_closed_too() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let run_id = started(&http, &["a"]).await;
    write(&http, &run_id, &lines(&run_id, "a", "stdout", 1, 3)).await;
    http.append(&run_id, &[node_event("NODE_COMPLETED", "a"), event("RUN_COMPLETED")]).await;
    assert_eq!(page(&http, &run_id, "").await["complete"], true);
    write(&http, &run_id, &lines(&run_id, "a", "stderr", 1, 2)).await;
    write(&http, &run_id, &lines(&run_id, "a", "stdout", 4, 1)).await;
    assert_eq!(page(&http, &run_id, "").await["complete"], true);
    for (name, [proof, counted]) in streams(&http, &run_id).await {
        assert_eq!(proof, counted, "{name}");
    }
    let marks: Vec<bool> = http.lines(&run_id).await.iter().map(|line| line["late"] == true).collect();
    assert_eq!(marks, [false, false, false, false, false, true], "only what had been closed is late");
}

#[tokio::test]
async fn a_close_that_a_killed_server_did_not_note_is_made_up_for_by_the_repeat() {
    let database = Database::new().await;
    let mut server = Server::on(&database).await;
    let http = server.http();
    let run_id = started(&http, &["a"]).await;
    let written = lines(&run_id, "a", "stdout", 1, 3);
    write(&http, &run_id, &written).await;
    http.append(&run_id, &[event("RUN_COMPLETED")]).await;
    // As the kill leaves it, between the event and the mark.
    server.kill9();
    let session = database.session().await;
    session.execute("UPDATE log_streams SET closed_at_lines = NULL", &[]).await.unwrap();
    server.restart().await;
    let http = server.http();
    assert_eq!(page(&http, &run_id, "").await["complete"], false);
    write(&http, &run_id, &written).await;
    assert_eq!(page(&http, &run_id, "").await["complete"], true);
    let closes = http.events(&run_id).await.iter().filter(|event| event["type"] == "NODE_LOG_CLOSED").count();
    assert_eq!(closes, 1, "the same close is one event");
}

/// Lines race with the close of their node, with the end of their run and with new streams: whatever came is in a proof.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_that_race_with_the_end_are_all_in_the_last_proof() {
    let database = Database::new().await;
    let (server, other) = (Server::on(&database).await, Server::on(&database).await);
    let http = server.http();
    for round in 0..12 {
        let run_id = started(&http, &["a"]).await;
        let writing = ["stdout", "stderr"].map(|stream| {
            let (http, run_id) = (if round % 2 == 0 { other.http() } else { http.clone() }, run_id.clone());
            tokio::spawn(async move {
                for n in 1..=30 {
                    write(&http, &run_id, &lines(&run_id, "a", stream, n, 1)).await;
                }
            })
        });
        let close = json!({ "nodeRef": "a", "attempt": 1, "stream": "stdout" });
        http.post(&format!("/api/v1/runs/{run_id}/logs/close"), &close).await.expect(200);
        http.append(&run_id, &[node_event("NODE_COMPLETED", "a")]).await;
        http.append(&run_id, &[event("RUN_COMPLETED")]).await;
        for task in writing {
            task.await.unwrap();
        }
        let streams = streams(&http, &run_id).await;
        assert_eq!(streams.len(), 2);
        for (name, [proof, counted]) in streams {
            assert_eq!(proof, counted, "round {round}, {name}");
            assert_eq!(counted.unwrap().0, 30);
        }
        assert_eq!(page(&http, &run_id, "").await["complete"], true, "round {round}");
    }
}
