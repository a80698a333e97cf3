//! One viewer's place in a run, and the next frame from there.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use metrics::histogram;
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tracing::debug;

use super::frame::{Fields, Frame, FrameKind, Joiner};
use super::hub::{self, Hub};
use super::ring::Next;
use super::{Feed, Viewer};
use crate::facts::id::{Cursor, RunId};
use crate::facts::metric;
use crate::flow::log_reader::ReadError;
use crate::flow::views;
use crate::store::clock;
use crate::store::db::DbError;
use crate::store::journal::read::{self, EventFilter};
use crate::store::logs::StoredLine;
use crate::store::runs::Heads;

/// Silence after which a heartbeat is sent (contract).
pub const HEARTBEAT: Duration = Duration::from_secs(15);
/// Events or lines a viewer that fell behind reads from the store at a time: a frame's worth of usual ones.
const CATCH_UP_PAGE: u32 = 1_000;

/// Pause before lines that lie in Loki are asked for again: a store that is away is not back sooner.
const LINES_RETRY: Duration = Duration::from_secs(1);

/// What a viewer asked for.
#[derive(Debug, Clone, Copy)]
pub struct SubscriptionOptions {
    /// Events behind this seq; `None` = from the head on.
    pub after: Option<u64>,
    /// Lines behind this logSeq; `None` = from the head on.
    pub log_after: Option<u64>,
    pub logs: bool,
    /// Send a `state` frame first.
    pub state: bool,
}

/// What is sent before the first event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opening {
    Hello,
    Reset(Reason),
    State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    AheadOfTheRun,
    /// The run was deleted while the viewer was on its way through it.
    Purged,
}

impl Reason {
    const fn as_str(self) -> &'static str {
        match self {
            Self::AheadOfTheRun => "ahead",
            Self::Purged => "purged",
        }
    }
}

/// A viewer's subscription. Dropped, it leaves no trace.
#[derive(Debug)]
pub struct Subscription {
    feed: Feed,
    run_id: RunId,
    hub: Arc<Hub>,
    heads: watch::Receiver<Heads>,
    cursor: Cursor,
    with_logs: bool,
    opening: VecDeque<Opening>,
    is_spent: bool,
    is_over: bool,
    /// Lines that lie in Loki could not be had; they are asked for again then. Events go on.
    lines_wait_until: Option<Instant>,
    /// When the last frame was given out.
    quiet_since: Instant,
    /// Goes off at the earliest when a heartbeat may be due. It is not set anew for each frame: with thousands of viewers
    /// the runtime's timers would cost as much as the frames.
    alarm: Pin<Box<Sleep>>,
    _viewer: Viewer,
}

impl Subscription {
    pub(super) fn new(
        feed: Feed,
        run_id: RunId,
        viewer: Viewer,
        heads: Heads,
        options: SubscriptionOptions,
    ) -> Self {
        let wanted = Cursor {
            seq: options.after.unwrap_or(heads.seq),
            log_seq: options.log_after.unwrap_or(heads.log_seq),
        };
        let is_ahead = wanted.seq > heads.seq || (options.logs && wanted.log_seq > heads.log_seq);
        let mut opening = VecDeque::from([Opening::Hello]);
        if is_ahead {
            opening.push_back(Opening::Reset(Reason::AheadOfTheRun));
        }
        if is_ahead || options.state {
            opening.push_back(Opening::State);
        }
        let at_heads = wanted.seq == heads.seq && (!options.logs || wanted.log_seq == heads.log_seq);
        let hub = viewer.hub.clone();
        Self {
            feed,
            run_id,
            heads: hub.watch(),
            hub,
            // Until the reset has been sent a client that reconnects must meet it again.
            cursor: wanted,
            with_logs: options.logs,
            opening,
            is_spent: heads.status.is_terminal() && at_heads && options.after.is_some(),
            is_over: false,
            lines_wait_until: None,
            quiet_since: Instant::now(),
            alarm: Box::pin(sleep(HEARTBEAT)),
            _viewer: viewer,
        }
    }

