//! One HTTP exchange: the request sent with its timeout, the answer read within its bound, and what
//! is no success turned into a [`ClientError`].

use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use serde::de::DeserializeOwned;

use super::error::{ClientError, Problem, root_cause};

/// A local server accepts at once, and one across the world within a second or two.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longer than the server's own limit for a request, so that its answer wins over our impatience.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// The largest page a server may give: 5,000 events of 64 KiB.
const ANSWER_MAX_BYTES: usize = 5_000 * 64 * 1024;
/// A problem document is short; more than this is not one.
const PROBLEM_MAX_BYTES: usize = 256 * 1024;
/// How much of an answer that isn't a problem document is quoted.
const QUOTE_MAX_CHARS: usize = 200;

/// The HTTP client for `base`, with the token sent on every request.
pub(super) fn http_client(base: &Url, token: Option<&str>) -> Result<reqwest::Client, ClientError> {
    super::tls::install_tls_provider();
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, application/problem+json"));
    if let Some(token) = token {
        let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| ClientError::Settings("the token holds characters that no header may".into()))?;
        value.set_sensitive(true);
        headers.insert(reqwest::header::AUTHORIZATION, value);
    }
    let mut builder = reqwest::Client::builder()
        .default_headers(headers)
        .user_agent(concat!("telltale/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_keepalive(Duration::from_secs(15))
        // A redirect would carry the token elsewhere, and the API has none.
        .redirect(reqwest::redirect::Policy::none())
        .http1_only();
    if base.scheme() == "http" {
        // Without TLS the system's certificates needn't be there, nor be read.
        builder = builder.tls_certs_only([]);
    }
    if is_loopback(base) {
        // A proxy for the outside world can't reach this machine's own addresses.
        builder = builder.no_proxy();
    }
    builder
        .build()
        .map_err(|error| ClientError::Settings(format!("no HTTP client can be made: {}", root_cause(&error))))
}

/// The address as people write it.
pub(super) fn name(base: &Url) -> String {
    base.as_str().trim_end_matches('/').to_owned()
}

fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

/// Sends the request; an answer with a status below 400 comes back as it is.
pub(super) async fn send(base: &Url, request: RequestBuilder) -> Result<Response, ClientError> {
    let response = request.send().await.map_err(|error| unreachable(base, &error))?;
    match response.status() {
        status if status.as_u16() < 400 => Ok(response),
        status => Err(problem(base, status, response).await),
    }
}

/// Sends the request and reads its JSON answer.
pub(super) async fn send_for_json<T: DeserializeOwned>(
    base: &Url,
    request: RequestBuilder,
) -> Result<T, ClientError> {
    send_for_json_at_leisure(base, request.timeout(REQUEST_TIMEOUT)).await
}

/// The same without a time limit, for a body that takes as long as it takes: the server gives up one that stands still.
pub(super) async fn send_for_json_at_leisure<T: DeserializeOwned>(
    base: &Url,
    request: RequestBuilder,
) -> Result<T, ClientError> {
    let response = send(base, request).await?;
    let body = read_bounded(base, response, ANSWER_MAX_BYTES).await?;
    serde_json::from_slice(&body)
        .map_err(|error| ClientError::Unintelligible { url: name(base), reason: error.to_string() })
}

pub(super) fn unreachable(base: &Url, error: &reqwest::Error) -> ClientError {
    let reason = if error.is_timeout() { "no answer in time".to_owned() } else { root_cause(error) };
    ClientError::Unreachable { url: name(base), reason }
}

async fn read_bounded(base: &Url, mut response: Response, limit: usize) -> Result<Vec<u8>, ClientError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(base, &error))? {
        if body.len() + chunk.len() > limit {
            let reason = format!("the answer is larger than {limit} bytes");
            return Err(ClientError::Unintelligible { url: name(base), reason });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Reads what the server says about its refusal; what is no problem document is quoted instead.
pub(super) async fn problem(base: &Url, status: StatusCode, response: Response) -> ClientError {
    let asked = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let body = match read_bounded(base, response, PROBLEM_MAX_BYTES).await {
        Ok(body) => body,
        Err(error) => return error,
    };
    let mut problem = serde_json::from_slice::<Problem>(&body).unwrap_or_else(|_| Problem {
        status: status.as_u16(),
        title: status.canonical_reason().unwrap_or("refused").to_owned(),
        detail: String::from_utf8_lossy(&body).trim().chars().take(QUOTE_MAX_CHARS).collect(),
        errors: Vec::new(),
        retry_after: None,
    });
    problem.status = status.as_u16();
    problem.retry_after = asked.map(Duration::from_secs);
    ClientError::Problem(Box::new(problem))
}
