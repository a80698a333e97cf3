//! From the located tree of a workflow file to a draft whose needs are still names.
//!
//! Every reader takes what it can, notes what is wrong and goes on, so that one run shows all faults.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use crate::facts::id::NodeRef;

use super::duration::{self, DURATION_EXPECTED};
use super::fault::{Fault, Place, did_you_mean, quoted};
use super::workflow::{
    BACKOFF_DEFAULT, Command, ENV_MAX, FILE_MAX_BYTES, Input, NODES_MAX, RETRIES_MAX, Retries,
};
use super::yaml::{Tree, Value};

/// What the file says, before names are resolved.
pub struct Draft {
    pub name: Arc<str>,
    pub description: Option<Arc<str>>,
    pub inputs: Vec<Input>,
    pub timeout: Option<Duration>,
    pub nodes: Vec<DraftNode>,
}

/// A node whose needs are names with their places.
pub struct DraftNode {
    pub at: Place,
    pub id: NodeRef,
    pub needs: Vec<(Place, Arc<str>)>,
    pub image: Option<Arc<str>>,
    pub command: Option<Command>,
    pub env: Vec<(Arc<str>, Arc<str>)>,
    pub timeout: Option<Duration>,
    pub retries: Retries,
}

const WORKFLOW_KEYS: &[&str] = &["name", "description", "inputs", "timeout", "nodes"];
const NODE_KEYS: &[&str] = &["id", "needs", "image", "run", "env", "timeout", "retries"];
const RETRY_KEYS: &[&str] = &["limit", "backoff"];
/// Longest name of a workflow in bytes, as long as a nodeRef may be.
const NAME_MAX_BYTES: usize = 256;

/// Reads the root of the file.
pub fn workflow(tree: &Tree, faults: &mut Vec<Fault>) -> Option<Draft> {
    let fields = Fields::read(tree, "a workflow", WORKFLOW_KEYS, faults)?;
    let name =
        fields.required("name", "a name for the workflow", faults).and_then(|tree| named(tree, faults));
    let description = fields.get("description").and_then(|tree| text(tree, "a text", faults));
    let inputs = fields.get("inputs").map(|tree| read_inputs(tree, faults)).unwrap_or_default();
    let timeout = fields.get("timeout").and_then(|tree| read_duration(tree, faults));
    let nodes = fields.required("nodes", "a list of nodes", faults).map(|tree| read_nodes(tree, faults));
    Some(Draft { name: name?, description, inputs, timeout, nodes: nodes? })
}

fn read_nodes(tree: &Tree, faults: &mut Vec<Fault>) -> Vec<DraftNode> {
    let Value::List(entries) = &tree.value else {
        push(faults, tree.at, tree.described(), "a list of nodes, each beginning with `- id:`");
        return Vec::new();
    };
    if entries.is_empty() {
        push(faults, tree.at, "an empty list".to_owned(), "at least one node");
    }
    if entries.len() > NODES_MAX {
        push(faults, tree.at, format!("{} nodes", entries.len()), "at most 10,000 nodes");
        return Vec::new();
    }
    entries.iter().filter_map(|entry| read_node(entry, faults)).collect()
}

fn read_node(tree: &Tree, faults: &mut Vec<Fault>) -> Option<DraftNode> {
    let fields = Fields::read(tree, "a node", NODE_KEYS, faults)?;
    let id = fields.required("id", "an id for the node", faults).and_then(|tree| read_id(tree, faults));
    let needs = fields.get("needs").map(|tree| read_needs(tree, faults)).unwrap_or_default();
    let image = fields.get("image").and_then(|tree| read_image(tree, faults));
    let command = fields
        .required("run", "a script, or a list of words to execute", faults)
        .and_then(|tree| read_command(tree, faults));
    let env = fields.get("env").map(|tree| read_env(tree, faults)).unwrap_or_default();
    let timeout = fields.get("timeout").and_then(|tree| read_duration(tree, faults));
    let retries = fields.get("retries").and_then(|tree| read_retries(tree, faults));
    let retries = retries.unwrap_or(Retries { limit: 0, backoff: BACKOFF_DEFAULT });
    Some(DraftNode { at: fields.place_of("id"), id: id?, needs, image, command, env, timeout, retries })
}

