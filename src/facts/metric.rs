//! The names of the metrics, as the contract gives them.

pub const TRACE_EVENTS_TOTAL: &str = "trace_events_total";
pub const LOKI_PUSH_FAILURES_TOTAL: &str = "loki_push_failures_total";
/// Commit to written to the socket, milliseconds.
pub const STREAM_LATENCY_MS: &str = "stream_latency_ms";
/// Events that the poll found before any notification did.
pub const FEED_BACKSTOP_EVENTS_TOTAL: &str = "feed_backstop_events_total";
pub const STREAM_SUBSCRIBERS: &str = "stream_subscribers";
pub const STREAM_RESETS_TOTAL: &str = "stream_resets_total";
pub const APPEND_BATCH_EVENTS: &str = "append_batch_events";
pub const APPEND_DURATION_MS: &str = "append_duration_ms";
pub const LOG_LINES_TOTAL: &str = "log_lines_total";
pub const LOG_SPOOL_BYTES: &str = "log_spool_bytes";
pub const LOG_SPOOL_OLDEST_SECONDS: &str = "log_spool_oldest_seconds";
/// Pieces of logs that Loki can't hold, or does not hold as they were pushed.
pub const LOG_SEGMENTS_ASIDE_TOTAL: &str = "log_segments_aside_total";
pub const LOKI_PUSH_DURATION_MS: &str = "loki_push_duration_ms";
pub const RUNS_TOTAL: &str = "runs_total";
pub const RUNS_ACTIVE: &str = "runs_active";
pub const HTTP_REQUESTS_TOTAL: &str = "http_requests_total";
pub const HTTP_REQUEST_DURATION_MS: &str = "http_request_duration_ms";
