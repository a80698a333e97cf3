//! Proof that the checks can fail: a reader that follows a serial column, as one would write it first, beside ours.

use crate::phase::of_seqs;
use crate::readers::Across;
use crate::support::ledger::{Account, Load};
use crate::support::rng::Rng;
use crate::support::{Cluster, Server, run_id};

const RUNS: usize = 40;
const WRITERS: usize = 12;
/// Events under which it has always missed some; it is given more until it has.
const ROUND: usize = 4_000;
const ROUNDS: usize = 6;

/// How many events the naive reader missed. Ours must not have missed any meanwhile.
pub async fn naive_reader(rng: &mut Rng) -> usize {
    let database = Cluster::shared().await.database().await;
    let session = database.session().await;
    let serial =
        "ALTER TABLE events ADD COLUMN serial bigserial; CREATE INDEX events_serial ON events (serial)";
    session.batch_execute(serial).await.expect("a serial column");
    let servers = [Server::without_worker(&database).await, Server::without_worker(&database).await];
    let clients = [servers[0].http(), servers[1].http()];
    let across = Across::start(servers[1].http());
    let runs: Vec<String> = (0..RUNS).map(|_| run_id()).collect();
    let mut load = Load::start(&clients, &runs, WRITERS, rng);
    let reading = tokio::spawn(async move {
        let (mut last, mut seen) = (0_i64, 0_usize);
        let query = "SELECT max(serial), count(*) FROM (SELECT serial FROM events WHERE serial > $1 ORDER BY serial LIMIT 5000) s";
        loop {
            let row = session.query_one(query, &[&last]).await.expect("the naive query");
            if let Some(next) = row.get::<_, Option<i64>>(0) {
                last = next;
                seen += row.get::<_, i64>(1) as usize;
            }
            // What it has passed when all is written is all that it will ever see.
            let all = session.query_one("SELECT count(*), max(serial) FROM events", &[]);
            if let (Ok(row), true) = (all.await, DONE.load(std::sync::atomic::Ordering::Acquire))
                && row.get::<_, Option<i64>>(1) == Some(last)
            {
                return row.get::<_, i64>(0) as usize - seen;
            }
        }
    });
    for _ in 0..ROUNDS {
        load.progress(ROUND).await;
    }
    let ledger = load.finish().await;
    DONE.store(true, std::sync::atomic::Ordering::Release);
    let missed = reading.await.expect("the naive reader failed");
    let mut ours = Account::default();
    let mut heads = Vec::new();
    for run in ledger.runs() {
        heads.push((run.clone(), clients[0].events(&run).await.len() as u64));
    }
    ours += across.account(&heads).await;
    across.stop();
    assert!(ours.is_clean(), "our own reader: {ours:?}");
    assert_eq!(of_seqs(&[1, 3], 3).lost, 1, "a gap is seen");
    missed
}

/// Whether the writers are done.
static DONE: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
