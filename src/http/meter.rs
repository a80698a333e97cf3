//! Requests counted and timed by route pattern, never by raw path; handles are made once, so that counting is an atomic add.

use std::sync::OnceLock;
use std::time::Duration;

use http::{Method, StatusCode};
use metrics::{Counter, Histogram, counter, histogram};

use crate::facts::metric;

/// Statuses with a prepared counter; others are looked up by label, which only costs time.
const STATUSES: [u16; 20] =
    [101, 200, 201, 204, 302, 304, 400, 401, 403, 404, 405, 408, 409, 413, 415, 421, 422, 426, 500, 503];

/// One route's counters.
pub struct RouteMeter {
    route: &'static str,
    method: Method,
    by_status: [OnceLock<Counter>; STATUSES.len()],
    duration_ms: Histogram,
}

impl RouteMeter {
    /// `usual` is the status that is there from the start, at 0.
    pub fn new(method: Method, route: &'static str, usual: StatusCode) -> Self {
        let duration_ms = histogram!(metric::HTTP_REQUEST_DURATION_MS, "route" => route);
        let meter = Self { route, method, by_status: Default::default(), duration_ms };
        meter.count(usual, 0);
        meter
    }

    /// Counts one request, answered (or for a stream: begun) after `elapsed`.
    pub fn record(&self, status: StatusCode, elapsed: Duration) {
        self.count(status, 1);
        self.duration_ms.record(elapsed.as_secs_f64() * 1_000.0);
    }

    fn count(&self, status: StatusCode, by: u64) {
        let make = || {
            counter!(metric::HTTP_REQUESTS_TOTAL, "route" => self.route, "method" => self.method.to_string(),
                "status" => status.as_str().to_owned())
        };
        match STATUSES.iter().position(|known| *known == status.as_u16()) {
            Some(index) => self.by_status[index].get_or_init(make).increment(by),
            None => make().increment(by),
        }
    }
}
