//! A run of the past, ready to be sent: its events in order, checked as the server will check them, and what did not fit.

use std::fmt;

use serde_json::{Value, json};
use uuid::Uuid;

use super::draft::Draft;
use super::past_file::PastFile;
use super::past_output::PastOutput;
use crate::facts::event::{Event, EventType};
use crate::facts::event_input::{Defaults, EVENT_MAX_BYTES, MESSAGE_MAX_BYTES, parse_event};
use crate::facts::id::RunId;
use crate::facts::run::Run;
use crate::facts::status::RunStatus;
use crate::facts::temporal::{TemporalAnswer, normalise};
use crate::facts::time::Timestamp;

/// A document larger than this leaves its event and becomes a file of the run: the event's other fields must fit beside it.
const DOCUMENT_MAX_BYTES: usize = EVENT_MAX_BYTES / 4;

/// One row that could not be taken, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    pub row: String,
    pub reason: String,
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.row, self.reason)
    }
}

/// A document that no event can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// A run with all that is known of it.
#[derive(Debug)]
pub struct PastRun {
    pub run_id: RunId,
    /// JSON texts, in the order in which they happened.
    pub events: Vec<String>,
    pub documents: Vec<Document>,
    pub faults: Vec<RowFault>,
    /// The events folded, as the server will.
    pub state: Run,
    pub elsewhere: Elsewhere,
}

/// What a source keeps outside of its database, which is copied where that is asked for; the faults are those of rows that don't say where.
#[derive(Debug, Default)]
pub struct Elsewhere {
    pub outputs: Vec<PastOutput>,
    pub output_faults: Vec<RowFault>,
    pub files: Vec<PastFile>,
    pub file_faults: Vec<RowFault>,
}

impl PastRun {
    #[must_use]
    pub fn new(run_id: RunId) -> Self {
        Self {
            run_id,
            events: Vec::new(),
            documents: Vec::new(),
            faults: Vec::new(),
            state: Run::default(),
            elsewhere: Elsewhere::default(),
        }
    }

    /// Adds an event, or the faults of its row.
    pub fn push(&mut self, mut draft: Draft) {
        self.shorten(&mut draft);
        self.push_text(&draft.text(self.run_id.as_str()), &draft.row, draft.id);
    }

    /// Adds an event that is a text already.
    pub fn push_text(&mut self, text: &str, row: &str, event_id: Uuid) {
        let defaults = Defaults { received_at: Timestamp::EPOCH, event_id };
        match parse_event(text, "", defaults) {
            Ok(input) => {
                self.fold(input.event);
                self.events.push(text.to_owned());
            }
            Err(faults) => {
                let reasons: Vec<String> = faults
                    .iter()
                    .map(|fault| format!("{} {}", fault.pointer, fault.detail).trim().to_owned())
                    .collect();
                self.fault(row, reasons.join("; "));
            }
        }
    }

    pub fn fault(&mut self, row: impl Into<String>, reason: impl Into<String>) {
        self.faults.push(RowFault { row: row.into(), reason: reason.into() });
    }

    fn fold(&mut self, mut event: Event) {
        event.seq = self.state.head.head_seq + 1;
        self.state.apply(&event);
    }

    /// What no event can hold goes beside it: documents into files of the run, the end of a message away with a sign of it.
    fn shorten(&mut self, draft: &mut Draft) {
        if let Some(message) = draft.message.take_if(|message| message.len() > MESSAGE_MAX_BYTES) {
            let name = format!("imported/{}-message.txt", draft.id);
            draft.message =
                Some(format!("{}… (all of it: {name})", first_bytes(&message, MESSAGE_MAX_BYTES / 2)));
            self.documents.push(Document { name, bytes: message.into_bytes() });
        }
        let id = draft.id;
        for (name, value) in [
            ("data", &mut draft.data),
            ("output", &mut draft.output_summary),
            ("error", &mut draft.error),
            ("metadata", &mut draft.metadata),
        ] {
            self.move_out(id, name, value);
        }
    }

    /// Of an object the large members alone, so that what the fold reads stays where it is.
    fn move_out(&mut self, id: Uuid, name: &str, value: &mut Value) {
        if value.to_string().len() <= DOCUMENT_MAX_BYTES {
            return;
        }
        if let Value::Object(members) = value {
            for (key, member) in members.iter_mut() {
                if member.to_string().len() > DOCUMENT_MAX_BYTES / 4 {
                    *member = self.moved(
                        format!("imported/{id}-{name}-{}.json", plain(key)),
                        member,
                        key == "message",
                    );
                }
            }
        }
        if value.to_string().len() > DOCUMENT_MAX_BYTES {
            *value = self.moved(format!("imported/{id}-{name}.json"), value, false);
        }
    }

