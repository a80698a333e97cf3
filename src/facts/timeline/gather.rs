//! From events, in seq order, to facts by node and attempt.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::order::ordered;
use super::rules::{ProgressFacts, Rules};
use crate::facts::event::{Event, EventType, Level};
use crate::facts::id::{NodeRef, RunId};
use crate::facts::json::Json;
use crate::facts::run::{Effect, Run};
use crate::facts::time::Timestamp;

/// Facts of one timeline: more than any workflow's run that somebody holds against a file, and what a page can compare.
const FACTS_MAX: usize = 100_000;
/// JSON text of all facts together: bounds the memory of whoever asks.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// The run has more facts than a timeline holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the run has more than {FACTS_MAX} events, or {BYTES_MAX} bytes of them, which is the most that is compared"
)]
pub struct Overfull;

/// Takes a run's events in.
#[derive(Debug)]
pub struct Gatherer {
    run_id: RunId,
    progress: ProgressFacts,
    debug_notes: bool,
    run: Run,
    of_run: Vec<Fact>,
    of_nodes: BTreeMap<NodeRef, Vec<Fact>>,
    attempts: BTreeMap<(NodeRef, u32), Span>,
    facts: usize,
    bytes: usize,
}

/// An event without its place in time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fact {
    pub seq: u64,
    pub kind: EventType,
    pub attempt: u32,
    /// The event's JSON, not masked yet.
    pub value: Value,
}

/// When an attempt began and ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// A run's history by node.
#[derive(Debug)]
pub struct Timeline {
    pub run_id: RunId,
    pub(super) run: Run,
    pub(super) of_run: Vec<Fact>,
    /// In the order of their ids, n1 first.
    pub(super) nodes: Vec<NodeFacts>,
}

#[derive(Debug)]
pub(super) struct NodeFacts {
    pub node_ref: NodeRef,
    pub facts: Vec<Fact>,
    /// By attempt, from 1.
    pub spans: Vec<(u32, Span)>,
}

impl Gatherer {
    #[must_use]
    pub fn new(run_id: RunId, rules: &Rules) -> Self {
        Self {
            run_id,
            progress: rules.progress,
            debug_notes: rules.debug_notes,
            run: Run::default(),
            of_run: Vec::new(),
            of_nodes: BTreeMap::new(),
            attempts: BTreeMap::new(),
            facts: 0,
            bytes: 0,
        }
    }

    /// Takes the next event in. Whether it is late, the fold says.
    pub fn take(&mut self, event: &Event) -> Result<(), Overfull> {
        let late = self.run.apply(event) == Effect::Late;
        // Signs of life come as often as a run is slow.
        let is_passing = event.kind == EventType::Note && event.level == Level::Debug && !self.debug_notes;
        if is_passing {
            return Ok(());
        }
        self.note_span(event, late);
        let mut fact = fact(event, late);
        self.facts += 1;
        self.bytes += weight(event);
        if self.facts > FACTS_MAX || self.bytes > BYTES_MAX {
            return Err(Overfull);
        }
        let facts = match &event.node_ref {
            None => &mut self.of_run,
            Some(node) => self.of_nodes.entry(node.clone()).or_default(),
        };
        // How often a node tells its progress, and how far it was when it failed, may hang on the clock.
        let is_same = |other: &Fact| other.kind == fact.kind && other.attempt == fact.attempt;
        match self.progress {
            _ if fact.kind != EventType::NodeProgress => {}
            ProgressFacts::All => {}
            ProgressFacts::Last if facts.last().is_some_and(is_same) => drop(facts.pop()),
            ProgressFacts::Last => {}
            ProgressFacts::Seen if facts.iter().any(is_same) => return Ok(()),
            ProgressFacts::Seen => {
                if let Some(map) = fact.value.as_object_mut() {
                    map.retain(|key, _| matches!(key.as_str(), "type" | "attempt" | "late"));
                }
            }
        }
        facts.push(fact);
        Ok(())
    }

