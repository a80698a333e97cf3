//! Drives a run: takes the scheduler's steps, and tells it what happened.
//!
//! One loop owns the schedule. Attempts and pauses are tasks that come back with what happened; cancel, the run's
//! time limit and a recorder that has failed become a stop. Decides nothing by itself.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::RngExt as _;
use serde_json::{Value, json};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::client::NewEvent;
use crate::facts::event::EventType;
use crate::facts::id::{NodeRef, RunId};
use crate::facts::status::RunStatus;

use super::docker::DockerEngine;
use super::engine::{Attempt, Exit, Resources, time_is_up};
use super::node::{self, AttemptEnd};
use super::output::{LastWords, Output};
use super::recorder::Recorder;
use super::run::RunOutcome;
use super::schedule::{End, Outcome, Schedule, Step, Stop};
use super::story;
use super::workflow::Workflow;

/// A run that says nothing for 15 minutes is taken for stale, so a quiet one says that it is alive.
const SIGN_OF_LIFE_EVERY: Duration = Duration::from_secs(300);

/// Everything a run needs besides its recorder.
pub(super) struct Course {
    pub workflow: Workflow,
    pub run_id: RunId,
    /// For nodes with an image; without it they are processes.
    pub engine: Option<DockerEngine>,
    pub jobs: usize,
    pub inputs: BTreeMap<String, String>,
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
    skipped: HashSet<usize>,
    results: Vec<(NodeRef, Value)>,
    stop: Option<Stop>,
    end: Option<End>,
    spoke_at: Instant,
}

/// Runs all nodes and hands all events in; they are durable when the recorder has finished.
pub(super) async fn drive(course: Course, recorder: Arc<Recorder>) -> RunOutcome {
    let schedule = Schedule::new(&course.workflow, course.jobs);
    let mut driver = Driver {
        course: Arc::new(course),
        recorder,
        schedule,
        tasks: JoinSet::new(),
        nodes: HashMap::new(),
        stops: HashMap::new(),
        ends: HashMap::new(),
        failures: HashMap::new(),
        skipped: HashSet::new(),
        results: Vec::new(),
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
        let mut time_limit = Box::pin(time_is_up(course.workflow.timeout));
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
            Err(error) => (error.id(), Happened::Ended(lost(&error))),
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
        for step in steps {
            match step {
                Step::Start { node, attempt } => self.start(node, attempt),
                Step::Halt { node } => {
                    if let Some(stop) = self.stops.get(&node) {
                        stop.cancel();
                    }
                }
                Step::Complete { node, attempt } => self.complete(node, attempt).await,
                Step::Retry { node, attempt, delay } => self.retry(node, attempt, delay).await,
                Step::Fail { node, attempt } => self.fail(node, attempt).await,
                Step::Skip { node, because } => {
                    self.skipped.insert(node);
                    let because_failed = !self.skipped.contains(&because);
                    self.say(story::skipped(self.id(node), self.id(because), because_failed)).await;
                }
                Step::Cancel { node, attempt } => {
                    let closed = self.ends.remove(&node).and_then(|end| end.closed);
                    let event = story::cancelled(self.id(node), attempt, self.stop);
                    self.say_after(event, closed).await;
                }
                Step::End(end) => {
                    let exit = match end {
                        End::Failed { first, .. } => self.failures.get(&first),
                        End::Completed | End::Stopped(_) => None,
                    };
                    let event = story::ended(&self.course.workflow, end, exit, &self.results);
                    self.say(event).await;
                    self.end = Some(end);
                }
            }
        }
    }

    fn start(&mut self, node: usize, number: u32) {
        let stop = CancellationToken::new();
        self.stops.insert(node, stop.clone());
        let attempt = attempt_of(&self.course, node, number, stop);
        let engine = self.course.engine.clone().filter(|_| attempt.image.is_some());
        let recorder = Arc::clone(&self.recorder);
        let task = self
            .tasks
            .spawn(async move { Happened::Ended(node::run(&recorder, engine.as_ref(), attempt).await) });
        self.nodes.insert(task.id(), node);
    }

    async fn complete(&mut self, node: usize, attempt: u32) {
        let Some(mut end) = self.ends.remove(&node) else { return };
        let closed = end.closed.take();
        self.say_after(story::completed(self.id(node), attempt, &end), closed).await;
        if let Some(Output::Inline(result)) = end.output {
            self.results.push((self.id(node).clone(), result));
        }
    }

    async fn retry(&mut self, node: usize, attempt: u32, delay: Duration) {
        let task = self.tasks.spawn(async move {
            tokio::time::sleep(delay).await;
            Happened::Rested
        });
        self.nodes.insert(task.id(), node);
        let Some(mut end) = self.ends.remove(&node) else { return };
        let millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        let limit = self.course.workflow.nodes[node].retries.limit;
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
        &self.course.workflow.nodes[node].id
    }

    fn outcome(self) -> RunOutcome {
        let workflow = &self.course.workflow;
        let (status, failure) = match self.end {
            Some(End::Failed { first, failed }) => {
                let sentence = story::failure_sentence(workflow, first, failed, self.failures.get(&first));
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

fn attempt_of(course: &Course, node: usize, number: u32, stop: CancellationToken) -> Attempt {
    let spec = &course.workflow.nodes[node];
    let mut env: Vec<(String, String)> =
        spec.env.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    for (name, value) in &course.inputs {
        let name = name.replace('-', "_").to_ascii_uppercase();
        env.push((format!("TELLTALE_INPUT_{name}"), value.clone()));
    }
    env.push(("TELLTALE_RUN_ID".to_owned(), course.run_id.to_string()));
    env.push(("TELLTALE_NODE".to_owned(), spec.id.to_string()));
    env.push(("TELLTALE_ATTEMPT".to_owned(), number.to_string()));
    Attempt {
        run_id: course.run_id.clone(),
        node: spec.id.clone(),
        number,
        words: spec.command.words(),
        image: spec.image.as_deref().map(str::to_owned),
        env,
        timeout: spec.timeout,
        stop,
        tty: false,
        resources: Resources::default(),
        artifacts: Vec::new(),
        masks: Arc::default(),
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

fn lost(error: &JoinError) -> AttemptEnd {
    AttemptEnd {
        exit: Exit::Lost { reason: format!("the runner failed: {error}") },
        output: None,
        artifacts: Vec::new(),
        last_words: LastWords::default(),
        took: Duration::ZERO,
        closed: None,
    }
}
