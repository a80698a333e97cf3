//! Who may come in. Loopback is no proof of friendship: any page in a browser can send requests there.
//!
//! Decisions only: headers in, a refusal or nothing out.

use std::net::{IpAddr, SocketAddr};

use http::header::{AUTHORIZATION, HOST, HeaderName, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use sha2::{Digest, Sha256};

use super::caller::{Caller, Right};
use super::cors::Cors;
use super::options::HttpOptions;
use super::problem::Problem;
use crate::facts::address::AddressRange;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// What a proxy adds: behind one, "comes from this machine" says nothing about the sender.
const FORWARDING: [HeaderName; 5] = [
    HeaderName::from_static("forwarded"),
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("via"),
];

/// What a path asks of those who come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Liveness: anyone, through any proxy.
    Anyone,
    /// Files that are the same for everyone: no token.
    StaticFile,
    /// Everything else: the token, where one is set, and this right.
    Caller(Right),
}

/// The doors, as they are set.
#[derive(Debug, Clone)]
pub struct Doors {
    /// Hash of the token, so that comparing takes the same time whatever is sent.
    token: Option<[u8; 32]>,
    /// Where there are any: who may connect from other machines.
    proxies: Vec<AddressRange>,
    loopback: bool,
    /// Lower case, without port.
    hosts: Vec<String>,
    /// Listening everywhere, under addresses that can't be listed.
    any_address: bool,
}

impl Doors {
    pub fn new(options: &HttpOptions, bound: SocketAddr) -> Self {
        let ip = bound.ip().to_canonical();
        let own = if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() };
        let mut hosts = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "[::1]".to_owned(), own];
        hosts.extend(options.allowed_hosts.iter().map(|host| host_name(host).to_ascii_lowercase()));
        Self {
            token: options.token.as_deref().map(digest),
            proxies: options.trusted_proxy.clone(),
            loopback: options.loopback,
            hosts,
            any_address: ip.is_unspecified(),
        }
    }

    /// Whether a connection from this address is taken at all: behind proxies that end TLS nobody else is listened to.
    pub fn admits(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.proxies.is_empty() || peer.is_loopback() || self.proxies.iter().any(|range| range.contains(peer))
    }

    /// Checks a request before anything else is done with it.
    pub fn check(&self, request: &Parts, access: Access, cors: &Cors) -> Result<Caller, Problem> {
        let headers = &request.headers;
        let host = self.host(request)?;
        let changes_something = !matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if changes_something || headers.contains_key(http::header::UPGRADE) {
            check_site(headers, &host, cors)?;
        }
        if access == Access::Anyone {
            return Ok(Caller::ANYONE);
        }
        match &self.token {
            None => self.check_free_pass(headers)?,
            Some(_) if access == Access::StaticFile => {}
            Some(token) => check_token(headers, token)?,
        }
        match access {
            Access::Caller(right) if !Caller::ANYONE.may(right) => Err(Problem::no_right()),
            _ => Ok(Caller::ANYONE),
        }
    }

    /// The host that the client believes to speak to. A page whose name was rebound to this address names itself here.
    fn host(&self, request: &Parts) -> Result<String, Problem> {
        let named = request.uri.authority().map(|authority| authority.as_str());
        let header = request.headers.get(HOST).and_then(|value| value.to_str().ok());
        let Some(host) = named.or(header) else {
            return Err(Problem::bad_request("a request needs one Host header"));
        };
        let name = host_name(host).to_ascii_lowercase();
        let is_address = || name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
        if self.hosts.contains(&name) || (self.any_address && is_address()) {
            return Ok(host.to_ascii_lowercase());
        }
        let detail = "this server does not answer to that host name; the setting `allowed_hosts` adds names";
        Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "misdirected", detail))
    }

    /// Without a token everyone on this machine may come, but nobody whom a proxy brings along.
    fn check_free_pass(&self, headers: &HeaderMap) -> Result<(), Problem> {
        if !self.loopback {
            return Err(unauthorized("this server can be reached from other machines and has no token set"));
        }
        if FORWARDING.iter().any(|name| headers.contains_key(name)) {
            return Err(unauthorized(
                "without a token the server takes no forwarded requests; set `token` to put it behind a proxy",
            ));
        }
        Ok(())
    }
}

/// Refuses what another site's page sends, as browsers tell by Sec-Fetch-Site and Origin.
fn check_site(headers: &HeaderMap, host: &str, cors: &Cors) -> Result<(), Problem> {
    let refused =
        || Problem::forbidden("pages of other sites may not do this; the setting `cors_origins` lets some");
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("null"));
    let origin = text(&ORIGIN);
    if origin.is_some_and(|origin| cors.allows(origin)) {
        return Ok(());
    }
    if text(&SEC_FETCH_SITE).is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return Err(refused());
    }
    match origin {
        None => Ok(()),
        // The scheme is not compared: a proxy may have ended TLS.
        Some(origin) => {
            let own = origin.split_once("://").is_some_and(|(scheme, rest)| {
                let default_port = if scheme == "https" { ":443" } else { ":80" };
                let plain = |name: &str| name.strip_suffix(default_port).unwrap_or(name).to_ascii_lowercase();
                plain(rest) == plain(host)
            });
            if own { Ok(()) } else { Err(refused()) }
        }
    }
}

/// Nobody is signed in where there is nothing to sign in with; the detail tells the operator what to do.
fn unauthorized(detail: &str) -> Problem {
    let mut problem = Problem::unauthorized();
    detail.clone_into(&mut problem.detail);
    problem
}

