//! The connection to a Loki: who we are to it, time limits, and answers read within a bound.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Certificate, Client, RequestBuilder, Response};

use super::error::{Failure, LokiError};
use super::logql::LogQl;
use crate::facts::settings::{LokiAuth, LokiSettings};

/// A Loki in the same network accepts at once.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A push takes milliseconds, and seconds where Loki is at its limits; one that hangs is given up and repeated.
const PUSH_TIMEOUT: Duration = Duration::from_secs(20);
/// Loki itself gives a query a minute.
pub(super) const QUERY_TIMEOUT: Duration = Duration::from_secs(60);
const SECOND_NS: i64 = 1_000_000_000;
const READY_TIMEOUT: Duration = Duration::from_secs(5);
/// What Loki says about a refusal is short.
const REFUSAL_MAX_BYTES: usize = 64 * 1024;
const TENANT: HeaderName = HeaderName::from_static("x-scope-orgid");

/// A Loki; cheap to clone.
#[derive(Debug, Clone)]
pub struct Loki {
    pub(super) http: Client,
    pub(super) url: Arc<str>,
}

impl Loki {
    /// Nothing is asked yet. The reason of a failure completes "Loki can't be spoken to: …".
    pub fn new(settings: &LokiSettings) -> Result<Self, String> {
        // An error says only that there is a provider already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut builder = Client::builder()
            .default_headers(headers(settings)?)
            .user_agent(concat!("telltale/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_keepalive(Duration::from_secs(15))
            // A redirect would carry the password elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .http1_only();
        if settings.url.starts_with("http://") {
            // Without TLS the system's certificates needn't be there, nor be read.
            builder = builder.tls_certs_only([]);
        } else if let Some(file) = &settings.ca_file {
            let unusable = |reason: String| format!("{}: {reason}", file.display());
            let pem = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
            let certificates =
                Certificate::from_pem_bundle(&pem).map_err(|error| unusable(error.to_string()))?;
            builder = builder.tls_certs_merge(certificates);
        }
        let http = builder.build().map_err(|error| in_full(&error))?;
        Ok(Self { http, url: settings.url.as_str().into() })
    }

    /// Where it is, for people.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Pushes a compressed body of [`super::PushBody`]. An error does not mean that nothing of it was taken.
    pub async fn push(&self, body: Bytes) -> Result<(), LokiError> {
        let request = self
            .http
            .post(format!("{}/loki/api/v1/push", self.url))
            .header(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"))
            .timeout(PUSH_TIMEOUT)
            .body(body);
        send(request).await.map(drop)
    }

    /// Has the entries removed that the query finds between two times, both ends included. Loki does so in its own time, with the next
    /// turns of its compactor.
    pub async fn delete(&self, query: &LogQl, first_ns: i64, last_ns: i64) -> Result<(), LokiError> {
        // Whole seconds, as the API wants them.
        let (start, end) = (first_ns.div_euclid(SECOND_NS), last_ns.div_euclid(SECOND_NS) + 1);
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("query", query.text())
            .append_pair("start", &start.to_string())
            .append_pair("end", &end.to_string())
            .finish();
        let request =
            self.http.post(format!("{}/loki/api/v1/delete?{form}", self.url)).timeout(QUERY_TIMEOUT);
        send(request).await.map(drop)
    }

    /// Whether Loki says that it is ready.
    pub async fn ready(&self) -> Result<(), LokiError> {
        send(self.http.get(format!("{}/ready", self.url)).timeout(READY_TIMEOUT)).await.map(drop)
    }
}

fn headers(settings: &LokiSettings) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    let value =
        |text: &str| HeaderValue::from_str(text).map_err(|_| "a header can't hold what is set".to_owned());
    if let Some(tenant) = &settings.tenant {
        headers.insert(TENANT, value(tenant)?);
    }
    let authorization = match &settings.auth {
        None => return Ok(headers),
        Some(LokiAuth::Bearer(token)) => format!("Bearer {token}"),
        Some(LokiAuth::Basic { user, password }) => {
            use base64::Engine as _;
            let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
            format!("Basic {pair}")
        }
    };
    let mut authorization = value(&authorization)?;
    authorization.set_sensitive(true);
    headers.insert(AUTHORIZATION, authorization);
    Ok(headers)
}

/// Sends the request; a success comes back as it is.
pub(super) async fn send(request: RequestBuilder) -> Result<Response, LokiError> {
    let response = request.send().await.map_err(|error| broken(&error))?;
    let status = response.status();
    // Not every 2xx: an ingestion that the operator has blocked is answered with 260.
    if matches!(status.as_u16(), 200 | 204) {
        return Ok(response);
    }
    let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let body = read(response, REFUSAL_MAX_BYTES).await.unwrap_or_default();
    let body = String::from_utf8_lossy(&body);
    Err(LokiError::of_answer(status.as_u16(), &body, wait.map(Duration::from_secs)))
}

/// The whole body, if it is not larger than `limit`.
pub(super) async fn read(mut response: Response, limit: usize) -> Result<Vec<u8>, LokiError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
        if body.len() + chunk.len() > limit {
            let detail = format!("the answer is larger than {limit} bytes");
            return Err(LokiError::without_answer(Failure::Rejected, detail));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn broken(error: &reqwest::Error) -> LokiError {
    let failure = if error.is_timeout() { Failure::Timeout } else { Failure::Refused };
    LokiError::without_answer(failure, in_full(error))
}

/// The error with its causes in one line, without the address, which the settings tell.
fn in_full(error: &reqwest::Error) -> String {
    let mut cause = std::error::Error::source(error);
    let mut innermost = error.to_string();
    while let Some(inner) = cause {
        innermost = inner.to_string();
        cause = inner.source();
    }
    innermost
}
