//! What can go wrong between a client and a server, as the caller needs to tell it apart.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

/// One fault of an invalid request: where (a JSON pointer) and what.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Fault {
    #[serde(default)]
    pub pointer: String,
    #[serde(default)]
    pub detail: String,
}

/// An `application/problem+json` answer (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Problem {
    #[serde(default)]
    pub status: u16,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub detail: String,
    #[serde(default)]
    pub errors: Vec<Fault>,
    /// How long the server asked to wait (`Retry-After`), which is a header, not part of the body.
    #[serde(skip)]
    pub retry_after: Option<Duration>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = if self.title.is_empty() { "the server refused" } else { &self.title };
        write!(f, "{title} ({})", self.status)?;
        if !self.detail.is_empty() && self.detail != self.title {
            write!(f, ": {}", self.detail)?;
        }
        for fault in &self.errors {
            write!(f, "\n  {}: {}", fault.pointer, fault.detail)?;
        }
        Ok(())
    }
}

/// Why a request has no answer to give.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClientError {
    /// No server at this address, or the connection was lost before an answer came.
    #[error("no telltale server answers at {url}: {reason}")]
    Unreachable { url: String, reason: String },
    /// The server answered that it can't or won't.
    #[error("{0}")]
    Problem(Box<Problem>),
    /// The answer isn't what the contract says: another program listens there, or another version.
    #[error("the answer of {url} is not understood: {reason}")]
    Unintelligible { url: String, reason: String },
    /// The address or token can't be used at all.
    #[error("{0}")]
    Settings(String),
}

impl ClientError {
    /// Whether the same request may succeed later without being changed: the server is away, starting,
    /// or without its database. Repeating an append is safe where events carry ids and lines numbers.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Problem(problem) => matches!(problem.status, 408 | 425 | 429 | 500 | 502 | 503 | 504),
            Self::Unintelligible { .. } | Self::Settings(_) => false,
        }
    }

    /// The status of a problem answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Problem(problem) => Some(problem.status),
            _ => None,
        }
    }

    /// How long the server asked to wait before the next try.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Problem(problem) => problem.retry_after,
            _ => None,
        }
    }
}

/// The innermost cause of an error, which is the part a person can act on ("connection refused").
pub(super) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    // Bounded, since a cyclic chain would be possible in principle.
    for _ in 0..16 {
        match innermost.source() {
            Some(source) => innermost = source,
            None => break,
        }
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(status: u16) -> ClientError {
        ClientError::Problem(Box::new(Problem {
            status,
            title: "Invalid input".into(),
            detail: "1 event is invalid".into(),
            errors: vec![Fault { pointer: "/0/type".into(), detail: "unknown".into() }],
            retry_after: None,
        }))
    }

    #[test]
    fn a_problem_prints_its_faults_with_their_pointers() {
        assert_eq!(problem(400).to_string(), "Invalid input (400): 1 event is invalid\n  /0/type: unknown");
    }

    #[test]
    fn only_what_may_pass_later_is_transient() {
        let transient: Vec<u16> = (400..600).filter(|status| problem(*status).is_transient()).collect();
        assert_eq!(transient, [408, 425, 429, 500, 502, 503, 504]);
        assert!(ClientError::Unreachable { url: String::new(), reason: String::new() }.is_transient());
    }
}
