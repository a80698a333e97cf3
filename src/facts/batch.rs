//! A request body of many items: JSON (one, or an array) or NDJSON, split into the texts of its items.
//!
//! Knows no item's fields; names an item's place as a JSON pointer, `/0`, `/1` …, or `""` for a lone one.

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

/// The items of a body, in order.
#[derive(Debug)]
pub struct Items<'a> {
    pub texts: Vec<&'a str>,
    is_lone: bool,
}

impl Items<'_> {
    /// Where the item is in the body.
    #[must_use]
    pub fn pointer(&self, place: usize) -> String {
        if self.is_lone { String::new() } else { format!("/{place}") }
    }
}

/// Splits a body into the texts of its items.
pub fn items(body: &[u8], format: BodyFormat) -> Result<Items<'_>, Vec<Fault>> {
    let whole = |detail: String| vec![Fault { pointer: String::new(), detail, is_size: false }];
    let text = std::str::from_utf8(body)
        .map_err(|e| whole(format!("the body is not UTF-8 from byte {} on", e.valid_up_to())))?;
    match format {
        BodyFormat::Ndjson => {
            let texts = text.lines().filter(|line| !line.trim().is_empty()).collect();
            Ok(Items { texts, is_lone: false })
        }
        BodyFormat::Json => {
            let is_lone = !text.trim_start().starts_with('[');
            let members: Result<Vec<&RawValue>, _> = if is_lone {
                serde_json::from_str(text).map(|one| vec![one])
            } else {
                serde_json::from_str(text)
            };
            let members = members.map_err(|e| whole(format!("the body is not JSON: {e}")))?;
            Ok(Items { texts: members.iter().map(|raw| raw.get()).collect(), is_lone })
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
    let count = items.texts.len();
    if count > BATCH_MAX_EVENTS {
        let detail = format!("a request holds at most {BATCH_MAX_EVENTS} events, this one has {count}");
        return Err(vec![Fault { pointer: String::new(), detail, is_size: true }]);
    }
    let mut events = Vec::with_capacity(count);
    let mut faults = Vec::new();
    for (place, text) in items.texts.iter().enumerate() {
        match parse_event(text, &items.pointer(place), defaults()) {
            Ok(event) => events.push(event),
            Err(found) => faults.extend(found),
        }
        if faults.len() >= FAULTS_MAX {
            break;
        }
    }
    if faults.is_empty() { Ok(events) } else { Err(faults) }
}
