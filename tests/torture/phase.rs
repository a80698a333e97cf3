//! A phase: fresh runs, writers and followers on them, faults, and then the reckoning.

use std::time::Instant;

use tokio::task::JoinHandle;

use crate::faults::{self, Fault};
use crate::lines::LineLoad;
use crate::support::ledger::{Account, Load};
use crate::support::rng::Rng;
use crate::support::ws::Live;
use crate::support::{check, event, run_id, within};
use crate::table::Outcome;
use crate::world::World;

const RUNS: usize = 8;
const WRITERS: usize = 6;
/// Acknowledged before the first fault, and after the last.
const AROUND: usize = 300;
/// Runs whose fold and hash chain are computed a second time, independently.
const LOOKED_AT_CLOSELY: usize = 2;

pub async fn run(world: &mut World, rng: &mut Rng, faults: &[Fault]) -> Outcome {
    let all = async |world: &mut World, load: &mut Load, rng: &mut Rng| {
        for fault in faults {
            faults::commit(*fault, world, load, rng).await;
        }
    };
    under_load(world, rng, all).await
}

/// Whatever happens meanwhile, under the load of a phase.
pub async fn under_load(
    world: &mut World,
    rng: &mut Rng,
    meanwhile: impl AsyncFnOnce(&mut World, &mut Load, &mut Rng),
) -> Outcome {
    let begun = Instant::now();
    let runs: Vec<String> = (0..RUNS).map(|_| run_id()).collect();
    let mut load = Load::start(&world.clients(), &runs, WRITERS, rng);
    load.progress(AROUND).await;
    let lines = LineLoad::start(&world.clients());
    let followers: Vec<_> = world.fronts.iter().map(|front| follow(front.address(), &runs[0])).collect();
    meanwhile(world, &mut load, rng).await;
    load.progress(AROUND).await;
    let ledger = load.finish().await;
    let sent = lines.finish().await;
    let http = world.servers[0].http();
    for run in &runs {
        ledger.append(&http, run, &[event("RUN_COMPLETED")]).await;
    }

    let mut outcome = Outcome::default();
    let mut heads = Vec::new();
    for (n, run) in runs.iter().enumerate() {
        let events = if n < LOOKED_AT_CLOSELY {
            check::run(&http, &world.database, run).await
        } else {
            http.events(run).await
        };
        outcome.events += ledger.account(run, &events);
        heads.push((run.clone(), events.len() as u64));
    }
    for follower in followers {
        outcome.readers += followed(follower, heads[0].1).await;
    }
    outcome.lines += sent.account(&http).await;
    outcome.readers += world.across.account(&heads).await;
    outcome.took = begun.elapsed();
    outcome
}

/// Follows a run live to its end, through whatever happens.
pub fn follow(address: &str, run_id: &str) -> JoinHandle<Live> {
    let mut live = Live::new(address, run_id, "");
    tokio::spawn(async move {
        live.follow().await;
        live
    })
}

/// What a follower has seen, once it is at the end of its run, which has so many events.
pub async fn followed(follower: JoinHandle<Live>, head: u64) -> Account {
    let live = within("a follower sees the end", follower).await.expect("a follower failed");
    seen(&live.seen.events, head)
}

/// What a follower saw of a run with so many events.
fn seen(events: &[serde_json::Value], head: u64) -> Account {
    let seqs: Vec<u64> = events.iter().filter_map(|event| event["seq"].as_u64()).collect();
    of_seqs(&seqs, head)
}

/// The seqs that a reader was given, of a run with so many events: 1, 2, 3 … up to the head, each once, is as it should be.
pub fn of_seqs(seqs: &[u64], head: u64) -> Account {
    let distinct: std::collections::BTreeSet<u64> = seqs.iter().copied().collect();
    Account {
        acknowledged: head as usize,
        stored: seqs.len(),
        lost: (1..=head).filter(|seq| !distinct.contains(seq)).count(),
        doubled: seqs.len() - distinct.len(),
        out_of_order: seqs.windows(2).filter(|pair| pair[1] < pair[0]).count(),
        ..Account::default()
    }
}
