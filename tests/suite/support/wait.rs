//! Bounded waiting. Nothing in the suite waits without a limit, and nothing waits for time to pass.

use std::future::Future;
use std::time::{Duration, Instant};

/// How long anything may take before a test calls it lost: far above what a loaded machine needs.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Between two looks at a fact of another process that sends no signal (a port, a row of a catalogue).
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Runs `future` to its end, or fails the test naming what was awaited.
pub async fn within<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(LIMIT, future).await {
        Ok(output) => output,
        Err(_) => panic!("{what}: still nothing after {LIMIT:?}"),
    }
}

/// Looks until `look` finds something. For facts that another process keeps and nobody announces.
pub async fn until<T, F, Fut>(what: &str, mut look: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let started = Instant::now();
    let mut tick = tokio::time::interval(LOOK_EVERY);
    loop {
        tick.tick().await;
        if let Some(found) = look().await {
            return found;
        }
        assert!(started.elapsed() < LIMIT, "{what}: still not so after {LIMIT:?}");
    }
}
