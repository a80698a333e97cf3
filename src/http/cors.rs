//! Which other origins' pages may read the answers: those that the setting names, and no others.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ALLOW, HeaderValue,
    ORIGIN, VARY,
};
use http::request::Parts;
use http::{HeaderMap, StatusCode};

use super::Response;

const ALLOWED_HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, content-encoding, idempotency-key, last-event-id, x-request-id",
);
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static("x-request-id, location, retry-after");
/// Seconds a browser may keep a preflight's answer: a changed setting holds soon enough.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The origins let in.
#[derive(Debug, Clone)]
pub struct Cors {
    origins: Vec<String>,
}

impl Cors {
    pub fn new(origins: &[String]) -> Self {
        let plain = |origin: &String| origin.trim_end_matches('/').to_ascii_lowercase();
        Self { origins: origins.iter().map(plain).collect() }
    }

    pub fn allows(&self, origin: &str) -> bool {
        self.origins.iter().any(|known| known.eq_ignore_ascii_case(origin))
    }

    /// Marks an answer as readable for the request's origin, if that is let in.
    pub fn mark(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        if self.origins.is_empty() {
            return;
        }
        headers.append(VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = origin
            && origin.to_str().is_ok_and(|text| self.allows(text))
        {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
        }
    }

    /// The answer to OPTIONS on a path with these methods: a preflight's, or a plain one.
    pub fn options(&self, request: &Parts, allowed: &str) -> Response {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        let allowed = HeaderValue::from_str(allowed).unwrap_or(HeaderValue::from_static("GET"));
        let is_let_in =
            request.headers.get(ORIGIN).and_then(|o| o.to_str().ok()).is_some_and(|o| self.allows(o));
        if is_let_in && request.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, allowed.clone());
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
            headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        }
        headers.insert(ALLOW, allowed);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preflight(origin: &'static str) -> HeaderMap {
        let cors = Cors::new(&["https://App.example/".into()]);
        let request = http::Request::options("/x")
            .header(ORIGIN, origin)
            .header(ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .body(())
            .unwrap();
        let (parts, ()) = request.into_parts();
        let mut response = cors.options(&parts, "GET, POST");
        cors.mark(parts.headers.get(ORIGIN), response.headers_mut());
        response.headers().clone()
    }

    #[test]
    fn a_preflight_is_answered_for_known_origins_only() {
        let known = preflight("https://app.example");
        assert_eq!(known[ACCESS_CONTROL_ALLOW_ORIGIN], "https://app.example");
        assert_eq!(known[ACCESS_CONTROL_ALLOW_METHODS], "GET, POST");
        let unknown = preflight("https://evil.example");
        assert!(
            !unknown.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN)
                && !unknown.contains_key(ACCESS_CONTROL_ALLOW_METHODS)
        );
        assert_eq!(unknown[VARY], "origin");
    }
}
