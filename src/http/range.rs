//! `Range` and its conditions (RFC 9110, section 14): one range of bytes, or the whole.

use std::ops::Range;

use http::HeaderMap;
use http::header::{IF_NONE_MATCH, IF_RANGE, RANGE};

/// Which bytes an answer holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// 200
    Whole,
    /// 206; within the length and not empty.
    Part(Range<u64>),
    /// 416
    Unsatisfiable,
    /// 304
    NotModified,
}

/// What a request asks for of something `length` bytes long, whose strong tag is `etag`. A range that is not understood,
/// several ranges, and a range of another version are answered with the whole, as the standard has it.
pub fn wanted(headers: &HeaderMap, length: u64, etag: &str) -> Wanted {
    let text = |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
    if text(IF_NONE_MATCH).is_some_and(|tags| has_tag(tags, etag)) {
        return Wanted::NotModified;
    }
    // A time or a weak tag can't tell that the bytes are the same ones.
    if headers.contains_key(IF_RANGE) && text(IF_RANGE) != Some(etag) {
        return Wanted::Whole;
    }
    text(RANGE).map_or(Wanted::Whole, |range| part(range, length))
}

/// Weak comparison, which is what If-None-Match asks for.
fn has_tag(tags: &str, etag: &str) -> bool {
    tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

fn part(range: &str, length: u64) -> Wanted {
    let Some((unit, spec)) = range.split_once('=') else { return Wanted::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") || spec.contains(',') {
        return Wanted::Whole;
    }
    let Some((first, last)) = spec.trim().split_once('-') else { return Wanted::Whole };
    match (number(first), number(last)) {
        (Some(first), _) if first >= length && last_is_fine(last) => Wanted::Unsatisfiable,
        (Some(first), None) if last.is_empty() => Wanted::Part(first..length),
        (Some(first), Some(last)) if first <= last => Wanted::Part(first..last.saturating_add(1).min(length)),
        (None, Some(suffix)) if first.is_empty() => match suffix.min(length) {
            0 => Wanted::Unsatisfiable,
            suffix => Wanted::Part(length - suffix..length),
        },
        _ => Wanted::Whole,
    }
}

fn last_is_fine(last: &str) -> bool {
    last.is_empty() || number(last).is_some()
}

/// Digits only: `parse` would take a sign. More than a length can have counts as the end.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: &str = "\"abc\"";

    fn of(headers: &[(http::HeaderName, &str)], length: u64) -> Wanted {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        wanted(&headers, length, TAG)
    }

    #[test]
    fn one_range_is_given_and_what_is_none_is_the_whole() {
        let part = |range: &str| of(&[(RANGE, range)], 10);
        for (range, wanted) in [
            ("bytes=0-3", Wanted::Part(0..4)),
            ("bytes=9-", Wanted::Part(9..10)),
            ("bytes=-3", Wanted::Part(7..10)),
            ("bytes=-99", Wanted::Part(0..10)),
            ("bytes=5-99", Wanted::Part(5..10)),
            ("BYTES=5-5", Wanted::Part(5..6)),
            ("bytes=3-99999999999999999999999", Wanted::Part(3..10)),
            ("bytes=10-", Wanted::Unsatisfiable),
            ("bytes=10-12", Wanted::Unsatisfiable),
            ("bytes=-0", Wanted::Unsatisfiable),
            ("bytes=5-4", Wanted::Whole),
            ("bytes=0-1,3-4", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
            ("items=0-1", Wanted::Whole),
            ("0-1", Wanted::Whole),
        ] {
            assert_eq!(part(range), wanted, "{range}");
        }
        assert_eq!(of(&[(RANGE, "bytes=0-")], 0), Wanted::Unsatisfiable);
        assert_eq!(of(&[(RANGE, "bytes=-1")], 0), Wanted::Unsatisfiable);
        assert_eq!(of(&[], 0), Wanted::Whole);
    }

    #[test]
    fn a_range_of_another_version_is_the_whole() {
        assert_eq!(of(&[(RANGE, "bytes=0-3"), (IF_RANGE, TAG)], 10), Wanted::Part(0..4));
        for other in ["\"abd\"", "W/\"abc\"", "Sun, 22 Nov 2026 10:00:00 GMT"] {
            assert_eq!(of(&[(RANGE, "bytes=0-3"), (IF_RANGE, other)], 10), Wanted::Whole, "{other}");
        }
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        for tags in [TAG, "*", "W/\"abc\"", "\"x\", \"abc\""] {
            assert_eq!(of(&[(IF_NONE_MATCH, tags), (RANGE, "bytes=0-1")], 10), Wanted::NotModified, "{tags}");
        }
        assert_eq!(of(&[(IF_NONE_MATCH, "\"abcd\"")], 10), Wanted::Whole);
    }
}
