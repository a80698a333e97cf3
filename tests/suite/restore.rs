//! A dump restored into another cluster: runs as they were, and cursors of the feed across runs that go on.

use std::process::Command;

use serde_json::Value;

use crate::support::http::Http;
use crate::support::server::{Options, tempdir};
use crate::support::{Cluster, Database, Server, check, event, run_id, until};

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// `run seq` of all that there is behind a cursor, and the cursor behind it.
async fn read_on(http: &Http, cursor: Option<&str>, limit: usize) -> (Vec<(String, u64)>, String) {
    let cursor = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
    let page = http.get(&format!("/api/v1/events?limit={limit}{cursor}")).await.expect(200).json();
    let name = |event: &Value| (event["runId"].as_str().unwrap().to_owned(), event["seq"].as_u64().unwrap());
    let events = page["events"].as_array().unwrap().iter().map(name).collect();
    (events, page["nextCursor"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn cursors_go_on_after_a_dump_was_restored() {
    let database = Database::new().await;
    let mut server = Server::without_worker(&database).await;
    let http = server.http();
    let runs: Vec<String> = (0..3).map(|_| run_id()).collect();
    for _ in 0..20 {
        for run in &runs {
            http.append(run, &[event("NOTE"), event("NOTE")]).await;
        }
    }
    let all = until("all events can be read", || async {
        let (all, _) = read_on(&http, None, 5_000).await;
        (all.len() == 120).then_some(all)
    })
    .await;
    let (first, cursor) = read_on(&http, None, 50).await;
    assert_eq!(first, all[..50]);
    server.stop().await;
    let folder = tempdir("dump");
    let dump = folder.path().join("telltale.dump");
    run(Command::new("pg_dump").args(["--format=custom", "--file"]).arg(&dump).arg(database.url()));
    let other = Cluster::private().await;
    let restored = other.own_database().await;
    // Roles belong to a cluster, and are in no dump: docs/runbook.md has the same step.
    let role =
        "DO $$ BEGIN CREATE ROLE telltale_reader NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
        GRANT telltale_reader TO CURRENT_USER";
    restored.session().await.batch_execute(role).await.unwrap();
    run(Command::new("pg_restore").arg("--no-owner").arg("--dbname").arg(restored.url()).arg(&dump));

    let data = folder.path().join("data");
    let mut adopt = Options::on(&restored.url()).command(&data, "127.0.0.1:0");
    run(adopt.args(["migrate", "restored"]));
    let server = Server::without_worker(&restored).await;
    let http = server.http();
    // Those who follow events in the server go on as well.
    let session = restored.session().await;
    let row = session.query_one("SELECT xid < 0 OR seen_to > 0 FROM event_cursors", &[]).await.unwrap();
    assert!(row.get::<_, bool>(0), "the follower of ends is neither moved nor has it gone on");
    // Everything that was not read, in its order, and then what is new; nothing twice.
    let (rest, cursor) = read_on(&http, Some(&cursor), 40).await;
    assert_eq!(rest, all[50..90]);
    http.append(&runs[0], &[event("NOTE")]).await;
    let last = until("the new event can be read", || async {
        let (last, _) = read_on(&http, Some(&cursor), 5_000).await;
        (last.len() == 31).then_some(last)
    })
    .await;
    assert_eq!(last[..30], all[90..]);
    assert_eq!(last[30], (runs[0].clone(), 41));
    let (again, _) = read_on(&http, None, 5_000).await;
    assert_eq!(again.len(), 121);
    assert_eq!(again[..120], all);
    for run in &runs {
        check::run(&http, &restored, run).await;
    }
    // Once more, into a third place: both generations of cursors go on.
    drop(server);
    let mut adopt = Options::on(&restored.url()).command(&data, "127.0.0.1:0");
    run(adopt.args(["migrate", "restored"]));
    let server = Server::without_worker(&restored).await;
    let (last, _) = read_on(&server.http(), Some(&cursor), 5_000).await;
    assert_eq!(last.len(), 31);
}

/// Where the step was forgotten the doctor says so.
#[tokio::test]
async fn the_doctor_finds_events_of_another_cluster() {
    let database = Database::new().await;
    let mut server = Server::without_worker(&database).await;
    server.http().append(&run_id(), &[event("NOTE")]).await;
    server.stop().await;
    database.session().await.execute("UPDATE events SET xid = xid + (1::bigint << 40)", &[]).await.unwrap();
    let dir = tempdir("doctor");
    let doctor = || {
        let mut command = Options::on(&database.url()).command(dir.path(), "127.0.0.1:0");
        let output = command.args(["doctor", "--json"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let checks: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        let found = checks.iter().find(|check| check["subject"] == "cursors").cloned();
        (output.status.code(), found.unwrap_or_else(|| panic!("no check of cursors: {text}")))
    };
    let (status, found) = doctor();
    assert_eq!((status, &found["verdict"]), (Some(1), &"fail".into()), "{found}");
    assert!(found["advice"].as_str().unwrap().contains("telltale migrate restored"), "{found}");
    let mut adopt = Options::on(&database.url()).command(dir.path(), "127.0.0.1:0");
    run(adopt.args(["migrate", "restored"]));
    assert_eq!(doctor().1["verdict"], "ok");
}
