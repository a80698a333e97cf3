//! Drives a run: takes the scheduler's steps, and tells it what happened.
//!
//! One loop owns the schedule. Attempts, questions, called runs and pauses are tasks that come back with what happened;
//! cancel, the run's time limit and a recorder that has failed become a stop. Decides nothing by itself. What it begins is in
//! `begins`, what it tells in `tells`.

mod begins;
mod tells;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::RngExt as _;
use serde_json::{Value, json};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::facts::event::EventType;
use crate::facts::id::{NodeRef, RunId};
use crate::facts::status::{NodeStatus, RunStatus};
use crate::facts::workflow::schedule::{End, Outcome, Schedule, Step, Stop};
use crate::facts::workflow::scope::NodeResult;

use super::course::{Beginning, Course};
use super::engine::{Exit, time_is_up};
use super::node::AttemptEnd;
use super::output::Output;
use super::question::Answer;
use super::recorder::Recorder;
use super::run::RunOutcome;
use super::story;
use super::takeover::{PENDING, SoFar};

/// A run that says nothing for 15 minutes is taken for stale, so a quiet one says that it is alive.
const SIGN_OF_LIFE_EVERY: Duration = Duration::from_secs(300);

/// How the driving of a run ended.
pub(super) enum Driven {
    /// The run is over.
    Over(RunOutcome),
    /// It goes on without this process, which leaves or has lost it.
    Left,
}

/// What a task came back with.
enum Happened {
    Ended(AttemptEnd),
    Answered(Answer),
    Rested,
}

struct Driver {
    course: Arc<Course>,
    recorder: Arc<Recorder>,
    schedule: Schedule,
    tasks: JoinSet<Happened>,
    /// Which node a task works for.
    nodes: HashMap<Id, usize>,
    /// Stops a working attempt.
    stops: HashMap<usize, CancellationToken>,
    /// The end of an attempt until the step that records it.
    ends: HashMap<usize, AttemptEnd>,
    failures: HashMap<usize, Exit>,
    /// Of every node, for the templates of others.
    results: Vec<NodeResult>,
    /// What the run's last event repeats of them.
    summaries: Vec<(NodeRef, Value)>,
    /// The run whose outputs this one reuses.
    reuses: Option<RunId>,
    /// How long ago each node began that a worker before has begun, and the run itself.
    ages: Vec<Duration>,
    age: Duration,
    stop: Option<Stop>,
    end: Option<End>,
    spoke_at: Instant,
}

/// Runs all nodes and hands all events in; they are durable when the recorder has finished.
///
/// `is_busy` is told whenever it changes whether commands work or could, or the run only waits.
pub(super) async fn drive(
    course: Arc<Course>,
    beginning: Beginning,
    recorder: Arc<Recorder>,
    is_busy: impl Fn(bool),
) -> Driven {
    let count = course.plan.nodes.len();
    let (schedule, results) = match &beginning {
        Beginning::New { .. } => (Schedule::new(&course.plan, course.jobs), vec![PENDING; count]),
        Beginning::Resumed { so_far: SoFar { nodes, results, .. }, .. }
        | Beginning::Rerun { nodes, results, .. } => {
            (Schedule::resume(&course.plan, course.jobs, nodes), results.clone())
        }
    };
    let mut driver = Driver {
        course,
        recorder,
        schedule,
        tasks: JoinSet::new(),
        nodes: HashMap::new(),
        stops: HashMap::new(),
        ends: HashMap::new(),
        failures: HashMap::new(),
        results,
        summaries: Vec::new(),
        reuses: None,
        ages: Vec::new(),
        age: Duration::ZERO,
        stop: None,
        end: None,
        spoke_at: Instant::now(),
    };
    driver.begin(beginning).await;
    driver.go_on(is_busy).await;
    driver.driven().await
}

