//! Schedules: made, changed, and their ticks started once, whoever looks and whoever dies.

use http::Method;
use serde_json::{Value, json};

use crate::support::workflow::store;
use crate::support::{Answer, Database, Http, Server, until};

const SCHEDULES: &str = "/api/v1/schedules";
const JSON: (&str, &str) = ("content-type", "application/json");

async fn put(http: &Http, schedule: &Value, fields: Value) -> Answer {
    let path = format!("{SCHEDULES}/{}", schedule["scheduleId"].as_str().unwrap());
    http.send(Method::PUT, &path, &[JSON], fields.to_string()).await.unwrap()
}

async fn only(http: &Http) -> Value {
    http.get(SCHEDULES).await.expect(200).json()["schedules"][0].clone()
}

async fn runs(http: &Http) -> Vec<Value> {
    http.get("/api/v1/runs?trigger=schedule").await.expect(200).json()["runs"].as_array().unwrap().clone()
}

/// Lets the schedules' time come: they were due so long ago.
async fn let_it_come(database: &Database, ago: &str) {
    let text = format!("UPDATE schedules SET next_at = now() - interval '{ago}'");
    assert_eq!(database.session().await.execute(text.as_str(), &[]).await.unwrap(), 1);
}

/// The schedule once its tick is done with.
async fn done(http: &Http) -> Value {
    until("the tick is done", || async { Some(only(http).await).filter(|it| !it["lastAt"].is_null()) }).await
}

#[tokio::test]
async fn a_schedule_is_made_listed_changed_and_taken_away() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    store(&http, "recon", "inputs: { domain: }\n").await;
    let fields = json!({"workflow": "recon", "cron": "0 9 * * MON", "timeZone": "Europe/Berlin", "inputs": {"domain": "x"}});
    let made = http.post(SCHEDULES, &fields).await.expect(201).json();
    assert_eq!(
        (&made["missed"], &made["enabled"], &made["lastAt"]),
        (&json!("skip"), &json!(true), &Value::Null)
    );
    let next = made["nextAt"].as_str().unwrap();
    assert!(next.contains("T08:00:00") || next.contains("T07:00:00"), "{next}");
    assert_eq!(only(&http).await, made);
    assert_eq!(http.get("/api/v1/schedules?workflow=other").await.json(), json!({"schedules": []}));

    let off = put(&http, &made, json!({"enabled": false})).await.expect(200).json();
    assert_eq!(
        (&off["nextAt"], &off["cron"], &off["inputs"]),
        (&Value::Null, &made["cron"], &made["inputs"])
    );
    let on = put(&http, &made, json!({"enabled": true, "cron": "@daily", "missed": "run-once"}))
        .await
        .expect(200)
        .json();
    assert!(on["nextAt"].is_string() && on["missed"] == "run-once", "{on}");

    let bad = json!({"workflow": "recon", "cron": "61 * * * *", "timeZone": "Mars/Olympus"});
    assert_eq!(http.post(SCHEDULES, &bad).await.pointers(400), ["/cron", "/timeZone"]);
    assert_eq!(http.post(SCHEDULES, &json!({"x": 1})).await.pointers(400), ["/workflow", "/cron", "/x"]);
    let never = json!({"workflow": "recon", "cron": "0 0 31 2 *", "inputs": {"domain": "x"}});
    assert_eq!(http.post(SCHEDULES, &never).await.pointers(400), ["/cron"]);
    let unfit = json!({"workflow": "recon", "cron": "@daily", "inputs": {"other": "x"}});
    assert_eq!(http.post(SCHEDULES, &unfit).await.pointers(400), ["/inputs/other", "/inputs/domain"]);
    let unknown = json!({"workflow": "other", "cron": "@daily"});
    assert_eq!(http.post(SCHEDULES, &unknown).await.pointers(422), ["/workflow"]);

    let path = format!("{SCHEDULES}/{}", made["scheduleId"].as_str().unwrap());
    http.send(Method::DELETE, &path, &[], "").await.unwrap().expect(204);
    http.send(Method::DELETE, &path, &[], "").await.unwrap().problem(404);
    put(&http, &made, json!({})).await.problem(404);
    http.send(Method::DELETE, &format!("{SCHEDULES}/x"), &[], "").await.unwrap().problem(404);
}

