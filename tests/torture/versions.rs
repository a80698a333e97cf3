//! Two versions of telltale side by side on one database: the previous one serves under load, this one starts beside it and migrates the
//! schema under it, both append and show each other's runs live, and then the old one is replaced in its place, as a rolling upgrade does.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::lines::LineLoad;
use crate::phase::{follow, followed};
use crate::readers::Across;
use crate::support::ledger::{Ledger, Load};
use crate::support::rng::Rng;
use crate::support::server::{Options, cache_dir};
use crate::support::{Cluster, Database, Http, check, event, run_id};
use crate::table::Outcome;

/// The commit that is built as the previous version: the last one that was in use before this.
const PREVIOUS: &str = include_str!("PREVIOUS");
const RUNS: usize = 6;
const WRITERS: usize = 6;
/// Acknowledged before and after each step.
const AROUND: usize = 400;

pub async fn side_by_side(rng: &mut Rng) -> Outcome {
    let binary = binary();
    if !binary.exists() {
        let why = format!("{} is not built (scripts/torture.sh)", PREVIOUS.trim());
        return Outcome::skipped(&why);
    }
    let begun = Instant::now();
    let cluster = Cluster::private().await;
    let database = cluster.own_database().await;
    let options = Options::on(&database.url()).env("TELLTALE_LOCAL_WORKER", "false");
    let mut previous = options.clone();
    previous.binary = Some(binary);
    let mut old = previous.start().await;
    let mut outcome = Outcome::default();

    // The old one alone, while the new one starts and migrates.
    let runs = names();
    let across = [Across::start(old.http())];
    let mut load = Load::start(&[old.http()], &runs, WRITERS, rng);
    load.progress(AROUND).await;
    let schema = schema_version(&database).await;
    let slowest = Slowest::watch(old.http());
    let started = Instant::now();
    let new = options.start().await;
    let took = started.elapsed();
    load.progress(AROUND).await;
    let slowest = slowest.end().await;
    settle(&mut outcome, &old.http(), &database, &load.finish().await, &runs, &across).await;
    let migrated = schema_version(&database).await;

    // Both, each followed for what comes through the other; then the old one is replaced in its place.
    let [first] = across;
    let (runs, across) = (names(), [first, Across::start(new.http())]);
    let mut load = Load::start(&[old.http(), new.http()], &runs, WRITERS, rng);
    let lines = LineLoad::start(&[old.http(), new.http()]);
    let followers = [follow(&old.address(), &runs[0]), follow(&new.address(), &runs[0])];
    load.progress(2 * AROUND).await;
    let status = old.stop().await;
    assert!(status.success(), "the old version stops on SIGTERM: {status}");
    load.progress(AROUND).await;
    old.options.binary = None;
    old.restart().await;
    load.progress(AROUND).await;
    let ledger = load.finish().await;
    let sent = lines.finish().await;
    settle(&mut outcome, &new.http(), &database, &ledger, &runs, &across).await;
    let head = new.http().events(&runs[0]).await.len() as u64;
    for follower in followers {
        outcome.readers += followed(follower, head).await;
    }
    outcome.lines += sent.account(&old.http()).await;
    across.iter().for_each(Across::stop);
    outcome.took = begun.elapsed();
    outcome.remark = format!(
        "{} beside this; schema {schema} → {migrated} in {:.1} s, the old one's slowest append meanwhile {} ms",
        &PREVIOUS[..7],
        took.as_secs_f64(),
        slowest.as_millis()
    );
    outcome
}

fn names() -> Vec<String> {
    (0..RUNS).map(|_| run_id()).collect()
}

fn binary() -> PathBuf {
    cache_dir().join("versions").join(PREVIOUS.trim()).join("telltale")
}

async fn schema_version(database: &Database) -> i64 {
    let session = database.session().await;
    let row = session.query_one("SELECT max(version)::bigint FROM refinery_schema_history", &[]).await;
    row.expect("the schema's version").get(0)
}

/// Ends the runs and holds what is stored against what was acknowledged, and against what the readers across runs were given.
async fn settle(
    outcome: &mut Outcome,
    http: &Http,
    database: &Database,
    ledger: &Ledger,
    runs: &[String],
    across: &[Across],
) {
    let mut heads = Vec::new();
    for run in runs {
        ledger.append(http, run, &[event("RUN_COMPLETED")]).await;
        let events = check::run(http, database, run).await;
        outcome.events += ledger.account(run, &events);
        heads.push((run.clone(), events.len() as u64));
    }
    for reader in across {
        outcome.readers += reader.account(&heads).await;
    }
}

/// One writer that appends an event after the other, and how long the slowest one took.
struct Slowest {
    stop: watch::Sender<bool>,
    writing: JoinHandle<Duration>,
}

impl Slowest {
    fn watch(http: Http) -> Self {
        let stop = watch::Sender::new(false);
        let stopped = stop.subscribe();
        let writing = tokio::spawn(async move {
            let (run, mut longest) = (run_id(), Duration::ZERO);
            while !*stopped.borrow() {
                let begun = Instant::now();
                http.append(&run, &[event("NOTE")]).await;
                longest = longest.max(begun.elapsed());
            }
            longest
        });
        Self { stop, writing }
    }

    async fn end(self) -> Duration {
        self.stop.send_replace(true);
        self.writing.await.expect("an append failed beside the new version's start")
    }
}
