//! What is told when a run gets a status: which events tell of one, what the message says, and when it is sent again.
//!
//! Pure; [`crate::flow`] reads and sends.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::event::EventType;
use super::id::{EventId, RunId};
use super::run::Run;
use super::status::RunStatus;
use super::time::Timestamp;

/// Pauses before the second try and those after it: eight tries in a day, the first ones soon, since most failures are a restart.
const PAUSES_SECONDS: [u64; 7] = [5, 60, 10 * 60, 60 * 60, 3 * 60 * 60, 7 * 60 * 60, 13 * 60 * 60];
/// Tries in all.
pub const TRIES_MAX: u32 = PAUSES_SECONDS.len() as u32 + 1;
/// A receiver that takes nothing for so long is not told any more.
pub const GIVEN_UP_AFTER: Duration = Duration::from_secs(5 * 24 * 60 * 60);
/// Longest reason of a failure that is told; the run has the rest.
const REASON_MAX_BYTES: usize = 2_048;
/// What a repeated delivery's id is made from.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_0c3a_9b52_4a57_8a0e_7f3f_5d2c_91e4);

/// The events that tell of a status, as far as their type says.
pub const TOLD_BY: [EventType; 9] = [
    EventType::RunQueued,
    EventType::RunStarted,
    EventType::NodeAwaitingInput,
    EventType::RunStale,
    EventType::RunCompleted,
    EventType::RunFailed,
    EventType::RunCancelled,
    EventType::RunTerminated,
    EventType::RunTimedOut,
];

/// The status that an event of this type brings, where it is one of [`TOLD_BY`] and not late.
#[must_use]
pub fn status_of(kind: EventType) -> Option<RunStatus> {
    match kind {
        EventType::RunQueued => Some(RunStatus::Queued),
        EventType::RunStarted => Some(RunStatus::Running),
        EventType::NodeAwaitingInput => Some(RunStatus::AwaitingInput),
        EventType::RunStale => Some(RunStatus::Stale),
        kind => kind.terminal_status(),
    }
}

/// The delivery of an event to a receiver: the same however often it is written, and what the receiver knows it by.
#[must_use]
pub fn delivery_id(notification: Uuid, event: EventId) -> Uuid {
    Uuid::new_v5(&NAMESPACE, &[notification.as_bytes().as_slice(), event.0.as_bytes()].concat())
}

/// When a message that was tried so often is tried again; None: never. `spread` from 0 to 1 keeps those that failed together apart.
#[must_use]
pub fn next_pause(tries: u32, spread: f64) -> Option<Duration> {
    let index = usize::try_from(tries.checked_sub(1)?).ok()?;
    let pause = Duration::from_secs(*PAUSES_SECONDS.get(index)?);
    Some(pause + pause.mul_f64(0.1 * spread.clamp(0.0, 1.0)))
}

/// A message, as Standard Webhooks wants its body.
#[derive(Serialize)]
struct Message<'a> {
    r#type: String,
    timestamp: Timestamp,
    data: Data<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    run_id: Option<&'a RunId>,
    workflow: Option<&'a str>,
    status: &'a str,
    /// The event that brought it.
    seq: Option<u64>,
    queued_at: Option<Timestamp>,
    started_at: Option<Timestamp>,
    completed_at: Option<Timestamp>,
    failure: Option<FailureData<'a>>,
    labels: Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FailureData<'a> {
    reason: &'a str,
    code: Option<&'a str>,
    node_ref: Option<&'a str>,
}

/// The body that tells of a run's status. Times and failure are the run's as it is by now; the status is the one that is told.
#[must_use]
pub fn message(run_id: &RunId, run: Option<&Run>, status: RunStatus, seq: u64, at: Timestamp) -> String {
    let head = run.map(|run| &run.head);
    let failure = head.and_then(|head| head.failure.as_ref()).filter(|_| status.is_terminal());
    let failure = failure.map(|failure| FailureData {
        reason: &failure.reason[..failure.reason.floor_char_boundary(REASON_MAX_BYTES)],
        code: failure.code.as_deref(),
        node_ref: failure.node_ref.as_ref().map(|node| node.as_str()),
    });
    let data = Data {
        run_id: Some(run_id),
        workflow: head.and_then(|head| head.workflow.as_deref()),
        status: status.as_str(),
        seq: Some(seq),
        queued_at: head.and_then(|head| head.queued_at),
        started_at: head.and_then(|head| head.started_at),
        completed_at: head.and_then(|head| head.completed_at).filter(|_| status.is_terminal()),
        failure,
        labels: run.and_then(|run| serde_json::to_value(&run.documents.labels).ok()).unwrap_or_default(),
    };
    let kind = format!("run.{}", status.as_str().to_ascii_lowercase());
    // Texts and numbers only: serialising does not fail.
    serde_json::to_string(&Message { r#type: kind, timestamp: at, data }).unwrap_or_default()
}

/// The body of a test.
#[must_use]
pub fn test_message(at: Timestamp) -> String {
    let data = Data {
        run_id: None,
        workflow: None,
        status: "TEST",
        seq: None,
        queued_at: None,
        started_at: None,
        completed_at: None,
        failure: None,
        labels: Value::Object(serde_json::Map::new()),
    };
    serde_json::to_string(&Message { r#type: "notification.test".into(), timestamp: at, data })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_told_by_one_type() {
        let told: std::collections::BTreeSet<RunStatus> = TOLD_BY.into_iter().filter_map(status_of).collect();
        assert_eq!(told.len(), RunStatus::ALL.len());
        assert_eq!(status_of(EventType::NodeStarted), None);
    }

    #[test]
    fn eight_tries_in_about_a_day() {
        let pauses: Vec<Duration> = (1..).map_while(|tries| next_pause(tries, 0.0)).collect();
        assert_eq!(pauses.len() + 1, TRIES_MAX as usize);
        assert_eq!(TRIES_MAX, 8);
        let all: Duration = pauses.iter().sum();
        assert!(all > Duration::from_secs(23 * 3_600) && all < Duration::from_secs(26 * 3_600), "{all:?}");
        assert_eq!(next_pause(0, 0.0), None);
        assert_eq!(next_pause(2, 1.0), Some(Duration::from_secs(66)));
    }

    #[test]
    fn a_message_says_what_became_of_the_run() {
        let at: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let mut run = Run::default();
        run.head.workflow = Some("recon".into());
        run.documents.labels.insert("team".into(), "red".into());
        let text = message(&"r".parse().unwrap(), Some(&run), RunStatus::TimedOut, 7, at);
        let body: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&body["type"], &body["timestamp"]),
            (&"run.timed_out".into(), &"2026-11-22T10:00:00.000000Z".into())
        );
        let data = &body["data"];
        assert_eq!(
            (&data["runId"], &data["workflow"], &data["seq"]),
            (&"r".into(), &"recon".into(), &7.into())
        );
        assert_eq!(data["labels"]["team"], "red");
        let a = delivery_id(Uuid::from_u128(1), EventId(Uuid::from_u128(2)));
        assert_ne!(a, delivery_id(Uuid::from_u128(2), EventId(Uuid::from_u128(1))));
    }
}
