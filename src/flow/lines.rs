//! Log lines as clients send them, checked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;

use crate::facts::batch::{self, BodyFormat, FAULTS_MAX};
use crate::facts::event_input::{ATTEMPT_MAX, Fault};
use crate::facts::scan;
use crate::facts::time::Timestamp;
use crate::store::logs::{LogStream, NewLine, StreamName};

/// Longest line in raw bytes; runners split longer ones.
pub const LINE_MAX_BYTES: usize = 256 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Fields {
    node_ref: String,
    attempt: Option<u32>,
    stream: String,
    at: Option<String>,
    text: Option<String>,
    bytes: Option<String>,
    eol: Option<bool>,
    line_no: Option<u64>,
}

/// Checks a body of log lines; every fault of every line is named.
pub fn parse_lines(
    body: &[u8],
    format: BodyFormat,
    received_at: Timestamp,
) -> Result<Vec<NewLine>, Vec<Fault>> {
    let items = batch::items(body, format)?;
    let mut lines = Vec::with_capacity(items.len());
    let mut faults = Vec::new();
    for (pointer, text) in items {
        match parse_line(text, received_at) {
            Ok(line) => lines.push(line),
            Err((field, detail, is_size)) => {
                faults.push(Fault { pointer: format!("{pointer}{field}"), detail, is_size });
            }
        }
        if faults.len() >= FAULTS_MAX {
            break;
        }
    }
    if faults.is_empty() { Ok(lines) } else { Err(faults) }
}

type LineFault = (&'static str, String, bool);

fn parse_line(text: &str, received_at: Timestamp) -> Result<NewLine, LineFault> {
    let fit = scan::scan(text, 1).map_err(|unfit| ("", unfit.to_string(), false))?;
    let fields: Fields = serde_json::from_str(&fit).map_err(|e| {
        let message = e.to_string();
        ("", message.split(" at line ").next().unwrap_or_default().to_owned(), false)
    })?;
    let node_ref = fields.node_ref.parse().map_err(|e| ("/nodeRef", format!("{e}"), false))?;
    let stream: LogStream = fields.stream.parse().map_err(|e| ("/stream", format!("{e}"), false))?;
    let attempt = fields.attempt.unwrap_or(1);
    if !(1..=ATTEMPT_MAX).contains(&attempt) {
        return Err(("/attempt", format!("is not a whole number from 1 to {ATTEMPT_MAX}"), false));
    }
    if fields.line_no == Some(0) {
        return Err(("/lineNo", "line numbers begin at 1".into(), false));
    }
    let at = match fields.at {
        None => received_at,
        Some(at) => at.parse().map_err(|e| ("/at", format!("{e}"), false))?,
    };
    let bytes: Bytes = match (fields.text, fields.bytes) {
        (Some(text), None) => text.into_bytes().into(),
        (None, Some(encoded)) => {
            STANDARD.decode(encoded).map_err(|e| ("/bytes", format!("is not base64: {e}"), false))?.into()
        }
        _ => return Err(("", "a line has either `text` or `bytes`".into(), false)),
    };
    if bytes.len() > LINE_MAX_BYTES {
        return Err((
            "",
            format!("a line is at most {LINE_MAX_BYTES} bytes, this one is {}", bytes.len()),
            true,
        ));
    }
    let name = StreamName { node_ref, attempt, stream };
    Ok(NewLine { name, at, bytes, eol: fields.eol.unwrap_or(true), line_no: fields.line_no })
}
