//! Whether Loki can be reached, takes a line and gives it back: the whole way that log lines go.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;
use uuid::Uuid;

use super::Check;
use crate::facts::settings::LokiSettings;
use crate::store::clock;
use crate::store::loki::{Direction, Failure, LogQl, Loki, LokiError, PushBody, RangeQuery, label_text};

const SUBJECT: &str = "Loki";
/// One Loki gives a line back at once; several that share the work take a moment.
const BACK_WITHIN: Duration = Duration::from_secs(10);
const BACK_PAUSE: Duration = Duration::from_millis(200);
/// Apart from every run's lines; it is gone with Loki's retention.
const PROBE: (&str, &str) = ("service", "telltale-doctor");
const NANOS_PER_MICRO: i64 = 1_000;

/// What is read of the probe's metadata.
#[derive(Deserialize)]
struct Metadata {
    probe: Option<String>,
}

/// Pushes a line and waits for it.
pub(crate) async fn loki(settings: Option<&LokiSettings>) -> Check {
    let Some(settings) = settings else {
        return Check::ok(SUBJECT, "none is set: lines stay in PostgreSQL");
    };
    let loki = match Loki::new(settings) {
        Ok(loki) => loki,
        Err(reason) => {
            return Check::fail(
                SUBJECT,
                reason,
                "correct TELLTALE_LOKI_CA_FILE and what else is set about Loki",
            );
        }
    };
    let began = Instant::now();
    match round_trip(&loki).await {
        Ok(true) => {
            let took = began.elapsed().as_millis();
            Check::ok(SUBJECT, format!("{} took a line and gave it back in {took} ms", loki.url()))
        }
        Ok(false) => Check::warn(
            SUBJECT,
            format!("{} took a line and did not give it back within {} s", loki.url(), BACK_WITHIN.as_secs()),
            "lines are trimmed only once they were read back; see whether queries go to the same Loki and tenant as pushes",
        ),
        Err(error) => Check::fail(SUBJECT, format!("{}: {}", loki.url(), error.detail), advice(&error)),
    }
}

async fn round_trip(loki: &Loki) -> Result<bool, LokiError> {
    let probe = Uuid::new_v4().to_string();
    let ns = clock::now().as_micros().saturating_mul(NANOS_PER_MICRO);
    let mut body = PushBody::default();
    let stream = body.stream(label_text(&[PROBE]));
    body.add(stream, ns, "telltale doctor was here", &[("probe", &probe)]);
    let body = PushBody::compress(&body.finish()).map_err(|error| LokiError::too_large(error.to_string()))?;
    loki.push(body.into()).await?;
    let query = LogQl::select(&[PROBE]).with("probe", &probe);
    let range =
        RangeQuery { query: &query, first_ns: ns, last_ns: ns, limit: 10, direction: Direction::Forward };
    let began = Instant::now();
    while began.elapsed() < BACK_WITHIN {
        let found = loki.query_range::<Metadata>(&range).await?;
        if found.iter().any(|entry| entry.metadata.probe.as_deref() == Some(&probe)) {
            return Ok(true);
        }
        tokio::time::sleep(BACK_PAUSE).await;
    }
    Ok(false)
}

fn advice(error: &LokiError) -> &'static str {
    match error.failure {
        Failure::Refused | Failure::Timeout => {
            "see whether Loki runs and TELLTALE_LOKI_URL leads there; until then lines are kept in PostgreSQL"
        }
        Failure::Unauthorized => {
            "set TELLTALE_LOKI_TENANT, and TELLTALE_LOKI_USER with its password or TELLTALE_LOKI_TOKEN"
        }
        Failure::Rejected if error.detail.contains("structured metadata") => {
            "set allow_structured_metadata: true in Loki's limits_config, with schema v13"
        }
        Failure::RateLimited => {
            "raise ingestion_rate_mb and per_stream_rate_limit in Loki's limits_config, or set TELLTALE_LOKI_RATE"
        }
        Failure::TooManyStreams => {
            "set TELLTALE_LOKI_LABELS=low, or raise max_global_streams_per_user in Loki's limits_config"
        }
        Failure::TooOld => "see whether the clocks of this machine and Loki's agree",
        _ => "see Loki's own log",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_its_advice() {
        for failure in Failure::ALL {
            let detail = "structured metadata".to_owned();
            let error = LokiError { failure: *failure, status: None, detail, retry_after: None };
            assert!(advice(&error).len() > 10, "{failure}");
        }
        let error = LokiError {
            failure: Failure::Rejected,
            status: Some(404),
            detail: String::new(),
            retry_after: None,
        };
        assert_eq!(advice(&error), "see Loki's own log");
    }
}
