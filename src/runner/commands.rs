//! What a node says to its runner on stdout: `::notice`, `::warning`, `::error`, `::group` and `::endgroup` lines, as
//! GitHub's runners know them (`::error file=a.rs,line=3::text`), which become notes of the run. Pure.
//!
//! The lines themselves stay in the log. `::progress` is [`super::output`]'s.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::engine::NoteLevel;

/// An event's message may have 8 KiB.
const TEXT_MAX_BYTES: usize = 8_000;
/// Properties of one command; GitHub's have five.
const PROPERTIES_MAX: usize = 20;
const PROPERTY_MAX_BYTES: usize = 500;
/// Notes of one attempt …
const NOTES_PER_WINDOW: u32 = 100;
/// … within this time. What is beyond is counted: it can be read in the log.
const WINDOW: Duration = Duration::from_secs(1);

/// A note for the run's history.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    pub level: NoteLevel,
    pub text: String,
    pub data: Option<Value>,
}

/// Reads commands, and remembers which group is open.
#[derive(Debug, Default)]
pub struct Commands {
    group: Option<String>,
}

impl Commands {
    /// Reads a line as a command; any other line is `None`.
    pub fn read(&mut self, line: &[u8]) -> Option<Said> {
        let line = String::from_utf8_lossy(line.strip_prefix(b"::")?);
        let line = line.trim_end();
        let (word, rest) = line.split_at(line.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(line.len()));
        let level = match word {
            "notice" => NoteLevel::Info,
            "warning" => NoteLevel::Warn,
            "error" => NoteLevel::Error,
            "group" => return self.begin_group(rest),
            "endgroup" => return self.end_group(rest),
            _ => return None,
        };
        let (properties, text) = parts(rest)?;
        let data = (!properties.is_empty()).then_some(Value::Object(properties));
        Some(Said { level, text, data })
    }

    fn begin_group(&mut self, rest: &str) -> Option<Said> {
        let (_, name) = parts(rest)?;
        self.group = Some(name.clone());
        Some(group(name, "start"))
    }

    fn end_group(&mut self, rest: &str) -> Option<Said> {
        if !rest.trim_matches(':').trim().is_empty() {
            return None;
        }
        // An end without a beginning groups nothing.
        self.group.take().map(|name| group(name, "end"))
    }
}

fn group(name: String, state: &str) -> Said {
    let data = json!({ "group": name, "state": state });
    Said { level: NoteLevel::Debug, text: name, data: Some(data) }
}

/// `::text`, ` text` or ` key=value,key=value::text`; nothing without a text.
fn parts(rest: &str) -> Option<(Map<String, Value>, String)> {
    let (properties, text) = if let Some(text) = rest.strip_prefix("::") {
        (Map::new(), text)
    } else {
        let rest = rest.strip_prefix(' ')?;
        match rest.split_once("::").and_then(|(before, text)| Some((properties(before)?, text))) {
            Some(both) => both,
            None => (Map::new(), rest),
        }
    };
    let text = unescaped(text.trim());
    (!text.is_empty()).then(|| (properties, cut(&text, TEXT_MAX_BYTES).to_owned()))
}

/// `None` when that isn't what the text is.
fn properties(text: &str) -> Option<Map<String, Value>> {
    let mut properties = Map::new();
    for property in text.split(',').take(PROPERTIES_MAX) {
        let (key, value) = property.split_once('=')?;
        let key = key.trim();
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if key.is_empty() || key.len() > PROPERTY_MAX_BYTES || !key.chars().all(is_name) {
            return None;
        }
        let value = unescaped(value.trim());
        properties.insert(key.to_owned(), json!(cut(&value, PROPERTY_MAX_BYTES)));
    }
    Some(properties)
}

/// GitHub's escapes of what would end a line, a property or the properties.
fn unescaped(text: &str) -> String {
    let mut plain = text.to_owned();
    for (escape, character) in [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")] {
        plain = plain.replace(escape, character);
    }
    plain
}

fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// Lets through so many notes a second, and counts the others.
#[derive(Debug, Default)]
pub struct NoteLimit {
    window: Option<Instant>,
    let_through: u32,
    folded: u64,
}

impl NoteLimit {
    /// Whether a note of this moment may pass.
    pub fn passes(&mut self, now: Instant) -> bool {
        if self.window.is_none_or(|since| now.duration_since(since) >= WINDOW) {
            self.window = Some(now);
            self.let_through = 0;
        }
        let passes = self.let_through < NOTES_PER_WINDOW;
        if passes {
            self.let_through += 1;
        } else {
            self.folded += 1;
        }
        passes
    }

    /// What has to be said of those that did not pass.
    #[must_use]
    pub fn summary(&self) -> Option<String> {
        let folded = self.folded;
        (folded > 0).then(|| {
            format!("{folded} more notes came faster than {NOTES_PER_WINDOW} a second; the log has them")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<(&'static str, String, Option<Value>)> {
        Commands::default().read(line.as_bytes()).map(|said| (said.level.as_str(), said.text, said.data))
    }

    #[test]
    fn notes_are_read_with_and_without_properties() {
        assert_eq!(read("::notice::hello"), Some(("info", "hello".into(), None)));
        assert_eq!(read("::warning hello: a::b\r"), Some(("warn", "hello: a::b".into(), None)));
        let properties = json!({ "file": "a,b.rs", "line": "3" });
        let line = "::error file=a%2Cb.rs,line=3::100%25 wrong%0Aindeed";
        assert_eq!(read(line), Some(("error", "100% wrong\nindeed".into(), Some(properties))));
    }

    #[test]
    fn other_lines_are_left_alone() {
        for line in [
            "notice",
            "::notice",
            "::notice::",
            "::noticed::x",
            " ::notice::x",
            "::debug::x",
            "::notice=x",
            "::endgroup",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
        assert_eq!(Commands::default().read(b"\xff::notice::x"), None);
    }

    #[test]
    fn groups_open_and_close() {
        let mut commands = Commands::default();
        let mut state = |line: &str| commands.read(line.as_bytes()).and_then(|said| said.data);
        assert_eq!(state("::group name"), Some(json!({ "group": "name", "state": "start" })));
        assert_eq!(state("::group::other"), Some(json!({ "group": "other", "state": "start" })));
        assert_eq!(state("::endgroup::"), Some(json!({ "group": "other", "state": "end" })));
        assert_eq!(state("::endgroup"), None);
    }

    #[test]
    fn long_notes_are_cut_and_many_are_counted() {
        let text = read(&format!("::notice::{}", "ü".repeat(10_000))).unwrap().1;
        assert_eq!(text.len(), TEXT_MAX_BYTES);
        let (mut limit, start) = (NoteLimit::default(), Instant::now());
        assert_eq!((0..250).filter(|_| limit.passes(start)).count(), 100);
        assert!(limit.passes(start + WINDOW));
        assert!(limit.summary().unwrap().starts_with("150 more notes"));
        assert_eq!(NoteLimit::default().summary(), None);
    }
}