#[tokio::test]
async fn of_two_servers_one_starts_a_tick_and_only_once() {
    let database = Database::new().await;
    let (a, b) = (Server::without_worker(&database).await, Server::without_worker(&database).await);
    let http = a.http();
    store(&http, "recon", "inputs: { domain: }\n").await;
    let fields = json!({"workflow": "recon", "cron": "* * * * *", "inputs": {"domain": "x"}});
    let schedule = http.post(SCHEDULES, &fields).await.expect(201).json();
    let_it_come(&database, "0 minutes").await;
    let after = done(&http).await;
    let started = runs(&b.http()).await;
    let ticks: Vec<&Value> = started.iter().map(|run| &run["trigger"]["at"]).collect();
    // The minute may have turned meanwhile; no minute has two.
    let distinct: std::collections::BTreeSet<&str> =
        ticks.iter().map(|tick| tick.as_str().unwrap()).collect();
    assert_eq!(distinct.len(), started.len());
    let first = started.last().unwrap();
    let run = http.run(first["runId"].as_str().unwrap()).await;
    assert_eq!((&run["inputs"], &run["workflow"]), (&json!({"domain": "x"}), &json!("recon")));
    assert_eq!(run["trigger"]["scheduleId"], schedule["scheduleId"]);
    assert!(after["lastRunId"].as_str().unwrap().starts_with("schedule-"), "{after}");
    assert!(after["nextAt"].as_str() > after["lastAt"].as_str(), "{after}");
}

#[tokio::test]
async fn ticks_that_were_missed_follow_their_rule() {
    let database = Database::new().await;
    let mut server = Server::without_worker(&database).await;
    store(&server.http(), "recon", "").await;
    let fields = json!({"workflow": "recon", "cron": "0 0 1 1 *"});
    let schedule = server.http().post(SCHEDULES, &fields).await.expect(201).json();
    server.stop().await;
    let_it_come(&database, "90 minutes").await;
    server.restart().await;
    let http = server.http();
    until("the next time is moved on", || async {
        (only(&http).await["nextAt"] == schedule["nextAt"]).then_some(())
    })
    .await;
    assert!(runs(&http).await.is_empty());
    assert_eq!(only(&http).await["lastAt"], Value::Null);

    put(&http, &schedule, json!({"missed": "run-once"})).await.expect(200);
    server.kill9();
    let_it_come(&database, "90 minutes").await;
    server.restart().await;
    done(&server.http()).await;
    assert_eq!(runs(&server.http()).await.len(), 1);
}

#[tokio::test]
async fn a_tick_that_was_decided_on_by_a_dead_server_is_started() {
    let database = Database::new().await;
    let mut server = Server::without_worker(&database).await;
    store(&server.http(), "recon", "").await;
    let fields = json!({"workflow": "recon", "cron": "0 0 1 1 *"});
    server.http().post(SCHEDULES, &fields).await.expect(201);
    server.kill9();
    let decided = "UPDATE schedules SET due_at = '2026-11-22T10:00:00Z'";
    database.session().await.execute(decided, &[]).await.unwrap();
    server.restart().await;
    let after = done(&server.http()).await;
    assert!(after["lastRunId"].as_str().unwrap().ends_with("-20261122T100000Z"), "{after}");
    assert_eq!(runs(&server.http()).await.len(), 1);
}

#[tokio::test]
async fn a_tick_that_can_start_nothing_says_why() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    store(&http, "recon", "").await;
    http.post(SCHEDULES, &json!({"workflow": "recon", "cron": "0 0 1 1 *"})).await.expect(201);
    http.send(Method::DELETE, "/api/v1/workflows/recon", &[], "").await.unwrap().expect(204);
    let_it_come(&database, "0 minutes").await;
    let after = done(&http).await;
    assert!(after["lastError"].as_str().unwrap().contains("was deleted"), "{after}");
    assert_eq!((&after["lastRunId"], runs(&http).await.len()), (&Value::Null, 0));
}
