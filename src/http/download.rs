//! GET /api/v1/runs/{runId}/logs/download: the whole output, streamed a page at a time.

use std::collections::VecDeque;
use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use warp::Reply as _;

use super::Response;
use super::app::SharedApp;
use super::endpoint::Call;
use super::logs::stream_filter;
use super::problem::Problem;
use super::sse::Exclusive;
use crate::facts::id::RunKey;
use crate::store::logs::{self, LineFilter, StoredLine};
use crate::store::runs;

/// Lines in memory at once for one download.
const PAGE_LINES: u32 = 1_000;
/// Bytes handed over at once: a page of long lines goes out in parts.
const CHUNK_BYTES: usize = 64 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// The bytes as they were written.
    Plain,
    /// One JSON object a line.
    Ndjson,
}

/// A download under way.
struct Download {
    app: SharedApp,
    run: RunKey,
    filter: LineFilter,
    format: Format,
    after: u64,
    /// Lines that come later are not part of this download, so that it ends.
    head: u64,
    waiting: VecDeque<Bytes>,
}

pub async fn download(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let filter = stream_filter(&mut query);
    let format = match query.text("format") {
        None | Some("text") => Format::Plain,
        Some("ndjson") => Format::Ndjson,
        Some(_) => {
            query.fault("format", "is text or ndjson");
            Format::Plain
        }
    };
    query.check()?;
    let run_id = call.head.run_id()?;
    let run = runs::find(&app.core.db, app.organization(), &run_id)
        .await?
        .ok_or_else(Problem::no_such_run)?
        .run_key;
    let head = logs::head(&app.core.db, run).await?;
    let mut download = Download { app, run, filter, format, after: 0, head, waiting: VecDeque::new() };
    // The first page is read before the answer begins: a database that is gone is a 503, not a broken file.
    download.read_page().await?;
    let chunks = stream::unfold(download, async |mut download| {
        let chunk = download.next_chunk().await?;
        Some((Ok::<_, Infallible>(chunk), download))
    });
    let mut response = warp::reply::stream(Exclusive::new(Box::pin(chunks))).into_response();
    let (mime, ending) = match format {
        Format::Plain => ("text/plain; charset=utf-8", "log"),
        Format::Ndjson => ("application/x-ndjson", "ndjson"),
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(mime));
    // A run id needs no quoting; a colon is no letter of a file name everywhere.
    let name = run_id.as_str().replace(':', "_");
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.{ending}\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

impl Download {
    /// The next part; `None` at the end, or where it can't be read on.
    async fn next_chunk(&mut self) -> Option<Bytes> {
        while self.waiting.is_empty() && self.after < self.head {
            if let Err(error) = self.read_page().await {
                tracing::warn!(?error, "a download broke off");
                return None;
            }
        }
        self.waiting.pop_front()
    }

    async fn read_page(&mut self) -> Result<(), Problem> {
        if self.after >= self.head {
            return Ok(());
        }
        let before = Some(self.head + 1);
        let lines =
            logs::lines(&self.app.core.db, self.run, self.after, before, PAGE_LINES, false, &self.filter)
                .await?;
        self.after = match lines.last() {
            Some(last) if lines.len() >= PAGE_LINES as usize => last.log_seq,
            _ => self.head,
        };
        self.waiting = chunks(&lines, self.format);
        Ok(())
    }
}

fn chunks(lines: &[StoredLine], format: Format) -> VecDeque<Bytes> {
    let mut chunks = VecDeque::new();
    let mut chunk = Vec::new();
    for line in lines {
        match format {
            Format::Plain => {
                chunk.extend_from_slice(&line.bytes);
                if line.eol {
                    chunk.push(b'\n');
                }
            }
            Format::Ndjson => {
                chunk.extend_from_slice(&line.json);
                chunk.push(b'\n');
            }
        }
        if chunk.len() >= CHUNK_BYTES {
            chunks.push_back(std::mem::take(&mut chunk).into());
        }
    }
    if !chunk.is_empty() {
        chunks.push_back(chunk.into());
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::logs::{LogStream, StreamName};

    fn line(log_seq: u64, bytes: &'static [u8], eol: bool) -> StoredLine {
        let name = StreamName { node_ref: "a".parse().unwrap(), attempt: 1, stream: LogStream::Stdout };
        let json = Bytes::from_static(b"{}");
        StoredLine { log_seq, name, line_no: log_seq, json, bytes: Bytes::from_static(bytes), eol }
    }

    #[test]
    fn bytes_come_out_as_they_went_in() {
        let lines = [line(1, b"\x1b[31mred\r", true), line(2, b"\xff", false), line(3, b"", true)];
        let whole: Vec<u8> = chunks(&lines, Format::Plain).into_iter().flatten().collect();
        assert_eq!(whole, b"\x1b[31mred\r\n\xff\n");
        let whole: Vec<u8> = chunks(&lines, Format::Ndjson).into_iter().flatten().collect();
        assert_eq!(whole, b"{}\n{}\n{}\n");
        assert!(chunks(&[], Format::Plain).is_empty());
    }
}
