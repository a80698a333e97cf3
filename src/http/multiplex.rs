//! Many runs over one WebSocket: GET /api/v1/stream.
//!
//! ```text
//!   client ──commands──► socket ──► Turns (one waiting future for each subscription) ──frames, runId spliced in──► socket
//!                               └─► WatchedList (changes of the list, collected) ───────── `runs` frames ────────► socket
//! ```

use std::io;
use std::time::Duration;

use serde_json::json;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::Response;
use super::app::SharedApp;
use super::caller::Caller;
use super::endpoint::Call;
use super::multiplex_command::{self, Command, Refused};
use super::problem::Problem;
use super::socket::{Inbound, Socket};
use super::turns::{SUBSCRIPTIONS_MAX, Turn, Turns};
use super::upgrade;
use super::watched_list::WatchedList;
use crate::flow::feed::FrameKind;

/// Commands come more often here than on a socket for one run.
const READ_BUFFER_BYTES: usize = 4 * 1024;
/// Runs have heartbeats of their own; a socket that only watches the list is kept alive by pings.
const PING_EVERY: Duration = Duration::from_secs(15);

pub async fn stream(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let handshake = upgrade::check(&call.head)?;
    let response = handshake.response();
    let lifetime = app.lifetime.clone();
    let caller = call.head.caller.clone();
    lifetime.serve_socket(async move {
        if let Some(socket) = handshake.socket(READ_BUFFER_BYTES).await {
            let mut viewer = Viewer { app, caller, socket, turns: Turns::default(), list: None };
            let (code, reason) = viewer.serve().await;
            viewer.socket.close(code, reason).await;
        }
    });
    Ok(response)
}

/// One socket and what it watches.
struct Viewer {
    app: SharedApp,
    caller: Caller,
    socket: Socket,
    turns: Turns,
    list: Option<WatchedList>,
}

/// What happened first.
#[expect(clippy::large_enum_variant, reason = "one at a time, on the stack of the socket's task")]
enum Happened {
    Inbound(Inbound),
    Turn(Option<Turn>),
    ListChanged,
    Quiet,
    SignedOut,
    Stop,
}

impl Viewer {
    /// Serves until the socket is to be closed, with this code and reason.
    async fn serve(&mut self) -> (CloseCode, &'static str) {
        let mut quiet = pings();
        loop {
            let done = match self.happened(&mut quiet).await {
                Happened::Inbound(Inbound::Closed) => return (CloseCode::Normal, ""),
                Happened::Inbound(Inbound::Other) => Ok(()),
                Happened::Inbound(Inbound::Text(text)) => self.obey(&text).await,
                Happened::Turn(Some(turn)) => self.take(turn).await,
                Happened::Turn(None) => Ok(()),
                Happened::ListChanged => self.tell_changes().await,
                Happened::Quiet => self.socket.ping().await,
                Happened::SignedOut => return (CloseCode::Policy, "not signed in any more"),
                Happened::Stop => return (CloseCode::Away, "the server stops; resume"),
            };
            if done.is_err() {
                return (CloseCode::Error, "");
            }
        }
    }

    async fn happened(&mut self, quiet: &mut Interval) -> Happened {
        tokio::select! {
            inbound = self.socket.receive() => Happened::Inbound(inbound),
            turn = self.turns.next(), if !self.turns.is_empty() => Happened::Turn(turn),
            () = changed(self.list.as_mut()), if self.list.is_some() => Happened::ListChanged,
            _ = quiet.tick() => Happened::Quiet,
            () = self.caller.ended.cancelled() => Happened::SignedOut,
            () = self.app.lifetime.stop.cancelled() => Happened::Stop,
        }
    }

    /// Does what the client asks, or tells why not.
    async fn obey(&mut self, text: &str) -> io::Result<()> {
        match multiplex_command::parse(text) {
            Ok(Command::Subscribe(run_id, options)) => {
                let name = run_id.to_string();
                if self.turns.subscribe(self.app.clone(), self.caller.clone(), run_id, options) {
                    return Ok(());
                }
                let detail = format!("a socket holds at most {SUBSCRIPTIONS_MAX} subscriptions");
                self.refuse(Refused { run_id: Some(name), status: 429, detail }).await
            }
            Ok(Command::Unsubscribe(run_id)) => {
                // One that has ended by itself is no mistake of the client's.
                self.turns.unsubscribe(&run_id);
                Ok(())
            }
            Ok(Command::SubscribeRuns(filter)) => {
                self.list = Some(WatchedList::new(&self.app, self.caller.clone(), filter));
                Ok(())
            }
            Ok(Command::UnsubscribeRuns) => {
                self.list = None;
                Ok(())
            }
            Ok(Command::Ping(number)) => {
                let pong = json!({"type": "pong", "ping": number}).to_string();
                self.socket.send_text([pong.as_bytes(), b"", b""]).await
            }
            Err(refused) => self.refuse(refused).await,
        }
    }

    async fn take(&mut self, turn: Turn) -> io::Result<()> {
        match turn {
            Turn::Frame(place, subscription, frame) => {
                // `hello` carries the run's id itself.
                let (prefix, rest): (&[u8], &[u8]) = match frame.kind {
                    FrameKind::Hello => (b"", &frame.json),
                    _ => (&place.prefix, frame.json.get(1..).unwrap_or_default()),
                };
                self.socket.send_text([prefix, rest, b""]).await?;
                subscription.written(&frame);
                self.turns.go_on(place, subscription);
                Ok(())
            }
            Turn::Ended(_) => Ok(()),
            Turn::Refused(run_id, problem) => {
                if let Some(inside) = &problem.inside {
                    tracing::warn!(%run_id, "a subscription was refused: {inside}");
                }
                let (status, detail) = (problem.status.as_u16(), problem.detail);
                self.refuse(Refused { run_id: Some(run_id.to_string()), status, detail }).await
            }
        }
    }

    async fn refuse(&mut self, refused: Refused) -> io::Result<()> {
        let mut frame = json!({"type": "error", "status": refused.status, "detail": refused.detail});
        if let Some(run_id) = refused.run_id {
            frame["runId"] = run_id.into();
        }
        self.socket.send_text([frame.to_string().as_bytes(), b"", b""]).await
    }

    async fn tell_changes(&mut self) -> io::Result<()> {
        let Some(list) = &mut self.list else { return Ok(()) };
        match list.frames(&self.app).await {
            Ok(frames) => {
                for frame in frames {
                    self.socket.send_text([frame.as_bytes(), b"", b""]).await?;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the list of runs can't be read");
                list.put_off();
            }
        }
        Ok(())
    }
}

async fn changed(list: Option<&mut WatchedList>) {
    match list {
        Some(list) => list.ready().await,
        None => std::future::pending().await,
    }
}

fn pings() -> Interval {
    let mut interval = interval(PING_EVERY);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval.reset();
    interval
}
