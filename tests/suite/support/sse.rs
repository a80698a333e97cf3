//! A reader of server-sent events, after the WHATWG's rules as far as the contract uses them.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use serde_json::Value;

use super::frames::Tracker;
use super::http::Http;
use super::wait::within;

/// A stream lives longer than a request; each read has its own limit.
const STREAM_LIMIT: Duration = Duration::from_secs(600);

pub struct Sse {
    http: Http,
    path: String,
    body: Option<BoxStream<'static, Result<Bytes, reqwest::Error>>>,
    buffer: Vec<u8>,
    ready: VecDeque<(String, String, String)>,
    /// What a browser would send as `Last-Event-ID`.
    pub last_id: Option<String>,
    pub seen: Tracker,
}

impl Sse {
    /// Not yet connected; `query` is like `?state=true`, or empty.
    pub fn new(http: &Http, run_id: &str, query: &str) -> Self {
        Self {
            http: http.clone(),
            path: format!("/api/v1/runs/{run_id}/stream{query}"),
            body: None,
            buffer: Vec::new(),
            ready: VecDeque::new(),
            last_id: None,
            seen: Tracker::new(run_id),
        }
    }

    /// Connects with the last id, as a browser does; returns the status.
    pub async fn connect(&mut self) -> Result<u16, reqwest::Error> {
        self.disconnect();
        let mut request = self
            .http
            .client()
            .get(self.http.url(&self.path))
            .header("accept", "text/event-stream")
            .timeout(STREAM_LIMIT);
        if let Some(id) = &self.last_id {
            request = request.header("last-event-id", id);
        }
        let response = within("the head of the stream", request.send()).await?;
        let status = response.status().as_u16();
        if status == 200 {
            let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
            assert!(content_type.starts_with("text/event-stream"), "{content_type}");
            self.seen.connected();
            self.body = Some(response.bytes_stream().boxed());
        }
        Ok(status)
    }

    pub fn disconnect(&mut self) {
        self.body = None;
        self.buffer.clear();
        self.ready.clear();
    }

    /// Takes one frame; `false` when the connection has ended.
    pub async fn next(&mut self) -> bool {
        while self.ready.is_empty() {
            let Some(body) = self.body.as_mut() else { return false };
            match within("a piece of the stream", body.next()).await {
                Some(Ok(piece)) => self.buffer.extend_from_slice(&piece),
                Some(Err(_)) | None => {
                    self.disconnect();
                    return false;
                }
            }
            self.split();
        }
        let Some((event, id, data)) = self.ready.pop_front() else { return false };
        let frame: Value =
            serde_json::from_str(&data).unwrap_or_else(|e| panic!("data that is no JSON ({e}): {data}"));
        assert_eq!(frame["type"], event, "`event:` is the frame's type: {data}");
        self.seen.accept(&frame);
        if !id.is_empty() {
            assert_eq!(
                id,
                format!("{}.{}", self.seen.seq, self.seen.log_seq),
                "`id:` is the cursor after {frame}"
            );
            self.last_id = Some(id);
        }
        true
    }

    pub async fn read_until(&mut self, what: &str, done: impl Fn(&Tracker) -> bool) {
        let reading = async {
            while !done(&self.seen) {
                assert!(self.next().await, "the stream ended before: {what}");
            }
        };
        within(what, reading).await;
    }

    /// Moves whole blocks from the buffer to `ready`; comments and unknown fields are passed over.
    fn split(&mut self) {
        while let Some(end) = memchr::memmem::find(&self.buffer, b"\n\n") {
            let block: Vec<u8> = self.buffer.drain(..end + 2).collect();
            let block = String::from_utf8(block).expect("the stream is UTF-8");
            let (mut event, mut id, mut data) = (String::new(), String::new(), Vec::new());
            for line in block.lines() {
                let (field, value) = line.split_once(':').unwrap_or((line, ""));
                let value = value.strip_prefix(' ').unwrap_or(value);
                match field {
                    "event" => value.clone_into(&mut event),
                    "id" => value.clone_into(&mut id),
                    "data" => data.push(value.to_owned()),
                    _ => {}
                }
            }
            if !data.is_empty() {
                self.ready.push_back((event, id, data.join("\n")));
            }
        }
    }
}
