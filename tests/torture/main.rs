//! The torture: everything that an installation leans on fails, one after the other and then at random, while events and lines are
//! written, followed and read across runs. Afterwards each acknowledgement is held against what is stored.
//!
//! `scripts/torture.sh` runs it. `TELLTALE_TEST_SEED` repeats its choices, `TORTURE_MINUTES` says how long it goes on,
//! `TORTURE_CLIENTS` how many clients the reconnect storm has, `TORTURE_ONLY` a word that the names of the faults wanted have in them. It
//! ends with a table, and with status 101 if anything in it is wrong.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "it says what went wrong by panicking")]

#[path = "../suite/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the suite's support has more than is needed here")]
mod support;

mod bucket;
mod clock;
mod disk;
mod docker;
mod faults;
mod lines;
mod mutation;
mod phase;
mod readers;
mod storm;
mod table;
mod versions;
mod world;

use std::time::{Duration, Instant};

use support::rng::Rng;
use table::Table;
use world::World;

/// As `make torture` promises.
const MINUTES: u64 = 20;
/// The storm's clients, as the task demands.
const CLIENTS: usize = 10_000;

const CLOCK: &str = "clock steps";
const DOCKER: &str = "the Docker daemon killed, twice";
const BUCKET: &str = "the bucket away and back";
const STORM: &str = "reconnect storm";
const DISK: &str = "disk full";
const VERSIONS: &str = "two versions side by side";
const RANDOM: &str = "at random";
const MUTATION: &str = "mutation check";

/// Whether this is asked for, which everything is unless `TORTURE_ONLY` says otherwise.
fn is_wanted(name: &str) -> bool {
    std::env::var("TORTURE_ONLY").map_or(true, |word| name.contains(&word))
}

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
    for (name, fault) in faults::ALL.iter().filter(|(name, _)| is_wanted(name)) {
        table.note(name, phase::run(&mut world, &mut rng, &[*fault]).await);
    }
    if is_wanted(CLOCK) {
        table.note(CLOCK, clock::steps(&mut world, &mut rng).await);
    }
    if is_wanted(DOCKER) {
        table.note(DOCKER, docker::dies(&mut world, &mut rng).await);
    }
    if is_wanted(BUCKET) {
        table.note(BUCKET, bucket::outage(&mut world, &mut rng).await);
    }
    if is_wanted(STORM) {
        let clients = number("TORTURE_CLIENTS", CLIENTS as u64) as usize;
        table.note(STORM, storm::run(&mut world, clients).await);
    }
    if is_wanted(DISK) {
        for (name, outcome) in disk::full(&mut rng).await {
            table.note(name, outcome);
        }
    }
    if is_wanted(VERSIONS) {
        table.note(VERSIONS, versions::side_by_side(&mut rng).await);
    }
    // Then whatever comes.
    while is_wanted(RANDOM) && Instant::now() < until {
        let chosen: Vec<_> = (0..4).map(|_| faults::ALL[rng.below(faults::ALL.len())].1).collect();
        table.note(RANDOM, phase::run(&mut world, &mut rng, &chosen).await);
    }
    let missed = if is_wanted(MUTATION) { Some(mutation::naive_reader(&mut rng).await) } else { None };
    if let Some(missed) = missed {
        println!(
            "\n{MUTATION}: a reader that follows a serial column missed {missed} events where ours missed none"
        );
    }
    world.stop().await;
    println!("{table}");
    assert!(table.is_clean(), "acknowledged is not what is stored");
    assert_ne!(missed, Some(0), "the naive reader missed nothing: these checks could not have told");
}
