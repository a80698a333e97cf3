//! What looking at an API token adds to an append: the same request with one and, on this machine, without, in turns.

use std::time::Instant;

use crate::harness::{Outcome, quantile};
use crate::load::{Batch, Writer};
use crate::report::{Report, Row, Target};
use crate::server::Server;
use crate::wire::Connection;

const GROUP: &str = "tokens";
/// Appends of each kind.
const APPENDS: usize = 3_000;
/// The first ones don't count: connections, plans and caches.
const WARM_UP: usize = 200;

pub async fn measure(server: &Server, report: &mut Report) -> Outcome<()> {
    let mut connection = Connection::open(&server.address).await?;
    let made = connection.post("/api/v1/tokens", br#"{"name":"bench","scopes":["append"]}"#).await?;
    let made: serde_json::Value = serde_json::from_slice(made)?;
    let token = made["token"].as_str().ok_or("no token")?;
    let mut without = Writer::begin(&server.address, "token").await?;
    let mut with = without.beside(&server.address).await?.bearing(token);
    let mut batch = Batch::of(1);
    let (mut plain, mut shown) = (Vec::new(), Vec::new());
    for _ in 0..APPENDS {
        plain.push(timed(&mut without, &mut batch).await?);
        shown.push(timed(&mut with, &mut batch).await?);
    }
    let (plain, shown) = (quantile(&plain[WARM_UP..], 0.5), quantile(&shown[WARM_UP..], 0.5));
    report.push(Row::new(GROUP, "append of 1 without a token, p50", "ms", vec![plain]));
    report.push(Row::new(GROUP, "append of 1 with an API token, p50", "ms", vec![shown]));
    let row = Row::new(GROUP, "the token's part", "ms", vec![shown - plain]);
    report.push(row.target(Target::AtMost(0.1)));
    Ok(())
}

/// Milliseconds of one append.
async fn timed(writer: &mut Writer, batch: &mut Batch) -> Outcome<f64> {
    let asked = Instant::now();
    writer.append_among_others(batch).await?;
    Ok(asked.elapsed().as_secs_f64() * 1e3)
}
