//! Values of the file as JSON.
//!
//! Two readings: in a JSON Schema a plain `1.0` is a number, as everywhere in YAML. In data it stays the text that
//! was written unless JSON writes the number the same way, so that a version `1.10` never becomes 1.1.

use std::sync::Arc;

use serde_json::Value as Json;

use super::fault::Fault;
use super::fields::pairs;
use super::template::{JsonTemplate, Template};
use super::yaml::{Tree, Value};

/// A value of a JSON Schema.
pub fn schema(tree: &Tree, faults: &mut Vec<Fault>) -> Json {
    match &tree.value {
        Value::Scalar { text, plain } => scalar(tree, text, *plain, |_, _| true),
        Value::List(items) => Json::Array(items.iter().map(|item| schema(item, faults)).collect()),
        Value::Map(_) => {
            let entries = pairs(tree, "a mapping", faults);
            Json::Object(
                entries
                    .into_iter()
                    .map(|(_, name, value)| (name.to_string(), schema(value, faults)))
                    .collect(),
            )
        }
    }
}

/// A null, boolean, number or text of data.
pub fn datum(tree: &Tree, text: &Arc<str>, plain: bool) -> Json {
    scalar(tree, text, plain, |text, number| number == text)
}

/// A value of data whose texts are templates.
pub fn data(tree: &Tree, faults: &mut Vec<Fault>) -> Option<JsonTemplate> {
    match &tree.value {
        Value::Scalar { text, plain } => match datum(tree, text, *plain) {
            Json::String(text) => match Template::parse(&text, tree.at) {
                Ok(template) => Some(JsonTemplate::Text(template)),
                Err(fault) => {
                    faults.push(fault);
                    None
                }
            },
            fixed => Some(JsonTemplate::Fixed(fixed)),
        },
        Value::List(items) => {
            items.iter().map(|item| data(item, faults)).collect::<Option<_>>().map(JsonTemplate::List)
        }
        Value::Map(_) => {
            let entries = pairs(tree, "a mapping", faults);
            let one = |(_, name, value)| Some((name, data(value, faults)?));
            entries.into_iter().map(one).collect::<Option<_>>().map(JsonTemplate::Map)
        }
    }
}

/// `is_number` is asked about a text that JSON reads as a number, with JSON's own way of writing it.
fn scalar(tree: &Tree, text: &Arc<str>, plain: bool, is_number: impl Fn(&str, &str) -> bool) -> Json {
    if tree.is_null() {
        return Json::Null;
    }
    match &**text {
        "true" | "True" | "TRUE" if plain => Json::Bool(true),
        "false" | "False" | "FALSE" if plain => Json::Bool(false),
        text if plain => match serde_json::from_str::<serde_json::Number>(text) {
            Ok(number) if is_number(text, &number.to_string()) => Json::Number(number),
            _ => Json::String(text.to_owned()),
        },
        text => Json::String(text.to_owned()),
    }
}
