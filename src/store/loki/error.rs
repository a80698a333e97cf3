//! What goes wrong with Loki, by name.

use std::time::Duration;

use crate::facts::status::words;

words! {
    /// The reasons of `loki_push_failures_total`.
    Failure {
        /// No connection could be made, or it broke.
        Refused = "refused",
        /// No answer in time.
        Timeout = "timeout",
        ServerError = "server_error",
        /// More than the tenant or a stream may send.
        RateLimited = "rate_limited",
        /// More active streams than the tenant may have.
        TooManyStreams = "too_many_streams",
        /// Entries too old, too far behind their stream, or in the future.
        TooOld = "too_old",
        /// An entry, its metadata or the push is over a limit.
        TooLarge = "too_large",
        Unauthorized = "unauthorized",
        /// Any other answer that is no success.
        Rejected = "rejected",
    }
}

/// Longest piece of an answer that is quoted.
const QUOTE_MAX_CHARS: usize = 1_000;

/// Why Loki did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Loki: {failure}: {detail}")]
pub struct LokiError {
    pub failure: Failure,
    /// Of its answer, where there was one.
    pub status: Option<u16>,
    pub detail: String,
    /// How long Loki asked to be left alone.
    pub retry_after: Option<Duration>,
}

impl LokiError {
    /// A push that is too large to be sent at all.
    #[must_use]
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::without_answer(Failure::TooLarge, detail)
    }

    pub(super) fn without_answer(failure: Failure, detail: impl Into<String>) -> Self {
        Self { failure, status: None, detail: detail.into(), retry_after: None }
    }

    pub(super) fn of_answer(status: u16, body: &str, retry_after: Option<Duration>) -> Self {
        let detail: String = body.trim().chars().take(QUOTE_MAX_CHARS).collect();
        let detail = if detail.is_empty() { format!("status {status}") } else { detail };
        Self { failure: name(status, body), status: Some(status), detail, retry_after }
    }

    /// Whether an entry is too far in the future, which time will cure.
    #[must_use]
    pub fn is_too_early(&self) -> bool {
        self.failure == Failure::TooOld && self.detail.to_ascii_lowercase().contains("too new")
    }

    /// Whether an answer would have been too large, so that less at a time may be answered.
    #[must_use]
    pub fn is_about_answer(&self) -> bool {
        self.failure == Failure::TooLarge || self.detail.contains("larger than")
    }

    /// Whether the same may succeed later without being changed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        use Failure::{RateLimited, Refused, ServerError, Timeout};
        matches!(self.failure, Refused | Timeout | ServerError | RateLimited) && !self.is_about_answer()
    }

    /// Whether the fault lies in what was sent, so that only a part of it may be to blame.
    #[must_use]
    pub fn is_about_content(&self) -> bool {
        matches!(self.failure, Failure::TooOld | Failure::TooLarge | Failure::TooManyStreams)
            || self.status == Some(400)
    }
}

/// Names a failure by its status and, where one status stands for several, by the words that Loki's limits use: see
/// <https://grafana.com/docs/loki/latest/operations/troubleshooting/troubleshoot-ingest/>. Versions differ in how they begin a sentence.
fn name(status: u16, body: &str) -> Failure {
    let body = body.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| body.contains(word));
    match status {
        401 | 403 => Failure::Unauthorized,
        408 => Failure::Timeout,
        413 => Failure::TooLarge,
        429 if says(&["active stream", "stream limit", "too many streams"]) => Failure::TooManyStreams,
        429 => Failure::RateLimited,
        400 if says(&["too far behind", "timestamp too old", "timestamp too new", "out of order"]) => {
            Failure::TooOld
        }
        400 if says(&["max entry size", "too large", "too long", "too many", "larger than"]) => {
            Failure::TooLarge
        }
        500.. => Failure::ServerError,
        _ => Failure::Rejected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The statuses and the words of Loki's documentation.
    #[test]
    fn every_limit_of_loki_has_its_name() {
        let behind = "entry with timestamp 2026-11-20 10:00:00 +0000 UTC ignored, reason: 'entry too far behind' for stream: {a=\"b\"}";
        let cases = [
            (400, behind, Failure::TooOld),
            (
                400,
                "entry for stream '{}' has timestamp too old: x, oldest acceptable timestamp is: y",
                Failure::TooOld,
            ),
            (400, "entry for stream '{}' has timestamp too new: x", Failure::TooOld),
            (400, "Max entry size '262144' bytes exceeded for stream '{}'", Failure::TooLarge),
            (400, "max entry size '262144' bytes exceeded for stream '{}'", Failure::TooLarge),
            (400, "stream '{}' has structured metadata too large: '70000' bytes", Failure::TooLarge),
            (400, "stream '{}' has label value too long: 'x'", Failure::TooLarge),
            (413, "", Failure::TooLarge),
            (
                400,
                "stream '{}' includes structured metadata, but this feature is disallowed",
                Failure::Rejected,
            ),
            (429, "ingestion rate limit exceeded for user x (limit: 4 bytes/sec)", Failure::RateLimited),
            (429, "Per stream rate limit exceeded (limit: 3MB/sec)", Failure::RateLimited),
            (
                429,
                "maximum active stream limit exceeded when trying to create stream {}",
                Failure::TooManyStreams,
            ),
            (401, "no org id", Failure::Unauthorized),
            (403, "", Failure::Unauthorized),
            (404, "404 page not found", Failure::Rejected),
            (260, "ingestion blocked", Failure::Rejected),
            (500, "", Failure::ServerError),
            (503, "", Failure::ServerError),
        ];
        for (status, body, failure) in cases {
            assert_eq!(LokiError::of_answer(status, body, None).failure, failure, "{status} {body}");
        }
        let early = LokiError::of_answer(400, "entry for stream '{}' has timestamp too new: x", None);
        assert!(early.is_too_early() && early.is_about_content());
        assert!(!LokiError::of_answer(429, "Ingestion rate limit exceeded", None).is_about_content());
        assert!(!LokiError::of_answer(404, "", None).is_about_content());
    }
}
