//! Traces of telltale itself: what a collector gets over OTLP/HTTP, and that nobody waits for one.

use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::support::server::Options;
use crate::support::{Database, event, run_id, until};

type Taken = Arc<Mutex<Vec<Value>>>;

/// A collector that keeps every span that it is sent.
async fn collector() -> (String, Taken) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let taken = Taken::default();
    let kept = Arc::clone(&taken);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let kept = Arc::clone(&kept);
            let each = service_fn(move |request: hyper::Request<Incoming>| {
                let kept = Arc::clone(&kept);
                async move {
                    assert_eq!(request.uri().path(), "/v1/traces");
                    assert_eq!(request.headers()["content-type"], "application/json");
                    let body = request.into_body().collect().await?.to_bytes();
                    let told: Value = serde_json::from_slice(&body).expect("JSON");
                    let resource = &told["resourceSpans"][0];
                    assert_eq!(resource["resource"]["attributes"][0]["value"]["stringValue"], "telltale");
                    let spans = resource["scopeSpans"][0]["spans"].as_array().expect("spans").clone();
                    kept.lock().unwrap().extend(spans);
                    Ok::<_, hyper::Error>(hyper::Response::new(Full::new(Bytes::from_static(b"{}"))))
                }
            });
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), each),
            );
        }
    });
    (address, taken)
}

fn attribute<'a>(span: &'a Value, key: &str) -> Option<&'a str> {
    let found = span["attributes"].as_array()?.iter().find(|attribute| attribute["key"] == key)?;
    found["value"]["stringValue"].as_str().or(found["value"]["intValue"].as_str())
}

#[tokio::test]
async fn a_collector_gets_requests_and_flushes_and_a_callers_trace_goes_on() {
    let database = Database::new().await;
    let (endpoint, taken) = collector().await;
    let server = Options::on(&database.url()).env("TELLTALE_OTLP_ENDPOINT", &endpoint).start().await;
    let (http, id) = (server.http(), run_id());
    http.append(&id, &[event("RUN_STARTED")]).await;
    let headers = [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")];
    http.send(http::Method::GET, &format!("/api/v1/runs/{id}"), &headers, "").await.unwrap().expect(200);
    let (request, caller, flush) = until("the collector has the spans", || async {
        let taken = taken.lock().unwrap();
        let of =
            |route: &str| taken.iter().find(|span| attribute(span, "http.route") == Some(route)).cloned();
        let flush = taken.iter().find(|span| span["name"] == "journal.flush").cloned();
        Some((of("/api/v1/runs/{runId}/events")?, of("/api/v1/runs/{runId}")?, flush?))
    })
    .await;
    assert_eq!(attribute(&request, "http.response.status_code"), Some("200"));
    assert_eq!((attribute(&request, "http.request.method"), &request["kind"]), (Some("POST"), &2.into()));
    assert!(attribute(&request, "request_id").is_some_and(|id| !id.is_empty()));
    assert_eq!(request["traceId"].as_str().map(str::len), Some(32));
    assert_eq!(caller["traceId"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(caller["parentSpanId"], "b7ad6b7169203331");
    assert_eq!(attribute(&flush, "events"), Some("1"));
    let nanos = |span: &Value, key: &str| span[key].as_str().unwrap().parse::<u64>().unwrap();
    assert!(nanos(&flush, "endTimeUnixNano") > nanos(&flush, "startTimeUnixNano"));
    // They are no lines of the log.
    assert!(!server.stderr().contains("journal.flush"), "{}", server.stderr());
}

#[tokio::test]
async fn a_collector_that_is_away_delays_nothing() {
    let database = Database::new().await;
    let server =
        Options::on(&database.url()).env("TELLTALE_OTLP_ENDPOINT", "http://127.0.0.1:9").start().await;
    let (http, id) = (server.http(), run_id());
    for _ in 0..50 {
        http.append(&id, &[event("NOTE")]).await;
    }
    until("the loss is told", || async { server.stderr().contains("takes no traces").then_some(()) }).await;
}
