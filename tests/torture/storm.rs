//! The reconnect storm: thousands of clients of one run lose their server at once, and come back at once, each from its cursor.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::phase::of_seqs;
use crate::support::ledger::{Account, Ledger};
use crate::support::rng::Rng;
use crate::support::{event, run_id};
use crate::table::Outcome;
use crate::world::World;

/// Handshakes under way at the same time: the kernel's queue of new connections is no longer than 4,096.
const AT_ONCE: usize = 500;
/// Far above what a loaded machine needs for all of it.
const LIMIT: Duration = Duration::from_secs(300);
/// Between two tries of a client, up to twice that.
const PAUSE_MS: usize = 250;
/// Files that this process and a server need beside one for each client.
const FILES_BESIDE: u64 = 1_000;

#[derive(Default)]
struct Counts {
    connected: AtomicUsize,
}

pub async fn run(world: &mut World, wanted: usize) -> Outcome {
    let (_, hard) =
        nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE).expect("the limit");
    let _ = nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE, hard, hard);
    let clients = wanted.min(usize::try_from(hard.saturating_sub(FILES_BESIDE)).unwrap_or(wanted));
    let begun = Instant::now();
    let (ledger, run) = (Ledger::default(), run_id());
    let other = world.servers[1].http();
    let notes = |count: usize| (0..count).map(|_| event("NOTE")).collect::<Vec<_>>();
    ledger.append(&other, &run, &notes(10)).await;
    let counts = Arc::new(Counts::default());
    let gate = Arc::new(Semaphore::new(AT_ONCE));
    let streams = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().expect("a client");
    let url = format!("{}/api/v1/runs/{run}/stream?logs=false", world.servers[0].base());
    let mut all = JoinSet::new();
    let mut rng = Rng::unseeded();
    for _ in 0..clients {
        all.spawn(follow(streams.clone(), url.clone(), counts.clone(), gate.clone(), rng.split()));
    }
    reach(&counts, clients).await;
    let first = begun.elapsed();
    ledger.append(&other, &run, &notes(10)).await;
    world.servers[0].kill9();
    counts.connected.store(0, Ordering::Release);
    ledger.append(&other, &run, &notes(10)).await;
    let killed = Instant::now();
    world.servers[0].restart().await;
    reach(&counts, clients).await;
    let back = killed.elapsed();
    ledger.append(&other, &run, &notes(10)).await;
    ledger.append(&other, &run, &[event("RUN_COMPLETED")]).await;
    let mut outcome = Outcome::default();
    let events = other.events(&run).await;
    outcome.events += ledger.account(&run, &events);
    let mut readers = Account::default();
    let reading = async {
        while let Some(seqs) = all.join_next().await {
            readers += of_seqs(&seqs.expect("a client failed"), events.len() as u64);
        }
    };
    tokio::time::timeout(LIMIT, reading).await.expect("every client sees the end");
    outcome.readers = readers;
    outcome.readers += world.across.account(&[(run, events.len() as u64)]).await;
    outcome.took = begun.elapsed();
    let (first, back) = (first.as_secs_f64(), back.as_secs_f64());
    outcome.remark =
        format!("{clients} clients connected in {first:.1} s, all back {back:.1} s after the kill");
    outcome
}

/// Waits until so many clients have got a frame since they connected.
async fn reach(counts: &Counts, clients: usize) {
    let begun = Instant::now();
    while counts.connected.load(Ordering::Acquire) < clients {
        let now = counts.connected.load(Ordering::Acquire);
        assert!(begun.elapsed() < LIMIT, "only {now} of {clients} clients are connected after {LIMIT:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// One client: reads to `end`, and connects again with its last id as often as it must. Gives the seqs that it got.
async fn follow(
    client: reqwest::Client,
    url: String,
    counts: Arc<Counts>,
    gate: Arc<Semaphore>,
    mut rng: Rng,
) -> Vec<u64> {
    let (mut seqs, mut last_id) = (Vec::new(), None::<String>);
    loop {
        let permit = gate.acquire().await.expect("the gate");
        let mut request = client.get(&url).header("accept", "text/event-stream");
        if let Some(id) = &last_id {
            request = request.header("last-event-id", id);
        }
        let answer = request.send().await;
        drop(permit);
        let answer = match answer {
            Ok(answer) if answer.status() == 204 => return seqs,
            Ok(answer) if answer.status() == 200 => answer,
            _ => {
                let pause = PAUSE_MS + rng.below(PAUSE_MS);
                tokio::time::sleep(Duration::from_millis(pause as u64)).await;
                continue;
            }
        };
        let (mut stream, mut buffer, mut is_counted) = (answer.bytes_stream(), Vec::new(), false);
        while let Some(Ok(piece)) = stream.next().await {
            buffer.extend_from_slice(&piece);
            while let Some(end) = memchr::memmem::find(&buffer, b"\n\n") {
                let block: Vec<u8> = buffer.drain(..end + 2).collect();
                let is_end = take(&block, &mut seqs, &mut last_id);
                if !std::mem::replace(&mut is_counted, true) {
                    counts.connected.fetch_add(1, Ordering::AcqRel);
                }
                if is_end {
                    return seqs;
                }
            }
        }
    }
}

/// Takes one event of the stream; whether it is the last.
fn take(block: &[u8], seqs: &mut Vec<u64>, last_id: &mut Option<String>) -> bool {
    let text = String::from_utf8_lossy(block);
    for line in text.lines() {
        if let Some(id) = line.strip_prefix("id: ") {
            *last_id = Some(id.to_owned());
        } else if let Some(data) = line.strip_prefix("data: ") {
            let frame: Value = serde_json::from_str(data).expect("a frame");
            for event in frame["events"].as_array().into_iter().flatten() {
                seqs.push(event["seq"].as_u64().expect("`seq`"));
            }
            if frame["type"] == "end" {
                return true;
            }
        }
    }
    false
}
