//! The journal's metrics, registered once, so that counting an event is one atomic add.

use metrics::{Counter, Histogram, counter, histogram};

use super::request::Outcome;
use crate::facts::event::{EventType, Level};
use crate::facts::metric;
use crate::facts::status::RunStatus;

#[derive(Clone)]
pub(super) struct Counters {
    events: Vec<Counter>,
    runs: Vec<Counter>,
    pub batch_events: Histogram,
    pub duration_ms: Histogram,
}

impl Counters {
    pub fn register() -> Self {
        let mut events = Vec::new();
        for kind in EventType::ALL {
            for level in Level::ALL {
                for outcome in Outcome::ALL {
                    events.push(counter!(metric::TRACE_EVENTS_TOTAL, "type" => kind.as_str(),
                        "level" => level.as_str(), "outcome" => outcome.as_str()));
                }
            }
        }
        let runs = RunStatus::ALL
            .iter()
            .map(|status| counter!(metric::RUNS_TOTAL, "status" => status.as_str()))
            .collect();
        let batch_events = histogram!(metric::APPEND_BATCH_EVENTS);
        Self { events, runs, batch_events, duration_ms: histogram!(metric::APPEND_DURATION_MS) }
    }

    pub fn event(&self, kind: EventType, level: Level, outcome: Outcome) {
        let index =
            (kind as usize * Level::ALL.len() + level as usize) * Outcome::ALL.len() + outcome as usize;
        if let Some(counter) = self.events.get(index) {
            counter.increment(1);
        }
    }

    /// A run came to this status.
    pub fn run(&self, status: RunStatus) {
        if let Some(counter) = self.runs.get(status as usize) {
            counter.increment(1);
        }
    }
}
