//! The names in expressions: which there are, and whether each can exist where it is used.
//!
//! What can be seen without evaluating is a fault of the file, with a guess at what was meant; what is computed
//! (`nodes[inputs.which]`) is left to the run.

use std::collections::HashMap;

use super::expression::Expression;
use super::fault::{Fault, Place, did_you_mean, quoted};
use super::graph::Ancestors;
use super::model::Mentions;

/// What a run's scope holds.
const ROOTS: &[&str] = &["inputs", "nodes", "matrix", "run", "workflow"];
/// What is known of a node.
const NODE_FIELDS: &[&str] = &["output", "status"];

/// Faults after which no more guesses are made: each looks at every id, so they are not for thousands.
const GUESSED_MAX: usize = 100;

/// A chain of names, such as `nodes.scan.output.count` or `nodes["a b"].output`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    pub names: Vec<String>,
    /// A computed part comes next.
    pub goes_on: bool,
}

/// What a node's expressions may name.
pub struct Sight<'a> {
    pub inputs: &'a [&'a str],
    pub matrix: Vec<&'a str>,
    pub nodes: Option<NodeSight<'a>>,
    pub is_finally: bool,
}

/// The nodes of the file, as one of them sees them.
pub struct NodeSight<'a> {
    pub node: usize,
    pub index_of: &'a HashMap<&'a str, usize>,
    /// Whether a node has a matrix, by its index.
    pub has_matrix: &'a dyn Fn(usize) -> bool,
    /// Missing where the graph itself is at fault.
    pub ancestors: Option<&'a Ancestors>,
    pub is_finally: &'a dyn Fn(usize) -> bool,
}

/// Every chain of names in `source` that begins with a name of the scope.
#[must_use]
pub fn paths(source: &str) -> Vec<Path> {
    let tokens = tokens(source);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let begins = matches!(&tokens[at], Token::Name(name) if ROOTS.contains(&name.as_str()))
            && !matches!(at.checked_sub(1).map(|before| &tokens[before]), Some(Token::Sign('.' | '|')));
        if !begins {
            at += 1;
            continue;
        }
        let mut path = Path { names: vec![tokens[at].text()], goes_on: false };
        at += 1;
        loop {
            match &tokens[at..] {
                [Token::Sign('.'), Token::Name(name), ..] => {
                    path.names.push(name.clone());
                    at += 2;
                }
                [Token::Sign('['), Token::Text(name), Token::Sign(']'), ..] => {
                    path.names.push(name.clone());
                    at += 3;
                }
                [Token::Sign('['), ..] => {
                    path.goes_on = true;
                    break;
                }
                // A method of the value: `nodes.a.output.items()` reads `nodes.a.output`.
                [Token::Sign('('), ..] if path.names.len() > 1 => {
                    path.names.pop();
                    path.goes_on = true;
                    break;
                }
                _ => break,
            }
        }
        found.push(path);
    }
    found
}

/// The names of the filters (`x | name`) and tests (`x is name`) in `source`, with their kind.
#[must_use]
pub fn operations(source: &str) -> Vec<(&'static str, String)> {
    let tokens = tokens(source);
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        match &tokens[at..] {
            [Token::Sign('|'), Token::Name(name), ..] => found.push(("filter", name.clone())),
            [Token::Name(is), Token::Name(not), Token::Name(name), ..] if is == "is" && not == "not" => {
                found.push(("test", name.clone()));
            }
            [Token::Name(is), Token::Name(name), ..] if is == "is" && name != "not" => {
                found.push(("test", name.clone()));
            }
            _ => {}
        }
    }
    found
}

#[derive(Debug)]
enum Token {
    Name(String),
    Text(String),
    Sign(char),
    Number,
}

impl Token {
    fn text(&self) -> String {
        match self {
            Self::Name(text) | Self::Text(text) => text.clone(),
            Self::Sign(_) | Self::Number => String::new(),
        }
    }
}

