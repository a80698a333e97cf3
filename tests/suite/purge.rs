//! A purge that is killed, one that others write beside, one that is watched, and what lies in Loki.

use http::Method;
use serde_json::{Value, json};

use crate::support::loki::{Limits, Loki};
use crate::support::shipping::trimming;
use crate::support::{Database, Http, Server, event, node_event, run_id, until, within};

const PLANS: &str = "/api/v1/cleanup/plans";
/// Runs that a purge has to go through in several transactions.
const RUNS: usize = 60;
/// Events of each, so that not all runs fit into one transaction.
const EVENTS: usize = 300;

async fn ended_runs(http: &Http, count: usize) -> Vec<String> {
    let mut runs = Vec::new();
    for _ in 0..count {
        let run_id = run_id();
        let mut queued = event("RUN_QUEUED");
        queued["data"] = json!({ "workflow": "purged" });
        let mut events = vec![queued];
        events.extend((2..EVENTS).map(|_| node_event("NODE_PROGRESS", "a")));
        events.push(event("RUN_COMPLETED"));
        http.append(&run_id, &events).await;
        runs.push(run_id);
    }
    runs
}

async fn planned(http: &Http) -> String {
    let plan = http.post(PLANS, &json!({ "workflow": "purged" })).await.expect(201).json();
    plan["planId"].as_str().unwrap().to_owned()
}

async fn done(http: &Http, plan: &str) -> Option<Value> {
    let answer = http.try_get(&format!("{PLANS}/{plan}")).await.ok()?;
    (answer.status == 200).then(|| answer.json())
}

#[tokio::test]
async fn a_purge_that_is_killed_five_times_ends_right() {
    let database = Database::new().await;
    let mut server = Server::on(&database).await;
    let http = server.http();
    let runs = ended_runs(&http, RUNS).await;
    let kept = run_id();
    http.append(&kept, &[event("RUN_STARTED"), event("RUN_COMPLETED")]).await;
    let plan = planned(&http).await;
    http.post(&format!("{PLANS}/{plan}/apply"), &json!({})).await.expect(202);
    let mut before = 0;
    for _ in 0..5 {
        // As soon as something more has gone, or all has.
        let state = until("the purge goes on", || async {
            let state = done(&http, &plan).await?;
            let gone = state["done"]["runs"].as_u64().unwrap();
            (gone > before || state["state"] == "applied").then_some(state)
        })
        .await;
        before = state["done"]["runs"].as_u64().unwrap();
        server.kill9();
        server.restart().await;
    }
    let state = until("the purge is over", || async {
        done(&http, &plan).await.filter(|state| state["state"] == "applied")
    })
    .await;
    assert_eq!((&state["done"]["runs"], &state["done"]["events"]), (&RUNS.into(), &(RUNS * EVENTS).into()));
    for run in &runs {
        http.get(&format!("/api/v1/runs/{run}/tombstone")).await.expect(200);
    }
    assert_eq!(http.events(&kept).await.len() as u64, http.run(&kept).await["headSeq"].as_u64().unwrap());
    let session = database.session().await;
    let left = "SELECT (SELECT count(*) FROM cleanup_items) + (SELECT count(*) FROM events e
        WHERE NOT EXISTS (SELECT FROM runs r WHERE r.run_key = e.run_key)) + (SELECT count(*) FROM nodes n
        WHERE NOT EXISTS (SELECT FROM runs r WHERE r.run_key = n.run_key))";
    assert_eq!(session.query_one(left, &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn appends_go_on_beside_a_purge() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    ended_runs(&http, RUNS).await;
    let plan = planned(&http).await;
    http.post(&format!("{PLANS}/{plan}/apply"), &json!({})).await.expect(202);
    let writer = run_id();
    let mut sent = 0;
    let writing = async {
        while done(&http, &plan).await.is_none_or(|state| state["state"] != "applied") {
            http.append(&writer, &[event("NOTE"), event("NOTE")]).await;
            sent += 2;
        }
    };
    within("the purge", writing).await;
    assert_eq!(http.events(&writer).await.len(), sent);
}

#[tokio::test]
async fn a_run_longer_than_a_transaction_goes_piece_by_piece() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let run = run_id();
    for _ in 0..3 {
        let events: Vec<Value> = (0..4_000).map(|_| event("NOTE")).collect();
        http.append(&run, &events).await;
    }
    http.append(&run, &[event("RUN_COMPLETED")]).await;
    let purged = http.send(Method::DELETE, &format!("/api/v1/runs/{run}"), &[], "").await.unwrap();
    assert_eq!(purged.expect(200).json()["events"], 12_001);
    let tombstone = http.get(&format!("/api/v1/runs/{run}/tombstone")).await.expect(200).json();
    assert_eq!(tombstone["headSeq"], 12_001);
    let left = database.session().await.query_one("SELECT count(*) FROM events", &[]).await.unwrap();
    assert_eq!(left.get::<_, i64>(0), 0);
}