fn check_token(headers: &HeaderMap, expected: &[u8; 32]) -> Result<(), Problem> {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = given
        .and_then(|given| given.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, token)) = token else { return Err(Problem::unauthorized()) };
    let given = digest(token.trim());
    let difference = given.iter().zip(expected).fold(0_u8, |sum, (a, b)| sum | (a ^ b));
    if difference == 0 { Ok(()) } else { Err(Problem::unauthorized()) }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A host without its port; an IPv6 address keeps its brackets.
fn host_name(host: &str) -> &str {
    let after_address = host.rfind(']').map_or(0, |end| end + 1);
    match host[after_address..].rfind(':') {
        Some(colon) => &host[..after_address + colon],
        None => host,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures_util::FutureExt as _;

    use super::*;
    use crate::http::options::Readiness;

    const READ: Access = Access::Caller(Right::Read);

    fn options() -> HttpOptions {
        HttpOptions {
            token: None,
            cors_origins: vec!["https://app.example".into()],
            allowed_hosts: vec!["trace.example".into()],
            trusted_proxy: Vec::new(),
            loopback: true,
            metrics: Arc::new(String::new),
            readiness: Arc::new(|| async { Readiness::default() }.boxed()),
        }
    }

    fn status(options: &HttpOptions, method: Method, access: Access, headers: &[(&str, &str)]) -> u16 {
        let mut request = http::Request::builder().method(method).uri("/x");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let doors = Doors::new(options, "127.0.0.1:4780".parse().unwrap());
        doors
            .check(&parts, access, &Cors::new(&options.cors_origins))
            .map_or_else(|p| p.status.as_u16(), |_| 200)
    }

    fn get(headers: &[(&str, &str)]) -> u16 {
        status(&options(), Method::GET, READ, headers)
    }

    fn post(headers: &[(&str, &str)]) -> u16 {
        let mut all = vec![("host", "127.0.0.1:4780")];
        all.extend_from_slice(headers);
        status(&options(), Method::POST, READ, &all)
    }

    #[test]
    fn only_known_host_names_are_answered() {
        for known in ["localhost", "LOCALHOST:1", "127.0.0.1:4780", "[::1]:4780", "trace.example"] {
            assert_eq!(get(&[("host", known)]), 200, "{known}");
        }
        for unknown in ["evil.example", "evil.example:4780", "127.0.0.1.evil.example", "192.168.0.9", ""] {
            assert_eq!(get(&[("host", unknown)]), 421, "{unknown}");
        }
        assert_eq!(get(&[]), 400);
    }

    #[test]
    fn behind_a_proxy_nobody_else_may_connect() {
        let admits = |proxies: &[&str], peer: &str| {
            let trusted_proxy = proxies.iter().map(|range| range.parse().unwrap()).collect();
            let options = HttpOptions { trusted_proxy, ..options() };
            Doors::new(&options, "0.0.0.0:4780".parse().unwrap()).admits(peer.parse().unwrap())
        };
        assert!(admits(&[], "203.0.113.9"));
        assert!(admits(&["10.0.0.5"], "10.0.0.5") && admits(&["10.0.0.5"], "127.0.0.1"));
        assert!(admits(&["10.0.0.0/8"], "::ffff:10.1.2.3") && !admits(&["10.0.0.5"], "10.0.0.6"));
    }

    #[test]
    fn pages_of_other_sites_can_change_nothing() {
        assert_eq!(post(&[]), 200);
        assert_eq!(post(&[("origin", "http://127.0.0.1:4780"), ("sec-fetch-site", "same-origin")]), 200);
        assert_eq!(post(&[("origin", "https://app.example"), ("sec-fetch-site", "cross-site")]), 200);
        assert_eq!(post(&[("sec-fetch-site", "none")]), 200);
        assert_eq!(post(&[("sec-fetch-site", "cross-site")]), 403);
        assert_eq!(post(&[("sec-fetch-site", "same-site")]), 403);
        for origin in ["http://evil.example", "null", "http://127.0.0.1:9999", "127.0.0.1:4780"] {
            assert_eq!(post(&[("origin", origin)]), 403, "{origin}");
        }
    }

    #[test]
    fn an_upgrade_is_checked_like_a_change() {
        let host = ("host", "localhost");
        assert_eq!(get(&[host, ("origin", "http://evil.example")]), 200);
        assert_eq!(get(&[host, ("origin", "http://evil.example"), ("upgrade", "websocket")]), 403);
        assert_eq!(get(&[host, ("origin", "http://localhost"), ("upgrade", "websocket")]), 200);
    }

    #[test]
    fn a_token_is_asked_for_everywhere_but_at_static_files_and_healthz() {
        let options = HttpOptions { token: Some("s3cret".into()), ..options() };
        let with = |access, value: &str| {
            status(&options, Method::GET, access, &[("host", "localhost"), ("authorization", value)])
        };
        assert_eq!(with(READ, "Bearer s3cret"), 200);
        assert_eq!(with(READ, "bearer s3cret"), 200);
        for wrong in ["Bearer s3cre", "Bearer s3cret2", "Bearer", "Basic s3cret", ""] {
            assert_eq!(with(READ, wrong), 401, "{wrong}");
        }
        assert_eq!(with(Access::StaticFile, ""), 200);
        assert_eq!(with(Access::Anyone, ""), 200);
    }

    #[test]
    fn the_free_pass_ends_at_a_proxy_and_off_loopback() {
        for header in ["x-forwarded-for", "forwarded", "x-real-ip"] {
            assert_eq!(get(&[("host", "localhost"), (header, "10.0.0.1")]), 401, "{header}");
        }
        let open = HttpOptions { loopback: false, ..options() };
        assert_eq!(status(&open, Method::GET, READ, &[("host", "localhost")]), 401);
        assert_eq!(status(&open, Method::GET, Access::Anyone, &[("host", "localhost")]), 200);
    }
}
