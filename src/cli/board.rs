//! What a watcher knows of a run: the fold of its events, and the last line each node printed. Pure.

use std::collections::HashMap;

use crate::client::{self, LogLine};
use crate::facts::event::{Event, EventType, Level};
use crate::facts::id::{EventId, NodeRef, RunId};
use crate::facts::run::Run;
use crate::facts::time::Timestamp;

use super::sanitize::{Colours, sanitize};

/// The state that is drawn.
#[derive(Debug)]
pub(crate) struct Board {
    pub run_id: RunId,
    pub run: Run,
    /// Sanitized, by node.
    pub last_lines: HashMap<String, String>,
    pub log_lines: u64,
    /// Why there is no connection at the moment.
    pub away: Option<String>,
}

impl Board {
    pub(crate) fn new(run_id: RunId) -> Self {
        Self { run_id, run: Run::default(), last_lines: HashMap::new(), log_lines: 0, away: None }
    }

    /// Forgets everything, for a run that starts anew after a reset.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.run_id.clone());
    }

    pub(crate) fn apply(&mut self, event: &client::Event) {
        self.run.apply(&for_fold(event));
    }

    pub(crate) fn note_line(&mut self, line: &LogLine) {
        self.log_lines = line.log_seq;
        let text = sanitize(&line.text, Colours::Drop);
        if !text.trim().is_empty() {
            self.last_lines.insert(line.node_ref.clone(), text.replace('\t', " ").trim().to_owned());
        }
    }

    /// The nodes with their depth: each after those it needs, and otherwise as they were declared.
    pub(crate) fn in_needs_order(&self) -> Vec<(&NodeRef, usize)> {
        let nodes = &self.run.nodes;
        let mut depth: HashMap<&NodeRef, usize> = HashMap::with_capacity(nodes.len());
        // Each pass settles at least one node, unless only cycles or unknown needs are left.
        for _ in 0..nodes.len() {
            let before = depth.len();
            for (name, node) in nodes {
                if depth.contains_key(name) {
                    continue;
                }
                let known = node.needs.iter().filter(|needed| nodes.contains_key(*needed));
                let needed: Option<Vec<usize>> = known.map(|needed| depth.get(needed).copied()).collect();
                if let Some(needed) = needed {
                    depth.insert(name, needed.into_iter().max().map_or(0, |deepest| deepest + 1));
                }
            }
            if depth.len() == nodes.len() || depth.len() == before {
                break;
            }
        }
        let mut order: Vec<(&NodeRef, usize)> =
            nodes.keys().map(|name| (name, depth.get(name).copied().unwrap_or(0))).collect();
        // Stable, so that the order of declaration decides inside a depth.
        order.sort_by_key(|(_, depth)| *depth);
        order
    }
}

/// The event as the fold reads it. A type that this version doesn't know changes nothing, like a note.
fn for_fold(event: &client::Event) -> Event {
    let kind = event.kind.parse().unwrap_or(EventType::Note);
    let level: Option<Level> = event.level.as_deref().and_then(|level| level.parse().ok());
    Event {
        seq: event.seq,
        recorded_at: event.recorded_at,
        event_id: EventId(event.event_id),
        kind,
        node_ref: event.node_ref.as_deref().and_then(|name| name.parse().ok()),
        attempt: event.attempt,
        level: level.unwrap_or(kind.default_level()),
        occurred_at: occurred_at(event),
        message: event.message.clone(),
        data: event.data.clone(),
        output_summary: event.output_summary.clone(),
        error: event.error.clone(),
        metadata: event.metadata.clone(),
    }
}

/// When the event happened, as far as is known.
pub(crate) fn occurred_at(event: &client::Event) -> Timestamp {
    event.occurred_at.unwrap_or(event.recorded_at)
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    /// An event in a few words, for tests of everything that draws.
    pub(crate) fn event(seq: u64, kind: &str, node: Option<&str>, more: serde_json::Value) -> client::Event {
        let mut value = json!({
            "id": seq.to_string(), "seq": seq, "runId": "run-1", "type": kind, "nodeRef": node, "attempt": node.map(|_| 1),
            "eventId": "0198c2d4-0000-7000-8000-000000000000", "level": "info",
            "occurredAt": format!("2026-11-22T10:00:{:02}Z", seq % 60), "recordedAt": "2026-11-22T10:00:00.5Z",
        });
        for (key, field) in more.as_object().unwrap() {
            value[key] = field.clone();
        }
        serde_json::from_str(&value.to_string()).unwrap()
    }

    /// A run of four nodes in the middle of its work.
    pub(crate) fn busy_board() -> Board {
        let mut board = Board::new("run-1".parse().unwrap());
        let nodes = json!([
            {"nodeRef": "report", "needs": ["resolve", "probe"]},
            {"nodeRef": "list", "needs": []},
            {"nodeRef": "resolve", "needs": ["list"]},
            {"nodeRef": "probe", "needs": ["list"]},
        ]);
        for event in [
            event(1, "RUN_QUEUED", None, json!({"data": {"workflow": "recon", "nodes": nodes}})),
            event(2, "RUN_STARTED", None, json!({})),
            event(3, "NODE_STARTED", Some("list"), json!({})),
            event(5, "NODE_COMPLETED", Some("list"), json!({})),
            event(6, "NODE_STARTED", Some("resolve"), json!({})),
            event(7, "NODE_PROGRESS", Some("resolve"), json!({"data": {"completed": 250, "total": 1000}})),
            event(8, "NODE_STARTED", Some("probe"), json!({})),
            event(9, "NODE_RETRYING", Some("probe"), json!({"error": {"message": "429"}})),
            event(10, "NODE_STARTED", Some("probe"), json!({"attempt": 2})),
        ] {
            board.apply(&event);
        }
        let line: LogLine = serde_json::from_value(
            json!({"logSeq": 7, "nodeRef": "resolve", "stream": "stdout", "text": "\u{1b}[2Jhost-250\tok"}),
        )
        .unwrap();
        board.note_line(&line);
        board
    }

    #[test]
    fn nodes_come_after_what_they_need() {
        let board = busy_board();
        let order: Vec<(&str, usize)> =
            board.in_needs_order().into_iter().map(|(name, depth)| (name.as_str(), depth)).collect();
        assert_eq!(order, [("list", 0), ("resolve", 1), ("probe", 1), ("report", 2)]);
    }

    #[test]
    fn a_cycle_or_an_unknown_need_does_not_hang_the_order() {
        let mut board = Board::new("run-1".parse().unwrap());
        let nodes = json!([{"nodeRef": "a", "needs": ["b"]}, {"nodeRef": "b", "needs": ["a"]}, {"nodeRef": "c", "needs": ["ghost"]}]);
        board.apply(&event(1, "RUN_QUEUED", None, json!({"data": {"nodes": nodes}})));
        assert_eq!(board.in_needs_order().len(), 3);
    }

    #[test]
    fn an_event_of_tomorrow_changes_nothing() {
        let mut board = busy_board();
        board.apply(&event(11, "NODE_TELEPORTED", Some("probe"), json!({"attempt": 2})));
        assert_eq!(board.run.head.head_seq, 11);
        assert_eq!(board.run.nodes["probe".parse::<NodeRef>().as_ref().unwrap()].attempt, 2);
    }
}
