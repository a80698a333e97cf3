//! Log lines as a client reads them: a page, or the whole output as it comes.

use std::collections::VecDeque;

use bytes::BytesMut;
use reqwest::{Response, Url};

use super::api::{Client, put};
use super::error::ClientError;
use super::transport::{name, send, send_for_json, unreachable};
use super::wire::{LogLine, LogPage};
use crate::facts::id::RunId;

/// Longest line of a download: 256 KiB of text, every letter escaped, and its base64 beside it.
const LINE_MAX_BYTES: usize = 4 * 1024 * 1024;

/// Which log lines of a run to read.
#[derive(Debug, Clone, Default)]
pub struct LogQuery {
    /// The last logSeq already known.
    pub after: Option<u64>,
    /// The first logSeq already known, to read backwards from.
    pub before: Option<u64>,
    pub node_ref: Option<String>,
    pub attempt: Option<u32>,
    pub stream: Option<String>,
    /// Lines that look like this level or worse.
    pub level: Option<String>,
    /// A text, or `/a regular expression/`.
    pub q: Option<String>,
    pub limit: Option<u32>,
    /// Only the last lines.
    pub tail: Option<u32>,
}

/// A run's output, line by line in the order of logSeq, in bounded memory however long it is.
#[derive(Debug)]
pub struct LogDownload {
    base: Url,
    response: Response,
    buffer: BytesMut,
    waiting: VecDeque<LogLine>,
}

impl Client {
    /// `GET /api/v1/runs/{runId}/logs`
    pub async fn read_logs(&self, run_id: &RunId, query: &LogQuery) -> Result<LogPage, ClientError> {
        let mut url = self.run_url(run_id, &["logs"]);
        put(&mut url, "after", query.after);
        put(&mut url, "before", query.before);
        put(&mut url, "nodeRef", query.node_ref.as_ref());
        put(&mut url, "attempt", query.attempt);
        put(&mut url, "stream", query.stream.as_ref());
        put(&mut url, "level", query.level.as_ref());
        put(&mut url, "q", query.q.as_ref());
        put(&mut url, "limit", query.limit);
        put(&mut url, "tail", query.tail);
        send_for_json(&self.address(), self.http.get(url)).await
    }

    /// `GET /api/v1/runs/{runId}/logs/download?format=ndjson`: what the run's log holds at this moment.
    pub async fn download_logs(&self, run_id: &RunId) -> Result<LogDownload, ClientError> {
        let mut url = self.run_url(run_id, &["logs", "download"]);
        put(&mut url, "format", Some("ndjson"));
        let base = self.address();
        let response = send(&base, self.http.get(url)).await?;
        Ok(LogDownload { base, response, buffer: BytesMut::new(), waiting: VecDeque::new() })
    }
}

impl LogDownload {
    /// The next line; `None` at the end. A download that broke off is an error, never an end.
    pub async fn next(&mut self) -> Result<Option<LogLine>, ClientError> {
        loop {
            if let Some(line) = self.waiting.pop_front() {
                return Ok(Some(line));
            }
            let chunk = self.response.chunk().await.map_err(|error| unreachable(&self.base, &error))?;
            let Some(chunk) = chunk else {
                let is_whole = self.buffer.is_empty();
                return if is_whole { Ok(None) } else { Err(self.unlike("the last line has no end")) };
            };
            self.buffer.extend_from_slice(&chunk);
            while let Some(end) = memchr::memchr(b'\n', &self.buffer) {
                let line = self.buffer.split_to(end + 1);
                let line = serde_json::from_slice(&line).map_err(|error| self.unlike(&error.to_string()))?;
                self.waiting.push_back(line);
            }
            if self.buffer.len() > LINE_MAX_BYTES {
                return Err(self.unlike("a line has no end"));
            }
        }
    }

    fn unlike(&self, reason: &str) -> ClientError {
        ClientError::Unintelligible { url: name(&self.base), reason: reason.to_owned() }
    }
}
