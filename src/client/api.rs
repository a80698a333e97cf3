//! The requests of the contract, one method each.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use reqwest::Url;
use reqwest::header::HeaderName;

use crate::facts::event::EventType;
use crate::facts::id::RunId;

use super::error::ClientError;
use super::events::{NewEvent, NewLogLine};
use super::live::{Watch, WatchOptions};
use super::transport::{http_client, send, send_for_json};
use super::wire::{Appended, CreateRun, EventPage, LogsAppended, RunPage, RunState};

/// A server's address and the right to speak to it; cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    pub(super) http: reqwest::Client,
    /// Shared by all clones, so that a server which has moved is found by all of them.
    base: Arc<RwLock<Url>>,
    /// The claim that is named with what is written.
    pub(super) claim: Option<i32>,
}

/// Which runs to list, newest first; what is `None` doesn't filter.
#[derive(Debug, Clone, Default)]
pub struct RunQuery {
    pub workflow: Option<String>,
    pub status: Option<String>,
    /// RFC 3339
    pub since: Option<String>,
    pub limit: Option<u32>,
    pub cursor: Option<String>,
}

/// Which events of a run to read.
#[derive(Debug, Clone, Default)]
pub struct EventQuery {
    /// The last seq already known.
    pub after: u64,
    pub limit: Option<u32>,
    /// Only events of this type.
    pub kind: Option<EventType>,
    /// Only events of this node.
    pub node_ref: Option<String>,
    /// Waits this long for an event when there is none yet (at most 30 s).
    pub wait: Option<Duration>,
}

