//! Things that die in mid-append: the server, a backend, the postmaster, a connection, the listener.
//! Whatever was acknowledged is there, nothing is there twice, and everybody goes on by himself.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::ledger::{Ledger, Load};
use crate::support::rng::Rng;
use crate::support::server::Options;
use crate::support::ws::Live;
use crate::support::{Cluster, Database, Http, Server, TcpProxy, check, event, run_id, until};

fn runs(count: usize) -> Vec<String> {
    (0..count).map(|_| run_id()).collect()
}

/// A subscriber that follows a run to its end, whatever happens.
fn follow(address: &str, run_id: &str) -> tokio::task::JoinHandle<Live> {
    let mut live = Live::new(address, run_id, "");
    tokio::spawn(async move {
        live.follow().await;
        live
    })
}

/// Ends the first run, checks everything, and that its follower saw it all.
async fn settle(
    http: &Http,
    database: &Database,
    ledger: &Ledger,
    run_id: &str,
    follower: tokio::task::JoinHandle<Live>,
) {
    ledger.append(http, run_id, &[event("RUN_COMPLETED")]).await;
    let live = crate::support::within("the follower sees the end", follower).await.unwrap();
    check::ledger(http, database, ledger).await;
    check::same_events(&live.seen.events, &http.events(run_id).await);
    assert!(live.seen.resets.is_empty(), "{:?}", live.seen.resets);
}

#[tokio::test]
async fn killing_the_server_loses_nothing_acknowledged() {
    let database = Database::new().await;
    let mut server = Server::on(&database).await;
    let (runs, mut rng) = (runs(4), Rng::new("kill"));
    let mut load = Load::start(&[server.http()], &runs, 8, &mut rng);
    load.progress(200).await;
    let follower = follow(&server.address(), &runs[0]);
    for _ in 0..4 {
        load.progress(300 + rng.below(300)).await;
        server.kill9();
        server.restart().await;
    }
    load.progress(300).await;
    let ledger = load.finish().await;
    settle(&server.http(), &database, &ledger, &runs[0], follower).await;
}

#[tokio::test]
async fn stopping_the_server_in_order_loses_nothing_and_answers_what_it_took() {
    let database = Database::new().await;
    let mut server = Server::on(&database).await;
    let runs = runs(4);
    let mut load = Load::start(&[server.http()], &runs, 8, &mut Rng::new("stop"));
    load.progress(500).await;
    let follower = follow(&server.address(), &runs[0]);
    let status = server.stop().await;
    assert!(status.success(), "{status}");
    server.restart().await;
    load.progress(500).await;
    let ledger = load.finish().await;
    settle(&server.http(), &database, &ledger, &runs[0], follower).await;
}

#[tokio::test]
async fn killing_backends_loses_nothing_acknowledged() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (runs, mut rng) = (runs(4), Rng::new("backends"));
    let mut load = Load::start(&[server.http()], &runs, 8, &mut rng);
    load.progress(200).await;
    let follower = follow(&server.address(), &runs[0]);
    let session = database.cluster().session("postgres").await;
    for round in 0..6 {
        load.progress(200).await;
        // One in mid-work, then all at once, the listener's too.
        let limit: i64 = if round % 2 == 0 { 1 } else { 1_000 };
        let ended = session
            .query(
                "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE datname = $1
                 ORDER BY (state = 'active') DESC, random() LIMIT $2) AS chosen",
                &[&database.name(), &limit],
            )
            .await
            .unwrap();
        assert!(!ended.is_empty());
    }
    load.progress(300).await;
    let ledger = load.finish().await;
    settle(&server.http(), &database, &ledger, &runs[0], follower).await;
}

#[tokio::test]
async fn killing_the_postmaster_loses_nothing_acknowledged() {
    let mut cluster = Cluster::private().await;
    let database = cluster.own_database().await;
    let server = Options::on(&database.url()).start().await;
    let (runs, mut rng) = (runs(4), Rng::new("postmaster"));
    let mut load = Load::start(&[server.http()], &runs, 8, &mut rng);
    load.progress(300).await;
    let follower = follow(&server.address(), &runs[0]);
    for _ in 0..2 {
        load.progress(300).await;
        cluster.kill9().await;
        cluster.start().await;
    }
    load.progress(300).await;
    let ledger = load.finish().await;
    settle(&server.http(), &database, &ledger, &runs[0], follower).await;
}

