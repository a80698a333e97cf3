//! Durations as people write them: `500ms`, `30s`, `5m`, `1h30m`.

use std::time::Duration;

/// Longer than a week is a typing mistake, and keeps every deadline far from overflow.
pub const DURATION_MAX: Duration = Duration::from_secs(7 * 24 * 3600);
/// How messages describe a good one.
pub const DURATION_EXPECTED: &str = "a duration such as 500ms, 30s, 5m or 1h30m, at most 168h";

/// `None` unless `text` is a positive duration of at most [`DURATION_MAX`].
#[must_use]
pub fn parse(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: u64 = rest.get(..digits)?.parse().ok()?;
        rest = &rest[digits..];
        let unit_end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let part = match &rest[..unit_end] {
            "ms" => Duration::from_millis(number),
            "s" => Duration::from_secs(number),
            "m" => Duration::from_secs(number.checked_mul(60)?),
            "h" => Duration::from_secs(number.checked_mul(3600)?),
            _ => return None,
        };
        total = total.checked_add(part)?;
        rest = &rest[unit_end..];
    }
    (total > Duration::ZERO && total <= DURATION_MAX).then_some(total)
}

/// The shortest text that [`parse`] reads back, for messages.
#[must_use]
pub fn written(duration: Duration) -> String {
    let millis = duration.as_millis();
    match millis {
        m if m % 1000 != 0 => format!("{m}ms"),
        m if m % 60_000 != 0 => format!("{}s", m / 1000),
        m if m % 3_600_000 != 0 => format!("{}m", m / 60_000),
        m => format!("{}h", m / 3_600_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_everything_else_is_refused() {
        for (text, millis) in [("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("1h30m", 5_400_000)] {
            assert_eq!(parse(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for bad in [
            "",
            "30",
            "0s",
            "-1s",
            "1d",
            "1.5s",
            "s",
            "169h",
            "99999999999999999999s",
            "1 s",
            "1h 30m",
            "5мs",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        assert_eq!(written(Duration::from_millis(1500)), "1500ms");
        assert_eq!(written(Duration::from_secs(90)), "90s");
        assert_eq!(written(Duration::from_secs(7200)), "2h");
    }
}
