//! Commit to socket, at a low and a high rate, beside PostgreSQL's own way from NOTIFY to LISTEN.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use parking_lot::Mutex;
use tokio::task::JoinSet;
use tokio::time::interval;
use tokio_postgres::AsyncMessage;

use crate::harness::{Outcome, Plan, quantile};
use crate::load::{Batch, Writer};
use crate::report::{Report, Row, Target};
use crate::server::Server;
use crate::socket::{Socket, live_path};
use crate::wire::Connection;

const GROUP: &str = "latency";
/// Long enough for a p99 of a few hundred requests.
const SPELL: Duration = Duration::from_secs(3);
/// After the last request, for frames still on their way.
const DRAIN: Duration = Duration::from_secs(5);
const CHANNEL: &str = "bench_latency";

/// A rate: events a second = runs × events / period.
struct Rate {
    name: &'static str,
    runs: usize,
    events: usize,
    period: Duration,
    targets: [Target; 2],
}

const RATES: [Rate; 2] = [
    Rate {
        name: "100 events/s",
        runs: 1,
        events: 1,
        period: Duration::from_millis(10),
        targets: [Target::None, Target::None],
    },
    Rate {
        name: "5,000 events/s",
        runs: 8,
        events: 10,
        period: Duration::from_millis(16),
        targets: [Target::AtMost(3.0), Target::AtMost(15.0)],
    },
];

/// One request and what became of it, in milliseconds.
#[derive(Debug, Default)]
struct Samples {
    sent_to_answer: Vec<f64>,
    sent_to_frame: Vec<f64>,
    answer_to_frame: Vec<f64>,
}

pub async fn measure(plan: &Plan, server: &Server, report: &mut Report) -> Outcome<()> {
    for rate in RATES {
        let mut written = [Vec::new(), Vec::new()];
        let mut notified = [Vec::new(), Vec::new()];
        let (mut to_frame, mut to_answer, mut behind) =
            ([vec![], vec![]], [vec![], vec![]], [vec![], vec![]]);
        for _ in 0..plan.rounds {
            let raw = notify_listen(server, &rate).await?;
            let before = histogram(server).await?;
            let samples = subscribed(server, &rate).await?;
            let after = histogram(server).await?;
            for (index, share) in [0.5, 0.99].into_iter().enumerate() {
                notified[index].push(quantile(&raw, share));
                written[index].push(between(&before, &after, share)?);
                to_frame[index].push(quantile(&samples.sent_to_frame, share));
                to_answer[index].push(quantile(&samples.sent_to_answer, share));
                behind[index].push(quantile(&samples.answer_to_frame, share));
            }
        }
        let name = rate.name;
        for (index, p) in ["p50", "p99"].into_iter().enumerate() {
            let take = |all: &mut [Vec<f64>; 2]| std::mem::take(&mut all[index]);
            let row = Row::new(GROUP, format!("commit → socket, {name}, {p}"), "ms", take(&mut written));
            report.push(row.beside("NOTIFY → LISTEN", &notified[index]).target(rate.targets[index]));
            report.push(Row::new(
                GROUP,
                format!("answer → frame at the client, {name}, {p}"),
                "ms",
                take(&mut behind),
            ));
            report.push(Row::new(
                GROUP,
                format!("sent → frame at the client, {name}, {p}"),
                "ms",
                take(&mut to_frame),
            ));
            report.push(Row::new(
                GROUP,
                format!("sent → durable answer, {name}, {p}"),
                "ms",
                take(&mut to_answer),
            ));
        }
    }
    Ok(())
}

/// The requests of one run whose frame is still to come: head after it, sent, answered.
type Open = Arc<Mutex<VecDeque<(u64, Instant, Option<Instant>)>>>;

async fn subscribed(server: &Server, rate: &Rate) -> Outcome<Samples> {
    let mut writers = JoinSet::new();
    let mut readers = JoinSet::new();
    for index in 0..rate.runs {
        let mut writer = Writer::begin(&server.address, "latency").await?;
        let mut socket = Socket::open(&server.address, &live_path(&writer.run_id)).await?;
        let open = Open::default();
        let (events, period, first) = (rate.events, rate.period, rate.period / 8 * index as u32);
        let requests = SPELL.div_duration_f64(rate.period) as u64;
        let last = writer.head + requests * events as u64;
        let shared = open.clone();
        readers.spawn(async move {
            let mut frames = Vec::new();
            loop {
                let seen = tokio::time::timeout(SPELL + DRAIN, socket.read_shared()).await??;
                let now = Instant::now();
                if let Some(seq) = seen.seq {
                    frames.push((seq, now));
                    if seq >= last {
                        return Outcome::Ok(match_up(&shared, &frames));
                    }
                }
            }
        });
        writers.spawn(async move {
            let mut batch = Batch::of(events);
            tokio::time::sleep(first).await;
            let mut ticks = interval(period);
            for _ in 0..requests {
                ticks.tick().await;
                open.lock().push_back((writer.head + events as u64, Instant::now(), None));
                writer.append(&mut batch).await?;
                if let Some(request) = open.lock().back_mut() {
                    request.2 = Some(Instant::now());
                }
            }
            Outcome::Ok(())
        });
    }
    while let Some(done) = writers.join_next().await {
        done??;
    }
    let mut all = Samples::default();
    while let Some(done) = readers.join_next().await {
        let samples = done??;
        all.sent_to_answer.extend(samples.sent_to_answer);
        all.sent_to_frame.extend(samples.sent_to_frame);
        all.answer_to_frame.extend(samples.answer_to_frame);
    }
    Ok(all)
}

