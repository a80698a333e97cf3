//! What happens next: a pure state machine over the nodes of one run.
//!
//! Told what happened ([`Schedule::finished`], [`Schedule::retry_due`], [`Schedule::stop`]), it answers with the
//! [`Step`]s to take, in order. It knows no clock, no randomness and no engine; the driver lends it those.
//!
//! ```text
//! waiting ─(all needs completed)─► ready ─(a free place)─► running ─► completed
//!    │                                        ▲               ├─(retries left)─► resting ─(pause over)─► ready
//!    └─(a need failed or was skipped)─► skipped               └─► failed            stop: everything left ─► cancelled
//! ```

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use super::workflow::{Retries, Workflow};

/// No pause before a retry is longer.
pub const BACKOFF_MAX: Duration = Duration::from_secs(300);

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Succeeded,
    /// May be retried.
    Failed,
    /// Must not be retried: the same would happen again (no such image, say).
    Hopeless,
    /// Was told to stop.
    Cancelled,
}

/// Why a run is stopped before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    Cancelled,
    TimedOut,
}

/// How the run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Completed,
    /// `first` failed first; `failed` nodes did in all.
    Failed {
        first: usize,
        failed: usize,
    },
    Stopped(Stop),
}

/// Something for the driver to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Start this attempt.
    Start { node: usize, attempt: u32 },
    /// Record the node as completed.
    Complete { node: usize, attempt: u32 },
    /// Record the failed attempt and call [`Schedule::retry_due`] after `delay`.
    Retry { node: usize, attempt: u32, delay: Duration },
    /// Record the node as failed for good.
    Fail { node: usize, attempt: u32 },
    /// Record the node as skipped, because of this need.
    Skip { node: usize, because: usize },
    /// Tell the running attempt to stop; its end comes as [`Outcome::Cancelled`].
    Halt { node: usize },
    /// Record the node as cancelled; `attempt` is 0 when it never started.
    Cancel { node: usize, attempt: u32 },
    /// Nothing is left.
    End(End),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting,
    Ready,
    Running,
    Resting,
    Completed,
    Failed,
    Skipped,
    Cancelled,
}

/// The state of a run's nodes.
#[derive(Debug)]
pub struct Schedule {
    phases: Vec<Phase>,
    attempts: Vec<u32>,
    retries: Vec<Retries>,
    /// Needs that have not completed yet.
    missing: Vec<usize>,
    dependents: Vec<Vec<usize>>,
    /// In the order of the file, so that a run is the same one each time.
    ready: BTreeSet<usize>,
    running: usize,
    /// Nodes that are not over.
    left: usize,
    jobs: usize,
    failures: Vec<usize>,
    stopped: Option<Stop>,
    ended: bool,
}

impl Schedule {
    /// At most `jobs` nodes (at least one) run at the same time.
    #[must_use]
    pub fn new(workflow: &Workflow, jobs: usize) -> Self {
        let count = workflow.nodes.len();
        let mut dependents = vec![Vec::new(); count];
        for (node, spec) in workflow.nodes.iter().enumerate() {
            for need in &spec.needs {
                dependents[*need].push(node);
            }
        }
        let missing: Vec<usize> = workflow.nodes.iter().map(|node| node.needs.len()).collect();
        let ready: BTreeSet<usize> = (0..count).filter(|node| missing[*node] == 0).collect();
        let phases = missing.iter().map(|missing| if *missing == 0 { Phase::Ready } else { Phase::Waiting });
        Self {
            phases: phases.collect(),
            attempts: vec![0; count],
            retries: workflow.nodes.iter().map(|node| node.retries).collect(),
            missing,
            dependents,
            ready,
            running: 0,
            left: count,
            jobs: jobs.max(1),
            failures: Vec::new(),
            stopped: None,
            ended: false,
        }
    }

    /// The first steps.
    pub fn begin(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        self.settle(&mut steps);
        steps
    }

