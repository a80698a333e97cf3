//! From the located tree of a workflow file to a draft whose needs are still names.
//!
//! Every reader takes what it can, notes what is wrong and goes on, so that one run shows all faults.

use std::sync::Arc;
use std::time::Duration;

use super::fault::{Fault, quoted};
use super::fields::{Fields, argument, duration, is_variable, name, number, pairs, push, text};
use super::inputs::{Input, InputKind};
use super::json;
use super::model::{CONCURRENCY_MAX, INPUTS_MAX, NODES_MAX, PRIORITY_MAX};
use super::reader_node::{self, DraftNode};
use super::schema::Schema;
use super::yaml::{Tree, Value};

/// What the file says, before names are resolved.
pub struct Draft {
    pub name: Arc<str>,
    pub description: Option<Arc<str>>,
    pub inputs: Vec<Input>,
    /// Declared inputs, those with faults included: a use of one is no second fault.
    pub input_names: Vec<Arc<str>>,
    pub timeout: Option<Duration>,
    pub priority: i32,
    pub concurrency: Option<u32>,
    /// Those of `finally` last.
    pub nodes: Vec<DraftNode>,
}

const WORKFLOW_KEYS: &[&str] =
    &["name", "description", "inputs", "timeout", "priority", "concurrency", "nodes", "finally"];

/// Reads the root of the file.
pub fn workflow(tree: &Tree, faults: &mut Vec<Fault>) -> Option<Draft> {
    let fields = Fields::read(tree, "a workflow", WORKFLOW_KEYS, faults)?;
    let called = fields.required("name", "a name for the workflow", faults);
    let called = called.and_then(|tree| name(tree, faults));
    let description = fields.get("description").and_then(|tree| text(tree, "a text", faults));
    let (inputs, input_names) =
        fields.get("inputs").map(|tree| read_inputs(tree, faults)).unwrap_or_default();
    let timeout = fields.get("timeout").and_then(|tree| duration(tree, faults));
    let priority = fields.get("priority").and_then(|tree| {
        let fine = |priority: &i32| (-PRIORITY_MAX..=PRIORITY_MAX).contains(priority);
        number(tree, "a whole number from -100 to 100, the higher the sooner", fine, faults)
    });
    let concurrency = fields.get("concurrency").and_then(|tree| {
        let fine = |runs: &u32| (1..=CONCURRENCY_MAX).contains(runs);
        number(tree, "a number of runs at the same time, from 1 to 10000", fine, faults)
    });
    let nodes = fields.required("nodes", "a list of nodes", faults);
    let nodes = nodes.map(|tree| read_nodes(tree, 0, reader_node::node, faults));
    let before = nodes.as_ref().map_or(0, Vec::len);
    let last = fields.get("finally");
    let last = last.map(|tree| read_nodes(tree, before, reader_node::finally_node, faults));
    let nodes = nodes.map(|nodes| nodes.into_iter().chain(last.into_iter().flatten()).collect());
    let priority = priority.unwrap_or(0);
    Some(Draft {
        name: called?,
        description,
        inputs,
        input_names,
        timeout,
        priority,
        concurrency,
        nodes: nodes?,
    })
}

/// `before` nodes were read already.
fn read_nodes(
    tree: &Tree,
    before: usize,
    read: fn(&Tree, &mut Vec<Fault>) -> Option<DraftNode>,
    faults: &mut Vec<Fault>,
) -> Vec<DraftNode> {
    let Value::List(entries) = &tree.value else {
        push(faults, tree.at, tree.described(), "a list of nodes, each beginning with `- id:`");
        return Vec::new();
    };
    if entries.is_empty() {
        push(faults, tree.at, "an empty list", "at least one node");
    }
    if before + entries.len() > NODES_MAX {
        push(faults, tree.at, format!("{} nodes", before + entries.len()), "at most 10,000 nodes");
        return Vec::new();
    }
    entries.iter().filter_map(|entry| read(entry, faults)).collect()
}

fn read_inputs(tree: &Tree, faults: &mut Vec<Fault>) -> (Vec<Input>, Vec<Arc<str>>) {
    let expected = "an input's name: letters, digits, _ and -, not beginning with a digit";
    let entries = pairs(tree, "a mapping of inputs to their defaults or schemas", faults);
    if entries.len() > INPUTS_MAX {
        push(faults, tree.at, format!("{} inputs", entries.len()), "at most 256");
    }
    let names = entries.iter().map(|(_, name, _)| Arc::clone(name)).collect();
    let mut inputs: Vec<Input> = Vec::with_capacity(entries.len());
    for (key, name, value) in entries {
        let variable = |name: &str| name.replace('-', "_").to_ascii_uppercase();
        if !is_variable(&variable(&name)) {
            push(faults, key.at, quoted(&name), expected);
            continue;
        }
        if let Some(twin) = inputs.iter().find(|input| variable(&input.name) == variable(&name)) {
            let found = format!("{} beside {}", quoted(&name), quoted(&twin.name));
            push(faults, key.at, found, "names that differ as variables: nodes see TELLTALE_INPUT_<NAME>");
        }
        inputs.extend(read_input(name, value, faults));
    }
    (inputs, names)
}

/// Nothing, a text, or a mapping that is the JSON Schema of the value.
fn read_input(name: Arc<str>, tree: &Tree, faults: &mut Vec<Fault>) -> Option<Input> {
    if tree.is_null() {
        return Some(Input { name, kind: InputKind::Text, default: None });
    }
    let Value::Map(_) = &tree.value else {
        let default = argument(tree, faults)?.to_string().into();
        return Some(Input { name, kind: InputKind::Text, default: Some(default) });
    };
    let schema = read_schema(tree, faults)?;
    let default = schema.written().get("default").cloned();
    if let Some(default) = &default {
        let at = default_at(tree).unwrap_or(tree).at;
        for misfit in schema.misfits(default, "") {
            push(
                faults,
                at,
                format!("a default that does not fit ({})", misfit.detail),
                "one that its schema allows",
            );
        }
    }
    Some(Input { name, kind: InputKind::Json(schema), default })
}

fn default_at(tree: &Tree) -> Option<&Tree> {
    let Value::Map(entries) = &tree.value else { return None };
    let is_default = |(key, _): &&(Arc<Tree>, Arc<Tree>)| key.text().is_some_and(|text| &**text == "default");
    entries.iter().find(is_default).map(|(_, value)| &**value)
}

/// A mapping that is a JSON Schema.
pub fn read_schema(tree: &Tree, faults: &mut Vec<Fault>) -> Option<Schema> {
    let before = faults.len();
    let written = json::schema(tree, faults);
    if faults.len() > before {
        return None;
    }
    match Schema::compile(written) {
        Ok(schema) => Some(schema),
        Err(found) => {
            push(faults, tree.at, found, "a JSON Schema (2020-12)");
            None
        }
    }
}
