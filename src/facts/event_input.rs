//! An event as clients send it, checked field by field, every fault named by its JSON pointer.

use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::event::{Event, EventType, Level};
use super::id::{EventId, NodeRef, RunId};
use super::json::Json;
use super::scan;
use super::time::Timestamp;

/// Largest event in bytes of its JSON text (contract, limits).
pub const EVENT_MAX_BYTES: usize = 64 * 1024;
/// Longest message in bytes (contract, limits).
pub const MESSAGE_MAX_BYTES: usize = 8 * 1024;
/// Highest attempt: what an `integer` column holds.
pub const ATTEMPT_MAX: u32 = i32::MAX as u32;

/// One thing that is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Fault {
    /// JSON pointer into the request body.
    pub pointer: String,
    pub detail: String,
    /// Whether it is the size that is wrong, which HTTP answers differently.
    #[serde(skip)]
    pub is_size: bool,
}

/// A valid event and what the client said beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct EventInput {
    pub run_id: Option<RunId>,
    pub event: Event,
    /// Whether the client chose the event's id, so that it may come again.
    pub id_given: bool,
}

/// What the server supplies where the client left a gap.
#[derive(Debug, Clone, Copy)]
pub struct Defaults {
    pub received_at: Timestamp,
    pub event_id: Uuid,
}

/// Every field as text, so that each fault can be named by itself. `id`, `seq` and `recordedAt` are accepted and
/// ignored: they are the journal's, and a client may send back what it has read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Fields<'a> {
    #[serde(borrow, rename = "id")]
    _id: Option<&'a RawValue>,
    #[serde(borrow, rename = "seq")]
    _seq: Option<&'a RawValue>,
    #[serde(borrow, rename = "recordedAt")]
    _recorded_at: Option<&'a RawValue>,
    #[serde(borrow)]
    run_id: Option<&'a RawValue>,
    #[serde(borrow)]
    event_id: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    node_ref: Option<&'a RawValue>,
    #[serde(borrow)]
    attempt: Option<&'a RawValue>,
    #[serde(borrow)]
    level: Option<&'a RawValue>,
    #[serde(borrow)]
    occurred_at: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    output_summary: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
}

/// The parts of `error` that have a given shape.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorShape {
    #[serde(rename = "message")]
    _message: String,
    #[serde(rename = "code", default)]
    _code: Option<String>,
    #[serde(rename = "type", default)]
    _kind: Option<String>,
    #[serde(rename = "stack", default)]
    _stack: Option<String>,
    #[serde(rename = "fieldErrors", default)]
    _field_errors: Option<Json>,
}

/// Reads one event. `pointer` is where it stands in the request body, `""` for a single event.
pub fn parse_event(text: &str, pointer: &str, defaults: Defaults) -> Result<EventInput, Vec<Fault>> {
    let whole = |detail: String, is_size| vec![Fault { pointer: pointer.into(), detail, is_size }];
    if text.len() > EVENT_MAX_BYTES {
        return Err(whole(
            format!("an event is at most {EVENT_MAX_BYTES} bytes, this one is {}", text.len()),
            true,
        ));
    }
    let fit = scan::scan(text, 1).map_err(|unfit| whole(unfit.to_string(), false))?;
    let sanitized = matches!(fit, std::borrow::Cow::Owned(_));
    let fields: Fields<'_> = serde_json::from_str(&fit).map_err(|e| whole(describe(&e), false))?;
    Reader { pointer, faults: Vec::new() }.read(&fields, sanitized, defaults)
}

/// serde's message without its position, which counts from the event's own start and would mislead.
fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

