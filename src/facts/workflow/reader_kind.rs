//! Reads what a node does: a command, a question to a person, or a run of another workflow.

use std::sync::Arc;

use super::command::{IMAGE_EXPECTED, is_image};
use super::fault::{Fault, quoted};
use super::fields::{Fields, argument, fixed, is_variable, name, noted, number, pairs, push, template, text};
use super::json;
use super::model::{
    ARTIFACTS_MAX, Approval, Call, Command, CommandNode, ENV_MAX, GLOB_MAX_BYTES, INPUTS_MAX, Kind,
    Resources, SECRETS_MAX,
};
use super::reader::read_schema;
use super::template::{Template, has_template};
use super::units::{self, CPUS_EXPECTED, MEMORY_EXPECTED};
use super::yaml::{Tree, Value};

/// The key that says what a node does, and the keys that go with it alone.
const KINDS: &[(&str, &[&str])] = &[
    ("run", &["image", "env", "secrets", "tty", "resources", "artifacts", "retries"]),
    ("approval", &[]),
    ("workflow", &["with", "retries"]),
];
const APPROVAL_KEYS: &[&str] = &["message", "form"];
const RESOURCE_KEYS: &[&str] = &["memory", "cpus", "pids"];
/// More processes than any machine of ours has numbers for.
const PIDS_MAX: u32 = 100_000;
/// Longest name of a secret in bytes.
const SECRET_NAME_MAX_BYTES: usize = 128;

type Pairs = Vec<(Arc<str>, Arc<str>)>;

/// What the node does; keys of several kinds are a fault that names both.
pub fn kind(fields: &Fields<'_>, faults: &mut Vec<Fault>) -> Option<Kind> {
    let mut leaders = KINDS.iter().filter(|(leader, _)| fields.get(leader).is_some());
    let Some((leader, _)) = leaders.next() else {
        let expected = "`run`: a script, or a list of words to execute (or `approval`: a question, or `workflow`: a name)";
        push(faults, fields.at, "a node without `run`, `approval` or `workflow`", expected);
        return None;
    };
    for (other, _) in leaders {
        let at = fields.place_of_key(other).unwrap_or(fields.at);
        push(
            faults,
            at,
            format!("`{other}` beside `{leader}`"),
            "one of them: each makes a node of another kind",
        );
    }
    let goes_with = |key: &str| {
        KINDS.iter().filter(|(_, keys)| keys.contains(&key)).map(|(leader, _)| *leader).collect::<Vec<_>>()
    };
    for key in ["image", "env", "secrets", "tty", "resources", "artifacts", "retries", "with"] {
        let owners = goes_with(key);
        if let Some(at) = fields.place_of_key(key)
            && !owners.contains(leader)
        {
            let expected = format!("`{key}` only with `{}`", owners.join("` or `"));
            push(faults, at, format!("`{key}` beside `{leader}`"), &expected);
        }
    }
    match *leader {
        "run" => command_node(fields, faults).map(Kind::Command),
        "approval" => approval(fields.get("approval")?, faults).map(Kind::Approval),
        _ => call(fields, faults).map(Kind::Call),
    }
}

fn command_node(fields: &Fields<'_>, faults: &mut Vec<Fault>) -> Option<CommandNode> {
    let image = fields.get("image").and_then(|tree| read_image(tree, faults));
    let command = fields.get("run").and_then(|tree| read_command(tree, faults));
    let env = fields.get("env").map(|tree| read_env(tree, faults)).unwrap_or_default();
    let secrets = fields.get("secrets").map(|tree| read_secrets(tree, faults)).unwrap_or_default();
    if let Some((twice, _)) = secrets.iter().find(|(name, _)| env.iter().any(|(other, _)| other == name)) {
        let found = format!("{} in `env` and in `secrets`", quoted(twice));
        push(faults, fields.place_of("secrets"), found, "each variable once");
    }
    let tty = fields.get("tty").and_then(|tree| {
        let expected = "true or false";
        number(tree, expected, |_: &bool| true, faults)
    });
    let resources = fields.get("resources").and_then(|tree| read_resources(tree, faults)).unwrap_or_default();
    let artifacts = fields.get("artifacts").map(|tree| read_artifacts(tree, faults)).unwrap_or_default();
    Some(CommandNode {
        command: command?,
        image,
        env,
        secrets,
        tty: tty.unwrap_or(false),
        resources,
        artifacts,
    })
}

