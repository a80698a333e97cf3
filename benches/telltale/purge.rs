//! Purging 1,000,000 events of runs that have had their time, and what those who append meanwhile notice of it.

use std::time::{Duration, Instant};

use crate::harness::{Outcome, Plan, first_number, occurrences, quantile};
use crate::load::{Batch, Writer};
use crate::report::{Report, Row, Target};
use crate::server::Server;
use crate::wire::Connection;

const GROUP: &str = "purge";
/// The runs are purged a workflow at a time, and appends are measured without a purge before each and after the last, so that both
/// meet the same weather.
const WORKFLOWS: usize = 5;
const RUNS: usize = 200;
const EVENTS: usize = 1_000;
/// What a worker that reports progress sends at a time.
const APPENDED: usize = 10;
const ALONE: Duration = Duration::from_secs(8);
/// Between two looks at how far the purge is.
const LOOK_EVERY: Duration = Duration::from_millis(200);

pub async fn measure(_plan: &Plan, server: &Server, report: &mut Report) -> Outcome<()> {
    let mut connection = Connection::open(&server.address).await?;
    let mut batch = Batch::of(EVENTS - 6);
    for workflow in 0..WORKFLOWS {
        for _ in 0..RUNS {
            let mut writer = Writer::begin(&server.address, &format!("purged-{workflow}")).await?;
            writer.append(&mut batch).await?;
            let path = format!("/api/v1/runs/{}/events", writer.run_id);
            connection.post(&path, br#"[{"type":"RUN_FAILED"}]"#).await?;
        }
    }
    let mut writer = Writer::begin(&server.address, "beside").await?;
    let mut alone = vec![appended(&mut writer, ALONE, None).await?];
    let mut beside = Vec::new();
    let (mut events, mut took) = (0, 0.0);
    for workflow in 0..WORKFLOWS {
        let mut asker = Connection::open(&server.address).await?;
        let criteria = format!(r#"{{"workflow":"purged-{workflow}","status":["FAILED"]}}"#);
        let plan = asker.post("/api/v1/cleanup/plans", criteria.as_bytes()).await?;
        events += first_number(plan, br#""events":"#).unwrap_or(0);
        let key = br#""planId":""#;
        let place = memchr::memmem::find(plan, key).ok_or("no plan id")? + key.len();
        let id = String::from_utf8(plan.get(place..place + 36).ok_or("no plan id")?.to_vec())?;
        let path = format!("/api/v1/cleanup/plans/{id}");
        let started = Instant::now();
        asker.post(&format!("{path}/apply"), b"{}").await?;
        let until_applied = Some((&mut asker, &path));
        beside.push(appended(&mut writer, Duration::from_secs(600), until_applied).await?);
        took += started.elapsed().as_secs_f64();
        alone.push(appended(&mut writer, ALONE, None).await?);
    }
    // Each purge between its neighbours.
    let alone: Vec<Vec<f64>> = alone.windows(2).map(<[Vec<f64>]>::concat).collect();

    let seconds = Row::new(GROUP, format!("{events} events"), "s", vec![took]);
    report.push(seconds.target(Target::AtMost(60.0)));
    for (quantile_of, name) in [(0.5, "p50"), (0.99, "p99")] {
        let of = |spells: &[Vec<f64>]| spells.iter().map(|times| quantile(times, quantile_of)).collect();
        let (alone, beside): (Vec<f64>, Vec<f64>) = (of(&alone), of(&beside));
        let ratios = beside.iter().zip(&alone).map(|(beside, alone)| beside / alone).collect();
        report.push(Row::new(GROUP, format!("append of 10, {name} without a purge"), "ms", alone));
        report.push(Row::new(GROUP, format!("append of 10, {name} beside it"), "ms", beside));
        let target = if name == "p99" { Target::AtMost(1.5) } else { Target::None };
        report.push(Row::new(GROUP, format!("the one to the other, {name}"), "×", ratios).target(target));
    }
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
