//! Templates: texts with `${{ expression }}` in them, and JSON values made of such texts.
//!
//! Owns where an expression begins and ends in a text. A template that is one expression and nothing else keeps the
//! type of its value; every other one is a text.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::expression::{Expression, ExpressionFault, VALUE_MAX_BYTES};
use super::fault::{Fault, Place};
use super::scope::Scope;

const OPEN: &str = "${{";
const CLOSE: &str = "}}";

/// A text with expressions in it, or without.
#[derive(Debug, Clone)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    Text(Arc<str>),
    Expression(Expression),
}

/// A JSON value whose texts are templates.
#[derive(Debug, Clone)]
pub enum JsonTemplate {
    /// Null, a number or a boolean.
    Fixed(Value),
    Text(Template),
    List(Vec<JsonTemplate>),
    Map(Vec<(Arc<str>, JsonTemplate)>),
}

impl Template {
    /// Takes `text`, which stands at `at`, apart.
    pub fn parse(text: &str, at: Place) -> Result<Self, Fault> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find(OPEN) {
            if start > 0 {
                parts.push(Part::Text(rest[..start].into()));
            }
            let inner = &rest[start + OPEN.len()..];
            let Some(end) = end_of_expression(inner) else {
                return Err(Fault::new(at, "a `${{` without its `}}`", "an expression between ${{ and }}"));
            };
            parts.push(Part::Expression(Expression::parse(&inner[..end], at)?));
            rest = &inner[end + CLOSE.len()..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.into()));
        }
        Ok(Self { parts })
    }

    /// The text, where no expression is in it.
    #[must_use]
    pub fn fixed(&self) -> Option<&str> {
        match &self.parts[..] {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.parts.iter().filter_map(|part| match part {
            Part::Expression(expression) => Some(expression),
            Part::Text(_) => None,
        })
    }

    /// The value, which keeps its type where the template is one expression.
    pub fn value(&self, scope: &Scope) -> Result<Value, ExpressionFault> {
        match &self.parts[..] {
            [Part::Expression(expression)] => expression.evaluate(scope),
            _ => self.text(scope).map(Value::String),
        }
    }

    fn too_large(&self) -> ExpressionFault {
        let expression =
            self.expressions().next().map_or_else(|| Arc::from(""), |first| first.source().into());
        ExpressionFault { expression, reason: "the values around it have more than 8 MiB in all".to_owned() }
    }

    /// The text, with each value in it as [`text_of`] writes it.
    pub fn text(&self, scope: &Scope) -> Result<String, ExpressionFault> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(fixed) => text.push_str(fixed),
                Part::Expression(expression) => {
                    text.push_str(&text_of(&expression.evaluate(scope)?));
                    if text.len() > VALUE_MAX_BYTES {
                        return Err(expression.fault("the text around it has more than 8 MiB".to_owned()));
                    }
                }
            }
        }
        Ok(text)
    }
}

impl JsonTemplate {
    /// Its value, of at most `left` bytes, which are taken off.
    pub fn value(&self, scope: &Scope, left: &mut usize) -> Result<Value, ExpressionFault> {
        match self {
            Self::Fixed(value) => Ok(value.clone()),
            Self::Text(template) => {
                let value = template.value(scope)?;
                *left = left.checked_sub(text_of(&value).len()).ok_or_else(|| template.too_large())?;
                Ok(value)
            }
            Self::List(items) => {
                items.iter().map(|item| item.value(scope, left)).collect::<Result<_, _>>().map(Value::Array)
            }
            Self::Map(pairs) => {
                let mut value =
                    |(name, item): &(Arc<str>, Self)| Ok((name.to_string(), item.value(scope, left)?));
                pairs.iter().map(&mut value).collect::<Result<Map<_, _>, _>>().map(Value::Object)
            }
        }
    }

    /// Adds the expressions in it, at any depth, to `found`.
    pub(super) fn collect<'t>(&'t self, found: &mut Vec<&'t Expression>) {
        match self {
            Self::Fixed(_) => {}
            Self::Text(template) => found.extend(template.expressions()),
            Self::List(items) => items.iter().for_each(|item| item.collect(found)),
            Self::Map(pairs) => pairs.iter().for_each(|(_, item)| item.collect(found)),
        }
    }
}

/// A value inside of a text: texts as they are, null as nothing, everything else as JSON.
#[must_use]
pub fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// What stands between the braces of a text that is one expression and nothing else.
#[must_use]
pub(super) fn sole_expression(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix(OPEN)?;
    let end = end_of_expression(inner)?;
    (inner.len() == end + CLOSE.len()).then(|| &inner[..end])
}

/// Whether a text has a template in it, well formed or not.
#[must_use]
pub(super) fn has_template(text: &str) -> bool {
    text.contains(OPEN)
}

