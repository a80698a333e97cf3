//! A receiver of webhooks: it keeps what it gets and answers what the test says, 204 unless told otherwise.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use telltale::facts::signature::{self, Signed};
use telltale::store::clock;
use tokio::net::TcpListener;

use super::wait::until;

/// A message as it came in.
#[derive(Debug, Clone)]
pub struct Message {
    pub id: String,
    pub timestamp: String,
    pub signature: String,
    pub body: Vec<u8>,
}

impl Message {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a message is JSON")
    }

    /// `run.failed r-1`, or what else it tells.
    pub fn told(&self) -> String {
        let body = self.json();
        format!(
            "{} {}",
            body["data"]["status"].as_str().unwrap(),
            body["data"]["runId"].as_str().unwrap_or("-")
        )
    }

    /// Fails the test unless it was signed with the secret, just now.
    pub fn check(&self, secret: &str) {
        let signed = Signed {
            id: Some(&self.id),
            timestamp: Some(&self.timestamp),
            signature: Some(&self.signature),
            hub: None,
        };
        signature::verify(secret, signed, &self.body, clock::now()).expect("a valid signature");
    }
}

#[derive(Default)]
struct Shared {
    seen: Mutex<Vec<Message>>,
    /// Answers to come, before all else is a 204.
    answers: Mutex<VecDeque<(u16, Option<String>)>>,
}

#[derive(Clone)]
pub struct Receiver {
    shared: Arc<Shared>,
    port: u16,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::<Shared>::default();
        let of_server = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&of_server);
                let service = service_fn(move |request| take(Arc::clone(&shared), request));
                let connection = hyper::server::conn::http1::Builder::new();
                tokio::spawn(connection.serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { shared, port }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/told", self.port)
    }

    /// What the next messages are answered; a location makes it a redirect.
    pub fn answer(&self, status: u16, location: Option<&str>) {
        self.shared.answers.lock().unwrap().push_back((status, location.map(str::to_owned)));
    }

    pub fn seen(&self) -> Vec<Message> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// What it was told, each message once and in the order they first came.
    pub fn told(&self) -> Vec<String> {
        let mut ids = std::collections::HashSet::new();
        self.seen().iter().filter(|it| ids.insert(it.id.clone())).map(Message::told).collect()
    }

    /// Waits until it has got so many different messages.
    pub async fn got(&self, count: usize) -> Vec<String> {
        until(&format!("{count} messages"), || async { Some(self.told()).filter(|told| told.len() >= count) })
            .await
    }
}

async fn take(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, std::convert::Infallible> {
    let (parts, body) = request.into_parts();
    let header = |name: &str| {
        parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let Ok(body) = body.collect().await else { return Ok(Response::new(Full::default())) };
    let message = Message {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body: body.to_bytes().to_vec(),
    };
    let (status, location) = shared.answers.lock().unwrap().pop_front().unwrap_or((204, None));
    shared.seen.lock().unwrap().push(message);
    let mut response = Response::builder().status(status);
    if let Some(location) = location {
        response = response.header("location", location);
    }
    Ok(response.body(Full::default()).expect("a valid answer"))
}