impl Driver {
    async fn begin(&mut self, beginning: Beginning) {
        let data =
            json!({ "runner": concat!("telltale/", env!("CARGO_PKG_VERSION")), "jobs": self.course.jobs });
        let started = story::run_event(EventType::RunStarted).with_data(data);
        match beginning {
            Beginning::New { note } => {
                self.say(started).await;
                if let Some(note) = note {
                    self.say(story::note("warn", note)).await;
                }
            }
            Beginning::Resumed { so_far, note } => {
                self.say(story::note("warn", note)).await;
                let id = |(node, summary): (usize, Value)| (self.id(node).clone(), summary);
                self.summaries = so_far.summaries.into_iter().map(id).collect();
                (self.failures, self.ages, self.age) = (so_far.failures, so_far.ages, so_far.age);
            }
            Beginning::Rerun { of, .. } => {
                self.say(started).await;
                self.reuses = Some(of);
            }
        }
        // A run that is to end when it is taken up starts nothing.
        let time_is_over = self.course.plan.timeout.is_some_and(|limit| limit <= self.age);
        let steps = if self.course.signals.cancel.is_cancelled() {
            self.stop_for(Stop::Cancelled)
        } else if time_is_over {
            self.stop_for(Stop::TimedOut)
        } else {
            self.schedule.begin()
        };
        self.take(steps).await;
    }

    async fn go_on(&mut self, is_busy: impl Fn(bool)) {
        let (course, recorder) = (Arc::clone(&self.course), Arc::clone(&self.recorder));
        let signals = course.signals.clone();
        let mut time_limit =
            Box::pin(time_is_up(course.plan.timeout.map(|limit| limit.saturating_sub(self.age))));
        let mut life = tokio::time::interval(SIGN_OF_LIFE_EVERY);
        let mut told_to_leave = false;
        let mut was_busy = true;
        while self.end.is_none() && !self.may_leave() {
            let running = self.stop.is_none();
            let busy = self.works() > 0;
            if std::mem::replace(&mut was_busy, busy) != busy {
                is_busy(busy);
            }
            let steps = tokio::select! {
                () = signals.lost.cancelled() => return self.let_go().await,
                Some(joined) = self.tasks.join_next_with_id() => self.joined(joined),
                () = signals.cancel.cancelled(), if running => self.stop_for(Stop::Cancelled),
                // What can't be recorded is not executed, `finally` neither.
                () = recorder.broken().cancelled(), if running => self.stop_for_good(),
                () = recorder.superseded().cancelled(), if running => self.stop_for_good(),
                _ = &mut time_limit, if running => self.stop_for(Stop::TimedOut),
                // Only a wake: `may_leave` looks at it.
                () = signals.drain.cancelled(), if !told_to_leave => {
                    told_to_leave = true;
                    Vec::new()
                }
                _ = life.tick() => {
                    self.sign_of_life().await;
                    Vec::new()
                }
            };
            self.take(steps).await;
        }
    }

    /// Whether the process leaves and nothing of this run works here any more; what waits goes on elsewhere.
    fn may_leave(&self) -> bool {
        self.course.signals.drain.is_cancelled() && self.works() == 0
    }

    /// Commands that work here.
    fn works(&self) -> usize {
        self.stops.keys().filter(|node| self.course.plan.nodes[**node].takes_a_place()).count()
    }

    /// Stops what works, and tells nobody.
    async fn let_go(&mut self) {
        self.recorder.abandon();
        for stop in self.stops.values() {
            stop.cancel();
        }
        while self.tasks.join_next().await.is_some() {}
    }

    /// What the schedule makes of a task's end.
    fn joined(&mut self, joined: Result<(Id, Happened), JoinError>) -> Vec<Step> {
        let (id, happened) = match joined {
            Ok((id, happened)) => (id, happened),
            // A defect of the runner; the node must not stay RUNNING for it.
            Err(error) => {
                let reason = format!("the runner failed: {error}");
                (error.id(), Happened::Ended(AttemptEnd::without_attempt(Exit::Lost { reason })))
            }
        };
        let Some(node) = self.nodes.remove(&id) else { return Vec::new() };
        let (end, outcome) = match happened {
            Happened::Rested => return self.schedule.retry_due(node),
            Happened::Ended(end) => {
                let outcome = outcome_of(&end.exit);
                (end, outcome)
            }
            Happened::Answered(Answer { approved, output }) => {
                let end = AttemptEnd::without_attempt(Exit::Code(0));
                let outcome = if approved { Outcome::Succeeded } else { Outcome::Rejected };
                (AttemptEnd { output: Some(Output::Inline(output)), ..end }, outcome)
            }
        };
        self.stops.remove(&node);
        self.ends.insert(node, end);
        self.schedule.finished(node, outcome, rand::rng().random_range(0.0..1.0))
    }

