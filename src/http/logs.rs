//! A run's output lines: append, close, read.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::app::SharedApp;
use super::body::{self, Body};
use super::endpoint::Call;
use super::problem::Problem;
use super::query::Query;
use super::{Response, claims, schema};
use crate::facts::event::Level;
use crate::facts::event_input::{ATTEMPT_MAX, Fault};
use crate::facts::id::NodeRef;
use crate::facts::line_pattern::LinePattern;
use crate::flow::ingest::{self, BodyFormat};
use crate::flow::log_reader::{Stopped, Wanted};
use crate::store::logs::{
    self, Direction, LineFilter, LogRange, LogStream, Room, StoredLine, StreamName, StreamSummary,
};
use crate::store::{clock, runs};

/// Largest page of lines, and the one that is given unasked (contract).
const LINES_PAGE_MAX: u32 = 5_000;
const LINES_PAGE: u32 = 500;
/// Largest page in bytes, however long its lines are; one line alone may be larger.
const PAGE_BYTES: usize = 8 * 1024 * 1024;
/// How long a request looks for lines that fit: what is found later is asked for again, from where this got to.
const SEARCH_LIMIT: Duration = Duration::from_secs(2);

/// POST /api/v1/runs/{runId}/logs
pub async fn append(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let run_id = call.head.new_run_id()?;
    let claim = claims::claim_of(&call.head)?;
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let format = body.format;
    let (bytes, _share) = body.into_shared();
    let lines = ingest::parse_lines(&bytes, format, clock::now())?;
    let appended = ingest::append_lines(&app.core, call.head.organization(), run_id, lines, claim).await?;
    Ok(schema::json(&schema::LogsAppended {
        accepted: appended.accepted,
        duplicates: appended.duplicates,
        head_log_seq: appended.head_log_seq,
    }))
}

