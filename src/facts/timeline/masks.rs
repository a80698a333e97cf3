//! Texts that differ from run to run, found inside other texts: ids, times, addresses.

use regex::{Regex, RegexBuilder};

/// Largest compiled pattern; the engine is linear, this bounds its constant.
const PATTERN_MAX_BYTES: usize = 1 << 20;
/// Longest pattern of a rule file.
pub(super) const PATTERN_TEXT_MAX_BYTES: usize = 1_024;

/// What stands for a run's own id, and for any that telltale has made.
pub(super) const RUN: &str = "<run>";

const UUID: &str = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";

/// One replacement.
#[derive(Debug, Clone)]
pub(super) struct Mask {
    pattern: Regex,
    with: String,
}

impl Mask {
    pub(super) fn new(pattern: &str, with: &str) -> Result<Self, String> {
        if pattern.len() > PATTERN_TEXT_MAX_BYTES {
            return Err(format!("is longer than {PATTERN_TEXT_MAX_BYTES} bytes"));
        }
        let mut builder = RegexBuilder::new(pattern);
        builder.size_limit(PATTERN_MAX_BYTES).dfa_size_limit(PATTERN_MAX_BYTES);
        let pattern = builder.build().map_err(|error| format!("is no regular expression: {error}"))?;
        Ok(Self { pattern, with: with.to_owned() })
    }

    pub(super) fn apply(&self, text: &mut String) {
        if let std::borrow::Cow::Owned(masked) = self.pattern.replace_all(text, self.with.as_str()) {
            *text = masked;
        }
    }
}

/// What is masked unasked. The order counts: a run's id holds a UUID.
pub(super) fn defaults() -> Vec<Mask> {
    let run = format!(r"\brun-{UUID}");
    [
        (run.as_str(), RUN),
        (UUID, "<uuid>"),
        (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?", "<time>"),
        (r"\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b", "<time>"),
        (r"\b[0-9a-f]{64}\b", "<digest>"),
        (r"\b\d{1,3}(?:\.\d{1,3}){3}:\d{1,5}\b", "<address>"),
        (r"\blocalhost:\d{1,5}\b", "<address>"),
        (r#"/tmp/[^\s"',;:)\]]+"#, "<path>"),
    ]
    .into_iter()
    .filter_map(|(pattern, with)| Mask::new(pattern, with).ok())
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_is_masked_and_the_rest_stays() {
        for (text, masked) in [
            ("run-0198c2d4-0000-7000-8000-000000000001 is over", "<run> is over"),
            ("id 0198c2d4-0000-7000-8000-0000000000ff", "id <uuid>"),
            ("at 2026-11-22T10:00:00.123Z, 10:00:01", "at <time>, <time>"),
            ("http://127.0.0.1:4780/x and localhost:80", "http://<address>/x and <address>"),
            ("192.0.2.7 answers in 3 of 4", "192.0.2.7 answers in 3 of 4"),
            ("see /tmp/telltale-x1/out: no", "see <path>: no"),
        ] {
            let mut found = text.to_owned();
            defaults().iter().for_each(|mask| mask.apply(&mut found));
            assert_eq!(found, masked);
        }
    }
}
