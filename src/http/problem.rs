//! The one place where errors become answers: RFC 9457 problem details.
//!
//! A [`Problem`] has an outside, which the client gets, and an inside, which only the log gets, with the request's id.

use http::StatusCode;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use serde::Serialize;
use serde_json::Value;

use super::Response;
use crate::facts::event_input::Fault;
use crate::flow::accounts::AccountError;
use crate::flow::log_reader::ReadError;
use crate::store::db::DbError;
use crate::store::journal::AppendError;
use crate::store::logs::LogError;

/// When a client may try again after a 503: a restarted database or a drained queue is back by then.
const RETRY_AFTER_SECONDS: &str = "1";
/// The same while the log spool is full, which takes a drain to end.
const SPOOL_RETRY_AFTER_SECONDS: &str = "5";
/// When Loki may be asked again.
const LOKI_RETRY_AFTER_SECONDS: &str = "5";
/// Faults named in one answer: a batch of 5,000 bad events should not be answered with megabytes.
const FAULTS_MAX: usize = 100;

/// An error as its client sees it, and what only the operator may know.
#[derive(Debug)]
pub struct Problem {
    pub status: StatusCode,
    /// The last part of `type`; a word clients can rely on.
    pub kind: &'static str,
    pub detail: String,
    pub errors: Vec<Fault>,
    /// A member of its own, such as the line number expected.
    pub member: Option<Box<(&'static str, Value)>>,
    /// Headers that belong to the status.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// For the log.
    pub inside: Option<Box<str>>,
}

/// The body, in the order people read it. It does not name the request (`x-request-id` does), so that two answers to what
/// is not there are the same.
#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "<[Fault]>::is_empty")]
    errors: &'a [Fault],
    #[serde(flatten)]
    member: serde_json::Map<String, Value>,
}

impl Problem {
    pub fn new(status: StatusCode, kind: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            member: None,
            headers: Vec::new(),
            inside: None,
        }
    }

    /// 400: what was sent is wrong as a whole.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", detail)
    }

    /// 400, or 413 where only the size is wrong: each fault by its pointer.
    pub fn invalid(mut faults: Vec<Fault>) -> Self {
        let too_large = !faults.is_empty() && faults.iter().all(|fault| fault.is_size);
        let count = faults.len();
        faults.truncate(FAULTS_MAX);
        let said = faults.first().map_or_else(String::new, |fault| {
            format!("{} {}", fault.pointer, fault.detail).trim_start().to_owned()
        });
        let detail = match count {
            0 | 1 => said,
            _ => format!("{count} faults; the first: {said}"),
        };
        let mut problem = if too_large {
            Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
        } else {
            Self::new(StatusCode::BAD_REQUEST, "invalid-input", detail)
        };
        problem.errors = faults;
        problem
    }

    /// 400 for one parameter, header or field.
    pub fn invalid_at(pointer: &str, detail: impl Into<String>) -> Self {
        Self::invalid(vec![Fault { pointer: pointer.to_owned(), detail: detail.into(), is_size: false }])
    }

    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::invalid(vec![Fault { pointer: String::new(), detail: detail.into(), is_size: true }])
    }

    /// The same body whether a run is not there or not the caller's.
    pub fn no_such_run() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "there is no such run")
    }

    pub fn no_such_path() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "there is nothing at this path; /openapi.json lists what there is",
        )
    }

    pub fn method_not_allowed(allowed: &str) -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            format!("this path answers {allowed}"),
        )
        .with_header(ALLOW, allowed)
    }

    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "sign in, or send a bearer token that holds")
            .with_header(WWW_AUTHENTICATE, "Bearer realm=\"telltale\"")
    }

    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// 403: signed in, but not for this.
    pub fn no_right() -> Self {
        Self::forbidden("your role or token does not allow this")
    }

    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", detail)
    }

    /// 503: nothing was done that was not said; trying again is safe.
    pub fn unavailable(detail: impl Into<String>, inside: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
            .with_header(RETRY_AFTER, RETRY_AFTER_SECONDS)
            .with_inside(inside)
    }

    /// 500: a defect, of which the client learns only that it is one.
    pub fn internal(inside: impl Into<String>) -> Self {
        let detail = "the server could not do this; its log says why, under this request's id";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail).with_inside(inside)
    }

    pub fn with_inside(mut self, inside: impl Into<String>) -> Self {
        self.inside = Some(inside.into().into_boxed_str());
        self
    }

    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    pub fn with_member(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.member = Some(Box::new((name, value.into())));
        self
    }

    /// The `type` of the body.
    pub fn type_uri(&self) -> String {
        format!("urn:telltale:problem:{}", self.kind)
    }

    /// The answer; logs the inside, once.
    pub fn into_response(self, request_id: &str) -> Response {
        if let Some(inside) = &self.inside {
            if self.status == StatusCode::INTERNAL_SERVER_ERROR {
                tracing::error!(request_id, status = self.status.as_u16(), "{inside}");
            } else {
                tracing::warn!(request_id, status = self.status.as_u16(), "{inside}");
            }
        }
        let body = Body {
            r#type: self.type_uri(),
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            errors: &self.errors,
            member: self.member.iter().map(|member| (member.0.to_owned(), member.1.clone())).collect(),
        };
        // Texts and numbers only: serialising does not fail.
        let text = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = Response::new(text.into());
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.extend(self.headers);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl From<Vec<Fault>> for Problem {
    fn from(faults: Vec<Fault>) -> Self {
        Self::invalid(faults)
    }
}

impl Problem {
    /// The worker that writes does not have the run any more.
    pub fn claim_lost() -> Self {
        let detail = "the run was claimed again since, or is over: stop it, and record nothing more of it";
        Self::new(StatusCode::CONFLICT, "claim-lost", detail)
    }

    /// The run's history was deleted, and its id is not given away again.
    pub fn run_purged() -> Self {
        let detail = "the run was purged, and takes nothing more; another run needs another id";
        Self::new(StatusCode::CONFLICT, "run-purged", detail)
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        if error.is_unreachable() {
            Self::unavailable("the database is not there; try again", error.to_string())
        } else {
            Self::internal(error.to_string())
        }
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        let said = error.to_string();
        match error {
            AccountError::NotSignedIn => Self { detail: said, ..Self::unauthorized() },
            AccountError::Locked(wait) => {
                // Up, so that who comes just then is not too early.
                let seconds = (wait.as_secs() + 1).to_string();
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-sign-ins", said)
                    .with_header(RETRY_AFTER, &seconds)
            }
            AccountError::Busy => Self::unavailable(said, "sign-ins wait for each other"),
            AccountError::NotFound => Self::new(StatusCode::NOT_FOUND, "not-found", said),
            AccountError::Conflict(reason) => Self::conflict(reason),
            AccountError::Invalid(pointer, detail) => Self::invalid_at(pointer, detail),
            AccountError::Provider(inside) => {
                let detail = "the identity provider could not be used; the server's log says why";
                Self::new(StatusCode::BAD_GATEWAY, "provider", detail).with_inside(inside)
            }
            AccountError::Db(error) => error.into(),
        }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Db(error) => error.into(),
            ReadError::NotReachable(inside) => {
                let detail =
                    "these lines lie in Loki, which does not answer; newer ones can be read meanwhile";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "logs-not-reachable", detail)
                    .with_header(RETRY_AFTER, LOKI_RETRY_AFTER_SECONDS)
                    .with_inside(inside)
            }
        }
    }
}

