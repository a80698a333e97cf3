//! The bare broadcaster: what fan-out costs with nothing around it. A process of its own, as the server is; one
//! tokio-tungstenite task for each subscriber, frames joined once from a ring and shared, waiting items coalesced alike.
//!
//! A publisher connects to the first printed address, and sends `length (4 bytes) ‖ items joined by U+000A`, each
//! answered with one byte; subscribers connect to the second.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::harness::Outcome;
use crate::server::cpu_seconds;

/// Makes this program the broadcaster.
pub const ARGUMENT: &str = "--bare-broadcaster";
/// As the server's ring and frames have.
const RING_ITEMS: usize = 4_096;
const FRAME_MAX_BYTES: usize = 256 * 1024;
const KEPT_FRAMES: usize = 4;
const READ_BUFFER_BYTES: usize = 1_024;

/// The broadcaster's process, and the publisher's connection to it.
#[derive(Debug)]
pub struct Broadcaster {
    child: Child,
    /// Where subscribers connect.
    pub address: String,
    publisher: TcpStream,
}

impl Broadcaster {
    pub async fn start() -> Outcome<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(ARGUMENT)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no stdout")?).lines();
        let mut line = || -> Outcome<String> { Ok(lines.next().ok_or("the broadcaster did not start")??) };
        let (control, address) = (line()?, line()?);
        let publisher = TcpStream::connect(control).await?;
        publisher.set_nodelay(true)?;
        Ok(Self { child, address, publisher })
    }

    /// Publishes items and waits until they are in the ring.
    pub async fn publish(&mut self, items: &[Vec<u8>]) -> Outcome<()> {
        let joined = items.join(&b'\n');
        let mut message = u32::try_from(joined.len())?.to_be_bytes().to_vec();
        message.extend_from_slice(&joined);
        self.publisher.write_all(&message).await?;
        self.publisher.read_u8().await?;
        Ok(())
    }

    pub fn cpu_seconds(&self) -> Outcome<f64> {
        cpu_seconds(self.child.id())
    }
}

impl Drop for Broadcaster {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Default)]
struct Ring {
    items: VecDeque<Vec<u8>>,
    head: u64,
    kept: VecDeque<(u64, u64, Utf8Bytes)>,
}

struct Shared {
    ring: Mutex<Ring>,
    head: watch::Sender<u64>,
}

/// The broadcaster's own side: runs until it is killed.
pub async fn serve() -> Outcome<()> {
    let control = TcpListener::bind("127.0.0.1:0").await?;
    let subscribers = TcpListener::bind("127.0.0.1:0").await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}\n{}", control.local_addr()?, subscribers.local_addr()?)?;
    out.flush()?;
    let shared = Arc::new(Shared { ring: Mutex::default(), head: watch::Sender::new(0) });
    let listening = shared.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = subscribers.accept().await {
            tokio::spawn(subscriber(stream, listening.clone()));
        }
    });
    let (mut publisher, _) = control.accept().await?;
    publisher.set_nodelay(true)?;
    while let Ok(length) = publisher.read_u32().await {
        let mut joined = vec![0; length as usize];
        publisher.read_exact(&mut joined).await?;
        shared.take(&joined);
        publisher.write_u8(1).await?;
    }
    Ok(())
}

async fn subscriber(stream: TcpStream, shared: Arc<Shared>) -> Outcome<()> {
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES).write_buffer_size(0);
    let mut socket = tokio_tungstenite::accept_async_with_config(stream, Some(config)).await?;
    let mut head = shared.head.subscribe();
    let mut cursor = *head.borrow_and_update();
    socket.send(Message::Text(Utf8Bytes::from_static(r#"{"type":"hello"}"#))).await?;
    loop {
        while let Some((to, frame)) = shared.next(cursor)? {
            socket.send(Message::Text(frame)).await?;
            cursor = to;
        }
        tokio::select! {
            changed = head.changed() => changed?,
            inbound = socket.next() => if !matches!(inbound, Some(Ok(_))) { return Ok(()) },
        }
    }
}

impl Shared {
    fn take(&self, joined: &[u8]) {
        let mut ring = self.ring.lock();
        for item in joined.split(|byte| *byte == b'\n') {
            ring.items.push_back(item.to_vec());
            ring.head += 1;
            if ring.items.len() > RING_ITEMS {
                ring.items.pop_front();
            }
        }
        self.head.send_replace(ring.head);
    }

    /// The frame behind the cursor: everything that waits, up to a frame's size.
    fn next(&self, cursor: u64) -> Outcome<Option<(u64, Utf8Bytes)>> {
        let mut ring = self.ring.lock();
        if cursor >= ring.head {
            return Ok(None);
        }
        let head = ring.head;
        if let Some((_, to, frame)) = ring.kept.iter().find(|(from, to, _)| *from == cursor && *to == head) {
            return Ok(Some((*to, frame.clone())));
        }
        let start = head - ring.items.len() as u64;
        let skip = usize::try_from(cursor.checked_sub(start).ok_or("a subscriber lags behind the ring")?)?;
        let mut text = br#"{"type":"events","events":["#.to_vec();
        let mut to = cursor;
        for item in ring.items.iter().skip(skip) {
            if to > cursor {
                if text.len() + item.len() > FRAME_MAX_BYTES {
                    break;
                }
                text.push(b',');
            }
            text.extend_from_slice(item);
            to += 1;
        }
        text.extend_from_slice(b"]}");
        let frame = Utf8Bytes::from(String::from_utf8(text)?);
        if ring.kept.len() >= KEPT_FRAMES {
            ring.kept.pop_front();
        }
        ring.kept.push_back((cursor, to, frame.clone()));
        Ok(Some((to, frame)))
    }
}
