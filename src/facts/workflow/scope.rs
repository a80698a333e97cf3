//! The names that an expression can see, with their values.

use serde_json::{Map, Value, json};

use crate::facts::status::{NodeStatus, RunStatus};

use super::model::Node;
use super::names::Path;
use super::plan::Plan;

/// `inputs`, `nodes`, `matrix`, `run` and `workflow` at the time a node has its turn.
#[derive(Debug, Clone)]
pub struct Scope(minijinja::Value);

impl Scope {
    /// A scope with the fields of `names`.
    #[must_use]
    pub fn of(names: &Value) -> Self {
        Self(minijinja::Value::from(minijinja::value::Serde(names)))
    }

    pub(super) fn root(&self) -> minijinja::Value {
        self.0.clone()
    }

    /// The first part of `path` that there is not, written as in an expression.
    pub(super) fn first_undefined(&self, path: &Path) -> Option<String> {
        let mut value = self.0.clone();
        for (depth, name) in path.names.iter().enumerate() {
            value = value.get_attr(name).ok().filter(|value| !value.is_undefined()).unwrap_or_default();
            if value.is_undefined() {
                return Some(path.names[..=depth].join("."));
            }
        }
        None
    }
}

/// What is known of the run while it goes on.
#[derive(Debug, Clone, Copy)]
pub struct RunSoFar<'a> {
    pub run_id: &'a str,
    /// As [`Workflow::check_inputs`](super::Workflow::check_inputs) gave them.
    pub inputs: &'a Map<String, Value>,
    /// How the run would end now; nodes of `finally` see it.
    pub status: RunStatus,
}

/// What is known of a node.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeResult {
    pub status: NodeStatus,
    /// Null for a node without one.
    pub output: Value,
}

impl Plan {
    /// What the expressions of `node` see. `result` is asked for the nodes that they read, by their index.
    #[must_use]
    pub fn scope(&self, node: usize, run: RunSoFar<'_>, result: impl Fn(usize) -> NodeResult) -> Scope {
        let Some(node) = self.nodes.get(node) else { return Scope::of(&Value::Null) };
        let mut nodes = Map::new();
        for spec in self.read_by(&node.spec) {
            self.describe(spec, &result, &mut nodes);
        }
        let matrix: Map<_, _> =
            node.matrix.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        let mut of_run = json!({ "id": run.run_id });
        if let Some(fields) = of_run.as_object_mut().filter(|_| node.is_finally()) {
            fields.insert("status".to_owned(), json!(run.status));
        }
        Scope::of(&json!({
            "inputs": run.inputs,
            "nodes": nodes,
            "matrix": matrix,
            "run": of_run,
            "workflow": { "name": self.name },
        }))
    }

    /// The nodes of the file that the templates of `spec` may read.
    fn read_by(&self, spec: &Node) -> Vec<usize> {
        if !spec.mentions.any {
            return spec.mentions.nodes.clone();
        }
        let mut seen = vec![false; self.specs.len()];
        let mut next = spec.needs.clone();
        if spec.is_finally {
            next.extend((0..self.specs.len()).filter(|index| !self.specs[*index].is_finally));
        }
        while let Some(index) = next.pop() {
            if !std::mem::replace(&mut seen[index], true) {
                next.extend(&self.specs[index].needs);
            }
        }
        (0..seen.len()).filter(|index| seen[*index]).collect()
    }

    /// A node with a matrix is there as a whole, its outputs in a list, and with each of its instances.
    fn describe(&self, spec: usize, result: &impl Fn(usize) -> NodeResult, nodes: &mut Map<String, Value>) {
        let entry = |result: &NodeResult| json!({ "output": result.output, "status": result.status });
        let instances = self.instances[spec].clone();
        let results: Vec<NodeResult> = instances.clone().map(result).collect();
        for (index, result) in instances.zip(&results) {
            nodes.insert(self.nodes[index].id.to_string(), entry(result));
        }
        if !self.specs[spec].matrix.is_empty() {
            let outputs = results.iter().map(|result| result.output.clone()).collect();
            let whole = NodeResult { status: together(&results), output: Value::Array(outputs) };
            nodes.insert(self.specs[spec].id.to_string(), entry(&whole));
        }
    }
}

/// The status of a node with a matrix: the worst of its instances; completed when it has none.
fn together(results: &[NodeResult]) -> NodeStatus {
    let worst_first = [
        NodeStatus::Running,
        NodeStatus::Retrying,
        NodeStatus::AwaitingInput,
        NodeStatus::Pending,
        NodeStatus::Failed,
        NodeStatus::Cancelled,
        NodeStatus::Skipped,
    ];
    let is_there = |status: &NodeStatus| results.iter().any(|result| result.status == *status);
    worst_first.into_iter().find(is_there).unwrap_or(NodeStatus::Completed)
}
