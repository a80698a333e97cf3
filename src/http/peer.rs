//! Where a request comes from, and by which way: for lock-outs, the audit log, cookies and links.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use http::header::{HOST, ORIGIN};

/// The sender's address. Where a proxy of ours (one on this machine or in a private network) passes the request on, the
/// last address that it has added; anybody else could have written the header.
pub fn address(peer: Option<SocketAddr>, headers: &HeaderMap) -> Option<IpAddr> {
    let peer = peer?.ip().to_canonical();
    if !is_near(peer) {
        return Some(peer);
    }
    let forwarded =
        headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
    let last = forwarded.and_then(|list| list.rsplit(',').next()?.trim().parse::<IpAddr>().ok());
    Some(last.map_or(peer, |ip| ip.to_canonical()))
}

fn is_near(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    }
}

/// Whether the browser speaks TLS, to us or to a proxy in front.
pub fn is_https(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let proto = text("x-forwarded-proto").split(',').next().unwrap_or_default().trim().to_owned();
    proto.eq_ignore_ascii_case("https")
        || text("forwarded").to_ascii_lowercase().contains("proto=https")
        || text(ORIGIN.as_str()).starts_with("https://")
}

/// This server as the client calls it, without a slash at the end; the doors have checked the host.
pub fn own_url(headers: &HeaderMap) -> String {
    let scheme = if is_https(headers) { "https" } else { "http" };
    let host = headers.get(HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost");
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(peer: &str, forwarded: Option<&'static str>) -> String {
        let mut headers = HeaderMap::new();
        if let Some(value) = forwarded {
            headers.insert("x-forwarded-for", http::HeaderValue::from_static(value));
        }
        address(Some(peer.parse().unwrap()), &headers).unwrap().to_string()
    }

    #[test]
    fn only_a_near_proxy_is_believed() {
        assert_eq!(of("203.0.113.7:1", None), "203.0.113.7");
        assert_eq!(of("203.0.113.7:1", Some("10.0.0.1")), "203.0.113.7");
        assert_eq!(of("127.0.0.1:1", Some("spoofed, 198.51.100.9")), "198.51.100.9");
        assert_eq!(of("10.1.2.3:1", Some("nonsense")), "10.1.2.3");
        assert_eq!(of("[::ffff:127.0.0.1]:1", None), "127.0.0.1");
    }

    #[test]
    fn tls_in_front_is_seen() {
        let with = |name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, http::HeaderValue::from_static(value));
            is_https(&headers)
        };
        assert!(with("x-forwarded-proto", "https") && with("origin", "https://t.example"));
        assert!(with("forwarded", "for=1.2.3.4;proto=https"));
        assert!(!with("x-forwarded-proto", "http") && !with("origin", "http://t.example"));
    }
}
