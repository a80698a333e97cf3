//! The recorder behind `/metrics`: every family of the contract is there from the start, at 0.

use std::sync::OnceLock;

use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::facts::metric;
use crate::store::checkup::StuckRuns;
use crate::store::loki::Failure;

/// Milliseconds from half of one to ten seconds, the range in which this program's durations lie.
const DURATION_MS: [f64; 14] =
    [0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 15.0, 25.0, 50.0, 100.0, 250.0, 1_000.0, 2_500.0, 10_000.0];
/// Events in a flush, up to the largest request.
const BATCH_EVENTS: [f64; 9] = [1.0, 2.0, 5.0, 10.0, 50.0, 100.0, 500.0, 1_000.0, 5_000.0];

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Installs the process's recorder, once, and gives the handle that renders it.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_ms".into()), &DURATION_MS)?
        .set_buckets_for_metric(Matcher::Full(metric::APPEND_BATCH_EVENTS.into()), &BATCH_EVENTS)?;
    let handle = builder.install_recorder()?;
    let handle = HANDLE.get_or_init(|| handle).clone();
    describe();
    register_unowned();
    Ok(handle)
}

/// The families whose parts are not running here: at 0 all the same, so that a dashboard has no holes.
fn register_unowned() {
    for reason in Failure::ALL {
        counter!(metric::LOKI_PUSH_FAILURES_TOTAL, "reason" => reason.as_str()).absolute(0);
    }
    counter!(metric::LOG_SEGMENTS_ASIDE_TOTAL).absolute(0);
    let _ = histogram!(metric::LOKI_PUSH_DURATION_MS);
    gauge!(metric::LOG_SPOOL_BYTES).set(0.0);
    gauge!(metric::LOG_SPOOL_OLDEST_SECONDS).set(0.0);
    gauge!(metric::RUNS_ACTIVE).set(0.0);
    counter!(metric::RUN_LEASES_EXPIRED_TOTAL).absolute(0);
    for reason in StuckRuns::REASONS {
        gauge!(metric::RUNS_STUCK, "reason" => reason).set(0.0);
    }
    for name in [
        metric::DATABASE_UP,
        metric::FEED_LISTENER_UP,
        metric::FEED_POLLING,
        metric::NOTIFY_QUEUE_USAGE_RATIO,
        metric::EVENT_PARTITIONS_AHEAD_SECONDS,
        metric::RETENTION_BEHIND_SECONDS,
    ] {
        gauge!(name).set(0.0);
    }
}

fn describe() {
    use metrics::{describe_counter as c, describe_gauge as g, describe_histogram as h};
    c!(metric::TRACE_EVENTS_TOTAL, "Events appended, by type, level and what became of them.");
    c!(metric::LOKI_PUSH_FAILURES_TOTAL, "Pushes to Loki that failed, by reason.");
    h!(metric::STREAM_LATENCY_MS, "Milliseconds from commit to written to the socket.");
    c!(metric::FEED_BACKSTOP_EVENTS_TOTAL, "Events that the poll found before any notification did.");
    g!(metric::STREAM_SUBSCRIBERS, "Live subscriptions to runs.");
    c!(metric::STREAM_RESETS_TOTAL, "Resets sent to subscribers, by reason.");
    h!(metric::APPEND_BATCH_EVENTS, "Events in one flush of the journal.");
    h!(metric::APPEND_DURATION_MS, "Milliseconds of one flush of the journal, commit included.");
    c!(metric::LOG_LINES_TOTAL, "Log lines stored, by stream.");
    g!(metric::LOG_SPOOL_BYTES, "Bytes of log lines that Loki has not acknowledged; 0 without one.");
    g!(metric::LOG_SPOOL_OLDEST_SECONDS, "Age of the oldest log line that Loki has not acknowledged.");
    c!(
        metric::LOG_SEGMENTS_ASIDE_TOTAL,
        "Pieces of logs that stay in the database, since Loki does not hold them."
    );
    h!(metric::LOKI_PUSH_DURATION_MS, "Milliseconds of one push to Loki.");
    c!(metric::RUNS_TOTAL, "Runs that came to a status.");
    g!(metric::RUNS_ACTIVE, "Runs that are not over.");
    c!(metric::HTTP_REQUESTS_TOTAL, "HTTP requests, by route, method and status.");
    h!(
        metric::HTTP_REQUEST_DURATION_MS,
        "Milliseconds from a request's head to its answer's head, by route."
    );
    g!(metric::DATABASE_UP, "Whether the database answered the last look at it.");
    g!(metric::FEED_LISTENER_UP, "Whether the LISTEN connection is up.");
    g!(
        metric::FEED_POLLING,
        "Whether events are delivered by poll, since notifications do not come through."
    );
    g!(metric::NOTIFY_QUEUE_USAGE_RATIO, "The part of PostgreSQL's notification queue that is in use.");
    g!(
        metric::RUNS_STUCK,
        "Runs that do not move: stale ones, and those that have long waited for a worker."
    );
    c!(metric::RUN_LEASES_EXPIRED_TOTAL, "Claims whose workers were not heard of in time.");
    g!(metric::EVENT_PARTITIONS_AHEAD_SECONDS, "Seconds until the partitions that exist end.");
    g!(
        metric::RETENTION_BEHIND_SECONDS,
        "How long the oldest thing that retention should remove is overdue."
    );
}
