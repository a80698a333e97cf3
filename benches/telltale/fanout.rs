//! One run to many subscribers, beside the bare broadcaster.
//!
//! A closed loop: each of [`PUBLISHERS`] appends its next batch when there are fewer than [`WINDOW`] that not all
//! subscribers have yet. So both are driven as fast as they and this client can go, telltale's commits are hidden behind
//! its deliveries, and a subscriber that is behind gets what waits in one frame.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use telltale::facts::event::wire_json;
use telltale::facts::time::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::bare::Broadcaster;
use crate::harness::{Outcome, Plan, median};
use crate::load::{Batch, Writer};
use crate::report::{Report, Row, Target};
use crate::server::Server;
use crate::socket::{Socket, live_path};

const GROUP: &str = "fan-out";
const SUBSCRIBERS: [usize; 4] = [1, 100, 1_000, 5_000];
const PUBLISHERS: usize = 8;
const WINDOW: usize = 16;
const EVENTS: usize = 5;
const SPELL: Duration = Duration::from_secs(2);
/// For the last deliveries; beyond it something was lost.
const DRAIN: Duration = Duration::from_secs(20);
/// Batches that one spell can have at most.
const BATCHES: usize = 200_000;
/// Handshakes under way at a time.
pub const HANDSHAKES: usize = 64;

/// Counts which batches have come to how many subscribers.
struct Arrivals {
    subscribers: u32,
    first_seq: u64,
    counts: Vec<AtomicU32>,
    window: Semaphore,
    frames: AtomicU64,
}

/// What one spell brought.
struct Spell {
    deliveries_per_second: f64,
    cpu_micros_per_frame: f64,
    frames: f64,
}

pub async fn measure(plan: &Plan, server: &Server, report: &mut Report) -> Outcome<()> {
    for subscribers in SUBSCRIBERS.into_iter().filter(|count| plan.has_cell(&count.to_string())) {
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        for _ in 0..plan.rounds {
            bare.push(broadcast(subscribers).await?);
            ours.push(stream(server, subscribers).await?);
        }
        let of =
            |spells: &[Spell], figure: fn(&Spell) -> f64| -> Vec<f64> { spells.iter().map(figure).collect() };
        let rates = of(&ours, |spell| spell.deliveries_per_second);
        let row = Row::new(GROUP, format!("to {subscribers} subscribers"), "event deliveries/s", rates);
        // To one subscriber it is the durable append that counts, which the broadcaster has not.
        let target = if subscribers > 1 { Target::RatioAtLeast(0.8) } else { Target::None };
        report.push(row.beside("bare", &of(&bare, |spell| spell.deliveries_per_second)).target(target));
        let cpu = of(&ours, |spell| spell.cpu_micros_per_frame);
        let row = Row::new(GROUP, format!("to {subscribers}: the process's CPU for a frame"), "µs", cpu);
        report.push(row.beside("bare", &of(&bare, |spell| spell.cpu_micros_per_frame)));
        let frames = of(&ours, |spell| spell.frames);
        let row = Row::new(GROUP, format!("to {subscribers}: events in a frame"), "", frames);
        report.push(row.beside("bare", &[median(&of(&bare, |spell| spell.frames))]));
    }
    Ok(())
}

async fn stream(server: &Server, subscribers: usize) -> Outcome<Spell> {
    let writer = Writer::begin(&server.address, "fanout").await?;
    let sockets = connect(&server.address, &live_path(&writer.run_id), subscribers).await?;
    let arrivals = Arrivals::new(subscribers, writer.head);
    let readers = read_all(sockets, &arrivals);
    let (cpu, started) = (server.cpu_seconds()?, Instant::now());
    let mut publishers = JoinSet::new();
    for _ in 0..PUBLISHERS {
        let (mut writer, mut batch) = (writer.beside(&server.address).await?, Batch::of(EVENTS));
        let arrivals = arrivals.clone();
        publishers.spawn(async move {
            let mut batches = 0;
            while started.elapsed() < SPELL && batches < BATCHES / PUBLISHERS {
                arrivals.permit().await?;
                writer.append_among_others(&mut batch).await?;
                batches += 1;
            }
            Outcome::Ok(batches)
        });
    }
    let mut batches = 0;
    while let Some(done) = publishers.join_next().await {
        batches += done??;
    }
    arrivals.finish(batches, started, || Ok(server.cpu_seconds()? - cpu), readers).await
}

