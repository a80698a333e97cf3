//! Numbers, times and texts as people read them. Pure.

use console::{measure_text_width, truncate_str};

use crate::facts::time::Timestamp;

/// `350 ms`, `1.2 s`, `3:07`, `2:03:07`, `5 d 02:03`: short, and of steady width within a range.
pub(crate) fn duration(micros: u64) -> String {
    let seconds = micros / 1_000_000;
    match seconds {
        0 => format!("{} ms", micros / 1_000),
        1..60 => format!("{seconds}.{} s", micros / 100_000 % 10),
        60..3_600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60),
        _ => format!("{} d {:02}:{:02}", seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60),
    }
}

/// How long something took, or has taken until `now`; `None` before it began.
pub(crate) fn elapsed(from: Option<Timestamp>, to: Option<Timestamp>, now: Timestamp) -> Option<String> {
    from.map(|from| duration(to.unwrap_or(now).micros_since(from)))
}

/// `3 s ago`, `5 min ago`, `2 h ago`, `3 d ago`, and the date once that says more.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.micros_since(at) / 1_000_000;
    match seconds {
        0 => "just now".into(),
        1..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        86_400..604_800 => format!("{} d ago", seconds / 86_400),
        _ => at.to_string().chars().take(10).collect(),
    }
}

/// `12,431`
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Cuts to `width` columns, ending in an ellipsis when something was cut. Colours may be inside.
pub(crate) fn fit(text: &str, width: usize) -> String {
    truncate_str(text, width, "…").into_owned()
}

/// Fills up to `width` columns with blanks.
pub(crate) fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(measure_text_width(text));
    format!("{text}{}", " ".repeat(missing))
}

/// A point in time given as RFC 3339, or as how long ago (`90s`, `15m`, `2h`, `3d`).
pub(crate) fn since(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    let fault =
        || format!("`{text}` is neither a time (2026-11-22T10:00:00Z) nor how long ago (90s, 15m, 2h, 3d)");
    let unit = text.chars().last().ok_or_else(fault)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(fault()),
    };
    let number: i64 = text[..text.len() - 1].parse().ok().filter(|n| *n >= 0).ok_or_else(fault)?;
    let micros = number.checked_mul(seconds * 1_000_000).ok_or_else(fault)?;
    now.as_micros().checked_sub(micros).and_then(Timestamp::from_micros).ok_or_else(fault)
}

/// The time on this machine.
pub(crate) fn now() -> Timestamp {
    let micros = jiff::Timestamp::now().as_microsecond();
    // A clock outside the years 1 to 9999 is as good as none.
    Timestamp::from_micros(micros).or_else(|| Timestamp::from_micros(0)).unwrap_or_else(|| unreachable!())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn durations_stay_short() {
        let shown = [0, 350_000, 1_250_000, 59_999_999, 187_000_000, 7_387_000_000, 439_387_000_000];
        let shown: Vec<String> = shown.into_iter().map(duration).collect();
        assert_eq!(shown, ["0 ms", "350 ms", "1.2 s", "59.9 s", "3:07", "2:03:07", "5 d 02:03"]);
    }

    #[test]
    fn a_clock_behind_the_servers_shows_no_negative_time() {
        let (start, now) = (at("2026-11-22T10:00:05Z"), at("2026-11-22T10:00:00Z"));
        assert_eq!(elapsed(Some(start), None, now).as_deref(), Some("0 ms"));
        assert_eq!(elapsed(None, None, now), None);
        assert_eq!(ago(start, now), "just now");
    }

    #[test]
    fn long_ago_is_a_date() {
        let now = at("2026-11-22T10:00:00Z");
        assert_eq!(ago(at("2026-11-22T09:00:00Z"), now), "1 h ago");
        assert_eq!(ago(at("2026-10-01T09:00:00Z"), now), "2026-10-01");
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(
            [0, 999, 1_000, 12_431, 1_234_567].map(count),
            ["0", "999", "1,000", "12,431", "1,234,567"]
        );
    }

    #[test]
    fn texts_are_cut_by_columns_not_bytes() {
        assert_eq!(fit("日本語のログ", 7), "日本語…");
        assert_eq!(fit("short", 7), "short");
        assert_eq!(measure_text_width(&pad("日本", 7)), 7);
    }

    #[test]
    fn since_is_a_time_or_how_long_ago() {
        let now = at("2026-11-22T10:00:00Z");
        assert_eq!(since("2h", now).unwrap(), at("2026-11-22T08:00:00Z"));
        assert_eq!(since("2026-01-01T00:00:00Z", now).unwrap(), at("2026-01-01T00:00:00Z"));
        for bad in ["", "h", "2", "-2h", "2w", "99999999999999999d", "ü"] {
            assert!(since(bad, now).is_err(), "{bad}");
        }
    }
}
