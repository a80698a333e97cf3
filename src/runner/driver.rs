//! Drives a run: takes the scheduler's steps, and tells it what happened.
//!
//! One loop owns the schedule. Attempts and pauses are tasks that come back with what happened; cancel, the run's
//! time limit and a recorder that has failed become a stop. Decides nothing by itself.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::RngExt as _;
use serde_json::{Map, Value, json};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::client::NewEvent;
use crate::facts::event::EventType;
use crate::facts::id::{NodeRef, RunId};
use crate::facts::status::{NodeStatus, RunStatus};
use crate::facts::workflow::Plan;
use crate::facts::workflow::model::Kind;
use crate::facts::workflow::schedule::{End, Outcome, Schedule, Step, Stop};
use crate::facts::workflow::scope::{NodeResult, RunSoFar, Scope};
use crate::facts::workflow::template::text_of;

use super::docker::DockerEngine;
use super::engine::{Attempt, Exit, time_is_up};
use super::node::{self, AttemptEnd};
use super::output::{LastWords, Output};
use super::recorder::Recorder;
use super::run::RunOutcome;
use super::story;

/// A run that says nothing for 15 minutes is taken for stale, so a quiet one says that it is alive.
const SIGN_OF_LIFE_EVERY: Duration = Duration::from_secs(300);

/// Everything a run needs besides its recorder.
pub(super) struct Course {
    pub plan: Plan,
    pub run_id: RunId,
    /// For nodes with an image; without it they are processes.
    pub engine: Option<DockerEngine>,
    pub jobs: usize,
    pub inputs: Map<String, Value>,
    /// Something to say about the engine.
    pub note: Option<String>,
    pub cancel: CancellationToken,
}

/// What a task came back with.
enum Happened {
    Ended(AttemptEnd),
    Rested,
}

struct Driver {
    course: Arc<Course>,
    recorder: Arc<Recorder>,
    schedule: Schedule,
    tasks: JoinSet<Happened>,
    /// Which node a task works for.
    nodes: HashMap<Id, usize>,
    /// Stops a running attempt.
    stops: HashMap<usize, CancellationToken>,
    /// The end of an attempt until the step that records it.
    ends: HashMap<usize, AttemptEnd>,
    failures: HashMap<usize, Exit>,
    /// Of every node, for the templates of others.
    results: Vec<NodeResult>,
    stop: Option<Stop>,
    end: Option<End>,
    spoke_at: Instant,
}

/// Runs all nodes and hands all events in; they are durable when the recorder has finished.
pub(super) async fn drive(course: Course, recorder: Arc<Recorder>) -> RunOutcome {
    let schedule = Schedule::new(&course.plan, course.jobs);
    let pending = NodeResult { status: NodeStatus::Pending, output: Value::Null };
    let results = vec![pending; course.plan.nodes.len()];
    let mut driver = Driver {
        course: Arc::new(course),
        recorder,
        schedule,
        tasks: JoinSet::new(),
        nodes: HashMap::new(),
        stops: HashMap::new(),
        ends: HashMap::new(),
        failures: HashMap::new(),
        results,
        stop: None,
        end: None,
        spoke_at: Instant::now(),
    };
    driver.begin().await;
    driver.go_on().await;
    driver.outcome()
}

impl Driver {
    async fn begin(&mut self) {
        let data =
            json!({ "runner": concat!("telltale/", env!("CARGO_PKG_VERSION")), "jobs": self.course.jobs });
        self.say(story::run_event(EventType::RunStarted).with_data(data)).await;
        if let Some(note) = self.course.note.clone() {
            let event = story::run_event(EventType::Note).with_message(note);
            self.say(NewEvent { level: Some("warn".to_owned()), ..event }).await;
        }
        let steps = self.schedule.begin();
        self.take(steps).await;
    }

    async fn go_on(&mut self) {
        let course = Arc::clone(&self.course);
        let recorder = Arc::clone(&self.recorder);
        let mut time_limit = Box::pin(time_is_up(course.plan.timeout));
        let mut life = tokio::time::interval(SIGN_OF_LIFE_EVERY);
        while self.end.is_none() {
            let running = self.stop.is_none();
            let steps = tokio::select! {
                Some(joined) = self.tasks.join_next_with_id() => self.joined(joined),
                () = course.cancel.cancelled(), if running => self.stop_for(Stop::Cancelled),
                () = recorder.broken().cancelled(), if running => self.stop_for(Stop::Cancelled),
                () = recorder.superseded().cancelled(), if running => self.stop_for(Stop::Cancelled),
                _ = &mut time_limit, if running => self.stop_for(Stop::TimedOut),
                _ = life.tick() => {
                    self.sign_of_life().await;
                    Vec::new()
                }
            };
            self.take(steps).await;
        }
    }

