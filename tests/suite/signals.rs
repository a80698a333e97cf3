//! What a server says about itself: health, metrics, its own description.

use serde_json::Value;

use crate::support::{Database, Server, event, run_id};

/// Every family of the contract, present from the start.
const FAMILIES: [&str; 18] = [
    "trace_events_total",
    "loki_push_failures_total",
    "stream_latency_ms",
    "feed_backstop_events_total",
    "stream_subscribers",
    "stream_resets_total",
    "append_batch_events",
    "append_duration_ms",
    "log_lines_total",
    "log_spool_bytes",
    "log_spool_oldest_seconds",
    "loki_push_duration_ms",
    "runs_total",
    "runs_active",
    "http_requests_total",
    "http_request_duration_ms",
    "trace_events_total{",
    "runs_total{",
];

#[tokio::test]
async fn health_readiness_and_metrics_are_there_from_the_start() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    http.get("/healthz").await.expect(200);
    http.get("/readyz").await.expect(200);
    let text = http.get("/metrics").await.expect(200).text();
    for family in FAMILIES {
        assert!(text.lines().any(|line| line.starts_with(family)), "`{family}` is missing in\n{text}");
    }
    let run_id = run_id();
    http.append(&run_id, &[event("RUN_STARTED"), event("NOTE")]).await;
    http.append(&run_id, &[event("RUN_COMPLETED")]).await;
    let text = http.get("/metrics").await.expect(200).text();
    let accepted: f64 = text
        .lines()
        .filter(|line| line.starts_with("trace_events_total{") && line.contains("outcome=\"accepted\""))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum();
    assert_eq!(accepted, 3.0, "{text}");
}

#[tokio::test]
async fn the_description_covers_the_paths_of_the_contract() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let document = server.http().get("/openapi.json").await.expect(200).json();
    assert!(
        document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")),
        "{}",
        document["openapi"]
    );
    let methods = [
        ("/api/v1/runs", "post"),
        ("/api/v1/runs", "get"),
        ("/api/v1/runs/{runId}", "get"),
        ("/api/v1/runs/{runId}/events", "post"),
        ("/api/v1/runs/{runId}/events", "get"),
        ("/api/v1/events", "post"),
        ("/api/v1/events", "get"),
        ("/api/v1/runs/{runId}/stream", "get"),
        ("/api/v1/stream", "get"),
        ("/api/v1/runs/{runId}/logs", "post"),
        ("/api/v1/runs/{runId}/logs", "get"),
        ("/api/v1/runs/{runId}/logs/close", "post"),
        ("/api/v1/runs/{runId}/logs/download", "get"),
    ];
    for (path, method) in methods {
        assert!(document["paths"][path][method].is_object(), "{method} {path} is not described");
    }
    assert_references(&document, &document);
    server.http().get("/docs").await.expect(200);
    let schema = server.http().get("/schemas/workflow.json").await.expect(200);
    assert_eq!(schema.json()["required"], serde_json::json!(["name", "nodes"]));
}

/// Every `$ref` leads somewhere.
fn assert_references(part: &Value, document: &Value) {
    match part {
        Value::Object(members) => {
            for (name, value) in members {
                if let (true, Some(target)) = (name == "$ref", value.as_str()) {
                    assert!(
                        document.pointer(target.trim_start_matches('#')).is_some(),
                        "{target} leads nowhere"
                    );
                }
                assert_references(value, document);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| assert_references(item, document)),
        _ => {}
    }
}