#[tokio::test]
async fn lines_in_loki_are_deleted_there_and_nobody_elses() {
    let database = Database::new().await;
    let loki = Loki::stand_in(Limits::raised());
    let server = trimming(&database, &loki).start().await;
    let http = server.http();
    let mut runs = Vec::new();
    for _ in 0..2 {
        let run_id = run_id();
        http.append(&run_id, &[event("RUN_STARTED")]).await;
        let lines: Vec<Value> = (0..50)
            .map(|n| json!({ "nodeRef": "a", "stream": "stdout", "text": format!("line {n}") }))
            .collect();
        http.post_ndjson(&format!("/api/v1/runs/{run_id}/logs"), &lines).await.expect(200);
        http.append(&run_id, &[event("RUN_COMPLETED")]).await;
        runs.push(run_id);
    }
    until("all lines are in Loki", || async { (loki.entries() == 100).then_some(()) }).await;
    http.send(Method::DELETE, &format!("/api/v1/runs/{}", runs[0]), &[], "").await.unwrap().expect(200);
    until("the run's lines are gone from Loki", || async { (loki.entries() == 50).then_some(()) }).await;
    assert_eq!(http.lines(&runs[1]).await.len(), 50);
}

#[tokio::test]
async fn the_commands_say_what_goes_and_let_it_go() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let runs = ended_runs(&http, 2).await;
    let telltale = async |arguments: &[&str]| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_telltale"));
        command.args(arguments).env("TELLTALE_URL", server.base()).stdin(std::process::Stdio::null());
        let output = within("the command", command.output()).await.unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let (status, said) = telltale(&["purge", &runs[0], "--dry-run"]).await;
    assert_eq!((status, said.starts_with("would delete 1 run: 300 events, 0 lines")), (0, true), "{said}");
    assert_eq!(http.run(&runs[0]).await["status"], "COMPLETED");
    let (status, said) = telltale(&["purge", &runs[0]]).await;
    assert_eq!((status, said.starts_with("deleted 1 run: 300 events")), (0, true), "{said}");
    http.get(&format!("/api/v1/runs/{}", runs[0])).await.problem(404);
    assert_eq!(telltale(&["purge", &runs[0]]).await.0, 2);
    let (status, said) = telltale(&["cleanup", "--days", "1"]).await;
    assert_eq!((status, said.starts_with("would delete 0 runs")), (0, true), "{said}");
    for wrong in [
        vec!["cleanup"],
        vec!["cleanup", "--days", "0"],
        vec!["cleanup", "--days", "-1"],
        vec!["cleanup-status", "running", "--days", "1"],
        vec!["cleanup-status", "failed"],
    ] {
        assert_eq!(telltale(&wrong).await.0, 2, "{wrong:?}");
    }
    assert_eq!(telltale(&["cleanup-status", "completed", "--days", "1", "--dry-run"]).await.0, 0);
    let (status, said) = telltale(&["stats", "--json"]).await;
    assert_eq!((status, serde_json::from_str::<Value>(&said).unwrap()["runs"].clone()), (0, 2.into()));
    let (status, said) = telltale(&["stats"]).await;
    assert_eq!((status, said.starts_with("2 runs in 30 days: 2 completed")), (0, true), "{said}");
}

