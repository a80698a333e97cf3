//! The frames of a stream, read from their JSON; the same over every transport.

use serde::Deserialize;

use crate::facts::json::Json;
use crate::facts::status::RunStatus;

use super::wire::{Event, LogLine};

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Hello {
    pub head_seq: u64,
    #[serde(default)]
    pub head_log_seq: u64,
    #[serde(default)]
    pub delivery: String,
    #[serde(default)]
    pub heartbeat_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct State {
    pub seq: u64,
    pub state: Json,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reset {
    #[serde(default)]
    pub reason: String,
    pub from_seq: u64,
    #[serde(default)]
    pub from_log_seq: u64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct End {
    pub head_seq: u64,
    #[serde(default)]
    pub head_log_seq: u64,
    pub status: RunStatus,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Frame {
    Hello(Hello),
    State(State),
    Events(Vec<Event>),
    Logs(Vec<LogLine>),
    Heartbeat,
    Reset(Reset),
    End(End),
    /// A type that this client doesn't know; a newer server may send one.
    Unknown,
}

/// Reads one frame. The type is looked at first, since a tagged enum would parse every body twice.
pub(super) fn parse(text: &str) -> Result<Frame, serde_json::Error> {
    #[derive(Deserialize)]
    struct Kind {
        r#type: String,
    }
    #[derive(Deserialize)]
    struct Events {
        events: Vec<Event>,
    }
    #[derive(Deserialize)]
    struct Logs {
        lines: Vec<LogLine>,
    }
    let kind: Kind = serde_json::from_str(text)?;
    Ok(match kind.r#type.as_str() {
        "hello" => Frame::Hello(serde_json::from_str(text)?),
        "state" => Frame::State(serde_json::from_str(text)?),
        "events" => Frame::Events(serde_json::from_str::<Events>(text)?.events),
        "logs" => Frame::Logs(serde_json::from_str::<Logs>(text)?.lines),
        "heartbeat" => Frame::Heartbeat,
        "reset" => Frame::Reset(serde_json::from_str(text)?),
        "end" => Frame::End(serde_json::from_str(text)?),
        _ => Frame::Unknown,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_as_the_contract_writes_them() {
        let hello = r#"{"type":"hello","runId":"r","headSeq":2,"headLogSeq":3,"delivery":"notify","heartbeatMs":15000}"#;
        assert!(matches!(parse(hello), Ok(Frame::Hello(Hello { head_seq: 2, head_log_seq: 3, .. }))));
        let events = r#"{"type":"events","events":[{"id":"12","seq":12,"runId":"run-1",
            "eventId":"0198c2d4-0000-7000-8000-000000000000","type":"NODE_PROGRESS","nodeRef":"resolve","attempt":1,
            "level":"info","occurredAt":"2026-11-22T10:00:00.000123Z","recordedAt":"2026-11-22T10:00:00.004100Z",
            "message":"214 of 1,000 hosts","data":{"completed":214,"total":1e400},"outputSummary":null,"error":null,
            "metadata":{},"somethingNew":1}]}"#;
        let Ok(Frame::Events(events)) = parse(events) else { panic!("events") };
        assert_eq!(events[0].seq, 12);
        assert_eq!(events[0].data.as_ref().map(Json::get), Some(r#"{"completed":214,"total":1e400}"#));
        assert_eq!(events[0].error, None);
        let end = r#"{"type":"end","headSeq":9,"headLogSeq":0,"status":"TIMED_OUT"}"#;
        let timed_out = End { head_seq: 9, head_log_seq: 0, status: RunStatus::TimedOut };
        assert_eq!(parse(end).unwrap(), Frame::End(timed_out));
    }

    #[test]
    fn a_frame_of_tomorrow_is_passed_over_and_nonsense_is_not() {
        assert_eq!(parse(r#"{"type":"fireworks"}"#).unwrap(), Frame::Unknown);
        for bad in ["", "[]", "{}", r#"{"type":"events"}"#, r#"{"type":"end"}"#] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
