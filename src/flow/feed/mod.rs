//! The live feed: one hub for each watched run, one subscription for each viewer.
//!
//! ```text
//! journal, logs ─ after commit ─► Feed::committed ─┬─► hub (ring) ─► subscriptions ─► sockets
//!                                                  └─► doorbell ── NOTIFY ──► other instances
//! other instances ── NOTIFY ──► listener ─► Hub::learn ─► read the store ─► hub
//! watchdog: every second or two, the heads of all watched runs ─► Hub::learn (and alone, faster, without LISTEN)
//! ```
//!
//! Owns no fact: whatever is lost here the store still has, and the watchdog finds it.

mod doorbell;
mod frame;
mod hub;
mod listener;
mod ring;
mod subscription;
mod watchdog;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use metrics::Histogram;
use parking_lot::Mutex;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::facts::id::{OrganizationId, RunId, RunKey};
use crate::facts::metric;
use crate::flow::log_reader::LogReader;
use crate::store::db::{Db, DbError, Target};
use crate::store::journal::Committed;
use crate::store::logs::LinesCommitted;
use crate::store::runs::{self, Heads, RunRow};
use doorbell::Doorbell;
use hub::Hub;

pub use frame::{Delivery, Frame, FrameKind};
pub use subscription::{HEARTBEAT, Subscription, SubscriptionOptions};

/// Changes of the list that a slow watcher may lag behind before it must read the list anew.
const CHANGES_KEPT: usize = 1_024;

/// The handle to the hubs; cheap to clone.
#[derive(Debug, Clone)]
pub struct Feed {
    shared: Arc<Shared>,
}

struct Shared {
    db: Db,
    reader: LogReader,
    /// Names this process to the other instances.
    instance: Uuid,
    hubs: Mutex<HashMap<RunKey, Arc<Hub>>>,
    any_commit: watch::Sender<u64>,
    changed: broadcast::Sender<(OrganizationId, RunKey)>,
    delivery: watch::Sender<Delivery>,
    doorbell: Doorbell,
    latency_ms: Histogram,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed").field("instance", &self.instance).finish_non_exhaustive()
    }
}

/// Keeps a hub alive, and counts its viewer.
#[derive(Debug)]
pub(super) struct Viewer {
    hub: Arc<Hub>,
    shared: Arc<Shared>,
}

impl Drop for Viewer {
    fn drop(&mut self) {
        metrics::gauge!(metric::STREAM_SUBSCRIBERS).decrement(1.0);
        let mut hubs = self.shared.hubs.lock();
        if self.hub.viewers.fetch_sub(1, Ordering::AcqRel) == 1 {
            hubs.remove(&self.hub.key);
        }
    }
}

