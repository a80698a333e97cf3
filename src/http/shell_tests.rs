//! The shell over a real connection, with routes of its own.

use std::future::pending;

use futures_util::FutureExt as _;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::http::app::Lifetime;
use crate::http::endpoint::Call;
use crate::http::gate::Gate;
use crate::http::options::{HttpOptions, Readiness};
use crate::http::{schema, server};

/// What came back for a request given as text.
struct Answer {
    status: u16,
    head: String,
    body: Value,
}

impl Answer {
    fn has(&self, header: &str) -> bool {
        self.head.lines().any(|line| line.eq_ignore_ascii_case(header))
    }
}

async fn echo(call: Call) -> Result<Response, Problem> {
    let (run, query) = (call.head.params.get(0), call.head.query.as_deref());
    Ok(schema::json(&serde_json::json!({"run": run, "query": query, "requestId": call.head.request_id()})))
}

async fn fails(_: Call) -> Result<Response, Problem> {
    Err(Problem::internal("the secret reason"))
}

async fn start(token: Option<&str>) -> std::net::SocketAddr {
    let options = HttpOptions {
        token: token.map(str::to_owned),
        operator_token: None,
        require_sign_in: false,
        cors_origins: vec!["https://app.example".into()],
        allowed_hosts: Vec::new(),
        trusted_proxy: Vec::new(),
        loopback: true,
        metrics: Arc::new(String::new),
        readiness: Arc::new(|| async { Readiness::default() }.boxed()),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let endpoints = vec![
        Endpoint::new(Method::GET, "/runs/{runId}", echo),
        Endpoint::new(Method::POST, "/runs/{runId}", echo),
        Endpoint::new(Method::GET, "/fails", fails),
    ];
    let shell = Shell::new(
        endpoints,
        Doors::new(&options, address),
        Cors::new(&options.cors_origins),
        Gate::closed(),
    );
    tokio::spawn(server::run(Arc::new(shell), listener, Lifetime::start().unwrap(), pending()));
    address
}

async fn ask(address: std::net::SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let text = format!("{}\r\nhost: localhost\r\nconnection: close\r\n\r\n", request.replace('\n', "\r\n"));
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head[9..12].parse().unwrap();
    Answer { status, head: head.to_owned(), body: serde_json::from_str(body).unwrap_or_default() }
}

#[tokio::test]
async fn a_route_gets_its_parameters_and_every_answer_its_headers() {
    let address = start(None).await;
    let answer = ask(address, "GET /runs/a%3Ab?x=1 HTTP/1.1\nx-request-id: mine").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, serde_json::json!({"run": "a:b", "query": "x=1", "requestId": "mine"}));
    assert!(
        answer.has("x-request-id: mine") && answer.has("x-content-type-options: nosniff"),
        "{}",
        answer.head
    );
    assert!(answer.has("cache-control: no-store"), "{}", answer.head);
    let head = ask(address, "HEAD /runs/a HTTP/1.1").await;
    assert_eq!((head.status, head.body), (200, Value::Null));
}

#[tokio::test]
async fn what_is_not_there_is_a_problem() {
    let address = start(None).await;
    let unknown = ask(address, "GET /nowhere HTTP/1.1").await;
    assert_eq!((unknown.status, &unknown.body["status"]), (404, &404.into()));
    assert!(unknown.has("content-type: application/problem+json"));
    let method = ask(address, "DELETE /runs/a HTTP/1.1").await;
    assert_eq!(method.status, 405);
    assert!(method.has("allow: GET, POST, HEAD, OPTIONS"), "{}", method.head);
    let failed = ask(address, "GET /fails HTTP/1.1\nx-request-id: r-9").await;
    assert_eq!(failed.status, 500);
    assert!(failed.has("x-request-id: r-9"), "{}", failed.head);
    assert!(!failed.body.to_string().contains("secret"));
}

#[tokio::test]
async fn the_doors_come_before_the_routes() {
    let address = start(Some("t")).await;
    let refused = ask(address, "GET /runs/a HTTP/1.1").await;
    assert_eq!(refused.status, 401);
    assert!(refused.has("www-authenticate: Bearer realm=\"telltale\""));
    assert_eq!(ask(address, "GET /nowhere HTTP/1.1").await.status, 401);
    assert_eq!(ask(address, "GET /runs/a HTTP/1.1\nauthorization: Bearer t").await.status, 200);
    let foreign =
        "POST /runs/a HTTP/1.1\nauthorization: Bearer t\norigin: http://evil.example\ncontent-length: 0";
    assert_eq!(ask(address, foreign).await.status, 403);
}

#[tokio::test]
async fn a_preflight_needs_no_token() {
    let address = start(Some("t")).await;
    let preflight =
        "OPTIONS /runs/a HTTP/1.1\norigin: https://app.example\naccess-control-request-method: POST";
    let answer = ask(address, preflight).await;
    assert_eq!(answer.status, 204);
    assert!(answer.has("access-control-allow-origin: https://app.example"), "{}", answer.head);
}
