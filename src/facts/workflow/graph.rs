//! From names to indexes: duplicate ids, unknown needs and cycles are found here, and who comes before whom.

use std::collections::HashMap;
use std::sync::Arc;

use super::fault::{Fault, did_you_mean, quoted};
use super::model::{Dimension, DimensionValues, EDGES_MAX, INSTANCES_MAX, Mentions, Node, Workflow};
use super::names::{self, NodeSight, Sight};
use super::reader::Draft;
use super::reader_node::DraftNode;

/// Nodes of a cycle that a message names; a longer one is cut in the middle.
const CYCLE_SHOWN_MAX: usize = 12;
/// Unknown names that get a "did you mean": the guess looks at every id, so it is not for thousands.
const GUESSES_MAX: usize = 20;

/// Resolves the draft, or says what doesn't fit together.
pub fn resolve(draft: Draft, faults: &mut Vec<Fault>) -> Option<Workflow> {
    let faults_before = faults.len();
    let mut index_of = HashMap::with_capacity(draft.nodes.len());
    for (index, node) in draft.nodes.iter().enumerate() {
        let first = *index_of.entry(node.id.as_str()).or_insert(index);
        if first != index {
            let line = draft.nodes[first].at.line;
            let found = format!("the id {} a second time (first on line {line})", quoted(node.id.as_str()));
            faults.push(Fault::new(node.at, found, "an id that no other node has"));
        }
    }
    check_instances(&draft.nodes, faults);
    let needs = resolve_needs(&draft.nodes, &index_of, faults);
    if faults.len() == faults_before {
        faults.extend(cycles(&needs).iter().map(|cycle| described(cycle, &draft.nodes)));
    }
    let ancestors = (faults.len() == faults_before).then(|| Ancestors::of(&needs));
    let mentions = check_names(&draft, &index_of, ancestors.as_ref(), faults);
    if faults.len() > faults_before || draft.nodes.iter().any(|node| node.kind.is_none()) {
        return None;
    }
    let nodes = draft.nodes.into_iter().zip(needs).zip(mentions).filter_map(|((node, needs), mentions)| {
        let DraftNode { id, join, condition, matrix, kind, timeout, retries, is_finally, .. } = node;
        let kind = kind?;
        Some(Arc::new(Node {
            id,
            needs,
            join,
            condition,
            matrix,
            kind,
            timeout,
            retries,
            is_finally,
            mentions,
        }))
    });
    let nodes = nodes.collect();
    let Draft { name, description, inputs, timeout, priority, concurrency, .. } = draft;
    Some(Workflow { name, description, inputs, timeout, priority, concurrency, nodes })
}

/// Matrices whose values are in the file must fit into a run; those of others are counted when it starts.
fn check_instances(nodes: &[DraftNode], faults: &mut Vec<Fault>) {
    let known = |dimension: &Dimension| match &dimension.values {
        DimensionValues::Known(values) => Some(values.len()),
        DimensionValues::Template(_) => None,
    };
    let mut made = 0usize;
    for node in nodes.iter().filter(|node| !node.matrix.is_empty()) {
        let Some(lengths) = node.matrix.iter().map(known).collect::<Option<Vec<_>>>() else { continue };
        made = made.saturating_add(lengths.into_iter().fold(1, usize::saturating_mul));
        if made > INSTANCES_MAX {
            let found = format!("{made} instances of nodes with a matrix");
            faults.push(Fault::new(node.at, found, "at most 1,000 in a run"));
            return;
        }
    }
}

/// Checks the names in all expressions, and gives the nodes that each node reads.
fn check_names(
    draft: &Draft,
    index_of: &HashMap<&str, usize>,
    ancestors: Option<&Ancestors>,
    faults: &mut Vec<Fault>,
) -> Vec<Mentions> {
    let inputs: Vec<&str> = draft.input_names.iter().map(|name| &**name).collect();
    let has_matrix = |node: usize| !draft.nodes[node].matrix.is_empty();
    let is_finally = |node: usize| draft.nodes[node].is_finally;
    let mut all = Vec::with_capacity(draft.nodes.len());
    for (index, node) in draft.nodes.iter().enumerate() {
        let mut mentions = Mentions::default();
        let nodes =
            NodeSight { node: index, index_of, has_matrix: &has_matrix, ancestors, is_finally: &is_finally };
        let matrix = node.matrix.iter().map(|dimension| &*dimension.name).collect();
        let sight = Sight { inputs: &inputs, matrix, nodes: Some(nodes), is_finally: node.is_finally };
        for expression in node.expressions() {
            names::check(expression, &sight, &mut mentions, faults);
        }
        let before_all = Sight { inputs: &inputs, matrix: Vec::new(), nodes: None, is_finally: false };
        for expression in node.matrix_expressions() {
            names::check(expression, &before_all, &mut Mentions::default(), faults);
        }
        all.push(mentions);
    }
    all
}

