//! The soak: runs by the hundred, executed by workers of which one is killed every second or two.
//!
//! `scripts/soak.sh` runs it. It ends when every run is over, and then holds everything that was recorded against what was
//! really executed: nothing may be left, lost, or done twice without being told. Figures go to standard output.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "it says what went wrong by panicking")]

#[path = "../suite/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the suite's support has more than is needed here")]
mod support;

mod account;
mod load;

use std::time::{Duration, Instant};

use serde_json::json;

use support::rng::Rng;
use support::server::tempdir;
use support::worker_process::WorkerProcess;
use support::workflow::{put, start};
use support::{Database, Server};

/// Runs that are started; those that they call come on top.
const RUNS: usize = 500;
/// Workers at the same time.
const WORKERS: usize = 3;
/// A worker is killed after a pause between these.
const KILL_AFTER_MS: std::ops::Range<u64> = 1_000..2_000;
/// Far above what it needs; whatever takes longer hangs.
const LIMIT: Duration = Duration::from_secs(900);

#[tokio::main]
async fn main() {
    let mut rng = Rng::new("soak");
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    let files = tempdir("soak");
    let ledger = load::Ledger::create(files.path());
    for (name, text) in load::WORKFLOWS {
        put(&http, name, text).await.expect(201);
    }
    let mut runs = Vec::with_capacity(RUNS);
    for n in 0..RUNS {
        let inputs = json!({ "inputs": { "ledger": ledger.path } });
        runs.push(start(&http, load::workflow(n), inputs).await);
    }

    let begun = Instant::now();
    let mut started = 0;
    let mut worker = || {
        started += 1;
        WorkerProcess::start(&server, &format!("soak-{started}"), &["--jobs", "4"])
    };
    let mut workers: Vec<WorkerProcess> = (0..WORKERS).map(|_| worker()).collect();
    let mut kills = 0;
    let session = database.session().await;
    loop {
        let pause = KILL_AFTER_MS.start + rng.next() % (KILL_AFTER_MS.end - KILL_AFTER_MS.start);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let left: i64 =
            session.query_one("SELECT count(*) FROM run_queue", &[]).await.expect("the queue").get(0);
        if left == 0 {
            break;
        }
        assert!(begun.elapsed() < LIMIT, "{left} runs are not over after {LIMIT:?}");
        let victim = rng.below(WORKERS);
        workers[victim].kill9();
        kills += 1;
        workers[victim] = worker();
        println!("{:>5.1} s: {left:>3} runs left, {kills} workers killed", begun.elapsed().as_secs_f64());
    }
    let took = begun.elapsed();
    for mut worker in workers {
        worker.signal(nix::sys::signal::Signal::SIGTERM);
        assert!(worker.leaves().await.success(), "a worker that is told to leave leaves");
    }

    let account = account::Account::of(&http, &database).await;
    assert!(account.runs.len() > RUNS, "called runs are runs too");
    assert!(runs.iter().all(|run| account.runs.contains_key(run)), "a run is missing");
    account.settle(&ledger);
    account::nothing_is_left(&account).await;
    println!(
        "{} runs ({} of them called) in {:.1} s, {kills} workers killed: {}",
        account.runs.len(),
        account.runs.len() - RUNS,
        took.as_secs_f64(),
        account.figures(),
    );
}
