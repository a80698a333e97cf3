//! What telltale tells about itself: structured logs, metrics for Prometheus, and traces over OTLP.

mod logs;
pub mod metrics;
pub mod traces;

pub use logs::{TelemetryError, init_logs};
