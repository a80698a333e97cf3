//! The torture: everything that an installation leans on fails, one after the other and then at random, while events and lines are
//! written, followed and read across runs. Afterwards each acknowledgement is held against what is stored.
//!
//! `scripts/torture.sh` runs it. `TELLTALE_TEST_SEED` repeats its choices, `TORTURE_MINUTES` says how long it goes on,
//! `TORTURE_CLIENTS` how many clients the reconnect storm has. It ends with a table, and with status 101 if anything in it is wrong.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "it says what went wrong by panicking")]

#[path = "../suite/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the suite's support has more than is needed here")]
mod support;

mod clock;
mod disk;
mod faults;
mod lines;
mod mutation;
mod phase;
mod readers;
mod storm;
mod table;
mod world;

use std::time::{Duration, Instant};

use support::rng::Rng;
use table::Table;
use world::World;

/// As `make torture` promises.
const MINUTES: u64 = 20;
/// The storm's clients, as the task demands.
const CLIENTS: usize = 10_000;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
    runtime.block_on(torture());
}

async fn torture() {
    let until = Instant::now() + Duration::from_secs(60 * number("TORTURE_MINUTES", MINUTES));
    let mut rng = Rng::new("torture");
    let mut table = Table::default();
    let mut world = World::start().await;

    // Everything once, in an order that does not change.
    for (name, fault) in faults::ALL {
        table.note(name, phase::run(&mut world, &mut rng, &[*fault]).await);
    }
    table.note("clock steps", clock::steps(&mut world, &mut rng).await);
    table.note(
        "reconnect storm",
        storm::run(&mut world, number("TORTURE_CLIENTS", CLIENTS as u64) as usize).await,
    );
    for (name, outcome) in disk::full(&mut rng).await {
        table.note(name, outcome);
    }
    // Then whatever comes.
    while Instant::now() < until {
        let chosen: Vec<_> = (0..4).map(|_| faults::ALL[rng.below(faults::ALL.len())].1).collect();
        table.note("at random", phase::run(&mut world, &mut rng, &chosen).await);
    }
    let lost = mutation::naive_reader(&mut rng).await;
    println!(
        "\nmutation check: a reader that follows a serial column missed {lost} events where ours missed none"
    );
    world.stop().await;
    println!("{table}");
    assert!(table.is_clean(), "acknowledged is not what is stored");
    assert!(lost > 0, "the naive reader missed nothing: these checks could not have told");
}