fn read_id(tree: &Tree, faults: &mut Vec<Fault>) -> Option<NodeRef> {
    let id = text(tree, "an id", faults)?;
    let expected = "an id of 1 to 256 bytes without control characters";
    match id.parse() {
        Ok(id) if !has_controls(tree) => Some(id),
        _ => {
            push(faults, tree.at, quoted(&id), expected);
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

fn read_image(tree: &Tree, faults: &mut Vec<Fault>) -> Option<Arc<str>> {
    let expected = "the name of an image, such as telltale/busybox";
    let image = text(tree, expected, faults)?;
    // The name becomes a part of a path in Docker's API, so what can't be in a name is refused here.
    let fine = !image.is_empty()
        && image.len() <= NAME_MAX_BYTES
        && image.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/:@".contains(&b))
        && !image.split('/').any(|part| part.is_empty() || part.starts_with('.'));
    if !fine {
        push(faults, tree.at, quoted(&image), expected);
    }
    fine.then_some(image)
}

fn read_command(tree: &Tree, faults: &mut Vec<Fault>) -> Option<Command> {
    let expected = "a script, or a list of words to execute";
    match &tree.value {
        Value::List(words) if !words.is_empty() => {
            let read: Vec<_> = words.iter().filter_map(|word| argument(word, faults)).collect();
            (read.len() == words.len()).then_some(Command::Arguments(read))
        }
        Value::Scalar { text, .. } if !text.trim().is_empty() && !tree.is_null() => {
            argument(tree, faults).map(Command::Script)
        }
        Value::List(_) => {
            push(faults, tree.at, "an empty list".to_owned(), expected);
            None
        }
        _ => {
            push(faults, tree.at, tree.described(), expected);
            None
        }
    }
}

/// A text that a process can be given.
fn argument(tree: &Tree, faults: &mut Vec<Fault>) -> Option<Arc<str>> {
    let Value::Scalar { text, .. } = &tree.value else {
        push(faults, tree.at, tree.described(), "a text");
        return None;
    };
    if text.contains('\0') {
        push(faults, tree.at, "a text with U+0000".to_owned(), "a text that a process can be given");
        return None;
    }
    Some(Arc::clone(text))
}

fn read_env(tree: &Tree, faults: &mut Vec<Fault>) -> Vec<(Arc<str>, Arc<str>)> {
    let entries = pairs(tree, "a mapping of variables to values", faults);
    if entries.len() > ENV_MAX {
        push(faults, tree.at, format!("{} variables", entries.len()), "at most 1,000");
        return Vec::new();
    }
    let expected = "a variable's name: letters, digits and _, not beginning with a digit";
    let mut env = Vec::with_capacity(entries.len());
    for (key, name, value) in entries {
        if !is_variable(&name) {
            push(faults, key.at, quoted(&name), expected);
        } else if name.starts_with("TELLTALE_") {
            push(faults, key.at, quoted(&name), "a name without TELLTALE_, which the runner sets itself");
        } else if value.is_null() {
            env.push((name, Arc::from("")));
        } else if let Some(value) = argument(value, faults) {
            env.push((name, value));
        }
    }
    env
}

fn read_inputs(tree: &Tree, faults: &mut Vec<Fault>) -> Vec<Input> {
    let expected = "an input's name: letters, digits, _ and -, not beginning with a digit";
    let mut inputs = Vec::new();
    for (key, name, value) in pairs(tree, "a mapping of inputs to their defaults", faults) {
        if !is_variable(&name.replace('-', "_")) {
            push(faults, key.at, quoted(&name), expected);
        } else if value.is_null() {
            inputs.push(Input { name, default: None });
        } else if let Some(default) = argument(value, faults) {
            inputs.push(Input { name, default: Some(default) });
        }
    }
    inputs
}

fn read_retries(tree: &Tree, faults: &mut Vec<Fault>) -> Option<Retries> {
    if let Value::Map(_) = &tree.value {
        let fields = Fields::read(tree, "retries", RETRY_KEYS, faults)?;
        let limit =
            fields.required("limit", "a number of retries", faults).and_then(|t| read_limit(t, faults));
        let backoff = fields.get("backoff").and_then(|tree| read_duration(tree, faults));
        return Some(Retries { limit: limit?, backoff: backoff.unwrap_or(BACKOFF_DEFAULT) });
    }
    read_limit(tree, faults).map(|limit| Retries { limit, backoff: BACKOFF_DEFAULT })
}

fn read_limit(tree: &Tree, faults: &mut Vec<Fault>) -> Option<u32> {
    let limit = match &tree.value {
        Value::Scalar { text, plain: true } => text.parse().ok().filter(|limit| *limit <= RETRIES_MAX),
        _ => None,
    };
    if limit.is_none() {
        push(
            faults,
            tree.at,
            tree.described(),
            "a whole number from 0 to 1000, or a mapping with `limit` and `backoff`",
        );
    }
    limit
}

fn read_duration(tree: &Tree, faults: &mut Vec<Fault>) -> Option<Duration> {
    let read = tree.text().and_then(|text| duration::parse(text));
    if read.is_none() {
        push(faults, tree.at, tree.described(), DURATION_EXPECTED);
    }
    read
}

fn named(tree: &Tree, faults: &mut Vec<Fault>) -> Option<Arc<str>> {
    let name = text(tree, "a name", faults)?;
    if name.trim().is_empty() || name.len() > NAME_MAX_BYTES || has_controls(tree) {
        push(faults, tree.at, quoted(&name), "a name of 1 to 256 bytes without control characters");
        return None;
    }
    Some(name)
}

fn text(tree: &Tree, expected: &str, faults: &mut Vec<Fault>) -> Option<Arc<str>> {
    let found = tree.text().cloned();
    if found.is_none() {
        push(faults, tree.at, tree.described(), expected);
    }
    found
}

fn has_controls(tree: &Tree) -> bool {
    tree.text().is_some_and(|text| text.chars().any(char::is_control))
}

fn is_variable(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn push(faults: &mut Vec<Fault>, at: Place, found: String, expected: &str) {
    // A file of a megabyte can't have more faults than bytes, and this is where they all pass.
    if faults.len() < FILE_MAX_BYTES {
        faults.push(Fault { at, found, expected: expected.to_owned() });
    }
}

/// The pairs of a mapping with free keys, each key once.
fn pairs<'t>(tree: &'t Tree, expected: &str, faults: &mut Vec<Fault>) -> Vec<(&'t Tree, Arc<str>, &'t Tree)> {
    if tree.is_null() {
        return Vec::new();
    }
    let Value::Map(entries) = &tree.value else {
        push(faults, tree.at, tree.described(), expected);
        return Vec::new();
    };
    let mut seen = HashSet::new();
    let mut read = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let Some(name) = text(key, "a key", faults) else { continue };
        if seen.insert(Arc::clone(&name)) {
            read.push((&**key, name, &**value));
        } else {
            push(faults, key.at, format!("{} a second time", quoted(&name)), "each key once");
        }
    }
    read
}

/// The fields of a mapping with fixed keys.
struct Fields<'t> {
    at: Place,
    owner: &'static str,
    fields: HashMap<Arc<str>, &'t Tree>,
}

impl<'t> Fields<'t> {
    fn read(tree: &'t Tree, owner: &'static str, known: &[&str], faults: &mut Vec<Fault>) -> Option<Self> {
        let expected = format!("{owner}: a mapping with {}", known.join(", "));
        if !matches!(tree.value, Value::Map(_)) {
            push(faults, tree.at, tree.described(), &expected);
            return None;
        }
        let mut fields = HashMap::new();
        for (key, name, value) in pairs(tree, &expected, faults) {
            if known.contains(&&*name) {
                fields.insert(name, value);
            } else {
                let hint = did_you_mean(&name, known.iter().copied());
                let found = format!("the unknown key {}{hint}", quoted(&name));
                push(faults, key.at, found, &format!("one of {}", known.join(", ")));
            }
        }
        Some(Self { at: tree.at, owner, fields })
    }

    fn get(&self, name: &str) -> Option<&'t Tree> {
        self.fields.get(name).copied()
    }

    fn place_of(&self, name: &str) -> Place {
        self.get(name).map_or(self.at, |tree| tree.at)
    }

    fn required(&self, name: &str, expected: &str, faults: &mut Vec<Fault>) -> Option<&'t Tree> {
        let found = self.get(name);
        if found.is_none() {
            push(
                faults,
                self.at,
                format!("{} without `{name}`", self.owner),
                &format!("`{name}`: {expected}"),
            );
        }
        found
    }
}
