//! Behind pgbouncer in transaction mode there is no LISTEN, no session lock and no prepared statement.

use serde_json::json;

use crate::support::ledger::Load;
use crate::support::pgbouncer::PgBouncer;
use crate::support::rng::Rng;
use crate::support::server::Options;
use crate::support::ws::Live;
use crate::support::{Database, Server, check, event, node_event, run_id, within};

#[tokio::test]
async fn everything_works_by_polling() {
    let database = Database::new().await;
    let bouncer = PgBouncer::before(&database).await;
    let pooled = Options::on(&bouncer.url()).env("TELLTALE_DATABASE_PREPARED", "false").start().await;
    let direct = Server::on(&database).await;
    let runs: Vec<String> = (0..3).map(|_| run_id()).collect();
    let mut load = Load::start(&[pooled.http(), direct.http()], &runs, 6, &mut Rng::new("bouncer"));
    load.progress(200).await;
    let mut live = Live::open(&pooled.address(), &runs[0]).await;
    assert_eq!(live.seen.hello.as_ref().unwrap()["delivery"], "poll");
    let following = tokio::spawn(async move {
        live.follow().await;
        live
    });
    load.progress(1_000).await;
    let ledger = load.finish().await;
    let http = pooled.http();
    let line = json!({ "nodeRef": "a", "stream": "stdout", "lineNo": 1, "text": "hello" });
    http.append(&runs[0], &[node_event("NODE_STARTED", "a")]).await;
    http.post_ndjson(&format!("/api/v1/runs/{}/logs", runs[0]), &[line]).await.expect(200);
    direct.http().append(&runs[0], &[event("RUN_COMPLETED")]).await;
    let live = within("the end", following).await.unwrap();
    check::same_events(&live.seen.events, &http.events(&runs[0]).await);
    assert_eq!(live.seen.lines.len(), 1);
    for run_id in &runs[1..] {
        let events = check::run(&http, &database, run_id).await;
        ledger.verify(run_id, &events);
    }
}

#[tokio::test]
async fn a_server_migrates_an_empty_database_through_it() {
    let database = Database::empty().await;
    let bouncer = PgBouncer::before(&database).await;
    let server = Options::on(&bouncer.url()).env("TELLTALE_DATABASE_PREPARED", "false").start().await;
    let run_id = run_id();
    server.http().append(&run_id, &[event("RUN_STARTED")]).await;
    assert_eq!(check::run(&server.http(), &database, &run_id).await.len(), 1);
}
