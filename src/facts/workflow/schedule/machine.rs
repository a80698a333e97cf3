//! What happens next: a pure state machine over the nodes of one run.
//!
//! Told what happened ([`Schedule::finished`], [`Schedule::decided`], [`Schedule::retry_due`], [`Schedule::stop`]), it
//! answers with the [`Step`]s to take, in order. It knows no clock, no randomness and no engine; the driver lends it those.
//!
//! ```text
//! waiting ─(its join holds)─► deciding ─► ready ─(a free place)─► working ─► completed │ rejected
//!    │                           │           ▲                       ├─(retries left)─► resting ─(pause over)─► ready
//!    │                           │           └─ lost (its worker died)                  └─► failed
//!    └─(its join can't hold)─► skipped ◄─(condition is false)              stop: everything left ─► cancelled
//! ```
//! Nodes of `finally` wait until all others are over; a first stop spares them.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use super::super::model::{Join, Retries};
use super::join::{Because, Needs, Verdict};
use super::step::{End, Outcome, Step, Stop};

/// No pause before a retry is longer.
pub const BACKOFF_MAX: Duration = Duration::from_secs(300);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Waiting,
    Deciding,
    Ready,
    Working,
    /// Working when a worker took over that can go on with it: a question, another run.
    Adopted,
    /// Working when its worker died.
    Lost,
    Resting,
    Completed,
    Rejected,
    Failed,
    Skipped,
    Cancelled,
}

impl Phase {
    pub(super) const fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Rejected | Self::Failed | Self::Skipped | Self::Cancelled)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Works {
    Command,
    Approval,
    Call,
}

/// What never changes of a node.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) works: Works,
    pub(super) join: Join,
    pub(super) has_condition: bool,
    pub(super) retries: Retries,
    pub(super) is_finally: bool,
    pub(super) needs: Vec<usize>,
    pub(super) dependents: Vec<usize>,
}

/// The state of a run's nodes.
#[derive(Debug)]
pub struct Schedule {
    pub(super) facts: Vec<Facts>,
    pub(super) phases: Vec<Phase>,
    pub(super) attempts: Vec<u32>,
    pub(super) needs: Vec<Needs>,
    /// Nodes whose outputs an earlier run gave; told once.
    pub(super) reused: Vec<usize>,
    /// Commands that wait for a place, in the order of the file, so that a run is the same one each time.
    pub(super) ready: BTreeSet<usize>,
    /// Questions and other runs that need none.
    pub(super) free: BTreeSet<usize>,
    /// Nodes that ended, and whose dependents were not told yet.
    pub(super) news: VecDeque<usize>,
    /// Commands that work.
    pub(super) running: usize,
    /// Nodes that are not over.
    pub(super) left: usize,
    /// Of these, those before `finally`.
    pub(super) left_before_finally: usize,
    pub(super) jobs: usize,
    pub(super) failures: Vec<usize>,
    pub(super) begun: bool,
    pub(super) stopped: Option<Stop>,
    /// The nodes of `finally` are stopped as well.
    pub(super) stopped_for_good: bool,
    pub(super) ended: bool,
}

impl Schedule {
    /// The first steps.
    pub fn begin(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        if !self.begun {
            self.take_over(&mut steps);
            self.settle(&mut steps);
        }
        steps
    }

