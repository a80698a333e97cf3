//! The one place that reads the wall clock for what is stored.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::facts::time::Timestamp;

/// Now, to the microsecond; a clock outside the years 1970 to 9999 counts as 1970.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).ok().and_then(Timestamp::from_micros).unwrap_or(Timestamp::EPOCH)
}
