//! Who may come in. Loopback is no proof of friendship: any page in a browser can send requests there.
//!
//! Decisions only: headers in, a refusal or nothing out.

use std::net::{IpAddr, SocketAddr};

use http::header::{AUTHORIZATION, HOST, HeaderName, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use sha2::{Digest, Sha256};

use super::caller::Right;
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
    /// Signing in, and whether one is: what is shown is looked at, and nothing need be shown.
    Session,
    /// Everything else: somebody who has this right.
    Caller(Right),
}

/// What a request shows, once it may come at all.
#[derive(Debug)]
pub enum Shown {
    /// It need not show anything.
    Nothing,
    /// The server's own token.
    OperatorsToken,
    /// A bearer token that accounts must know; with the free pass, where it would have that without.
    Bearer { token: String, has_free_pass: bool },
    /// A ticket in the address.
    Ticket(String),
    /// Nothing, from this machine: enough while there are no accounts.
    FreePass,
    /// Nothing, where something is needed: why.
    Missing(Problem),
}

/// The doors, as they are set.
#[derive(Debug, Clone)]
pub struct Doors {
    /// Hashes of the server's own tokens, so that comparing takes the same time whatever is sent.
    operators: Vec<[u8; 32]>,
    /// A token is set: it is asked for on this machine too.
    has_token: bool,
    /// Where there are any: who may connect from other machines.
    proxies: Vec<AddressRange>,
    loopback: bool,
    require_sign_in: bool,
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
            operators: options
                .token
                .iter()
                .chain(&options.operator_token)
                .map(|token| digest(token))
                .collect(),
            has_token: options.token.is_some(),
            proxies: options.trusted_proxy.clone(),
            loopback: options.loopback,
            require_sign_in: options.require_sign_in,
            hosts,
            any_address: ip.is_unspecified(),
        }
    }

    /// Whether a connection from this address is taken at all: behind proxies that end TLS nobody else is listened to.
    pub fn admits(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.proxies.is_empty() || peer.is_loopback() || self.proxies.iter().any(|range| range.contains(peer))
    }

    /// Checks a request before anything else is done with it; who it is from is another question.
    pub fn check(&self, request: &Parts, access: Access, cors: &Cors) -> Result<Shown, Problem> {
        let headers = &request.headers;
        let host = self.host(request)?;
        let only_reads = matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if !only_reads || headers.contains_key(http::header::UPGRADE) {
            check_site(headers, &host, cors)?;
        }
        if matches!(access, Access::Anyone | Access::StaticFile) {
            return Ok(Shown::Nothing);
        }
        let free_pass = self.check_free_pass(headers);
        if headers.contains_key(AUTHORIZATION) {
            let Some(token) = bearer(headers) else {
                return Ok(free_pass.map_or_else(Shown::Missing, |()| Shown::FreePass));
            };
            if self.is_operators(token) {
                return Ok(Shown::OperatorsToken);
            }
            return Ok(Shown::Bearer { token: token.to_owned(), has_free_pass: free_pass.is_ok() });
        }
        match ticket(request).filter(|_| only_reads) {
            Some(ticket) => Ok(Shown::Ticket(ticket)),
            None => Ok(free_pass.map_or_else(Shown::Missing, |()| Shown::FreePass)),
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
        if self.has_token || self.require_sign_in || !self.loopback {
            return Err(Problem::unauthorized());
        }
        if FORWARDING.iter().any(|name| headers.contains_key(name)) {
            return Err(unauthorized(
                "without signing in the server takes no forwarded requests; add a user or set `token` to put it behind a proxy",
            ));
        }
        Ok(())
    }

    fn is_operators(&self, token: &str) -> bool {
        let given = digest(token);
        // All are compared, each whole.
        self.operators.iter().fold(false, |found, own| {
            let difference = given.iter().zip(own).fold(0_u8, |sum, (a, b)| sum | (a ^ b));
            found | (difference == 0)
        })
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

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let given = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = given.split_once(' ')?;
    Some(token.trim()).filter(|token| scheme.eq_ignore_ascii_case("bearer") && !token.is_empty())
}

/// `?ticket=`, where a header can't be sent.
fn ticket(request: &Parts) -> Option<String> {
    let query = request.uri.query()?;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, value)| name == "ticket" && !value.is_empty()).map(|(_, value)| value.into_owned())
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
            operator_token: Some("of-this-machine".into()),
            require_sign_in: false,
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
            .map_or_else(|p| p.status.as_u16(), answered)
    }

    /// As where accounts know nobody.
    fn answered(shown: Shown) -> u16 {
        match shown {
            Shown::Nothing | Shown::OperatorsToken | Shown::FreePass => 200,
            Shown::Bearer { has_free_pass: true, .. } => 200,
            Shown::Bearer { .. } | Shown::Ticket(_) => 401,
            Shown::Missing(problem) => problem.status.as_u16(),
        }
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
        assert_eq!(with(READ, "Bearer of-this-machine"), 200);
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
