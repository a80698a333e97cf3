//! The inputs of a workflow: what is declared, and whether what somebody gives fits.
//!
//! All faults come at once, each with the JSON Pointer of its value, so that a form can show them where they belong.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::fault::{did_you_mean, quoted};
use super::model::{Approval, Workflow};
use super::schema::{Misfit, Schema};

/// Unknown names that are told: each is compared with every input for a guess.
const UNKNOWN_MAX: usize = 50;

/// A value that does not fit; `pointer` is `/<input>` or a place below.
pub type InputFault = Misfit;

/// A value that a run is started with; commands see it as `TELLTALE_INPUT_<NAME>`.
#[derive(Debug, Clone)]
pub struct Input {
    pub name: Arc<str>,
    pub kind: InputKind,
    /// Without one, whoever starts the run has to give the value.
    pub default: Option<Value>,
}

#[derive(Debug, Clone)]
pub enum InputKind {
    /// The short form: any text. Numbers and booleans are taken as theirs.
    Text,
    /// The long form.
    Json(Schema),
}

impl Input {
    /// The JSON Schema of the value, with the default.
    #[must_use]
    pub fn schema(&self) -> Value {
        match (&self.kind, &self.default) {
            (InputKind::Text, None) => json!({ "type": "string" }),
            (InputKind::Text, Some(default)) => json!({ "type": "string", "default": default }),
            (InputKind::Json(schema), _) => self.standalone(schema.written()),
        }
    }

    /// A schema with references of its own keeps them when it becomes a part of another one.
    fn standalone(&self, written: &Value) -> Value {
        let mut schema = written.clone();
        if let Some(fields) = schema.as_object_mut().filter(|fields| fields.contains_key("$defs")) {
            fields.insert("$id".to_owned(), json!(format!("urn:telltale:input:{}", self.name)));
        }
        schema
    }

    fn take(&self, value: &Value, faults: &mut Vec<InputFault>) -> Option<Value> {
        let pointer = format!("/{}", self.name);
        let taken = match (&self.kind, value) {
            (InputKind::Text, Value::String(text)) => Value::String(text.clone()),
            (InputKind::Text, Value::Number(number)) => Value::String(number.to_string()),
            (InputKind::Text, Value::Bool(flag)) => Value::String(flag.to_string()),
            (InputKind::Text, other) => {
                let detail = format!("the input {} is {}, not a text", quoted(&self.name), shown(other));
                faults.push(InputFault { pointer, detail });
                return None;
            }
            (InputKind::Json(schema), value) => {
                let misfits = schema.misfits(value, "");
                if !misfits.is_empty() {
                    faults.extend(misfits.into_iter().map(|misfit| self.told(misfit)));
                    return None;
                }
                value.clone()
            }
        };
        // Commands get it as a variable of their environment.
        if has_nul(&taken) {
            faults.push(InputFault {
                pointer,
                detail: format!("the input {} holds U+0000", quoted(&self.name)),
            });
            return None;
        }
        Some(taken)
    }

    /// A sentence that says by itself which input is meant.
    fn told(&self, misfit: Misfit) -> InputFault {
        let place = if misfit.pointer.is_empty() { String::new() } else { format!(" at {}", misfit.pointer) };
        InputFault {
            pointer: format!("/{}{}", self.name, misfit.pointer),
            detail: format!("the input {} does not fit{place}: {}", quoted(&self.name), misfit.detail),
        }
    }

    /// What somebody typed, read as the type that the schema asks for. What can't be read stays a text, which the
    /// check then refuses with the schema's own words.
    fn read(&self, text: &str) -> Value {
        let as_text = || Value::String(text.to_owned());
        let InputKind::Json(schema) = &self.kind else { return as_text() };
        let parsed = || serde_json::from_str::<Value>(text).ok();
        match &schema.types()[..] {
            [] => parsed().filter(|value| schema.fits(value)).unwrap_or_else(as_text),
            types if types.contains(&"string") => {
                let other = || parsed().filter(|value| !value.is_string() && schema.fits(value));
                if schema.fits(&as_text()) { as_text() } else { other().unwrap_or_else(as_text) }
            }
            _ => parsed().unwrap_or_else(as_text),
        }
    }
}

impl Workflow {
    /// The JSON Schema (2020-12) of all inputs together.
    #[must_use]
    pub fn input_schema(&self) -> Value {
        let properties: Map<_, _> =
            self.inputs.iter().map(|input| (input.name.to_string(), input.schema())).collect();
        let required: Vec<_> =
            self.inputs.iter().filter(|input| input.default.is_none()).map(|input| &*input.name).collect();
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    }

    /// The values of a run: what was given, with the defaults for the rest.
    pub fn check_inputs(&self, given: &Map<String, Value>) -> Result<Map<String, Value>, Vec<InputFault>> {
        let known = || self.inputs.iter().map(|input| &*input.name);
        let unknown = |name: &&String| !known().any(|known| known == name.as_str());
        let mut faults: Vec<InputFault> = given
            .keys()
            .filter(unknown)
            .take(UNKNOWN_MAX)
            .map(|name| InputFault {
                pointer: pointer_to(name),
                detail: format!("the workflow has no input {}{}", quoted(name), did_you_mean(name, known())),
            })
            .collect();
        let mut values = Map::new();
        for input in &self.inputs {
            let value = match (given.get(&*input.name), &input.default) {
                (Some(value), _) => input.take(value, &mut faults),
                (None, Some(default)) => Some(default.clone()),
                (None, None) => {
                    let detail = format!("the input {} needs a value", quoted(&input.name));
                    faults.push(InputFault { pointer: pointer_to(&input.name), detail });
                    None
                }
            };
            values.extend(value.map(|value| (input.name.to_string(), value)));
        }
        if faults.is_empty() { Ok(values) } else { Err(faults) }
    }

    /// `KEY=VALUE` pairs of a command line as JSON, each read as its input's schema says. Checks nothing:
    /// [`Workflow::check_inputs`] comes next.
    #[must_use]
    pub fn inputs_from_texts(&self, texts: &BTreeMap<String, String>) -> Map<String, Value> {
        let read = |(name, text): (&String, &String)| {
            let input = self.inputs.iter().find(|input| *input.name == **name);
            let value = input.map_or_else(|| Value::String(text.clone()), |input| input.read(text));
            (name.clone(), value)
        };
        texts.iter().map(read).collect()
    }
}

impl Approval {
    /// What is wrong with the data of an answer; nothing without a form.
    #[must_use]
    pub fn misfits(&self, data: &Value) -> Vec<InputFault> {
        self.form.as_ref().map_or_else(Vec::new, |form| form.misfits(data, ""))
    }
}

fn pointer_to(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn shown(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
