//! Two servers on one database write and serve the same runs.

use std::time::{Duration, Instant};

use crate::support::ledger::Load;
use crate::support::rng::Rng;
use crate::support::ws::Live;
use crate::support::{Database, Server, check, event, run_id, within};

/// The contract of the feed is milliseconds; this only has to tell the doorbell from a poll gone slow.
const LIVE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn both_write_the_same_runs_and_each_serves_what_the_other_wrote() {
    let database = Database::new().await;
    let (a, b) = (Server::on(&database).await, Server::on(&database).await);
    let runs: Vec<String> = (0..3).map(|_| run_id()).collect();
    let mut load = Load::start(&[a.http(), b.http()], &runs, 8, &mut Rng::new("two"));
    load.progress(300).await;
    let followers: Vec<_> = [&a, &b]
        .map(|server| {
            let mut live = Live::new(&server.address(), &runs[0], "");
            tokio::spawn(async move {
                live.follow().await;
                live
            })
        })
        .into_iter()
        .collect();
    load.progress(2_000).await;
    let ledger = load.finish().await;
    ledger.append(&b.http(), &runs[0], &[event("RUN_COMPLETED")]).await;
    for follower in followers {
        let live = within("the end on both servers", follower).await.unwrap();
        check::same_events(&live.seen.events, &a.http().events(&runs[0]).await);
    }
    check::ledger(&a.http(), &database, &ledger).await;
    check::ledger(&b.http(), &database, &ledger).await;
}

#[tokio::test]
async fn a_subscriber_of_the_other_server_is_live() {
    let database = Database::new().await;
    let (writing, serving) = (Server::on(&database).await, Server::on(&database).await);
    let (http, run_id) = (writing.http(), run_id());
    http.append(&run_id, &[event("RUN_STARTED")]).await;
    let mut live = Live::open(&serving.address(), &run_id).await;
    live.read_until("the first event", |seen| seen.seq == 1).await;
    for seq in 2..=50 {
        let begun = Instant::now();
        http.append(&run_id, &[event("NOTE")]).await;
        live.read_until("an event written elsewhere", |seen| seen.seq == seq).await;
        assert!(begun.elapsed() < LIVE, "event {seq} took {:?}", begun.elapsed());
    }
    let by_poll = serving.http().metric("feed_backstop_events_total").await;
    assert!(by_poll < 25.0, "{by_poll} of 49 events were found by the poll and not by NOTIFY");
}

#[tokio::test]
async fn when_one_server_dies_its_subscribers_go_on_at_the_other() {
    let database = Database::new().await;
    let (mut a, b) = (Server::on(&database).await, Server::on(&database).await);
    let run_id = run_id();
    a.http().append(&run_id, &[event("RUN_STARTED"), event("NOTE")]).await;
    let mut live = Live::open(&a.address(), &run_id).await;
    live.read_until("the first events", |seen| seen.seq == 2).await;
    a.kill9();
    b.http().append(&run_id, &[event("NOTE"), event("RUN_COMPLETED")]).await;
    assert!(!live.next().await, "the connection died with its server");
    live.move_to(&b.address());
    live.follow().await;
    check::same_events(&live.seen.events, &check::run(&b.http(), &database, &run_id).await);
}
