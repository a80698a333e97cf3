//! Lines out to Loki beside the same pushes sent straight, and what a gigabyte passing through costs in memory.
//!
//! Against the stand-in the figures compare telltale with a client that only sends, on a machine that both share with it;
//! what a real Loki takes, only a real one tells (`TELLTALE_TEST_LOKI_BIN`).

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use tokio::task::JoinSet;

use crate::harness::{Outcome, Plan, first_number};
use crate::log_lines::{Bodies, LineWriter, TEXT_BYTES};
use crate::logs::BATCH;
use crate::loki::{self, Loki};
use crate::report::{Report, Row, Target};
use crate::server::Server;
use crate::wire::Connection;

const GROUP: &str = "drain";
/// Lines that wait for Loki, and the runs they are of.
const LINES: u64 = 400_000;
const RUNS: u64 = 8;
/// Pushes that the straight client has under way: as many as telltale at most.
const AT_ONCE: usize = 4;
const DRAIN_LIMIT: Duration = Duration::from_secs(300);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// A gigabyte of text.
const PASSING: u64 = 1_000_000_000 / (TEXT_BYTES as u64 + 1);
const PASSING_WRITERS: u64 = 2;

pub async fn measure(plan: &Plan, report: &mut Report) -> Outcome<()> {
    let mut server = Server::fresh(plan).await?;
    let (mut drained, mut straight) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        let (rate, pushes) = drain(&mut server).await?;
        drained.push(rate);
        straight.push(push_straight(pushes).await?);
    }
    let kind = loki::kind();
    let target = if kind == "Loki" { Target::RatioAtLeast(0.9) } else { Target::None };
    let row = Row::new(GROUP, format!("drain to {kind}"), "lines/s", drained);
    report.push(row.beside(format!("the same pushes straight to {kind}"), &straight).target(target));
    if kind == "stand-in" {
        let memory = pass(&mut server).await?;
        let name = "resident memory while 1 GB passes, on to a stand-in that keeps nothing";
        report.push(Row::new(GROUP, name, "MB", vec![memory]).target(Target::AtMost(256.0)));
    }
    server.stop().await
}

/// Lets lines pile up without a Loki, then gives the server one. Lines a second between its first push and its last.
async fn drain(server: &mut Server) -> Outcome<(f64, Vec<Vec<u8>>)> {
    server.env.clear();
    server.restart().await?;
    let mut bodies = Bodies::of(BATCH);
    for _ in 0..RUNS {
        let mut writer = LineWriter::begin(&server.address).await?;
        while writer.head < LINES / RUNS {
            writer.write(&mut bodies).await?;
        }
    }
    let loki = Loki::fresh().await?;
    loki.gate.record();
    server.env.push(("TELLTALE_LOKI_URL", loki.gate.url()));
    server.restart().await?;
    let deadline = Instant::now() + DRAIN_LIMIT;
    // The gauge is 0 until the spool has been looked at.
    while *loki.gate.pushes().borrow() == 0 || spool(server).await? > 0 {
        if Instant::now() > deadline {
            return Err("the spool does not drain".into());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let pushes: Vec<Instant> = loki
        .gate
        .seen()
        .into_iter()
        .filter(|seen| seen.status == 204 && seen.path.ends_with("/push"))
        .map(|seen| seen.at)
        .collect();
    let (Some(first), Some(last)) = (pushes.first(), pushes.last()) else { return Err("no pushes".into()) };
    let share = 1.0 - 1.0 / pushes.len() as f64;
    let rate = LINES as f64 * share / (*last - *first).as_secs_f64();
    Ok((rate, loki.gate.recorded()))
}

async fn spool(server: &Server) -> Outcome<u64> {
    let mut connection = Connection::open(&server.address).await?;
    let body = connection.get("/metrics").await?;
    first_number(body, b"\nlog_spool_bytes ").ok_or_else(|| "no log_spool_bytes".into())
}

/// Lines a second when the same bodies are sent to a Loki of their own by a client that does nothing else.
async fn push_straight(pushes: Vec<Vec<u8>>) -> Outcome<f64> {
    let loki = Loki::fresh().await?;
    let url = format!("{}/loki/api/v1/push", loki.gate.url());
    let client = loki::client()?;
    let started = Instant::now();
    let sending = pushes
        .into_iter()
        .map(|body| client.post(&url).header("content-type", "application/x-protobuf").body(body).send());
    let mut answers = futures_util::stream::iter(sending).buffer_unordered(AT_ONCE);
    while let Some(answer) = answers.next().await {
        let status = answer?.status();
        if status != 204 {
            return Err(format!("a straight push was answered {status}").into());
        }
    }
    Ok(LINES as f64 / started.elapsed().as_secs_f64())
}

/// The most memory, in MB, that the server had while a gigabyte of lines went through it.
async fn pass(server: &mut Server) -> Outcome<f64> {
    let loki = Loki::fresh().await?;
    loki.gate.forget_all(true);
    server.env = vec![("TELLTALE_LOKI_URL", loki.gate.url())];
    server.restart().await?;
    let mut tasks = JoinSet::new();
    for _ in 0..PASSING_WRITERS {
        let address = server.address.clone();
        tasks.spawn(async move {
            let mut bodies = Bodies::of(BATCH);
            let mut writer = LineWriter::begin(&address).await?;
            while writer.head < PASSING / PASSING_WRITERS {
                writer.write(&mut bodies).await?;
            }
            Outcome::Ok(())
        });
    }
    let mut most = 0;
    let mut look = tokio::time::interval(LOOK_EVERY);
    while !tasks.is_empty() {
        tokio::select! {
            _ = look.tick() => most = most.max(server.memory()?),
            Some(done) = tasks.join_next() => done??,
        }
    }
    Ok(most as f64 / 1e6)
}
