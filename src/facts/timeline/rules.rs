//! What a team says is no part of its workflow's behaviour: rules by place, and masks by text.
//!
//! ```yaml
//! defaults: true          # false: nothing is dropped or masked that this file does not name
//! progress: seen          # that an attempt told any; last: the last of several in a row; all: every one
//! rules:
//!   - path: /nodes/*/events/*/data/rows     # a JSON pointer; * is one step, ** any number of them
//!     do: mask                              # drop, mask, or round (to a multiple of `to`)
//! masks:
//!   - match: 'order-[0-9]+'                 # within any text
//!     with: <order>
//! ```

use serde::Deserialize;
use serde_json::Value;

use super::masks::{self, Mask, RUN};

/// Rules and masks of one file.
const RULES_MAX: usize = 1_000;
/// Longest rule file.
const FILE_MAX_BYTES: usize = 256 * 1024;
const MASKED: &str = "<masked>";

/// Where a container, a process or a host shows, and what a clock has measured.
const DROPPED: [&str; 18] = [
    "/**/data/engine",
    "/**/data/image",
    "/**/data/runner",
    "/**/data/jobs",
    "/**/data/worker",
    "/**/data/host",
    "/**/data/hostname",
    "/**/data/pid",
    "/**/data/container",
    "/**/data/containerId",
    "/**/data/durationMs",
    "/**/data/delayMs",
    "/**/data/artifactId",
    "/**/data/createdAt",
    "/**/data/sha256",
    "/**/data/bytes",
    "/**/data/port",
    "/**/data/version",
];

/// Why a rule file is not taken; completes "the rules …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RulesFault(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) enum ProgressFacts {
    /// That an attempt told any.
    #[default]
    Seen,
    /// The last of several in a row.
    Last,
    All,
}

/// All that is done to a timeline before it is shown or compared.
#[derive(Debug, Clone)]
pub struct Rules {
    pub(super) progress: ProgressFacts,
    pub(super) debug_notes: bool,
    places: Vec<Place>,
    masks: Vec<Mask>,
}

