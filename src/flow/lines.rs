//! Log lines as clients send them, checked.
//!
//! A body holds thousands of lines that are much alike, so what can be shared is not copied: a stream is named once, and a
//! text without escapes is a piece of the body. A line that is too long becomes several, which join back into it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;

use crate::facts::batch::{self, BodyFormat, FAULTS_MAX};
use crate::facts::event_input::{ATTEMPT_MAX, Fault};
use crate::facts::line::part_length;
use crate::facts::scan;
use crate::facts::time::Timestamp;
use crate::store::logs::{LogStream, NewLine, NewLines, StreamName};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Fields<'a> {
    #[serde(borrow)]
    node_ref: Text<'a>,
    attempt: Option<u32>,
    #[serde(borrow)]
    stream: Text<'a>,
    #[serde(borrow)]
    at: Option<Text<'a>>,
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    bytes: Option<Text<'a>>,
    eol: Option<bool>,
    line_no: Option<u64>,
}

/// A piece of the body, where nothing in it had to be unescaped. (serde borrows a bare `Cow` only, not one in an `Option`.)
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Checks a body of log lines; every fault of every line is named.
pub fn parse_lines(body: &Bytes, format: BodyFormat, received_at: Timestamp) -> Result<NewLines, Vec<Fault>> {
    let items = batch::items(body, format)?;
    let mut lines = NewLines::with_capacity(items.texts.len());
    let mut faults = Vec::new();
    for (place, text) in items.texts.iter().enumerate() {
        if let Err((field, detail)) = parse_line(body, text, received_at, &mut lines) {
            let pointer = items.pointer(place) + field;
            faults.push(Fault { pointer, detail, is_size: false });
        }
        if faults.len() >= FAULTS_MAX {
            break;
        }
    }
    if faults.is_empty() { Ok(lines) } else { Err(faults) }
}

/// The field, and what is wrong with it.
type LineFault = (&'static str, String);

fn parse_line(
    body: &Bytes,
    item: &str,
    received_at: Timestamp,
    lines: &mut NewLines,
) -> Result<(), LineFault> {
    // Only an escape can name what no store takes; nesting and numbers are bounded by the fields' types.
    let has_escapes = memchr::memchr(b'\\', item.as_bytes()).is_some();
    let fit = if has_escapes { scan::scan(item, 1) } else { Ok(Cow::Borrowed(item)) };
    let fit = fit.map_err(|unfit| ("", unfit.to_string()))?;
    let fields: Fields<'_> = serde_json::from_str(&fit).map_err(|e| {
        let message = e.to_string();
        ("", message.split(" at line ").next().unwrap_or_default().to_owned())
    })?;
    let logged: LogStream = fields.stream.0.parse().map_err(|e| ("/stream", format!("{e}")))?;
    let attempt = fields.attempt.unwrap_or(1);
    if !(1..=ATTEMPT_MAX).contains(&attempt) {
        return Err(("/attempt", format!("is not a whole number from 1 to {ATTEMPT_MAX}")));
    }
    if fields.line_no == Some(0) {
        return Err(("/lineNo", "line numbers begin at 1".into()));
    }
    let at = match fields.at {
        None => received_at,
        Some(at) => at.0.parse().map_err(|e| ("/at", format!("{e}")))?,
    };
    let bytes = match (fields.text, fields.bytes) {
        (Some(Text(Cow::Borrowed(text))), None) if matches!(fit, Cow::Borrowed(_)) => {
            body.slice_ref(text.as_bytes())
        }
        (Some(Text(text)), None) => text.into_owned().into(),
        (None, Some(Text(encoded))) => {
            let decoded = STANDARD.decode(encoded.as_bytes());
            decoded.map_err(|e| ("/bytes", format!("is not base64: {e}")))?.into()
        }
        _ => return Err(("", "a line has either `text` or `bytes`".into())),
    };
    let stream = match lines.last_stream() {
        Some((place, last)) if is_named(last, &fields.node_ref.0, attempt, logged) => place,
        _ => {
            let node_ref = fields.node_ref.0.parse().map_err(|e| ("/nodeRef", format!("{e}")))?;
            lines.stream(StreamName { node_ref, attempt, stream: logged })
        }
    };
    let eol = fields.eol.unwrap_or(true);
    let line = NewLine { stream, at, bytes, eol, line_no: fields.line_no, is_further_part: false };
    push_in_parts(line, lines);
    Ok(())
}

fn is_named(name: &StreamName, node_ref: &str, attempt: u32, stream: LogStream) -> bool {
    name.node_ref.as_str() == node_ref && name.attempt == attempt && name.stream == stream
}

/// Adds the line, in parts where it is too long: only the last of them may end with a newline.
fn push_in_parts(mut line: NewLine, lines: &mut NewLines) {
    loop {
        let rest = line.bytes.split_off(part_length(&line.bytes));
        if rest.is_empty() {
            return lines.push(line);
        }
        lines.push(NewLine { eol: false, ..line.clone() });
        line = NewLine { bytes: rest, is_further_part: true, ..line };
    }
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
