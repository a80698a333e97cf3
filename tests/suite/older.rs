//! Older clients: requests as they send them, and answers as they know them, member by member.

use http::Method;
use serde_json::{Value, json};

use crate::support::{Database, Http, Server, run_id};

/// A run of the workflow with one event of each kind that a trace shows, and some that it does not.
async fn recorded(http: &Http, workflow: &str, end: Value) -> String {
    let run_id = run_id();
    let body = json!({ "runId": run_id, "workflow": workflow, "engine": "external", "inputs": { "domain": "example.org" } });
    http.post("/api/v1/runs", &body).await.expect(201);
    let events = [
        json!({ "type": "RUN_STARTED", "occurredAt": "2026-11-20T10:00:00Z" }),
        json!({ "type": "NODE_STARTED", "nodeRef": "resolve", "occurredAt": "2026-11-20T10:00:01Z" }),
        json!({ "type": "NODE_PROGRESS", "nodeRef": "resolve", "message": "1 of 2", "data": { "completed": 1 },
                "occurredAt": "2026-11-20T10:00:02Z" }),
        json!({ "type": "NOTE", "message": "of the run" }),
        json!({ "type": "NODE_FAILED", "nodeRef": "resolve", "error": { "message": "no such host" },
                "occurredAt": "2026-11-20T10:00:03Z" }),
        end,
    ];
    http.append(&run_id, &events).await;
    run_id
}

fn ended(kind: &str, rest: Value) -> Value {
    let mut event = json!({ "type": kind, "occurredAt": "2026-11-20T10:00:04Z" });
    event.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    event
}

#[tokio::test]
async fn a_status_has_the_members_that_shipsec_studio_gave() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let failed = json!({ "error": { "message": "host down", "code": "DNS", "details": { "host": "a" } } });
    let run = recorded(&http, "recon", ended("RUN_FAILED", failed)).await;
    let mut status = http.get(&format!("/workflows/runs/{run}/status")).await.expect(200).json();
    let updated_at = status.as_object_mut().unwrap().remove("updatedAt").unwrap();
    assert!(updated_at.as_str().unwrap() > "2026-11-20T10:00:00");
    assert_eq!(
        status,
        json!({
            "runId": run, "workflowId": "recon", "status": "FAILED", "startedAt": "2026-11-20T10:00:00.000000Z",
            "completedAt": "2026-11-20T10:00:04.000000Z", "taskQueue": "telltale", "historyLength": 7,
            "progress": { "completedActions": 1, "totalActions": 1 },
            "failure": { "reason": "host down", "temporalCode": "DNS", "details": { "host": "a" } },
        })
    );
    http.get("/workflows/runs/no-such-run/status").await.problem(404);
}

#[tokio::test]
async fn a_trace_tells_of_nodes_in_order_and_goes_on_at_its_cursor() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let run = recorded(&http, "recon", ended("RUN_COMPLETED", json!({}))).await;
    let trace = http.get(&format!("/workflows/runs/{run}/trace")).await.expect(200).json();
    let event = |id: &str, kind: &str, second: u32| {
        json!({ "id": id, "runId": run, "nodeId": "resolve", "type": kind, "level": "info",
                "timestamp": format!("2026-11-20T10:00:0{second}.000000Z") })
    };
    let mut progress = event("4", "PROGRESS", 2);
    progress["message"] = "1 of 2".into();
    progress["data"] = json!({ "completed": 1 });
    let mut failed = event("6", "FAILED", 3);
    failed["level"] = "error".into();
    failed["error"] = json!({ "message": "no such host" });
    let events = [event("3", "STARTED", 1), progress.clone(), failed];
    assert_eq!(trace, json!({ "runId": run, "events": events, "cursor": "6" }));
    let page = http.get(&format!("/workflows/runs/{run}/trace?cursor=3&limit=1")).await.expect(200).json();
    assert_eq!(page, json!({ "runId": run, "events": [progress], "cursor": "4" }));
    let page = http.get(&format!("/workflows/runs/{run}/trace?cursor=6")).await.expect(200).json();
    assert_eq!(page, json!({ "runId": run, "events": [] }));
}

