//! The inputs of a run, as a person gives them: from a file, from flags over it, and, in a terminal, asked for.
//!
//! What a text means follows from the workflow's own schema; whether all of it fits is the workflow's to say, and every
//! fault is told at once.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value};

use crate::facts::workflow::Workflow;
use crate::facts::workflow::template::text_of;

use super::args::key_and_value;
use super::failure::Failure;
use super::lines::one_line;

/// Largest file of inputs: as much as a server takes.
const FILE_MAX_BYTES: u64 = 8 * 1024 * 1024;
/// What stands for standard input.
const STDIN: &str = "-";

/// The flags of every command that starts a run.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct InputArgs {
    /// An input of the workflow; may be repeated
    #[arg(long = "input", value_name = "KEY=VALUE", value_parser = key_and_value)]
    pub pairs: Vec<(String, String)>,
    /// Inputs from a YAML or JSON file; `-` reads standard input. --input wins
    #[arg(long = "inputs", value_name = "FILE")]
    pub inputs_file: Option<PathBuf>,
}

/// An input that nobody has given a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Missing<'a> {
    pub name: &'a str,
    /// The JSON Schema of its value.
    pub schema: Value,
}

/// All values of a run: given, asked for where a person can answer, or by default.
pub(crate) fn gather(workflow: &Workflow, args: &InputArgs) -> Result<Map<String, Value>, Failure> {
    let reads_stdin = args.inputs_file.as_deref() == Some(Path::new(STDIN));
    let can_ask = !reads_stdin && io::stdin().is_terminal() && io::stderr().is_terminal();
    if can_ask { gather_with(workflow, args, Some(&mut ask)) } else { gather_with(workflow, args, None) }
}

type Asking<'a> = &'a mut dyn FnMut(&Missing<'_>) -> io::Result<String>;

fn gather_with(
    workflow: &Workflow,
    args: &InputArgs,
    ask: Option<Asking<'_>>,
) -> Result<Map<String, Value>, Failure> {
    let mut given = match &args.inputs_file {
        Some(path) => from_file(path)?,
        None => Map::new(),
    };
    let mut texts: BTreeMap<String, String> = args.pairs.iter().cloned().collect();
    if let Some(ask) = ask {
        for missing in missing(workflow, |name| given.contains_key(name) || texts.contains_key(name)) {
            let answer = ask(&missing).map_err(|error| {
                Failure::WrongUse(format!("the input `{}` can't be asked for: {error}", missing.name))
            })?;
            texts.insert(missing.name.to_owned(), answer);
        }
    }
    given.extend(workflow.inputs_from_texts(&texts));
    workflow.check_inputs(&given).map_err(|faults| {
        Failure::WrongUse(faults.into_iter().map(|fault| fault.detail).collect::<Vec<_>>().join("\n       "))
    })
}

/// The inputs without a value and without a default, in the order of the workflow.
fn missing(workflow: &Workflow, is_given: impl Fn(&str) -> bool) -> Vec<Missing<'_>> {
    let inputs = workflow.inputs.iter();
    let open = inputs.filter(|input| input.default.is_none() && !is_given(&input.name));
    open.map(|input| Missing { name: &input.name, schema: input.schema() }).collect()
}

/// The values as they are typed, which is how `runner` takes them.
pub(crate) fn texts(values: &Map<String, Value>) -> BTreeMap<String, String> {
    values.iter().map(|(name, value)| (name.clone(), text_of(value))).collect()
}

fn from_file(path: &Path) -> Result<Map<String, Value>, Failure> {
    let name = path.display();
    let unreadable =
        |error: io::Error| Failure::WrongUse(format!("the inputs in {name} can't be read: {error}"));
    let mut text = String::new();
    // One byte over the bound is enough to see that a file is too large, whatever its size.
    let limit = FILE_MAX_BYTES + 1;
    let read = if path == Path::new(STDIN) {
        io::stdin().lock().take(limit).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_string(&mut text))
    };
    read.map_err(unreadable)?;
    if text.len() as u64 > FILE_MAX_BYTES {
        return Err(Failure::WrongUse(format!("the inputs in {name} are more than {FILE_MAX_BYTES} bytes")));
    }
    values(&text)
        .map_err(|reason| Failure::WrongUse(format!("the inputs in {name} are not understood: {reason}")))
}

/// JSON, or what YAML makes of it; nothing at all is no inputs.
fn values(text: &str) -> Result<Map<String, Value>, String> {
    let value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(_) if text.trim().is_empty() => Value::Null,
        Err(_) => serde_saphyr::from_str::<Value>(text).map_err(|error| error.to_string())?,
    };
    match value {
        Value::Object(values) => Ok(values),
        Value::Null => Ok(Map::new()),
        _ => Err("a mapping of names to values is expected".to_owned()),
    }
}