    /// An attempt ended. `jitter` from 0 to 1 spreads the retries of nodes that failed together.
    pub fn finished(&mut self, node: usize, outcome: Outcome, jitter: f64) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.phases.get(node) != Some(&Phase::Running) {
            return steps;
        }
        self.running -= 1;
        let attempt = self.attempts[node];
        match outcome {
            Outcome::Succeeded => self.complete(node, &mut steps),
            Outcome::Failed if self.stopped.is_none() && attempt <= self.retries[node].limit => {
                self.phases[node] = Phase::Resting;
                let delay = pause(self.retries[node].backoff, attempt, jitter);
                steps.push(Step::Retry { node, attempt, delay });
            }
            Outcome::Failed | Outcome::Hopeless => self.fail(node, &mut steps),
            Outcome::Cancelled => {
                self.over(node, Phase::Cancelled);
                steps.push(Step::Cancel { node, attempt });
                if self.stopped.is_none() {
                    self.failures.push(node);
                }
                self.skip_dependents(node, &mut steps);
            }
        }
        self.settle(&mut steps);
        steps
    }

    /// The pause before a retry is over.
    pub fn retry_due(&mut self, node: usize) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.phases.get(node) == Some(&Phase::Resting) {
            self.phases[node] = Phase::Ready;
            self.ready.insert(node);
            self.settle(&mut steps);
        }
        steps
    }

    /// Nothing more starts, what runs is told to stop. A second reason changes nothing.
    pub fn stop(&mut self, reason: Stop) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.stopped.is_some() || self.ended {
            return steps;
        }
        self.stopped = Some(reason);
        self.ready.clear();
        for node in 0..self.phases.len() {
            match self.phases[node] {
                Phase::Running => steps.push(Step::Halt { node }),
                Phase::Waiting | Phase::Ready | Phase::Resting => {
                    self.over(node, Phase::Cancelled);
                    steps.push(Step::Cancel { node, attempt: self.attempts[node] });
                }
                Phase::Completed | Phase::Failed | Phase::Skipped | Phase::Cancelled => {}
            }
        }
        self.settle(&mut steps);
        steps
    }

    fn complete(&mut self, node: usize, steps: &mut Vec<Step>) {
        self.over(node, Phase::Completed);
        steps.push(Step::Complete { node, attempt: self.attempts[node] });
        for dependent in std::mem::take(&mut self.dependents[node]) {
            self.missing[dependent] -= 1;
            if self.missing[dependent] == 0 && self.phases[dependent] == Phase::Waiting {
                self.phases[dependent] = Phase::Ready;
                self.ready.insert(dependent);
            }
        }
    }

    fn fail(&mut self, node: usize, steps: &mut Vec<Step>) {
        self.over(node, Phase::Failed);
        self.failures.push(node);
        steps.push(Step::Fail { node, attempt: self.attempts[node] });
        self.skip_dependents(node, steps);
    }

    /// Skips everything that waits for `node`, directly or not.
    fn skip_dependents(&mut self, node: usize, steps: &mut Vec<Step>) {
        let mut lost = VecDeque::from([node]);
        while let Some(because) = lost.pop_front() {
            for dependent in std::mem::take(&mut self.dependents[because]) {
                if self.phases[dependent] == Phase::Waiting {
                    self.over(dependent, Phase::Skipped);
                    steps.push(Step::Skip { node: dependent, because });
                    lost.push_back(dependent);
                }
            }
        }
    }

    fn over(&mut self, node: usize, phase: Phase) {
        self.phases[node] = phase;
        self.left -= 1;
    }

    /// Fills the free places, or ends the run.
    fn settle(&mut self, steps: &mut Vec<Step>) {
        while self.stopped.is_none() && self.running < self.jobs {
            let Some(node) = self.ready.pop_first() else { break };
            self.phases[node] = Phase::Running;
            self.attempts[node] += 1;
            self.running += 1;
            steps.push(Step::Start { node, attempt: self.attempts[node] });
        }
        if self.left == 0 && !self.ended {
            self.ended = true;
            steps.push(Step::End(self.end()));
        }
    }

    fn end(&self) -> End {
        // A run whose last node completed before the stop reached it was not stopped by anything.
        let cut_short = self.phases.contains(&Phase::Cancelled);
        match (self.stopped, self.failures.first()) {
            (Some(reason), _) if cut_short => End::Stopped(reason),
            (_, Some(first)) => End::Failed { first: *first, failed: self.failures.len() },
            _ => End::Completed,
        }
    }
}

/// `backoff` doubled for each failed attempt after the first, at most [`BACKOFF_MAX`], of which at least half is kept.
fn pause(backoff: Duration, attempt: u32, jitter: f64) -> Duration {
    let doubled = backoff.saturating_mul(2u32.saturating_pow(attempt.saturating_sub(1))).min(BACKOFF_MAX);
    doubled.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
