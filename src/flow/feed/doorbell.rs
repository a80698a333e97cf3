//! Rings the other instances: which runs have moved, and how far.
//!
//! Not in the writing transaction, where NOTIFY holds a database-wide lock across the fsync, but just after it, from a
//! transaction of its own and for everything of the last few milliseconds at once. What a crash in between swallows, the
//! watchdogs find.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tracing::debug;
use uuid::Uuid;

use super::Feed;
use crate::facts::id::{OrganizationId, RunKey};
use crate::store::db::{Query, query};

pub(super) const RING: Query = query!("feed/ring"; TEXT);

/// Rings within this time become one.
const COALESCE: Duration = Duration::from_millis(3);
/// PostgreSQL refuses payloads of 8,000 bytes; beyond this the others are told to look for themselves.
const PAYLOAD_MAX_BYTES: usize = 7_900;
/// Says "look at every run you watch".
const RESCAN: &str = "rescan";

/// A run that has moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moved {
    /// Whose list changes; nobody's where only lines came.
    pub organization: OrganizationId,
    pub key: RunKey,
    /// 0 where only the other head moved.
    pub seq: u64,
    pub log_seq: u64,
}

/// What came through the bell.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ring {
    Moved(Vec<Moved>),
    Rescan,
    /// A listener's question to itself whether it still hears.
    Echo(Uuid),
}

/// Runs to be told of, gathered until the next ring.
#[derive(Debug, Default)]
pub(super) struct Doorbell {
    waiting: Mutex<HashMap<RunKey, Moved>>,
    bell: Notify,
}

impl Doorbell {
    pub fn ring(&self, organization: OrganizationId, key: RunKey, seq: u64, log_seq: u64) {
        let mut waiting = self.waiting.lock();
        let moved = waiting.entry(key).or_insert(Moved { organization, key, seq: 0, log_seq: 0 });
        // Lines may have rung first, without saying whose the run is.
        if seq > 0 {
            moved.organization = organization;
        }
        moved.seq = moved.seq.max(seq);
        moved.log_seq = moved.log_seq.max(log_seq);
        drop(waiting);
        self.bell.notify_one();
    }
}

/// Rings until the task is aborted.
pub(super) async fn run(feed: Feed) {
    let doorbell = &feed.shared.doorbell;
    loop {
        doorbell.bell.notified().await;
        tokio::time::sleep(COALESCE).await;
        let waiting = std::mem::take(&mut *doorbell.waiting.lock());
        if waiting.is_empty() {
            continue;
        }
        let payload = moved_payload(feed.shared.instance, waiting.values());
        let rung = async { feed.shared.db.get().await?.query(&RING, &[&payload]).await };
        if let Err(error) = rung.await {
            debug!(%error, "the doorbell could not be rung; watchdogs will notice");
        }
    }
}

/// `<instance> <organization>/<run key>/<seq>/<logSeq> …`, or the call to look for oneself.
fn moved_payload<'a>(instance: Uuid, moved: impl Iterator<Item = &'a Moved>) -> String {
    let mut payload = instance.simple().to_string();
    for run in moved {
        // Writing into a text does not fail.
        let _ = write!(
            payload,
            " {}/{}/{}/{}",
            run.organization.0.simple(),
            run.key.0.simple(),
            run.seq,
            run.log_seq
        );
        if payload.len() > PAYLOAD_MAX_BYTES {
            return format!("{} {RESCAN}", instance.simple());
        }
    }
    payload
}

/// What a listener sends to itself.
pub(super) fn echo_payload(nonce: Uuid) -> String {
    format!("echo {}", nonce.simple())
}

/// Reads a payload; `None` for what this instance rang itself, or can't be understood.
pub(super) fn parse(payload: &str, own: Uuid) -> Option<Ring> {
    let (head, rest) = payload.split_once(' ')?;
    if head == "echo" {
        return Uuid::parse_str(rest).ok().map(Ring::Echo);
    }
    if Uuid::parse_str(head).ok()? == own {
        return None;
    }
    if rest == RESCAN {
        return Some(Ring::Rescan);
    }
    rest.split(' ').map(parse_moved).collect::<Option<Vec<_>>>().map(Ring::Moved)
}

fn parse_moved(text: &str) -> Option<Moved> {
    let mut parts = text.split('/');
    let mut uuid = || Uuid::parse_str(parts.next()?).ok();
    let (organization, key) = (OrganizationId(uuid()?), RunKey(uuid()?));
    let (seq, log_seq) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some(Moved { organization, key, seq, log_seq })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_read_back_and_ones_own_ignored() {
        let (here, there) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let moved = Moved { organization: OrganizationId::DEFAULT, key: RunKey(there), seq: 7, log_seq: 9 };
        let payload = moved_payload(there, [moved].iter());
        assert_eq!(parse(&payload, here), Some(Ring::Moved(vec![moved])));
        assert_eq!(parse(&payload, there), None);
        assert_eq!(parse(&echo_payload(here), here), Some(Ring::Echo(here)));
        assert_eq!(parse("nonsense", here), None);
    }

    #[test]
    fn whose_a_run_is_is_known_whichever_head_rang_first() {
        let (owner, key) = (OrganizationId(Uuid::from_u128(7)), RunKey(Uuid::from_u128(8)));
        let doorbell = Doorbell::default();
        doorbell.ring(OrganizationId::NOBODYS, key, 0, 3);
        doorbell.ring(owner, key, 2, 0);
        doorbell.ring(OrganizationId::NOBODYS, key, 0, 4);
        let moved = doorbell.waiting.lock()[&key];
        assert_eq!(moved, Moved { organization: owner, key, seq: 2, log_seq: 4 });
    }

    #[test]
    fn too_many_runs_become_a_rescan() {
        let moved = |n: u128| Moved {
            organization: OrganizationId::DEFAULT,
            key: RunKey(Uuid::from_u128(n)),
            seq: u64::MAX,
            log_seq: u64::MAX,
        };
        let many: Vec<Moved> = (0..500).map(moved).collect();
        let payload = moved_payload(Uuid::nil(), many.iter());
        assert!(payload.len() < PAYLOAD_MAX_BYTES);
        assert_eq!(parse(&payload, Uuid::max()), Some(Ring::Rescan));
    }
}