impl Feed {
    /// A feed that nothing moves yet; [`Feed::start`] does.
    #[must_use]
    pub fn new(db: Db, reader: LogReader) -> Self {
        let latency_ms = subscription::register_metrics();
        metrics::counter!(metric::FEED_BACKSTOP_EVENTS_TOTAL).absolute(0);
        metrics::gauge!(metric::FEED_POLLING).set(1.0);
        let shared = Shared {
            db,
            reader,
            instance: Uuid::new_v4(),
            hubs: Mutex::default(),
            any_commit: watch::Sender::new(0),
            changed: broadcast::Sender::new(CHANGES_KEPT),
            delivery: watch::Sender::new(Delivery::Poll),
            doorbell: Doorbell::default(),
            latency_ms,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Starts the doorbell, the listener and the watchdog; they run until their tasks are aborted.
    pub fn start(&self, target: Target, tasks: &mut JoinSet<()>) {
        tasks.spawn(doorbell::run(self.clone()));
        tasks.spawn(listener::run(self.clone(), target));
        tasks.spawn(watchdog::run(self.clone()));
    }

    /// Takes what the journal has just committed. Never blocks.
    pub fn committed(&self, committed: &Committed) {
        let heads = Heads {
            run_key: committed.run_key,
            seq: committed.head_seq,
            log_seq: 0,
            status: committed.status,
        };
        self.moved(committed.organization, heads, |hub| hub.push_events(committed));
    }

    /// Takes lines that the log store has just committed. Never blocks.
    pub fn lines_committed(&self, committed: &LinesCommitted) {
        let key = committed.run_key;
        // Lines change no list, so that nobody asks whose they are.
        self.shared.doorbell.ring(OrganizationId::NOBODYS, key, 0, committed.head_log_seq);
        if let Some(hub) = self.hub(key)
            && !hub.push_lines(committed)
        {
            let heads = Heads { log_seq: committed.head_log_seq, ..hub.heads() };
            hub.learn(&self.shared, heads);
        }
    }

    fn moved(&self, organization: OrganizationId, heads: Heads, push: impl FnOnce(&Hub) -> bool) {
        self.shared.doorbell.ring(organization, heads.run_key, heads.seq, 0);
        if let Some(hub) = self.hub(heads.run_key)
            && !push(&hub)
        {
            hub.learn(&self.shared, heads);
        }
        self.tell_changed(organization, heads.run_key);
    }

    fn tell_changed(&self, organization: OrganizationId, key: RunKey) {
        self.shared.any_commit.send_modify(|ticks| *ticks += 1);
        // Fails only when nobody watches the list.
        let _ = self.shared.changed.send((organization, key));
    }

    fn hub(&self, key: RunKey) -> Option<Arc<Hub>> {
        self.shared.hubs.lock().get(&key).cloned()
    }

    fn watched(&self) -> Vec<RunKey> {
        self.shared.hubs.lock().keys().copied().collect()
    }

    /// Asks the store for the heads of all watched runs and tells the hubs.
    async fn rescan(&self) -> Result<(), DbError> {
        let keys = self.watched();
        for chunk in keys.chunks(watchdog::KEYS_PER_QUERY) {
            for heads in runs::heads(&self.shared.db, chunk).await? {
                if let Some(hub) = self.hub(heads.run_key) {
                    hub.learn(&self.shared, heads);
                }
            }
        }
        self.shared.any_commit.send_modify(|ticks| *ticks += 1);
        Ok(())
    }

    /// A subscription to one run; `run` is its row as just read.
    pub async fn subscribe(
        &self,
        _organization: OrganizationId,
        run_id: RunId,
        run: RunRow,
        options: SubscriptionOptions,
    ) -> Result<Subscription, DbError> {
        let viewer = self.attach(run.run_key).await?;
        let heads = viewer.hub.heads();
        let is_ahead = options.after.is_some_and(|seq| seq > heads.seq)
            || options.log_after.is_some_and(|seq| options.logs && seq > heads.log_seq)
            || run.head_seq > heads.seq;
        let heads = if is_ahead { self.stored_heads(run.run_key).await?.unwrap_or(heads) } else { heads };
        viewer.hub.learn(&self.shared, heads);
        Ok(Subscription::new(self.clone(), run_id, viewer, heads, options))
    }

    /// Joins the run's hub, making it when this is its first viewer.
    async fn attach(&self, key: RunKey) -> Result<Viewer, DbError> {
        if let Some(viewer) = self.join(key, None) {
            return Ok(viewer);
        }
        let before = self.stored_heads(key).await?.ok_or_else(|| DbError::Shape(format!("no run {key}")))?;
        let viewer =
            self.join(key, Some(before)).ok_or_else(|| DbError::Shape(format!("no hub for {key}")))?;
        // What was committed between the look and the joining went past the hub: look again.
        if let Some(after) = self.stored_heads(key).await? {
            viewer.hub.learn(&self.shared, after);
        }
        Ok(viewer)
    }

    fn join(&self, key: RunKey, fresh: Option<Heads>) -> Option<Viewer> {
        let mut hubs = self.shared.hubs.lock();
        let hub = match (hubs.get(&key), fresh) {
            (Some(hub), _) => hub.clone(),
            (None, Some(heads)) => hubs.entry(key).or_insert_with(|| Arc::new(Hub::new(heads))).clone(),
            (None, None) => return None,
        };
        hub.viewers.fetch_add(1, Ordering::AcqRel);
        metrics::gauge!(metric::STREAM_SUBSCRIBERS).increment(1.0);
        Some(Viewer { hub, shared: self.shared.clone() })
    }

    async fn stored_heads(&self, key: RunKey) -> Result<Option<Heads>, DbError> {
        Ok(runs::heads(&self.shared.db, &[key]).await?.first().copied())
    }

    /// Ticks whenever any run has got events: what a long poll of the cross-run feed waits on.
    #[must_use]
    pub fn any_commit(&self) -> watch::Receiver<u64> {
        self.shared.any_commit.subscribe()
    }

    /// Runs whose row changed, for those who watch the list. Lagging receivers must read the list anew.
    #[must_use]
    pub fn changed_runs(&self) -> broadcast::Receiver<(OrganizationId, RunKey)> {
        self.shared.changed.subscribe()
    }

    /// How new events reach this process.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        *self.shared.delivery.borrow()
    }

    /// Waits until notifications come through, at most `limit`.
    pub async fn settle(&self, limit: Duration) {
        let mut delivery = self.shared.delivery.subscribe();
        let heard = delivery.wait_for(|delivery| *delivery == Delivery::Notify);
        // Without them the poll is the feed.
        let _ = tokio::time::timeout(limit, heard).await;
    }

    /// Waits until the run's head is beyond `seq`, or it is over, or the time is up.
    pub async fn wait_beyond(&self, run: RunKey, seq: u64, timeout: Duration) {
        let Ok(viewer) = self.attach(run).await else { return };
        let mut heads = viewer.hub.watch();
        let moved = heads.wait_for(|heads| heads.seq > seq || heads.status.is_terminal());
        // Either way the caller reads the store and answers with what is there.
        let _ = tokio::time::timeout(timeout, moved).await;
    }
}
