//! Two timelines side by side: statuses, attempts and durations by node, both critical paths, and the first event that differs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::gather::{Fact, NodeFacts, Timeline};
use super::rules::Rules;
use crate::facts::id::{NodeRef, RunId};
use crate::facts::status::{NodeStatus, RunStatus};

/// Nodes of a path that is told: a chain through the largest workflow.
const PATH_MAX: usize = 10_000;

/// What two runs have of the same thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Sides<T> {
    pub a: T,
    pub b: T,
}

/// The comparison of the runs `a` and `b`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Diff {
    #[schema(value_type = String)]
    pub a: RunId,
    #[schema(value_type = String)]
    pub b: RunId,
    /// Whether both have the same snapshot.
    pub equal: bool,
    pub status: Sides<RunStatus>,
    pub first_difference: Option<FirstDifference>,
    /// Every node of either, in the order of the snapshot.
    pub nodes: Vec<NodeDiff>,
    /// The nodes that decided how long the run took, first to last.
    #[schema(value_type = Object)]
    pub critical_path: Sides<Vec<NodeRef>>,
    #[schema(value_type = Object)]
    pub duration_ms: Sides<Option<u64>>,
}

/// The earliest event of the first run that the second has otherwise, or not at all, or the other way round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FirstDifference {
    /// In run `a`, or in `b` where `a` has nothing there.
    pub seq: u64,
    #[schema(value_type = Object)]
    pub seqs: Sides<Option<u64>>,
    /// Null for an event of the run itself.
    #[schema(value_type = Option<String>)]
    pub node_ref: Option<NodeRef>,
    /// The event, normalised; null where there is none.
    #[schema(value_type = Option<Object>)]
    pub a: Option<Value>,
    #[schema(value_type = Option<Object>)]
    pub b: Option<Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeDiff {
    #[schema(value_type = String)]
    pub node_ref: NodeRef,
    pub a: Option<NodeSide>,
    pub b: Option<NodeSide>,
    /// `presence`, `status`, `attempts`, `events`: what differs. Durations differ always.
    pub changed: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeSide {
    pub status: NodeStatus,
    pub attempts: u32,
    /// From the first attempt's start to the last one's end.
    pub duration_ms: Option<u64>,
}

/// Compares two runs' timelines under the same rules.
#[must_use]
pub fn compare(a: &Timeline, b: &Timeline, rules: &Rules) -> Diff {
    let sides = (Shown::of(a, rules), Shown::of(b, rules));
    let names_of_b: BTreeMap<&NodeRef, &NodeFacts> =
        b.nodes.iter().map(|node| (&node.node_ref, node)).collect();
    let only_b = b.nodes.iter().filter(|node| !a.nodes.iter().any(|other| other.node_ref == node.node_ref));
    let mut firsts = vec![first(&sides.0.of_run, &sides.1.of_run, None)];
    let mut nodes = Vec::new();
    let all = a.nodes.iter().map(|node| &node.node_ref).chain(only_b.map(|node| &node.node_ref));
    let nothing = Vec::new();
    for node_ref in all {
        let facts = |shown: &Shown| shown.of_nodes.get(node_ref).cloned();
        let (facts_a, facts_b) = (facts(&sides.0), facts(&sides.1));
        let difference =
            first(facts_a.as_ref().unwrap_or(&nothing), facts_b.as_ref().unwrap_or(&nothing), Some(node_ref));
        let side_a = a.nodes.iter().find(|node| node.node_ref == *node_ref).and_then(|node| side(a, node));
        let side_b = names_of_b.get(node_ref).and_then(|node| side(b, node));
        let mut changed: Vec<&str> = Vec::new();
        match (&side_a, &side_b) {
            (Some(a), Some(b)) => {
                changed.extend((a.status != b.status).then_some("status"));
                changed.extend((a.attempts != b.attempts).then_some("attempts"));
            }
            (None, None) => {}
            _ => changed.push("presence"),
        }
        changed.extend(difference.is_some().then_some("events"));
        firsts.push(difference);
        let changed = changed.into_iter().map(str::to_owned).collect();
        nodes.push(NodeDiff { node_ref: node_ref.clone(), a: side_a, b: side_b, changed });
    }
    let first_difference = firsts.into_iter().flatten().min_by_key(|difference| difference.seq);
    let equal = super::snapshot(a, rules, false) == super::snapshot(b, rules, false);
    Diff {
        a: a.run_id.clone(),
        b: b.run_id.clone(),
        equal,
        status: Sides { a: a.run.status(), b: b.run.status() },
        first_difference,
        nodes,
        critical_path: Sides { a: critical_path(a), b: critical_path(b) },
        duration_ms: Sides { a: duration(a), b: duration(b) },
    }
}

/// Facts as they are compared.
struct Shown {
    of_run: Vec<(u64, Value)>,
    of_nodes: BTreeMap<NodeRef, Vec<(u64, Value)>>,
}

impl Shown {
    fn of(timeline: &Timeline, rules: &Rules) -> Self {
        // Each at a place that it could have in a snapshot, so that the same rules find it.
        let masked = |in_node: bool, facts: &[Fact]| -> Vec<(u64, Value)> {
            let one = |fact: &Fact| {
                let events = json!([fact.value.clone()]);
                let (mut document, pointer) = match in_node {
                    true => (json!({"nodes": [{"events": events}]}), "/nodes/0/events/0"),
                    false => (json!({"events": events}), "/events/0"),
                };
                rules.apply(timeline.run_id.as_str(), &mut document);
                document.pointer_mut(pointer).map(|value| (fact.seq, value.take()))
            };
            facts.iter().filter_map(one).collect()
        };
        let of_nodes = timeline.nodes.iter().map(|node| (node.node_ref.clone(), masked(true, &node.facts)));
        Self { of_run: masked(false, &timeline.of_run), of_nodes: of_nodes.collect() }
    }
}

fn first(a: &[(u64, Value)], b: &[(u64, Value)], node_ref: Option<&NodeRef>) -> Option<FirstDifference> {
    let place = (0..a.len().max(b.len()))
        .find(|place| a.get(*place).map(|(_, value)| value) != b.get(*place).map(|(_, value)| value))?;
    let (at_a, at_b) = (a.get(place), b.get(place));
    let seq = at_a.or(at_b).map_or(0, |(seq, _)| *seq);
    Some(FirstDifference {
        seq,
        seqs: Sides { a: at_a.map(|(seq, _)| *seq), b: at_b.map(|(seq, _)| *seq) },
        node_ref: node_ref.cloned(),
        a: at_a.map(|(_, value)| value.clone()),
        b: at_b.map(|(_, value)| value.clone()),
    })
}

fn side(timeline: &Timeline, node: &NodeFacts) -> Option<NodeSide> {
    let state = timeline.run.nodes.get(&node.node_ref)?;
    let from = node.spans.iter().filter_map(|(_, span)| span.from).min();
    let to = node.spans.iter().filter_map(|(_, span)| span.to).max();
    let duration_ms = from.zip(to).map(|(from, to)| to.micros_since(from) / 1_000);
    Some(NodeSide { status: state.status, attempts: state.attempt, duration_ms })
}

fn duration(timeline: &Timeline) -> Option<u64> {
    let head = &timeline.run.head;
    Some(head.completed_at?.micros_since(head.started_at?) / 1_000)
}

/// From the node that ended last back to what it waited for last: the need that ended last or, without declared needs, the
/// node that ended last before it began.
fn critical_path(timeline: &Timeline) -> Vec<NodeRef> {
    let nodes = &timeline.run.nodes;
    let has_needs = nodes.values().any(|node| !node.needs.is_empty());
    let ended = |name: &NodeRef| nodes.get(name).and_then(|node| node.completed_at);
    let began = |name: &NodeRef| {
        timeline
            .nodes
            .iter()
            .find(|node| node.node_ref == *name)
            .and_then(|node| node.spans.iter().filter_map(|(_, span)| span.from).min())
    };
    let mut path: Vec<NodeRef> = Vec::new();
    let mut next = nodes.keys().filter(|name| began(name).is_some()).max_by_key(|name| (ended(name), *name));
    while let Some(name) = next {
        if path.len() >= PATH_MAX || path.contains(name) {
            break;
        }
        path.push(name.clone());
        next = match (nodes.get(name), has_needs) {
            (Some(node), true) => {
                let needs = node.needs.iter().filter(|need| ended(need).is_some());
                needs.max_by_key(|need| (ended(need), *need))
            }
            (Some(_), false) => {
                let start = began(name);
                let before = nodes.keys().filter(|other| *other != name && ended(other).is_some());
                before.filter(|other| ended(other) <= start).max_by_key(|other| (ended(other), *other))
            }
            (None, _) => None,
        };
    }
    path.reverse();
    path
}
