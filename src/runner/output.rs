//! What a node's output means besides being text: progress, a result, and the last words of stderr. Pure.

use std::collections::VecDeque;

use serde_json::Value;

use super::engine::RESULT_MAX_BYTES;
use super::mask::Masker;

/// The largest output that goes into an event, which has 64 KiB in all; the rest is for the last words.
pub const INLINE_MAX_BYTES: usize = 48 * 1024;
/// Up to here an output is looked at in memory: as compact JSON it may turn out to fit an event.
const PARSED_MAX_BYTES: usize = 4 * INLINE_MAX_BYTES;

/// Lines of stderr that go into an error's details.
const LAST_WORDS_LINES: usize = 10;
/// And how much of each …
const LAST_WORDS_CHARS: usize = 500;
/// … as JSON too, where a control character takes six bytes: an error goes into an event beside an output.
const LAST_WORDS_JSON_BYTES: usize = 1_000;
/// Nesting of a result: an event may have 64 levels, of which the run's own result takes some around it.
const RESULT_DEPTH_MAX: usize = 32;
/// A progress message is one line of a page.
const PROGRESS_MESSAGE_CHARS: usize = 500;

/// `::progress 214/1000 message` on a line of its own on stdout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub completed: u64,
    pub total: u64,
    pub message: Option<String>,
}

/// Reads a line as progress; any other line is `None`.
#[must_use]
pub fn progress(line: &[u8]) -> Option<Progress> {
    let rest = std::str::from_utf8(line.strip_prefix(b"::progress ")?).ok()?.trim();
    let (numbers, message) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let (completed, total) = numbers.split_once('/')?;
    let message = Some(message.trim()).filter(|message| !message.is_empty());
    Some(Progress {
        completed: completed.parse().ok()?,
        total: total.parse().ok()?,
        message: message.map(|message| message.chars().take(PROGRESS_MESSAGE_CHARS).collect()),
    })
}

/// Whether arrays and objects are nested at most `levels` deep.
fn is_shallow(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(values) => levels > 0 && values.iter().all(|value| is_shallow(value, levels - 1)),
        Value::Object(fields) => levels > 0 && fields.values().all(|value| is_shallow(value, levels - 1)),
        _ => true,
    }
}

/// A node's output, masked.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// It fits an event.
    Inline(Value),
    /// It has to go as an artifact: JSON, as the node wrote it.
    Large(Vec<u8>),
    /// It is kept as an artifact, which `reference` names.
    Kept { reference: Value, value: Value },
}

impl Output {
    /// A value of any size; null is none.
    #[must_use]
    pub fn of_value(value: Value) -> Option<Self> {
        if value.is_null() {
            return None;
        }
        let text = value.to_string();
        Some(if text.len() <= INLINE_MAX_BYTES {
            Self::Inline(value)
        } else {
            Self::Large(text.into_bytes())
        })
    }

    /// What the event says of it.
    #[must_use]
    pub fn summary(&self) -> Option<&Value> {
        match self {
            Self::Inline(value) => Some(value),
            Self::Kept { reference, .. } => Some(reference),
            Self::Large(_) => None,
        }
    }

    /// What the templates of other nodes see.
    #[must_use]
    pub fn into_value(self) -> Value {
        match self {
            Self::Inline(value) | Self::Kept { value, .. } => value,
            Self::Large(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
        }
    }
}

/// What an engine found where the result should be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ResultFile {
    #[default]
    Missing,
    Read(Vec<u8>),
    /// The reason completes "result.json ".
    Refused(String),
}

impl ResultFile {
    /// Bytes of the file, of which one more than allowed has been read when it is too large.
    #[must_use]
    pub fn bounded(bytes: Vec<u8>) -> Self {
        if bytes.len() <= RESULT_MAX_BYTES { Self::Read(bytes) } else { Self::too_large() }
    }

    #[must_use]
    pub fn too_large() -> Self {
        Self::Refused(format!("is larger than {} MiB", RESULT_MAX_BYTES / (1024 * 1024)))
    }
}

/// Remembers the last line of stdout that may be a JSON object or array.
#[derive(Debug, Default)]
pub struct LastJson(Option<Vec<u8>>);

