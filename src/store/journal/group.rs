//! The requests of one flush, put together by run: what is planned, looked up and answered as one.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use tokio::sync::oneshot;

use super::chain;
use super::hot::{HotRun, RunName};
use super::load::{self, FIND_EVENT_IDS};
use super::plan::{self, RunPlan};
use super::request::{AppendError, AppendRequest, Appended, Committed, CommittedEvent, ImportedAs};
use crate::facts::id::{EventId, RunKey};
use crate::facts::time::Timestamp;
use crate::store::db::{DbError, Executor};

/// Lock buckets a run's name is hashed into: enough to keep writers apart, few enough for the lock table.
const BUCKETS: u64 = 1_024;

/// Where event ids are stored already.
pub(super) type Stored = HashMap<(RunKey, EventId), u64>;

#[derive(Debug)]
pub(super) struct Pending {
    pub request: AppendRequest,
    pub reply: oneshot::Sender<Result<Appended, AppendError>>,
}

/// The requests of one flush for one run, all under the same claim or all under none.
#[derive(Debug)]
pub(super) struct Group {
    pub name: RunName,
    pub requests: Vec<Pending>,
}

impl Group {
    /// The claim under which the run is written to.
    pub fn claim(&self) -> Option<i32> {
        self.requests.first().and_then(|pending| pending.request.claim)
    }

    /// How the run begins, where it is brought from elsewhere.
    pub fn imported_as(&self) -> Option<ImportedAs> {
        self.requests.first().and_then(|pending| pending.request.imported_as)
    }
}

/// The lock bucket of a run: the same on every server.
pub(super) fn bucket(name: &RunName) -> i32 {
    let hash = chain::genesis(name.0, &name.1);
    let [a, b, c, d, ..] = hash;
    (u64::from(u32::from_be_bytes([a, b, c, d])) % BUCKETS) as i32
}

/// Puts the requests of one run together, keeping their order.
pub(super) fn grouped(batch: Vec<Pending>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places: HashMap<RunName, usize> = HashMap::new();
    for pending in batch {
        let name = (pending.request.organization, pending.request.run_id.clone());
        let place = *places.entry(name.clone()).or_insert_with(|| {
            groups.push(Group { name, requests: Vec::new() });
            groups.len() - 1
        });
        groups[place].requests.push(pending);
    }
    groups
}

pub(super) fn refuse(groups: Vec<Group>, error: &AppendError) {
    for pending in groups.into_iter().flat_map(|group| group.requests) {
        let _ = pending.reply.send(Err(error.clone()));
    }
}

pub(super) fn planned(group: &mut Group, state: HotRun, stored: &Stored, now: Timestamp) -> RunPlan {
    let key = state.key;
    let mut requests: Vec<&mut AppendRequest> = group.requests.iter_mut().map(|p| &mut p.request).collect();
    let ids: HashSet<EventId> =
        requests.iter().flat_map(|request| request.events.iter().map(|new| new.event.event_id)).collect();
    let known = if stored.is_empty() {
        HashMap::new()
    } else {
        ids.into_iter().filter_map(|id| stored.get(&(key, id)).map(|seq| (id, *seq))).collect()
    };
    plan::plan(group.name.clone(), state, &mut requests, &known, now)
}

pub(super) async fn find_stored(
    on: &Executor<'_>,
    groups: &[Group],
    states: &[HotRun],
    check_all: bool,
) -> Result<Stored, DbError> {
    let (mut keys, mut ids) = (Vec::new(), Vec::new());
    for (group, state) in groups.iter().zip(states).filter(|(_, state)| state.exists) {
        for new in group.requests.iter().flat_map(|pending| &pending.request.events) {
            if new.id_given || check_all {
                keys.push(state.key.0);
                ids.push(new.event.event_id.0);
            }
        }
    }
    if ids.is_empty() {
        return Ok(Stored::new());
    }
    load::stored_ids(&on.query(&FIND_EVENT_IDS, &[&keys, &ids]).await?)
}

pub(super) fn committed(group: &Group, plan: &RunPlan, committed_at: Instant) -> Committed {
    let events = plan.events.iter().map(|planned| CommittedEvent {
        seq: planned.seq,
        recorded_at: planned.recorded_at,
        late: planned.late,
        body: group.requests[planned.request].request.events[planned.index].body.clone(),
    });
    Committed {
        organization: plan.name.0,
        run_id: plan.name.1.clone(),
        run_key: plan.state.key,
        head_seq: plan.state.run.head.head_seq,
        status: plan.state.run.status(),
        events: events.collect(),
        committed_at,
    }
}