fn tokens(source: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '"' || c == '\'' {
            let mut text = String::new();
            while let Some(next) = chars.next().filter(|next| *next != c) {
                // Only the escapes that a name needs; any other one makes a name that is not checked well.
                text.extend(if next == '\\' { chars.next() } else { Some(next) });
            }
            tokens.push(Token::Text(text));
        } else if c.is_alphanumeric() || c == '_' {
            let mut word = c.to_string();
            while let Some(next) = chars.next_if(|next| next.is_alphanumeric() || *next == '_') {
                word.push(next);
            }
            tokens.push(if c.is_ascii_digit() { Token::Number } else { Token::Name(word) });
        } else if !c.is_whitespace() {
            tokens.push(Token::Sign(c));
        }
    }
    tokens
}

/// Checks the names of one expression, and notes the nodes that it reads.
pub fn check(expression: &Expression, sight: &Sight<'_>, mentions: &mut Mentions, faults: &mut Vec<Fault>) {
    let at = expression.at();
    let unknown = expression.free_names().into_iter().filter(|name| !ROOTS.contains(&name.as_str()));
    let unknown: Vec<String> = unknown.collect();
    if !unknown.is_empty()
        && faults.len() < GUESSED_MAX
        && let Some((root, name)) = taken_for_a_sum(expression.source(), sight)
    {
        let found =
            format!("{}, which is no single name to an expression", quoted(&format!("{root}.{name}")));
        faults.push(Fault::new(at, found, format!("{root}[\"{name}\"]")));
        return;
    }
    for name in unknown {
        let hint = did_you_mean(&name, ROOTS.iter().copied());
        let found = format!("the unknown name {}{hint}", quoted(&name));
        faults.push(Fault::new(at, found, format!("one of {}", ROOTS.join(", "))));
    }
    for (kind, name) in expression.unknown_operations() {
        faults.push(Fault::new(
            at,
            format!("the unknown {kind} {}", quoted(&name)),
            "one that docs/workflow-file.md names",
        ));
    }
    for path in paths(expression.source()) {
        check_path(&path, at, sight, mentions, faults);
    }
}

/// A known name with a sign in it, written as if it had none: `nodes.passive-dns` reads as a subtraction.
fn taken_for_a_sum<'a>(source: &str, sight: &Sight<'a>) -> Option<(&'static str, &'a str)> {
    let has_sign = |name: &&str| name.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let is_written =
        |root: &'static str| move |name: &&str| has_sign(name) && source.contains(&format!("{root}.{name}"));
    let input = sight.inputs.iter().copied().find(is_written("inputs")).map(|name| ("inputs", name));
    let mut ids = sight.nodes.iter().flat_map(|nodes| nodes.index_of.keys().copied());
    input.or_else(|| ids.find(is_written("nodes")).map(|name| ("nodes", name)))
}

fn check_path(path: &Path, at: Place, sight: &Sight<'_>, mentions: &mut Mentions, faults: &mut Vec<Fault>) {
    let guesses = if faults.len() < GUESSED_MAX { usize::MAX } else { 0 };
    let mut unknown = |name: &str, candidates: &mut dyn Iterator<Item = &str>, expected: &str| {
        let hint = did_you_mean(name, candidates.take(guesses));
        let whole = path.names.join(".");
        faults.push(Fault::new(at, format!("{}{hint}", quoted(&whole)), expected));
    };
    let root = path.names.first().map_or("", String::as_str);
    let Some(name) = path.names.get(1) else {
        mentions.any |= root == "nodes";
        return;
    };
    match root {
        "inputs" if !sight.inputs.contains(&name.as_str()) => {
            unknown(name, &mut sight.inputs.iter().copied(), "an input that the workflow declares");
        }
        "matrix" if !sight.matrix.contains(&name.as_str()) => {
            let expected = if sight.matrix.is_empty() {
                "no `matrix` in an expression of a node without one"
            } else {
                "a dimension of the node's matrix"
            };
            unknown(name, &mut sight.matrix.iter().copied(), expected);
        }
        "run" if name == "status" && !sight.is_finally => {
            faults.push(Fault::new(
                at,
                "`run.status` outside of `finally`",
                "run.id: how the run ends is not known yet",
            ));
        }
        "run" if !["id", "status"].contains(&name.as_str()) => {
            unknown(name, &mut ["id", "status"].into_iter(), "run.id, or run.status in `finally`");
        }
        "workflow" if name != "name" => unknown(name, &mut ["name"].into_iter(), "workflow.name"),
        "nodes" => check_node(path, name, at, sight, mentions, faults),
        _ => {}
    }
}

