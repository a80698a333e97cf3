//! The snapshot: a timeline as one text that is the same whenever the workflow behaved the same.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::gather::{Fact, NodeFacts, Span, Timeline};
use super::rules::Rules;
use super::text::written;
use crate::facts::id::NodeRef;

/// Names the layout; another one gets another number.
pub const FORMAT: &str = "telltale.timeline/1";

/// The text. `durations`: with a section of milliseconds, which only a tolerance can compare.
#[must_use]
pub fn snapshot(timeline: &Timeline, rules: &Rules, durations: bool) -> String {
    let mut document = document(timeline);
    rules.apply(timeline.run_id.as_str(), &mut document);
    if durations && let Some(map) = document.as_object_mut() {
        map.insert("durations".into(), section(timeline));
    }
    written(&document)
}

/// Everything but durations, not masked yet.
fn document(timeline: &Timeline) -> Value {
    let run = &timeline.run;
    let ids = ids(timeline);
    let mut document = Map::new();
    document.insert("format".into(), FORMAT.into());
    document.insert("workflow".into(), run.head.workflow.clone().into());
    document.insert("status".into(), run.status().as_str().into());
    if let Some(failure) = &run.head.failure {
        let node = failure.node_ref.as_ref().map(NodeRef::as_str);
        document
            .insert("failure".into(), json!({"reason": failure.reason, "code": failure.code, "node": node}));
    }
    document.insert("events".into(), events(&timeline.of_run));
    let nodes = timeline.nodes.iter().map(|node| node_document(timeline, node, &ids));
    document.insert("nodes".into(), nodes.collect());
    Value::Object(document)
}

fn node_document(timeline: &Timeline, node: &NodeFacts, ids: &BTreeMap<&NodeRef, String>) -> Value {
    let mut map = Map::new();
    map.insert("id".into(), ids.get(&node.node_ref).cloned().into());
    map.insert("node".into(), node.node_ref.as_str().into());
    if let Some(state) = timeline.run.nodes.get(&node.node_ref) {
        map.insert("status".into(), state.status.as_str().into());
        map.insert("attempts".into(), state.attempt.into());
        let after: Vec<&str> = timeline
            .nodes
            .iter()
            .filter(|other| state.needs.contains(&other.node_ref))
            .filter_map(|other| ids.get(&other.node_ref).map(String::as_str))
            .collect();
        map.insert("after".into(), after.into());
    }
    map.insert("events".into(), events(&node.facts));
    Value::Object(map)
}

fn events(facts: &[Fact]) -> Value {
    facts.iter().map(|fact| fact.value.clone()).collect()
}

/// n1, n2 … in the order of the timeline.
pub(super) fn ids(timeline: &Timeline) -> BTreeMap<&NodeRef, String> {
    timeline.nodes.iter().zip(1..).map(|(node, number)| (&node.node_ref, format!("n{number}"))).collect()
}

/// Milliseconds of the run, and of each node by attempt.
fn section(timeline: &Timeline) -> Value {
    let head = &timeline.run.head;
    let run = Span { from: head.started_at, to: head.completed_at };
    let mut nodes = Map::new();
    for (node, number) in timeline.nodes.iter().zip(1..) {
        let attempts: Vec<Option<u64>> = node.spans.iter().map(|(_, span)| span.millis()).collect();
        nodes.insert(format!("n{number}"), attempts.into());
    }
    json!({"run": run.millis(), "byNode": nodes})
}

impl Span {
    pub(super) fn millis(self) -> Option<u64> {
        Some(self.to?.micros_since(self.from?) / 1_000)
    }
}
