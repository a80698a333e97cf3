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
/// Whether the database answered the last look at it: 0 or 1.
pub const DATABASE_UP: &str = "database_up";
/// Whether the LISTEN connection is up: 0 or 1.
pub const FEED_LISTENER_UP: &str = "feed_listener_up";
/// Whether events are delivered by poll, since notifications don't come through: 0 or 1.
pub const FEED_POLLING: &str = "feed_polling";
/// The part of PostgreSQL's notification queue that is in use, of 1; NOTIFY fails at 1.
pub const NOTIFY_QUEUE_USAGE_RATIO: &str = "notify_queue_usage_ratio";
/// Runs that don't move, by why.
pub const RUNS_STUCK: &str = "runs_stuck";
/// Claims whose workers were not heard of in time.
pub const RUN_LEASES_EXPIRED_TOTAL: &str = "run_leases_expired_total";
/// Seconds until the partitions that exist end.
pub const EVENT_PARTITIONS_AHEAD_SECONDS: &str = "event_partitions_ahead_seconds";
/// How long the oldest thing that retention should have removed is overdue.
pub const RETENTION_BEHIND_SECONDS: &str = "retention_behind_seconds";
