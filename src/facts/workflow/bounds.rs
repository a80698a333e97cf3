//! What a file may cost to read, beyond its bytes: aliases let few bytes stand for much work.

use super::fault::Fault;
use super::template::has_template;
use super::yaml::{Tree, Value};

/// Values with a template, and conditions, with aliases followed. Each is compiled when the file is read: ten a node
/// of the largest workflow, about a second of work.
const EXPRESSIONS_MAX: usize = 100_000;
/// Regular expressions in schemas: each may take a quarter of a megabyte once compiled.
const PATTERNS_MAX: usize = 256;
/// JSON Schemas, of inputs and forms: each is checked against the schema of schemas.
const SCHEMAS_MAX: usize = 1_000;

#[derive(Default)]
struct Counts {
    expressions: usize,
    patterns: usize,
    schemas: usize,
}

/// Refuses a file that wants too much of them.
pub fn check(tree: &Tree) -> Result<(), Fault> {
    let mut counts = Counts::default();
    count(tree, &mut counts);
    let over = |found: &str, expected: &str| Err(Fault::new(tree.at, found, expected));
    if counts.expressions > EXPRESSIONS_MAX {
        return over("more than 100,000 values with templates", "a smaller workflow");
    }
    if counts.patterns > PATTERNS_MAX {
        return over("more than 256 regular expressions", "fewer of them in the schemas of inputs and forms");
    }
    if counts.schemas > SCHEMAS_MAX {
        return over("more than 1,000 forms", "a smaller workflow");
    }
    Ok(())
}

fn count(tree: &Tree, counts: &mut Counts) {
    match &tree.value {
        Value::Scalar { text, .. } => counts.expressions += usize::from(has_template(text)),
        Value::List(items) => items.iter().for_each(|item| count(item, counts)),
        Value::Map(pairs) => {
            for (key, value) in pairs {
                match key.text().map(|key| &**key) {
                    Some("if") => counts.expressions += 1,
                    Some("pattern") => counts.patterns += 1,
                    Some("patternProperties") => {
                        counts.patterns +=
                            if let Value::Map(patterns) = &value.value { patterns.len() } else { 0 };
                    }
                    Some("form") => counts.schemas += 1,
                    _ => {}
                }
                count(value, counts);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    fn faults(text: &str) -> String {
        parse("w", text).unwrap_err().to_string()
    }

    #[test]
    fn aliases_that_multiply_templates_are_refused_before_anything_is_compiled() {
        let variables: Vec<String> = (0..400).map(|n| format!("V{n}: '${{{{ run.id }}}}'")).collect();
        let mut text =
            format!("name: x\nnodes:\n  - {{ id: n, run: x, env: &env {{ {} }} }}\n", variables.join(", "));
        for node in 0..400 {
            text.push_str(&format!("  - {{ id: n{node}, run: x, env: *env }}\n"));
        }
        assert!(faults(&text).contains("more than 100,000 values with templates"), "{}", faults(&text));
    }

    #[test]
    fn patterns_and_forms_are_bounded() {
        let inputs: Vec<String> =
            (0..200).map(|n| format!("i{n}: {{ pattern: x, items: {{ pattern: y }} }}")).collect();
        let text = format!("name: x\ninputs: {{ {} }}\nnodes: [{{ id: a, run: x }}]", inputs.join(", "));
        assert!(faults(&text).contains("more than 256 regular expressions"), "{}", faults(&text));
        let mut text = "name: x\nnodes:\n".to_owned();
        for node in 0..1_001 {
            text.push_str(&format!(
                "  - {{ id: n{node}, approval: {{ message: x, form: {{ type: object }} }} }}\n"
            ));
        }
        assert!(faults(&text).contains("more than 1,000 forms"), "{}", faults(&text));
    }
}
