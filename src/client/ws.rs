//! The WebSocket road to a stream, upgraded from an ordinary request of the HTTP client, so that
//! addresses, certificates, proxies, the token and refusals are handled in one place.

use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::header::{CONNECTION, HeaderValue, UPGRADE};
use reqwest::{StatusCode, Upgraded, Url};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::api::Client;
use super::connect::Refused;
use super::transport::{problem, unreachable};

/// How long the answer to an upgrade may take; a proxy that swallows upgrades never answers.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);
/// Frames are at most 256 KiB, so a larger buffer would only sit empty.
const READ_BUFFER_BYTES: usize = 64 * 1024;

pub(super) type Socket = WebSocketStream<Upgraded>;

/// Asks for the upgrade; any answer but 101 and a clear refusal means that it can't be had here.
pub(super) async fn open(client: &Client, url: Url) -> Result<Socket, Refused> {
    let key = generate_key();
    let request = client
        .http
        .get(url)
        .header(CONNECTION, HeaderValue::from_static("Upgrade"))
        .header(UPGRADE, HeaderValue::from_static("websocket"))
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", &key);
    let answer = tokio::time::timeout(UPGRADE_TIMEOUT, request.send())
        .await
        .map_err(|_| Refused::NotThisWay("no answer to the upgrade".into()))?
        .map_err(|error| match unreachable(&client.address(), &error) {
            // Something that takes the connection and then drops the request may only dislike upgrades.
            dropped if !error.is_connect() => Refused::NotThisWay(dropped.to_string()),
            away => Refused::Later(away),
        })?;
    match answer.status() {
        StatusCode::SWITCHING_PROTOCOLS => {}
        status @ (StatusCode::BAD_REQUEST
        | StatusCode::METHOD_NOT_ALLOWED
        | StatusCode::UPGRADE_REQUIRED
        | StatusCode::NOT_IMPLEMENTED
        | StatusCode::HTTP_VERSION_NOT_SUPPORTED) => {
            return Err(Refused::NotThisWay(format!("the upgrade was answered with {status}")));
        }
        status if status.as_u16() >= 400 => {
            return Err(problem(&client.address(), status, answer).await.into());
        }
        status => return Err(Refused::NotThisWay(format!("the upgrade was answered with {status}"))),
    }
    let accept = answer.headers().get("sec-websocket-accept").and_then(|value| value.to_str().ok());
    if accept != Some(derive_accept_key(key.as_bytes()).as_str()) {
        return Err(Refused::NotThisWay("the upgrade was accepted by something else".into()));
    }
    let upgraded =
        answer.upgrade().await.map_err(|error| Refused::from(unreachable(&client.address(), &error)))?;
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES);
    Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await)
}

/// The next text of the socket, or why there is none. Safe to cancel.
pub(super) async fn next_text(socket: &mut Socket) -> Result<String, String> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Ok(text.to_string()),
            Some(Ok(Message::Close(frame))) => {
                let reason = frame.map(|frame| format!(": {} {}", frame.code, frame.reason));
                return Err(format!("the server closed the stream{}", reason.unwrap_or_default()));
            }
            // Pings are answered by the library; nothing else is ours.
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(format!("the stream broke: {error}")),
            None => return Err("the stream broke".into()),
        }
    }
}
