//! The two cookies: a session's refresh secret, and the state of a sign-in that is away at a provider.

use std::time::Duration;

use http::HeaderMap;
use http::header::{COOKIE, HeaderValue};

use super::peer;

/// What holds the refresh secret. Only the paths below `/api/v1/session` ever see it, and no script does.
pub const REFRESH: Cookie = Cookie { name: "telltale_refresh", path: "/api/v1/session", same_site: "Strict" };
/// What holds the state: a browser comes back from the provider by a link of another site, so that `Strict` would hide it.
pub const OPENID: Cookie =
    Cookie { name: "telltale_openid", path: "/api/v1/session/openid", same_site: "Lax" };

/// A cookie without its value.
pub struct Cookie {
    name: &'static str,
    path: &'static str,
    same_site: &'static str,
}

impl Cookie {
    /// The value that the request brings.
    pub fn of<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.name).map(|(_, value)| value).filter(|value| !value.is_empty())
    }

    /// `Set-Cookie` for a value of ours, which needs no escaping; `Secure` wherever the browser speaks TLS.
    pub fn set(&self, value: &str, good_for: Duration, request: &HeaderMap) -> HeaderValue {
        let Self { name, path, same_site } = self;
        let secure = if peer::is_https(request) { "; Secure" } else { "" };
        let seconds = good_for.as_secs();
        let text =
            format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}");
        // Base64url, hexadecimal and our own words: always a header's value.
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
    }

    /// `Set-Cookie` that takes it away.
    pub fn clear(&self, request: &HeaderMap) -> HeaderValue {
        self.set("", Duration::ZERO, request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=b; telltale_refresh=x.y; c"));
        assert_eq!(REFRESH.of(&headers), Some("x.y"));
        assert_eq!(OPENID.of(&headers), None);
    }

    #[test]
    fn it_is_secure_behind_tls_and_never_for_scripts() {
        let mut headers = HeaderMap::new();
        let plain = REFRESH.set("v", Duration::from_secs(60), &headers);
        assert_eq!(plain, "telltale_refresh=v; Path=/api/v1/session; Max-Age=60; HttpOnly; SameSite=Strict");
        headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
        assert!(
            REFRESH
                .clear(&headers)
                .to_str()
                .unwrap()
                .ends_with("Max-Age=0; HttpOnly; SameSite=Strict; Secure")
        );
    }
}