#[tokio::test]
async fn a_database_that_is_gone_is_503_and_comes_back_without_a_restart() {
    let mut cluster = Cluster::private().await;
    let database = cluster.own_database().await;
    let server = Options::on(&database.url()).start().await;
    let (http, run_id) = (server.http(), run_id());
    let ledger = Ledger::default();
    ledger.append(&http, &run_id, &[event("RUN_STARTED")]).await;
    http.get("/readyz").await.expect(200);
    cluster.stop().await;

    let lost = [event("NOTE"), event("NOTE")];
    ledger.note_sent(&run_id, &lost);
    let begun = Instant::now();
    let path = format!("/api/v1/runs/{run_id}/events");
    let answers =
        [http.post(&path, &json!(lost)).await, http.get(&path).await, http.get("/api/v1/runs").await];
    for answer in answers {
        assert!(
            answer.header("retry-after").is_some_and(|after| after.parse::<u32>().is_ok()),
            "{:?}",
            answer.headers
        );
        answer.problem(503);
    }
    assert!(begun.elapsed() < Duration::from_secs(30), "three answers took {:?}", begun.elapsed());
    until("not ready", || async { (http.get("/readyz").await.status == 503).then_some(()) }).await;
    http.get("/healthz").await.expect(200);

    cluster.start().await;
    let answer = ledger.append(&http, &run_id, &lost).await;
    assert_eq!(answer["headSeq"], 3, "the refused events are not there twice: {answer}");
    until("ready again", || async { (http.get("/readyz").await.status == 200).then_some(()) }).await;
    check::ledger(&http, &database, &ledger).await;
}

#[tokio::test]
async fn an_answer_lost_after_the_commit_is_given_again() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let proxy = TcpProxy::to(&server.address()).await;
    let (through, run_id) = (Http::new(&format!("http://{}", proxy.address())), run_id());
    let path = format!("/api/v1/runs/{run_id}/events");
    server.http().append(&run_id, &[event("RUN_STARTED")]).await;
    for round in 0..5 {
        let events: Vec<Value> = (0..3).map(|_| event("NOTE")).collect();
        proxy.cut_before_answer(b"\"NOTE\"", b"");
        assert!(through.try_post(&path, &json!(events)).await.is_err(), "the answer came through");
        let again = through.append(&run_id, &events).await;
        for (n, result) in again["results"].as_array().unwrap().iter().enumerate() {
            assert_eq!(result["outcome"], "duplicate");
            assert_eq!(result["seq"], 2 + round * 3 + n as u64);
        }
    }
    assert_eq!(*proxy.cuts().borrow(), 5);
    assert_eq!(check::run(&server.http(), &database, &run_id).await.len(), 16);
}

#[tokio::test]
async fn a_commit_whose_answer_never_reached_the_server_is_not_written_twice() {
    let database = Database::new().await;
    let proxy = TcpProxy::to(&format!("127.0.0.1:{}", database.cluster().port())).await;
    let server =
        Options::on(&format!("postgres://postgres@{}/{}", proxy.address(), database.name())).start().await;
    let (http, run_id, ledger) = (server.http(), run_id(), Ledger::default());
    ledger.append(&http, &run_id, &[event("RUN_STARTED")]).await;
    for round in 0..5 {
        let marker = format!("marker-{}", uuid::Uuid::new_v4());
        let mut noted = event("NOTE");
        noted["message"] = json!(marker);
        // PostgreSQL says "ready, in no transaction" once the statement with the marker has been committed.
        proxy.cut_before_answer(marker.as_bytes(), b"Z\0\0\0\x05I");
        ledger.append(&http, &run_id, &[noted, event("NOTE")]).await;
        assert_eq!(*proxy.cuts().borrow(), round + 1, "the connection was cut after the commit");
    }
    check::ledger(&http, &database, &ledger).await;
    assert_eq!(http.events(&run_id).await.len(), 11);
}

#[tokio::test]
async fn a_database_connection_that_falls_silent_is_given_up() {
    let database = Database::new().await;
    let proxy = TcpProxy::to(&format!("127.0.0.1:{}", database.cluster().port())).await;
    let server =
        Options::on(&format!("postgres://postgres@{}/{}", proxy.address(), database.name())).start().await;
    let (http, run_id, ledger) = (server.http(), run_id(), Ledger::default());
    ledger.append(&http, &run_id, &[event("RUN_STARTED")]).await;
    proxy.stall();
    let noted = [event("NOTE")];
    ledger.note_sent(&run_id, &noted);
    let answer = http.post(&format!("/api/v1/runs/{run_id}/events"), &json!(noted)).await;
    assert!(answer.header("retry-after").is_some(), "{:?}", answer.headers);
    answer.problem(503);
    proxy.pass();
    proxy.cut_all();
    ledger.append(&http, &run_id, &noted).await;
    check::ledger(&http, &database, &ledger).await;
}

