//! Following a run live: a stream that comes back by itself with its last cursor, and says so.
//!
//! ```text
//!   server ──frames──► task `follow` ──items (bounded channel)──► Watch::next
//!                        │ verifies, moves the cursor, reconnects
//! ```
//! The task ends with the run, with an error for good, or when the [`Watch`] is dropped.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use crate::facts::id::{Cursor, RunId};
use crate::facts::json::Json;
use crate::facts::status::RunStatus;

use super::api::Client;
use super::connect::{Broken, Connection, Refused, Road, Wanted, blocked};
use super::error::ClientError;
use super::frame::{End, Frame, Hello};
use super::retry::{backoff, jitter};
use super::verify::{Checked, Gap, Numbered, after_reset, check};
use super::wire::{Event, LogLine};

/// Items waiting for the caller; when it is slow the connection isn't read, and the server waits.
const ITEMS_WAITING: usize = 64;
/// The first frame comes at once; a proxy that holds it back for this long mutes the stream.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
/// Silence is taken for a dead connection after this many of the server's heartbeats.
const HEARTBEATS_MISSED: u32 = 3;
/// A stream of unknown rhythm (an older server, polling) is given this long.
const DEFAULT_SILENCE: Duration = Duration::from_secs(60);
/// How long a server that was there may stay away: a restart, an upgrade, a failover of its database.
const DEFAULT_PATIENCE: Duration = Duration::from_secs(600);

/// The status of a run that isn't there, or isn't there yet.
const NOT_FOUND: u16 = 404;

/// What to follow, and for how long to wait for a server that is away.
#[derive(Debug, Clone, Copy)]
pub struct WatchOptions {
    /// The last event and line already known; 0 for everything.
    pub cursor: Cursor,
    /// Whether log lines are wanted too.
    pub logs: bool,
    /// Whether the run's state is wanted at the start and after every reset.
    pub state: bool,
    /// How long to wait for a server, or a run, that was never there; by default the first failure is final.
    pub first_patience: Duration,
    /// How long to wait for a server that was reached before.
    pub patience: Duration,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self {
            cursor: Cursor::default(),
            logs: true,
            state: false,
            first_patience: Duration::ZERO,
            patience: DEFAULT_PATIENCE,
        }
    }
}

/// What happens while following a run.
#[derive(Debug, Clone, PartialEq)]
pub enum WatchItem {
    /// The stream is there; `delivery` is `notify` or `poll`.
    Connected { head_seq: u64, head_log_seq: u64, delivery: String },
    /// The run's state as of `seq`, when it was asked for.
    State { seq: u64, state: Json },
    /// The next events, seq strictly +1.
    Events(Vec<Event>),
    /// The next lines, logSeq strictly +1.
    Logs(Vec<LogLine>),
    /// The connection is gone; the next item comes once it is back.
    Lost { reason: String },
    /// The connection is back and went on after `seq`; `gaps` numbers are missing (0, or a defect).
    Resumed { seq: u64, log_seq: u64, gaps: u64 },
    /// Numbers that two connections in a row have left out: `missing` from `expected` on.
    Gap { what: &'static str, expected: u64, missing: u64 },
    /// The server doesn't know the cursor any more (the run was purged, say); what follows starts anew.
    Reset { reason: String, cursor: Cursor },
    /// The run is over and everything has been delivered.
    End { status: RunStatus, head_seq: u64, head_log_seq: u64 },
}

/// A run being followed.
#[derive(Debug)]
pub struct Watch {
    items: mpsc::Receiver<Result<WatchItem, ClientError>>,
    _follower: AbortOnDropHandle<()>,
}

impl Watch {
    pub(super) fn start(client: Client, run_id: RunId, options: WatchOptions) -> Self {
        let (sender, items) = mpsc::channel(ITEMS_WAITING);
        let follower = Follower {
            client,
            run_id,
            options,
            cursor: options.cursor,
            road: Road::WebSocket,
            road_is_proven: false,
            resuming_from: None,
            suspect: None,
            heard: false,
            silence: HELLO_TIMEOUT,
            items: sender,
        };
        Self { items, _follower: AbortOnDropHandle::new(tokio::spawn(follower.follow())) }
    }

