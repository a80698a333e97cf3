//! Reads what all nodes have in common: id, needs, join, condition, matrix, time and retries.

use std::sync::Arc;
use std::time::Duration;

use crate::facts::id::NodeRef;

use super::expression::{Condition, Expression};
use super::fault::{Fault, Place, quoted};
use super::fields::{Fields, duration, has_controls, is_variable, noted, number, pairs, push, text};
use super::json;
use super::model::{
    BACKOFF_DEFAULT, Command, DIMENSIONS_MAX, Dimension, DimensionValues, INSTANCES_MAX, Join, Kind,
    RETRIES_MAX, Retries,
};
use super::reader_kind;
use super::template::{Template, has_template, text_of};
use super::yaml::{Tree, Value};

/// A node whose needs are names with their places.
pub struct DraftNode {
    pub at: Place,
    pub id: NodeRef,
    pub needs: Vec<(Place, Arc<str>)>,
    pub join: Join,
    pub condition: Option<Condition>,
    pub matrix: Vec<Dimension>,
    /// Missing where it is at fault.
    pub kind: Option<Kind>,
    pub timeout: Option<Duration>,
    pub retries: Retries,
    pub is_finally: bool,
}

const NODE_KEYS: &[&str] = &[
    "id",
    "needs",
    "join",
    "if",
    "matrix",
    "image",
    "run",
    "env",
    "secrets",
    "timeout",
    "retries",
    "tty",
    "resources",
    "artifacts",
    "approval",
    "workflow",
    "with",
];
/// What stands in no node of `finally`, and why.
const NOT_IN_FINALLY: &[(&str, &str)] = &[
    ("approval", "no approval: nobody may be there to answer when a run is cancelled"),
    ("matrix", "no matrix: one node for each thing to tidy up"),
];
const RETRY_KEYS: &[&str] = &["limit", "backoff"];

/// A node of `nodes`.
pub fn node(tree: &Tree, faults: &mut Vec<Fault>) -> Option<DraftNode> {
    let fields = Fields::read(tree, "a node", NODE_KEYS, faults)?;
    read(&fields, faults)
}

/// A node of `finally`.
pub fn finally_node(tree: &Tree, faults: &mut Vec<Fault>) -> Option<DraftNode> {
    let fields = Fields::read(tree, "a node", NODE_KEYS, faults)?;
    for (key, expected) in NOT_IN_FINALLY {
        if let Some(at) = fields.place_of_key(key) {
            push(faults, at, format!("`{key}` in `finally`"), expected);
        }
    }
    read(&fields, faults).map(|node| DraftNode { is_finally: true, ..node })
}

fn read(fields: &Fields<'_>, faults: &mut Vec<Fault>) -> Option<DraftNode> {
    let id = fields.required("id", "an id for the node", faults).and_then(|tree| read_id(tree, faults));
    let needs = fields.get("needs").map(|tree| read_needs(tree, faults)).unwrap_or_default();
    let join = fields.get("join").and_then(|tree| read_join(tree, faults));
    let has_needs =
        fields.get("needs").is_some_and(|tree| !matches!(&tree.value, Value::List(ids) if ids.is_empty()));
    if let Some(at) = fields.place_of_key("join").filter(|_| !has_needs) {
        push(faults, at, "`join` without `needs`", "`needs`: the nodes that it joins");
    }
    let condition = fields.get("if").and_then(|tree| read_condition(tree, faults));
    let matrix = fields.get("matrix").map(|tree| read_matrix(tree, faults)).unwrap_or_default();
    let kind = reader_kind::kind(fields, faults);
    let timeout = fields.get("timeout").and_then(|tree| duration(tree, faults));
    let retries = fields.get("retries").and_then(|tree| read_retries(tree, faults));
    let id = id?;
    if !matrix.is_empty() {
        check_names(&id, &matrix, fields.place_of("matrix"), faults);
    }
    Some(DraftNode {
        at: fields.place_of("id"),
        id,
        needs,
        join: join.unwrap_or_default(),
        condition,
        matrix,
        kind,
        timeout,
        retries: retries.unwrap_or(Retries::NONE),
        is_finally: false,
    })
}

fn read_id(tree: &Tree, faults: &mut Vec<Fault>) -> Option<NodeRef> {
    let id = text(tree, "an id", faults)?;
    match id.parse() {
        Ok(read) if !has_controls(&id) => Some(read),
        _ => {
            push(faults, tree.at, quoted(&id), "an id of 1 to 256 bytes without control characters");
            None
        }
    }
}

/// A list of ids, or a single one.
fn read_needs(tree: &Tree, faults: &mut Vec<Fault>) -> Vec<(Place, Arc<str>)> {
    let one =
        |tree: &Tree, faults: &mut Vec<Fault>| text(tree, "the id of a node", faults).map(|id| (tree.at, id));
    match &tree.value {
        Value::List(entries) => entries.iter().filter_map(|entry| one(entry, faults)).collect(),
        _ => one(tree, faults).into_iter().collect(),
    }
}

fn read_join(tree: &Tree, faults: &mut Vec<Fault>) -> Option<Join> {
    let join = match tree.text().map(|text| &**text) {
        Some("all") => Some(Join::All),
        Some("any") => Some(Join::Any),
        Some("first") => Some(Join::First),
        _ => None,
    };
    if join.is_none() {
        push(faults, tree.at, tree.described(), "one of all, any, first");
    }
    join
}

fn read_condition(tree: &Tree, faults: &mut Vec<Fault>) -> Option<Condition> {
    let text = text(tree, "an expression such as inputs.depth > 1", faults)?;
    noted(Condition::parse(&text, tree.at), faults)
}

