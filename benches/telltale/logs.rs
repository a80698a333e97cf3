//! Lines into the hot store beside one COPY of the same chunks, live to a viewer, read back and searched.

use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::task::JoinSet;
use tokio::time::interval;

use crate::harness::{Outcome, Plan, SPELL, first_number, last_number, occurrences, quantile};
use crate::log_lines::{Bodies, LineWriter, NEEDLE};
use crate::report::{Report, Row, Target};
use crate::server::Server;
use crate::socket::{Socket, live_path};
use crate::wire::Connection;

const GROUP: &str = "logs";
/// Lines of a large request: half a megabyte.
pub const BATCH: u64 = 5_000;
const WRITERS: [usize; 2] = [1, 8];
const READ: u64 = 100_000;
const SEARCHED: u64 = 1_000_000;
/// The largest page (contract).
const PAGE: u64 = 5_000;

/// 10,000 lines a second: runs × lines / period.
const LIVE_RUNS: usize = 4;
const LIVE_LINES: u64 = 25;
const LIVE_PERIOD: Duration = Duration::from_millis(10);
const LIVE_SPELL: Duration = Duration::from_secs(3);
/// For frames that are still on their way.
const LIVE_DRAIN: Duration = Duration::from_secs(5);

/// A table of the shape of `log_chunks`, with one partition, as that has for its current week.
const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS bench_chunks (LIKE log_chunks INCLUDING ALL) PARTITION BY RANGE (run_key);
    CREATE TABLE IF NOT EXISTS bench_chunks_all PARTITION OF bench_chunks DEFAULT;
    TRUNCATE bench_chunks";

pub async fn measure(plan: &Plan, server: &Server, report: &mut Report) -> Outcome<()> {
    ingest(plan, server, report).await?;
    live(plan, server, report).await?;
    reading(plan, server, report).await
}

async fn ingest(plan: &Plan, server: &Server, report: &mut Report) -> Outcome<()> {
    for writers in WRITERS {
        let (mut taken, mut copied) = (Vec::new(), Vec::new());
        flood(server, writers, SPELL / 4).await?;
        for _ in 0..plan.rounds {
            let (rate, runs) = flood(server, writers, SPELL).await?;
            taken.push(rate);
            copied.push(copy(server, &runs).await?);
        }
        let name = format!("{writers} writers × {BATCH} lines of 100 bytes, HTTP NDJSON");
        // The target is one of the two: the figure, or half of the ceiling.
        let target = if crate::harness::median(&taken) >= 200_000.0 {
            Target::AtLeast(200_000.0)
        } else {
            Target::RatioAtLeast(0.5)
        };
        report.push(
            Row::new(GROUP, name, "lines/s", taken)
                .beside("one COPY of the same chunks", &copied)
                .target(target),
        );
    }
    Ok(())
}

/// Writes for a while, each writer to a run of its own; lines a second, and the runs.
async fn flood(server: &Server, writers: usize, spell: Duration) -> Outcome<(f64, Vec<String>)> {
    let mut crew = Vec::new();
    for _ in 0..writers {
        crew.push((LineWriter::begin(&server.address).await?, Bodies::of(BATCH)));
    }
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for (mut writer, mut bodies) in crew {
        tasks.spawn(async move {
            while started.elapsed() < spell {
                writer.write(&mut bodies).await?;
            }
            Outcome::Ok(writer)
        });
    }
    let (mut lines, mut runs) = (0, Vec::new());
    while let Some(done) = tasks.join_next().await {
        let writer = done??;
        lines += writer.head;
        runs.push(writer.run_id);
    }
    Ok((lines as f64 / started.elapsed().as_secs_f64(), runs))
}

/// Lines a second when the chunks of these runs, taken out as they are, go into another table by one COPY.
async fn copy(server: &Server, runs: &[String]) -> Outcome<f64> {
    let client = server.target.open().await?;
    client.batch_execute(TABLE).await?;
    let list = runs.iter().map(|run| format!("'{run}'")).collect::<Vec<_>>().join(", ");
    let of_runs = format!("log_chunks WHERE run_key IN (SELECT run_key FROM runs WHERE run_id IN ({list}))");
    let mut rows = Vec::new();
    let mut out = pin!(client.copy_out(&format!("COPY (SELECT * FROM {of_runs}) TO STDOUT BINARY")).await?);
    while let Some(part) = out.next().await {
        rows.push(part?);
    }
    let started = Instant::now();
    let mut sink = pin!(client.copy_in("COPY bench_chunks FROM STDIN BINARY").await?);
    for part in rows {
        sink.feed(part).await?;
    }
    sink.finish().await?;
    let seconds = started.elapsed().as_secs_f64();
    let count = "SELECT sum(last_log_seq - first_log_seq + 1)::bigint FROM bench_chunks";
    let lines: i64 = client.query_one(count, &[]).await?.get(0);
    Ok(lines as f64 / seconds)
}

