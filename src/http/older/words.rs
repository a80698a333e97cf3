//! Words that older clients know, and what they stand for here.

use crate::facts::event::EventType;
use crate::facts::time::Timestamp;

/// The type of an event in a trace; `None` for what a trace does not have: events of the run itself, and of its logs and
/// files.
pub fn trace_type(kind: EventType) -> Option<&'static str> {
    Some(match kind {
        EventType::NodeStarted => "STARTED",
        EventType::NodeProgress | EventType::NodeRetrying | EventType::NodeInputReceived => "PROGRESS",
        EventType::NodeCompleted => "COMPLETED",
        EventType::NodeFailed | EventType::NodeCancelled => "FAILED",
        EventType::NodeSkipped => "SKIPPED",
        EventType::NodeAwaitingInput => "AWAITING_INPUT",
        EventType::HttpRequestSent => "HTTP_REQUEST_SENT",
        EventType::HttpResponseReceived => "HTTP_RESPONSE_RECEIVED",
        EventType::HttpRequestError => "HTTP_REQUEST_ERROR",
        _ => return None,
    })
}

/// A time as older clients send it: RFC 3339, or without a zone, which is UTC, or a day.
pub fn older_time(text: &str) -> Option<Timestamp> {
    let zoned = text.parse().or_else(|_| format!("{text}Z").parse());
    zoned.or_else(|_| format!("{text}T00:00:00Z").parse()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_without_a_zone_are_utc() {
        let at = older_time("2026-11-22T10:00:00").unwrap();
        assert_eq!(older_time("2026-11-22T10:00:00Z"), Some(at));
        assert_eq!(older_time("2026-11-22").unwrap().to_string(), "2026-11-22T00:00:00.000000Z");
        assert_eq!(older_time("last week"), None);
    }
}