    /// Whether everything had been delivered already at the cursor given, of a run that is over: SSE answers 204.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.is_spent
    }

    /// The next frame, `None` after `end`. Safe to cancel: a frame is passed over only once it was returned. `Err` when
    /// the store can't be read: close the socket, the client resumes.
    pub async fn next_frame(&mut self) -> Result<Option<Frame>, DbError> {
        let frame = self.next_due().await;
        self.quiet_since = Instant::now();
        frame
    }

    async fn next_due(&mut self) -> Result<Option<Frame>, DbError> {
        if let Some(opening) = self.opening.front().copied() {
            let frame = self.open(opening).await?;
            self.cursor = frame.cursor;
            self.opening.pop_front();
            return Ok(Some(frame));
        }
        if self.is_over {
            return Ok(None);
        }
        loop {
            let heads = *self.heads.borrow_and_update();
            match self.next_content().await {
                Ok(Some(frame)) => return Ok(Some(frame)),
                Ok(None) => {}
                Err(error) => return self.purged(heads, error).await.map(Some),
            }
            let is_at_heads =
                self.cursor.seq >= heads.seq && (!self.with_logs || self.cursor.log_seq >= heads.log_seq);
            if heads.status.is_terminal() && is_at_heads && self.hub.is_complete(&self.feed.shared).await? {
                if self.hub.heads() != heads {
                    continue;
                }
                self.is_over = true;
                return Ok(Some(self.end(heads)));
            }
            let lines_wait_until = self.lines_wait_until;
            let lines_may_be_back = async {
                match lines_wait_until {
                    Some(until) => sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = lines_may_be_back => {}
                changed = self.heads.changed() => if changed.is_err() { return Ok(None) },
                () = self.alarm.as_mut() => {
                    let due = self.quiet_since + HEARTBEAT;
                    if Instant::now() >= due {
                        self.alarm.as_mut().reset(Instant::now() + HEARTBEAT);
                        return Ok(Some(self.heartbeat(heads)));
                    }
                    self.alarm.as_mut().reset(due);
                }
            }
        }
    }

    /// The next events, or else lines, if there are any.
    async fn next_content(&mut self) -> Result<Option<Frame>, DbError> {
        match self.events().await? {
            Some(frame) => Ok(Some(frame)),
            None if self.with_logs => self.lines().await,
            None => Ok(None),
        }
    }

    /// What could not be read may be gone on purpose: then the viewer is reset to where the run ended, and `end` follows.
    async fn purged(&mut self, heads: Heads, error: DbError) -> Result<Frame, DbError> {
        let is_gone = matches!(error, DbError::Shape(_))
            && heads.status.is_terminal()
            && match self.feed.stored_heads(self.hub.key).await? {
                None => true,
                Some(stored) => stored.log_seq < heads.log_seq,
            };
        if !is_gone {
            return Err(error);
        }
        self.cursor = Cursor { seq: heads.seq, log_seq: heads.log_seq };
        Ok(self.reset(Reason::Purged, self.cursor))
    }

    /// To be called once `frame` has been written to the socket: measures commit → written.
    pub fn written(&self, frame: &Frame) {
        if let Some(committed_at) = frame.committed_at {
            self.feed.shared.latency_ms.record(milliseconds(committed_at.elapsed()));
        }
    }

    async fn events(&mut self) -> Result<Option<Frame>, DbError> {
        let after = self.cursor.seq;
        let (to, json, committed_at) = match self.hub.next_events(after) {
            Next::UpToDate => return Ok(None),
            Next::Items(joined) => (joined.to, joined.json, joined.committed_at),
            Next::Behind(up_to) => {
                let everything = EventFilter::default();
                let db = &self.feed.shared.db;
                let events = read::events(db, self.hub.key, after, up_to, CATCH_UP_PAGE, &everything).await?;
                let mut joiner = Joiner::new(FrameKind::Events);
                let mut to = after;
                for event in &events {
                    if !joiner.push(&hub::encode(event)) {
                        break;
                    }
                    to = event.seq;
                }
                (to, joiner.finish(), None)
            }
        };
        if to == after {
            return Err(DbError::Shape(format!("run {} has no event behind {after}", self.run_id)));
        }
        self.cursor.seq = to;
        Ok(Some(Frame { kind: FrameKind::Events, cursor: self.cursor, json, committed_at }))
    }

    async fn lines(&mut self) -> Result<Option<Frame>, DbError> {
        let after = self.cursor.log_seq;
        let (to, json, committed_at) = match self.hub.next_lines(after) {
            Next::UpToDate => return Ok(None),
            Next::Items(joined) => (joined.to, joined.json, joined.committed_at),
            Next::Behind(up_to) => {
                let Some(lines) = self.stored_lines(after, up_to).await? else { return Ok(None) };
                let mut joiner = Joiner::new(FrameKind::Logs);
                let mut to = after;
                for line in &lines {
                    if !joiner.push(&line.json) {
                        break;
                    }
                    to = line.log_seq;
                }
                (to, joiner.finish(), None)
            }
        };
        if to == after {
            return Err(DbError::Shape(format!("run {} has no line behind {after}", self.run_id)));
        }
        self.cursor.log_seq = to;
        Ok(Some(Frame { kind: FrameKind::Logs, cursor: self.cursor, json, committed_at }))
    }

    /// The next lines from where they lie; `None` while Loki is away, which is asked again in a while.
    async fn stored_lines(&mut self, after: u64, up_to: u64) -> Result<Option<Vec<StoredLine>>, DbError> {
        if self.lines_wait_until.is_some_and(|until| Instant::now() < until) {
            return Ok(None);
        }
        let reader = &self.feed.shared.reader;
        match reader.next_lines(self.hub.key, after, up_to, CATCH_UP_PAGE as usize).await {
            Ok(lines) => {
                self.lines_wait_until = None;
                Ok(Some(lines))
            }
            Err(ReadError::Db(error)) => Err(error),
            Err(error @ ReadError::NotReachable(_)) => {
                debug!(run = %self.run_id, %error, "a viewer's lines have to wait");
                self.lines_wait_until = Some(Instant::now() + LINES_RETRY);
                Ok(None)
            }
        }
    }

    async fn open(&self, opening: Opening) -> Result<Frame, DbError> {
        let heads = self.hub.heads();
        Ok(match opening {
            Opening::Hello => Frame::small(
                FrameKind::Hello,
                self.cursor,
                Fields {
                    run_id: Some(&self.run_id),
                    head_seq: Some(heads.seq),
                    head_log_seq: Some(heads.log_seq),
                    delivery: Some(self.feed.delivery()),
                    heartbeat_ms: u64::try_from(HEARTBEAT.as_millis()).ok(),
                    ..Fields::default()
                },
            ),
            Opening::Reset(reason) => self.reset(reason, Cursor::default()),
            Opening::State => {
                let state =
                    views::state_at(&self.feed.shared.db, &self.run_id, self.hub.key, self.cursor.seq)
                        .await?;
                let fields = Fields { seq: Some(self.cursor.seq), state: Some(&state), ..Fields::default() };
                Frame::small(FrameKind::State, self.cursor, fields)
            }
        })
    }

    /// Tells that what follows starts behind `from`.
    fn reset(&self, reason: Reason, from: Cursor) -> Frame {
        metrics::counter!(metric::STREAM_RESETS_TOTAL, "reason" => reason.as_str()).increment(1);
        Frame::small(
            FrameKind::Reset,
            from,
            Fields {
                reason: Some(reason.as_str()),
                from_seq: Some(from.seq + 1),
                from_log_seq: Some(from.log_seq + 1),
                ..Fields::default()
            },
        )
    }

    fn end(&self, heads: Heads) -> Frame {
        Frame::small(
            FrameKind::End,
            self.cursor,
            Fields {
                head_seq: Some(heads.seq),
                head_log_seq: Some(heads.log_seq),
                status: Some(heads.status),
                ..Fields::default()
            },
        )
    }

    fn heartbeat(&self, heads: Heads) -> Frame {
        Frame::small(
            FrameKind::Heartbeat,
            self.cursor,
            Fields {
                head_seq: Some(heads.seq),
                head_log_seq: Some(heads.log_seq),
                at: Some(clock::now()),
                ..Fields::default()
            },
        )
    }
}

/// The reasons for a reset, for the metric that is there from the start.
pub(super) fn register_metrics() -> metrics::Histogram {
    for reason in [Reason::AheadOfTheRun, Reason::Purged] {
        metrics::counter!(metric::STREAM_RESETS_TOTAL, "reason" => reason.as_str()).absolute(0);
    }
    metrics::gauge!(metric::STREAM_SUBSCRIBERS).set(0.0);
    histogram!(metric::STREAM_LATENCY_MS)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