fn read_image(tree: &Tree, faults: &mut Vec<Fault>) -> Option<Template> {
    let image = text(tree, IMAGE_EXPECTED, faults)?;
    if !has_template(&image) && !is_image(&image) {
        push(faults, tree.at, quoted(&image), IMAGE_EXPECTED);
        return None;
    }
    noted(Template::parse(&image, tree.at), faults)
}

fn read_command(tree: &Tree, faults: &mut Vec<Fault>) -> Option<Command> {
    let expected = "a script, or a list of words to execute";
    match &tree.value {
        Value::List(words) if !words.is_empty() => {
            let read: Vec<_> = words.iter().filter_map(|word| template(word, faults)).collect();
            (read.len() == words.len()).then_some(Command::Arguments(read))
        }
        Value::Scalar { text, .. } if !text.trim().is_empty() && !tree.is_null() => {
            let script = argument(tree, faults)?;
            if has_template(&script) {
                let expected = "env: shell scripts get no templates, so that no value becomes code";
                push(faults, tree.at, "a template in a script", expected);
                return None;
            }
            Some(Command::Script(script))
        }
        Value::List(_) => {
            push(faults, tree.at, "an empty list", expected);
            None
        }
        _ => {
            push(faults, tree.at, tree.described(), expected);
            None
        }
    }
}

/// Pairs whose keys are variables that a node may be given.
fn variables<'t>(tree: &'t Tree, expected: &str, faults: &mut Vec<Fault>) -> Vec<(Arc<str>, &'t Tree)> {
    let mut variables = Vec::new();
    for (key, name, value) in pairs(tree, expected, faults) {
        if !is_variable(&name) {
            let expected = "a variable's name: letters, digits and _, not beginning with a digit";
            push(faults, key.at, quoted(&name), expected);
        } else if name.starts_with("TELLTALE_") {
            push(faults, key.at, quoted(&name), "a name without TELLTALE_, which the runner sets itself");
        } else {
            variables.push((name, value));
        }
    }
    variables
}

fn read_env(tree: &Tree, faults: &mut Vec<Fault>) -> Vec<(Arc<str>, Template)> {
    let entries = variables(tree, "a mapping of variables to values", faults);
    if entries.len() > ENV_MAX {
        push(faults, tree.at, format!("{} variables", entries.len()), "at most 1,000");
        return Vec::new();
    }
    let read = |(name, value): (Arc<str>, &Tree)| {
        let value = if value.is_null() {
            noted(Template::parse("", value.at), faults)
        } else {
            template(value, faults)
        };
        Some((name, value?))
    };
    entries.into_iter().filter_map(read).collect()
}

fn read_secrets(tree: &Tree, faults: &mut Vec<Fault>) -> Pairs {
    let entries = variables(tree, "a mapping of variables to the names of secrets", faults);
    if entries.len() > SECRETS_MAX {
        push(faults, tree.at, format!("{} secrets", entries.len()), "at most 64");
        return Vec::new();
    }
    let expected =
        "the name of a stored secret: letters, digits, . _ and -, beginning with a letter or digit";
    let mut secrets = Vec::with_capacity(entries.len());
    for (variable, value) in entries {
        let Some(name) = text(value, expected, faults) else { continue };
        if is_secret_name(&name) {
            secrets.push((variable, name));
        } else {
            push(faults, value.at, quoted(&name), expected);
        }
    }
    secrets
}

/// Whether a text can be the name of a stored secret.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    name.len() <= SECRET_NAME_MAX_BYTES
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