impl LastJson {
    pub fn see(&mut self, line: &[u8]) {
        let line = line.trim_ascii();
        let bracketed =
            matches!((line.first(), line.last()), (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')));
        if bracketed {
            self.0 = Some(line.to_vec());
        }
    }

    /// The node's output: its `result.json`, else that line. The error is a sentence about a file that is none.
    pub fn output(self, file: ResultFile, masker: &Masker) -> Result<Option<Output>, String> {
        match file {
            ResultFile::Refused(reason) => Err(format!("result.json {reason}, so the node has no output")),
            ResultFile::Read(bytes) => output(bytes, masker)
                .map(Some)
                .map_err(|error| format!("result.json is no JSON ({error}), so the node has no output")),
            // A line only looked like JSON; nobody promised that it is.
            ResultFile::Missing => Ok(self.0.and_then(|line| output(line, masker).ok())),
        }
    }
}

fn output(bytes: Vec<u8>, masker: &Masker) -> Result<Output, serde_json::Error> {
    if bytes.len() <= PARSED_MAX_BYTES {
        let value = masker.mask_json(&serde_json::from_slice(&bytes)?);
        if is_shallow(&value, RESULT_DEPTH_MAX) && value.to_string().len() <= INLINE_MAX_BYTES {
            return Ok(Output::Inline(value));
        }
    }
    if masker.mask_bytes(&bytes)[..] != bytes[..] {
        let value: Value = serde_json::from_slice(&bytes)?;
        return Ok(Output::Large(serde_json::to_vec(&masker.mask_json(&value))?));
    }
    serde_json::from_slice::<serde::de::IgnoredAny>(&bytes)?;
    Ok(Output::Large(bytes))
}

/// The last lines of stderr.
#[derive(Debug, Default, Clone)]
pub struct LastWords(VecDeque<String>);

impl LastWords {
    pub fn see(&mut self, line: &[u8]) {
        if line.trim_ascii().is_empty() {
            return;
        }
        if self.0.len() == LAST_WORDS_LINES {
            self.0.pop_front();
        }
        let start = &line[..line.len().min(4 * LAST_WORDS_CHARS)];
        let mut room = LAST_WORDS_JSON_BYTES;
        let fits = |character: &char| {
            let bytes = if character.is_control() { 6 } else { character.len_utf8().max(2) };
            room.checked_sub(bytes).map(|left| room = left).is_some()
        };
        let text = String::from_utf8_lossy(start);
        self.0.push_back(text.chars().take(LAST_WORDS_CHARS).take_while(fits).collect());
    }

    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.0.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn progress_lines_are_read_and_others_left_alone() {
        let read = progress(b"::progress 214/1000 of the hosts").unwrap();
        assert_eq!((read.completed, read.total, read.message.as_deref()), (214, 1000, Some("of the hosts")));
        assert_eq!(progress(b"::progress 1/2\r").unwrap().message, None);
        for other in [
            "progress 1/2",
            "::progress",
            "::progress a/b",
            "::progress 1",
            "::progress -1/2",
            " ::progress 1/2",
        ] {
            assert_eq!(progress(other.as_bytes()), None, "{other}");
        }
    }

    fn seen(lines: &[&str]) -> LastJson {
        let mut last = LastJson::default();
        lines.iter().for_each(|line| last.see(line.as_bytes()));
        last
    }

    fn of_file(bytes: impl Into<Vec<u8>>) -> Result<Option<Output>, String> {
        seen(&["[9]"]).output(ResultFile::bounded(bytes.into()), &Masker::default())
    }

    #[test]
    fn the_result_file_wins_over_the_last_json_line() {
        let last = seen(&["{\"a\":1}", "{\"b\":2}\r", "done", "{broken"]);
        let none = Masker::default();
        assert_eq!(last.output(ResultFile::Missing, &none), Ok(Some(Output::Inline(json!({"b": 2})))));
        assert_eq!(of_file(" [1] \n"), Ok(Some(Output::Inline(json!([1])))));
        assert_eq!(seen(&["{}}"]).output(ResultFile::Missing, &none), Ok(None));
        assert_eq!(LastJson::default().output(ResultFile::Missing, &none), Ok(None));
    }

    #[test]
    fn what_is_no_result_is_said() {
        assert!(of_file("not json").unwrap_err().starts_with("result.json is no JSON (expected"));
        let large = of_file(vec![b' '; RESULT_MAX_BYTES + 1]).unwrap_err();
        assert_eq!(large, "result.json is larger than 8 MiB, so the node has no output");
    }

    #[test]
    fn what_does_not_fit_an_event_is_large_and_kept_as_it_is() {
        let text = |bytes: usize| format!("[\"{}\" ]", "x".repeat(bytes - 4)).into_bytes();
        assert!(matches!(of_file(text(INLINE_MAX_BYTES)), Ok(Some(Output::Inline(_)))));
        for bytes in [INLINE_MAX_BYTES + 1, PARSED_MAX_BYTES + 1] {
            assert_eq!(of_file(text(bytes)), Ok(Some(Output::Large(text(bytes)))));
        }
        let mut broken = text(PARSED_MAX_BYTES + 1);
        broken.push(b'x');
        assert!(of_file(broken).is_err());
        let nested = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(matches!(of_file(nested(32)), Ok(Some(Output::Inline(_)))));
        assert!(matches!(of_file(nested(33)), Ok(Some(Output::Large(_)))));
    }

    #[test]
    fn secrets_are_masked_in_small_and_large_outputs() {
        let masker = Masker::new(["12345678"]).unwrap();
        let output = |text: String| LastJson::default().output(ResultFile::Read(text.into_bytes()), &masker);
        assert_eq!(output("[12345678]".into()), Ok(Some(Output::Inline(json!(["***"])))));
        let padding = "x".repeat(PARSED_MAX_BYTES);
        let large = output(format!("[12345678, \"{padding}\"]"));
        assert_eq!(large, Ok(Some(Output::Large(format!("[\"***\",\"{padding}\"]").into_bytes()))));
    }

    #[test]
    fn the_last_words_are_bounded() {
        let mut words = LastWords::default();
        for number in 0..100 {
            words.see(format!("line {number}").as_bytes());
            words.see(b"  ");
        }
        words.see(&[b'x'; 100_000]);
        let lines = words.lines();
        assert_eq!((lines.len(), lines[0].as_str(), lines[9].len()), (10, "line 91", 500));
        for nasty in ["\u{1b}", "\"", "\u{10ffff}", "\u{85}"] {
            words.see(nasty.repeat(1_000).as_bytes());
        }
        assert!(json!(words.lines()).to_string().len() < 6_000);
    }
}
