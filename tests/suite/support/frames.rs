//! The rules of the stream, held against every frame that comes in: a subscriber that was lied to fails its
//! test at once. Shared by WebSocket, SSE and the socket for many runs.

use serde_json::Value;

pub const TERMINAL: [&str; 5] = ["COMPLETED", "FAILED", "CANCELLED", "TERMINATED", "TIMED_OUT"];

/// What one subscriber knows about one run, over all its connections.
pub struct Tracker {
    run_id: String,
    /// The cursor: the last event and the last line seen.
    pub seq: u64,
    pub log_seq: u64,
    pub events: Vec<Value>,
    pub lines: Vec<Value>,
    pub states: Vec<Value>,
    pub resets: Vec<Value>,
    pub heartbeats: Vec<Value>,
    /// Of the present connection.
    pub hello: Option<Value>,
    pub end: Option<Value>,
    /// Seqs start anywhere on a connection opened with `after=head`.
    pub from_head: bool,
}

impl Tracker {
    pub fn new(run_id: &str) -> Self {
        Self {
            run_id: run_id.to_owned(),
            seq: 0,
            log_seq: 0,
            events: Vec::new(),
            lines: Vec::new(),
            states: Vec::new(),
            resets: Vec::new(),
            heartbeats: Vec::new(),
            hello: None,
            end: None,
            from_head: false,
        }
    }

    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// A new connection, from the cursor.
    pub fn connected(&mut self) {
        self.hello = None;
    }

    /// Takes a frame, or fails the test.
    #[track_caller]
    pub fn accept(&mut self, frame: &Value) {
        let kind = frame["type"].as_str().unwrap_or_else(|| panic!("a frame without `type`: {frame}"));
        assert!(self.end.is_none(), "a frame after `end`: {frame}");
        assert_eq!(self.hello.is_none(), kind == "hello", "`hello` comes first, and once: {frame}");
        match kind {
            "hello" => self.hello(frame),
            "state" => self.states.push(frame.clone()),
            "events" => self.take_events(frame),
            "logs" => self.take_lines(frame),
            "heartbeat" => {
                assert!(
                    number(frame, "headSeq") >= self.seq,
                    "a heartbeat behind the cursor {}: {frame}",
                    self.seq
                );
                number(frame, "headLogSeq");
                assert_time(&frame["at"]);
                self.heartbeats.push(frame.clone());
            }
            "reset" => {
                assert!(frame["reason"].is_string(), "a reset without a reason: {frame}");
                // What follows starts there.
                self.seq = number(frame, "fromSeq").saturating_sub(1);
                self.log_seq = number(frame, "fromLogSeq").saturating_sub(1);
                self.resets.push(frame.clone());
            }
            "end" => {
                assert_eq!(number(frame, "headSeq"), self.seq, "`end` before the last event: {frame}");
                let status = frame["status"].as_str().unwrap_or_default();
                assert!(TERMINAL.contains(&status), "`end` of a run that has not ended: {frame}");
                self.end = Some(frame.clone());
            }
            other => panic!("an unknown frame type `{other}`: {frame}"),
        }
    }

    fn hello(&mut self, frame: &Value) {
        assert_eq!(frame["runId"], self.run_id, "{frame}");
        let delivery = frame["delivery"].as_str().unwrap_or_default();
        assert!(["notify", "poll"].contains(&delivery), "{frame}");
        assert!(number(frame, "heartbeatMs") > 0, "{frame}");
        let (head, log_head) = (number(frame, "headSeq"), number(frame, "headLogSeq"));
        if self.from_head {
            (self.seq, self.log_seq, self.from_head) = (head, log_head, false);
        }
        self.hello = Some(frame.clone());
    }

    fn take_events(&mut self, frame: &Value) {
        let events = frame["events"].as_array().unwrap_or_else(|| panic!("`events` is no array: {frame}"));
        assert!(!events.is_empty(), "an empty frame: {frame}");
        for event in events {
            assert_event(event, &self.run_id);
            let seq = number(event, "seq");
            assert_eq!(seq, self.seq + 1, "seq is not strictly +1: {event}");
            self.seq = seq;
            self.events.push(event.clone());
        }
    }

    fn take_lines(&mut self, frame: &Value) {
        let lines = frame["lines"].as_array().unwrap_or_else(|| panic!("`lines` is no array: {frame}"));
        assert!(!lines.is_empty(), "an empty frame: {frame}");
        for line in lines {
            let seq = number(line, "logSeq");
            assert_eq!(seq, self.log_seq + 1, "logSeq is not strictly +1: {line}");
            self.log_seq = seq;
            self.lines.push(line.clone());
        }
    }
}

#[track_caller]
pub fn number(value: &Value, name: &str) -> u64 {
    value[name].as_u64().unwrap_or_else(|| panic!("`{name}` is no number in {value}"))
}

/// RFC 3339, UTC, with microseconds, and a date that exists.
#[track_caller]
pub fn assert_time(value: &Value) {
    let text = value.as_str().unwrap_or_else(|| panic!("no time: {value}"));
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00T00:00:00.000000Z", "{text} is not RFC 3339 in UTC with microseconds");
    assert!(text.parse::<jiff::Timestamp>().is_ok(), "{text} is no time");
}

/// The shape of an event as the contract words it.
#[track_caller]
pub fn assert_event(event: &Value, run_id: &str) {
    assert_eq!(event["runId"], *run_id, "{event}");
    assert_eq!(event["id"], number(event, "seq").to_string(), "{event}");
    let id = event["eventId"].as_str().unwrap_or_default();
    assert!(uuid::Uuid::parse_str(id).is_ok(), "eventId is no UUID: {event}");
    for name in ["type", "level"] {
        assert!(event[name].is_string(), "no `{name}`: {event}");
    }
    assert!(event["metadata"].is_object(), "no `metadata`: {event}");
    assert_time(&event["occurredAt"]);
    assert_time(&event["recordedAt"]);
}
