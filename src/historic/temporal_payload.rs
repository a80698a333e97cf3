//! Temporal's payloads and failures as JSON. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

/// Causes that are followed: deeper ones say nothing new.
const CAUSES_MAX: usize = 10;

/// `{payloads: […]}` as the value, or the list of values, that it holds. What is no JSON stays as it is.
pub(super) fn payloads(of: &Value) -> Value {
    let Some(list) = of.get("payloads").and_then(Value::as_array) else { return of.clone() };
    let mut values: Vec<Value> = list.iter().map(payload).collect();
    match values.len() {
        0 => Value::Null,
        1 => values.remove(0),
        _ => Value::Array(values),
    }
}

fn payload(of: &Value) -> Value {
    let decoded = |text: &Value| BASE64.decode(text.as_str()?).ok();
    let encoding = of.pointer("/metadata/encoding").and_then(decoded).unwrap_or_default();
    match encoding.as_slice() {
        b"binary/null" => Value::Null,
        b"json/plain" | b"json/protobuf" => {
            let bytes = of.get("data").and_then(decoded).unwrap_or_default();
            serde_json::from_slice(&bytes).unwrap_or_else(|_| of.clone())
        }
        _ => of.clone(),
    }
}

/// A failure as an event's `error`; its causes stand in `details`.
pub(super) fn failure(of: &Value) -> Value {
    let text = |value: &Value, key: &str| {
        value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    // The outermost one of an activity says only that it failed; why stands in its cause.
    let innermost = if of.get("activityFailureInfo").is_some() { of.get("cause").unwrap_or(of) } else { of };
    let mut error = Map::new();
    error.insert("message".into(), text(innermost, "message").unwrap_or_else(|| "failed".to_owned()).into());
    let kind = innermost
        .pointer("/applicationFailureInfo/type")
        .and_then(Value::as_str)
        .filter(|kind| !kind.is_empty());
    if let Some(kind) = kind {
        error.insert("type".into(), kind.into());
    }
    if let Some(stack) = text(innermost, "stackTrace") {
        error.insert("stack".into(), stack.into());
    }
    let mut details = Map::new();
    let given = innermost.pointer("/applicationFailureInfo/details").map(payloads).unwrap_or_default();
    if !given.is_null() {
        details.insert("details".into(), given);
    }
    let causes: Vec<Value> = std::iter::successors(innermost.get("cause"), |cause| cause.get("cause"))
        .take(CAUSES_MAX)
        .filter_map(|cause| text(cause, "message").map(Value::from))
        .collect();
    if !causes.is_empty() {
        details.insert("causes".into(), causes.into());
    }
    if !details.is_empty() {
        error.insert("details".into(), details.into());
    }
    Value::Object(error)
}

/// A time limit that ran out.
pub(super) fn timeout(attributes: &Value) -> Value {
    let info = attributes.pointer("/failure/timeoutFailureInfo/timeoutType").and_then(Value::as_str);
    let kind = info.unwrap_or("time limit").trim_start_matches("TIMEOUT_TYPE_");
    json!({ "message": format!("timed out: {kind}"), "code": "timeout" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_decoded_and_what_is_no_json_stays() {
        let one = |encoding: &str, data: &str| json!({"metadata": {"encoding": BASE64.encode(encoding)}, "data": BASE64.encode(data)});
        assert_eq!(payloads(&json!({"payloads": [one("json/plain", "{\"a\":1}")]})), json!({"a": 1}));
        assert_eq!(
            payloads(&json!({"payloads": [one("json/plain", "1"), one("binary/null", "")]})),
            json!([1, null])
        );
        let encrypted = one("binary/encrypted", "?");
        assert_eq!(payloads(&json!({"payloads": [encrypted.clone()]})), encrypted);
        assert_eq!(payloads(&json!({"payloads": []})), Value::Null);
    }

    #[test]
    fn why_an_activity_failed_is_its_cause() {
        let of = json!({"message": "Activity task failed", "activityFailureInfo": {}, "cause": {"message": "no route",
            "stackTrace": "at x", "applicationFailureInfo": {"type": "NetworkError"}, "cause": {"message": "EHOSTUNREACH"}}});
        let error = failure(&of);
        assert_eq!(
            (&error["message"], &error["type"], &error["stack"]),
            (&json!("no route"), &json!("NetworkError"), &json!("at x"))
        );
        assert_eq!(error["details"]["causes"], json!(["EHOSTUNREACH"]));
    }
}
