//! A server for tests that stores what it is sent and fails on purpose: every n-th request is answered with 503,
//! or its connection is cut, before the work is done or after.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::workflow::parse;
use super::{EngineChoice, RunOptions};
use crate::client::Client;

#[derive(Default)]
pub struct Stored {
    pub registration: Option<Value>,
    pub events: Vec<Value>,
    pub event_ids: HashSet<String>,
    pub lines: Vec<Value>,
    pub artifacts: Vec<Vec<u8>>,
    pub line_heads: HashMap<String, u64>,
    pub requests: usize,
    /// Every n-th request goes wrong.
    pub trouble_every: usize,
    /// The run is over once it has so many events.
    pub late_from: Option<usize>,
    /// What a read of the run says.
    pub status: &'static str,
}

pub struct Server {
    pub stored: Mutex<Stored>,
    pub changed: Notify,
}

pub async fn serve(trouble_every: usize) -> (Arc<Server>, Client) {
    let stored = Mutex::new(Stored { trouble_every, status: "RUNNING", ..Stored::default() });
    let server = Arc::new(Server { stored, changed: Notify::new() });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client::new(&format!("http://{}", listener.local_addr().unwrap()), None).unwrap();
    let shared = Arc::clone(&server);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let server = Arc::clone(&shared);
            tokio::spawn(async move {
                let service = service_fn(move |request| answer(Arc::clone(&server), request));
                let io = TokioIo::new(socket);
                drop(hyper::server::conn::http1::Builder::new().serve_connection(io, service).await);
            });
        }
    });
    (server, client)
}

/// An `Err` cuts the connection.
async fn answer(
    server: Arc<Server>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, &'static str> {
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await.map_err(|_| "no body")?.to_bytes();
    let mut stored = server.stored.lock();
    stored.requests += 1;
    let every = stored.trouble_every;
    let trouble =
        if every > 0 && stored.requests.is_multiple_of(every) { stored.requests / every % 3 + 1 } else { 0 };
    match trouble {
        1 => return Ok(response(StatusCode::SERVICE_UNAVAILABLE, &json!({"title": "no database"}))),
        2 => return Err("cut before"),
        _ => {}
    }
    let (status, answer) = work(&mut stored, &path, &body).unwrap_or((StatusCode::NOT_FOUND, json!({})));
    server.changed.notify_waiters();
    if trouble == 3 { Err("cut after") } else { Ok(response(status, &answer)) }
}

/// An event that ends an attempt closes its streams.
fn close_ended_by(stored: &mut Stored, event: &Value) {
    let kind = event["type"].as_str().unwrap();
    if !["NODE_COMPLETED", "NODE_FAILED", "NODE_RETRYING", "NODE_CANCELLED"].contains(&kind) {
        return;
    }
    let (node, attempt) = (&event["nodeRef"], &event["attempt"]);
    for stream in ["stdout", "stderr"] {
        let name = format!("{node}/{attempt}/\"{stream}\"");
        if let Some(lines) = stored.line_heads.remove(&name) {
            let data = json!({ "stream": stream, "lines": lines });
            stored.events.push(
                json!({ "type": "NODE_LOG_CLOSED", "nodeRef": node, "attempt": attempt, "data": data }),
            );
        }
    }
}

fn response(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    Response::builder().status(status).body(Full::from(body.to_string())).unwrap()
}

fn work(stored: &mut Stored, path: &str, body: &[u8]) -> Result<(StatusCode, Value), Infallible> {
    if path == "/api/v1/runs" {
        let body: Value = serde_json::from_slice(body).unwrap();
        let answer = json!({"runId": body["runId"], "status": "QUEUED", "headSeq": 1});
        stored.registration = Some(body);
        return Ok((StatusCode::CREATED, answer));
    }
    if !path["/api/v1/runs/".len()..].contains('/') {
        return Ok((
            StatusCode::OK,
            json!({"runId": "r", "status": stored.status, "headSeq": stored.events.len() + 1}),
        ));
    }
    if path.ends_with("/events") {
        let events: Vec<Value> = serde_json::from_slice(body).unwrap();
        let mut results = Vec::new();
        for event in events {
            let id = event["eventId"].as_str().unwrap().to_owned();
            let late = stored.late_from.is_some_and(|from| stored.events.len() >= from);
            if late {
                // The reason that the runner is to find.
                stored.status = "CANCELLED";
            }
            let outcome = if late { "late" } else { "accepted" };
            results.push(json!({"eventId": id, "seq": stored.events.len() + 2, "outcome": outcome}));
            if stored.event_ids.insert(id) {
                close_ended_by(stored, &event);
                stored.events.push(event);
            }
        }
        return Ok((StatusCode::OK, json!({"headSeq": stored.events.len() + 1, "results": results})));
    }
    if path.ends_with("/artifacts") {
        stored.artifacts.push(body.to_vec());
        let artifact = json!({
            "artifactId": Uuid::now_v7(), "name": "file", "mediaType": "text/plain", "bytes": body.len(),
            "sha256": "", "createdAt": "2026-11-22T10:00:00Z",
        });
        return Ok((StatusCode::CREATED, artifact));
    }
    let (mut accepted, mut duplicates) = (0, 0);
    for line in body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let line: Value = serde_json::from_slice(line).unwrap();
        let stream = format!("{}/{}/{}", line["nodeRef"], line["attempt"], line["stream"]);
        let head = stored.line_heads.entry(stream).or_default();
        let number = line["lineNo"].as_u64().unwrap();
        if number > *head + 1 {
            return Ok((StatusCode::CONFLICT, json!({"detail": format!("expected {}", *head + 1)})));
        }
        if number == *head + 1 {
            *head = number;
            stored.lines.push(line);
            accepted += 1;
        } else {
            duplicates += 1;
        }
    }
    Ok((
        StatusCode::OK,
        json!({"accepted": accepted, "duplicates": duplicates, "headLogSeq": stored.lines.len()}),
    ))
}

pub fn options(client: Client, workflow: &str) -> RunOptions {
    RunOptions {
        workflow: parse("test.yaml", workflow).unwrap(),
        run_id: None,
        client,
        engine: EngineChoice::Process,
        jobs: Some(4),
        inputs: BTreeMap::new(),
        trigger: None,
        cancel: CancellationToken::new(),
    }
}

/// `type node attempt` of each event.
pub fn course(stored: &Stored) -> Vec<String> {
    let word = |value: &Value| value.as_str().map(str::to_owned).unwrap_or_else(|| value.to_string());
    let told = |event: &Value| match &event["nodeRef"] {
        Value::Null => word(&event["type"]),
        node => format!("{} {} {}", word(&event["type"]), word(node), event["attempt"]),
    };
    stored.events.iter().map(told).collect()
}

pub fn texts(stored: &Stored, node: &str, stream: &str) -> Vec<String> {
    let mine = stored.lines.iter().filter(|line| line["nodeRef"] == node && line["stream"] == stream);
    mine.map(|line| line["text"].as_str().unwrap_or("bytes").to_owned()).collect()
}

pub async fn until(server: &Server, wanted: impl Fn(&Stored) -> bool) {
    loop {
        let changed = server.changed.notified();
        if wanted(&server.stored.lock()) {
            return;
        }
        changed.await;
    }
}
