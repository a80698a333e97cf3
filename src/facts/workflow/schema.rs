//! JSON Schemas (2020-12) that people write: of inputs and of the forms of approvals.
//!
//! Owns what keeps such a schema harmless. References stay inside of it and never come back to themselves, regular
//! expressions run in linear time, and nothing is ever fetched.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use super::fault::{did_you_mean, quoted};

/// Values of a schema with its references followed: validation costs no more than that for each value checked.
const EXPANDED_MAX: u64 = 20_000;
/// Bytes of one compiled regular expression.
const PATTERN_MAX_BYTES: usize = 256 * 1024;
/// Faults of one value that are told; a list of a million wrong items has them all for the same reason.
const FAULTS_MAX: usize = 50;
/// Keys whose content is data and no schema.
const DATA_KEYS: &[&str] = &["default", "const", "enum", "examples"];
/// The draft that schemas are written in; naming it changes nothing.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";
/// Keys that lead into other documents, or to where the value itself decides.
const REFUSED_KEYS: &[&str] =
    &["$dynamicRef", "$recursiveRef", "$dynamicAnchor", "$anchor", "$id", "$schema"];
/// The keywords of 2020-12; an unknown one at the top of a schema is taken for a typing mistake.
const KEYWORDS: &[&str] = &[
    "$comment",
    "$defs",
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "contains",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "default",
    "dependentRequired",
    "dependentSchemas",
    "deprecated",
    "description",
    "else",
    "enum",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "if",
    "items",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "propertyNames",
    "readOnly",
    "required",
    "then",
    "title",
    "type",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
    "writeOnly",
];

/// A schema that was checked and compiled.
#[derive(Clone)]
pub struct Schema {
    written: Value,
    validator: Arc<Validator>,
}

/// A value that does not fit, by the JSON Pointer of its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    pub pointer: String,
    pub detail: String,
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.written.fmt(f)
    }
}

impl Schema {
    /// Checks and compiles; the error is what was found in the words of a fault.
    pub fn compile(written: Value) -> Result<Self, String> {
        if let Some(unknown) =
            written.as_object().and_then(|map| map.keys().find(|key| !is_known_keyword(key)))
        {
            let hint = did_you_mean(unknown, KEYWORDS.iter().copied());
            return Err(format!("the unknown keyword {}{hint}", quoted(unknown)));
        }
        References::of(&written)?.check()?;
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .offline()
            .should_validate_formats(true)
            .with_pattern_options(
                PatternOptions::regex().size_limit(PATTERN_MAX_BYTES).dfa_size_limit(PATTERN_MAX_BYTES),
            )
            .build(&written)
            .map_err(|error| {
                let place = error.instance_path().to_string();
                let place = if place.is_empty() { String::new() } else { format!(" at {place}") };
                format!("no valid JSON Schema{place} ({error})")
            })?;
        Ok(Self { written, validator: Arc::new(validator) })
    }

    /// As it was written.
    #[must_use]
    pub fn written(&self) -> &Value {
        &self.written
    }

    /// What is wrong with `value`, which stands at `pointer`; nothing when it fits.
    #[must_use]
    pub fn misfits(&self, value: &Value, pointer: &str) -> Vec<Misfit> {
        let misfit = |error: jsonschema::ValidationError<'_>| Misfit {
            pointer: format!("{pointer}{}", error.instance_path()),
            detail: shortened(&error.to_string()),
        };
        self.validator.iter_errors(value).take(FAULTS_MAX).map(misfit).collect()
    }

    #[must_use]
    pub fn fits(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }

    /// The names in `type`.
    #[must_use]
    pub fn types(&self) -> Vec<&str> {
        match self.written.get("type") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }
}

fn is_known_keyword(key: &str) -> bool {
    key.starts_with("x-") || KEYWORDS.contains(&key) || REFUSED_KEYS.contains(&key)
}

/// A validator's message repeats the value, which may be large.
fn shortened(message: &str) -> String {
    const SHOWN_MAX: usize = 300;
    let mut shown: String = message.chars().take(SHOWN_MAX).collect();
    if message.chars().nth(SHOWN_MAX).is_some() {
        shown.push('…');
    }
    shown
}

/// A part of a schema that references lead to: the whole (`#`) or one of its `$defs`.
#[derive(Default)]
struct Part {
    values: u64,
    references: Vec<String>,
}

struct References {
    parts: HashMap<String, Part>,
}

impl References {
    fn of(schema: &Value) -> Result<Self, String> {
        let mut parts = HashMap::new();
        let mut whole = Part::default();
        if let Value::Object(map) = schema {
            for (key, value) in map {
                if let ("$defs", Value::Object(definitions)) = (key.as_str(), value) {
                    for (name, definition) in definitions {
                        let mut part = Part::default();
                        collect(definition, &mut part)?;
                        parts.insert(format!("#/$defs/{name}"), part);
                    }
                } else {
                    collect_field(key, value, &mut whole)?;
                }
            }
        }
        parts.insert("#".to_owned(), whole);
        Ok(Self { parts })
    }

    /// Every reference leads to a definition, none to itself, and all of them together to no explosion.
    fn check(&self) -> Result<(), String> {
        let mut known = HashMap::new();
        for name in self.parts.keys() {
            self.expanded(name, &mut known)?;
        }
        let total = known.values().flatten().copied().fold(0, u64::saturating_add);
        if total > EXPANDED_MAX {
            return Err(format!(
                "a schema of {total} values with its references followed, of at most {EXPANDED_MAX}"
            ));
        }
        Ok(())
    }