    /// The next item; `None` after the end or an error. Safe to cancel.
    pub async fn next(&mut self) -> Option<Result<WatchItem, ClientError>> {
        self.items.recv().await
    }
}

/// Why one connection is over.
enum Over {
    /// The run ended, or nobody listens any more.
    Done,
    Failed(ClientError),
    /// Worth another try.
    Lost(ClientError),
    /// This road is blocked; another one may not be.
    NotThisWay(String),
}

struct Follower {
    client: Client,
    run_id: RunId,
    options: WatchOptions,
    cursor: Cursor,
    road: Road,
    /// Whether a frame has come over this road, so that losing it means an outage, not a blockade.
    road_is_proven: bool,
    /// The cursor of a reconnect that has not yet been seen to join on.
    resuming_from: Option<Cursor>,
    /// Where the last connection showed a gap; if the next one shows it too, it is real.
    suspect: Option<Cursor>,
    /// Whether this connection has brought a frame.
    heard: bool,
    silence: Duration,
    items: mpsc::Sender<Result<WatchItem, ClientError>>,
}

impl Follower {
    async fn follow(mut self) {
        let mut failures = 0;
        let mut away_since: Option<Instant> = None;
        let mut ever_connected = false;
        loop {
            self.heard = false;
            let over = self.one_connection().await;
            if self.heard {
                ever_connected = true;
                (failures, away_since) = (0, None);
            }
            let error = match over {
                Over::Done => return,
                Over::Failed(error) if error.status() == Some(NOT_FOUND) && !ever_connected => error,
                Over::Failed(error) => return self.give_up(error).await,
                Over::NotThisWay(reason) => match self.road.next() {
                    Some(road) => {
                        tracing::debug!(?road, reason, "taking another road to the stream");
                        self.road = road;
                        continue;
                    }
                    None => blocked(&self.client, reason),
                },
                Over::Lost(error) => error,
            };
            let patience = if ever_connected { self.options.patience } else { self.options.first_patience };
            let since = *away_since.get_or_insert_with(Instant::now);
            if since.elapsed() >= patience {
                return self.give_up(error).await;
            }
            if ever_connected && self.resuming_from.is_none() {
                self.resuming_from = Some(self.cursor);
                let reason = match &error {
                    ClientError::Unreachable { reason, .. } => reason.clone(),
                    other => other.to_string(),
                };
                if self.tell(WatchItem::Lost { reason }).await.is_err() {
                    return;
                }
            }
            failures += 1;
            tokio::time::sleep(backoff(failures, jitter())).await;
        }
    }

    async fn give_up(self, error: ClientError) {
        // A caller that has gone needs no answer.
        drop(self.items.send(Err(error)).await);
    }

    async fn tell(&self, item: WatchItem) -> Result<(), Over> {
        self.items.send(Ok(item)).await.map_err(|_| Over::Done)
    }

    /// Connects and passes on what comes, until it ends one way or another.
    async fn one_connection(&mut self) -> Over {
        let wanted = Wanted { cursor: self.cursor, logs: self.options.logs, state: self.options.state };
        let mut connection = match Connection::open(&self.client, &self.run_id, wanted, self.road).await {
            Ok(connection) => connection,
            Err(Refused::ForGood(error)) => return Over::Failed(error),
            Err(Refused::Later(error)) => return Over::Lost(error),
            Err(Refused::NotThisWay(reason)) if self.road_is_proven => return self.lost(reason),
            Err(Refused::NotThisWay(reason)) => return Over::NotThisWay(reason),
        };
        self.silence = HELLO_TIMEOUT;
        loop {
            let reason = match tokio::time::timeout(self.silence, connection.next()).await {
                Ok(Ok(frame)) => {
                    self.heard = true;
                    self.road_is_proven = true;
                    match self.take(frame).await {
                        Ok(()) => continue,
                        Err(over) => return over,
                    }
                }
                Ok(Err(Broken::Lost(reason))) => reason,
                Ok(Err(Broken::ForGood(error))) => return Over::Failed(error),
                Err(_) => format!("nothing was heard for {} s", self.silence.as_secs()),
            };
            return if self.road_is_proven { self.lost(reason) } else { Over::NotThisWay(reason) };
        }
    }

    fn lost(&self, reason: String) -> Over {
        Over::Lost(blocked(&self.client, reason))
    }

