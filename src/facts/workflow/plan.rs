//! The nodes of one run: matrices expanded with the run's inputs, `needs` as indexes of instances.
//!
//! Owns the names of instances (`scan[linux,1]`) and their order. What the nodes do next is [`super::schedule`]'s part.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::facts::id::NodeRef;

use super::fault::quoted;
use super::model::{Dimension, DimensionValues, EDGES_MAX, INSTANCES_MAX, Kind, Node, Workflow};
use super::scope::Scope;
use super::template::text_of;

/// The dimensions of an instance with their values.
pub type MatrixValues = Vec<(Arc<str>, Value)>;

/// What a run consists of.
#[derive(Debug, Clone)]
pub struct Plan {
    pub name: Arc<str>,
    /// Of the whole run.
    pub timeout: Option<Duration>,
    /// In the order of the file, the instances of a matrix side by side, those of `finally` last.
    pub nodes: Vec<PlanNode>,
    /// The nodes of the file.
    pub(super) specs: Vec<Arc<Node>>,
    /// The indexes of each node's instances; one for a node without a matrix.
    pub(super) instances: Vec<Range<usize>>,
}

/// One node of the run.
#[derive(Debug, Clone)]
pub struct PlanNode {
    pub id: NodeRef,
    pub spec: Arc<Node>,
    /// Indexes into [`Plan::nodes`], each once.
    pub needs: Vec<usize>,
    /// The values of this instance, in the order of the dimensions; empty without a matrix.
    pub matrix: MatrixValues,
}

/// Why the inputs of a run make no plan of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the matrix of {node} can't be expanded: {reason}")]
pub struct PlanFault {
    /// Between backquotes.
    pub node: String,
    pub reason: String,
}

impl PlanNode {
    #[must_use]
    pub fn is_finally(&self) -> bool {
        self.spec.is_finally
    }

    /// Whether it takes one of the places for nodes that work at the same time; a question to a person and another
    /// run only wait.
    #[must_use]
    pub fn takes_a_place(&self) -> bool {
        matches!(self.spec.kind, Kind::Command(_))
    }
}

impl Plan {
    /// Whether a node asks for a container.
    #[must_use]
    pub fn has_images(&self) -> bool {
        self.nodes.iter().any(|node| node.spec.image().is_some())
    }

    /// Where each node stands, by its name.
    #[must_use]
    pub fn indexes(&self) -> HashMap<&str, usize> {
        self.nodes.iter().enumerate().map(|(index, node)| (node.id.as_str(), index)).collect()
    }
}

impl Workflow {
    /// The nodes of a run with these inputs, which [`Workflow::check_inputs`] has let through.
    pub fn plan(&self, inputs: &Map<String, Value>) -> Result<Plan, PlanFault> {
        let scope = Scope::of(&json!({ "inputs": inputs, "workflow": { "name": self.name } }));
        let mut nodes = Vec::with_capacity(self.nodes.len());
        let mut instances: Vec<Range<usize>> = Vec::with_capacity(self.nodes.len());
        let (mut made, mut edges) = (0, 0);
        for spec in &self.nodes {
            let first = nodes.len();
            for matrix in combinations(spec, &scope, INSTANCES_MAX - made)? {
                let id = if matrix.is_empty() { spec.id.clone() } else { instance_id(spec, &matrix)? };
                nodes.push(PlanNode { id, spec: Arc::clone(spec), needs: Vec::new(), matrix });
            }
            if !spec.matrix.is_empty() {
                made += nodes.len() - first;
            }
            instances.push(first..nodes.len());
        }
        for node in &mut nodes {
            let needs = node.spec.needs.iter().flat_map(|need| instances[*need].clone());
            node.needs = needs.take(EDGES_MAX + 1).collect();
            edges += node.needs.len();
            if edges > EDGES_MAX {
                let reason = "its instances make more than 200,000 needs in all".to_owned();
                return Err(fault(&node.spec, reason));
            }
        }
        let mut seen = HashSet::with_capacity(nodes.len());
        if let Some(twin) = nodes.iter().find(|node| !seen.insert(node.id.as_str())) {
            let reason = format!("two nodes would have the name {}", quoted(twin.id.as_str()));
            return Err(fault(&twin.spec, reason));
        }
        let (name, timeout) = (Arc::clone(&self.name), self.timeout);
        Ok(Plan { name, timeout, nodes, specs: self.nodes.clone(), instances })
    }
}

fn fault(spec: &Node, reason: String) -> PlanFault {
    PlanFault { node: quoted(spec.id.as_str()), reason }
}

/// The combinations of a node's dimensions, the last one changing fastest; a single empty one without a matrix.
fn combinations(spec: &Node, scope: &Scope, at_most: usize) -> Result<Vec<MatrixValues>, PlanFault> {
    let mut rows: Vec<MatrixValues> = vec![Vec::new()];
    for dimension in &spec.matrix {
        let values = values(spec, dimension, scope)?;
        if rows.len().saturating_mul(values.len()) > at_most {
            return Err(fault(spec, "a run may have at most 1,000 instances in all".to_owned()));
        }
        let with = |row: &MatrixValues, value: &Value| {
            let mut row = row.clone();
            row.push((Arc::clone(&dimension.name), value.clone()));
            row
        };
        rows = rows.iter().flat_map(|row| values.iter().map(move |value| with(row, value))).collect();
    }
    Ok(rows)
}

fn values(spec: &Node, dimension: &Dimension, scope: &Scope) -> Result<Vec<Value>, PlanFault> {
    let template = match &dimension.values {
        DimensionValues::Known(values) => return Ok(values.clone()),
        DimensionValues::Template(template) => template,
    };
    let name = quoted(&dimension.name);
    let value = template.value(scope).map_err(|error| fault(spec, format!("{name}: {error}")))?;
    let Value::Array(values) = value else {
        return Err(fault(spec, format!("{name} is no list")));
    };
    let mut seen = HashSet::with_capacity(values.len());
    for value in &values {
        let text = match value {
            Value::String(_) | Value::Number(_) | Value::Bool(_) => text_of(value),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                return Err(fault(spec, format!("{name} holds a value that is no text, number or boolean")));
            }
        };
        if text.chars().any(char::is_control) {
            return Err(fault(spec, format!("{name} holds a text with control characters")));
        }
        if !seen.insert(text.clone()) {
            return Err(fault(spec, format!("{name} holds {} a second time", quoted(&text))));
        }
    }
    Ok(values)
}

/// `scan[linux,1]`
fn instance_id(spec: &Node, matrix: &[(Arc<str>, Value)]) -> Result<NodeRef, PlanFault> {
    let values: Vec<String> = matrix.iter().map(|(_, value)| text_of(value)).collect();
    let id = format!("{}[{}]", spec.id, values.join(","));
    id.parse().map_err(|_| fault(spec, format!("the name {} has more than 256 bytes", quoted(&id))))
}
