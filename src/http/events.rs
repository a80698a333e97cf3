//! A run's events: append and read.

use std::fmt::Write as _;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::app::SharedApp;
use super::body;
use super::endpoint::Call;
use super::problem::Problem;
use super::{Response, claims, schema};
use crate::facts::event::wire_json;
use crate::facts::event_input::{EventInput, Fault};
use crate::facts::id::{NodeRef, RunId};
use crate::flow::ingest::{self, BodyFormat};
use crate::store::clock;
use crate::store::journal::CommittedEvent;
use crate::store::journal::read::{self, EventFilter};
use crate::store::runs;

/// Largest page of events (contract).
pub const EVENTS_PAGE_MAX: u32 = 5_000;
/// Page size when none is asked for (contract).
pub const EVENTS_PAGE: u32 = 500;
/// Longest long poll in seconds (contract).
pub const WAIT_MAX_SECONDS: u64 = 30;

/// POST /api/v1/runs/{runId}/events
pub async fn append(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let run_id = call.head.new_run_id()?;
    let claim = claims::claim_of(&call.head)?;
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let events = ingest::parse_events(&body.bytes, body.format, clock::now())?;
    check_run_ids(&run_id, &events, is_single(&body.bytes, body.format))?;
    let appended = ingest::append(&app.core, call.head.organization(), run_id, events, claim).await?;
    Ok(schema::json(&schema::Appended { head_seq: appended.head_seq, results: appended.results }))
}

/// Whether the body is one event, whose pointers have no index.
pub fn is_single(body: &[u8], format: BodyFormat) -> bool {
    format == BodyFormat::Json && body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

/// Where the event at `index` keeps its run's id.
pub fn run_id_pointer(index: usize, single: bool) -> String {
    if single { "/runId".into() } else { format!("/{index}/runId") }
}

fn check_run_ids(run_id: &RunId, events: &[EventInput], single: bool) -> Result<(), Problem> {
    let is_other = |event: &EventInput| event.run_id.as_ref().is_some_and(|given| given != run_id);
    let faults: Vec<Fault> = (0..)
        .zip(events)
        .filter(|(_, event)| is_other(event))
        .map(|(index, _)| Fault {
            pointer: run_id_pointer(index, single),
            detail: "is not the run in the path".into(),
            is_size: false,
        })
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(faults.into()) }
}

/// GET /api/v1/runs/{runId}/events
pub async fn page(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let after = query.seq("after").unwrap_or(0);
    let limit = query.limit(EVENTS_PAGE_MAX, EVENTS_PAGE);
    let wait = query.number("wait", 0..=WAIT_MAX_SECONDS).unwrap_or(0);
    let filter = EventFilter {
        kinds: query.words("type"),
        node_ref: query.parsed::<NodeRef>("nodeRef"),
        levels: query.words("level"),
    };
    query.check()?;
    let run_id = call.head.run_id()?;
    let deadline = Instant::now() + Duration::from_secs(wait);
    // Runs until there is an event that fits, the run is over or the time is up: each round waits for a new event.
    loop {
        let db = &call.head.db(&app);
        let row =
            runs::find(db, call.head.organization(), &run_id).await?.ok_or_else(Problem::no_such_run)?;
        let events = read::events(db, row.run_key, after, row.head_seq, limit, &filter).await?;
        let is_last_page =
            events.len() < limit as usize || events.last().is_some_and(|e| e.seq == row.head_seq);
        let ended = row.status.is_terminal() && is_last_page;
        let left = deadline.saturating_duration_since(Instant::now());
        if !events.is_empty() || ended || left.is_zero() || app.lifetime.stop.is_cancelled() {
            return Ok(schema::json_text(page_text(&events, row.head_seq, ended)));
        }
        let beyond = row.head_seq.max(after);
        let moved = app.core.feed.wait_beyond(row.run_key, beyond, left);
        // The feed keeps the time itself; this holds whatever it does.
        tokio::select! {
            _ = timeout_at(deadline, moved) => {}
            () = app.lifetime.stop.cancelled() => {}
        }
    }
}

fn page_text(events: &[CommittedEvent], head_seq: u64, ended: bool) -> String {
    let mut out = String::from("{\"events\":[");
    push_events(&mut out, events.iter());
    // Writing into memory does not fail.
    let _ = write!(out, "],\"headSeq\":{head_seq},\"ended\":{ended}}}");
    out
}

/// Writes events as clients get them, with commas between.
pub fn push_events<'a>(out: &mut String, events: impl Iterator<Item = &'a CommittedEvent>) {
    let mut bytes = std::mem::take(out).into_bytes();
    for (index, event) in events.enumerate() {
        if index > 0 {
            bytes.push(b',');
        }
        wire_json(event.seq, event.recorded_at, event.late, &event.body, &mut bytes);
    }
    // Bodies are text, so that nothing is ever replaced here.
    *out = String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::time::Timestamp;

    #[test]
    fn a_page_is_json_around_the_stored_bodies() {
        let event = |seq, late| CommittedEvent {
            seq,
            recorded_at: Timestamp::EPOCH,
            late,
            body: r#"{"runId":"r","data":1e999,"metadata":{}}"#.into(),
        };
        let text = page_text(&[event(1, false), event(2, true)], 9, true);
        let page: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&text.replace("1e999", "1")).unwrap();
        assert_eq!((&page["headSeq"], &page["ended"]), (&9.into(), &true.into()));
        assert_eq!(page["events"][1]["metadata"]["late"], true);
        assert_eq!(page_text(&[], 0, false), r#"{"events":[],"headSeq":0,"ended":false}"#);
    }

    #[test]
    fn pointers_have_an_index_only_in_lists() {
        assert!(is_single(b" {\"type\"", BodyFormat::Json));
        assert!(!is_single(b"[{", BodyFormat::Json) && !is_single(b"{", BodyFormat::Ndjson));
        assert_eq!((run_id_pointer(3, false), run_id_pointer(0, true)), ("/3/runId".into(), "/runId".into()));
    }
}
