//! The hub of one watched run: its rings, its heads, and the filling of gaps from the store.
//!
//! A hub lives as long as somebody watches the run. What this process commits is pushed straight in; what it hears of
//! otherwise ([`Hub::learn`]) it reads from the store. Rings only ever grow by the next seq, so viewers see each
//! event once and in order wherever it came from.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::watch;
use tracing::warn;

use super::Shared;
use super::frame::FrameKind;
use super::ring::{Item, Next, Ring};
use crate::facts::event::wire_json;
use crate::facts::id::RunKey;
use crate::facts::status::RunStatus;
use crate::flow::log_reader::{LogReader, ReadError};
use crate::store::db::{Db, DbError};
use crate::store::journal::read::{self, EventFilter};
use crate::store::journal::{Committed, CommittedEvent};
use crate::store::logs::{LinesCommitted, PlainChunk};
use crate::store::runs::{self, Heads};

/// Events or lines read from the store at a time to fill a ring.
const FILL_PAGE: u32 = 1_000;

#[derive(Debug)]
pub(super) struct Hub {
    pub key: RunKey,
    rings: Mutex<Rings>,
    /// What the rings reach up to; viewers wait on it.
    heads: watch::Sender<Heads>,
    /// The furthest heads anybody told of.
    known: Mutex<Heads>,
    is_filling: AtomicBool,
    pub viewers: AtomicUsize,
    /// The heads at which a terminal run was seen to be complete, so that the check is made once for all viewers.
    end: tokio::sync::Mutex<Option<Heads>>,
}

#[derive(Debug)]
struct Rings {
    events: Ring,
    lines: Ring,
    status: RunStatus,
}

impl Hub {
    pub fn new(heads: Heads) -> Self {
        Self {
            key: heads.run_key,
            rings: Mutex::new(Rings {
                events: Ring::new(FrameKind::Events, heads.seq),
                lines: Ring::new(FrameKind::Logs, heads.log_seq),
                status: heads.status,
            }),
            heads: watch::Sender::new(heads),
            known: Mutex::new(heads),
            is_filling: AtomicBool::new(false),
            viewers: AtomicUsize::new(0),
            end: tokio::sync::Mutex::new(None),
        }
    }

    /// What the rings reach up to.
    pub fn heads(&self) -> Heads {
        *self.heads.borrow()
    }

    pub fn watch(&self) -> watch::Receiver<Heads> {
        self.heads.subscribe()
    }

    pub fn next_events(&self, cursor: u64) -> Next {
        self.rings.lock().events.next(cursor)
    }

    pub fn next_lines(&self, cursor: u64) -> Next {
        self.rings.lock().lines.next(cursor)
    }

    /// Takes what this process has committed. `false`: something before it is missing.
    pub fn push_events(&self, committed: &Committed) -> bool {
        let mut rings = self.rings.lock();
        let fits = committed.events.iter().all(|event| {
            let item =
                Item { seq: event.seq, json: encode(event), committed_at: Some(committed.committed_at) };
            rings.events.push(item)
        });
        if fits && rings.events.head() == committed.head_seq {
            rings.status = committed.status;
        }
        let complete = fits && rings.events.head() >= committed.head_seq;
        self.publish(&rings);
        complete
    }

    /// Takes lines that this process has committed. `false`: something before them is missing.
    pub fn push_lines(&self, committed: &LinesCommitted) -> bool {
        let mut rings = self.rings.lock();
        let committed_at = Some(committed.committed_at);
        let mut new = committed.chunks.iter().flat_map(PlainChunk::lines);
        let fits = new.all(|(seq, json)| rings.lines.push(Item { seq, json, committed_at }));
        let complete = fits && rings.lines.head() >= committed.head_log_seq;
        self.publish(&rings);
        complete
    }

    fn publish(&self, rings: &Rings) {
        let now = Heads {
            run_key: self.key,
            seq: rings.events.head(),
            log_seq: rings.lines.head(),
            status: rings.status,
        };
        self.heads.send_if_modified(|heads| {
            let changed = *heads != now;
            *heads = now;
            changed
        });
    }

