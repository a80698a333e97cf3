//! Reading a run of 100,000 events back, by pages and as a stream.

use std::time::Instant;

use crate::harness::{Outcome, Plan, last_number, occurrences};
use crate::load::{Batch, Writer};
use crate::report::{Report, Row, Target};
use crate::server::Server;
use crate::socket::Socket;
use crate::wire::Connection;

const GROUP: &str = "reading";
const EVENTS: u64 = 100_000;
const BATCH: usize = 1_000;
/// The largest page (contract).
const PAGE: u64 = 5_000;

pub async fn measure(plan: &Plan, server: &Server, report: &mut Report) -> Outcome<()> {
    let mut writer = Writer::begin(&server.address, "reading").await?;
    let mut batch = Batch::of(BATCH);
    while writer.head < EVENTS {
        writer.append(&mut batch).await?;
    }
    let (mut pages, mut streamed) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        pages.push(by_pages(server, &writer).await?);
        streamed.push(by_stream(server, &writer).await?);
    }
    let row = Row::new(GROUP, "100,000 events by pages of 5,000", "s", pages);
    report.push(row.target(Target::AtMost(1.0)));
    report.push(Row::new(GROUP, "100,000 events over a WebSocket from the start", "s", streamed));
    Ok(())
}

async fn by_pages(server: &Server, writer: &Writer) -> Outcome<f64> {
    let mut connection = Connection::open(&server.address).await?;
    let started = Instant::now();
    let mut after = 0;
    while after < EVENTS {
        let path = format!("/api/v1/runs/{}/events?after={after}&limit={PAGE}", writer.run_id);
        let body = connection.get(&path).await?;
        let head = last_number(body, br#""headSeq":"#);
        // Once in each event, and nowhere else.
        let count = occurrences(body, br#","recordedAt":""#) as u64;
        let last = last_number(body, br#""seq":"#).unwrap_or(0);
        if head != Some(writer.head) || last != after + count || count == 0 {
            return Err(
                format!("a page behind {after} has {count} events up to {last}, head {head:?}").into()
            );
        }
        after = last;
    }
    Ok(started.elapsed().as_secs_f64())
}

async fn by_stream(server: &Server, writer: &Writer) -> Outcome<f64> {
    let path = format!("/api/v1/runs/{}/stream?after=0", writer.run_id);
    let started = Instant::now();
    let mut socket = Socket::open(&server.address, &path).await?;
    while socket.read_shared().await?.seq < Some(writer.head) {}
    Ok(started.elapsed().as_secs_f64())
}