    fn note_span(&mut self, event: &Event, late: bool) {
        let (Some(node), false) = (&event.node_ref, late) else { return };
        let span = self.attempts.entry((node.clone(), event.attempt.unwrap_or(1))).or_default();
        if matches!(event.kind, EventType::NodeStarted | EventType::NodeAwaitingInput) {
            span.from.get_or_insert(event.occurred_at);
        }
        if event.kind.ends_attempt() {
            span.to = Some(event.occurred_at);
        }
    }

    /// All events are in.
    #[must_use]
    pub fn finish(self) -> Timeline {
        let Self { run_id, progress, run, of_run, mut of_nodes, attempts, .. } = self;
        // A node that only an event of no consequence names is none to the fold, and a fact all the same.
        let unknown: Vec<NodeRef> =
            of_nodes.keys().filter(|node| !run.nodes.contains_key(*node)).cloned().collect();
        let names = ordered(&run).into_iter().chain(unknown);
        let nodes = names.map(|node_ref| {
            let mut facts = of_nodes.remove(&node_ref).unwrap_or_default();
            arrange(&mut facts, progress);
            let spans = attempts
                .range((node_ref.clone(), 0)..=(node_ref.clone(), u32::MAX))
                .filter(|(_, span)| span.from.is_some())
                .map(|((_, attempt), span)| (*attempt, *span))
                .collect();
            NodeFacts { node_ref, facts, spans }
        });
        let nodes = nodes.collect();
        Timeline { run_id, run, of_run, nodes }
    }
}

/// Attempt by attempt; in each its course as it was told, then what comes beside it, whose place among the rest is chance.
fn arrange(facts: &mut [Fact], progress: ProgressFacts) {
    let key = |fact: &Fact| {
        let (aside, name) = match fact.kind {
            EventType::NodeProgress if progress == ProgressFacts::Seen => (1, String::new()),
            EventType::ArtifactRecorded => (2, text_at(&fact.value, "name")),
            EventType::NodeLogClosed => (3, text_at(&fact.value, "stream")),
            _ => (0, String::new()),
        };
        (fact.attempt, aside, name, fact.seq)
    };
    facts.sort_by_cached_key(key);
}

fn text_at(value: &Value, key: &str) -> String {
    value["data"][key].as_str().unwrap_or_default().to_owned()
}

fn fact(event: &Event, late: bool) -> Fact {
    let mut value = Map::new();
    value.insert("type".into(), event.kind.as_str().into());
    let attempt = event.attempt.unwrap_or(1);
    if event.node_ref.is_some() && attempt > 1 {
        value.insert("attempt".into(), attempt.into());
    }
    if event.level != event.kind.default_level() {
        value.insert("level".into(), event.level.as_str().into());
    }
    if late {
        value.insert("late".into(), true.into());
    }
    if let Some(message) = &event.message {
        value.insert("message".into(), message.as_str().into());
    }
    let mut put = |key: &str, json: Option<&Json>| {
        if let Some(read) = json.and_then(|json| json.read::<Value>()).filter(|read| !is_nothing(read)) {
            value.insert(key.into(), read);
        }
    };
    put("data", event.data.as_ref());
    put("outputSummary", event.output_summary.as_ref());
    put("error", event.error.as_ref());
    put("metadata", event.metadata.as_ref());
    // What is declared stands in the nodes themselves.
    if event.kind.is_about_the_run()
        && let Some(data) = value.get_mut("data").and_then(Value::as_object_mut)
    {
        data.remove("nodes");
    }
    Fact { seq: event.seq, kind: event.kind, attempt, value: Value::Object(value) }
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(Map::is_empty)
}

fn weight(event: &Event) -> usize {
    let json = |json: &Option<Json>| json.as_ref().map_or(0, |json| json.get().len());
    // What a fact costs beside its texts.
    const FACT_BYTES: usize = 200;
    FACT_BYTES
        + event.message.as_ref().map_or(0, String::len)
        + json(&event.data)
        + json(&event.output_summary)
        + json(&event.error)
        + json(&event.metadata)
}
