//! Expressions: `inputs.depth > 1 and nodes.list.output.count`, in the syntax of Jinja.
//!
//! Owns the one environment that compiles and evaluates them: undefined names are errors, the work and the memory of
//! an evaluation are bounded, and nothing outside of the scope can be reached. Never renders a template of the engine:
//! [`super::template`] takes texts apart itself, so `{%` and `{#` mean nothing special in them.

use std::fmt;
use std::sync::{Arc, OnceLock};

use minijinja::value::ValueKind;
use minijinja::{Environment, ErrorKind, UndefinedBehavior};
use serde_json::Value;

use super::fault::{Fault, Place, quoted};
use super::names;
use super::scope::Scope;
use super::template;

/// Instructions, and 64 bytes of data each, that one evaluation may cost: some milliseconds and a few megabytes.
const FUEL: u64 = 100_000;
/// Bytes of a value that an expression may give: more than a run's inputs may have. Fuel does not see these, since the
/// engine shares what it repeats.
pub const VALUE_MAX_BYTES: usize = 8 << 20;
/// Nesting of a value that an expression may give, as deep as an event may be.
const DEPTH_MAX: usize = 64;
/// Bytes of one expression; whoever writes a longer one wants a node of its own for it.
pub const EXPRESSION_MAX_BYTES: usize = 4_096;

/// An expression that compiles, and where it stands.
#[derive(Debug, Clone)]
pub struct Expression {
    source: Arc<str>,
    at: Place,
}

/// When a node runs at all.
#[derive(Debug, Clone)]
pub struct Condition(Expression);

/// Why an expression has no value; the sentence completes "the node failed: …".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpressionFault {
    pub expression: Arc<str>,
    pub reason: String,
}

impl fmt::Display for ExpressionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has no value: {}", quoted(&self.expression), self.reason)
    }
}

impl std::error::Error for ExpressionFault {}

fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: OnceLock<Environment<'static>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        // It prints the whole scope, which nobody who writes a condition wants in a message.
        environment.remove_global("debug");
        environment
    })
}

impl Expression {
    /// Compiles `source`, which stands at `at`.
    pub fn parse(source: &str, at: Place) -> Result<Self, Fault> {
        let source = source.trim();
        let expected = "an expression such as inputs.depth > 1";
        if source.is_empty() {
            return Err(Fault::new(at, "an empty expression", expected));
        }
        if source.len() > EXPRESSION_MAX_BYTES {
            return Err(Fault::new(at, "an expression of more than 4,096 bytes", "a shorter one"));
        }
        match environment().compile_expression_owned(source.to_owned()) {
            Ok(_) => Ok(Self { source: source.into(), at }),
            Err(error) => {
                let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
                Err(Fault::new(at, format!("{}, which can't be read ({detail})", quoted(source)), expected))
            }
        }
    }

    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    #[must_use]
    pub fn at(&self) -> Place {
        self.at
    }

    /// The names that the expression reads without declaring them, without those that the language itself has.
    #[must_use]
    pub(super) fn free_names(&self) -> Vec<String> {
        let Ok(compiled) = environment().compile_expression_owned(self.source.to_string()) else {
            return Vec::new();
        };
        let mut names: Vec<String> = compiled
            .undeclared_variables(false)
            .into_iter()
            .filter(|name| !environment().globals().any(|(global, _)| global == name))
            .collect();
        names.sort_unstable();
        names
    }

    /// The filters and tests that there are not, with the word for which of the two. The engine itself looks them up
    /// when it evaluates.
    pub(super) fn unknown_operations(&self) -> Vec<(&'static str, String)> {
        let is_unknown = |(kind, name): &(&'static str, String)| {
            let (probe, unknown) = match *kind {
                "filter" => (format!("none | {name}"), ErrorKind::UnknownFilter),
                _ => (format!("none is {name}"), ErrorKind::UnknownTest),
            };
            let probed = environment().compile_expression_owned(probe).and_then(|probe| probe.eval(()));
            probed.is_err_and(|error| error.kind() == unknown)
        };
        names::operations(&self.source).into_iter().filter(is_unknown).collect()
    }

