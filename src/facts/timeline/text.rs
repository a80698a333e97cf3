//! JSON as text whose lines are facts, so that a difference is a few lines: keys in order, and each entry of the lists that
//! grow on a line of its own.

use serde_json::{Map, Value};

/// The document's text, with a line feed at its end.
pub(super) fn written(document: &Value) -> String {
    let mut out = String::new();
    match document {
        Value::Object(map) => object(map, 0, &mut out),
        other => compact(other, &mut out),
    }
    out.push('\n');
    out
}

/// An object a key a line.
fn object(map: &Map<String, Value>, depth: usize, out: &mut String) {
    out.push('{');
    let mut first = true;
    for (key, value) in in_order(map) {
        out.push_str(if first { "\n" } else { ",\n" });
        first = false;
        indent(depth + 1, out);
        compact(&Value::String(key.clone()), out);
        out.push_str(": ");
        match value {
            Value::Array(list) if is_of_facts(key) && !list.is_empty() => lines(list, depth + 1, out),
            other => compact(other, out),
        }
    }
    if !first {
        out.push('\n');
        indent(depth, out);
    }
    out.push('}');
}

fn is_of_facts(key: &str) -> bool {
    matches!(key, "nodes" | "events")
}

/// A list an entry a line; nodes have lists of their own.
fn lines(list: &[Value], depth: usize, out: &mut String) {
    out.push('[');
    for (place, value) in list.iter().enumerate() {
        out.push_str(if place == 0 { "\n" } else { ",\n" });
        indent(depth + 1, out);
        match value {
            Value::Object(map) if map.contains_key("events") => object(map, depth + 1, out),
            other => compact(other, out),
        }
    }
    out.push('\n');
    indent(depth, out);
    out.push(']');
}

fn indent(depth: usize, out: &mut String) {
    (0..depth).for_each(|_| out.push_str("  "));
}

/// The keys that say what it is come first, the others by name: whatever order the map keeps.
fn in_order(map: &Map<String, Value>) -> Vec<(&String, &Value)> {
    const FIRST: [&str; 8] = ["format", "workflow", "id", "node", "type", "status", "attempt", "after"];
    let place = |key: &str| FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by(|(a, _), (b, _)| (place(a), a).cmp(&(place(b), b)));
    entries
}

fn compact(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            out.push('{');
            for (place, (key, value)) in in_order(map).into_iter().enumerate() {
                out.push_str(if place == 0 { "" } else { ", " });
                compact(&Value::String(key.clone()), out);
                out.push_str(": ");
                compact(value, out);
            }
            out.push('}');
        }
        Value::Array(list) => {
            out.push('[');
            for (place, value) in list.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { ", " });
                compact(value, out);
            }
            out.push(']');
        }
        // Numbers, words and texts: as JSON has them.
        other => out.push_str(&other.to_string()),
    }
}