    /// What the schedule makes of a task's end.
    fn joined(&mut self, joined: Result<(Id, Happened), JoinError>) -> Vec<Step> {
        let (id, happened) = match joined {
            Ok((id, happened)) => (id, happened),
            // A defect of the runner; the node must not stay RUNNING for it.
            Err(error) => (
                error.id(),
                Happened::Ended(without_attempt(Exit::Lost {
                    reason: format!("the runner failed: {error}"),
                })),
            ),
        };
        let Some(node) = self.nodes.remove(&id) else { return Vec::new() };
        match happened {
            Happened::Rested => self.schedule.retry_due(node),
            Happened::Ended(end) => {
                self.stops.remove(&node);
                let outcome = outcome_of(&end.exit);
                self.ends.insert(node, end);
                self.schedule.finished(node, outcome, rand::rng().random_range(0.0..1.0))
            }
        }
    }

    fn stop_for(&mut self, reason: Stop) -> Vec<Step> {
        self.stop = Some(reason);
        self.schedule.stop(reason)
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
            Step::Decide { node } => return self.decide(node),
            Step::Start { node, attempt } => return self.start(node, attempt),
            Step::Ask { node, .. } => return self.refuse(node, "an approval needs a server's worker"),
            Step::Call { node, .. } => return self.refuse(node, "another workflow needs a server's worker"),
            Step::Lose { node, .. } => {
                self.ends.insert(node, without_attempt(Exit::Lost { reason: "its worker died".to_owned() }));
                return self.schedule.finished(node, Outcome::Lost, 0.0);
            }
            Step::Reuse { .. } => {}
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
                let closed = self.ends.remove(&node).and_then(|end| end.closed);
                let event = story::cancelled(self.id(node), attempt, self.stop);
                self.say_after(event, closed).await;
            }
            Step::End(end) => self.ended(end).await,
        }
        Vec::new()
    }

    async fn ended(&mut self, end: End) {
        let exit = match end {
            End::Failed { first, .. } => self.failures.get(&first),
            End::Completed | End::Stopped(_) => None,
        };
        let results: Vec<(NodeRef, Value)> = self
            .results
            .iter()
            .enumerate()
            .filter(|(_, result)| !result.output.is_null())
            .map(|(node, result)| (self.id(node).clone(), result.output.clone()))
            .collect();
        let event = story::ended(&self.course.plan, end, exit, &results);
        self.say(event).await;
        self.end = Some(end);
    }

    /// What the templates of a node see.
    fn scope(&self, node: usize) -> Scope {
        let status = self.schedule.end_so_far().status();
        let run = RunSoFar { run_id: self.course.run_id.as_str(), inputs: &self.course.inputs, status };
        self.course.plan.scope(node, run, |other| self.results[other].clone())
    }

    fn decide(&mut self, node: usize) -> Vec<Step> {
        let spec = &self.course.plan.nodes[node].spec;
        match spec.condition.as_ref().map_or(Ok(true), |condition| condition.holds(&self.scope(node))) {
            Ok(holds) => self.schedule.decided(node, holds),
            Err(error) => {
                let exit = Exit::NotStarted { reason: error.to_string(), hopeless: true };
                self.ends.insert(node, without_attempt(exit));
                self.schedule.undecidable(node)
            }
        }
    }

    /// Fails a node that can't be started, for good.
    fn refuse(&mut self, node: usize, reason: impl Into<String>) -> Vec<Step> {
        let exit = Exit::NotStarted { reason: reason.into(), hopeless: true };
        self.ends.insert(node, without_attempt(exit));
        self.schedule.finished(node, Outcome::Hopeless, 0.0)
    }

    fn start(&mut self, node: usize, number: u32) -> Vec<Step> {
        let stop = CancellationToken::new();
        let attempt = match attempt_of(&self.course, &self.scope(node), node, number, stop.clone()) {
            Ok(attempt) => attempt,
            Err(reason) => return self.refuse(node, reason),
        };
        self.stops.insert(node, stop);
        let engine = self.course.engine.clone().filter(|_| attempt.image.is_some());
        let recorder = Arc::clone(&self.recorder);
        let task = self
            .tasks
            .spawn(async move { Happened::Ended(node::run(&recorder, engine.as_ref(), attempt).await) });
        self.nodes.insert(task.id(), node);
        Vec::new()
    }

    async fn complete(&mut self, node: usize, attempt: u32) {
        let Some(mut end) = self.ends.remove(&node) else { return };
        let closed = end.closed.take();
        self.say_after(story::completed(self.id(node), attempt, &end), closed).await;
        let output = match end.output {
            Some(Output::Inline(output)) => output,
            Some(Output::Large(_)) | None => Value::Null,
        };
        self.results[node] = NodeResult { status: NodeStatus::Completed, output };
    }

    async fn retry(&mut self, node: usize, attempt: u32, delay: Duration) {
        let task = self.tasks.spawn(async move {
            tokio::time::sleep(delay).await;
            Happened::Rested
        });
        self.nodes.insert(task.id(), node);
        let Some(mut end) = self.ends.remove(&node) else { return };
        let millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        let limit = self.course.plan.nodes[node].spec.retries.limit;
        let data = json!({ "delayMs": millis, "nextAttempt": attempt + 1, "attempts": limit + 1 });
        let closed = end.closed.take();
        let event = story::failed(EventType::NodeRetrying, self.id(node), attempt, &end, Some(data));
        self.say_after(event, closed).await;
    }

    async fn fail(&mut self, node: usize, attempt: u32) {
        let Some(mut end) = self.ends.remove(&node) else { return };
        let closed = end.closed.take();
        let event = story::failed(EventType::NodeFailed, self.id(node), attempt, &end, None);
        self.failures.insert(node, end.exit);
        self.results[node].status = NodeStatus::Failed;
        self.say_after(event, closed).await;
    }

    async fn sign_of_life(&mut self) {
        if self.spoke_at.elapsed() >= SIGN_OF_LIFE_EVERY {
            let running = self.stops.len();
            let event =
                story::run_event(EventType::Note).with_message(format!("still running: {running} nodes"));
            self.say(NewEvent { level: Some("debug".to_owned()), ..event }).await;
        }
    }

    async fn say(&mut self, event: NewEvent) {
        self.say_after(event, None).await;
    }

    async fn say_after(&mut self, event: NewEvent, closed: Option<tokio::sync::oneshot::Receiver<()>>) {
        self.spoke_at = Instant::now();
        drop(self.recorder.event(event, closed).await);
    }

    fn id(&self, node: usize) -> &NodeRef {
        &self.course.plan.nodes[node].id
    }

    fn outcome(self) -> RunOutcome {
        let plan = &self.course.plan;
        let (status, failure) = match self.end {
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
            Some(End::Completed) | None => (RunStatus::Completed, None),
        };
        RunOutcome { run_id: self.course.run_id.clone(), status, failure }
    }
}