/// Asks on standard error, so that standard output stays what the command says.
fn ask(missing: &Missing<'_>) -> io::Result<String> {
    let prompt = prompt(missing);
    let answered = |error: dialoguer::Error| match error {
        dialoguer::Error::IO(error) => error,
    };
    if let Some(choices) = choices(&missing.schema) {
        let chosen = dialoguer::Select::new().with_prompt(prompt).items(&choices).default(0);
        let place = chosen.interact().map_err(answered)?;
        return Ok(choices.get(place).cloned().unwrap_or_default());
    }
    dialoguer::Input::<String>::new().with_prompt(prompt).allow_empty(true).interact_text().map_err(answered)
}

fn prompt(missing: &Missing<'_>) -> String {
    let description = missing.schema.get("description").and_then(Value::as_str);
    match description {
        Some(description) => format!("{} ({})", missing.name, one_line(description)),
        None => missing.name.to_owned(),
    }
}

/// The values to choose from, where the schema names them.
fn choices(schema: &Value) -> Option<Vec<String>> {
    if schema.get("type").and_then(Value::as_str) == Some("boolean") {
        return Some(vec!["true".to_owned(), "false".to_owned()]);
    }
    let choices: Vec<String> = schema.get("enum")?.as_array()?.iter().map(text_of).collect();
    (!choices.is_empty()).then_some(choices)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::facts::workflow::parse;

    const WORKFLOW: &str = "name: x\ninputs:\n  domain: example.org\n  depth: { type: integer, minimum: 1, description: how deep }\n  \
        mode: { enum: [fast, slow] }\n  hosts: { type: array, default: [] }\nnodes: [{ id: a, run: x }]";

    fn args(pairs: &[(&str, &str)], file: Option<&Path>) -> InputArgs {
        let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        InputArgs { pairs, inputs_file: file.map(Path::to_owned) }
    }

    #[test]
    fn flags_win_over_the_file_and_texts_get_their_types() {
        let workflow = parse("w", WORKFLOW).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("inputs.yaml");
        std::fs::write(&file, "depth: 2\nmode: slow\nhosts: [a, b]\n").unwrap();
        let values = gather_with(&workflow, &args(&[("depth", "3")], Some(&file)), None).unwrap();
        let expected = json!({ "depth": 3, "mode": "slow", "hosts": ["a", "b"], "domain": "example.org" });
        assert_eq!(Value::Object(values.clone()), expected);
        // As texts and back they are the same.
        let again = workflow.check_inputs(&workflow.inputs_from_texts(&texts(&values))).unwrap();
        assert_eq!(again, values);
        std::fs::write(&file, "{\"depth\": 2, \"mode\": \"fast\"}").unwrap();
        let values = gather_with(&workflow, &args(&[], Some(&file)), None).unwrap();
        assert_eq!((&values["depth"], &values["mode"]), (&json!(2), &json!("fast")));
    }

    #[test]
    fn what_is_missing_is_asked_for_once_and_else_refused() {
        let workflow = parse("w", WORKFLOW).unwrap();
        let mut asked = Vec::new();
        let mut ask = |missing: &Missing<'_>| {
            asked.push(prompt(missing));
            Ok(if missing.name == "depth" { "4".to_owned() } else { "fast".to_owned() })
        };
        let values = gather_with(&workflow, &args(&[("domain", "d")], None), Some(&mut ask)).unwrap();
        assert_eq!(Value::Object(values), json!({ "domain": "d", "depth": 4, "mode": "fast", "hosts": [] }));
        assert_eq!(asked, ["depth (how deep)", "mode"]);
        let refused = gather_with(&workflow, &args(&[("dpeth", "1")], None), None).unwrap_err().to_string();
        for told in ["no input `dpeth`", "the input `depth` needs a value", "the input `mode` needs a value"]
        {
            assert!(refused.contains(told), "{refused}");
        }
    }

    #[test]
    fn files_that_are_none_say_so() {
        assert_eq!(values("").unwrap(), Map::new());
        assert!(values("- a\n- b").unwrap_err().contains("a mapping"));
        assert!(values("a: [").is_err());
        let absent = args(&[], Some(Path::new("/no/such/file")));
        let workflow = parse("w", WORKFLOW).unwrap();
        assert!(gather_with(&workflow, &absent, None).unwrap_err().to_string().contains("/no/such/file"));
    }

    #[test]
    fn schemas_with_few_values_are_a_choice() {
        assert_eq!(choices(&json!({ "enum": ["a", 1] })), Some(vec!["a".to_owned(), "1".to_owned()]));
        assert_eq!(choices(&json!({ "type": "boolean" })).unwrap().len(), 2);
        assert_eq!(choices(&json!({ "type": "string" })), None);
    }
}
