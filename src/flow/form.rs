//! What people submit, held against the form that was shown to them: a JSON Schema.

use serde_json::Value;

use crate::facts::event_input::Fault;
use crate::facts::json::Json;

/// Compiled size of one regular expression in a form.
const PATTERN_MAX_BYTES: usize = 1024 * 1024;
/// Faults told at once.
const FAULTS_MAX: usize = 100;

/// The faults of `data`, by pointers below `under`; none for a form that can't be read, which is no fault of who fills it in.
pub fn check(form: &Json, data: &Value, under: &str) -> Vec<Fault> {
    let Some(form) = form.read::<Value>() else { return Vec::new() };
    // A linear engine, and nothing is fetched: the form is somebody's workflow.
    let options = jsonschema::options()
        .offline()
        .with_pattern_options(jsonschema::PatternOptions::regex().size_limit(PATTERN_MAX_BYTES));
    let Ok(validator) = options.build(&form) else { return Vec::new() };
    let fault = |error: jsonschema::ValidationError<'_>| Fault {
        pointer: format!("{under}{}", error.instance_path()),
        detail: error.to_string(),
        is_size: false,
    };
    validator.iter_errors(data).take(FAULTS_MAX).map(fault).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointers(form: &str, data: &Value) -> Vec<String> {
        let form = Json::from_text(form.into()).unwrap();
        check(&form, data, "/data").into_iter().map(|fault| fault.pointer).collect()
    }

    #[test]
    fn each_fault_is_named_by_its_place() {
        let form = r#"{"type":"object","required":["owner"],"properties":{"owner":{"type":"string"},
            "days":{"type":"integer","minimum":1}}}"#;
        assert_eq!(pointers(form, &serde_json::json!({"owner": "x", "days": 3})), [""; 0]);
        assert_eq!(
            pointers(form, &serde_json::json!({"owner": 1, "days": 0})),
            ["/data/days", "/data/owner"]
        );
        assert_eq!(pointers(form, &serde_json::json!({})), ["/data"]);
        assert_eq!(pointers(form, &Value::Null), ["/data"]);
    }

    #[test]
    fn nothing_is_fetched() {
        assert!(pointers(r#"{"$ref":"http://127.0.0.1:1/schema"}"#, &Value::Null).is_empty());
    }
}