    /// The condition of a node has a value.
    pub fn decided(&mut self, node: usize, holds: bool) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.phases.get(node) != Some(&Phase::Deciding) {
            return steps;
        }
        if holds {
            self.make_ready(node);
        } else {
            self.skip(node, Because::Condition, &mut steps);
        }
        self.settle(&mut steps);
        steps
    }

    /// The condition of a node has no value, which fails it in its first attempt.
    pub fn undecidable(&mut self, node: usize) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.phases.get(node) == Some(&Phase::Deciding) {
            self.attempts[node] += 1;
            self.fail(node, &mut steps);
            self.settle(&mut steps);
        }
        steps
    }

    /// An attempt ended. `jitter` from 0 to 1 spreads the retries of nodes that failed together.
    pub fn finished(&mut self, node: usize, outcome: Outcome, jitter: f64) -> Vec<Step> {
        let mut steps = Vec::new();
        match self.phases.get(node) {
            Some(Phase::Working) if self.facts[node].works == Works::Command => self.running -= 1,
            Some(Phase::Working | Phase::Lost) => {}
            _ => return steps,
        }
        let attempt = self.attempts[node];
        let retries = self.facts[node].retries;
        match outcome {
            Outcome::Succeeded => self.complete(node, Phase::Completed, &mut steps),
            Outcome::Rejected => self.complete(node, Phase::Rejected, &mut steps),
            Outcome::Failed | Outcome::Lost if !self.is_stopped(node) && attempt <= retries.limit => {
                self.phases[node] = Phase::Resting;
                steps.push(Step::Retry { node, attempt, delay: pause(retries.backoff, attempt, jitter) });
            }
            Outcome::Failed | Outcome::Lost | Outcome::Hopeless => self.fail(node, &mut steps),
            Outcome::Cancelled => {
                if !self.is_stopped(node) {
                    self.failures.push(node);
                }
                steps.push(Step::Cancel { node, attempt });
                self.over(node, Phase::Cancelled);
            }
        }
        self.settle(&mut steps);
        steps
    }

    /// The pause before a retry is over.
    pub fn retry_due(&mut self, node: usize) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.phases.get(node) == Some(&Phase::Resting) {
            self.make_ready(node);
            self.settle(&mut steps);
        }
        steps
    }

    /// Nothing more starts and what works is told to stop, up to `finally`, whose nodes still have their turn. A
    /// second stop is for these as well; it leaves the reason as it is.
    pub fn stop(&mut self, reason: Stop) -> Vec<Step> {
        if self.stopped.is_some() {
            return self.stop_for_good(reason);
        }
        self.halt(reason, false)
    }

    /// Stops everything at once, `finally` included.
    pub fn stop_for_good(&mut self, reason: Stop) -> Vec<Step> {
        if self.stopped_for_good { Vec::new() } else { self.halt(reason, true) }
    }

    /// How the run would end if nothing more happened.
    #[must_use]
    pub fn end_so_far(&self) -> End {
        // A run whose last node completed before the stop reached it was not stopped by anything.
        let cut_short = self.phases.contains(&Phase::Cancelled);
        match (self.stopped, self.failures.first()) {
            (Some(reason), _) if cut_short => End::Stopped(reason),
            (_, Some(first)) => End::Failed { first: *first, failed: self.failures.len() },
            _ => End::Completed,
        }
    }

    fn halt(&mut self, reason: Stop, for_good: bool) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.ended {
            return steps;
        }
        // What an earlier stop has halted is on its way.
        let spared: Vec<usize> = (0..self.phases.len()).filter(|node| !self.is_stopped(*node)).collect();
        self.stopped.get_or_insert(reason);
        self.stopped_for_good |= for_good;
        if !self.begun {
            self.take_over(&mut steps);
        }
        for node in spared {
            if !self.is_stopped(node) {
                continue;
            }
            match self.phases[node] {
                Phase::Working => steps.push(Step::Halt { node }),
                phase if phase.is_over() => {}
                _ => {
                    self.ready.remove(&node);
                    self.free.remove(&node);
                    steps.push(Step::Cancel { node, attempt: self.attempts[node] });
                    self.over(node, Phase::Cancelled);
                }
            }
        }
        self.settle(&mut steps);
        steps
    }

    /// What an earlier worker or an earlier run has left, told once. The schedule of a new run has nothing of it.
    fn take_over(&mut self, steps: &mut Vec<Step>) {
        self.begun = true;
        steps.extend(std::mem::take(&mut self.reused).into_iter().map(|node| Step::Reuse { node }));
        for node in 0..self.phases.len() {
            let attempt = self.attempts[node];
            match self.phases[node] {
                Phase::Lost if !self.is_stopped(node) => steps.push(Step::Lose { node, attempt }),
                Phase::Adopted => {
                    self.phases[node] = Phase::Working;
                    steps.push(self.waiting_step(node, true));
                }
                _ => {}
            }
        }
        for node in 0..self.phases.len() {
            self.judge(node, None, steps);
        }
    }

    fn is_stopped(&self, node: usize) -> bool {
        self.stopped_for_good || (self.stopped.is_some() && !self.facts[node].is_finally)
    }

    /// Moves a waiting node on as far as its needs allow. `last` is the need whose end is the occasion.
    fn judge(&mut self, node: usize, last: Option<usize>, steps: &mut Vec<Step>) {
        let facts = &self.facts[node];
        if self.phases[node] != Phase::Waiting
            || self.is_stopped(node)
            || (facts.is_finally && self.left_before_finally > 0)
        {
            return;
        }
        match self.needs[node].verdict(facts.join) {
            Verdict::Open => {}
            Verdict::Holds if facts.has_condition => {
                self.phases[node] = Phase::Deciding;
                steps.push(Step::Decide { node });
            }
            Verdict::Holds => self.make_ready(node),
            Verdict::Fails => {
                let because = self.because(node, last);
                self.skip(node, because, steps);
            }
        }
    }

    fn because(&self, node: usize, last: Option<usize>) -> Because {
        if self.facts[node].join != Join::All {
            return Because::NoneCompleted;
        }
        let blocks = |need: &usize| self.phases[*need].is_over() && self.phases[*need] != Phase::Completed;
        let need = last.filter(blocks).or_else(|| self.facts[node].needs.iter().copied().find(blocks));
        match need {
            None => Because::NoneCompleted,
            Some(need) => match self.phases[need] {
                Phase::Rejected => Because::Rejected(need),
                Phase::Skipped => Because::NeedSkipped(need),
                _ => Because::NeedFailed(need),
            },
        }
    }

    fn make_ready(&mut self, node: usize) {
        self.phases[node] = Phase::Ready;
        let waits_for_a_place = self.facts[node].works == Works::Command;
        if waits_for_a_place {
            self.ready.insert(node)
        } else {
            self.free.insert(node)
        };
    }

    fn complete(&mut self, node: usize, phase: Phase, steps: &mut Vec<Step>) {
        steps.push(Step::Complete { node, attempt: self.attempts[node] });
        self.over(node, phase);
    }

    fn fail(&mut self, node: usize, steps: &mut Vec<Step>) {
        self.failures.push(node);
        steps.push(Step::Fail { node, attempt: self.attempts[node] });
        self.over(node, Phase::Failed);
    }

    fn skip(&mut self, node: usize, because: Because, steps: &mut Vec<Step>) {
        steps.push(Step::Skip { node, because });
        self.over(node, Phase::Skipped);
    }

    /// Ends a node. Its dependents are told by [`Schedule::settle`] and not from here: a chain of them may have ten
    /// thousand nodes, and recursion would have as many frames.
    fn over(&mut self, node: usize, phase: Phase) {
        self.phases[node] = phase;
        self.left -= 1;
        if !self.facts[node].is_finally {
            self.left_before_finally -= 1;
        }
        self.news.push_back(node);
    }

    /// Tells dependents what ended, fills the free places, or ends the run.
    fn settle(&mut self, steps: &mut Vec<Step>) {
        while let Some(ended) = self.news.pop_front() {
            let completed = self.phases[ended] == Phase::Completed;
            for dependent in std::mem::take(&mut self.facts[ended].dependents) {
                self.needs[dependent].one_over(completed);
                self.judge(dependent, Some(ended), steps);
            }
            // The last node before `finally` opens it.
            if self.left_before_finally == 0 && !self.facts[ended].is_finally {
                (0..self.facts.len()).for_each(|node| self.judge(node, None, steps));
            }
        }
        while let Some(node) = self.free.pop_first() {
            self.start(node);
            steps.push(self.waiting_step(node, false));
        }
        while self.running < self.jobs {
            let Some(node) = self.ready.pop_first() else { break };
            self.start(node);
            self.running += 1;
            steps.push(Step::Start { node, attempt: self.attempts[node] });
        }
        if self.left == 0 && !self.ended {
            self.ended = true;
            steps.push(Step::End(self.end_so_far()));
        }
    }

    fn start(&mut self, node: usize) {
        self.phases[node] = Phase::Working;
        self.attempts[node] += 1;
    }

    /// The beginning of a node that takes no place.
    fn waiting_step(&self, node: usize, resumed: bool) -> Step {
        let attempt = self.attempts[node];
        match self.facts[node].works {
            Works::Call => Step::Call { node, attempt, resumed },
            Works::Approval | Works::Command => Step::Ask { node, attempt, resumed },
        }
    }
}

/// `backoff` doubled for each failed attempt after the first, at most [`BACKOFF_MAX`], of which at least half is kept.
pub(super) fn pause(backoff: Duration, attempt: u32, jitter: f64) -> Duration {
    let doubled = backoff.saturating_mul(2u32.saturating_pow(attempt.saturating_sub(1))).min(BACKOFF_MAX);
    doubled.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
}
