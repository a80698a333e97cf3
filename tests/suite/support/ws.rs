//! WebSocket subscribers: of one run, and of many over one socket.

use std::collections::HashMap;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::frames::Tracker;
use super::rng::Rng;
use super::wait::{until, within};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A subscriber of one run who may lose the connection at any moment and goes on from the cursor.
pub struct Live {
    address: String,
    query: String,
    socket: Option<Socket>,
    pub seen: Tracker,
}

impl Live {
    /// Not yet connected; `query` is like `&state=true`, or empty.
    pub fn new(address: &str, run_id: &str, query: &str) -> Self {
        Self {
            address: address.to_owned(),
            query: query.to_owned(),
            socket: None,
            seen: Tracker::new(run_id),
        }
    }

    /// Connected from the start of the run, with `hello` taken.
    pub async fn open(address: &str, run_id: &str) -> Self {
        let mut live = Self::new(address, run_id, "");
        live.connect().await;
        live
    }

    /// Connects from the cursor and takes `hello`.
    pub async fn connect(&mut self) {
        self.try_connect().await.unwrap_or_else(|e| panic!("connecting to the stream: {e}"));
        assert!(self.next().await, "the stream closed before `hello`");
    }

    async fn try_connect(&mut self) -> Result<(), String> {
        let Tracker { seq, log_seq, .. } = self.seen;
        let cursor = if self.seen.from_head {
            "after=head&logAfter=head".to_owned()
        } else {
            format!("after={seq}&logAfter={log_seq}")
        };
        let url =
            format!("ws://{}/api/v1/runs/{}/stream?{cursor}{}", self.address, self.seen.run_id(), self.query);
        let (socket, _) =
            within("the WebSocket handshake", connect_async(url)).await.map_err(|e| e.to_string())?;
        self.seen.connected();
        self.socket = Some(socket);
        Ok(())
    }

    /// Goes on at another address.
    pub fn move_to(&mut self, address: &str) {
        self.socket = None;
        self.address = address.to_owned();
    }

    /// Drops the connection without a word.
    pub fn disconnect(&mut self) {
        self.socket = None;
    }

    /// Takes one frame; `false` when the connection has ended.
    pub async fn next(&mut self) -> bool {
        let Some(socket) = self.socket.as_mut() else { return false };
        match next_frame(socket).await {
            Some(frame) => {
                self.seen.accept(&frame);
                true
            }
            None => {
                self.socket = None;
                false
            }
        }
    }

    /// Takes frames on this connection until `done` says so.
    pub async fn read_until(&mut self, what: &str, done: impl Fn(&Tracker) -> bool) {
        let reading = async {
            while !done(&self.seen) {
                assert!(self.next().await, "the connection ended before: {what}");
            }
        };
        within(what, reading).await;
    }

    /// Connects if that works, and reads until `end` or until this connection ends.
    pub async fn follow_connection(&mut self) {
        if self.try_connect().await.is_ok() {
            while self.seen.end.is_none() && self.next().await {}
        }
        self.disconnect();
    }

    /// Reads on, connecting again as often as needed, until `end`.
    pub async fn follow(&mut self) {
        while self.seen.end.is_none() {
            self.reconnected().await;
            self.next().await;
        }
    }

    /// Reads until `end`, and drops the connection after every few frames, at moments of `rng`'s choosing.
    pub async fn follow_with_disconnects(&mut self, rng: &mut Rng) {
        while self.seen.end.is_none() {
            self.reconnected().await;
            for _ in 0..=rng.below(4) {
                if self.seen.end.is_some() || !self.next().await {
                    break;
                }
            }
            self.disconnect();
        }
    }

    /// Connected, after a server that was away has come back.
    async fn reconnected(&mut self) {
        if self.socket.is_some() {
            return;
        }
        let slot = tokio::sync::Mutex::new(self);
        until("the stream takes a connection", || async { slot.lock().await.try_connect().await.ok() }).await;
    }

    /// Whether the server closes the connection in order once nothing is left.
    pub async fn assert_closed(&mut self) {
        assert!(!self.next().await, "the server goes on after `end`");
    }
}

/// The next JSON frame; `None` when the connection has ended, in order or not.
async fn next_frame(socket: &mut Socket) -> Option<Value> {
    loop {
        match within("a frame", socket.next()).await? {
            Ok(Message::Text(text)) => {
                return Some(
                    serde_json::from_str(&text)
                        .unwrap_or_else(|e| panic!("a frame that is no JSON ({e}): {text}")),
                );
            }
            Ok(Message::Ping(_) | Message::Pong(_)) => {}
            Ok(Message::Close(_)) | Err(_) => return None,
            Ok(other) => panic!("a frame that is no text: {other:?}"),
        }
    }
}

/// One socket for many runs.
pub struct Multi {
    socket: Socket,
    pub runs: HashMap<String, Tracker>,
    /// Frames that belong to no single run's history: `runs` and `error`.
    pub others: Vec<Value>,
}

impl Multi {
    pub async fn open(address: &str) -> Self {
        let url = format!("ws://{address}/api/v1/stream");
        let (socket, _) =
            within("the WebSocket handshake", connect_async(url)).await.expect("a WebSocket for many runs");
        Self { socket, runs: HashMap::new(), others: Vec::new() }
    }

    pub async fn send(&mut self, request: Value) {
        within("sending a request", self.socket.send(Message::text(request.to_string())))
            .await
            .expect("sending a request");
    }

    pub async fn subscribe(&mut self, run_id: &str, after: u64, log_after: u64) {
        let tracker = self.runs.entry(run_id.to_owned()).or_insert_with(|| Tracker::new(run_id));
        tracker.connected();
        (tracker.seq, tracker.log_seq) = (after, log_after);
        self.send(json!({ "subscribe": { "runId": run_id, "after": after, "logAfter": log_after } })).await;
    }

    pub async fn unsubscribe(&mut self, run_id: &str) {
        self.send(json!({ "unsubscribe": { "runId": run_id } })).await;
    }

    /// Takes one frame; `false` when the connection has ended.
    pub async fn next(&mut self) -> bool {
        let Some(frame) = next_frame(&mut self.socket).await else { return false };
        if matches!(frame["type"].as_str(), Some("runs" | "error")) {
            self.others.push(frame);
            return true;
        }
        let run_id = frame["runId"].as_str().unwrap_or_else(|| panic!("a frame without `runId`: {frame}"));
        let tracker = self
            .runs
            .get_mut(run_id)
            .unwrap_or_else(|| panic!("a frame of a run not subscribed to: {frame}"));
        tracker.accept(&frame);
        true
    }

    pub async fn read_until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let reading = async {
            while !done(self) {
                assert!(self.next().await, "the connection ended before: {what}");
            }
        };
        within(what, reading).await;
    }
}
