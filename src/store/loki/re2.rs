//! Patterns for Loki, which uses RE2: the same language, if what differs is written out.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind, Look, Repetition};

/// Longest pattern that is sent: classes written out are long, and Loki bounds its queries.
const PATTERN_MAX_BYTES: usize = 16 * 1024;

/// Most repetitions that RE2 takes, nested ones multiplied.
const REPEATS_MAX: u32 = 1_000;

/// `pattern`, as the crate `regex` reads it, as RE2 that matches at least in the same lines of valid UTF-8; `None` where there is
/// no such. Classes such as `\d` and case that is ignored mean more characters here than there, so all are written out; an
/// assertion about words, which here are those of Unicode, is left out.
#[must_use]
pub fn to_re2(pattern: &str) -> Option<String> {
    let hir = ParserBuilder::new().utf8(false).build().parse(pattern).ok()?;
    if !hir.properties().is_utf8() {
        return None;
    }
    let mut text = String::new();
    regex_syntax::hir::print::Printer::new().print(&widened(&hir, REPEATS_MAX)?, &mut text).ok()?;
    (text.len() <= PATTERN_MAX_BYTES).then_some(text)
}

/// The same without groups that are remembered and without assertions about words; `repeats` is what RE2 has left.
fn widened(hir: &Hir, repeats: u32) -> Option<Hir> {
    Some(match hir.kind() {
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) => hir.clone(),
        HirKind::Look(Look::Start | Look::End | Look::StartLF | Look::EndLF) => hir.clone(),
        HirKind::Look(Look::StartCRLF | Look::EndCRLF) => return None,
        HirKind::Look(_) => Hir::empty(),
        HirKind::Repetition(repeat) => {
            let times = repeat.max.unwrap_or(repeat.min).max(repeat.min).max(1);
            let left = repeats.checked_div(times).filter(|left| *left > 0)?;
            Hir::repetition(Repetition { sub: Box::new(widened(&repeat.sub, left)?), ..repeat.clone() })
        }
        HirKind::Capture(capture) => widened(&capture.sub, repeats)?,
        HirKind::Concat(parts) => Hir::concat(all(parts, repeats)?),
        HirKind::Alternation(parts) => Hir::alternation(all(parts, repeats)?),
    })
}

fn all(parts: &[Hir], repeats: u32) -> Option<Vec<Hir>> {
    parts.iter().map(|part| widened(part, repeats)).collect()
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
    fn groups_are_not_remembered_and_borders_of_words_left_out() {
        assert_eq!(to_re2("\\berror\\b").as_deref(), Some("(?:error)"));
        assert_eq!(to_re2("(?P<n>ab|cd)+").as_deref(), Some("(?:(?:ab)|(?:cd))+"));
    }

    #[test]
    fn what_has_no_equal_is_not_sent() {
        for pattern in ["(?-u:\\xff)", "a{2000}", "(", "(ab{40}){40}", "(?Rm)a$"] {
            assert_eq!(to_re2(pattern), None, "{pattern}");
        }
    }
}
