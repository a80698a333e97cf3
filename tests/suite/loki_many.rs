//! Many lines of many runs: what is read, and what Loki has, line by line against what was written.

use futures_util::future::try_join_all;

use crate::support::Database;
use crate::support::loki::Loki;
use crate::support::shipping::{
    check_entries, check_read, completed, lines, options, started, trimmed, write,
};

const RUNS: usize = 50;
const LINES: usize = 4_000;
const NODES: [&str; 2] = ["scan", "probe"];
/// Lines of a request; the runs write at the same time.
const BATCH: usize = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_thousand_lines_of_fifty_runs_are_all_there() {
    let (database, loki) = (Database::new().await, Loki::start().await);
    let server = options(&database, &loki).env("TELLTALE_LOKI_GRACE", "1s").start().await;
    let http = server.http();
    let writing = (0..RUNS).map(|_| {
        let http = http.clone();
        tokio::spawn(async move {
            let run_id = started(&http, &NODES).await;
            let mut written = Vec::with_capacity(LINES);
            let per_stream = LINES / 4;
            for from in (1..=per_stream).step_by(BATCH / 4) {
                let count = BATCH / 4;
                let mut batch = Vec::new();
                for node in NODES {
                    batch.extend(lines(&run_id, node, "stdout", from, count));
                    batch.extend(lines(&run_id, node, "stderr", from, count));
                }
                write(&http, &run_id, &batch).await;
                written.extend(batch);
            }
            completed(&http, &run_id, &NODES).await;
            (run_id, written)
        })
    });
    let runs = try_join_all(writing).await.unwrap();
    trimmed(&database).await;
    let mut total = 0;
    for (run_id, written) in &runs {
        let read = http.lines(run_id).await;
        check_read(&read, written);
        // Each stream in the order written; the run in the order of arrival.
        assert!(read.iter().zip(written).all(|(read, written)| read["text"] == written["text"]));
        let found = loki.query(&format!("{{run_id=\"{run_id}\"}}")).await;
        check_entries(&found, &read);
        total += found.len();
    }
    assert_eq!(total, RUNS * LINES);
    // Few large pushes, and few of them at once.
    let pushes: Vec<_> = loki.seen().into_iter().filter(|seen| seen.path.ends_with("/push")).collect();
    assert!(pushes.len() < RUNS * LINES / 200, "{} pushes", pushes.len());
    assert!(pushes.iter().all(|push| push.bytes < 4 << 20), "a push of over 4 MiB");
    assert!(pushes.iter().all(|push| push.content_type.as_deref() == Some("application/x-protobuf")));
    assert!(loki.most_at_once() <= 8, "{} pushes at once", loki.most_at_once());
    let session = database.session().await;
    let row =
        session.query_one("SELECT count(*) FROM log_segments WHERE state <> 'settled'", &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 0, "nothing is left to do");
}