    fn stop_for(&mut self, reason: Stop) -> Vec<Step> {
        self.stop = Some(reason);
        self.schedule.stop(reason)
    }

    fn stop_for_good(&mut self) -> Vec<Step> {
        self.stop = Some(Stop::Cancelled);
        self.schedule.stop_for_good(Stop::Cancelled)
    }

    async fn take(&mut self, steps: Vec<Step>) {
        let mut steps = VecDeque::from(steps);
        while let Some(step) = steps.pop_front() {
            steps.extend(self.take_one(step).await);
        }
    }

    /// What comes of a step at once.
    async fn take_one(&mut self, step: Step) -> Vec<Step> {
        match step {
            // Nothing begins in a process that leaves: the store has these nodes as not begun.
            Step::Decide { .. } | Step::Start { .. } | Step::Ask { .. } | Step::Call { .. }
                if self.course.signals.drain.is_cancelled() => {}
            Step::Decide { node } => return self.decide(node),
            Step::Start { node, attempt } => return self.start(node, attempt),
            Step::Ask { node, attempt, resumed } => return self.ask(node, attempt, resumed).await,
            Step::Call { node, attempt, resumed } => return self.call(node, attempt, resumed).await,
            Step::Lose { node, .. } => {
                self.ends.insert(node, AttemptEnd::without_attempt(Exit::WorkerLost));
                return self.schedule.finished(node, Outcome::Lost, 0.0);
            }
            Step::Reuse { node } => self.reuse(node).await,
            Step::Halt { node } => {
                if let Some(stop) = self.stops.get(&node) {
                    stop.cancel();
                }
            }
            Step::Complete { node, attempt } => self.complete(node, attempt).await,
            Step::Retry { node, attempt, delay } => self.retry(node, attempt, delay).await,
            Step::Fail { node, attempt } => self.fail(node, attempt).await,
            Step::Skip { node, because } => {
                self.results[node].status = NodeStatus::Skipped;
                self.say(story::skipped(&self.course.plan, node, because)).await;
            }
            Step::Cancel { node, attempt } => {
                self.results[node].status = NodeStatus::Cancelled;
                let stored = self.ends.remove(&node).and_then(|end| end.stored);
                let event = story::cancelled(self.id(node), attempt, self.stop);
                self.say_after(event, stored).await;
            }
            Step::End(end) => self.ended(end).await,
        }
        Vec::new()
    }

    fn id(&self, node: usize) -> &NodeRef {
        &self.course.plan.nodes[node].id
    }

    async fn driven(mut self) -> Driven {
        // What waits for people or other runs is adopted by whoever goes on.
        self.tasks.shutdown().await;
        let plan = &self.course.plan;
        let (status, failure) = match self.end {
            None => return Driven::Left,
            Some(End::Failed { first, failed }) => {
                let sentence = story::failure_sentence(plan, first, failed, self.failures.get(&first));
                (RunStatus::Failed, Some(sentence))
            }
            Some(End::Stopped(Stop::TimedOut)) => {
                (RunStatus::TimedOut, Some("it took longer than it may".to_owned()))
            }
            Some(End::Stopped(Stop::Cancelled)) => {
                (RunStatus::Cancelled, Some("it was cancelled".to_owned()))
            }
            Some(End::Completed) => (RunStatus::Completed, None),
        };
        Driven::Over(RunOutcome { run_id: self.course.run_id.clone(), status, failure })
    }
}

fn outcome_of(exit: &Exit) -> Outcome {
    match exit {
        Exit::Code(0) => Outcome::Succeeded,
        Exit::Stopped => Outcome::Cancelled,
        Exit::NotStarted { hopeless: true, .. } => Outcome::Hopeless,
        _ => Outcome::Failed,
    }
}
