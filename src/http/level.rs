//! What `q` and `level` mean for log lines, which have text but no level of their own.

use regex::bytes::{Regex, RegexBuilder};

use super::problem::Problem;
use crate::facts::event::Level;

/// Longest search: enough for any pattern that a person writes.
const SEARCH_MAX_BYTES: usize = 1_024;
/// Largest compiled pattern, and the memory of its automaton: the engine is linear, this bounds its constant.
const PATTERN_MAX_BYTES: usize = 1 << 20;

/// A search: text as it stands, or a regular expression between slashes.
pub fn search(text: &str) -> Result<Regex, Problem> {
    if text.len() > SEARCH_MAX_BYTES {
        return Err(Problem::invalid_at("?q", format!("is longer than {SEARCH_MAX_BYTES} bytes")));
    }
    let inner =
        text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).filter(|inner| !inner.is_empty());
    let pattern = inner.map_or_else(|| regex::escape(text), str::to_owned);
    let built =
        RegexBuilder::new(&pattern).size_limit(PATTERN_MAX_BYTES).dfa_size_limit(PATTERN_MAX_BYTES).build();
    built.map_err(|error| {
        // The message is a drawing over several lines; its last one says what is wrong.
        let said = error.to_string();
        let reason = said.lines().last().unwrap_or_default().trim().to_owned();
        Problem::invalid_at("?q", format!("is not a regular expression that can be searched for: {reason}"))
    })
}

/// Lines that look like `level` or worse, by the words that programs use. `None`: every line is at least that loud.
pub fn looks_like(level: Level) -> Option<&'static str> {
    match level {
        Level::Debug | Level::Info => None,
        Level::Warn => {
            Some(r"(?i)\b(warn|warning|error|err|fatal|panic(ked)?|critical|exception|fail(ed|ure)?)\b")
        }
        Level::Error => Some(r"(?i)\b(error|err|fatal|panic(ked)?|critical|exception|fail(ed|ure)?)\b"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_searched_as_it_stands_and_patterns_between_slashes() {
        assert!(search("a.b").unwrap().is_match(b"xa.by") && !search("a.b").unwrap().is_match(b"axb"));
        assert!(search("/a.b/").unwrap().is_match(b"axb"));
        assert!(search("/").unwrap().is_match(b"a/b"));
    }

    #[test]
    fn bad_and_bloated_patterns_are_refused() {
        for bad in ["/(/", "/(a{1000}){1000}/", &"x".repeat(SEARCH_MAX_BYTES + 1)] {
            assert_eq!(search(bad).unwrap_err().errors[0].pointer, "?q");
        }
    }

    #[test]
    fn levels_are_guessed_from_words() {
        let matches = |level, line: &str| {
            looks_like(level).is_none_or(|pattern| Regex::new(pattern).unwrap().is_match(line.as_bytes()))
        };
        assert!(matches(Level::Error, "[ERROR] no route") && matches(Level::Warn, "WARNING: slow"));
        assert!(!matches(Level::Error, "warning: slow") && !matches(Level::Warn, "terror in the swarm"));
        assert!(matches(Level::Info, "anything"));
    }
}
