//! An upgraded WebSocket. tungstenite reads and answers pings; text frames are written here, straight from the
//! shared bytes: through tungstenite each would be copied into a buffer that every socket keeps at its largest.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::AsyncWrite as _;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};

use super::stalled::Stalled;

/// Largest message taken from a client: commands are a line each.
const INBOUND_MAX_BYTES: usize = 64 * 1024;
/// tungstenite writes only pongs and the close frame here.
const WRITE_BUFFER_BYTES: usize = 512;
/// How long the client has to answer a close: cutting the connection earlier could take the last frame with it.
const CLOSE_WAIT: Duration = Duration::from_secs(2);
/// First byte of a whole text message: FIN and opcode 1 (RFC 6455, 5.2).
const TEXT_MESSAGE: u8 = 0x81;
/// Parts of one message: the run's name spliced in, and the frame before and behind it.
const PARTS_MAX: usize = 3;

/// A WebSocket whose handshake is done.
#[derive(Debug)]
pub struct Socket {
    inner: WebSocketStream<Stalled>,
}

/// What a client sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Inbound {
    Text(Utf8Bytes),
    /// Binary, ping or pong: answered where an answer is due.
    Other,
    /// The client has closed, or is gone.
    Closed,
}

impl Socket {
    /// `early` is what the client sent right behind its handshake.
    pub async fn new(stream: Stalled, early: &[u8], read_buffer_bytes: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(read_buffer_bytes)
            .write_buffer_size(0)
            .max_write_buffer_size(WRITE_BUFFER_BYTES)
            .max_message_size(Some(INBOUND_MAX_BYTES))
            .max_frame_size(Some(INBOUND_MAX_BYTES));
        let inner =
            WebSocketStream::from_partially_read(stream, early.to_vec(), Role::Server, Some(config)).await;
        Self { inner }
    }

    /// The next message. Safe to cancel.
    pub async fn receive(&mut self) -> Inbound {
        match self.inner.next().await {
            Some(Ok(Message::Text(text))) => Inbound::Text(text),
            Some(Ok(Message::Close(_)) | Err(_)) | None => Inbound::Closed,
            Some(Ok(_)) => Inbound::Other,
        }
    }

    /// Sends one text message made of `parts`, which must be UTF-8. Not safe to cancel: the socket is then useless.
    pub async fn send_text(&mut self, parts: [&[u8]; PARTS_MAX]) -> io::Result<()> {
        let length = parts.iter().map(|part| part.len()).sum();
        let (header, header_length) = text_header(length);
        let mut slices = [
            IoSlice::new(&header[..header_length]),
            IoSlice::new(parts[0]),
            IoSlice::new(parts[1]),
            IoSlice::new(parts[2]),
        ];
        let patience = self.inner.get_ref().patience();
        let send = async {
            // A pong that is half written must be whole before another frame begins.
            self.inner.flush().await.map_err(io::Error::other)?;
            write_all(self.inner.get_mut(), &mut slices).await
        };
        timeout(patience, send).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Asks the client for a sign of life, and keeps proxies from closing a quiet connection.
    pub async fn ping(&mut self) -> io::Result<()> {
        let patience = self.inner.get_ref().patience();
        let ping = self.inner.send(Message::Ping(Bytes::new()));
        match timeout(patience, ping).await {
            Ok(sent) => sent.map_err(io::Error::other),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    /// Says why, and waits a moment for the client to have read everything.
    pub async fn close(mut self, code: CloseCode, reason: &'static str) {
        let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
        let parting = async {
            if self.inner.close(Some(frame)).await.is_ok() {
                while self.receive().await != Inbound::Closed {}
            }
            // Finishes the answer to a close that the client began.
            let _ = self.inner.flush().await;
        };
        let _ = timeout(CLOSE_WAIT, parting).await;
    }
}

/// A server's frames are not masked: two, four or ten bytes.
fn text_header(length: usize) -> ([u8; 10], usize) {
    let mut header = [0; 10];
    header[0] = TEXT_MESSAGE;
    let long = (length as u64).to_be_bytes();
    match length {
        0..=125 => {
            header[1] = long[7];
            (header, 2)
        }
        126..=0xFFFF => {
            header[1] = 126;
            header[2..4].copy_from_slice(&long[6..]);
            (header, 4)
        }
        _ => {
            header[1] = 127;
            header[2..].copy_from_slice(&long);
            (header, 10)
        }
    }
}

async fn write_all(stream: &mut Stalled, mut slices: &mut [IoSlice<'_>]) -> io::Result<()> {
    // Empty slices at the front would read as "nothing could be written".
    IoSlice::advance_slices(&mut slices, 0);
    while !slices.is_empty() {
        let count = poll_fn(|cx| Pin::new(&mut *stream).poll_write_vectored(cx, slices)).await?;
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        IoSlice::advance_slices(&mut slices, count);
    }
    Ok(())
}

#[cfg(test)]
#[path = "socket_tests.rs"]
mod tests;
