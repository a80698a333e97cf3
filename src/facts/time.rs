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
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(time) => write!(f, "{time:.6}"),
            Err(_) => Err(fmt::Error),
        }
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTime;

    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        let time: jiff::Timestamp = text.parse().map_err(|_| InvalidTime)?;
        Self::from_micros(time.as_microsecond()).ok_or(InvalidTime)
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
        for bad in ["", "yesterday", "2026-11-22", "-000044-03-15T00:00:00Z", "2026-13-01T00:00:00Z"] {
            assert!(bad.parse::<Timestamp>().is_err(), "{bad}");
        }
    }
}