    /// Values of a part with its references followed. `None` in `known` stands for a part that is being counted.
    fn expanded(&self, name: &str, known: &mut HashMap<String, Option<u64>>) -> Result<u64, String> {
        match known.get(name) {
            Some(Some(values)) => return Ok(*values),
            Some(None) => return Err(format!("the reference {}, which leads back to itself", quoted(name))),
            None => {}
        }
        // The chain of references is as deep as there are definitions, and each takes a frame.
        const CHAIN_MAX: usize = 64;
        if known.values().filter(|values| values.is_none()).count() > CHAIN_MAX {
            return Err("a chain of more than 64 references".to_owned());
        }
        let Some(part) = self.parts.get(name) else {
            return Err(format!(
                "the reference {}, where only those to `#/$defs/<name>` are followed",
                quoted(name)
            ));
        };
        known.insert(name.to_owned(), None);
        let mut values = part.values;
        for reference in &part.references {
            values = values.saturating_add(self.expanded(reference, known)?);
        }
        known.insert(name.to_owned(), Some(values));
        Ok(values)
    }
}

fn collect(schema: &Value, part: &mut Part) -> Result<(), String> {
    part.values += 1;
    match schema {
        Value::Object(map) => map.iter().try_for_each(|(key, value)| collect_field(key, value, part)),
        Value::Array(items) => items.iter().try_for_each(|item| collect(item, part)),
        _ => Ok(()),
    }
}

fn collect_field(key: &str, value: &Value, part: &mut Part) -> Result<(), String> {
    match value {
        Value::String(reference) if key == "$ref" => {
            part.references.push(reference.clone());
            Ok(())
        }
        // A property may have any of these names; its value is then a schema and no text.
        Value::String(draft) if key == "$schema" && draft == DRAFT => Ok(()),
        Value::String(_) if REFUSED_KEYS.contains(&key) => {
            Err(format!("the keyword {}, which leads out of the schema", quoted(key)))
        }
        _ if DATA_KEYS.contains(&key) => Ok(()),
        _ => collect(value, part),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_checked_and_every_misfit_has_its_pointer() {
        let schema = Schema::compile(json!({
            "type": "object",
            "properties": { "n": { "type": "integer", "minimum": 1 }, "mail": { "format": "email" } },
            "required": ["n"],
        }))
        .unwrap();
        assert_eq!(schema.misfits(&json!({ "n": 1, "mail": "a@example.org" }), "/x"), []);
        let misfits = schema.misfits(&json!({ "n": 0, "mail": "?" }), "/x");
        let mut pointers: Vec<_> = misfits.iter().map(|misfit| misfit.pointer.as_str()).collect();
        pointers.sort_unstable();
        assert_eq!(pointers, ["/x/mail", "/x/n"]);
    }

    #[test]
    fn references_stay_inside_and_never_come_back() {
        let ok = json!({ "$defs": { "a": { "type": "integer" } }, "items": { "$ref": "#/$defs/a" } });
        assert!(!Schema::compile(ok).unwrap().fits(&json!(["x"])));
        assert!(Schema::compile(json!({ "$schema": DRAFT, "type": "integer" })).unwrap().fits(&json!(3)));
        for (bad, expected) in [
            (json!({ "$ref": "https://example.org/x.json" }), "the reference"),
            (json!({ "$ref": "file:///etc/passwd" }), "the reference"),
            (json!({ "$ref": "#" }), "back to itself"),
            (json!({ "items": { "$ref": "#" } }), "back to itself"),
            (
                json!({ "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "$ref": "#/$defs/a" } } }),
                "back to itself",
            ),
            (json!({ "$ref": "#/$defs/nope" }), "the reference"),
            (json!({ "$id": "https://example.org/", "$ref": "x" }), "the keyword `$id`"),
            (json!({ "$schema": "https://example.org/draft" }), "the keyword `$schema`"),
            (json!({ "items": { "$dynamicRef": "#x" } }), "the keyword `$dynamicRef`"),
            (json!({ "type": "integr" }), "no valid JSON Schema at /type"),
            (json!({ "minimun": 3 }), "the unknown keyword `minimun` (did you mean `minimum`?)"),
            (json!({ "pattern": "(?=x)y" }), "no valid JSON Schema"),
            (json!({ "pattern": "(a{1000}){1000}" }), "no valid JSON Schema"),
        ] {
            let found = Schema::compile(bad.clone()).unwrap_err();
            assert!(found.contains(expected), "{bad}: {found}");
        }
    }

    #[test]
    fn references_that_multiply_are_refused() {
        let mut definitions = serde_json::Map::new();
        definitions.insert("d0".to_owned(), json!({ "type": "string" }));
        for level in 1..40 {
            let before = format!("#/$defs/d{}", level - 1);
            definitions
                .insert(format!("d{level}"), json!({ "anyOf": [{ "$ref": before }, { "$ref": before }] }));
        }
        let found = Schema::compile(json!({ "$defs": definitions, "$ref": "#/$defs/d39" })).unwrap_err();
        assert!(found.contains("with its references followed"), "{found}");
    }
}