    /// Its value.
    pub fn evaluate(&self, scope: &Scope) -> Result<Value, ExpressionFault> {
        let mut left = VALUE_MAX_BYTES;
        self.value(scope).and_then(|value| json_of(&value, 0, &mut left).map_err(|reason| self.fault(reason)))
    }

    fn value(&self, scope: &Scope) -> Result<minijinja::Value, ExpressionFault> {
        let compiled = environment()
            .compile_expression_owned(self.source.to_string())
            .map_err(|error| self.fault(error.to_string()))?;
        match compiled.eval(scope.root()) {
            Ok(value) if value.is_undefined() => Err(self.fault(self.undefined(scope))),
            Ok(value) => Ok(value),
            Err(error) if is_undefined(&error) => Err(self.fault(self.undefined(scope))),
            Err(error) if error.kind() == ErrorKind::OutOfFuel => {
                Err(self.fault("it takes more work than an expression may".to_owned()))
            }
            Err(error) => {
                let detail = error.detail().map_or_else(String::new, |detail| format!(": {detail}"));
                Err(self.fault(format!("{}{detail}", error.kind())))
            }
        }
    }

    /// Names what is undefined, where that can be seen.
    fn undefined(&self, scope: &Scope) -> String {
        let missing = names::paths(&self.source).into_iter().find_map(|path| scope.first_undefined(&path));
        missing.map_or_else(
            || "a part of it is undefined".to_owned(),
            |name| format!("{} is undefined", quoted(&name)),
        )
    }

    pub(super) fn fault(&self, reason: String) -> ExpressionFault {
        ExpressionFault { expression: Arc::clone(&self.source), reason }
    }
}

impl Condition {
    /// Reads a condition, with the braces of a template around it or without.
    pub fn parse(text: &str, at: Place) -> Result<Self, Fault> {
        if let Some(inner) = template::sole_expression(text) {
            return Expression::parse(inner, at).map(Self);
        }
        if text.contains("${{") {
            return Err(Fault::new(
                at,
                quoted(text),
                "one expression, all of it between ${{ and }} or without them",
            ));
        }
        Expression::parse(text, at).map(Self)
    }

    #[must_use]
    pub fn expression(&self) -> &Expression {
        &self.0
    }

    /// Whether it holds: empty texts, lists and mappings, 0, none and false do not.
    pub fn holds(&self, scope: &Scope) -> Result<bool, ExpressionFault> {
        self.0.value(scope).map(|value| value.is_true())
    }
}

/// Operators call an operand undefined that a lookup has let through.
fn is_undefined(error: &minijinja::Error) -> bool {
    error.kind() == ErrorKind::UndefinedError
        || error.detail().is_some_and(|detail| detail.contains("undefined"))
}

/// The value as JSON, of at most `left` bytes. An undefined part of it is an error, as everywhere.
fn json_of(value: &minijinja::Value, depth: usize, left: &mut usize) -> Result<Value, String> {
    /// What a number or a bracket takes, roughly.
    const ITEM_BYTES: usize = 16;
    if depth > DEPTH_MAX {
        return Err("its value is nested too deeply".to_owned());
    }
    let bytes = value.as_str().map_or(ITEM_BYTES, |text| text.len() + ITEM_BYTES);
    *left = left.checked_sub(bytes).ok_or("its value has more than 8 MiB")?;
    let unreadable = |error: minijinja::Error| error.to_string();
    match value.kind() {
        ValueKind::Undefined => Err("a part of its value is undefined".to_owned()),
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter().map_err(unreadable)?;
            items.map(|item| json_of(&item, depth + 1, left)).collect::<Result<_, _>>().map(Value::Array)
        }
        ValueKind::Map => {
            let mut map = serde_json::Map::new();
            for key in value.try_iter().map_err(unreadable)? {
                let name = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
                *left = left.checked_sub(name.len()).ok_or("its value has more than 8 MiB")?;
                let item = value.get_item(&key).map_err(unreadable)?;
                map.insert(name, json_of(&item, depth + 1, left)?);
            }
            Ok(Value::Object(map))
        }
        _ => serde_json::to_value(value).map_err(|error| error.to_string()),
    }
}
