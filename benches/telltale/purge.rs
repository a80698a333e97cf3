//! Purging 1,000,000 events of runs that have had their time, and what those who append meanwhile notice of it.

use std::time::{Duration, Instant};

use crate::harness::{Outcome, Plan, first_number, occurrences, quantile};
use crate::load::{Batch, Writer};
use crate::report::{Report, Row, Target};
use crate::server::Server;
use crate::wire::Connection;

const GROUP: &str = "purge";
const RUNS: usize = 1_000;
const EVENTS: usize = 1_000;
/// What a worker that reports progress sends at a time.
const APPENDED: usize = 10;
/// How long appends are measured without a purge, before it and after it, so that both meet the same weather.
const ALONE: Duration = Duration::from_secs(10);
/// Between two looks at how far the purge is.
const LOOK_EVERY: Duration = Duration::from_millis(200);

pub async fn measure(_plan: &Plan, server: &Server, report: &mut Report) -> Outcome<()> {
    let mut connection = Connection::open(&server.address).await?;
    let mut batch = Batch::of(EVENTS - 6);
    for _ in 0..RUNS {
        let mut writer = Writer::begin(&server.address, "purged").await?;
        writer.append(&mut batch).await?;
        let path = format!("/api/v1/runs/{}/events", writer.run_id);
        connection.post(&path, br#"[{"type":"RUN_FAILED"}]"#).await?;
    }
    let mut writer = Writer::begin(&server.address, "beside").await?;
    let mut alone = appended(&mut writer, ALONE, None).await?;

    let mut asker = Connection::open(&server.address).await?;
    let plan = asker.post("/api/v1/cleanup/plans", br#"{"status":["FAILED"]}"#).await?;
    let events = first_number(plan, br#""events":"#).unwrap_or(0);
    let key = br#""planId":""#;
    let place = memchr::memmem::find(plan, key).ok_or("no plan id")? + key.len();
    let id = String::from_utf8(plan.get(place..place + 36).ok_or("no plan id")?.to_vec())?;
    let path = format!("/api/v1/cleanup/plans/{id}");
    let started = Instant::now();
    asker.post(&format!("{path}/apply"), b"{}").await?;
    let beside = appended(&mut writer, Duration::from_secs(600), Some((&mut asker, &path))).await?;
    let took = started.elapsed().as_secs_f64();
    alone.extend(appended(&mut writer, ALONE, None).await?);

    let seconds = Row::new(GROUP, format!("{events} events"), "s", vec![took]);
    report.push(seconds.target(Target::AtMost(60.0)));
    let (alone, beside) = (quantile(&alone, 0.99), quantile(&beside, 0.99));
    report.push(Row::new(GROUP, "append of 10, p99 without a purge", "ms", vec![alone]));
    report.push(Row::new(GROUP, "append of 10, p99 beside it", "ms", vec![beside]));
    let ratio = Row::new(GROUP, "the one to the other", "×", vec![beside / alone]);
    report.push(ratio.target(Target::AtMost(1.5)));
    Ok(())
}

/// Milliseconds of appends one after another, for so long, or until the plan is applied.
async fn appended(
    writer: &mut Writer,
    spell: Duration,
    mut plan: Option<(&mut Connection, &String)>,
) -> Outcome<Vec<f64>> {
    let mut batch = Batch::of(APPENDED);
    let (started, mut looked) = (Instant::now(), Instant::now());
    let mut times = Vec::new();
    while started.elapsed() < spell {
        let asked = Instant::now();
        writer.append(&mut batch).await?;
        times.push(asked.elapsed().as_secs_f64() * 1e3);
        if let Some((asker, path)) = &mut plan
            && looked.elapsed() >= LOOK_EVERY
        {
            looked = Instant::now();
            if occurrences(asker.get(path).await?, br#""state":"applied""#) > 0 {
                break;
            }
        }
    }
    Ok(times)
}