async fn live(plan: &Plan, server: &Server, report: &mut Report) -> Outcome<()> {
    let mut rounds = [Vec::new(), Vec::new()];
    for _ in 0..plan.rounds {
        let mut tasks = JoinSet::new();
        for run in 0..LIVE_RUNS {
            let offset = LIVE_PERIOD / LIVE_RUNS as u32 * run as u32;
            tasks.spawn(live_run(server.address.clone(), offset));
        }
        let mut samples = Vec::new();
        while let Some(done) = tasks.join_next().await {
            samples.extend(done??);
        }
        for (index, share) in [0.5, 0.99].into_iter().enumerate() {
            rounds[index].push(quantile(&samples, share));
        }
    }
    let [p50, p99] = rounds;
    report.push(Row::new(GROUP, "sent → frame at a viewer, 10,000 lines/s, p50", "ms", p50));
    let row = Row::new(GROUP, "sent → frame at a viewer, 10,000 lines/s, p99", "ms", p99);
    report.push(row.target(Target::AtMost(50.0)));
    Ok(())
}

/// One run that is written to at its rate and watched; milliseconds from each request to the frame with its last line.
async fn live_run(address: String, offset: Duration) -> Outcome<Vec<f64>> {
    let mut writer = LineWriter::begin(&address).await?;
    let mut socket = Socket::open(&address, &live_path(&writer.run_id)).await?;
    let requests = LIVE_SPELL.div_duration_f64(LIVE_PERIOD) as u64;
    let last = requests * LIVE_LINES;
    let watching = tokio::spawn(async move {
        let mut frames = Vec::new();
        loop {
            let seen = tokio::time::timeout(LIVE_SPELL + LIVE_DRAIN, socket.read_shared()).await??;
            if let Some(seq) = seen.log_seq {
                frames.push((seq, Instant::now()));
                if seq >= last {
                    return Outcome::Ok(frames);
                }
            }
        }
    });
    let mut bodies = Bodies::of(LIVE_LINES);
    let mut sent = Vec::new();
    tokio::time::sleep(offset).await;
    let mut ticks = interval(LIVE_PERIOD);
    for _ in 0..requests {
        ticks.tick().await;
        sent.push((writer.head + LIVE_LINES, Instant::now()));
        writer.write(&mut bodies).await?;
    }
    let frames = watching.await??;
    let mut frames = frames.into_iter().peekable();
    let mut samples = Vec::new();
    for (head, at) in sent {
        while frames.next_if(|(seq, _)| *seq < head).is_some() {}
        let Some((_, came)) = frames.peek() else { break };
        samples.push(came.duration_since(at).as_secs_f64() * 1e3);
    }
    Ok(samples)
}

async fn reading(plan: &Plan, server: &Server, report: &mut Report) -> Outcome<()> {
    let mut writer = LineWriter::begin(&server.address).await?;
    let mut bodies = Bodies::of(BATCH);
    while writer.head < READ {
        writer.write(&mut bodies).await?;
    }
    let mut pages = Vec::new();
    for _ in 0..plan.rounds {
        pages.push(by_pages(server, &writer.run_id).await?);
    }
    report.push(Row::new(GROUP, "100,000 lines by pages of 5,000", "s", pages).target(Target::AtMost(1.0)));
    while writer.head < SEARCHED {
        writer.write(&mut bodies).await?;
    }
    writer.write_needle().await?;
    let (mut texts, mut patterns) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        texts.push(search(server, &writer.run_id, NEEDLE).await?);
        patterns.push(search(server, &writer.run_id, "%2Fneedle-%5Ba-z-%5D%2Bhaystack%24%2F").await?);
    }
    report.push(Row::new(GROUP, "a text among 1,000,000 lines", "s", texts));
    report.push(Row::new(GROUP, "a regular expression over 1,000,000 lines", "s", patterns));
    Ok(())
}

async fn by_pages(server: &Server, run_id: &str) -> Outcome<f64> {
    let mut connection = Connection::open(&server.address).await?;
    let started = Instant::now();
    let mut after = 0;
    while after < READ {
        let body = connection.get(&format!("/api/v1/runs/{run_id}/logs?after={after}&limit={PAGE}")).await?;
        let count = occurrences(body, br#""lineNo":"#) as u64;
        let last = last_number(body, br#""logSeq":"#).unwrap_or(0);
        if count == 0 || last != after + count {
            return Err(format!("a page behind {after} has {count} lines up to {last}").into());
        }
        after = last;
    }
    Ok(started.elapsed().as_secs_f64())
}

/// Seconds until every line has been looked at, however many answers that takes.
async fn search(server: &Server, run_id: &str, pattern: &str) -> Outcome<f64> {
    let mut connection = Connection::open(&server.address).await?;
    let started = Instant::now();
    let (mut after, mut found) = (0, 0);
    loop {
        let path = format!("/api/v1/runs/{run_id}/logs?q={pattern}&limit={PAGE}&after={after}");
        let body = connection.get(&path).await?;
        found += occurrences(body, br#""lineNo":"#);
        if occurrences(body, br#""stopped":"end""#) == 1 {
            break;
        }
        let next = first_number(body, br#""nextAfter":"#).filter(|next| *next > after);
        after = next.ok_or("a search that gets no further")?;
    }
    if found != 1 {
        return Err(format!("{found} lines were found instead of one").into());
    }
    Ok(started.elapsed().as_secs_f64())
}