#[tokio::test]
async fn executions_are_listed_counted_and_shown_as_automateos_gave_them() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let result = json!({ "data": { "result": { "node_results": [1] } } });
    recorded(&http, "recon", ended("RUN_COMPLETED", result)).await;
    recorded(&http, "recon", ended("RUN_TIMED_OUT", json!({ "message": "took too long" }))).await;
    http.append(&run_id(), &[json!({ "type": "RUN_QUEUED", "data": { "workflow": "other" } })]).await;
    let page = http.get("/workflows/recon/logs").await.expect(200).json();
    let (failed, succeeded) = (&page[0], &page[1]);
    assert_eq!(page.as_array().unwrap().len(), 2);
    assert!(failed["id"].as_u64().unwrap() > succeeded["id"].as_u64().unwrap(), "{page}");
    assert_eq!(
        *failed,
        json!({ "id": failed["id"], "workflow_id": "recon", "status": "failed", "started_at": "2026-11-20T10:00:00.000000Z",
                "completed_at": "2026-11-20T10:00:04.000000Z", "error_message": "took too long" })
    );
    assert_eq!((&succeeded["status"], &succeeded["error_message"]), (&"success".into(), &Value::Null));

    let mut expected = succeeded.clone();
    expected["payload"] = json!({ "domain": "example.org" });
    expected["result"] = json!({ "node_results": [1] });
    let shown = http.get(&format!("/logs/{}", succeeded["id"])).await.expect(200).json();
    assert_eq!(shown, expected);
    // The same number each time.
    assert_eq!(http.get("/workflows/recon/logs").await.expect(200).json(), page);

    let ids = |page: Value| -> Vec<u64> {
        page.as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect()
    };
    let path = "/workflows/recon/logs?limit=1&offset=1";
    assert_eq!(ids(http.get(path).await.expect(200).json()), ids(json!([succeeded])));
    let path = "/workflows/recon/logs?status=success&since=2020-01-01&until=2100-01-01T00:00:00";
    assert_eq!(ids(http.get(path).await.expect(200).json()), ids(json!([succeeded])));
    for (query, count) in [("", 2), ("?status=failed", 1), ("?status=running", 0), ("?until=2020-01-01", 0)] {
        let answer = http.get(&format!("/workflows/recon/logs/count{query}")).await.expect(200).json();
        assert_eq!(answer, json!({ "count": count }), "{query}");
    }
}

#[tokio::test]
async fn what_older_clients_ask_wrongly_is_refused() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    recorded(&http, "recon", ended("RUN_COMPLETED", json!({}))).await;
    for query in ["status=done", "limit=0", "limit=101", "offset=-1", "since=soon"] {
        http.get(&format!("/workflows/recon/logs?{query}")).await.problem(400);
    }
    http.get("/workflows/recon/logs/count?status=COMPLETED").await.problem(400);
    for path in ["/workflows/unknown/logs", "/workflows/unknown/logs/count", "/logs/999999", "/logs/x"] {
        http.get(path).await.problem(404);
    }
    http.send(Method::POST, "/logs/1", &[("content-type", "application/json")], "{}")
        .await
        .unwrap()
        .problem(405);
}

#[tokio::test]
async fn imported_executions_keep_their_numbers() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let body = json!({ "runId": "automateos-812", "workflow": "recon", "engine": "external" });
    http.post("/api/v1/runs", &body).await.expect(201);
    recorded(&http, "recon", ended("RUN_COMPLETED", json!({}))).await;
    // Asked for before it was ever listed, and after.
    for _ in 0..2 {
        assert_eq!(http.get("/logs/812").await.expect(200).json()["id"], 812);
        let page = http.get("/workflows/recon/logs").await.expect(200).json();
        assert_eq!(page[1]["id"], 812);
        assert!(page[0]["id"].as_u64().unwrap() >= 1_000_000_000, "{page}");
    }
}
