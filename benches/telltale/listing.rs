//! The list of runs over 1,000,000 of them.

use std::time::Instant;

use crate::harness::{Outcome, occurrences, quantile};
use crate::load::Writer;
use crate::report::{Report, Row, Target};
use crate::server::Server;
use crate::wire::Connection;

const GROUP: &str = "list";
const RUNS: i64 = 1_000_000;
const REQUESTS: usize = 200;

/// Copies a run that the API has made into runs without events: only the list is measured on them. They are over, so that
/// nobody looks after them. $1 the run copied, $2 how many; keys grow with time inside the last ten days.
const SEED: &str = "INSERT INTO runs (run_key, organization_id, run_id, workflow, status, head_seq, head_hash, state,
        trigger, labels, inputs, result)
    SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - 864 * n), 12, '0')
            || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid,
        organization_id, 'seeded-' || n, 'workflow-' || n % 20,
        (ARRAY['COMPLETED', 'COMPLETED', 'COMPLETED', 'COMPLETED', 'COMPLETED', 'COMPLETED', 'COMPLETED', 'COMPLETED',
            'FAILED', 'CANCELLED'])[1 + n % 10],
        head_seq, head_hash, state, trigger, jsonb_build_object('team', 'team-' || n % 7), inputs, result
    FROM runs, generate_series(1, $2::bigint) AS n
    WHERE run_id = $1";

/// Name, query, and whether the target is about it.
const PAGES: [(&str, &str, bool); 6] = [
    ("first page", "", true),
    ("first page, status=FAILED", "?status=FAILED", true),
    ("first page, workflow=…", "?workflow=workflow-7", true),
    ("first page, workflow=… status=FAILED", "?workflow=workflow-8&status=FAILED", true),
    ("first page, label=…", "?label=team:team-3", true),
    ("first page, q=… found often", "?q=seeded-99", false),
];

pub async fn measure(server: &Server, report: &mut Report) -> Outcome<()> {
    let writer = Writer::begin(&server.address, "listed").await?;
    let mut connection = Connection::open(&server.address).await?;
    let path = format!("/api/v1/runs/{}/events", writer.run_id);
    connection.post(&path, br#"[{"type":"RUN_COMPLETED"}]"#).await?;
    let client = server.target.open().await?;
    let started = Instant::now();
    client.execute(SEED, &[&writer.run_id, &RUNS]).await?;
    client.batch_execute("VACUUM ANALYZE runs, run_facets, run_words").await?;
    eprintln!("  seeded {RUNS} runs in {:.0} s", started.elapsed().as_secs_f64());
    // The first one was idle for too long.
    let mut connection = Connection::open(&server.address).await?;
    for (name, query, has_target) in PAGES {
        let path = format!("/api/v1/runs{query}");
        let mut times = Vec::new();
        for _ in 0..REQUESTS {
            let asked = Instant::now();
            let page = connection.get(&path).await?;
            times.push(asked.elapsed().as_secs_f64() * 1e3);
            let count = occurrences(page, br#""runId":"#);
            if count != 50 {
                return Err(format!("{count} runs on the page of {path}").into());
            }
        }
        let target = if has_target { Target::AtMost(10.0) } else { Target::None };
        let row = Row::new(GROUP, format!("{name}, p50"), "ms", vec![quantile(&times, 0.5)]);
        report.push(row.target(target));
        report.push(Row::new(GROUP, format!("{name}, p99"), "ms", vec![quantile(&times, 0.99)]));
    }
    Ok(())
}
