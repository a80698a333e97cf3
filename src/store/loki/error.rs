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
const QUOTE_MAX_CHARS: usize = 300;

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
    pub(super) fn without_answer(failure: Failure, detail: impl Into<String>) -> Self {
        Self { failure, status: None, detail: detail.into(), retry_after: None }
    }

    pub(super) fn of_answer(status: u16, body: &str, retry_after: Option<Duration>) -> Self {
        let detail: String = body.trim().chars().take(QUOTE_MAX_CHARS).collect();
        let detail = if detail.is_empty() { format!("status {status}") } else { detail };
        Self { failure: name(status, body), status: Some(status), detail, retry_after }
    }

    /// Whether the fault lies in what was sent, so that only a part of it may be to blame.
    #[must_use]
    pub fn is_about_content(&self) -> bool {
        matches!(self.failure, Failure::TooOld | Failure::TooLarge | Failure::TooManyStreams)
            || self.status == Some(400)
    }
}

/// Names a failure by its status and, where one status stands for several, by the words that Loki's limits use.
fn name(status: u16, body: &str) -> Failure {
    let says = |words: &[&str]| words.iter().any(|word| body.contains(word));
    match status {
        401 | 403 => Failure::Unauthorized,
        408 => Failure::Timeout,
        413 => Failure::TooLarge,
        429 if says(&["stream limit exceeded", "max streams", "active stream"]) => Failure::TooManyStreams,
        429 => Failure::RateLimited,
        400 if says(&[
            "entry too far behind",
            "has timestamp too old",
            "has timestamp too new",
            "entry out of order",
            "timestamp too old",
            "timestamp too new",
        ]) =>
        {
            Failure::TooOld
        }
        400 if says(&[
            "Max entry size",
            "max entry size",
            "too large",
            "too long",
            "too many",
            "request body",
        ]) =>
        {
            Failure::TooLarge
        }
        500.. => Failure::ServerError,
        _ => Failure::Rejected,
    }
}
