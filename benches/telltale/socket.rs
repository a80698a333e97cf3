//! A WebSocket reader that costs next to nothing: it counts frames and bytes, and reads the last seq of each frame.

use memchr::memmem;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{Outcome, last_number};

/// The key of RFC 6455's own example; the server's answer to it is not checked.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// Bytes at the end of a frame in which its last event begins.
const TAIL_BYTES: usize = 1_024;
/// Opcodes (RFC 6455, 5.2).
const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
/// An empty pong, masked by zeros.
const PONG: [u8; 6] = [0x8A, 0x80, 0, 0, 0, 0];

/// A connected subscriber.
#[derive(Debug)]
pub struct Socket {
    stream: TcpStream,
    /// What came of a frame that is not whole yet.
    part: Vec<u8>,
    pub frames: u64,
}

/// What a read brought.
#[derive(Debug, Default, Clone, Copy)]
pub struct Seen {
    /// The last seq of the last frame that had one.
    pub seq: Option<u64>,
    /// The last logSeq of the last frame that had one.
    pub log_seq: Option<u64>,
    /// Frames of text among what was read.
    pub frames: u64,
}

impl Socket {
    /// Connects and waits for the first frame, `hello`.
    pub async fn open(address: &str, path: &str) -> Outcome<Self> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: {KEY}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut part = Vec::new();
        let head = loop {
            if stream.read_buf(&mut part).await? == 0 {
                return Err("the connection closed in the handshake".into());
            }
            if let Some(head) = memmem::find(&part, b"\r\n\r\n") {
                break head + 4;
            }
        };
        if !part.starts_with(b"HTTP/1.1 101") {
            return Err(format!("no WebSocket: {}", String::from_utf8_lossy(&part)).into());
        }
        part.drain(..head);
        let mut socket = Self { stream, part, frames: 0 };
        let mut seen = socket.take_frames(&[])?;
        while seen.frames == 0 {
            seen = socket.read(&mut [0; 1_024]).await?;
        }
        // What is kept for frames in parts starts from nothing: ten thousand idle ones must not weigh here.
        socket.part.shrink_to_fit();
        Ok(socket)
    }

    /// Waits for more and takes it; `buffer` may be shared between sockets, and is used only when there is something.
    pub async fn read(&mut self, buffer: &mut [u8]) -> Outcome<Seen> {
        let count = self.stream.read(buffer).await?;
        if count == 0 {
            return Err("the server closed a subscriber's connection".into());
        }
        let new = buffer.get(..count).unwrap_or_default();
        self.take_frames(new)
    }

    /// Like `read`, with a buffer of the thread: nothing is held while waiting.
    pub async fn read_shared(&mut self) -> Outcome<Seen> {
        thread_local! {
            static BUFFER: std::cell::RefCell<Vec<u8>> = std::cell::RefCell::new(vec![0; 256 * 1024]);
        }
        loop {
            self.stream.readable().await?;
            let taken = BUFFER.with_borrow_mut(|buffer| match self.stream.try_read(buffer) {
                Ok(0) => Err("the server closed a subscriber's connection".into()),
                Ok(count) => self.take_frames(&buffer[..count]).map(Some),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(None),
                Err(error) => Err(error.into()),
            });
            let taken: Outcome<Option<Seen>> = taken;
            if let Some(seen) = taken? {
                return Ok(seen);
            }
        }
    }

    /// Goes through the whole frames in what was kept and in `new`, and keeps the rest.
    fn take_frames(&mut self, new: &[u8]) -> Outcome<Seen> {
        let mut seen = Seen::default();
        let mut kept = std::mem::take(&mut self.part);
        let whole = if kept.is_empty() {
            new
        } else {
            kept.extend_from_slice(new);
            &kept
        };
        let mut at = 0;
        while let Some((opcode, start, end)) = frame(whole.get(at..).unwrap_or_default()) {
            let payload = whole.get(at + start..at + end).unwrap_or_default();
            match opcode {
                TEXT => {
                    seen.frames += 1;
                    let tail = payload.get(payload.len().saturating_sub(TAIL_BYTES)..).unwrap_or_default();
                    if payload.starts_with(br#"{"type":"events""#) {
                        seen.seq = last_number(tail, br#""seq":"#).or(seen.seq);
                    } else if payload.starts_with(br#"{"type":"logs""#) {
                        seen.log_seq = last_number(tail, br#""logSeq":"#).or(seen.log_seq);
                    }
                }
                // Small enough to fit into any socket's buffer.
                PING => drop(self.stream.try_write(&PONG)),
                CLOSE => return Err("the server closed a subscriber's stream".into()),
                other => return Err(format!("a frame of opcode {other}").into()),
            }
            at += end;
        }
        self.frames += seen.frames;
        self.part = whole.get(at..).unwrap_or_default().to_vec();
        Ok(seen)
    }
}

/// Opcode, and where the payload begins and ends, of a whole frame at the front.
fn frame(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (start, length) = match second & 0x7F {
        126 => (4, u64::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => (10, u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)),
        short => (2, u64::from(short)),
    };
    let end = start + usize::try_from(length).ok()?;
    (bytes.len() >= end).then_some((first & 0x0F, start, end))
}

/// The path of a run's stream from its head on.
pub fn live_path(run_id: &str) -> String {
    format!("/api/v1/runs/{run_id}/stream?after=head&logAfter=head")
}