impl Client {
    /// A client of the server at `base` (`http://127.0.0.1:4780`), which isn't asked anything yet.
    pub fn new(base: &str, token: Option<&str>) -> Result<Self, ClientError> {
        let base: Url = base
            .parse()
            .map_err(|error| ClientError::Settings(format!("`{base}` is no server address: {error}")))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            let fault = format!("`{base}` is no server address: it begins with http:// or https://");
            return Err(ClientError::Settings(fault));
        }
        Ok(Self { http: http_client(&base, token)?, base: Arc::new(RwLock::new(base)), claim: None })
    }

    /// Turns this client and all its clones to another address of the same server: one that was started again on a port of
    /// its own choice.
    pub fn move_to(&self, base: &str) {
        if let Ok(base) = base.parse() {
            *self.base.write() = base;
        }
    }

    pub(super) fn address(&self) -> Url {
        self.base.read().clone()
    }

    /// The server's address, without a slash at its end.
    #[must_use]
    pub fn base(&self) -> String {
        self.address().as_str().trim_end_matches('/').to_owned()
    }

    /// `GET /healthz`: whether something answers.
    pub async fn health(&self) -> Result<(), ClientError> {
        let request = self.http.get(self.url(&["healthz"])).timeout(super::transport::CONNECT_TIMEOUT);
        send(&self.address(), request).await.map(drop)
    }

    /// `POST /api/v1/runs`; with an `idempotency_key` a repeated call gives the first one's run.
    pub async fn create_run(
        &self,
        run: &CreateRun,
        idempotency_key: Option<&str>,
    ) -> Result<RunState, ClientError> {
        let mut request = self.http.post(self.url(&["api", "v1", "runs"])).json(run);
        if let Some(key) = idempotency_key {
            request = request.header(HeaderName::from_static("idempotency-key"), key);
        }
        send_for_json(&self.address(), request).await
    }

    /// `GET /api/v1/runs`
    pub async fn list_runs(&self, query: &RunQuery) -> Result<RunPage, ClientError> {
        let mut url = self.url(&["api", "v1", "runs"]);
        put(&mut url, "workflow", query.workflow.as_ref());
        put(&mut url, "status", query.status.as_ref());
        put(&mut url, "since", query.since.as_ref());
        put(&mut url, "limit", query.limit);
        put(&mut url, "cursor", query.cursor.as_ref());
        send_for_json(&self.address(), self.http.get(url)).await
    }

    /// `GET /api/v1/runs/{runId}`, as of event `at_seq` when given.
    pub async fn get_run(&self, run_id: &RunId, at_seq: Option<u64>) -> Result<RunState, ClientError> {
        let mut url = self.run_url(run_id, &[]);
        put(&mut url, "atSeq", at_seq);
        send_for_json(&self.address(), self.http.get(url)).await
    }

    /// `POST /api/v1/runs/{runId}/events`: durable once answered, and safe to repeat.
    pub async fn append_events(&self, run_id: &RunId, events: &[NewEvent]) -> Result<Appended, ClientError> {
        let request = self.http.post(self.run_url(run_id, &["events"])).json(events);
        send_for_json(&self.address(), self.claimed(request)).await
    }

    /// `GET /api/v1/runs/{runId}/events`
    pub async fn read_events(&self, run_id: &RunId, query: &EventQuery) -> Result<EventPage, ClientError> {
        let mut url = self.run_url(run_id, &["events"]);
        put(&mut url, "after", Some(query.after));
        put(&mut url, "limit", query.limit);
        put(&mut url, "type", query.kind);
        put(&mut url, "nodeRef", query.node_ref.as_ref());
        put(&mut url, "wait", query.wait.map(|wait| wait.as_secs()));
        send_for_json(&self.address(), self.http.get(url)).await
    }

    /// `POST /api/v1/runs/{runId}/logs`: durable once answered, safe to repeat where lines are numbered.
    pub async fn append_logs(
        &self,
        run_id: &RunId,
        lines: &[NewLogLine],
    ) -> Result<LogsAppended, ClientError> {
        let mut body = Vec::new();
        for line in lines {
            serde_json::to_writer(&mut body, line)
                .map_err(|error| ClientError::Settings(format!("a log line can't be sent: {error}")))?;
            body.push(b'\n');
        }
        let request = self
            .http
            .post(self.run_url(run_id, &["logs"]))
            .header(reqwest::header::CONTENT_TYPE, "application/x-ndjson")
            .body(body);
        send_for_json(&self.address(), self.claimed(request)).await
    }

    /// Follows a run live, from the cursor in `options`, through lost connections.
    #[must_use]
    pub fn watch(&self, run_id: &RunId, options: WatchOptions) -> Watch {
        Watch::start(self.clone(), run_id.clone(), options)
    }

    /// The address of a run's page.
    #[must_use]
    pub fn page_url(&self, run_id: &RunId) -> String {
        format!("{}/ui/runs/{run_id}", self.base())
    }

    pub(super) fn run_url(&self, run_id: &RunId, rest: &[&str]) -> Url {
        let mut segments = vec!["api", "v1", "runs", run_id.as_str()];
        segments.extend_from_slice(rest);
        self.url(&segments)
    }

    /// A path below the base address, which may itself have one (behind a proxy); segments are escaped.
    pub(super) fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.address();
        // Only addresses without a host can't have segments, and `new` refuses those.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }
}

/// Adds a parameter that has a value.
pub(super) fn put(url: &mut Url, name: &str, value: Option<impl ToString>) {
    if let Some(value) = value {
        url.query_pairs_mut().append_pair(name, &value.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_keep_their_own_path_and_escape_ours() {
        let client = Client::new("https://example.org/telltale/", None).unwrap();
        let mut url = client.url(&["runs", "a/../1 ä", "logs"]);
        put(&mut url, "q", Some("a&b=c"));
        assert_eq!(url.as_str(), "https://example.org/telltale/runs/a%2F..%2F1%20%C3%A4/logs?q=a%26b%3Dc");
        assert_eq!(client.page_url(&"r".parse().unwrap()), "https://example.org/telltale/ui/runs/r");
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        for bad in ["", "127.0.0.1:4780", "ftp://host/", "http://"] {
            assert!(matches!(Client::new(bad, None), Err(ClientError::Settings(_))), "{bad}");
        }
        assert!(Client::new("http://127.0.0.1:4780", Some("a\nb")).is_err());
    }
}