fn attempt_of(
    course: &Course,
    scope: &Scope,
    node: usize,
    number: u32,
    stop: CancellationToken,
) -> Result<Attempt, String> {
    let planned = &course.plan.nodes[node];
    let Kind::Command(command) = &planned.spec.kind else { return Err("it is no command".to_owned()) };
    if !command.secrets.is_empty() {
        return Err("secrets need a server's worker".to_owned());
    }
    let rendered = command.render(scope).map_err(|fault| fault.to_string())?;
    let mut env = rendered.env;
    for (name, value) in &course.inputs {
        let name = name.replace('-', "_").to_ascii_uppercase();
        env.push((format!("TELLTALE_INPUT_{name}"), text_of(value)));
    }
    env.push(("TELLTALE_RUN_ID".to_owned(), course.run_id.to_string()));
    env.push(("TELLTALE_NODE".to_owned(), planned.id.to_string()));
    env.push(("TELLTALE_ATTEMPT".to_owned(), number.to_string()));
    Ok(Attempt {
        run_id: course.run_id.clone(),
        node: planned.id.clone(),
        number,
        words: rendered.words,
        image: rendered.image,
        env,
        timeout: planned.spec.timeout,
        stop,
        tty: command.tty,
        resources: command.resources,
        artifacts: command.artifacts.iter().map(ToString::to_string).collect(),
        masks: Arc::default(),
    })
}

fn outcome_of(exit: &Exit) -> Outcome {
    match exit {
        Exit::Code(0) => Outcome::Succeeded,
        Exit::Stopped => Outcome::Cancelled,
        Exit::NotStarted { hopeless: true, .. } => Outcome::Hopeless,
        _ => Outcome::Failed,
    }
}

/// The end of what never had an engine's attempt.
fn without_attempt(exit: Exit) -> AttemptEnd {
    AttemptEnd {
        exit,
        output: None,
        artifacts: Vec::new(),
        last_words: LastWords::default(),
        took: Duration::ZERO,
        closed: None,
    }
}