async fn broadcast(subscribers: usize) -> Outcome<Spell> {
    let mut bare = Broadcaster::start().await?;
    let sockets = connect(&bare.address, "/", subscribers).await?;
    let arrivals = Arrivals::new(subscribers, 0);
    let readers = read_all(sockets, &arrivals);
    // What telltale's subscribers get, byte for byte but for the ids.
    let mut body = Batch::of(EVENTS).body;
    body.pop();
    let sample = String::from_utf8(body.split_off(1))?;
    let sample = sample
        .split_inclusive("}}")
        .next()
        .unwrap_or_default()
        .replace('{', r#"{"level":"info","metadata":{},"#);
    let (cpu, started) = (bare.cpu_seconds()?, Instant::now());
    let mut batches = 0;
    while started.elapsed() < SPELL && batches < BATCHES {
        arrivals.permit().await?;
        let first = (batches * EVENTS) as u64;
        let item = |seq| {
            let mut out = Vec::with_capacity(512);
            wire_json(seq, Timestamp::EPOCH, false, &sample, &mut out);
            out
        };
        bare.publish(&(1..=EVENTS as u64).map(|place| item(first + place)).collect::<Vec<_>>()).await?;
        batches += 1;
    }
    arrivals.finish(batches, started, || Ok(bare.cpu_seconds()? - cpu), readers).await
}

impl Arrivals {
    fn new(subscribers: usize, first_seq: u64) -> Arc<Self> {
        Arc::new(Self {
            subscribers: subscribers as u32,
            first_seq,
            counts: (0..BATCHES).map(|_| AtomicU32::new(0)).collect(),
            window: Semaphore::new(WINDOW),
            frames: AtomicU64::new(0),
        })
    }

    async fn permit(&self) -> Outcome<()> {
        timeout(DRAIN, self.window.acquire()).await.map_err(|_| "a batch did not reach everybody")??.forget();
        Ok(())
    }

    /// A subscriber has come from batch `from` to the batch that ends with `seq`; the number of batches it has.
    fn arrived(&self, from: usize, seq: u64) -> usize {
        let to = (seq.saturating_sub(self.first_seq) / EVENTS as u64) as usize;
        for count in self.counts.get(from..to).unwrap_or_default() {
            if count.fetch_add(1, Ordering::AcqRel) + 1 == self.subscribers {
                self.window.add_permits(1);
            }
        }
        to.max(from)
    }

    /// Waits until everybody has everything.
    async fn finish(
        &self,
        batches: usize,
        started: Instant,
        cpu: impl Fn() -> Outcome<f64>,
        mut readers: JoinSet<Outcome<()>>,
    ) -> Outcome<Spell> {
        for _ in 0..WINDOW {
            self.permit().await?;
        }
        let elapsed = started.elapsed().as_secs_f64();
        let frames = self.frames.load(Ordering::Acquire) as f64;
        let cpu = cpu()?;
        if let Some(ended) = readers.try_join_next() {
            ended??;
        }
        readers.shutdown().await;
        let deliveries = batches as f64 * EVENTS as f64 * f64::from(self.subscribers);
        Ok(Spell {
            deliveries_per_second: deliveries / elapsed,
            cpu_micros_per_frame: cpu * 1e6 / frames,
            frames: deliveries / frames,
        })
    }
}

/// Connects subscribers, some at a time.
pub async fn connect(address: &str, path: &str, count: usize) -> Outcome<Vec<Socket>> {
    let (mut sockets, mut tasks) = (Vec::with_capacity(count), JoinSet::new());
    for started in 0..count + HANDSHAKES {
        if started < count {
            let (address, path) = (address.to_owned(), path.to_owned());
            tasks.spawn(async move { Socket::open(&address, &path).await });
        }
        if started >= HANDSHAKES.min(count)
            && let Some(done) = tasks.join_next().await
        {
            sockets.push(done??);
        }
    }
    while let Some(done) = tasks.join_next().await {
        sockets.push(done??);
    }
    Ok(sockets)
}

fn read_all(sockets: Vec<Socket>, arrivals: &Arc<Arrivals>) -> JoinSet<Outcome<()>> {
    let mut readers = JoinSet::new();
    for mut socket in sockets {
        let arrivals = arrivals.clone();
        readers.spawn(async move {
            let mut batches = 0;
            loop {
                let seen = socket.read_shared().await?;
                arrivals.frames.fetch_add(seen.frames, Ordering::AcqRel);
                if let Some(seq) = seen.seq {
                    batches = arrivals.arrived(batches, seq);
                }
            }
        });
    }
    readers
}
