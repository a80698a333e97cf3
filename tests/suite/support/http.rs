//! A plain HTTP client that keeps whatever comes back, right or wrong, for the test to judge.

use std::sync::Once;
use std::time::Duration;

use http::{HeaderMap, Method};
use serde_json::Value;

/// Longer than the longest long poll that the contract allows (30 s).
const REQUEST_LIMIT: Duration = Duration::from_secs(45);

static PROVIDER: Once = Once::new();

/// reqwest is built without a TLS provider of its own, and asks for one even where TLS is not used.
pub fn install_tls_provider() {
    PROVIDER.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
    base: String,
}

impl Http {
    /// A client with connections of its own; `base` is like `http://127.0.0.1:4780`.
    pub fn new(base: &str) -> Self {
        install_tls_provider();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(REQUEST_LIMIT)
            .build()
            .expect("an HTTP client");
        Self { client, base: base.to_owned() }
    }

    /// The same server, with this bearer token on every request.
    pub fn bearing(&self, token: &str) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", format!("Bearer {token}").parse().expect("a header's value"));
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(REQUEST_LIMIT)
            .default_headers(headers)
            .build()
            .expect("an HTTP client");
        Self { client, base: self.base.clone() }
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, &[("content-type", "application/json")], body.to_string())
            .await
            .unwrap_or_else(|e| panic!("PUT {path}: {e:?}"))
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], "").await.unwrap_or_else(|e| panic!("DELETE {path}: {e:?}"))
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Sends anything at all; an error is a connection that failed before a whole answer had come.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Result<Answer, reqwest::Error> {
        let mut request = self.client.request(method, self.url(path)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = response.bytes().await?.to_vec();
        Ok(Answer { status, headers, body, path: path.to_owned() })
    }

    pub async fn try_get(&self, path: &str) -> Result<Answer, reqwest::Error> {
        self.send(Method::GET, path, &[], "").await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.try_get(path).await.unwrap_or_else(|e| panic!("GET {path}: {e:?}"))
    }

    pub async fn try_post(&self, path: &str, body: &Value) -> Result<Answer, reqwest::Error> {
        self.send(Method::POST, path, &[("content-type", "application/json")], body.to_string()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.try_post(path, body).await.unwrap_or_else(|e| panic!("POST {path}: {e:?}"))
    }

    /// A JSON body given as bytes, so that it may be no JSON at all.
    pub async fn post_raw(&self, path: &str, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
        self.send(Method::POST, path, &[("content-type", content_type)], body)
            .await
            .unwrap_or_else(|e| panic!("POST {path}: {e:?}"))
    }

    pub async fn post_ndjson(&self, path: &str, lines: &[Value]) -> Answer {
        let body: String = lines.iter().map(|line| format!("{line}\n")).collect();
        self.post_raw(path, "application/x-ndjson", body).await
    }

    /// Appends events to a run and returns the answer's body; anything but 200 fails the test.
    pub async fn append(&self, run_id: &str, events: &[Value]) -> Value {
        self.post(&format!("/api/v1/runs/{run_id}/events"), &Value::from(events)).await.expect(200).json()
    }

    /// Every event of a run after `after`, page by page.
    pub async fn events_after(&self, run_id: &str, after: u64) -> Vec<Value> {
        let mut cursor = after;
        let mut all = Vec::new();
        loop {
            let page = self.get(&format!("/api/v1/runs/{run_id}/events?after={cursor}&limit=5000")).await;
            let page = page.expect(200).json();
            let events = page["events"].as_array().expect("`events` is an array").clone();
            let Some(last) = events.last() else { return all };
            cursor = last["seq"].as_u64().expect("`seq` is a number");
            all.extend(events);
        }
    }

    pub async fn events(&self, run_id: &str) -> Vec<Value> {
        self.events_after(run_id, 0).await
    }

    pub async fn run(&self, run_id: &str) -> Value {
        self.get(&format!("/api/v1/runs/{run_id}")).await.expect(200).json()
    }

    /// Every line of a run's log, page by page.
    pub async fn lines(&self, run_id: &str) -> Vec<Value> {
        let mut cursor = 0;
        let mut all = Vec::new();
        loop {
            let page = self.get(&format!("/api/v1/runs/{run_id}/logs?after={cursor}&limit=5000")).await;
            let page = page.expect(200).json();
            let lines = page["lines"].as_array().expect("`lines` is an array").clone();
            let Some(last) = lines.last() else { return all };
            cursor = last["logSeq"].as_u64().expect("`logSeq` is a number");
            all.extend(lines);
        }
    }

    /// The value of a counter or gauge of `/metrics`, summed over its labels; 0 when it is not there.
    pub async fn metric(&self, name: &str) -> f64 {
        let text = self.get("/metrics").await.expect(200).text();
        let of_family =
            |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
        text.lines().filter(of_family).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    path: String,
}

impl Answer {
    /// One whose body was read otherwise.
    pub fn of(status: u16, text: String, path: &str) -> Self {
        Self { status, headers: HeaderMap::new(), body: text.into_bytes(), path: path.to_owned() }
    }

    /// The answer itself if it has this status; otherwise the test fails with the body.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.path, self.text());
        self
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(e) => panic!("{}: the body is no JSON ({e}): {}", self.path, self.text()),
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The answer as RFC 9457 problem details with this status.
    #[track_caller]
    pub fn problem(self, status: u16) -> Value {
        let answer = self.expect(status);
        let content_type = answer.header("content-type").unwrap_or_default().to_owned();
        assert!(content_type.starts_with("application/problem+json"), "{}: {content_type}", answer.path);
        let problem = answer.json();
        for name in ["type", "title", "detail"] {
            assert!(problem[name].is_string(), "{}: no `{name}` in {problem}", answer.path);
        }
        assert_eq!(problem["status"], status, "{}: {problem}", answer.path);
        problem
    }

    /// A problem that names its faults; returns their pointers.
    #[track_caller]
    pub fn pointers(self, status: u16) -> Vec<String> {
        let problem = self.problem(status);
        let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("no `errors` in {problem}"));
        for error in errors {
            assert!(error["detail"].is_string(), "an error without `detail` in {problem}");
        }
        errors
            .iter()
            .map(|error| {
                error["pointer"].as_str().unwrap_or_else(|| panic!("no `pointer` in {problem}")).to_owned()
            })
            .collect()
    }
}
