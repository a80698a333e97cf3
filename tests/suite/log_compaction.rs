//! Small chunks of log lines are joined while others read, and nobody notices.

use serde_json::{Value, json};

use crate::support::{Database, Http, Server, chunks, event, node_event, run_id, until};

const LINES: usize = 300;

async fn post(http: &Http, path: &str, node: &str, number: usize) {
    let line = json!({ "nodeRef": node, "stream": "stdout", "text": format!("line {number}") });
    http.post_ndjson(path, &[line]).await.expect(200);
}

fn numbers(lines: &[Value]) -> Vec<u64> {
    lines.iter().map(|line| line["logSeq"].as_u64().unwrap()).collect()
}

/// Reads a run's log in all ways, which must give each line once and in order.
async fn read(http: &Http, run_id: &str, path: &str) {
    let every: Vec<u64> = (1..=LINES as u64).collect();
    let mut seen = Vec::new();
    // Pages of odd length, so that their borders lie within chunks.
    while seen.len() < LINES {
        let page = http.get(&format!("{path}?after={}&limit=37", seen.len())).await.expect(200).json();
        seen.extend(numbers(page["lines"].as_array().unwrap()));
        assert_eq!(seen, every[..seen.len()]);
    }
    let tail = http.get(&format!("{path}?tail=50")).await.expect(200).json();
    assert_eq!(numbers(tail["lines"].as_array().unwrap()), every[LINES - 50..]);
    let of_b = http.get(&format!("{path}?nodeRef=b&limit=5000")).await.expect(200).json();
    assert_eq!(of_b["lines"].as_array().unwrap().len(), LINES / 3);
    let text = http.get(&format!("{path}/download")).await.expect(200).text();
    let expected: String = (1..=LINES).map(|number| format!("line {number}\n")).collect();
    assert_eq!(text, expected, "of {run_id}");
}

#[tokio::test]
async fn chunks_of_one_line_become_one_while_others_read() {
    let database = Database::new().await;
    // Two servers: one of them joins.
    let (server, other) = (Server::on(&database).await, Server::on(&database).await);
    let (http, run_id) = (server.http(), run_id());
    http.append(&run_id, &[event("RUN_STARTED"), node_event("NODE_STARTED", "a")]).await;
    let path = format!("/api/v1/runs/{run_id}/logs");
    for number in 1..=LINES {
        post(&http, &path, if number % 3 == 0 { "b" } else { "a" }, number).await;
    }
    assert_eq!(chunks::count(&database, &run_id).await, LINES as i64, "each request was a chunk");
    let before = chunks::lines(&database, &run_id).await;
    http.append(&run_id, &[event("RUN_COMPLETED")]).await;

    let reader = {
        let (http, run_id, path) = (other.http(), run_id.clone(), path.clone());
        tokio::spawn(async move {
            loop {
                read(&http, &run_id, &path).await;
            }
        })
    };
    until("the chunks are joined", || async {
        assert!(!reader.is_finished(), "a reader saw a gap or a double");
        (chunks::count(&database, &run_id).await == 1).then_some(())
    })
    .await;
    read(&other.http(), &run_id, &path).await;
    assert!(!reader.is_finished(), "a reader saw a gap or a double");
    reader.abort();
    assert_eq!(chunks::lines(&database, &run_id).await, before, "the lines are the same to the byte");
    let session = database.session().await;
    let query = "SELECT count(*) FROM run_logs WHERE loose_since IS NOT NULL";
    until("nothing is loose", || async {
        let loose: i64 = session.query_one(query, &[]).await.unwrap().get(0);
        (loose == 0).then_some(())
    })
    .await;
    // A late line makes it loose again, and its chunk joins the others.
    post(&http, &path, "a", LINES + 1).await;
    until("the late line is joined too", || async {
        let lines = chunks::lines(&database, &run_id).await.len();
        (lines == LINES + 1 && chunks::count(&database, &run_id).await == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn no_join_crosses_what_was_cut() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    http.append(&run_id, &[event("RUN_STARTED"), node_event("NODE_STARTED", "a")]).await;
    let path = format!("/api/v1/runs/{run_id}/logs");
    for number in 1..=9 {
        post(&http, &path, "a", number).await;
    }
    // As a shipper leaves it: two segments, and lines that are not cut yet.
    let session = database.session().await;
    let segment = "INSERT INTO log_segments (run_key, first_log_seq, last_log_seq, state, labels, cut_at, floor_ns, first_ns, \
        last_ns, lines, plain_bytes, digest, reason) SELECT run_key, $2, $3, 'aside', 'run', now(), 0, 1, 2, 3, 1, \
        decode(repeat('00', 32), 'hex'), 'a test' FROM runs WHERE run_id = $1";
    for (first, last) in [(1_i64, 2_i64), (3, 5)] {
        session.execute(segment, &[&run_id, &first, &last]).await.unwrap();
    }
    let cut =
        "UPDATE run_logs SET cut_log_seq = 5 WHERE run_key = (SELECT run_key FROM runs WHERE run_id = $1)";
    session.execute(cut, &[&run_id]).await.unwrap();
    http.append(&run_id, &[event("RUN_COMPLETED")]).await;
    until("the chunks are joined", || async { (chunks::count(&database, &run_id).await == 3).then_some(()) })
        .await;
    let query =
        "SELECT c.first_log_seq FROM log_chunks c JOIN runs r USING (run_key) WHERE r.run_id = $1 ORDER BY 1";
    let rows = session.query(query, &[&run_id]).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.get::<_, i64>(0)).collect::<Vec<_>>(), [1, 3, 6]);
    assert_eq!(chunks::lines(&database, &run_id).await.len(), 9);
}