fn check_node(
    path: &Path,
    name: &str,
    at: Place,
    sight: &Sight<'_>,
    mentions: &mut Mentions,
    faults: &mut Vec<Fault>,
) {
    let Some(nodes) = &sight.nodes else {
        let found = format!("{} in a matrix", quoted(&path.names.join(".")));
        faults.push(Fault::new(at, found, "inputs: a matrix is known when the run starts"));
        return;
    };
    // An instance is named after its node: `scan[linux,1]`.
    let of_instance = || {
        let base = name.split('[').next().unwrap_or_default();
        nodes.index_of.get(base).copied().filter(|index| (nodes.has_matrix)(*index))
    };
    let Some(index) = nodes.index_of.get(name).copied().or_else(of_instance) else {
        let ids =
            nodes.index_of.keys().copied().take(if faults.len() < GUESSED_MAX { usize::MAX } else { 0 });
        let hint = did_you_mean(name, ids);
        let found = format!("{}, which is no node{hint}", quoted(name));
        faults.push(Fault::new(at, found, "the id of a node that this one needs, directly or not"));
        return;
    };
    let is_over_before = |ancestors: &Ancestors| {
        ancestors.has(nodes.node, index) || (sight.is_finally && !(nodes.is_finally)(index))
    };
    if nodes.ancestors.is_some_and(|ancestors| !is_over_before(ancestors)) {
        let found = format!("{}, which this node does not need", quoted(name));
        faults.push(Fault::new(
            at,
            found,
            format!("a node that is over by then: add {} to `needs`", quoted(name)),
        ));
        return;
    }
    if let Some(field) = path.names.get(2)
        && !NODE_FIELDS.contains(&field.as_str())
    {
        let hint = did_you_mean(field, NODE_FIELDS.iter().copied());
        let found = format!("{}{hint}", quoted(&path.names.join(".")));
        faults.push(Fault::new(at, found, "nodes.<id>.output or nodes.<id>.status"));
    }
    if !mentions.nodes.contains(&index) {
        mentions.nodes.push(index);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(source: &str) -> Vec<String> {
        let end = |path: &Path| if path.goes_on { "+" } else { "" };
        paths(source).iter().map(|path| format!("{}{}", path.names.join("/"), end(path))).collect()
    }

    #[test]
    fn chains_of_names_are_found_and_texts_are_not_taken_for_names() {
        for (source, expected) in [
            ("inputs.depth > 1 and nodes.list.output.count", vec!["inputs/depth", "nodes/list/output/count"]),
            ("nodes[\"a b\"].output['x y']", vec!["nodes/a b/output/x y"]),
            ("nodes[inputs.which].output", vec!["nodes+", "inputs/which"]),
            ("'inputs.x' ~ \"nodes.\\\"y\" ~ run.id", vec!["run/id"]),
            ("x.inputs.y | inputs", vec![]),
            ("nodes.a.output.items()", vec!["nodes/a/output+"]),
            ("nodes.a.output[0].name", vec!["nodes/a/output+"]),
            ("matrix", vec!["matrix"]),
        ] {
            assert_eq!(written(source), expected, "{source}");
        }
    }
}
