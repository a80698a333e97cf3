//! How long to wait after a failure: full jitter, so that many that failed together don't come back together.

use std::time::Duration;

/// After the first failure.
const FIRST: Duration = Duration::from_millis(500);
/// However long Loki is away, it is noticed this soon that it is back.
const LONGEST: Duration = Duration::from_secs(15);
/// What Loki may ask for beyond that.
const LONGEST_ASKED: Duration = Duration::from_secs(60);

/// The pause before try number `failures + 1`; `chance` is from 0 to 1. What Loki asked for is kept, and spread as well.
pub(super) fn pause(failures: u32, asked: Option<Duration>, chance: f64) -> Duration {
    let bound = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST);
    asked.unwrap_or_default().min(LONGEST_ASKED) + bound.mul_f64(chance.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_keep_what_was_asked() {
        let longest = |failures| pause(failures, None, 1.0);
        assert_eq!(
            [1, 2, 3, 6, 100].map(longest),
            [500, 1_000, 2_000, 15_000, 15_000].map(Duration::from_millis)
        );
        assert_eq!(pause(9, None, 0.0), Duration::ZERO);
        assert_eq!(pause(1, Some(Duration::from_secs(3)), 0.5), Duration::from_millis(3_250));
        assert_eq!(pause(1, Some(Duration::from_secs(3_600)), 0.0), LONGEST_ASKED);
    }
}
