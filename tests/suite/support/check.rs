//! The invariants of a run, looked at from outside.

use serde_json::Value;

use super::frames::{assert_event, number};
use super::http::Http;
use super::ledger::Ledger;
use super::postgres::Database;
use super::{chain, fold};

/// Every invariant of one run: seq = 1..n, each event id once, the state is the fold of the events, now and
/// at the middle, and the hash chain holds. Returns the events.
pub async fn run(http: &Http, database: &Database, run_id: &str) -> Vec<Value> {
    let events = history(http, run_id).await;
    let head = events.len() as u64;
    fold::assert_same(&http.run(run_id).await, &events);
    let middle = head.div_ceil(2);
    if middle > 0 {
        let then = http.get(&format!("/api/v1/runs/{run_id}?atSeq={middle}")).await.expect(200).json();
        assert_eq!(number(&then, "headSeq"), middle, "{then}");
        fold::assert_same(&then, &events[..middle as usize]);
    }
    chain::verify(database, run_id, &events).await;
    events
}

/// The events of a run, gapless and each id once.
pub async fn history(http: &Http, run_id: &str) -> Vec<Value> {
    let events = http.events(run_id).await;
    let mut ids = std::collections::HashSet::new();
    for (place, event) in events.iter().enumerate() {
        assert_event(event, run_id);
        assert_eq!(number(event, "seq"), place as u64 + 1, "seq is 1, 2, 3 … without gaps: {event}");
        assert!(ids.insert(event["eventId"].to_string()), "an event id twice: {event}");
    }
    events
}

/// Every invariant of every run of a ledger, and the ledger itself.
pub async fn ledger(http: &Http, database: &Database, ledger: &Ledger) {
    for run_id in ledger.runs() {
        let events = run(http, database, &run_id).await;
        ledger.verify(&run_id, &events);
    }
}

/// What a subscriber saw is the whole history, in order.
#[track_caller]
pub fn same_events(seen: &[Value], stored: &[Value]) {
    assert_eq!(seen.len(), stored.len(), "a subscriber saw another number of events than are stored");
    for (seen, stored) in seen.iter().zip(stored) {
        assert_eq!(seen, stored, "a subscriber saw another event than is stored");
    }
}
