//! What waits for Loki, looked at on every server: metrics, readiness, and the bound beyond which new lines are refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use metrics::gauge;
use tokio::time::{MissedTickBehavior, interval};
use tracing::warn;

use crate::facts::metric;
use crate::store::clock;
use crate::store::db::Db;
use crate::store::logs::ship;

/// In between, what this server itself takes is added up.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What a stored line weighs beside its text, about.
const LINE_OVERHEAD_BYTES: usize = 130;
/// From this part of the bound on, readiness warns.
const WARN_PERCENT: u64 = 80;
/// Lines that wait longer than this are a sign that nobody ships.
const STALLED: Duration = Duration::from_secs(15 * 60);

/// The spool's size as last seen; cheap to clone. Without a Loki it is empty.
#[derive(Debug, Clone)]
pub struct Spool {
    /// None: there is no Loki, and nothing waits.
    most: Option<u64>,
    bytes: Arc<AtomicU64>,
    oldest_seconds: Arc<AtomicU64>,
    is_full: Arc<AtomicBool>,
}

impl Spool {
    #[must_use]
    pub fn new(most: Option<u64>) -> Self {
        Self { most, bytes: Arc::default(), oldest_seconds: Arc::default(), is_full: Arc::default() }
    }

    /// Whether no more lines are taken for now.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.is_full.load(Ordering::Relaxed)
    }

    /// Lines were taken: `text` bytes in so many lines.
    pub fn added(&self, lines: usize, text: usize) {
        let Some(most) = self.most else { return };
        let more = (text + lines * LINE_OVERHEAD_BYTES) as u64;
        let bytes = self.bytes.fetch_add(more, Ordering::Relaxed) + more;
        gauge!(metric::LOG_SPOOL_BYTES).set(bytes as f64);
        if bytes >= most {
            self.is_full.store(true, Ordering::Relaxed);
        }
    }

    /// What readiness says about it.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let most = self.most?;
        let (bytes, seconds) =
            (self.bytes.load(Ordering::Relaxed), self.oldest_seconds.load(Ordering::Relaxed));
        if self.is_full() {
            return Some(format!(
                "the log spool is full: {bytes} of {most} bytes wait; new lines are refused"
            ));
        }
        if bytes >= most / 100 * WARN_PERCENT {
            return Some(format!("the log spool fills up: {bytes} of {most} bytes wait for Loki"));
        }
        (seconds >= STALLED.as_secs()).then(|| format!("lines have waited for Loki for {seconds} s"))
    }

    fn see(&self, bytes: u64, oldest_seconds: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
        self.oldest_seconds.store(oldest_seconds, Ordering::Relaxed);
        let is_full = self.most.is_some_and(|most| is_full(self.is_full(), bytes, most));
        self.is_full.store(is_full, Ordering::Relaxed);
        gauge!(metric::LOG_SPOOL_BYTES).set(bytes as f64);
        gauge!(metric::LOG_SPOOL_OLDEST_SECONDS).set(oldest_seconds as f64);
    }
}

/// A spool that was full takes lines again once a little of it is gone, so that producers don't come and go with every push.
fn is_full(was_full: bool, bytes: u64, most: u64) -> bool {
    bytes >= if was_full { most - most / 20 } else { most }
}

/// Looks again and again; runs until aborted.
pub(super) async fn watch(db: Db, spool: Spool) {
    let mut every = interval(LOOK_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        match ship::spool(&db).await {
            Ok(seen) => {
                let oldest = seen.oldest.map_or(0, |since| clock::now().micros_since(since) / 1_000_000);
                spool.see(seen.bytes, oldest);
            }
            Err(error) => warn!(%error, "the log spool could not be looked at"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_warns_before_it_is_full_and_opens_a_little_below() {
        let spool = Spool::new(Some(1_000));
        spool.see(799, 0);
        assert_eq!((spool.is_full(), spool.warning()), (false, None));
        spool.see(800, 0);
        assert!(!spool.is_full() && spool.warning().unwrap().contains("800 of 1000"));
        for (bytes, full) in [(1_000, true), (951, true), (949, false), (999, false)] {
            spool.see(bytes, 0);
            assert_eq!(spool.is_full(), full, "{bytes}");
        }
        spool.see(1, 0);
        spool.added(2, 800);
        assert!(spool.is_full(), "without another look");
        let none = Spool::new(None);
        none.added(1_000_000, 0);
        assert_eq!((none.is_full(), none.warning()), (false, None));
        spool.see(1, 900);
        assert!(spool.warning().unwrap().contains("900 s"));
    }
}
