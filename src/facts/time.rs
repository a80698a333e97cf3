//! Points in time: microseconds since the epoch, written as RFC 3339 UTC with six digits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time, in whole microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

/// A text that is no RFC 3339 time between the years 0001 and 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a time is RFC 3339, such as 2026-11-22T10:00:00.000123Z")]
pub struct InvalidTime;

/// 0001-01-01T00:00:00Z: earlier ones PostgreSQL would write as BC.
const MIN_MICROS: i64 = -62_135_596_800_000_000;
/// 9999-12-31T00:00:00Z, short of the end so that any zone's rendering keeps four digits of year.
const MAX_MICROS: i64 = 253_402_214_400_000_000;

/// Length of a time's text.
const TEXT_BYTES: usize = 27;
const SECOND_MICROS: i64 = 1_000_000;
const DAY_MICROS: i64 = 86_400 * SECOND_MICROS;
/// Days of 400 years, after which the calendar repeats itself.
const ERA_DAYS: i64 = 146_097;
/// From 0000-03-01, where an era begins, to 1970-01-01.
const ERA_SHIFT_DAYS: i64 = 719_468;

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// `None` outside the years 0001 to 9999.
    #[must_use]
    pub fn from_micros(micros: i64) -> Option<Self> {
        (MIN_MICROS..=MAX_MICROS).contains(&micros).then_some(Self(micros))
    }

    #[must_use]
    pub fn as_micros(self) -> i64 {
        self.0
    }

    /// Microseconds from `earlier` to this one, 0 when it is not earlier.
    #[must_use]
    pub fn micros_since(self, earlier: Self) -> u64 {
        u64::try_from(self.0 - earlier.0).unwrap_or(0)
    }

    /// The time so much later, at most the last there is.
    #[must_use]
    pub fn after(self, wait: std::time::Duration) -> Self {
        let micros = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros).min(MAX_MICROS))
    }
}

impl Timestamp {
    /// The text, such as `2026-11-22T10:00:00.000123Z`. Every line and event has one, hence no general formatter.
    #[must_use]
    pub fn rfc3339(self) -> [u8; TEXT_BYTES] {
        let (days, micros) = (self.0.div_euclid(DAY_MICROS), self.0.rem_euclid(DAY_MICROS));
        let (year, month, day) = civil(days);
        let seconds = micros / SECOND_MICROS;
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        put(&mut text[..4], year);
        put(&mut text[5..7], month);
        put(&mut text[8..10], day);
        put(&mut text[11..13], seconds / 3_600);
        put(&mut text[14..16], seconds / 60 % 60);
        put(&mut text[17..19], seconds % 60);
        put(&mut text[20..26], micros % SECOND_MICROS);
        text
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.rfc3339()).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTime;

    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        let micros = match usual(text.as_bytes()) {
            Some(micros) => micros,
            None => text.parse::<jiff::Timestamp>().map_err(|_| InvalidTime)?.as_microsecond(),
        };
        Self::from_micros(micros).ok_or(InvalidTime)
    }
}

/// The date of a day since 1970-01-01 in the proleptic Gregorian calendar: `civil_from_days` of Howard Hinnant's
/// "chrono-compatible low-level date algorithms".
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + ERA_SHIFT_DAYS;
    let (era, day_of_era) = (shifted.div_euclid(ERA_DAYS), shifted.rem_euclid(ERA_DAYS));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / (ERA_DAYS - 1)) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months from March on, so that the leap day is the year's last.
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// The way back: `days_from_civil` of the same.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - ERA_SHIFT_DAYS
}

/// Microseconds of the text that most clients send, `YYYY-MM-DDTHH:MM:SS[.f…]Z` with up to six digits behind the point. `None`
/// is no fault: the whole of RFC 3339 is left to the general parser.
fn usual(text: &[u8]) -> Option<i64> {
    let (head, rest) = text.split_at_checked(19)?;
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if marks.iter().any(|(place, mark)| head[*place] != *mark) {
        return None;
    }
    let (year, month, day) = (number(&head[..4])?, number(&head[5..7])?, number(&head[8..10])?);
    let (hour, minute, second) = (number(&head[11..13])?, number(&head[14..16])?, number(&head[17..19])?);
    let fraction = match rest.strip_suffix(b"Z")? {
        [] => 0,
        [b'.', digits @ ..] if (1..=6).contains(&digits.len()) => {
            number(digits)? * 10_i64.pow(6 - u32::try_from(digits.len()).ok()?)
        }
        _ => return None,
    };
    let date = days(year, month, day);
    // A day that its month does not have comes back as another one.
    let is_real = civil(date) == (year, month, day) && hour < 24 && minute < 60 && second < 60;
    is_real.then(|| date * DAY_MICROS + ((hour * 60 + minute) * 60 + second) * SECOND_MICROS + fraction)
}

fn number(digits: &[u8]) -> Option<i64> {
    let is_number = digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
}

/// Writes `value` into all of `place`, with zeros in front.
fn put(place: &mut [u8], mut value: i64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_six_digits_in_utc() {
        let time: Timestamp = "2026-11-22T12:00:00.1234567+02:00".parse().unwrap();
        assert_eq!(time.to_string(), "2026-11-22T10:00:00.123456Z");
        assert_eq!(serde_json::to_string(&time).unwrap(), "\"2026-11-22T10:00:00.123456Z\"");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for bad in [
            "",
            "yesterday",
            "2026-11-22",
            "-000044-03-15T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00.Z",
            "0000-01-01T00:00:00Z",
        ] {
            assert!(bad.parse::<Timestamp>().is_err(), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_time_is_written_and_read_as_a_calendar_does(micros in MIN_MICROS..=MAX_MICROS, digits in 0_usize..=9) {
            let time = Timestamp::from_micros(micros).unwrap();
            let other = jiff::Timestamp::from_microsecond(micros).unwrap();
            proptest::prop_assert_eq!(time.to_string(), format!("{other:.6}"));
            proptest::prop_assert_eq!(time.to_string().parse(), Ok(time));
            let cut = format!("{other:.digits$}");
            let read: jiff::Timestamp = cut.parse().unwrap();
            proptest::prop_assert_eq!(cut.parse::<Timestamp>().unwrap().as_micros(), read.as_microsecond());
        }
    }
}