    /// How many events and lines the rings lack of `heads`.
    pub fn lacks(&self, heads: &Heads) -> (u64, u64) {
        let own = self.heads();
        (heads.seq.saturating_sub(own.seq), heads.log_seq.saturating_sub(own.log_seq))
    }

    /// Hears that the store is at `heads`, and fills the rings up to there in a task of its own.
    pub fn learn(self: &Arc<Self>, shared: &Arc<Shared>, heads: Heads) {
        {
            let mut known = self.known.lock();
            known.seq = known.seq.max(heads.seq);
            known.log_seq = known.log_seq.max(heads.log_seq);
        }
        if self.lacks(&heads) == (0, 0) || self.is_filling.swap(true, Ordering::AcqRel) {
            return;
        }
        let (hub, shared) = (self.clone(), shared.clone());
        tokio::spawn(async move {
            loop {
                let filled = hub.fill(&shared).await;
                hub.is_filling.store(false, Ordering::Release);
                if let Err(error) = filled {
                    // The watchdog will tell of these heads again.
                    warn!(%error, "a run's events could not be read for its viewers");
                    return;
                }
                let known = *hub.known.lock();
                if hub.lacks(&known) == (0, 0) || hub.is_filling.swap(true, Ordering::AcqRel) {
                    return;
                }
            }
        });
    }

    /// Reads what the rings lack. Ends early where the store has less than was told of: then that is the truth.
    async fn fill(&self, shared: &Shared) -> Result<(), ReadError> {
        loop {
            let (own, known) = (self.heads(), *self.known.lock());
            if own.seq >= known.seq && own.log_seq >= known.log_seq {
                return Ok(());
            }
            if own.log_seq < known.log_seq {
                self.fill_lines(&shared.reader, own.log_seq, known.log_seq).await?;
            }
            if own.seq < known.seq {
                self.fill_events(&shared.db, own.seq).await?;
            }
            if self.heads() == own {
                *self.known.lock() = own;
                return Ok(());
            }
        }
    }

    async fn fill_lines(&self, reader: &LogReader, after: u64, up_to: u64) -> Result<(), ReadError> {
        let lines = reader.next_lines(self.key, after, up_to, FILL_PAGE as usize).await?;
        let mut rings = self.rings.lock();
        for line in lines {
            rings.lines.push(Item { seq: line.log_seq, json: line.json, committed_at: None });
        }
        self.publish(&rings);
        Ok(())
    }

    async fn fill_events(&self, db: &Db, after: u64) -> Result<(), DbError> {
        let everything = EventFilter::default();
        let events = read::events(db, self.key, after, u64::MAX, FILL_PAGE, &everything).await?;
        let status = runs::heads(db, &[self.key]).await?.first().copied();
        let mut rings = self.rings.lock();
        for event in &events {
            rings.events.push(Item { seq: event.seq, json: encode(event), committed_at: None });
        }
        // The status belongs to a head: it is taken only when the ring has come as far.
        if let Some(heads) = status.filter(|heads| heads.seq == rings.events.head()) {
            rings.status = heads.status;
        } else if let Some(heads) = status {
            let mut known = self.known.lock();
            known.seq = known.seq.max(heads.seq);
        }
        self.publish(&rings);
        Ok(())
    }

    /// Whether a terminal run has nothing more in the store than the rings have. Asks the store once for all viewers.
    pub async fn is_complete(self: &Arc<Self>, shared: &Arc<Shared>) -> Result<bool, DbError> {
        let mut end = self.end.lock().await;
        let own = self.heads();
        if *end == Some(own) {
            return Ok(true);
        }
        let Some(stored) = runs::heads(&shared.db, &[self.key]).await?.first().copied() else {
            return Ok(true);
        };
        if self.lacks(&stored) != (0, 0) {
            self.learn(shared, stored);
            return Ok(false);
        }
        *end = Some(own);
        Ok(true)
    }
}

/// The event as clients get it.
pub(super) fn encode(event: &CommittedEvent) -> Bytes {
    let mut out = Vec::with_capacity(event.body.len() + 96);
    wire_json(event.seq, event.recorded_at, event.late, &event.body, &mut out);
    out.into()
}