struct Reader<'p> {
    pointer: &'p str,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn read(
        mut self,
        fields: &Fields<'_>,
        sanitized: bool,
        defaults: Defaults,
    ) -> Result<EventInput, Vec<Fault>> {
        let run_id = self.parsed::<RunId>("runId", fields.run_id);
        let event_id = self.parsed::<Uuid>("eventId", fields.event_id);
        let kind = self.parsed::<EventType>("type", fields.kind);
        if fields.kind.is_none() {
            self.fault("type", "is missing".into());
        }
        let node_ref = self.parsed::<NodeRef>("nodeRef", fields.node_ref);
        if kind.is_some_and(EventType::needs_node_ref) && fields.node_ref.is_none() {
            self.fault("nodeRef", "is missing: this type of event is about a node".into());
        }
        let attempt = self.attempt(fields.attempt);
        let level = self.parsed::<Level>("level", fields.level);
        let occurred_at = self.parsed::<Timestamp>("occurredAt", fields.occurred_at);
        let message = self.message(fields.message);
        let error = self.error(fields.error);
        let metadata = self.metadata(fields.metadata, sanitized);
        if !self.faults.is_empty() {
            return Err(self.faults);
        }
        let Some(kind) = kind else { return Err(self.faults) };
        let attempt = if node_ref.is_some() { Some(attempt.unwrap_or(1)) } else { attempt };
        let event = Event {
            seq: 0,
            recorded_at: defaults.received_at,
            event_id: EventId(event_id.unwrap_or(defaults.event_id)),
            kind,
            node_ref,
            attempt,
            level: level.unwrap_or(kind.default_level()),
            occurred_at: occurred_at.unwrap_or(defaults.received_at),
            message,
            data: fields.data.map(owned),
            output_summary: fields.output_summary.map(owned),
            error,
            metadata,
        };
        Ok(EventInput { run_id, event, id_given: event_id.is_some() })
    }

    fn fault(&mut self, field: &str, detail: String) {
        self.faults.push(Fault { pointer: format!("{}/{field}", self.pointer), detail, is_size: false });
    }

    /// A text field read by its type's `FromStr`.
    fn parsed<T>(&mut self, field: &str, raw: Option<&RawValue>) -> Option<T>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        let Ok(text) = serde_json::from_str::<String>(raw?.get()) else {
            self.fault(field, "is not a text".into());
            return None;
        };
        text.parse().map_err(|e: T::Err| self.fault(field, e.to_string())).ok()
    }

    fn attempt(&mut self, raw: Option<&RawValue>) -> Option<u32> {
        let attempt = serde_json::from_str::<u32>(raw?.get()).ok();
        let valid = attempt.filter(|n| (1..=ATTEMPT_MAX).contains(n));
        if valid.is_none() {
            self.fault("attempt", format!("is not a whole number from 1 to {ATTEMPT_MAX}"));
        }
        valid
    }

    fn message(&mut self, raw: Option<&RawValue>) -> Option<String> {
        let Ok(text) = serde_json::from_str::<String>(raw?.get()) else {
            self.fault("message", "is not a text".into());
            return None;
        };
        if text.len() > MESSAGE_MAX_BYTES {
            self.fault("message", format!("is longer than {MESSAGE_MAX_BYTES} bytes"));
            return None;
        }
        Some(text)
    }

    fn error(&mut self, raw: Option<&RawValue>) -> Option<Json> {
        let raw = raw?;
        if let Err(e) = serde_json::from_str::<ErrorShape>(raw.get()) {
            self.fault(
                "error",
                format!("is not {{message, code?, type?, stack?, details?}}: {}", describe(&e)),
            );
            return None;
        }
        Some(owned(raw))
    }

    /// The client's metadata without the journal's own marks, with `sanitized` where text had to be replaced.
    fn metadata(&mut self, raw: Option<&RawValue>, sanitized: bool) -> Option<Json> {
        let text = raw.map_or("{}", RawValue::get);
        let Ok(given) = serde_json::from_str::<indexmap::IndexMap<String, &RawValue>>(text) else {
            self.fault("metadata", "is not an object".into());
            return None;
        };
        let has_marks = given.contains_key("late") || given.contains_key("sanitized");
        if !has_marks && !sanitized {
            return raw.filter(|_| !given.is_empty()).map(owned);
        }
        let mut kept: indexmap::IndexMap<&str, &RawValue> =
            given.iter().map(|(k, v)| (k.as_str(), *v)).collect();
        kept.shift_remove("late");
        kept.shift_remove("sanitized");
        if sanitized {
            kept.insert("sanitized", RawValue::TRUE);
        }
        if kept.is_empty() { None } else { Json::from_value(&kept).ok() }
    }
}

fn owned(raw: &RawValue) -> Json {
    Json::from_raw(raw.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<EventInput, Vec<Fault>> {
        let received_at = "2026-11-22T10:00:00Z".parse().unwrap();
        parse_event(text, "/3", Defaults { received_at, event_id: Uuid::nil() })
    }

    #[test]
    fn gaps_are_filled_with_the_contracts_defaults() {
        let input = parse(r#"{"type":"NODE_FAILED","nodeRef":"a"}"#).unwrap();
        assert_eq!((input.event.attempt, input.event.level), (Some(1), Level::Error));
        assert!(!input.id_given);
        let input = parse(r#"{"type":"NODE_RETRYING","nodeRef":"a","level":null}"#).unwrap();
        assert_eq!(input.event.level, Level::Warn);
    }

    #[test]
    fn every_fault_is_named_by_its_pointer() {
        let faults = parse(r#"{"type":"NODE_FAILED","attempt":0,"level":"loud","error":"x","message":1}"#)
            .unwrap_err();
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/3/nodeRef", "/3/attempt", "/3/level", "/3/message", "/3/error"]);
        assert_eq!(parse(r#"{"type":"NOPE"}"#).unwrap_err()[0].pointer, "/3/type");
        assert_eq!(parse(r#"{"type":"NOTE","x":1}"#).unwrap_err()[0].pointer, "/3");
        assert!(parse("[]").is_err() && parse("{").is_err() && parse("1").is_err());
    }

    #[test]
    fn replaced_text_is_marked_and_the_journals_marks_are_not_the_clients() {
        let input =
            parse(r#"{"type":"NOTE","message":"a\u0000b","metadata":{"late":true,"k":1e2}}"#).unwrap();
        assert_eq!(input.event.message.as_deref(), Some("a\u{fffd}b"));
        assert_eq!(input.event.metadata.unwrap().get(), r#"{"k":1e2,"sanitized":true}"#);
        assert_eq!(parse(r#"{"type":"NOTE","metadata":{"late":true}}"#).unwrap().event.metadata, None);
    }
}