/// Where the `}}` begins that ends the expression: not inside of a text or of a mapping.
fn end_of_expression(text: &str) -> Option<usize> {
    let (mut quote, mut escaped, mut depth) = (None, false, 0usize);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') if depth > 0 => depth -= 1,
            (None, '}') if text[at..].starts_with(CLOSE) => return Some(at),
            (None, _) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const AT: Place = Place { line: 1, column: 1 };

    fn scope() -> Scope {
        Scope::of(&json!({
            "inputs": { "n": 3, "on": true, "hosts": ["a", "b"], "none": null, "name": "x", "f": 1.5, "long": "x".repeat(10_000) },
            "nodes": { "a b": { "output": { "count": 2 }, "status": "COMPLETED" } },
        }))
    }

    fn value(text: &str) -> Result<Value, String> {
        let template = Template::parse(text, AT).map_err(|fault| fault.found)?;
        template.value(&scope()).map_err(|fault| fault.to_string())
    }

    #[test]
    fn one_expression_keeps_its_type_and_everything_else_is_text() {
        for (text, expected) in [
            ("${{ inputs.n }}", json!(3)),
            ("${{inputs.on}}", json!(true)),
            ("${{ inputs.hosts }}", json!(["a", "b"])),
            ("${{ inputs.none }}", json!(null)),
            ("${{ inputs.f * 2 }}", json!(3.0)),
            ("${{ {'a': {'b': 1}} }}", json!({"a": {"b": 1}})),
            ("${{ '}}' ~ \"${{\" }}", json!("}}${{")),
            ("${{ nodes['a b'].output.count + 1 }}", json!(3)),
            ("${{ inputs.n }} of ${{ inputs.hosts }}", json!("3 of [\"a\",\"b\"]")),
            ("[${{ inputs.none }}]", json!("[]")),
            (" ${{ inputs.n }}", json!(" 3")),
            ("{% if x %} {{ y }} {# z #} $ { }}", json!("{% if x %} {{ y }} {# z #} $ { }}")),
            ("", json!("")),
        ] {
            assert_eq!(value(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_has_no_value_says_which_part_is_to_blame() {
        for (text, expected) in [
            ("${{ inputs.nope }}", "`inputs.nope` is undefined"),
            ("${{ inputs.n.x.y }}", "`inputs.n.x` is undefined"),
            ("${{ nodes['a b'].output.sum + 1 }}", "`nodes.a b.output.sum` is undefined"),
            ("${{ [inputs.nope] }}", "undefined"),
            ("${{ inputs.name + 1 }}", "`inputs.name + 1` has no value: invalid operation"),
            ("${{ inputs.name | nope }}", "unknown filter"),
            ("${{ 'x' * 100000000 }}", "more work than an expression may"),
            ("${{ range(1000000) | list | length }}", "has no value"),
            ("${{ [inputs.long] * 1000 }}", "more than 8 MiB"),
            ("${{ inputs.n }", "a `${{` without its `}}`"),
            ("${{ }}", "an empty expression"),
            ("${{ 1 + }}", "`1 +`, which can't be read"),
        ] {
            let found = value(text).unwrap_err();
            assert!(found.contains(expected), "{text}: {found}");
        }
        assert_eq!(value("${{ inputs.nope | default('d') }}"), Ok(json!("d")));
    }

    #[test]
    fn an_expression_that_is_too_deep_or_too_long_is_a_fault_and_no_crash() {
        assert!(value(&format!("${{{{ {}1{} }}}}", "(".repeat(1_500), ")".repeat(1_500))).is_err());
        assert!(value(&format!("${{{{ {} }}}}", "1+".repeat(3_000))).is_err());
        assert!(value(&format!("${{{{ {}1{} }}}}", "[".repeat(100), "]".repeat(100))).is_err());
        // As long as one may be, nested as deep as can be: on the stack of a test's thread, which is a worker's as well.
        for (before, piece, after) in [
            ("1", "+1", ""),
            ("", "-", "1"),
            ("", "not ", "1"),
            ("1", "|e", ""),
            ("1", ".a", ""),
            ("1", "[0]", ""),
            ("1", "()", ""),
            ("", "1 if 1 else ", "1"),
            ("1", " is e", ""),
            ("1", "<1", ""),
            ("1", "~1", ""),
            ("", "{1:", "1"),
            ("1", " and 1", ""),
            ("", "2**", "2"),
        ] {
            let source = format!("{before}{}{after}", piece.repeat(4_000 / piece.len()));
            if let Ok(expression) = Expression::parse(&source, AT) {
                assert!(expression.free_names().is_empty(), "{source}");
                drop(expression.evaluate(&scope()));
            }
        }
    }
}
