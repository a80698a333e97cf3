//! What to do about a push that failed: pure, from what Loki said.

use std::time::Duration;

use crate::facts::time::Timestamp;
use crate::store::loki::{Failure, LokiError};

/// Tries after which a push that Loki calls wrong, without a reason that has a name, is set aside.
const REJECTED_MAX: u32 = 3;
/// A segment is read back this often before it is given up.
pub(super) const LOOKS_MAX: u32 = 3;
/// At least this long after a push that is repeated: what a test's grace of a second must not undercut.
const LOOK_AGAIN_MIN: Duration = Duration::from_secs(1);

/// Loki asks its ingesters for nothing older than this (`query_ingesters_within`, three hours), with a margin.
const INGESTER_HORIZON_NS: i64 = (3 * 60 + 10) * MINUTE_NS;
/// What is younger than this when it is pushed is in Loki's store before that horizon reaches it (`max_chunk_age`, two hours).
const FRESH_NS: i64 = 60 * MINUTE_NS;
const MINUTE_NS: i64 = 60 * 1_000_000_000;

/// What to do about a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Wait, and push the same again: the fault is Loki's, the way's, or everybody's.
    Again,
    /// Push the segments one by one: one of them is to blame.
    Apart,
    /// Look whether it is there already; if not, give its lines new times.
    Retime,
    /// Leave this run alone for a while, and go on with others.
    Hold,
    /// Loki will never take it.
    Aside,
}

/// Judges the failure of a push of `segments`.
pub(super) fn judge(error: &LokiError, segments: usize) -> Verdict {
    if !error.is_about_content() {
        return Verdict::Again;
    }
    if segments > 1 {
        return Verdict::Apart;
    }
    match error.failure {
        Failure::TooOld if error.is_too_early() => Verdict::Hold,
        Failure::TooOld => Verdict::Retime,
        Failure::TooLarge => Verdict::Aside,
        _ => Verdict::Hold,
    }
}

/// Whether a run that is held for the `times`-th time is to blame itself: it was refused again and again, while others
/// were taken.
pub(super) fn is_to_blame(failure: Failure, times: u32, others_are_taken: bool) -> bool {
    failure == Failure::Rejected && times >= REJECTED_MAX && others_are_taken
}

/// When a segment that was pushed `now` may be read back and trimmed. Lines that are in between the two ages would be found at
/// first and then not for a while, until Loki has stored them: they are waited for.
pub(super) fn settle_at(first_ns: i64, last_ns: i64, now: Timestamp, grace: Duration) -> Timestamp {
    let now_ns = now.as_micros().saturating_mul(1_000);
    let with_grace = after(now, grace);
    let (fresh_from, old_until) = (now_ns - FRESH_NS, now_ns - INGESTER_HORIZON_NS);
    let youngest_between = last_ns.min(fresh_from);
    if youngest_between <= old_until || first_ns >= fresh_from {
        return with_grace;
    }
    let seen_by_all =
        Timestamp::from_micros((youngest_between + INGESTER_HORIZON_NS) / 1_000).unwrap_or(with_grace);
    with_grace.max(seen_by_all)
}

/// When to read back a segment that was pushed again, for the `tries`-th time.
pub(super) fn look_again_at(now: Timestamp, grace: Duration, tries: u32) -> Timestamp {
    after(now, grace.max(LOOK_AGAIN_MIN).saturating_mul(1 << tries.min(8)))
}

fn after(now: Timestamp, pause: Duration) -> Timestamp {
    let micros = i64::try_from(pause.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(now.as_micros().saturating_add(micros)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(failure: Failure, status: Option<u16>) -> LokiError {
        LokiError { failure, status, detail: String::new(), retry_after: None }
    }

    #[test]
    fn each_failure_has_its_verdict() {
        use Failure as F;
        let of = |failure, status, segments| judge(&error(failure, status), segments);
        for (failure, status) in [
            (F::Refused, None),
            (F::Timeout, None),
            (F::ServerError, Some(503)),
            (F::RateLimited, Some(429)),
            (F::Unauthorized, Some(401)),
            (F::Rejected, Some(404)),
        ] {
            assert_eq!(of(failure, status, 1), Verdict::Again, "{failure}");
            assert_eq!(of(failure, status, 5), Verdict::Again, "{failure}");
        }
        for (failure, status, alone) in [
            (F::TooOld, 400, Verdict::Retime),
            (F::TooLarge, 400, Verdict::Aside),
            (F::TooLarge, 413, Verdict::Aside),
            (F::TooManyStreams, 429, Verdict::Hold),
            (F::Rejected, 400, Verdict::Hold),
        ] {
            assert_eq!(of(failure, Some(status), 2), Verdict::Apart, "{failure}");
            assert_eq!(of(failure, Some(status), 1), alone, "{failure}");
        }
    }

    #[test]
    fn only_a_run_that_alone_is_refused_is_to_blame() {
        assert!(is_to_blame(Failure::Rejected, 3, true));
        assert!(!is_to_blame(Failure::Rejected, 2, true));
        assert!(!is_to_blame(Failure::Rejected, 30, false));
        assert!(!is_to_blame(Failure::TooManyStreams, 30, true));
    }

    #[test]
    fn what_loki_would_lose_from_sight_is_waited_for() {
        let now = Timestamp::from_micros(1_000_000_000_000_000).unwrap();
        let at = |minutes_ago: i64| now.as_micros() * 1_000 - minutes_ago * MINUTE_NS;
        let grace = Duration::from_secs(600);
        let minutes =
            |first, last| settle_at(at(first), at(last), now, grace).micros_since(now) as i64 / 60_000_000;
        // Young, and so old that only the store is asked.
        assert_eq!(minutes(5, 0), 10);
        assert_eq!(minutes(600, 300), 10);
        // In between, also in part.
        assert_eq!(minutes(120, 119), 190 - 119);
        assert_eq!(minutes(120, 1), 190 - 60);
        assert_eq!(minutes(600, 189), 10);
    }
}
