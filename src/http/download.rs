//! GET /api/v1/runs/{runId}/logs/download: the whole output, streamed a page at a time.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use warp::Reply as _;

use super::Response;
use super::ansi;
use super::app::SharedApp;
use super::endpoint::Call;
use super::logs::stream_filter;
use super::problem::Problem;
use super::query::Query;
use super::sse::Exclusive;
use crate::facts::id::{RunId, RunKey};
use crate::flow::log_reader::{LogReader, ReadError, Wanted};
use crate::store::logs::{self, Direction, LineFilter, LogRange, Room, StoredLine};
use crate::store::runs;

/// What is in memory at once for one download, however large it is.
const PAGE: Room = Room { lines: 5_000, bytes: 1024 * 1024 };
/// Bytes handed over at once: a page of long lines goes out in parts.
const CHUNK_BYTES: usize = 64 * 1024;
/// How long a download that has begun waits for a store that went away, before it breaks off.
const PATIENCE: Duration = Duration::from_secs(30);
const RETRY_PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// The bytes as they were written.
    Exact,
    /// Without terminal escape sequences.
    Stripped,
    /// One JSON object a line.
    Ndjson,
}

/// A download under way.
struct Download {
    reader: LogReader,
    run: RunKey,
    filter: LineFilter,
    format: Format,
    /// What is still to be read. Lines that come later are not part of this download, so that it ends.
    rest: LogRange,
    waiting: VecDeque<Bytes>,
    is_broken: bool,
}

pub async fn download(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let filter = stream_filter(&mut query);
    let format = format(&mut query);
    query.check()?;
    let run_id = call.head.run_id()?;
    let run = runs::find(&call.head.db(&app), call.head.organization(), &run_id)
        .await?
        .ok_or_else(Problem::no_such_run)?
        .run_key;
    let head = logs::head(&app.core.db, run).await?;
    let mut download = Download {
        reader: app.core.reader.clone(),
        run,
        filter,
        format,
        rest: LogRange { after: 0, before: head.saturating_add(1) },
        waiting: VecDeque::new(),
        is_broken: false,
    };
    // The first page is read before the answer begins: a store that is gone is a 503, not a broken file.
    download.read_page().await?;
    let chunks = stream::unfold(download, async |mut download| {
        let chunk = download.next_chunk().await?;
        Some((chunk, download))
    });
    let response = warp::reply::stream(Exclusive::new(Box::pin(chunks))).into_response();
    Ok(as_file(response, &run_id, format))
}

fn format(query: &mut Query) -> Format {
    let is_ndjson = match query.text("format") {
        None | Some("text") => false,
        Some("ndjson") => true,
        Some(_) => {
            query.fault("format", "is text or ndjson");
            false
        }
    };
    match query.text("ansi") {
        None | Some("keep") if is_ndjson => Format::Ndjson,
        None | Some("keep") => Format::Exact,
        Some("strip") if is_ndjson => {
            query.fault("ansi", "is for format=text: a line of JSON is given as it is stored");
            Format::Ndjson
        }
        Some("strip") => Format::Stripped,
        Some(_) => {
            query.fault("ansi", "is keep or strip");
            Format::Exact
        }
    }
}

fn as_file(mut response: Response, run_id: &RunId, format: Format) -> Response {
    let (mime, ending) = match format {
        Format::Exact | Format::Stripped => ("text/plain; charset=utf-8", "log"),
        Format::Ndjson => ("application/x-ndjson", "ndjson"),
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(mime));
    // A run id needs no quoting; a colon is no letter of a file name everywhere.
    let name = run_id.as_str().replace(':', "_");
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.{ending}\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    response
}

impl Download {
    /// The next part; `None` at the end. Where it can't be read on an error, which breaks the connection off: a file that is
    /// cut short must not look whole.
    async fn next_chunk(&mut self) -> Option<io::Result<Bytes>> {
        let began = Instant::now();
        while self.waiting.is_empty() && !self.rest.is_empty() && !self.is_broken {
            let Err(error) = self.read_page().await else { continue };
            if began.elapsed() < PATIENCE {
                tokio::time::sleep(RETRY_PAUSE).await;
                continue;
            }
            tracing::warn!(%error, "a download broke off");
            self.is_broken = true;
            return Some(Err(io::Error::other("the lines can't be read on")));
        }
        self.waiting.pop_front().map(Ok)
    }

    async fn read_page(&mut self) -> Result<(), ReadError> {
        let wanted = Wanted {
            range: self.rest,
            direction: Direction::Forward,
            filter: self.filter.clone(),
            room: PAGE,
            time: None,
        };
        let page = self.reader.page(self.run, wanted).await?;
        self.rest = page.rest;
        self.waiting = chunks(&page.lines, self.format);
        Ok(())
    }
}

fn chunks(lines: &[StoredLine], format: Format) -> VecDeque<Bytes> {
    let mut chunks = VecDeque::new();
    let mut chunk = Vec::new();
    for line in lines {
        match format {
            Format::Exact => chunk.extend_from_slice(&line.bytes),
            Format::Stripped => ansi::strip(&line.bytes, &mut chunk),
            Format::Ndjson => chunk.extend_from_slice(&line.json),
        }
        if line.eol || format == Format::Ndjson {
            chunk.push(b'\n');
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
        let whole: Vec<u8> = chunks(&lines, Format::Exact).into_iter().flatten().collect();
        assert_eq!(whole, b"\x1b[31mred\r\n\xff\n");
        let whole: Vec<u8> = chunks(&lines, Format::Stripped).into_iter().flatten().collect();
        assert_eq!(whole, b"red\r\n\xff\n");
        let whole: Vec<u8> = chunks(&lines, Format::Ndjson).into_iter().flatten().collect();
        assert_eq!(whole, b"{}\n{}\n{}\n");
        assert!(chunks(&[], Format::Exact).is_empty());
    }
    #[test]
    fn formats_are_named_and_what_does_not_go_together_is_refused() {
        let of = |raw| {
            let mut query = Query::parse(Some(raw));
            let format = format(&mut query);
            query.check().ok().map(|()| format)
        };
        assert_eq!(of(""), Some(Format::Exact));
        assert_eq!(of("ansi=keep&format=ndjson"), Some(Format::Ndjson));
        assert_eq!(of("ansi=strip"), Some(Format::Stripped));
        for bad in ["ansi=strip&format=ndjson", "ansi=no", "format=xml"] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
