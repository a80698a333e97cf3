//! The runs that a worker holds: their claims, their signals, and which of them are busy.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::client::{ClaimName, ClaimState, ClaimStatus, ClaimedRun};
use crate::runner::course::Signals;

/// Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Held(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    runs: Mutex<HashMap<ClaimName, Entry>>,
    changed: Notify,
}

#[derive(Debug)]
struct Entry {
    signals: Signals,
    is_busy: bool,
}

/// One held run; given up when this is dropped.
#[derive(Debug)]
pub(super) struct Hold {
    held: Held,
    pub name: ClaimName,
    pub signals: Signals,
}

impl Held {
    /// Takes up a run that was just claimed.
    pub fn take(&self, run: &ClaimedRun) -> Hold {
        let signals = Signals::default();
        if run.cancel_requested {
            signals.cancel.cancel();
        }
        let name = ClaimName { run_id: run.run_id.clone(), claim: run.claim };
        let entry = Entry { signals: signals.clone(), is_busy: true };
        self.0.runs.lock().insert(name.clone(), entry);
        Hold { held: self.clone(), name, signals }
    }

    /// How many more runs may be claimed.
    pub fn room(&self, busy_max: usize, held_max: usize) -> usize {
        let runs = self.0.runs.lock();
        let busy = runs.values().filter(|entry| entry.is_busy).count();
        busy_max.saturating_sub(busy).min(held_max.saturating_sub(runs.len()))
    }

    pub fn names(&self) -> Vec<ClaimName> {
        self.0.runs.lock().keys().cloned().collect()
    }

    /// Passes on what a heartbeat said of a claim.
    pub fn heard(&self, status: &ClaimStatus) {
        let name = ClaimName { run_id: status.run_id.clone(), claim: status.claim };
        if let Some(entry) = self.0.runs.lock().get(&name) {
            match status.state {
                ClaimState::Held => {}
                ClaimState::Cancelling => entry.signals.cancel.cancel(),
                ClaimState::Lost | ClaimState::Released => entry.signals.lost.cancel(),
            }
        }
    }

    pub fn lose_all(&self) {
        for entry in self.0.runs.lock().values() {
            entry.signals.lost.cancel();
        }
    }

    /// Something has become free, or busy.
    pub async fn changed(&self) {
        self.0.changed.notified().await;
    }
}

impl Hold {
    /// Whether the run's commands work or could; one that waits for people or other runs leaves its room to others.
    pub fn set_busy(&self, is_busy: bool) {
        if let Some(entry) = self.held.0.runs.lock().get_mut(&self.name) {
            entry.is_busy = is_busy;
        }
        self.held.0.changed.notify_one();
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.held.0.runs.lock().remove(&self.name);
        self.held.0.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_waits_leaves_its_room_to_others() {
        let held = Held::default();
        let run = |number: u32| ClaimedRun {
            run_id: format!("r{number}").parse().unwrap(),
            claim: 1,
            workflow: "w".into(),
            version: 1,
            source: String::new(),
            head_seq: 1,
            cancel_requested: number == 2,
        };
        let (one, two) = (held.take(&run(1)), held.take(&run(2)));
        assert_eq!((held.room(3, 10), held.room(2, 10), held.room(9, 2)), (1, 0, 0));
        one.set_busy(false);
        assert_eq!(held.room(2, 10), 1);
        assert!(two.signals.cancel.is_cancelled() && !one.signals.cancel.is_cancelled());
        drop(one);
        assert_eq!(held.names(), std::slice::from_ref(&two.name));
        let lost = ClaimStatus { run_id: two.name.run_id.clone(), claim: 1, state: ClaimState::Lost };
        held.heard(&lost);
        assert!(two.signals.lost.is_cancelled());
    }
}
