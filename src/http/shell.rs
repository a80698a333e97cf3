//! What surrounds every request: its id, the doors, the route, CORS, security headers, metrics and the log.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::request::Parts;
use http::{HeaderMap, Method, Request, StatusCode};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use tracing::Instrument as _;
use tracing::field::Empty;

use super::Response;
use super::caller::{Caller, Right};
use super::cors::Cors;
use super::deeds::{self, Told};
use super::doors::{Access, Doors};
use super::endpoint::{Endpoint, Head};
use super::gate::Gate;
use super::hold::Hold;
use super::meter::RouteMeter;
use super::pattern::{self, Params};
use super::peer;
use super::problem::Problem;
use super::request_id::{self, X_REQUEST_ID};

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// For answers that are no page: nothing may load or run.
const NOTHING_RUNS: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// All routes, and what stands in front of them.
pub struct Shell {
    endpoints: Vec<Endpoint>,
    doors: Doors,
    cors: Cors,
    gate: Gate,
    /// Requests that no route took, under one label: raw paths would be as many as anyone likes.
    unmatched: RouteMeter,
}

/// What a method and a path lead to.
enum Found<'a> {
    Route(&'a Endpoint, Params),
    OtherMethods(String),
    Nothing,
}

impl Shell {
    pub fn new(endpoints: Vec<Endpoint>, doors: Doors, cors: Cors, gate: Gate) -> Self {
        let unmatched = RouteMeter::new(Method::GET, "unmatched", StatusCode::NOT_FOUND);
        Self { endpoints, doors, cors, gate, unmatched }
    }

    /// Whether a connection from this address is taken at all.
    pub fn admits(&self, peer: std::net::IpAddr) -> bool {
        self.doors.admits(peer)
    }

    /// Answers one request, which came from `peer` over the connection that `hold` belongs to, within a span for the collector,
    /// where one is set.
    pub async fn handle(
        &self,
        request: Request<Incoming>,
        peer: Option<SocketAddr>,
        hold: &Hold,
    ) -> Response {
        let span = tracing::trace_span!(target: "telltale_trace", "http.request",
            "http.request.method" = %request.method(), "http.route" = Empty, "http.response.status_code" = Empty,
            request_id = Empty, traceparent = request.headers().get("traceparent").and_then(|it| it.to_str().ok()));
        self.answer(request, peer, hold).instrument(span).await
    }

    async fn answer(&self, request: Request<Incoming>, peer: Option<SocketAddr>, hold: &Hold) -> Response {
        let started = Instant::now();
        let (parts, body) = request.into_parts();
        let request_id = request_id::of(&parts.headers);
        let origin = parts.headers.get(ORIGIN).cloned();
        let method = parts.method.clone();
        let found = self.find(&method, parts.uri.path());
        let meter = match &found {
            Found::Route(endpoint, _) => &endpoint.meter,
            _ => &self.unmatched,
        };
        let route = match &found {
            Found::Route(endpoint, _) => endpoint.pattern,
            _ => "unmatched",
        };
        let access = match &found {
            Found::Route(endpoint, _) => endpoint.access,
            // A preflight carries no token by its nature.
            Found::OtherMethods(_) if method == Method::OPTIONS => Access::StaticFile,
            // Whoever may see anything may learn that there is nothing.
            _ => Access::Caller(Right::Follow),
        };
        let caller = match self.doors.check(&parts, access, &self.cors) {
            Ok(shown) => self.gate.admit(shown, access).await,
            Err(problem) => Err(problem),
        };
        let answered = match (caller, found) {
            (Err(problem), _) => Err(problem),
            (Ok(caller), Found::Route(endpoint, params)) => {
                let address = peer::address(peer, &parts.headers);
                let right = caller.ended.clone();
                let served = self.serve(endpoint, caller, params, address, (parts, body), &request_id).await;
                served.map(|response| hold.guard(response, &right))
            }
            (Ok(_), Found::OtherMethods(allowed)) if method == Method::OPTIONS => {
                Ok(self.cors.options(&parts, &allowed))
            }
            (Ok(_), Found::OtherMethods(allowed)) => Err(Problem::method_not_allowed(&allowed)),
            (Ok(_), Found::Nothing) => Err(Problem::no_such_path()),
        };
        let mut response =
            answered.unwrap_or_else(|problem| problem.into_response(request_id.to_str().unwrap_or_default()));
        let elapsed = started.elapsed();
        meter.record(response.status(), elapsed);
        let span = tracing::Span::current();
        span.record("http.route", route);
        span.record("http.response.status_code", u64::from(response.status().as_u16()));
        span.record("request_id", request_id.to_str().unwrap_or_default());
        tracing::debug!(?request_id, %method, status = response.status().as_u16(), ?elapsed, "answered");
        self.cors.mark(origin.as_ref(), response.headers_mut());
        finish(response.headers_mut(), request_id);
        response
    }

    /// Hands the request to its route; what it changes is noted.
    async fn serve(
        &self,
        endpoint: &Endpoint,
        caller: Caller,
        params: Params,
        address: Option<IpAddr>,
        (mut parts, body): (Parts, Incoming),
        request_id: &HeaderValue,
    ) -> Result<Response, Problem> {
        let query = parts.uri.query().map(str::to_owned);
        self.gate.check_limit(&caller, endpoint.pattern, &params, query.as_deref()).await?;
        let method = parts.method.clone();
        let subject = params.get(0).to_owned();
        let head = Head {
            caller: caller.clone(),
            params,
            query,
            upgrade: parts.extensions.remove::<OnUpgrade>(),
            headers: std::mem::take(&mut parts.headers),
            request_id: Some(request_id.clone()),
            address,
        };
        parts.extensions.insert(Arc::new(head));
        let served = (endpoint.serve)(Request::from_parts(parts, body));
        if method == Method::GET {
            // A long poll ends with the right to wait.
            return tokio::select! {
                biased;
                response = served => Ok(response),
                () = caller.ended.cancelled() => Err(Problem::unauthorized()),
            };
        }
        let mut response = served.await;
        let told = response.extensions_mut().remove::<Told>().unwrap_or_default();
        if response.status().is_success() && deeds::is_noted(endpoint.access, &method) {
            let action = deeds::action(&method, endpoint.pattern);
            self.gate.note(&caller, deeds::deed(&caller, action, &subject, told, address)).await;
        }
        Ok(response)
    }

    /// HEAD is answered as GET; hyper leaves the body out.
    fn find(&self, method: &Method, path: &str) -> Found<'_> {
        let wanted = if method == Method::HEAD { &Method::GET } else { method };
        let mut allowed: Vec<&str> = Vec::new();
        for endpoint in &self.endpoints {
            let Some(params) = pattern::fit(endpoint.pattern, path) else { continue };
            if endpoint.method == *wanted {
                return Found::Route(endpoint, params);
            }
            allowed.push(endpoint.method.as_str());
        }
        if allowed.is_empty() {
            return Found::Nothing;
        }
        if allowed.contains(&"GET") {
            allowed.push("HEAD");
        }
        allowed.push("OPTIONS");
        Found::OtherMethods(allowed.join(", "))
    }
}

/// The headers that every answer has.
fn finish(headers: &mut HeaderMap, request_id: HeaderValue) {
    headers.insert(X_REQUEST_ID, request_id);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(NOTHING_RUNS);
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

#[cfg(test)]
#[path = "shell_tests.rs"]
mod tests;
