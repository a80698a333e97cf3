//! One pass over the text of an event: what PostgreSQL or a reader could choke on is refused or replaced.
//!
//! `\u0000` and lone surrogates become U+FFFD; deep nesting, far exponents and endless numbers are
//! faults. The text is not checked for being JSON: that is serde_json's part, before or after.

use std::borrow::Cow;

use memchr::memchr2;

/// Deepest nesting of arrays and objects inside one field of an event (contract, limits).
pub const NESTING_MAX: usize = 64;
/// Largest exponent of a number, either way (contract, limits).
pub const EXPONENT_MAX: u32 = 1_000;
/// Longest number, in bytes: with the exponent's bound it keeps every number inside what `numeric` holds.
pub const NUMBER_MAX_BYTES: usize = 1_024;

/// What makes a text unfit; completes the sentence "… is refused: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("nesting is deeper than {NESTING_MAX}")]
    TooDeep,
    #[error("a number's exponent is beyond ±{EXPONENT_MAX}")]
    FarExponent,
    #[error("a number is longer than {NUMBER_MAX_BYTES} bytes")]
    LongNumber,
}

/// Checks `text`, which may be `depth_allowance` levels deeper than [`NESTING_MAX`] (the event's own braces).
/// Borrowed when nothing had to be replaced.
pub fn scan(text: &str, depth_allowance: usize) -> Result<Cow<'_, str>, Unfit> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut replaced: Option<String> = None;
    let mut copied = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                if depth > NESTING_MAX + depth_allowance {
                    return Err(Unfit::TooDeep);
                }
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            b'"' => at = scan_string(text, at + 1, &mut copied, &mut replaced),
            b'-' | b'0'..=b'9' => at = scan_number(bytes, at)?,
            _ => at += 1,
        }
    }
    Ok(match replaced {
        None => Cow::Borrowed(text),
        Some(mut out) => {
            out.push_str(&text[copied..]);
            Cow::Owned(out)
        }
    })
}

/// Walks a string from behind its opening quote to behind its closing one, replacing bad escapes.
fn scan_string(text: &str, start: usize, copied: &mut usize, replaced: &mut Option<String>) -> usize {
    let bytes = text.as_bytes();
    let mut at = start;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found;
        if bytes[at] == b'"' {
            return at + 1;
        }
        let Some(unit) = escaped_unit(bytes, at) else {
            at += 2;
            continue;
        };
        let low_follows = escaped_unit(bytes, at + 6).is_some_and(|low| (0xDC00..=0xDFFF).contains(&low));
        match unit {
            0xD800..=0xDBFF if low_follows => at += 12,
            0 | 0xD800..=0xDFFF => {
                let out = replaced.get_or_insert_with(String::new);
                out.push_str(&text[*copied..at]);
                out.push_str("\\ufffd");
                at += 6;
                *copied = at;
            }
            _ => at += 6,
        }
    }
    bytes.len()
}

/// The UTF-16 unit of a `\uXXXX` escape at `at`, if there is one.
fn escaped_unit(bytes: &[u8], at: usize) -> Option<u32> {
    let escape = bytes.get(at..at + 6)?;
    if !escape.starts_with(b"\\u") || !escape[2..].iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(&escape[2..]).ok()?, 16).ok()
}

/// Walks a number; its end.
fn scan_number(bytes: &[u8], start: usize) -> Result<usize, Unfit> {
    let is_part = |b: &&u8| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    let length = bytes[start..].iter().take_while(is_part).count();
    if length > NUMBER_MAX_BYTES {
        return Err(Unfit::LongNumber);
    }
    let number = &bytes[start..start + length];
    if let Some(e) = memchr2(b'e', b'E', number) {
        let digits = number[e + 1..].iter().filter(|b| b.is_ascii_digit());
        let exponent =
            digits.fold(0_u32, |sum, digit| sum.saturating_mul(10).saturating_add(u32::from(digit - b'0')));
        if exponent > EXPONENT_MAX {
            return Err(Unfit::FarExponent);
        }
    }
    Ok(start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_and_lone_surrogates_become_the_replacement_character() {
        let cases = [
            (r#""a\u0000b""#, r#""a\ufffdb""#),
            (r#""\ud800""#, r#""\ufffd""#),
            (r#""\udc00\ud800x""#, r#""\ufffd\ufffdx""#),
            (r#"{"k\u0000":["\ud83d\ude00","\\u0000"]}"#, r#"{"k\ufffd":["\ud83d\ude00","\\u0000"]}"#),
        ];
        for (before, after) in cases {
            assert_eq!(scan(before, 0).unwrap(), after);
        }
    }

    #[test]
    fn fit_text_is_borrowed() {
        assert!(matches!(scan(r#"{"a":[1,-2.5e3,"x\"]]]"]}"#, 0), Ok(Cow::Borrowed(_))));
    }

    #[test]
    fn bounds_are_exact() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(scan(&nested(NESTING_MAX), 0).is_ok());
        assert_eq!(scan(&nested(NESTING_MAX + 1), 0), Err(Unfit::TooDeep));
        assert!(scan("1e1000", 0).is_ok());
        assert_eq!(scan("[1e-1001]", 0), Err(Unfit::FarExponent));
        assert_eq!(scan("1E400000", 0), Err(Unfit::FarExponent));
        assert_eq!(scan(&"9".repeat(NUMBER_MAX_BYTES + 1), 0), Err(Unfit::LongNumber));
    }
}