fn resolve_needs(
    nodes: &[DraftNode],
    index_of: &HashMap<&str, usize>,
    faults: &mut Vec<Fault>,
) -> Vec<Vec<usize>> {
    let (mut edges, mut guesses) = (0, 0);
    let mut needs = Vec::with_capacity(nodes.len());
    for node in nodes {
        let mut indexes = Vec::with_capacity(node.needs.len());
        edges += node.needs.len();
        if edges > EDGES_MAX {
            faults.push(Fault {
                at: node.at,
                found: "more than 200,000 needs in all".to_owned(),
                expected: "a smaller graph (a node between two large groups needs one line for each)"
                    .to_owned(),
            });
            return Vec::new();
        }
        for (at, name) in &node.needs {
            if let Some(index) = index_of.get(&**name) {
                let other = &nodes[*index];
                if other.is_finally != node.is_finally {
                    let (found, expected) = if node.is_finally {
                        (
                            "which is not in `finally`",
                            "a node of `finally`: all others are over by then anyway",
                        )
                    } else {
                        ("which is in `finally`", "a node that runs before `finally`")
                    };
                    faults.push(Fault::new(*at, format!("{}, {found}", quoted(name)), expected));
                }
                indexes.push(*index);
                continue;
            }
            guesses += 1;
            let hint = if guesses <= GUESSES_MAX {
                did_you_mean(name, index_of.keys().copied())
            } else {
                String::new()
            };
            faults.push(Fault {
                at: *at,
                found: format!("{}, which is no node{hint}", quoted(name)),
                expected: "the id of a node of this workflow".to_owned(),
            });
        }
        indexes.sort_unstable();
        indexes.dedup();
        needs.push(indexes);
    }
    needs
}

/// One cycle for each group of nodes that can never start, as indexes; each node needs the next, the last the first.
fn cycles(needs: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut stuck = startable(needs).into_iter().map(|startable| !startable).collect::<Vec<_>>();
    let mut found = Vec::new();
    for start in 0..needs.len() {
        let mut path = Vec::new();
        let mut place_in_path = HashMap::new();
        let mut current = start;
        // Every stuck node needs another stuck one, so the walk meets itself, or what an earlier walk has explained.
        while stuck[current] {
            if let Some(place) = place_in_path.insert(current, path.len()) {
                found.push(path.split_off(place));
                break;
            }
            path.push(current);
            match needs[current].iter().find(|need| stuck[**need]) {
                Some(next) => current = *next,
                None => break,
            }
        }
        for explained in place_in_path.into_keys() {
            stuck[explained] = false;
        }
    }
    found
}

/// Which nodes get their turn when everything succeeds.
fn startable(needs: &[Vec<usize>]) -> Vec<bool> {
    let mut reached = vec![false; needs.len()];
    for node in order(needs) {
        reached[node] = true;
    }
    reached
}

/// The nodes that get their turn when everything succeeds, each after what it needs (Kahn's algorithm).
fn order(needs: &[Vec<usize>]) -> Vec<usize> {
    let mut missing: Vec<usize> = needs.iter().map(Vec::len).collect();
    let mut dependents = vec![Vec::new(); needs.len()];
    for (node, needs) in needs.iter().enumerate() {
        for need in needs {
            dependents[*need].push(node);
        }
    }
    let mut order = Vec::with_capacity(needs.len());
    let mut queue: Vec<usize> = (0..needs.len()).filter(|node| missing[*node] == 0).collect();
    while let Some(node) = queue.pop() {
        order.push(node);
        for dependent in &dependents[node] {
            missing[*dependent] -= 1;
            if missing[*dependent] == 0 {
                queue.push(*dependent);
            }
        }
    }
    order
}

/// Who is over before whom: for each node a set of bits. With 10,000 nodes that is 12 MB for the time of the check.
pub struct Ancestors {
    words: usize,
    bits: Vec<u64>,
}

impl Ancestors {
    /// Of a graph without cycles.
    fn of(needs: &[Vec<usize>]) -> Self {
        let words = needs.len().div_ceil(64);
        let mut bits = vec![0u64; words * needs.len()];
        for node in order(needs) {
            for need in &needs[node] {
                for word in 0..words {
                    bits[node * words + word] |= bits[need * words + word];
                }
                bits[node * words + need / 64] |= 1 << (need % 64);
            }
        }
        Self { words, bits }
    }

    /// Whether `node` needs `other`, directly or not.
    #[must_use]
    pub fn has(&self, node: usize, other: usize) -> bool {
        self.bits.get(node * self.words + other / 64).is_some_and(|word| word & (1 << (other % 64)) != 0)
    }
}

fn described(cycle: &[usize], nodes: &[DraftNode]) -> Fault {
    let mut names: Vec<String> = cycle.iter().map(|node| quoted(nodes[*node].id.as_str())).collect();
    if names.len() > CYCLE_SHOWN_MAX {
        let left_out = names.len() - CYCLE_SHOWN_MAX;
        names.splice(CYCLE_SHOWN_MAX / 2..CYCLE_SHOWN_MAX / 2 + left_out, [format!("… {left_out} more …")]);
    }
    names.extend(cycle.first().map(|node| quoted(nodes[*node].id.as_str())));
    let first = cycle.first().map_or(0, |node| *node);
    let next = nodes[cycle.get(1).copied().unwrap_or(first)].id.as_str();
    let guilty = nodes[first].needs.iter().find(|(_, need)| **need == *next);
    let at = guilty.map_or(nodes[first].at, |(at, _)| *at);
    Fault {
        at,
        found: format!("a cycle: {}", names.join(" needs ")),
        expected: "needs that lead to a node without any".to_owned(),
    }
}
