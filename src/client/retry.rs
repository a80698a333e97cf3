//! Repeating a request until the server has acknowledged it, which client-made ids make safe.

use std::future::Future;
use std::time::{Duration, Instant};

use rand::RngExt as _;

use super::error::ClientError;

/// The first wait, short enough that a restart of the server is hardly noticed …
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// … and the longest, so that a server that comes back is found within seconds.
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// How long to wait before try `failures + 1`: doubling, bounded, and spread by `jitter` (0.0–1.0),
/// so that many clients of a restarted server don't come back at the same moment.
#[must_use]
pub fn backoff(failures: u32, jitter: f64) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(1 << failures.saturating_sub(1).min(10));
    doubled.min(LONGEST_WAIT).mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0))
}

/// A number in 0.0–1.0 to spread waits with.
pub(super) fn jitter() -> f64 {
    rand::rng().random_range(0.0..1.0)
}

/// How long to wait after the `failures`-th failure in a row, or `None` when `patience` would be over.
fn next_wait(
    failures: u32,
    asked: Option<Duration>,
    jitter: f64,
    waited: Duration,
    patience: Duration,
) -> Option<Duration> {
    let wait = asked.unwrap_or_default().min(LONGEST_WAIT).max(backoff(failures, jitter));
    (waited + wait <= patience).then_some(wait)
}

/// Calls `send` until it succeeds, fails for good, or `patience` has passed since the first failure;
/// then gives the last error. `send` must be safe to repeat.
pub async fn until_acknowledged<T, F>(
    patience: Duration,
    mut send: impl FnMut() -> F,
) -> Result<T, ClientError>
where
    F: Future<Output = Result<T, ClientError>>,
{
    let mut failures = 0;
    let mut first_failure_at = None;
    loop {
        let error = match send().await {
            Ok(answer) => return Ok(answer),
            Err(error) if !error.is_transient() => return Err(error),
            Err(error) => error,
        };
        failures += 1;
        let waited = first_failure_at.get_or_insert_with(Instant::now).elapsed();
        match next_wait(failures, error.retry_after(), jitter(), waited, patience) {
            Some(wait) => {
                tracing::debug!(%error, failures, "will try again");
                tokio::time::sleep(wait).await;
            }
            None => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unreachable() -> ClientError {
        ClientError::Unreachable { url: "http://127.0.0.1:1".into(), reason: "refused".into() }
    }

    #[test]
    fn waits_double_up_to_their_bound() {
        let waits: Vec<u128> = (1..8).map(|n| backoff(n, 1.0).as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1600, 3000, 3000]);
        assert_eq!(backoff(1, 0.0).as_millis(), 50);
        assert_eq!(backoff(u32::MAX, 1.0), LONGEST_WAIT);
    }

    #[test]
    fn the_servers_wish_is_followed_within_bounds_and_patience_ends() {
        let patience = Duration::from_secs(10);
        let wait = |asked, waited| next_wait(1, asked, 1.0, Duration::from_secs(waited), patience);
        assert_eq!(wait(None, 0), Some(FIRST_WAIT));
        assert_eq!(wait(Some(Duration::from_secs(1)), 0), Some(Duration::from_secs(1)));
        assert_eq!(wait(Some(Duration::from_secs(3600)), 0), Some(LONGEST_WAIT));
        assert_eq!(wait(None, 10), None);
    }

    #[tokio::test]
    async fn a_server_that_comes_back_is_asked_again() {
        let mut tries = 0;
        let answer = until_acknowledged(Duration::from_secs(60), || {
            tries += 1;
            std::future::ready(if tries < 3 { Err(unreachable()) } else { Ok(tries) })
        })
        .await;
        assert_eq!(answer.unwrap(), 3);
    }

    #[tokio::test]
    async fn what_is_wrong_for_good_is_not_repeated() {
        let mut tries = 0;
        let answer = until_acknowledged(Duration::from_secs(5), || {
            tries += 1;
            std::future::ready(Err::<(), _>(ClientError::Settings("no".into())))
        })
        .await;
        assert!(answer.is_err());
        assert_eq!(tries, 1);
    }
}