#[tokio::test]
async fn a_week_that_nothing_is_left_of_is_dropped_whole() {
    let database = Database::new().await;
    let mut server = Server::on(&database).await;
    let run = ended_runs(&server.http(), 1).await.remove(0);
    server.stop().await;
    // As if the run were of an old week: its partitions are made, and its key is moved there.
    let session = database.session().await;
    let old = "2025-01-06T00:00:00Z";
    let week = format!(
        "SELECT ensure_partitions('events', '{old}', '{old}'), ensure_partitions('log_chunks', '{old}', '{old}'),
            ensure_partitions('log_segments', '{old}', '{old}')"
    );
    session.batch_execute(&week).await.unwrap();
    for table in ["runs", "events", "nodes", "run_ends"] {
        session.batch_execute(&format!("UPDATE {table} SET run_key = run_key_floor('{old}')")).await.unwrap();
    }
    server.restart().await;
    let http = server.http();
    http.send(Method::DELETE, &format!("/api/v1/runs/{run}"), &[], "").await.unwrap().expect(200);
    server.stop().await;
    server.restart().await;
    until("the week's partitions are gone", || async {
        let left = "SELECT count(*) FROM pg_class WHERE relname ~ '_20250106$' AND relkind = 'r'";
        (session.query_one(left, &[]).await.unwrap().get::<_, i64>(0) == 0).then_some(())
    })
    .await;
    // The others are still there, and take what comes.
    server.http().append(&run_id(), &[event("RUN_STARTED")]).await;
}

/// Events of 4 KiB each, more than the buffers between a server and a viewer hold.
const LARGE_EVENTS: usize = 8_000;

#[tokio::test]
async fn a_viewer_on_its_way_through_a_purged_run_is_reset_and_ended() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let run = run_id();
    let filler = "x".repeat(4_000);
    for _ in 0..LARGE_EVENTS / 1_000 {
        let note = || {
            let mut note = event("NOTE");
            note["message"] = filler.clone().into();
            note
        };
        http.append(&run, &(0..1_000).map(|_| note()).collect::<Vec<_>>()).await;
    }
    http.append(&run, &[event("RUN_COMPLETED")]).await;
    // A client that does not read: the server waits for it with the first frames sent.
    let request = http.client().get(http.url(&format!("/api/v1/runs/{run}/stream")));
    let mut viewer = request.header("accept", "text/event-stream").send().await.unwrap();
    let mut text = String::new();
    let first = within("the first frame", viewer.chunk()).await.unwrap().unwrap();
    text.push_str(&String::from_utf8_lossy(&first));
    http.send(Method::DELETE, &format!("/api/v1/runs/{run}"), &[], "").await.unwrap().expect(200);
    let reading = async {
        while let Some(chunk) = viewer.chunk().await.unwrap() {
            text.push_str(&String::from_utf8_lossy(&chunk));
        }
    };
    within("the end", reading).await;
    let head = LARGE_EVENTS + 1;
    let places: Vec<usize> = [
        format!("\"reason\":\"purged\",\"fromSeq\":{}", head + 1),
        "event: end".to_owned(),
        format!("\"headSeq\":{head}"),
    ]
    .iter()
    .map(|wanted| {
        text.rfind(wanted.as_str()).unwrap_or_else(|| panic!("no {wanted} in {}", &text[text.len() - 600..]))
    })
    .collect();
    assert!(places[0] < places[1], "the end comes last");
}
