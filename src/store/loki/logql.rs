//! LogQL put together from parts, every value escaped.

use std::fmt::Write as _;

/// A log query: a selector of labels, then stages.
#[derive(Debug, Clone)]
pub struct LogQl(String);

impl LogQl {
    /// `{name="value",…}`: an empty value fits streams without the label.
    #[must_use]
    pub fn select(labels: &[(&str, &str)]) -> Self {
        let mut text = String::from("{");
        for (place, (name, value)) in labels.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            // Writing into memory does not fail.
            let _ = write!(text, "{comma}{name}={}", quoted(value));
        }
        text.push('}');
        Self(text)
    }

    /// Lines that contain `text`.
    #[must_use]
    pub fn contains(mut self, text: &str) -> Self {
        let _ = write!(self.0, " |= {}", quoted(text));
        self
    }

    /// Lines in which `pattern` (RE2) matches.
    #[must_use]
    pub fn matches(mut self, pattern: &str) -> Self {
        let _ = write!(self.0, " |~ {}", quoted(pattern));
        self
    }

    /// Entries whose metadata `name` is `value`.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        let _ = write!(self.0, " | {name}={}", quoted(value));
        self
    }

    /// Entries whose metadata `name` is a number in `after < number < before`.
    #[must_use]
    pub fn between(mut self, name: &str, after: u64, before: u64) -> Self {
        let _ = write!(self.0, " | {name}>{after} | {name}<{before}");
        self
    }

    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// `text` as a string literal of Go, which Loki reads: what is not plain is written by its number.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for sign in text.chars() {
        match sign {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            sign if sign.is_control() || sign == '\u{feff}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(sign));
            }
            sign => out.push(sign),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_can_not_leave_their_quotes() {
        let query = LogQl::select(&[("org", "o"), ("node", "a\"}\\ | x=\"\n\u{0}\u{85}ä")]);
        let query = query.contains("\"").with("run_key", "`").between("log_seq", 3, 9);
        let expected = "{org=\"o\",node=\"a\\\"}\\\\ | x=\\\"\\n\\u0000\\u0085ä\"} |= \"\\\"\" | run_key=\"`\" \
                        | log_seq>3 | log_seq<9";
        assert_eq!(query.text(), expected);
    }
}
