//! Who asks, and what they may do.

use crate::facts::id::OrganizationId;

/// What a route asks of those who call it, from what harms least to what harms most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// See runs, their events, lines and artifacts, workflows, workers.
    Read,
    /// Add to history: events, lines, artifacts; start, cancel, rerun and answer runs; claim and execute them.
    Append,
    /// Change what outlives a run: workflows, secrets, schedules, webhooks; and delete.
    Edit,
    /// Decide who may do what: users, tokens of others, policies.
    Own,
}

/// Whose request it is.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// Whose things the caller sees, and nobody else's.
    pub organization: OrganizationId,
    /// The highest right that the caller has.
    pub right: Right,
}

impl Caller {
    /// Everyone, where there are no accounts.
    pub const ANYONE: Self = Self { organization: OrganizationId::DEFAULT, right: Right::Own };

    pub fn may(&self, right: Right) -> bool {
        self.right >= right
    }
}

#[cfg(test)]
impl Default for Caller {
    fn default() -> Self {
        Self::ANYONE
    }
}
