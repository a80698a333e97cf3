//! When a node's needs let it go on: the three joins, and why a node is skipped.

use super::super::model::Join;
use super::machine::Phase;

/// Why a node is skipped. Needs are named by their index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// This need failed, or was cancelled by itself.
    NeedFailed(usize),
    /// This need was skipped itself.
    NeedSkipped(usize),
    /// This need is an approval that was answered with no.
    Rejected(usize),
    /// Its own condition is false.
    Condition,
    /// None of its needs completed, where one was asked for.
    NoneCompleted,
}

/// What a join says now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Open,
    Holds,
    /// It can't hold any more.
    Fails,
}

/// How a node's needs are doing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Needs {
    open: usize,
    completed: usize,
    /// Over without having completed; a rejected approval is one of these.
    lost: usize,
}

impl Needs {
    pub(super) fn of(phases: impl Iterator<Item = Phase>) -> Self {
        let mut needs = Self { open: 0, completed: 0, lost: 0 };
        for phase in phases {
            match phase {
                Phase::Completed => needs.completed += 1,
                phase if phase.is_over() => needs.lost += 1,
                _ => needs.open += 1,
            }
        }
        needs
    }

    pub(super) fn one_over(&mut self, completed: bool) {
        self.open -= 1;
        if completed { self.completed += 1 } else { self.lost += 1 }
    }

    pub(super) fn verdict(self, join: Join) -> Verdict {
        match join {
            Join::All if self.lost > 0 => Verdict::Fails,
            Join::All if self.open == 0 => Verdict::Holds,
            Join::First if self.completed > 0 => Verdict::Holds,
            Join::Any if self.open == 0 && self.completed > 0 => Verdict::Holds,
            Join::Any | Join::First if self.open == 0 => Verdict::Fails,
            Join::All | Join::Any | Join::First => Verdict::Open,
        }
    }
}
