//! The WebSocket handshake (RFC 6455, 4.2), by hand: warp's own costs 134 KiB for each idle socket.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CONNECTION, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use http::{HeaderMap, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::Response;
use super::endpoint::Head;
use super::problem::Problem;
use super::socket::Socket;
use super::stalled::Stalled;

/// The 101 is on its way when this starts; a client that doesn't take it is gone.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);

/// A handshake that holds, not yet answered.
#[derive(Debug)]
pub struct Handshake {
    accept: String,
    on_upgrade: OnUpgrade,
}

/// Whether the request asks for a WebSocket at all.
pub fn is_wanted(headers: &HeaderMap) -> bool {
    has_token(headers, &UPGRADE, "websocket")
}

/// Checks the handshake, before anything else is looked up.
pub fn check(head: &Head) -> Result<Handshake, Problem> {
    let headers = &head.headers;
    let required = |detail: &str| {
        Problem::new(StatusCode::UPGRADE_REQUIRED, "upgrade-required", detail)
            .with_header(UPGRADE, "websocket")
            .with_header(CONNECTION, "upgrade")
            .with_header(SEC_WEBSOCKET_VERSION, "13")
    };
    if !is_wanted(headers) || !has_token(headers, &CONNECTION, "upgrade") {
        return Err(required(
            "this path speaks WebSocket: `Connection: upgrade` and `Upgrade: websocket` are needed",
        ));
    }
    if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        return Err(required("only version 13 of the WebSocket protocol is spoken here"));
    }
    let key =
        headers.get(SEC_WEBSOCKET_KEY).filter(|_| headers.get_all(SEC_WEBSOCKET_KEY).iter().count() == 1);
    let is_key = |key: &&HeaderValue| STANDARD.decode(key.as_bytes()).is_ok_and(|bytes| bytes.len() == 16);
    let Some(key) = key.filter(is_key) else {
        return Err(Problem::bad_request("Sec-WebSocket-Key must be 16 bytes in base64"));
    };
    let Some(on_upgrade) = head.upgrade.clone() else {
        return Err(required("this connection can't be upgraded"));
    };
    Ok(Handshake { accept: derive_accept_key(key.as_bytes()), on_upgrade })
}

impl Handshake {
    /// The 101 that tells the client to go on.
    pub fn response(&self) -> Response {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        if let Ok(accept) = HeaderValue::from_str(&self.accept) {
            headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
        }
        response
    }

    /// The socket, once the 101 has been sent; `None` when the client has gone.
    pub async fn socket(self, read_buffer_bytes: usize) -> Option<Socket> {
        let upgraded = timeout(UPGRADE_TIMEOUT, self.on_upgrade).await.ok()?.ok()?;
        // The concrete stream: two layers fewer on every write.
        let parts = upgraded.downcast::<TokioIo<Stalled>>().ok()?;
        Some(Socket::new(parts.io.into_inner(), &parts.read_buf, read_buffer_bytes).await)
    }
}

/// Whether a comma-separated header holds the word, whatever its case.
fn has_token(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|token| token.trim().eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(pairs: &[(&'static str, &'static str)]) -> u16 {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        check(&Head { headers, ..Head::default() }).unwrap_err().status.as_u16()
    }

    #[test]
    fn a_handshake_that_is_none_is_told_why() {
        let key = ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        let (upgrade, connection) = (("upgrade", "WebSocket"), ("connection", "keep-alive, Upgrade"));
        let version = ("sec-websocket-version", "13");
        assert_eq!(status(&[]), 426);
        assert_eq!(status(&[upgrade, version, key]), 426);
        assert_eq!(status(&[upgrade, connection, key]), 426);
        assert_eq!(status(&[upgrade, connection, ("sec-websocket-version", "8"), key]), 426);
        assert_eq!(status(&[upgrade, connection, version]), 400);
        assert_eq!(status(&[upgrade, connection, version, ("sec-websocket-key", "short")]), 400);
        assert_eq!(status(&[upgrade, connection, version, key, key]), 400);
        // All is well, but nothing is there to be upgraded.
        assert_eq!(status(&[upgrade, connection, version, key]), 426);
    }
}