#[tokio::test]
async fn a_far_database_slows_but_breaks_nothing() {
    let database = Database::new().await;
    let proxy = TcpProxy::to(&format!("127.0.0.1:{}", database.cluster().port())).await;
    let far = format!("postgres://postgres@{}/{}", proxy.address(), database.name());
    let (far, near) = (Options::on(&far).start().await, Server::on(&database).await);
    proxy.delay(Duration::from_millis(20));
    let runs = runs(2);
    let mut load = Load::start(&[far.http(), near.http()], &runs, 6, &mut Rng::new("far"));
    load.progress(100).await;
    let follower = follow(&far.address(), &runs[0]);
    load.progress(1_000).await;
    let ledger = load.finish().await;
    settle(&near.http(), &database, &ledger, &runs[0], follower).await;
}

#[tokio::test]
async fn an_embedded_database_is_adopted_by_the_next_server() {
    let mut server = Options::embedded().start().await;
    let (runs, mut rng) = (runs(2), Rng::new("embedded"));
    let mut load = Load::start(&[server.http()], &runs, 4, &mut rng);
    load.progress(200).await;
    let follower = follow(&server.address(), &runs[0]);
    for _ in 0..2 {
        load.progress(200).await;
        server.kill9();
        server.restart().await;
    }
    load.progress(200).await;
    let ledger = load.finish().await;
    ledger.append(&server.http(), &runs[0], &[event("RUN_COMPLETED")]).await;
    let live = crate::support::within("the follower sees the end", follower).await.unwrap();
    for run_id in &runs {
        let events = check::history(&server.http(), run_id).await;
        crate::support::fold::assert_same(&server.http().run(run_id).await, &events);
        ledger.verify(run_id, &events);
    }
    check::same_events(&live.seen.events, &server.http().events(&runs[0]).await);
    assert!(server.stop().await.success());
}

/// The sessions on a database that have said LISTEN.
const LISTENERS: &str = "FROM pg_stat_activity WHERE datname = $1 AND query ~* '\\mlisten\\M'";

/// A subscriber of a server whose feed is the listener's.
async fn notified(server: &Server, run_id: &str) -> Live {
    until("the feed is the listener's", || async {
        let live = Live::open(&server.address(), run_id).await;
        (live.seen.hello.as_ref().unwrap()["delivery"] == "notify").then_some(live)
    })
    .await
}

#[tokio::test]
async fn the_feed_goes_on_when_the_listener_is_terminated() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let other = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    http.append(&run_id, &[event("RUN_STARTED")]).await;
    let mut live = notified(&other, &run_id).await;
    let session = database.cluster().session("postgres").await;
    for round in 1..=3 {
        let sql = format!("SELECT pg_terminate_backend(pid) {LISTENERS}");
        let ended = session.query(&sql, &[&database.name()]).await.unwrap();
        assert!(!ended.is_empty() || round > 1, "no listener found");
        for _ in 0..20 {
            http.append(&run_id, &[event("NOTE")]).await;
        }
        live.read_until("the events after the listener's end", |seen| seen.seq == 1 + round * 20).await;
    }
    until("both listeners are back", || async {
        let row =
            session.query_one(&format!("SELECT count(*) {LISTENERS}"), &[&database.name()]).await.unwrap();
        (row.get::<_, i64>(0) == 2).then_some(())
    })
    .await;
    let mut fresh = notified(&other, &run_id).await;
    let backstop = other.http().metric("feed_backstop_events_total").await;
    // The first one as well, where it was looked for before the listener was up.
    assert!(backstop <= 61.0, "{backstop} events found by the poll, more than there were");
    http.append(&run_id, &[event("RUN_COMPLETED")]).await;
    fresh.read_until("the end", |seen| seen.end.is_some()).await;
    live.read_until("the end", |seen| seen.end.is_some()).await;
    check::same_events(&live.seen.events, &check::run(&http, &database, &run_id).await);
}
