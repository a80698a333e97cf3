//! Whether appends suffer from what is there already: full tables, or a thousand live subscribers on other runs.

use std::time::Instant;

use crate::append::{Crew, SINGLES};
use crate::fanout::connect;
use crate::harness::{Outcome, Plan, SPELL};
use crate::load::{Batch, Writer};
use crate::report::{Report, Row, Target};
use crate::server::Server;
use crate::socket::live_path;

/// Falls by at most a tenth (issue 2, targets).
const KEEPS: Target = Target::RatioAtLeast(0.9);
/// What is measured: writers and events a request.
const LOADS: [(usize, usize); 2] = [(SINGLES, 1), (8, 1_000)];
/// Runs that are watched, a subscriber each.
const WATCHED: usize = 1_000;
/// Events of a seeded run, and runs seeded by one statement.
const SEED_EVENTS: u64 = 10_000;
const SEED_RUNS: u64 = 10;

/// Copies the events of a run that the API has written into runs that never were: only tables and indexes matter here.
/// $1 the run copied, $2 how many runs, $3 events in each. Keys lie in the week of the copied run.
const SEED: &str = "INSERT INTO events (run_key, seq, event_id, organization_id, xid, pos, type, node_ref, attempt, level,
        late, occurred_at, recorded_at, hash, body)
    SELECT run.key, s.seq, gen_random_uuid(), e.organization_id, e.xid, s.seq, e.type, e.node_ref, e.attempt, e.level,
        e.late, e.occurred_at, e.recorded_at, e.hash, e.body
    FROM (SELECT (left(r.run_key::text, 14) || right(gen_random_uuid()::text, 22))::uuid AS key, r.run_key AS source
            FROM runs r, generate_series(1, $2) WHERE r.run_id = $1) AS run
    CROSS JOIN generate_series(1, $3) AS s (seq)
    JOIN events e ON e.run_key = run.source AND e.seq = 1 + (s.seq % 1000)";

/// Two servers side by side, one with empty tables, measured in turns.
pub async fn full_tables(plan: &Plan, full: &Server, report: &mut Report) -> Outcome<()> {
    seed(plan, full).await?;
    let empty = Server::fresh(plan).await?;
    for (writers, events) in LOADS {
        let mut on_empty = Crew::gather(&empty.address, writers, events).await?;
        let mut on_full = Crew::gather(&full.address, writers, events).await?;
        on_empty.work(SPELL / 2).await?;
        on_full.work(SPELL / 2).await?;
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for _ in 0..plan.rounds * 2 {
            before.push(on_empty.work(SPELL).await?);
            after.push(on_full.work(SPELL).await?);
        }
        let stored = plan.stored_events / 1_000_000;
        let name = format!("{writers} writers × {events} events, {stored},000,000 events stored");
        report
            .push(Row::new("stored", name, "events/s", after).beside("empty tables", &before).target(KEEPS));
    }
    empty.stop().await
}

/// Stores events by SQL, past the journal: minutes instead of an hour.
async fn seed(plan: &Plan, server: &Server) -> Outcome<()> {
    let mut writer = Writer::begin(&server.address, "seed").await?;
    writer.append(&mut Batch::of(1_000)).await?;
    let client = server.target.open().await?;
    let (runs, events) = (SEED_RUNS as i32, SEED_EVENTS as i32);
    let started = Instant::now();
    for done in 0..plan.stored_events / (SEED_EVENTS * SEED_RUNS) {
        client.execute(SEED, &[&writer.run_id, &runs, &events]).await?;
        if (done + 1).is_multiple_of(10) {
            let rows = (done + 1) * SEED_EVENTS * SEED_RUNS;
            eprintln!("  seeded {rows} events in {:.0} s", started.elapsed().as_secs_f64());
        }
    }
    // So that the measurement meets no write-back of the seeding.
    client.batch_execute("CHECKPOINT; ANALYZE events").await?;
    Ok(())
}

/// The same server with and without a thousand subscribers, in turns.
pub async fn watched(plan: &Plan, server: &Server, report: &mut Report) -> Outcome<()> {
    let mut runs = Vec::new();
    for _ in 0..WATCHED {
        runs.push(Writer::begin(&server.address, "watched").await?.run_id);
    }
    let mut crews = Vec::new();
    for (writers, events) in LOADS {
        let mut crew = Crew::gather(&server.address, writers, events).await?;
        crew.work(SPELL / 2).await?;
        crews.push((writers, events, crew, Vec::new(), Vec::new()));
    }
    for _ in 0..plan.rounds * 2 {
        for (_, _, crew, alone, _) in &mut crews {
            alone.push(crew.work(SPELL).await?);
        }
        let mut sockets = Vec::new();
        for run_id in &runs {
            sockets.extend(connect(&server.address, &live_path(run_id), 1).await?);
        }
        for (_, _, crew, _, beside) in &mut crews {
            beside.push(crew.work(SPELL).await?);
        }
    }
    for (writers, events, _, alone, beside) in crews {
        let name = format!("{writers} writers × {events} events, {WATCHED} subscribers elsewhere");
        report.push(Row::new("watched", name, "events/s", beside).beside("none", &alone).target(KEEPS));
    }
    Ok(())
}