impl From<AppendError> for Problem {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Unavailable(inside) => {
                Self::unavailable("nothing was acknowledged; sending the same again is safe", inside)
            }
            AppendError::Rejected(inside) => Self::internal(inside),
            AppendError::ClaimLost => Self::claim_lost(),
            AppendError::Purged => Self::run_purged(),
        }
    }
}

impl From<LogError> for Problem {
    fn from(error: LogError) -> Self {
        let said = error.to_string();
        match error {
            LogError::Unavailable(inside) => {
                Self::unavailable("nothing was acknowledged; sending numbered lines again is safe", inside)
            }
            LogError::Rejected(inside) => Self::internal(inside),
            LogError::SpoolFull => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "log-spool-full",
                "as many log lines wait for Loki as may; nothing was stored, send them again later",
            )
            .with_header(RETRY_AFTER, SPOOL_RETRY_AFTER_SECONDS),
            LogError::ClaimLost => Self::claim_lost(),
            LogError::Purged => Self::run_purged(),
            LogError::Gap { expected, .. } => {
                let mut problem = Self::conflict(said).with_member("expected", expected);
                problem.kind = "line-gap";
                problem
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http_body_util::BodyExt as _;

    use super::*;

    async fn answer(problem: Problem) -> (StatusCode, HeaderMap, Value) {
        let (parts, body) = problem.into_response("r-1").into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        (parts.status, parts.headers, serde_json::from_slice(&bytes).unwrap())
    }

    fn fault(is_size: bool) -> Fault {
        Fault { pointer: "/0/type".into(), detail: "is missing".into(), is_size }
    }

    #[tokio::test]
    async fn faults_are_named_by_their_pointers() {
        let (status, headers, body) = answer(vec![fault(false), fault(true)].into()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(headers[CONTENT_TYPE], "application/problem+json");
        assert_eq!(body["errors"][0], serde_json::json!({"pointer": "/0/type", "detail": "is missing"}));
        assert_eq!(body["status"], 400);
        assert_eq!(body["title"], "Bad Request");
    }

    #[tokio::test]
    async fn only_size_faults_are_413_and_many_are_cut() {
        let (status, _, body) = answer(vec![fault(true); FAULTS_MAX + 1].into()).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(body["errors"].as_array().unwrap().len(), FAULTS_MAX);
        assert!(body["detail"].as_str().unwrap().starts_with("101 faults"));
    }

    #[tokio::test]
    async fn the_inside_stays_inside() {
        for error in
            [AppendError::Unavailable("secret host".into()), AppendError::Rejected("secret host".into())]
        {
            let (status, headers, body) = answer(error.into()).await;
            assert!(!body.to_string().contains("secret"), "{body}");
            assert_eq!(headers.contains_key(RETRY_AFTER), status == StatusCode::SERVICE_UNAVAILABLE);
        }
    }

    #[tokio::test]
    async fn a_gap_names_the_line_expected() {
        let name = crate::store::logs::StreamName {
            node_ref: "a".parse().unwrap(),
            attempt: 1,
            stream: crate::store::logs::LogStream::Stdout,
        };
        let (status, _, body) = answer(LogError::Gap { name, given: 9, expected: 4 }.into()).await;
        assert_eq!((status, &body["expected"]), (StatusCode::CONFLICT, &4.into()));
    }
}