fn read_resources(tree: &Tree, faults: &mut Vec<Fault>) -> Option<Resources> {
    let fields = Fields::read(tree, "resources", RESOURCE_KEYS, faults)?;
    let memory_bytes = fields.get("memory").and_then(|tree| {
        let read = tree.text().and_then(|text| units::memory(text));
        if read.is_none() {
            push(faults, tree.at, tree.described(), MEMORY_EXPECTED);
        }
        read
    });
    let cpu_millis = fields.get("cpus").and_then(|tree| {
        let read = tree.text().and_then(|text| units::cpu_millis(text));
        if read.is_none() {
            push(faults, tree.at, tree.described(), CPUS_EXPECTED);
        }
        read
    });
    let pids = fields.get("pids").and_then(|tree| {
        let fine = |pids: &u32| (1..=PIDS_MAX).contains(pids);
        number(tree, "a number of processes from 1 to 100000", fine, faults)
    });
    Some(Resources { memory_bytes, cpu_millis, pids })
}

/// A list of globs, or a single one.
fn read_artifacts(tree: &Tree, faults: &mut Vec<Fault>) -> Vec<Arc<str>> {
    let trees: Vec<&Tree> = match &tree.value {
        Value::List(entries) => entries.iter().map(|entry| &**entry).collect(),
        _ => vec![tree],
    };
    if trees.len() > ARTIFACTS_MAX {
        push(faults, tree.at, format!("{} globs", trees.len()), "at most 32");
        return Vec::new();
    }
    trees.into_iter().filter_map(|tree| read_glob(tree, faults)).collect()
}

fn read_glob(tree: &Tree, faults: &mut Vec<Fault>) -> Option<Arc<str>> {
    let expected = "a glob of files in the workspace, such as out/*.json";
    let glob = fixed(tree, expected, faults)?;
    // Files are looked for in the workspace alone, so a path that leads out of it can only be a mistake.
    let leads_out = glob.starts_with('/') || glob.split('/').any(|part| part == "..");
    if glob.is_empty() || glob.len() > GLOB_MAX_BYTES || glob.contains('\0') || leads_out {
        push(faults, tree.at, quoted(&glob), expected);
        return None;
    }
    match globset::GlobBuilder::new(&glob).literal_separator(true).build() {
        Ok(_) => Some(glob),
        Err(error) => {
            push(
                faults,
                tree.at,
                format!("{}, which is no glob ({})", quoted(&glob), error.kind()),
                expected,
            );
            None
        }
    }
}

/// A message alone, or with a form.
fn approval(tree: &Tree, faults: &mut Vec<Fault>) -> Option<Approval> {
    let Value::Map(_) = &tree.value else {
        text(tree, "a question, or a mapping with message and form", faults)?;
        return Some(Approval { message: template(tree, faults)?, form: None });
    };
    let fields = Fields::read(tree, "approval", APPROVAL_KEYS, faults)?;
    let message = fields.required("message", "the question", faults).and_then(|tree| {
        text(tree, "a question", faults)?;
        template(tree, faults)
    });
    let form = fields.get("form").and_then(|tree| {
        let form = read_schema(tree, faults)?;
        let is_object = form.written().get("type").is_some_and(|kind| kind == "object");
        if !is_object {
            push(faults, tree.at, "a form whose `type` is not object", "a JSON Schema with `type: object`");
        }
        is_object.then_some(form)
    });
    Some(Approval { message: message?, form })
}

fn call(fields: &Fields<'_>, faults: &mut Vec<Fault>) -> Option<Call> {
    let workflow = fields.get("workflow").and_then(|tree| name(tree, faults));
    let mut with = Vec::new();
    if let Some(tree) = fields.get("with") {
        let entries = pairs(tree, "a mapping of the other workflow's inputs to values", faults);
        if entries.len() > INPUTS_MAX {
            push(faults, tree.at, format!("{} values", entries.len()), "at most 256");
        }
        for (_, name, value) in entries {
            with.extend(json::data(value, faults).map(|value| (name, value)));
        }
    }
    Some(Call { workflow: workflow?, with })
}