#[derive(Debug, Clone)]
struct Place {
    steps: Vec<Step>,
    action: Action,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    One,
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Action {
    Drop,
    Mask,
    Round(f64),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    #[serde(default = "yes")]
    defaults: bool,
    #[serde(default)]
    progress: ProgressFacts,
    #[serde(default)]
    rules: Vec<RuleOfFile>,
    #[serde(default)]
    masks: Vec<MaskOfFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleOfFile {
    path: String,
    #[serde(rename = "do")]
    action: Word,
    #[serde(default)]
    to: Option<f64>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
enum Word {
    Drop,
    Mask,
    Round,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MaskOfFile {
    #[serde(rename = "match")]
    pattern: String,
    with: String,
}

fn yes() -> bool {
    true
}

impl Default for Rules {
    fn default() -> Self {
        let places =
            DROPPED.iter().map(|path| Place { steps: steps(path).unwrap_or_default(), action: Action::Drop });
        Self {
            progress: ProgressFacts::Seen,
            debug_notes: false,
            places: places.collect(),
            masks: masks::defaults(),
        }
    }
}

impl Rules {
    /// Reads a rule file.
    pub fn parse(text: &str) -> Result<Self, RulesFault> {
        let fault = |text: String| RulesFault(text);
        if text.len() > FILE_MAX_BYTES {
            return Err(fault(format!("have more than {FILE_MAX_BYTES} bytes")));
        }
        let file: File =
            serde_saphyr::from_str(text).map_err(|error| fault(format!("can't be read: {error}")))?;
        if file.rules.len() + file.masks.len() > RULES_MAX {
            return Err(fault(format!("are more than {RULES_MAX}")));
        }
        let mut rules = if file.defaults { Self::default() } else { Self::nothing() };
        rules.progress = file.progress;
        for rule in file.rules {
            let steps = steps(&rule.path)
                .ok_or_else(|| fault(format!("have a path `{}` that is no JSON pointer", rule.path)))?;
            let action = match (rule.action, rule.to) {
                (Word::Drop, _) => Action::Drop,
                (Word::Mask, _) => Action::Mask,
                (Word::Round, Some(to)) if to > 0.0 => Action::Round(to),
                (Word::Round, _) => {
                    return Err(fault(format!("round `{}` to nothing: `to` is a number above 0", rule.path)));
                }
            };
            rules.places.push(Place { steps, action });
        }
        for mask in file.masks {
            let made = Mask::new(&mask.pattern, &mask.with)
                .map_err(|why| fault(format!("match `{}`, which {why}", mask.pattern)))?;
            rules.masks.push(made);
        }
        Ok(rules)
    }

    fn nothing() -> Self {
        Self { progress: ProgressFacts::Seen, debug_notes: true, places: Vec::new(), masks: Vec::new() }
    }

    /// Applies all rules to the document of the run `run_id`.
    pub(super) fn apply(&self, run_id: &str, document: &mut Value) {
        for place in &self.places {
            visit(document, &place.steps, place.action);
        }
        without_empty_data(document);
        self.mask(run_id, document);
    }

    /// Masks every text in `value`.
    fn mask(&self, run_id: &str, value: &mut Value) {
        match value {
            Value::String(text) => {
                // A short id would be found in words that have nothing to do with it.
                if run_id.len() >= 8 && text.contains(run_id) {
                    *text = text.replace(run_id, RUN);
                }
                self.masks.iter().for_each(|mask| mask.apply(text));
            }
            Value::Array(list) => list.iter_mut().for_each(|value| self.mask(run_id, value)),
            Value::Object(map) => map.values_mut().for_each(|value| self.mask(run_id, value)),
            _ => {}
        }
    }
}

/// `None`: neither empty nor with a slash in front.
fn steps(path: &str) -> Option<Vec<Step>> {
    let rest = path.strip_prefix('/')?;
    let step = |part: &str| match part {
        "*" => Step::One,
        "**" => Step::Any,
        name => Step::Name(name.replace("~1", "/").replace("~0", "~")),
    };
    Some(rest.split('/').map(step).collect())
}

/// Does `action` to whatever `steps` lead to from `value`.
fn visit(value: &mut Value, steps: &[Step], action: Action) {
    let Some((step, rest)) = steps.split_first() else { return };
    if *step == Step::Any {
        visit(value, rest, action);
        each(value, |child| visit(child, steps, action));
        return;
    }
    if !rest.is_empty() {
        match (step, value) {
            (Step::Name(name), Value::Object(map)) => {
                if let Some(child) = map.get_mut(name) {
                    visit(child, rest, action);
                }
            }
            (Step::Name(name), Value::Array(list)) => {
                if let Some(child) = name.parse::<usize>().ok().and_then(|place| list.get_mut(place)) {
                    visit(child, rest, action);
                }
            }
            (_, value) => each(value, |child| visit(child, rest, action)),
        }
        return;
    }
    let here = |name: &str| matches!(step, Step::One) || matches!(step, Step::Name(wanted) if wanted == name);
    match value {
        Value::Object(map) if action == Action::Drop => map.retain(|name, _| !here(name)),
        Value::Object(map) => {
            map.iter_mut().filter(|(name, _)| here(name)).for_each(|(_, value)| act(value, action));
        }
        Value::Array(list) if action == Action::Drop => {
            let mut place = 0;
            list.retain(|_| {
                place += 1;
                !here(&(place - 1).to_string())
            });
        }
        Value::Array(list) => {
            let found = list.iter_mut().enumerate().filter(|(place, _)| here(&place.to_string()));
            found.for_each(|(_, value)| act(value, action));
        }
        _ => {}
    }
}

/// An event whose data were all dropped says as much as one that had none.
fn without_empty_data(value: &mut Value) {
    if let Value::Object(map) = value {
        map.retain(|name, value| name != "data" || value.as_object().is_none_or(|data| !data.is_empty()));
    }
    each(value, without_empty_data);
}

fn each(value: &mut Value, then: impl FnMut(&mut Value)) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(then),
        Value::Object(map) => map.values_mut().for_each(then),
        _ => {}
    }
}

fn act(value: &mut Value, action: Action) {
    match action {
        Action::Drop => {}
        Action::Mask => *value = MASKED.into(),
        Action::Round(to) => {
            let Some(number) = value.as_f64() else { return };
            let rounded = (number / to).round() * to;
            // Whole numbers stay so, within what a float says exactly.
            let is_whole = rounded.fract() == 0.0 && rounded.abs() < 9e15;
            *value = if is_whole { (rounded as i64).into() } else { rounded.into() };
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn applied(rules: &str, mut document: Value) -> Value {
        Rules::parse(rules).unwrap().apply("the-run-itself", &mut document);
        document
    }

    #[test]
    fn rules_find_their_places_by_pointers_with_stars() {
        let document =
            || json!({"nodes": [{"data": {"a": 14, "b": "x", "c": [1, 2]}}, {"data": {"a": 26}}], "a": 1});
        let rules = |rule: &str| format!("defaults: false\nrules:\n  - {rule}\n");
        for (rule, expected) in [
            (
                "{path: /nodes/*/data/a, do: drop}",
                json!({"nodes": [{"data": {"b": "x", "c": [1, 2]}}, {}], "a": 1}),
            ),
            (
                "{path: /**/a, do: mask}",
                json!({"nodes": [{"data": {"a": "<masked>", "b": "x", "c": [1, 2]}}, {"data": {"a": "<masked>"}}], "a": "<masked>"}),
            ),
            (
                "{path: /**/a, do: round, to: 10}",
                json!({"nodes": [{"data": {"a": 10, "b": "x", "c": [1, 2]}}, {"data": {"a": 30}}], "a": 0}),
            ),
            (
                "{path: /nodes/0/data/c/0, do: drop}",
                json!({"nodes": [{"data": {"a": 14, "b": "x", "c": [2]}}, {"data": {"a": 26}}], "a": 1}),
            ),
            (
                "{path: /nodes/1, do: drop}",
                json!({"nodes": [{"data": {"a": 14, "b": "x", "c": [1, 2]}}], "a": 1}),
            ),
        ] {
            assert_eq!(applied(&rules(rule), document()), expected, "{rule}");
        }
    }

    #[test]
    fn the_runs_own_id_and_what_a_file_names_are_masked() {
        let masked = applied(
            "masks:\n  - {match: 'order-[0-9]+', with: <order>}\n",
            json!({"a": ["the-run-itself: order-17", {"data": {"durationMs": 3}}]}),
        );
        assert_eq!(masked, json!({"a": ["<run>: <order>", {}]}));
    }

    #[test]
    fn a_wrong_file_is_told() {
        for wrong in [
            "rules: [{path: a, do: drop}]",
            "rules: [{path: /a, do: burn}]",
            "rules: [{path: /a, do: round}]",
            "masks: [{match: '(', with: x}]",
            "unknown: 1",
        ] {
            assert!(Rules::parse(wrong).is_err(), "{wrong}");
        }
    }
}
