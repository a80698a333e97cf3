//! Appending over HTTP, each request waiting for its durable answer, beside the database's own best.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::ceiling;
use crate::harness::{Outcome, Plan, SPELL};
use crate::load::{Batch, Writer};
use crate::report::{Report, Row, Target};
use crate::server::Server;

const GROUP: &str = "append";
const WRITERS: [usize; 3] = [1, 8, 32];
const EVENTS: [usize; 3] = [1, 100, 1_000];
/// Connections of the single-row ceiling (issue 2, benchmarks).
pub const SINGLES: usize = 32;

/// Writers, each with a connection and a run of its own, and the body they send.
pub struct Crew {
    writers: Vec<(Writer, Batch)>,
}

impl Crew {
    pub async fn gather(address: &str, writers: usize, events: usize) -> Outcome<Self> {
        let mut crew = Vec::new();
        for _ in 0..writers {
            crew.push((Writer::begin(address, "append").await?, Batch::of(events)));
        }
        Ok(Self { writers: crew })
    }

    /// Acknowledged events a second.
    pub async fn work(&mut self, spell: Duration) -> Outcome<f64> {
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        for (mut writer, mut batch) in self.writers.drain(..) {
            tasks.spawn(async move {
                let mut count = 0;
                while started.elapsed() < spell {
                    writer.append(&mut batch).await?;
                    count += batch.events;
                }
                Outcome::Ok((count, writer, batch))
            });
        }
        let mut sum = 0;
        while let Some(done) = tasks.join_next().await {
            let (count, writer, batch) = done??;
            sum += count;
            self.writers.push((writer, batch));
        }
        Ok(sum as f64 / started.elapsed().as_secs_f64())
    }
}

/// Rounds of one figure: events a second, and microseconds of everybody's processor time for an event.
#[derive(Default)]
struct Rounds {
    rates: Vec<f64>,
    cpu_micros: Vec<f64>,
}

impl Rounds {
    async fn add(&mut self, server: &Server, work: impl Future<Output = Outcome<f64>>) -> Outcome<()> {
        let (cpu, started) = (server.whole_cpu_seconds()?, Instant::now());
        let rate = work.await?;
        let events = rate * started.elapsed().as_secs_f64();
        self.cpu_micros.push((server.whole_cpu_seconds()? - cpu) * 1e6 / events);
        self.rates.push(rate);
        Ok(())
    }
}

pub async fn measure(plan: &Plan, server: &Server, report: &mut Report) -> Outcome<()> {
    ceiling::make_table(&server.target).await?;
    let (mut unnest, mut copy, mut single) = (Rounds::default(), Rounds::default(), Rounds::default());
    let mut cells = Vec::new();
    for events in EVENTS {
        for writers in WRITERS {
            if !plan.has_cell(&format!("{writers}x{events}")) {
                continue;
            }
            let mut crew = Crew::gather(&server.address, writers, events).await?;
            // A first spell that does not count: connections, plans and caches.
            crew.work(SPELL / 4).await?;
            cells.push((writers, events, crew, Rounds::default()));
        }
    }
    for _ in 0..plan.rounds {
        unnest.add(server, ceiling::unnest(&server.target, SPELL)).await?;
        copy.add(server, ceiling::copy(&server.target, SPELL)).await?;
        single.add(server, ceiling::single(&server.target, SINGLES, SPELL)).await?;
        for (_, _, crew, rounds) in &mut cells {
            rounds.add(server, crew.work(SPELL)).await?;
        }
    }
    report.push(Row::new(GROUP, "ceiling: COPY BINARY, 1,000 rows, 1 connection", "events/s", copy.rates));
    for (writers, events, _, rounds) in cells {
        let (ceiling, beside, target) = match (writers, events) {
            (32, 1) => ("INSERT × 32 connections", &single, Target::RatioAtLeast(1.0)),
            (_, 1) => ("INSERT × 32 connections", &single, Target::None),
            (_, 1_000) => ("UNNEST of 1,000", &unnest, Target::RatioAtLeast(0.5)),
            _ => ("UNNEST of 1,000", &unnest, Target::None),
        };
        let name = format!("{writers} writers × {events} events");
        let row = Row::new(GROUP, name.clone(), "events/s", rounds.rates);
        report.push(row.beside(ceiling, &beside.rates).target(target));
        let row =
            Row::new(GROUP, format!("{name}: CPU for an event, all processes"), "µs", rounds.cpu_micros);
        report.push(row.beside(ceiling, &beside.cpu_micros));
    }
    Ok(())
}
