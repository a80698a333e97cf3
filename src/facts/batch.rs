//! A request body of many items: JSON (one, or an array) or NDJSON, split into the texts of its items.
//!
//! Knows no item's fields; names each item's place as a JSON pointer, `/0`, `/1` …, or `""` for a lone one.

use serde_json::value::RawValue;

use super::event_input::{Defaults, EventInput, Fault, parse_event};

/// Most events of one request (contract, limits).
pub const BATCH_MAX_EVENTS: usize = 5_000;
/// Most faults told at once: enough to mend a body by, bounded for a body that is wrong throughout.
pub const FAULTS_MAX: usize = 100;

/// How a body is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFormat {
    /// One object, or an array of them.
    Json,
    /// One object a line.
    Ndjson,
}

/// The texts of a body's items, each with its pointer.
pub fn items(body: &[u8], format: BodyFormat) -> Result<Vec<(String, &str)>, Vec<Fault>> {
    let whole = |detail: String| vec![Fault { pointer: String::new(), detail, is_size: false }];
    let text = std::str::from_utf8(body)
        .map_err(|e| whole(format!("the body is not UTF-8 from byte {} on", e.valid_up_to())))?;
    match format {
        BodyFormat::Ndjson => {
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            Ok(lines.enumerate().map(|(i, line)| (format!("/{i}"), line)).collect())
        }
        BodyFormat::Json if text.trim_start().starts_with('[') => {
            let members: Vec<&RawValue> =
                serde_json::from_str(text).map_err(|e| whole(format!("the body is not JSON: {e}")))?;
            Ok(members.iter().enumerate().map(|(i, raw)| (format!("/{i}"), raw.get())).collect())
        }
        BodyFormat::Json => {
            let one: &RawValue =
                serde_json::from_str(text).map_err(|e| whole(format!("the body is not JSON: {e}")))?;
            Ok(vec![(String::new(), one.get())])
        }
    }
}

/// Checks a body of events; every fault of every event is named, up to [`FAULTS_MAX`]. `defaults` is asked once an event.
pub fn parse_events(
    body: &[u8],
    format: BodyFormat,
    mut defaults: impl FnMut() -> Defaults,
) -> Result<Vec<EventInput>, Vec<Fault>> {
    let items = items(body, format)?;
    if items.len() > BATCH_MAX_EVENTS {
        let detail =
            format!("a request holds at most {BATCH_MAX_EVENTS} events, this one has {}", items.len());
        return Err(vec![Fault { pointer: String::new(), detail, is_size: true }]);
    }
    let mut events = Vec::with_capacity(items.len());
    let mut faults = Vec::new();
    for (pointer, text) in items {
        match parse_event(text, &pointer, defaults()) {
            Ok(event) => events.push(event),
            Err(found) => faults.extend(found),
        }
        if faults.len() >= FAULTS_MAX {
            break;
        }
    }
    if faults.is_empty() { Ok(events) } else { Err(faults) }
}
