//! The folded state of the runs a lane has written lately, so that an append needs no read.

use std::collections::HashMap;

use super::chain::Hash;
use crate::facts::id::{OrganizationId, RunId, RunKey};
use crate::facts::run::Run;

/// What names a run outside.
pub(super) type RunName = (OrganizationId, RunId);

/// A run's state as of its head.
#[derive(Debug)]
pub(super) struct HotRun {
    pub key: RunKey,
    pub run: Run,
    pub hash: Hash,
    /// Whether `runs` has a row for it.
    pub exists: bool,
}

/// Runs in each of the two generations: two lanes of these are some ten thousand runs, a few KiB each.
const GENERATION_RUNS: usize = 2_048;

/// Two generations: a run that was not used while a whole generation filled up is forgotten.
#[derive(Debug, Default)]
pub(super) struct HotRuns {
    young: HashMap<RunName, HotRun>,
    old: HashMap<RunName, HotRun>,
}

impl HotRuns {
    /// Takes the state out; it comes back by [`HotRuns::put`] once it is known to be the stored one.
    pub fn take(&mut self, name: &RunName) -> Option<HotRun> {
        self.young.remove(name).or_else(|| self.old.remove(name))
    }

    /// Keeps the state, unless the run is over: nothing more is expected of it.
    pub fn put(&mut self, name: RunName, state: HotRun) {
        if state.run.status().is_terminal() {
            return;
        }
        if self.young.len() >= GENERATION_RUNS {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(name, state);
    }
}
