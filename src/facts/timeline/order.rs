//! The order of a run's nodes that is the same in every run of the workflow.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::id::NodeRef;
use crate::facts::run::Run;

/// With declared needs, each node after those that it needs, and by name among those that may come next. Without any, the
/// order in which they were declared or first seen.
pub(super) fn ordered(run: &Run) -> Vec<NodeRef> {
    if run.nodes.values().all(|node| node.needs.is_empty()) {
        return run.nodes.keys().cloned().collect();
    }
    let mut waits: BTreeMap<&NodeRef, usize> = BTreeMap::new();
    let mut needed_by: BTreeMap<&NodeRef, Vec<&NodeRef>> = BTreeMap::new();
    for (name, node) in &run.nodes {
        let needs: BTreeSet<&NodeRef> =
            node.needs.iter().filter(|need| run.nodes.contains_key(*need)).collect();
        waits.insert(name, needs.len());
        for need in needs {
            needed_by.entry(need).or_default().push(name);
        }
    }
    let mut ready: BTreeSet<&NodeRef> =
        waits.iter().filter(|(_, needs)| **needs == 0).map(|(name, _)| *name).collect();
    let mut order = Vec::with_capacity(run.nodes.len());
    while let Some(name) = ready.pop_first() {
        order.push(name.clone());
        for next in needed_by.get(name).into_iter().flatten() {
            if let Some(left) = waits.get_mut(next) {
                *left -= 1;
                if *left == 0 {
                    ready.insert(next);
                }
            }
        }
    }
    // Needs in a circle, which no workflow has and an outside client may declare: those come last, by name.
    let placed: BTreeSet<NodeRef> = order.iter().cloned().collect();
    let circle: BTreeSet<&NodeRef> = run.nodes.keys().filter(|name| !placed.contains(*name)).collect();
    order.extend(circle.into_iter().cloned());
    order
}