/// Finds each request's frame: the first that reaches its head.
fn match_up(open: &Open, frames: &[(u64, Instant)]) -> Samples {
    let milliseconds = |from: Instant, to: Instant| match to.checked_duration_since(from) {
        Some(after) => after.as_secs_f64() * 1e3,
        None => -((from - to).as_secs_f64() * 1e3),
    };
    let mut samples = Samples::default();
    let mut frames = frames.iter().peekable();
    for (head, sent, answered) in open.lock().iter() {
        while frames.next_if(|(seq, _)| seq < head).is_some() {}
        let Some((_, at)) = frames.peek() else { break };
        samples.sent_to_frame.push(milliseconds(*sent, *at));
        // The very last frame may come before its answer.
        if let Some(answered) = answered {
            samples.sent_to_answer.push(milliseconds(*sent, *answered));
            samples.answer_to_frame.push(milliseconds(*answered, *at));
        }
    }
    samples
}

/// Milliseconds from sending a NOTIFY, in a transaction of its own, to hearing it on another connection.
async fn notify_listen(server: &Server, rate: &Rate) -> Outcome<Vec<f64>> {
    let (listener, mut messages) = server.target.open_raw().await?;
    let hearing = tokio::spawn(async move {
        let mut heard = Vec::new();
        while let Some(message) = messages.next().await {
            if let Ok(AsyncMessage::Notification(note)) = message {
                if note.payload() == "end" {
                    break;
                }
                heard.push(Instant::now());
            }
        }
        heard
    });
    listener.batch_execute(&format!("LISTEN {CHANNEL}")).await?;
    let sender = server.target.open().await?;
    let ring = sender.prepare("SELECT pg_notify($1, $2)").await?;
    let period = rate.period / rate.runs as u32;
    let mut ticks = interval(period);
    let mut sent = Vec::new();
    // A third of the spell: the way is the same every time.
    for index in 0..(SPELL.div_duration_f64(period) / 3.0) as u64 {
        ticks.tick().await;
        sent.push(Instant::now());
        sender.execute(&ring, &[&CHANNEL, &index.to_string()]).await?;
    }
    sender.execute(&ring, &[&CHANNEL, &"end"]).await?;
    let heard = hearing.await?;
    if heard.len() != sent.len() {
        return Err(format!("{} notifications of {}", heard.len(), sent.len()).into());
    }
    Ok(sent.iter().zip(&heard).map(|(from, to)| (*to - *from).as_secs_f64() * 1e3).collect())
}

/// The server's `stream_latency_ms`: upper bounds and cumulated counts.
async fn histogram(server: &Server) -> Outcome<Vec<(f64, f64)>> {
    let mut connection = Connection::open(&server.address).await?;
    let text = String::from_utf8(connection.get("/metrics").await?.to_vec())?;
    let buckets = text.lines().filter_map(|line| {
        let (bound, count) = line.strip_prefix("stream_latency_ms_bucket{le=\"")?.split_once("\"} ")?;
        let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().ok()? };
        Some((bound, count.trim().parse().ok()?))
    });
    Ok(buckets.collect())
}

/// A quantile of what came between two looks, spread evenly inside its bucket.
fn between(before: &[(f64, f64)], after: &[(f64, f64)], share: f64) -> Outcome<f64> {
    let before = |bound: f64| before.iter().find(|(b, _)| *b == bound).map_or(0.0, |(_, count)| *count);
    let grown: Vec<(f64, f64)> =
        after.iter().map(|(bound, count)| (*bound, count - before(*bound))).collect();
    let all = grown.last().map_or(0.0, |(_, count)| *count);
    if all == 0.0 {
        return Err("the server measured no latency".into());
    }
    let wanted = all * share;
    let (mut low, mut below) = (0.0, 0.0);
    for (bound, count) in grown {
        if count >= wanted {
            if bound.is_infinite() {
                return Ok(low);
            }
            return Ok(low + (bound - low) * (wanted - below) / (count - below));
        }
        (low, below) = (bound, count);
    }
    Ok(low)
}