    async fn take(&mut self, frame: Frame) -> Result<(), Over> {
        match frame {
            Frame::Hello(hello) => self.greet(hello).await,
            Frame::State(state) => self.tell(WatchItem::State { seq: state.seq, state: state.state }).await,
            Frame::Events(events) => {
                let before = self.cursor;
                let accept = self.suspect == Some(before);
                let checked = check(&mut self.cursor.seq, events, accept);
                self.deliver("events", before, checked, accept, WatchItem::Events).await
            }
            Frame::Logs(lines) => {
                let before = self.cursor;
                let accept = self.suspect == Some(before);
                let checked = check(&mut self.cursor.log_seq, lines, accept);
                self.deliver("lines", before, checked, accept, WatchItem::Logs).await
            }
            Frame::Heartbeat => self.resumed(0).await,
            Frame::Reset(reset) => {
                self.cursor = after_reset(reset.from_seq, reset.from_log_seq);
                (self.resuming_from, self.suspect) = (None, None);
                self.tell(WatchItem::Reset { reason: reset.reason, cursor: self.cursor }).await
            }
            Frame::End(end) => self.end(end).await,
            Frame::Unknown => Ok(()),
        }
    }

    async fn greet(&mut self, hello: Hello) -> Result<(), Over> {
        self.silence = match hello.heartbeat_ms {
            0 => DEFAULT_SILENCE,
            ms => Duration::from_millis(ms) * HEARTBEATS_MISSED,
        };
        let nothing_missed = hello.head_seq <= self.cursor.seq
            && (!self.options.logs || hello.head_log_seq <= self.cursor.log_seq);
        let (head_seq, head_log_seq) = (hello.head_seq, hello.head_log_seq);
        self.tell(WatchItem::Connected { head_seq, head_log_seq, delivery: hello.delivery }).await?;
        if nothing_missed { self.resumed(0).await } else { Ok(()) }
    }

    /// Tells, once after each reconnect, that what came joins on to what was there.
    async fn resumed(&mut self, gaps: u64) -> Result<(), Over> {
        let Some(Cursor { seq, log_seq }) = self.resuming_from.take() else { return Ok(()) };
        self.tell(WatchItem::Resumed { seq, log_seq, gaps }).await
    }

    async fn deliver<T: Numbered>(
        &mut self,
        what: &'static str,
        before: Cursor,
        checked: Checked<T>,
        accept: bool,
        item: impl FnOnce(Vec<T>) -> WatchItem,
    ) -> Result<(), Over> {
        let missing = checked.gap.map_or(0, Gap::missing);
        if missing == 0 || accept {
            self.resumed(missing).await?;
        }
        if let (Some(gap), true) = (checked.gap, accept) {
            self.suspect = None;
            self.tell(WatchItem::Gap { what, expected: gap.expected, missing }).await?;
        }
        if checked.duplicates > 0 {
            tracing::debug!(what, duplicates = checked.duplicates, ?before, "the stream repeated itself");
        }
        if !checked.fresh.is_empty() {
            self.tell(item(checked.fresh)).await?;
        }
        match checked.gap {
            Some(gap) if !accept => {
                // Asked again from the same place, a server that merely stumbled gives the rest.
                self.suspect = Some(self.cursor);
                Err(self.lost(format!("{what} {} to {} were left out", gap.expected, gap.got - 1)))
            }
            _ => Ok(()),
        }
    }

    async fn end(&mut self, end: End) -> Result<(), Over> {
        let missing_events = end.head_seq.saturating_sub(self.cursor.seq);
        let missing_lines =
            if self.options.logs { end.head_log_seq.saturating_sub(self.cursor.log_seq) } else { 0 };
        if missing_events + missing_lines > 0 && self.suspect != Some(self.cursor) {
            self.suspect = Some(self.cursor);
            return Err(self.lost("the stream ended before its end".into()));
        }
        self.resumed(missing_events).await?;
        let Cursor { seq, log_seq } = self.cursor;
        for (what, expected, missing) in
            [("events", seq + 1, missing_events), ("lines", log_seq + 1, missing_lines)]
        {
            if missing > 0 {
                self.tell(WatchItem::Gap { what, expected, missing }).await?;
            }
        }
        let End { status, head_seq, head_log_seq } = end;
        self.tell(WatchItem::End { status, head_seq, head_log_seq }).await?;
        Err(Over::Done)
    }
}
