//! How shipping goes, for readiness: told by the shipper's parts, read by whoever asks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::counter;
use parking_lot::Mutex;
use tracing::{info, warn};

use crate::facts::metric;
use crate::store::loki::LokiError;

/// A single failure is nothing: from this long on without a success, readiness says so.
const FAILING_AFTER: Duration = Duration::from_secs(5);

/// Shared by the shipper's parts; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Shipping(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    /// Since when pushes fail, without a success in between, and the last one's error.
    failing: Option<(Instant, String)>,
    /// The same of reading back.
    unread: Option<(Instant, String)>,
    last_success: Option<Instant>,
    held_runs: usize,
    /// The last reason for which a run is held.
    held_for: String,
    set_aside: u64,
}

/// What readiness says about shipping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippingReport {
    /// Why it is not well; empty when it is.
    pub reasons: Vec<String>,
}

impl Shipping {
    /// A push was taken.
    pub(super) fn pushed(&self) {
        let mut inner = self.0.lock();
        inner.last_success = Some(Instant::now());
        if let Some((since, _)) = inner.failing.take() {
            info!(seconds = since.elapsed().as_secs(), "Loki takes log lines again");
        }
    }

    /// A push failed.
    pub(super) fn failed(&self, error: &LokiError) {
        counter!(metric::LOKI_PUSH_FAILURES_TOTAL, "reason" => error.failure.as_str()).increment(1);
        let mut inner = self.0.lock();
        match &mut inner.failing {
            Some((_, last)) => *last = error.to_string(),
            None => {
                // Once, and again when it is over: an outage is no flood of lines.
                warn!(%error, "log lines can't be pushed to Loki; they are kept and tried again");
                inner.failing = Some((Instant::now(), error.to_string()));
            }
        }
    }

    /// A push failed for what was in it, which says nothing about Loki.
    pub(super) fn refused(&self, error: &LokiError) {
        counter!(metric::LOKI_PUSH_FAILURES_TOTAL, "reason" => error.failure.as_str()).increment(1);
    }

    /// Lines could be read back, or not.
    pub(super) fn read_back(&self, outcome: Result<(), &LokiError>) {
        let mut inner = self.0.lock();
        match outcome {
            Ok(()) => inner.unread = None,
            Err(error) => {
                let since = inner.unread.as_ref().map_or_else(Instant::now, |(since, _)| *since);
                inner.unread = Some((since, error.to_string()));
            }
        }
    }

    pub(super) fn set_aside(&self, segments: u64) {
        self.0.lock().set_aside += segments;
        counter!(metric::LOG_SEGMENTS_ASIDE_TOTAL).increment(segments);
    }

    pub(super) fn held(&self, runs: usize, reason: Option<&str>) {
        let mut inner = self.0.lock();
        inner.held_runs = runs;
        if let Some(reason) = reason {
            inner.held_for = reason.to_owned();
        }
    }

    /// Whether a push was taken after `then`.
    pub(super) fn has_pushed_since(&self, then: Instant) -> bool {
        self.0.lock().last_success.is_some_and(|last| last > then)
    }

    #[must_use]
    pub fn report(&self) -> ShippingReport {
        let inner = self.0.lock();
        let mut reasons = Vec::new();
        let long = |since: &Instant| since.elapsed() >= FAILING_AFTER;
        if let Some((since, error)) = inner.failing.as_ref().filter(|(since, _)| long(since)) {
            reasons
                .push(format!("no push to Loki has succeeded for {} s: {error}", since.elapsed().as_secs()));
        }
        if let Some((_, error)) = inner.unread.as_ref().filter(|(since, _)| long(since)) {
            reasons.push(format!("pushed lines can't be read back to be trimmed: {error}"));
        }
        if inner.held_runs > 0 {
            reasons.push(format!("the lines of {} runs wait: {}", inner.held_runs, inner.held_for));
        }
        ShippingReport { reasons }
    }
}