fn read_matrix(tree: &Tree, faults: &mut Vec<Fault>) -> Vec<Dimension> {
    let entries = pairs(tree, "a mapping of dimensions to lists of values", faults);
    if entries.is_empty() && matches!(tree.value, Value::Map(_) | Value::Scalar { .. }) && faults.is_empty() {
        push(faults, tree.at, "a matrix without dimensions", "at least one, such as os: [linux, mac]");
    }
    if entries.len() > DIMENSIONS_MAX {
        push(faults, tree.at, format!("{} dimensions", entries.len()), "at most 8");
        return Vec::new();
    }
    let mut matrix = Vec::with_capacity(entries.len());
    for (key, name, value) in entries {
        if !is_variable(&name) {
            push(
                faults,
                key.at,
                quoted(&name),
                "a dimension's name: letters, digits and _, not beginning with a digit",
            );
        } else if let Some(values) = read_dimension(value, faults) {
            matrix.push(Dimension { name, values });
        }
    }
    matrix
}

fn read_dimension(tree: &Tree, faults: &mut Vec<Fault>) -> Option<DimensionValues> {
    let expected = "a list of texts, numbers or booleans, or one template such as ${{ inputs.hosts }}";
    match &tree.value {
        Value::List(items) if items.is_empty() => {
            push(faults, tree.at, "an empty list", expected);
            None
        }
        Value::List(items) if items.len() > INSTANCES_MAX => {
            push(faults, tree.at, format!("{} values", items.len()), "at most 1,000");
            None
        }
        Value::List(items) => {
            let mut values: Vec<serde_json::Value> = Vec::with_capacity(items.len());
            for item in items {
                let Value::Scalar { text, plain } = &item.value else {
                    push(faults, item.at, item.described(), "a text, a number or a boolean");
                    continue;
                };
                let value = json::datum(item, text, *plain);
                if value.is_null() || has_template(text) || has_controls(text) {
                    push(faults, item.at, item.described(), "a text, a number or a boolean");
                } else if values.iter().any(|other| text_of(other) == text_of(&value)) {
                    push(faults, item.at, format!("{} a second time", quoted(text)), "each value once");
                } else {
                    values.push(value);
                }
            }
            Some(DimensionValues::Known(values))
        }
        Value::Scalar { text, .. } if has_template(text) => {
            let template = noted(Template::parse(text, tree.at), faults)?;
            if super::template::sole_expression(text).is_none() {
                push(faults, tree.at, quoted(text), expected);
                return None;
            }
            Some(DimensionValues::Template(template))
        }
        _ => {
            push(faults, tree.at, tree.described(), expected);
            None
        }
    }
}

/// The names of instances repeat the values, so the longest of them must still be a name.
fn check_names(id: &NodeRef, matrix: &[Dimension], at: Place, faults: &mut Vec<Fault>) {
    let longest = |dimension: &Dimension| match &dimension.values {
        DimensionValues::Known(values) => values.iter().map(|value| text_of(value).len()).max().unwrap_or(0),
        DimensionValues::Template(_) => 0,
    };
    let bytes = id.as_str().len() + 1 + matrix.iter().map(|dimension| longest(dimension) + 1).sum::<usize>();
    if bytes > crate::facts::id::NODE_REF_MAX_BYTES {
        let found = format!("instances with names of {bytes} bytes");
        push(faults, at, found, "an id and values of at most 256 bytes together, as in `scan[linux,1]`");
    }
}

fn read_retries(tree: &Tree, faults: &mut Vec<Fault>) -> Option<Retries> {
    if let Value::Map(_) = &tree.value {
        let fields = Fields::read(tree, "retries", RETRY_KEYS, faults)?;
        let limit = fields.required("limit", "a number of retries", faults);
        let limit = limit.and_then(|tree| read_limit(tree, faults));
        let backoff = fields.get("backoff").and_then(|tree| duration(tree, faults));
        return Some(Retries { limit: limit?, backoff: backoff.unwrap_or(BACKOFF_DEFAULT) });
    }
    read_limit(tree, faults).map(|limit| Retries { limit, backoff: BACKOFF_DEFAULT })
}

fn read_limit(tree: &Tree, faults: &mut Vec<Fault>) -> Option<u32> {
    let expected = "a whole number from 0 to 1000, or a mapping with `limit` and `backoff`";
    number(tree, expected, |limit: &u32| *limit <= RETRIES_MAX, faults)
}

impl DraftNode {
    /// The expressions that are evaluated when the node has its turn.
    pub fn expressions(&self) -> Vec<&Expression> {
        let mut found: Vec<&Expression> = self.condition.iter().map(Condition::expression).collect();
        match &self.kind {
            Some(Kind::Command(command)) => {
                found.extend(command.image.iter().flat_map(Template::expressions));
                if let Command::Arguments(words) = &command.command {
                    found.extend(words.iter().flat_map(Template::expressions));
                }
                found.extend(command.env.iter().flat_map(|(_, value)| value.expressions()));
            }
            Some(Kind::Approval(approval)) => found.extend(approval.message.expressions()),
            Some(Kind::Call(call)) => call.with.iter().for_each(|(_, value)| value.collect(&mut found)),
            None => {}
        }
        found
    }

    /// Those that are evaluated when the run starts.
    pub fn matrix_expressions(&self) -> Vec<&Expression> {
        let templates = self.matrix.iter().filter_map(|dimension| match &dimension.values {
            DimensionValues::Template(template) => Some(template),
            DimensionValues::Known(_) => None,
        });
        templates.flat_map(Template::expressions).collect()
    }
}
