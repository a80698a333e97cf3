//! The Loki that tests speak to: the stand-in, or a real one where `TELLTALE_TEST_LOKI_BIN` names its binary.
//!
//! Either way the knobs of [`StandIn`] are in front, so that a test makes the real one hang or refuse as well. What only
//! the stand-in can do (forget, other limits in mid-run) is asked of [`Loki::stand_in`], which is never a real one.

mod real;
mod settings;
pub mod stand_in;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::http::{Answer, Http};
use super::server::tempdir;
use real::Real;
pub use stand_in::StandIn;
pub use stand_in::limits::Limits;

/// The documented largest page.
const PAGE: usize = 5_000;
const DAY_NS: i64 = 86_400_000_000_000;

/// An entry, as a query gives it back.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub ns: i64,
    pub line: String,
    pub labels: BTreeMap<String, String>,
    pub metadata: BTreeMap<String, String>,
}

impl Found {
    /// A number of the structured metadata.
    #[track_caller]
    pub fn number(&self, name: &str) -> u64 {
        self.metadata
            .get(name)
            .and_then(|text| text.parse().ok())
            .unwrap_or_else(|| panic!("no `{name}`: {self:?}"))
    }
}

pub struct Loki {
    gate: StandIn,
    real: Option<Real>,
    http: Http,
    headers: Vec<(String, String)>,
    _directory: tempfile::TempDir,
}

impl Loki {
    /// With limits as `loki-config.yaml` sets them.
    pub async fn start() -> Self {
        Self::with(Limits::raised()).await
    }

    /// With other limits; a real one is configured with them.
    pub async fn with(limits: Limits) -> Self {
        let Some(binary) = std::env::var_os("TELLTALE_TEST_LOKI_BIN") else { return Self::stand_in(limits) };
        let directory = tempdir("loki");
        let real = Real::start(Path::new(&binary), directory.path(), &limits).await;
        super::http::install_tls_provider();
        let gate = StandIn::before(real.url(), directory.path());
        Self::around(gate, Some(real), directory)
    }

    /// Never a real one.
    pub fn stand_in(limits: Limits) -> Self {
        let directory = tempdir("loki");
        let gate = StandIn::start(directory.path(), limits);
        Self::around(gate, None, directory)
    }

    fn around(gate: StandIn, real: Option<Real>, directory: tempfile::TempDir) -> Self {
        let http = Http::new(&gate.url());
        Self { gate, real, http, headers: Vec::new(), _directory: directory }
    }

    /// Sends this header with its own requests from now on: a tenant, or who asks.
    pub fn send_header(&mut self, name: &str, value: &str) {
        self.headers.retain(|(other, _)| other != name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    /// `http://127.0.0.1:PORT`, the same after a restart.
    pub fn url(&self) -> String {
        self.gate.url()
    }

    /// SIGKILL, or as much for the stand-in: what was not acknowledged may be gone. Connections are refused.
    pub fn kill9(&mut self) {
        self.gate.kill();
        self.real.iter_mut().for_each(Real::kill9);
    }

    /// Starts again on the same port and data.
    pub async fn restart(&mut self) {
        match &mut self.real {
            None => self.gate.restart(),
            Some(real) => {
                real.restart().await;
                self.gate.restart_before(real.url());
            }
        }
    }

    async fn get(&self, path: &str) -> Answer {
        let headers: Vec<_> = self.headers.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        self.http
            .send(http::Method::GET, path, &headers, "")
            .await
            .unwrap_or_else(|e| panic!("GET {path} of Loki: {e:?}"))
    }

    /// Everything of the last week that a query finds, oldest first, page by page.
    pub async fn query(&self, logql: &str) -> Vec<Found> {
        let now = stand_in::push::now_ns();
        let (mut start, end) = (now - 7 * DAY_NS, now + DAY_NS);
        let mut all: Vec<Found> = Vec::new();
        loop {
            let page = self.page(logql, start, end).await;
            let Some(last) = page.last().map(|found| found.ns) else { return all };
            // The page may end between two entries of one time: that time is asked for again, whole.
            let full = page.len() == PAGE;
            all.extend(page);
            if !full {
                return all;
            }
            let kept = all.iter().filter(|found| found.ns == last).count();
            assert!(kept < PAGE, "{PAGE} entries of one time");
            all.retain(|found| found.ns != last);
            start = last;
        }
    }

    async fn page(&self, logql: &str, start: i64, end: i64) -> Vec<Found> {
        let query: String = form_urlencoded::byte_serialize(logql.as_bytes()).collect();
        let path = format!(
            "/loki/api/v1/query_range?query={query}&start={start}&end={end}&limit={PAGE}&direction=forward"
        );
        let mut headers: Vec<_> = self.headers.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        headers.push(("x-loki-response-encoding-flags", "categorize-labels"));
        let answer = self.http.send(http::Method::GET, &path, &headers, "").await;
        let answer = answer.unwrap_or_else(|e| panic!("{logql}: {e:?}")).expect(200).json();
        let mut found = entries(&answer);
        found.sort_by_key(|found| found.ns);
        found
    }

    /// The labels there are.
    pub async fn labels(&self) -> Vec<String> {
        let answer = self.get("/loki/api/v1/labels").await.expect(200).json();
        serde_json::from_value(answer["data"].clone()).expect("an array of names")
    }

    /// Pushes lines of one stream as anybody would, in JSON.
    pub async fn push(&self, labels: Value, values: &[Value]) -> Answer {
        let body = json!({ "streams": [{ "stream": labels, "values": values }] }).to_string();
        let mut headers: Vec<_> = self.headers.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        headers.push(("content-type", "application/json"));
        let answer = self.http.send(http::Method::POST, "/loki/api/v1/push", &headers, body).await;
        answer.expect("an answer to a push")
    }
}

/// The knobs.
impl std::ops::Deref for Loki {
    type Target = StandIn;

    fn deref(&self) -> &StandIn {
        &self.gate
    }
}

impl std::ops::DerefMut for Loki {
    fn deref_mut(&mut self) -> &mut StandIn {
        &mut self.gate
    }
}

/// The entries of a `query_range` answer, stream by stream.
fn entries(answer: &Value) -> Vec<Found> {
    let texts = |object: &Value| -> BTreeMap<String, String> {
        object
            .as_object()
            .into_iter()
            .flatten()
            .map(|(n, v)| (n.clone(), v.as_str().unwrap().to_owned()))
            .collect()
    };
    let mut all = Vec::new();
    for stream in answer["data"]["result"].as_array().expect("`result` is an array") {
        let labels = texts(&stream["stream"]);
        for value in stream["values"].as_array().expect("`values` is an array") {
            all.push(Found {
                ns: value[0].as_str().expect("a time").parse().expect("nanoseconds"),
                line: value[1].as_str().expect("a line").to_owned(),
                labels: labels.clone(),
                metadata: texts(&value[2]["structuredMetadata"]),
            });
        }
    }
    all
}
