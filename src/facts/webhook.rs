//! What a webhook's request becomes: inputs of a run, and what the run keeps of the request, without what is secret.
//!
//! Pure: bytes and headers in, JSON out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use indexmap::IndexMap;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::json::Json;
use super::scan::{self, Unfit};

/// Bytes of a webhook's token: nobody guesses it.
pub const TOKEN_BYTES: usize = 32;
/// Longest payload kept with the trigger, beside the inputs: the run's first event has room for 64 KiB.
const PAYLOAD_KEPT_MAX_BYTES: usize = 16 * 1024;
/// Most headers kept, and the longest text of one.
const HEADERS_MAX: usize = 64;
const HEADER_MAX_BYTES: usize = 512;
/// The input that takes what is no object of inputs.
pub const PAYLOAD: &str = "payload";
const MASK: &str = "***";
/// Parts of names whose values nobody else may read.
const SECRET_WORDS: [&str; 14] = [
    "authorization",
    "cookie",
    "signature",
    "secret",
    "token",
    "password",
    "passwd",
    "passphrase",
    "credential",
    "apikey",
    "accesskey",
    "privatekey",
    "sessionid",
    "csrf",
];

/// A body by what it is.
#[derive(Debug)]
pub enum Payload {
    /// An object, or a form: fields by their names, as they were written.
    Fields(IndexMap<String, Json>),
    /// Any other JSON.
    Json(Json),
    Text(String),
    /// No text at all.
    Bytes(Vec<u8>),
}

/// Reads a body. JSON is found by looking, since senders name types of all sorts; a text of the JSON type that is none is a text.
pub fn read(body: &[u8], content_type: &str) -> Result<Payload, Unfit> {
    let Ok(text) = std::str::from_utf8(body) else { return Ok(Payload::Bytes(body.to_vec())) };
    if text.trim().is_empty() {
        return Ok(Payload::Fields(IndexMap::new()));
    }
    if content_type.starts_with("application/x-www-form-urlencoded") {
        return Ok(Payload::Fields(form(body)));
    }
    if serde_json::from_str::<&RawValue>(text).is_err() {
        return Ok(Payload::Text(text.replace('\0', "\u{fffd}")));
    }
    let fit = scan::scan(text, 0)?.into_owned();
    Ok(match (serde_json::from_str(&fit), Json::from_text(fit)) {
        (Ok(fields), _) => Payload::Fields(fields),
        (Err(_), Ok(json)) => Payload::Json(json),
        (Err(_), Err(_)) => Payload::Text(text.replace('\0', "\u{fffd}")),
    })
}

/// A form's fields; of a repeated one the last counts.
fn form(body: &[u8]) -> IndexMap<String, Json> {
    let field = |(name, value): (_, std::borrow::Cow<'_, str>)| {
        let value = Json::from_value(&value.replace('\0', "\u{fffd}")).ok()?;
        Some((String::from(name), value))
    };
    form_urlencoded::parse(body).filter_map(|(name, value)| field((name, value))).collect()
}

/// The inputs that the payload gives to a workflow with these declared inputs (the `properties` of its schema). What is not declared
/// is left out: senders can't be told what to send. A workflow that declares `payload` gets the whole there, unless the payload has a field of
/// that name.
#[must_use]
pub fn inputs(payload: &Payload, declared: &Map<String, Value>) -> Option<Json> {
    let whole = |json: Json| {
        let wanted = declared.get(PAYLOAD)?;
        let is_text = wanted.get("type").and_then(Value::as_str) == Some("string");
        // A text is what the short form of an input takes.
        let json = match json.read::<String>() {
            None if is_text => Json::from_value(json.get()).ok()?,
            _ => json,
        };
        Json::from_value(&IndexMap::from([(PAYLOAD, json)])).ok()
    };
    match payload {
        Payload::Fields(fields) if declared.contains_key(PAYLOAD) && !fields.contains_key(PAYLOAD) => {
            whole(Json::from_value(fields).ok()?)
        }
        Payload::Fields(fields) => {
            let known: IndexMap<&String, &Json> =
                fields.iter().filter(|(name, _)| declared.contains_key(*name)).collect();
            Json::from_value(&known).ok()
        }
        Payload::Json(json) => whole(json.clone()),
        Payload::Text(text) => whole(Json::from_value(text).ok()?),
        Payload::Bytes(bytes) => whole(Json::from_value(&BASE64.encode(bytes)).ok()?),
    }
}

/// What the run keeps: which webhook it was, the headers and the payload, with what looks like a secret masked. `payload` is missing where
/// it is too long for an event; what the workflow takes of it is in the inputs all the same.
#[must_use]
pub fn trigger(webhook_id: &str, headers: &[(String, String)], payload: &Payload, bytes: usize) -> Value {
    let mut trigger = json!({
        "type": "webhook",
        "webhookId": webhook_id,
        "headers": kept_headers(headers),
        "bytes": bytes,
    });
    let kept = match payload {
        _ if bytes > PAYLOAD_KEPT_MAX_BYTES => None,
        Payload::Fields(fields) => Json::from_value(fields).ok().and_then(|json| json.read()),
        Payload::Json(json) => json.read(),
        Payload::Text(text) => Some(Value::from(text.as_str())),
        Payload::Bytes(bytes) => Some(json!({ "base64": BASE64.encode(bytes) })),
    };
    match kept {
        Some(mut payload) => {
            mask(&mut payload);
            trigger[PAYLOAD] = payload;
        }
        None => trigger["payloadLeftOut"] = true.into(),
    }
    trigger
}

