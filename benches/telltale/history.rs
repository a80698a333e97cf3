//! List, counts and statistics over 1,000,000 runs, 10,000,000 with `--full`, of organizations with 100,000 each.

use std::time::{Duration, Instant};

use crate::harness::{Outcome, Plan, quantile};
use crate::load::Writer;
use crate::report::{Report, Row, Target};
use crate::server::Server;
use crate::wire::Connection;

const GROUP: &str = "history";
/// Of one question, unless they take longer than this together.
const REQUESTS: usize = 1_000;
const LONGEST: Duration = Duration::from_secs(10);
const TARGET_MS: f64 = 25.0;

/// Copies a run that the API has made, with what the server derives of it. $1 the run copied, $2 how many; ends grow with time inside
/// the last thirty days, and every 100,000th part of them is of the asker's own organization.
const SEED: &str = "INSERT INTO runs (run_key, organization_id, run_id, workflow, status, head_seq, head_hash, state, trigger,
        labels, inputs, result)
    SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - 2592000000 / $2 * n), 12, '0')
            || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid,
        CASE WHEN n % ($2 / 100000) = 0 THEN organization_id
            ELSE ('00000000-0000-0000-0001-' || lpad(to_hex(n % ($2 / 100000)), 12, '0'))::uuid END,
        'kept-' || n, 'workflow-' || n / ($2 / 100000) % 20,
        (ARRAY['COMPLETED', 'COMPLETED', 'COMPLETED', 'COMPLETED', 'COMPLETED', 'COMPLETED', 'COMPLETED', 'COMPLETED',
            'FAILED', 'CANCELLED'])[1 + n / ($2 / 100000) % 10],
        head_seq, head_hash, state, '{\"type\":\"schedule\"}',
        jsonb_build_object('team', 'team-' || n / ($2 / 100000) % 7), inputs, result
    FROM runs, generate_series(1, $2::bigint) AS n
    WHERE run_id = $1";
const SEED_ENDS: &str = "INSERT INTO run_ends (run_key, organization_id, workflow, status, ended_at)
    SELECT run_key, organization_id, workflow, status,
        to_timestamp(('x' || substr(replace(run_key::text, '-', ''), 1, 12))::bit(48)::bigint / 1000.0)
    FROM runs WHERE run_id LIKE 'kept-%' ON CONFLICT DO NOTHING";
const SEED_DAYS: &str = "INSERT INTO run_days AS d (organization_id, workflow, day, status, duration_class, runs)
    SELECT organization_id, name, (ended_at AT TIME ZONE 'UTC')::date, status, abs(hashtext(run_key::text)) % 60 + 40, count(*)
    FROM run_ends CROSS JOIN LATERAL (VALUES (''), (workflow)) AS named (name)
    GROUP BY 1, 2, 3, 4, 5
    ON CONFLICT (organization_id, workflow, day, status, duration_class) DO UPDATE SET runs = d.runs + excluded.runs";

/// What the step of the schema that makes stored runs searchable does for them; the triggers that do it one by one are off meanwhile.
const SEED_SEARCH: &str = include_str!("../../migrations/V12__search_history.sql");

/// Name and path.
const QUESTIONS: [(&str, &str); 19] = [
    ("list", "/api/v1/runs"),
    ("list, status=FAILED", "/api/v1/runs?status=FAILED"),
    ("list, workflow=… status=FAILED", "/api/v1/runs?workflow=workflow-8&status=FAILED"),
    ("list, label=…", "/api/v1/runs?label=team:team-3"),
    ("list, label=… found nowhere", "/api/v1/runs?label=team:none"),
    ("list, label=… status=FAILED", "/api/v1/runs?label=team:team-3&status=FAILED"),
    ("list, trigger=schedule", "/api/v1/runs?trigger=schedule"),
    ("list, trigger=webhook, found nowhere", "/api/v1/runs?trigger=webhook"),
    ("list, q=… found often", "/api/v1/runs?q=workflow-7"),
    ("list, q=… found nowhere", "/api/v1/runs?q=no-such-text"),
    ("count", "/api/v1/runs/count"),
    ("count, status=FAILED", "/api/v1/runs/count?status=FAILED"),
    ("count, workflow=…", "/api/v1/runs/count?workflow=workflow-7"),
    ("count, label=…", "/api/v1/runs/count?label=team:team-3"),
    ("count, label=… status=FAILED", "/api/v1/runs/count?label=team:team-3&status=FAILED"),
    ("count, q=… found often", "/api/v1/runs/count?q=workflow-7"),
    ("count, q=… found nowhere", "/api/v1/runs/count?q=no-such-text"),
    ("statistics, 30 days", "/api/v1/statistics"),
    ("statistics of a workflow, 30 days", "/api/v1/workflows/workflow-7/statistics"),
];

pub async fn measure(plan: &Plan, server: &Server, report: &mut Report) -> Outcome<()> {
    let writer = Writer::begin(&server.address, "kept").await?;
    let mut connection = Connection::open(&server.address).await?;
    let path = format!("/api/v1/runs/{}/events", writer.run_id);
    connection.post(&path, br#"[{"type":"RUN_COMPLETED"}]"#).await?;
    let client = server.target.open().await?;
    let runs = i64::try_from(plan.stored_events)?;
    let started = Instant::now();
    client.batch_execute("ALTER TABLE runs DISABLE TRIGGER USER").await?;
    client.execute(SEED, &[&writer.run_id, &runs]).await?;
    client.batch_execute("ALTER TABLE runs ENABLE TRIGGER USER").await?;
    let derived = Instant::now();
    client.batch_execute(&format!("BEGIN; {SEED_SEARCH} COMMIT")).await?;
    let name = format!("{runs} runs made searchable (V12__search_history)");
    report.push(Row::new(GROUP, name, "s", vec![derived.elapsed().as_secs_f64()]));
    client.batch_execute(SEED_ENDS).await?;
    client.batch_execute(SEED_DAYS).await?;
    client.batch_execute("VACUUM ANALYZE runs, run_facets, run_words, run_ends, run_days").await?;
    eprintln!("  seeded {runs} runs in {:.0} s", started.elapsed().as_secs_f64());
    // The first one was idle for too long.
    let mut connection = Connection::open(&server.address).await?;
    for (name, path) in QUESTIONS {
        let (mut times, started) = (Vec::new(), Instant::now());
        while times.len() < REQUESTS && started.elapsed() < LONGEST {
            let asked = Instant::now();
            connection.get(path).await?;
            times.push(asked.elapsed().as_secs_f64() * 1e3);
        }
        report.push(Row::new(GROUP, format!("{name}, p50"), "ms", vec![quantile(&times, 0.5)]));
        let row = Row::new(GROUP, format!("{name}, p99"), "ms", vec![quantile(&times, 0.99)]);
        report.push(row.target(Target::AtMost(TARGET_MS)));
    }
    Ok(())
}
