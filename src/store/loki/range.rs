//! Range queries: the entries of a selector between two times.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use reqwest::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::client::{self, Loki, QUERY_TIMEOUT};
use super::error::{Failure, LokiError};
use super::logql::LogQl;

/// Most entries of one answer: Loki's own limit (`max_entries_limit_per_query`).
pub const ENTRIES_MAX: usize = 5_000;
/// Room for that many of the longest lines that are usual; a larger answer is asked for in pieces.
const ANSWER_MAX_BYTES: usize = 64 * 1024 * 1024;
/// Asks for structured metadata apart from the stream's labels.
const FLAGS: (HeaderName, HeaderValue) = (
    HeaderName::from_static("x-loki-response-encoding-flags"),
    HeaderValue::from_static("categorize-labels"),
);

/// Which end of the range comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Forward,
    Backward,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct RangeQuery<'a> {
    pub query: &'a LogQl,
    /// Both ends are meant, in nanoseconds.
    pub first_ns: i64,
    pub last_ns: i64,
    /// At most [`ENTRIES_MAX`].
    pub limit: usize,
    pub direction: Direction,
}

/// An entry; `M` is what the caller wants of its structured metadata.
#[derive(Debug, Clone)]
pub struct Found<M> {
    pub ns: i64,
    pub labels: Arc<HashMap<String, String>>,
    pub line: String,
    pub metadata: M,
}

impl Loki {
    /// The entries in order of time, last first when asked backwards.
    pub async fn query_range<M: DeserializeOwned>(
        &self,
        range: &RangeQuery<'_>,
    ) -> Result<Vec<Found<M>>, LokiError> {
        // In a body, since a pattern may be longer than an address.
        let request = self
            .http
            .post(format!("{}/loki/api/v1/query_range", self.url))
            .header(FLAGS.0, FLAGS.1)
            .header(reqwest::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .timeout(QUERY_TIMEOUT)
            .body(form(range));
        let body = client::read(client::send(request).await?, ANSWER_MAX_BYTES).await?;
        let mut found = read(&body)?;
        match range.direction {
            Direction::Forward => found.sort_by_key(|entry| entry.ns),
            Direction::Backward => found.sort_by_key(|entry| std::cmp::Reverse(entry.ns)),
        }
        Ok(found)
    }
}

fn form(range: &RangeQuery<'_>) -> String {
    let direction = match range.direction {
        Direction::Forward => "forward",
        Direction::Backward => "backward",
    };
    form_urlencoded::Serializer::new(String::new())
        .append_pair("query", range.query.text())
        .append_pair("start", &range.first_ns.to_string())
        // Loki leaves the end out.
        .append_pair("end", &range.last_ns.saturating_add(1).to_string())
        .append_pair("limit", &range.limit.min(ENTRIES_MAX).to_string())
        .append_pair("direction", direction)
        .finish()
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "M: DeserializeOwned"))]
struct Answer<'a, M> {
    #[serde(borrow)]
    data: Data<'a, M>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "M: DeserializeOwned"))]
struct Data<'a, M> {
    #[serde(borrow)]
    result: Vec<Stream<'a, M>>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "M: DeserializeOwned"))]
struct Stream<'a, M> {
    stream: HashMap<String, String>,
    #[serde(borrow)]
    values: Vec<(Cow<'a, str>, String, Categories<M>)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "M: DeserializeOwned"))]
struct Categories<M> {
    structured_metadata: M,
}

fn read<M: DeserializeOwned>(body: &[u8]) -> Result<Vec<Found<M>>, LokiError> {
    let unlike = |detail: String| {
        LokiError::without_answer(
            Failure::Rejected,
            format!("the answer to a query is not understood: {detail}"),
        )
    };
    let answer: Answer<'_, M> = serde_json::from_slice(body).map_err(|error| unlike(error.to_string()))?;
    let mut found = Vec::new();
    for stream in answer.data.result {
        let labels = Arc::new(stream.stream);
        for (ns, line, categories) in stream.values {
            let ns = ns.parse().map_err(|_| unlike("a time is no number".to_owned()))?;
            found.push(Found {
                ns,
                labels: Arc::clone(&labels),
                line,
                metadata: categories.structured_metadata,
            });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_with_their_metadata() {
        let body = br#"{"status":"success","data":{"resultType":"streams","encodingFlags":["categorize-labels"],
            "result":[{"stream":{"node":"a"},"values":[["5","x\u2028\"",{"structuredMetadata":{"log_seq":"1"}}],
            ["6","",{"structuredMetadata":{"log_seq":"2"},"parsed":{}}]]}],"stats":{}}}"#;
        let found = read::<HashMap<String, String>>(body).unwrap();
        let texts: Vec<_> =
            found.iter().map(|e| (e.ns, e.line.as_str(), e.metadata["log_seq"].as_str())).collect();
        assert_eq!(texts, [(5, "x\u{2028}\"", "1"), (6, "", "2")]);
        assert_eq!(found[0].labels["node"], "a");
        assert!(read::<HashMap<String, String>>(b"<html>").is_err());
    }
}
