//! What a node's output means besides being text: progress, a result, and the last words of stderr. Pure.

use std::collections::VecDeque;

use serde_json::Value;

use super::engine::RESULT_MAX_BYTES;

/// Lines of stderr that go into an error's details.
const LAST_WORDS_LINES: usize = 10;
/// And how much of each, so that an error stays far below an event's 64 KiB.
const LAST_WORDS_CHARS: usize = 500;
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

/// Remembers the last line of stdout that may be a JSON object or array.
#[derive(Debug, Default)]
pub struct LastJson(Option<Vec<u8>>);

impl LastJson {
    pub fn see(&mut self, line: &[u8]) {
        let line = line.trim_ascii();
        let bracketed =
            matches!((line.first(), line.last()), (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')));
        if bracketed && line.len() <= RESULT_MAX_BYTES {
            self.0 = Some(line.to_vec());
        }
    }

    /// The node's result: its `result.json`, else that line. What is no JSON, or too long for an event, is none.
    #[must_use]
    pub fn result(&self, file: Option<&[u8]>) -> Option<Value> {
        let bytes = file.or(self.0.as_deref()).filter(|bytes| bytes.len() <= RESULT_MAX_BYTES)?;
        serde_json::from_slice(bytes).ok().filter(|value| is_shallow(value, RESULT_DEPTH_MAX))
    }
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
        self.0.push_back(String::from_utf8_lossy(start).chars().take(LAST_WORDS_CHARS).collect());
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

    #[test]
    fn the_result_file_wins_over_the_last_json_line() {
        let mut last = LastJson::default();
        for line in ["{\"a\":1}", "{\"b\":2}\r", "done", "{broken"] {
            last.see(line.as_bytes());
        }
        assert_eq!(last.result(None), Some(json!({"b": 2})));
        assert_eq!(last.result(Some(b" [1] \n")), Some(json!([1])));
        assert_eq!(last.result(Some(b"not json")), None);
        assert_eq!(last.result(Some(&[b' '; RESULT_MAX_BYTES + 1])), None);
        assert_eq!(LastJson::default().result(None), None);
        let nested = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(last.result(Some(nested(32).as_bytes())).is_some());
        assert_eq!(last.result(Some(nested(33).as_bytes())), None);
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
    }
}
