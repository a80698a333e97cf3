//! Counts and statistics of runs.

use serde_json::{Value, json};

use crate::support::{Database, Http, Server, event, run_id, until};

async fn run_of(http: &Http, workflow: &str, seconds: u32, end: &str) -> String {
    let run_id = run_id();
    let at = |kind: &str, second: u32| {
        let mut event = event(kind);
        event["occurredAt"] =
            format!("{}T10:00:{second:02}Z", &jiff::Timestamp::now().to_string()[..10]).into();
        event
    };
    let mut queued = at("RUN_QUEUED", 0);
    queued["data"] =
        json!({ "workflow": workflow, "trigger": { "type": "schedule" }, "labels": { "team": "red" } });
    http.append(&run_id, &[queued, at("RUN_STARTED", 0), at(end, seconds)]).await;
    run_id
}

#[tokio::test]
async fn runs_are_counted_by_the_filters_of_the_list() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    run_of(&http, "recon", 1, "RUN_COMPLETED").await;
    run_of(&http, "recon", 1, "RUN_FAILED").await;
    run_of(&http, "other", 1, "RUN_FAILED").await;
    for (query, count) in [
        ("", 3),
        ("?status=FAILED", 2),
        ("?workflow=recon&status=FAILED,COMPLETED", 2),
        ("?label=team:red&trigger=schedule", 3),
        ("?trigger=webhook", 0),
        ("?q=reco", 2),
        // What a failure says, and not the names of its fields.
        ("?q=without%20a%20reason", 2),
        ("?q=%22reason%22", 0),
        ("?until=2020-01-01T00:00:00Z", 0),
    ] {
        let answer = http.get(&format!("/api/v1/runs/count{query}")).await.expect(200).json();
        assert_eq!(answer, json!({ "count": count, "atLeast": false }), "{query}");
    }
    http.get("/api/v1/runs/count?status=DONE").await.problem(400);
    // Nobody would ever see a run of that name.
    let named = json!({ "runId": "count", "workflow": "w", "engine": "external" });
    assert_eq!(http.post("/api/v1/runs", &named).await.pointers(400), ["/runId"]);
    assert_eq!(http.post("/api/v1/runs/count/events", &event("NOTE")).await.pointers(400), ["/runId"]);
    let mut note = event("NOTE");
    note["runId"] = "count".into();
    assert_eq!(http.post("/api/v1/events", &json!([note])).await.pointers(400), ["/0/runId"]);
}

#[tokio::test]
async fn statistics_tell_how_runs_ended_and_how_long_they_took() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    for seconds in [1, 2, 4] {
        run_of(&http, "recon", seconds, "RUN_COMPLETED").await;
    }
    run_of(&http, "recon", 40, "RUN_TIMED_OUT").await;
    run_of(&http, "recon", 1, "RUN_CANCELLED").await;
    let other = run_of(&http, "other", 1, "RUN_COMPLETED").await;
    let statistics = async |path: &str, runs: u64| -> Value {
        until("all ends are counted", || async {
            let answer = http.get(path).await.expect(200).json();
            (answer["runs"] == runs).then_some(answer)
        })
        .await
    };
    let all = statistics("/api/v1/statistics?days=7", 6).await;
    assert_eq!((&all["completed"], &all["failed"], &all["cancelled"]), (&4.into(), &1.into(), &1.into()));
    let recon = statistics("/api/v1/workflows/recon/statistics", 5).await;
    assert_eq!(recon["successRate"], 0.75);
    let ms = |name: &str| recon[name].as_f64().unwrap();
    assert!(
        (ms("p50DurationMs") - 2_000.0).abs() < 110.0 && (ms("p95DurationMs") - 40_000.0).abs() < 2_100.0,
        "{recon}"
    );
    assert_eq!(recon["days"].as_array().unwrap().len(), 1);
    assert_eq!((&recon["days"][0]["runs"], &recon["days"][0]["failed"]), (&5.into(), &1.into()));
    // They outlive the runs, and no run is counted twice.
    http.send(http::Method::DELETE, &format!("/api/v1/runs/{other}"), &[], "").await.unwrap().expect(200);
    assert_eq!(http.get("/api/v1/statistics?days=7").await.expect(200).json()["runs"], 6);
    http.get("/api/v1/workflows/unknown/statistics").await.problem(404);
    for days in ["0", "367", "x"] {
        http.get(&format!("/api/v1/statistics?days={days}")).await.problem(400);
    }
}
