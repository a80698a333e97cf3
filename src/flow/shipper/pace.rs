//! The bound on bytes a second: each push waits for its turn, so that a drain leaves Loki room for others.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Turns are given out in order; a push larger than a second's worth makes the next ones wait longer.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    rate: Option<u64>,
    free_at: Arc<Mutex<Instant>>,
}

impl Pace {
    pub fn new(rate: Option<u64>) -> Self {
        Self { rate, free_at: Arc::new(Mutex::new(Instant::now())) }
    }

    /// Waits until `bytes` may be pushed.
    pub async fn wait(&self, bytes: usize) {
        let Some(rate) = self.rate else { return };
        let pause = {
            let mut free_at = self.free_at.lock();
            let now = Instant::now();
            let (starts_at, next) = turn(*free_at, now, bytes, rate);
            *free_at = next;
            starts_at - now
        };
        tokio::time::sleep(pause).await;
    }
}

/// When a push of `bytes` may start, and the one after it.
fn turn(free_at: Instant, now: Instant, bytes: usize, rate: u64) -> (Instant, Instant) {
    let starts_at = free_at.max(now);
    (starts_at, starts_at + Duration::from_secs_f64(bytes as f64 / rate.max(1) as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_keep_the_rate_and_save_nothing_up() {
        let now = Instant::now();
        let second = Duration::from_secs(1);
        let (starts_at, next) = turn(now - 9 * second, now, 500, 1_000);
        assert_eq!((starts_at, next), (now, now + second / 2));
        assert_eq!(turn(next, now, 2_000, 1_000), (next, next + 2 * second));
    }
}