fn kept_headers(headers: &[(String, String)]) -> Map<String, Value> {
    let kept = headers.iter().take(HEADERS_MAX).map(|(name, value)| {
        let value = if is_secret(name) { MASK } else { cut(value) };
        (name.clone(), Value::from(value))
    });
    kept.collect()
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(HEADER_MAX_BYTES)]
}

/// Masks the values of names that sound like secrets, however deep.
fn mask(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                let is_plain =
                    !matches!(value, Value::Object(_) | Value::Array(_) | Value::Null | Value::Bool(_));
                if is_plain && is_secret(name) {
                    *value = MASK.into();
                } else {
                    mask(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}

/// Whether a header or a field of this name may hold a secret.
fn is_secret(name: &str) -> bool {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    SECRET_WORDS.iter().any(|word| plain.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(names: &Value) -> Map<String, Value> {
        names.as_object().unwrap().clone()
    }

    fn inputs_of(body: &str, content_type: &str, names: Value) -> Option<String> {
        let payload = read(body.as_bytes(), content_type).unwrap();
        inputs(&payload, &declared(&names)).map(|json| json.get().to_owned())
    }

    #[test]
    fn an_object_gives_the_inputs_that_are_declared() {
        let names = json!({"domain": {}, "n": {}});
        let body = r#"{"n":1e999,"other":1,"domain":"x"}"#;
        assert_eq!(
            inputs_of(body, "application/json", names.clone()).unwrap(),
            r#"{"n":1e999,"domain":"x"}"#
        );
        assert_eq!(
            inputs_of("domain=a+b&n=%7B%7D&z=1", "application/x-www-form-urlencoded", names.clone()).unwrap(),
            r#"{"domain":"a b","n":"{}"}"#
        );
        assert_eq!(inputs_of(" ", "", names).unwrap(), "{}");
    }

    #[test]
    fn everything_else_is_the_payload() {
        let text = json!({"payload": {"type": "string"}});
        let any = json!({"payload": {}});
        assert_eq!(inputs_of("[1,2]", "", any.clone()).unwrap(), r#"{"payload":[1,2]}"#);
        assert_eq!(inputs_of("[1,2]", "", text.clone()).unwrap(), r#"{"payload":"[1,2]"}"#);
        assert_eq!(inputs_of("\"x\"", "", text.clone()).unwrap(), r#"{"payload":"x"}"#);
        assert_eq!(inputs_of("hello <b>", "text/html", text.clone()).unwrap(), r#"{"payload":"hello <b>"}"#);
        assert_eq!(inputs_of(r#"{"a":1}"#, "", any).unwrap(), r#"{"payload":{"a":1}}"#);
        assert_eq!(inputs_of(r#"{"payload":"p","a":1}"#, "", text).unwrap(), r#"{"payload":"p"}"#);
        assert_eq!(inputs_of("[1]", "", json!({"a": {}})), None);
        let bytes = read(&[0xff, 0], "application/octet-stream").unwrap();
        assert_eq!(
            inputs(&bytes, &declared(&json!({"payload": {}}))).unwrap().get(),
            r#"{"payload":"/wA="}"#
        );
    }

    #[test]
    fn what_is_kept_has_no_secrets() {
        let headers: Vec<(String, String)> = [
            ("authorization", "Bearer s3cret"),
            ("cookie", "a=s3cret"),
            ("x-hub-signature-256", "s3cret"),
            ("x-api-key", "s3cret"),
            ("user-agent", "curl"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        let body = r#"{"a":[{"clientSecret":"s3cret","Password":1}],"token":"s3cret","tokens":[1],"b":"x"}"#;
        let kept = trigger("w", &headers, &read(body.as_bytes(), "").unwrap(), body.len());
        assert!(!kept.to_string().contains("s3cret"), "{kept}");
        assert_eq!(kept["headers"]["user-agent"], "curl");
        assert_eq!(
            kept["payload"],
            json!({"a": [{"clientSecret": "***", "Password": "***"}], "token": "***", "tokens": [1], "b": "x"})
        );
        let long = format!("[{}1]", "1,".repeat(PAYLOAD_KEPT_MAX_BYTES));
        let kept = trigger("w", &[], &read(long.as_bytes(), "").unwrap(), long.len());
        assert_eq!((&kept["payload"], &kept["payloadLeftOut"]), (&Value::Null, &json!(true)));
    }

    #[test]
    fn what_nothing_could_hold_is_refused() {
        assert!(read("[".repeat(70).as_bytes(), "").is_ok(), "no JSON is a text");
        let deep = format!("{}{}", "[".repeat(70), "]".repeat(70));
        assert!(matches!(read(deep.as_bytes(), ""), Err(Unfit::TooDeep)));
    }
}
