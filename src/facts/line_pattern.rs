//! What a search for lines looks for: a text, a regular expression between slashes, or a level guessed from words.
//!
//! Pure. The same pattern filters lines on the server and on the client, and [`Sought`] says what is to be asked of a store
//! that searches by itself.

use regex::bytes::{Regex, RegexBuilder};

use super::event::Level;

/// Longest search: enough for any pattern that a person writes.
pub const SEARCH_MAX_BYTES: usize = 1_024;
/// Largest compiled pattern, and the memory of its automaton: the engine is linear, this bounds its constant.
const PATTERN_MAX_BYTES: usize = 1 << 20;

/// The words that programs use for what is worth a warning; `\b` and letters are those of ASCII, as in RE2.
const WARN: &str = r"(?i)\b(warn|warning|error|err|fatal|panic(ked)?|critical|exception|fail(ed|ure)?)\b";
const ERROR: &str = r"(?i)\b(error|err|fatal|panic(ked)?|critical|exception|fail(ed|ure)?)\b";

/// Why a text can't be searched for; completes the sentence "`q` …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PatternFault(String);

/// A pattern, ready to match.
#[derive(Debug, Clone)]
pub struct LinePattern {
    regex: Regex,
    sought: Sought,
}

/// What a pattern looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sought {
    /// The text as it stands.
    Text(String),
    /// A regular expression as this program reads it, which other engines may read otherwise.
    Regex(String),
    /// One that means the same in RE2.
    Portable(&'static str),
}

impl LinePattern {
    /// A search as people type it: text as it stands, or a regular expression between slashes.
    pub fn parse(text: &str) -> Result<Self, PatternFault> {
        if text.len() > SEARCH_MAX_BYTES {
            return Err(PatternFault(format!("is longer than {SEARCH_MAX_BYTES} bytes")));
        }
        let inner =
            text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).filter(|inner| !inner.is_empty());
        match inner {
            Some(pattern) => Ok(Self {
                regex: compiled(RegexBuilder::new(pattern))?,
                sought: Sought::Regex(pattern.to_owned()),
            }),
            None => Ok(Self {
                regex: compiled(RegexBuilder::new(&regex::escape(text)))?,
                sought: Sought::Text(text.to_owned()),
            }),
        }
    }

    /// Lines that look like `level` or worse. `None`: every line is at least that loud.
    #[must_use]
    pub fn of_level(level: Level) -> Option<Self> {
        let pattern = match level {
            Level::Debug | Level::Info => return None,
            Level::Warn => WARN,
            Level::Error => ERROR,
        };
        let mut builder = RegexBuilder::new(pattern);
        builder.unicode(false);
        // The two patterns are our own, and a test compiles them.
        let regex = compiled(builder).ok()?;
        Some(Self { regex, sought: Sought::Portable(pattern) })
    }

    #[must_use]
    pub fn is_match(&self, line: &[u8]) -> bool {
        self.regex.is_match(line)
    }

    #[must_use]
    pub fn sought(&self) -> &Sought {
        &self.sought
    }
}

fn compiled(mut builder: RegexBuilder) -> Result<Regex, PatternFault> {
    builder.size_limit(PATTERN_MAX_BYTES).dfa_size_limit(PATTERN_MAX_BYTES).build().map_err(|error| {
        // The message is a drawing over several lines; its last one says what is wrong.
        let said = error.to_string();
        let reason = said.lines().last().unwrap_or_default().trim();
        PatternFault(format!("is not a regular expression that can be searched for: {reason}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(text: &str) -> LinePattern {
        LinePattern::parse(text).unwrap()
    }

    #[test]
    fn text_is_searched_as_it_stands_and_patterns_between_slashes() {
        assert!(search("a.b").is_match(b"xa.by") && !search("a.b").is_match(b"axb"));
        assert!(search("/a.b/").is_match(b"axb"));
        assert!(search("/").is_match(b"a/b") && search("//").is_match(b"http://x"));
        assert_eq!(search("a.b").sought(), &Sought::Text("a.b".into()));
        assert_eq!(search("/a.b/").sought(), &Sought::Regex("a.b".into()));
    }

    #[test]
    fn bad_and_bloated_patterns_are_refused() {
        for bad in ["/(/", "/(a{1000}){1000}/", &"x".repeat(SEARCH_MAX_BYTES + 1)] {
            assert!(LinePattern::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn levels_are_guessed_from_words() {
        let matches = |level, line: &str| {
            LinePattern::of_level(level).is_none_or(|pattern| pattern.is_match(line.as_bytes()))
        };
        assert!(matches(Level::Error, "[ERROR] no route") && matches(Level::Warn, "WARNING: slow"));
        assert!(!matches(Level::Error, "warning: slow") && !matches(Level::Warn, "terror in the swarm"));
        assert!(matches(Level::Info, "anything"));
        assert!(
            LinePattern::of_level(Level::Warn).is_some() && LinePattern::of_level(Level::Error).is_some()
        );
    }
}