/// POST /api/v1/runs/{runId}/logs/close
pub async fn close(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let run_id = call.head.run_id()?;
    let claim = claims::claim_of(&call.head)?;
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let name = parse_close(&body)?;
    // Closing does not register a run: nothing was ever sent to one that is not there.
    let organization = call.head.organization();
    runs::find(&app.core.db, organization, &run_id).await?.ok_or_else(Problem::no_such_run)?;
    let head_seq = ingest::close_log(&app.core, organization, run_id, name, claim).await?;
    Ok(schema::json(&schema::LogClosed { head_seq }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CloseFields<'a> {
    #[serde(borrow)]
    node_ref: Option<&'a RawValue>,
    #[serde(borrow)]
    attempt: Option<&'a RawValue>,
    #[serde(borrow)]
    stream: Option<&'a RawValue>,
}

fn parse_close(body: &Body) -> Result<StreamName, Problem> {
    if body.format != BodyFormat::Json {
        return Err(Problem::invalid_at("", "is one JSON object, not NDJSON"));
    }
    parse_stream_name(&body.bytes)
}

fn parse_stream_name(bytes: &[u8]) -> Result<StreamName, Problem> {
    let fields: CloseFields<'_> =
        serde_json::from_slice(bytes).map_err(|error| Problem::invalid_at("", format!("{error}")))?;
    let mut faults = Vec::new();
    let mut fault = |field: &str, detail: String| {
        faults.push(Fault { pointer: format!("/{field}"), detail, is_size: false });
    };
    let text = |raw: Option<&RawValue>| raw.and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
    let node_ref = text(fields.node_ref).ok_or("is missing or no text".to_owned());
    let node_ref = node_ref.and_then(|text| text.parse::<NodeRef>().map_err(|error| error.to_string()));
    let stream = text(fields.stream).ok_or("is missing or no text".to_owned());
    let stream = stream.and_then(|text| text.parse::<LogStream>().map_err(|error| error.to_string()));
    let attempt = match fields.attempt {
        None => Some(1),
        Some(raw) => serde_json::from_str::<u32>(raw.get()).ok().filter(|n| (1..=ATTEMPT_MAX).contains(n)),
    };
    if attempt.is_none() {
        fault("attempt", format!("is not a whole number from 1 to {ATTEMPT_MAX}"));
    }
    match (node_ref, attempt, stream) {
        (Ok(node_ref), Some(attempt), Ok(stream)) => Ok(StreamName { node_ref, attempt, stream }),
        (node_ref, _, stream) => {
            if let Err(detail) = node_ref {
                fault("nodeRef", detail);
            }
            if let Err(detail) = stream {
                fault("stream", detail);
            }
            Err(faults.into())
        }
    }
}

/// What a reader wants to see.
struct Asked {
    after: u64,
    before: Option<u64>,
    limit: u32,
    direction: Direction,
    filter: LineFilter,
}

/// GET /api/v1/runs/{runId}/logs
pub async fn page(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let asked = asked(call.head.query())?;
    let run_id = call.head.run_id()?;
    let db = &app.core.db;
    let run = runs::find(db, call.head.organization(), &run_id).await?.ok_or_else(Problem::no_such_run)?;
    // In this order: streams that were closed before the head was read have all their lines below it.
    let streams = logs::streams(db, run.run_key).await?;
    let head = logs::head(db, run.run_key).await?;
    let Asked { after, before, limit, direction, filter } = asked;
    let behind_head = head.saturating_add(1);
    let range = LogRange { after, before: before.map_or(behind_head, |before| before.min(behind_head)) };
    let is_closed = all_closed(&streams, &filter, run.status.is_terminal());
    let wanted = Wanted {
        range,
        direction,
        filter,
        room: Room { lines: limit as usize, bytes: PAGE_BYTES },
        time: Some(SEARCH_LIMIT),
    };
    let page = app.core.reader.page(run.run_key, wanted).await?;
    let last = range.before.saturating_sub(1).max(after);
    let (next_after, next_before) = match direction {
        Direction::Forward => (if page.rest.is_empty() { last } else { page.rest.after }, after + 1),
        Direction::Backward => (last, if page.rest.is_empty() { after + 1 } else { page.rest.before }),
    };
    let complete = next_after >= head && is_closed;
    let places = Places { next_after, next_before, stopped: page.stopped, complete };
    Ok(schema::json_text(page_text(&page.lines, &places)))
}

fn asked(mut query: Query) -> Result<Asked, Problem> {
    let tail = query.number("tail", 1..=u64::from(LINES_PAGE_MAX)).and_then(|tail| u32::try_from(tail).ok());
    let limit = query.limit(LINES_PAGE_MAX, LINES_PAGE);
    let after = query.seq("after");
    let before = query.seq("before");
    // Someone who reads backwards wants the lines next to where he stands.
    let is_backwards = tail.is_some() || before.is_some() && after.is_none();
    let mut filter = stream_filter(&mut query);
    let level: Option<Level> = query.parsed("level");
    match query.text("q").map(LinePattern::parse) {
        Some(Ok(pattern)) => filter.patterns.push(pattern),
        Some(Err(fault)) => query.fault("q", fault.to_string()),
        None => {}
    }
    filter.patterns.extend(level.and_then(LinePattern::of_level));
    query.check()?;
    Ok(Asked {
        after: after.unwrap_or(0),
        before,
        limit: tail.unwrap_or(limit),
        direction: if is_backwards { Direction::Backward } else { Direction::Forward },
        filter,
    })
}

/// Which streams are meant.
pub fn stream_filter(query: &mut Query) -> LineFilter {
    LineFilter {
        node_ref: query.parsed("nodeRef"),
        attempt: query.number("attempt", 1..=u64::from(ATTEMPT_MAX)).and_then(|n| u32::try_from(n).ok()),
        stream: query.parsed("stream"),
        patterns: Vec::new(),
    }
}

/// Whether no more lines will come for the filter, as far as streams are known; a run without any is complete once it is over.
fn all_closed(streams: &[StreamSummary], filter: &LineFilter, is_over: bool) -> bool {
    let mut meant = streams.iter().filter(|stream| filter.accepts_name(&stream.name)).peekable();
    if meant.peek().is_none() { is_over } else { meant.all(|stream| stream.closed) }
}

/// Where a page stands in the log.
struct Places {
    next_after: u64,
    next_before: u64,
    stopped: Stopped,
    complete: bool,
}

fn page_text(lines: &[StoredLine], places: &Places) -> String {
    let size: usize = lines.iter().map(|line| line.json.len() + 1).sum();
    let mut out = String::with_capacity(size + 128);
    out.push_str("{\"lines\":[");
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(&String::from_utf8_lossy(&line.json));
    }
    let Places { next_after, next_before, stopped, complete } = places;
    // Writing into memory does not fail.
    let _ = write!(
        out,
        "],\"nextAfter\":{next_after},\"nextBefore\":{next_before},\"stopped\":\"{stopped}\",\"complete\":{complete}}}"
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(node: &str, closed: bool) -> StreamSummary {
        let name = StreamName { node_ref: node.parse().unwrap(), attempt: 1, stream: LogStream::Stdout };
        StreamSummary { name, lines: 1, bytes: 1, last_line: None, closed }
    }

    #[test]
    fn complete_means_every_stream_that_is_meant() {
        let streams = [stream("a", true), stream("b", false)];
        let of = |node: Option<&str>| LineFilter {
            node_ref: node.map(|n| n.parse().unwrap()),
            ..LineFilter::default()
        };
        assert!(!all_closed(&streams, &of(None), false));
        assert!(all_closed(&streams, &of(Some("a")), false));
        assert!(!all_closed(&streams, &of(Some("b")), false));
        assert!(!all_closed(&streams, &of(Some("c")), false) && all_closed(&streams, &of(Some("c")), true));
    }

    #[test]
    fn a_stream_to_close_is_named_whole() {
        let name = parse_stream_name(br#"{"nodeRef":"a","stream":"stderr"}"#).unwrap();
        assert_eq!((name.node_ref.as_str(), name.attempt, name.stream), ("a", 1, LogStream::Stderr));
        let pointers = |text: &str| -> Vec<String> {
            parse_stream_name(text.as_bytes())
                .unwrap_err()
                .errors
                .into_iter()
                .map(|fault| fault.pointer)
                .collect()
        };
        assert_eq!(pointers(r#"{"attempt":0}"#), ["/attempt", "/nodeRef", "/stream"]);
        assert_eq!(pointers(r#"{"nodeRef":"a","stream":"stdin"}"#), ["/stream"]);
        assert_eq!(pointers(r#"{"node":"a"}"#), [""]);
    }

    #[test]
    fn a_reader_may_ask_for_the_tail_and_for_two_patterns() {
        let reader =
            asked(Query::parse(Some("tail=20&level=error&q=timeout&stream=stderr&attempt=2"))).unwrap();
        assert_eq!(
            (reader.direction, reader.limit, reader.filter.patterns.len()),
            (Direction::Backward, 20, 2)
        );
        assert_eq!((reader.filter.stream, reader.filter.attempt), (Some(LogStream::Stderr), Some(2)));
        assert!(asked(Query::parse(Some("level=info"))).unwrap().filter.patterns.is_empty());
        for bad in ["tail=0", "limit=5001", "stream=stdin", "level=loud", "attempt=0", "q=/(/", "before=x"] {
            assert!(asked(Query::parse(Some(bad))).is_err(), "{bad}");
        }
    }
}
