//! What telltale tells about itself: structured logs, and metrics for Prometheus.

mod logs;
pub mod metrics;

pub use logs::{TelemetryError, init_logs};