    /// What stands in the place of `value`: a reference, or the beginning of a text that must stay one.
    fn moved(&mut self, name: String, value: &Value, stays_text: bool) -> Value {
        let bytes = match value {
            Value::String(text) => text.clone().into_bytes(),
            other => other.to_string().into_bytes(),
        };
        let kept = match value {
            Value::String(text) if stays_text => {
                format!("{}… (all of it: {name})", first_bytes(text, MESSAGE_MAX_BYTES / 2)).into()
            }
            _ => json!({ "importedAs": name, "bytes": bytes.len() }),
        };
        self.documents.push(Document { name, bytes });
        kept
    }

    /// Ends the run as its source says: `word` in any of Temporal's spellings, `None` where it does not know; then the trace is
    /// judged (contract, "Statuses"). `closed_at` is when, where that is known.
    pub fn end(&mut self, word: Option<&str>, row: &str, closed_at: Option<Timestamp>) {
        let answer = word.map_or(TemporalAnswer::NotFound, TemporalAnswer::Status);
        let status = normalise(answer, &self.state);
        let Some(kind) = end_of(status) else { return };
        if self.state.status().is_terminal() {
            return;
        }
        let at = closed_at.or(self.state.head.updated_at).unwrap_or(Timestamp::EPOCH);
        let mut draft = Draft::new(self.run_id.as_str(), row, kind, at);
        if kind == EventType::RunFailed {
            draft.error = self.reason();
        }
        self.push(draft);
    }

    /// What the first node that failed says.
    fn reason(&self) -> Value {
        let failed =
            self.state.nodes.iter().find(|(_, node)| node.status == crate::facts::status::NodeStatus::Failed);
        match failed {
            Some((node_ref, _)) => json!({ "message": format!("the node {node_ref} failed") }),
            None => json!({ "message": "ended before all of its nodes did" }),
        }
    }
}

/// The event that gives a run this status; `None` while it goes on.
fn end_of(status: RunStatus) -> Option<EventType> {
    match status {
        RunStatus::Completed => Some(EventType::RunCompleted),
        RunStatus::Failed => Some(EventType::RunFailed),
        RunStatus::Cancelled => Some(EventType::RunCancelled),
        RunStatus::Terminated => Some(EventType::RunTerminated),
        RunStatus::TimedOut => Some(EventType::RunTimedOut),
        RunStatus::Stale => Some(EventType::RunStale),
        RunStatus::Queued | RunStatus::Running | RunStatus::AwaitingInput => None,
    }
}

fn first_bytes(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// A key as a part of a name.
fn plain(key: &str) -> String {
    key.chars().take(40).map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u8) -> Timestamp {
        format!("2025-01-02T03:04:{second:02}Z").parse().unwrap()
    }

    fn run() -> PastRun {
        PastRun::new("r".parse().unwrap())
    }

    fn node(kind: EventType, row: &str, second: u8) -> Draft {
        Draft::new("r", row, kind, at(second)).of_node("a", 1)
    }

    #[test]
    fn a_row_that_does_not_fit_is_named_and_the_rest_goes_on() {
        let mut run = run();
        run.push(node(EventType::NodeStarted, "t 1", 1));
        run.push(Draft::new("r", "t 2", EventType::NodeStarted, at(2)));
        assert_eq!(run.events.len(), 1);
        assert_eq!(run.faults[0].to_string(), "t 2: /nodeRef is missing: this type of event is about a node");
    }

    #[test]
    fn what_the_source_does_not_know_is_judged_by_the_trace() {
        let judged = |kinds: &[EventType]| {
            let mut run = run();
            run.push(Draft::new("r", "q", EventType::RunQueued, at(0)));
            for kind in kinds {
                run.push(node(*kind, "t", 1));
            }
            run.end(None, "end", None);
            run.state.status()
        };
        assert_eq!(judged(&[]), RunStatus::Stale);
        assert_eq!(judged(&[EventType::NodeStarted, EventType::NodeFailed]), RunStatus::Failed);
        assert_eq!(judged(&[EventType::NodeStarted, EventType::NodeCompleted]), RunStatus::Completed);
        assert_eq!(judged(&[EventType::NodeStarted]), RunStatus::Failed);
    }

    #[test]
    fn large_documents_leave_their_event_and_nothing_is_lost() {
        let mut run = run();
        let mut draft = Draft::new("r", "q", EventType::RunQueued, at(0));
        draft.data = json!({ "workflow": "w", "inputs": { "text": "ä".repeat(100_000) } });
        draft.message = Some("m".repeat(20_000));
        run.push(draft);
        assert!(run.faults.is_empty(), "{:?}", run.faults);
        assert_eq!(run.state.head.workflow.as_deref(), Some("w"));
        assert_eq!(run.documents.len(), 2);
        assert!(run.documents.iter().any(|document| document.bytes.len() > 200_000));
        assert!(run.documents.iter().any(|document| document.bytes.len() == 20_000));
    }
}
