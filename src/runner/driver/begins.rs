//! What the driver begins: conditions, attempts, questions and calls, each in a task that comes back with its end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::{Driver, Happened};
use crate::facts::workflow::model::Kind;
use crate::facts::workflow::schedule::{Outcome, Step};
use crate::facts::workflow::scope::{RunSoFar, Scope};
use crate::runner::call::Calling;
use crate::runner::course::Course;
use crate::runner::engine::{Attempt, Exit, Limit};
use crate::runner::node::{self, AttemptEnd};
use crate::runner::recorder::Recorder;
use crate::runner::{attempt, keep, question};

impl Driver {
    /// What the templates of a node see.
    fn scope(&self, node: usize) -> Scope {
        let status = self.schedule.end_so_far().status();
        let run = RunSoFar { run_id: self.course.run_id.as_str(), inputs: &self.course.inputs, status };
        self.course.plan.scope(node, run, |other| self.results[other].clone())
    }

    pub(super) fn decide(&mut self, node: usize) -> Vec<Step> {
        let spec = &self.course.plan.nodes[node].spec;
        match spec.condition.as_ref().map_or(Ok(true), |condition| condition.holds(&self.scope(node))) {
            Ok(holds) => self.schedule.decided(node, holds),
            Err(error) => {
                let exit = Exit::NotStarted { reason: error.to_string(), hopeless: true };
                self.ends.insert(node, AttemptEnd::without_attempt(exit));
                self.schedule.undecidable(node)
            }
        }
    }

    /// Fails a node that can't be started, for good.
    fn refuse(&mut self, node: usize, reason: impl ToString) -> Vec<Step> {
        let exit = Exit::NotStarted { reason: reason.to_string(), hopeless: true };
        self.ends.insert(node, AttemptEnd::without_attempt(exit));
        self.schedule.finished(node, Outcome::Hopeless, 0.0)
    }

    pub(super) fn start(&mut self, node: usize, number: u32) -> Vec<Step> {
        let stop = CancellationToken::new();
        let attempt = match attempt::prepare(&self.course, &self.scope(node), node, number, stop.clone()) {
            Ok(attempt) => attempt,
            Err(reason) => return self.refuse(node, reason),
        };
        let (course, recorder) = (Arc::clone(&self.course), Arc::clone(&self.recorder));
        self.spawn(node, stop, async move { Happened::Ended(work(&course, &recorder, node, attempt).await) });
        Vec::new()
    }

    pub(super) async fn ask(&mut self, node: usize, attempt: u32, resumed: bool) -> Vec<Step> {
        let planned = self.course.plan.nodes[node].clone();
        let Kind::Approval(approval) = &planned.spec.kind else {
            return self.refuse(node, "it is no question");
        };
        if !resumed {
            match question::asked(approval, &self.scope(node), &planned.id, attempt) {
                Ok(event) => self.say(event).await,
                Err(fault) => return self.refuse(node, fault),
            }
        }
        let (course, stop) = (Arc::clone(&self.course), CancellationToken::new());
        let (stopped, age) = (stop.clone(), self.age_of(node, resumed));
        self.spawn(node, stop, async move {
            let Course { client, run_id, .. } = &*course;
            let timeout = Limit { whole: planned.spec.timeout, age };
            match question::answer(client, run_id, &planned.id, attempt, timeout, &stopped).await {
                Ok(answer) => Happened::Answered(answer),
                Err(exit) => Happened::Ended(AttemptEnd::without_attempt(exit)),
            }
        });
        Vec::new()
    }

    pub(super) async fn call(&mut self, node: usize, attempt: u32, resumed: bool) -> Vec<Step> {
        let planned = self.course.plan.nodes[node].clone();
        let Kind::Call(call) = &planned.spec.kind else { return self.refuse(node, "it is no call") };
        let inputs = match call.inputs(&self.scope(node)) {
            Ok(inputs) => inputs,
            Err(fault) => return self.refuse(node, fault),
        };
        let calling = Calling {
            client: self.course.client.clone(),
            workflow: call.workflow.to_string(),
            inputs,
            caller: self.course.run_id.clone(),
            node: planned.id.clone(),
            attempt,
            depth: self.course.depth + 1,
        };
        if !resumed {
            self.say(calling.started()).await;
        }
        let (recorder, stop) = (Arc::clone(&self.recorder), CancellationToken::new());
        let (stopped, age) = (stop.clone(), self.age_of(node, resumed));
        self.spawn(node, stop, async move {
            let began = Instant::now();
            let result = calling.result(Limit { whole: planned.spec.timeout, age }, stopped).await;
            let mut end = AttemptEnd::of_call(result, age + began.elapsed());
            keep::keep(&recorder, &planned.id, attempt, &mut end).await;
            Happened::Ended(end)
        });
        Vec::new()
    }

    /// How long a node has been waiting that was begun by a worker before.
    fn age_of(&self, node: usize, resumed: bool) -> Duration {
        self.ages.get(node).copied().filter(|_| resumed).unwrap_or_default()
    }

    fn spawn(
        &mut self,
        node: usize,
        stop: CancellationToken,
        task: impl Future<Output = Happened> + Send + 'static,
    ) {
        self.stops.insert(node, stop);
        let task = self.tasks.spawn(task);
        self.nodes.insert(task.id(), node);
    }
}

/// One attempt of a command, once there is a place for it.
async fn work(course: &Course, recorder: &Recorder, node: usize, attempt: Attempt) -> AttemptEnd {
    let _place = tokio::select! {
        place = course.places.acquire() => place,
        () = attempt.stop.cancelled() => return AttemptEnd::without_attempt(Exit::Stopped),
    };
    let stop = attempt.stop.clone();
    let attempt = tokio::select! {
        attempt = attempt::with_secrets(course, node, attempt) => match attempt {
            Ok(attempt) => attempt,
            Err(exit) => return AttemptEnd::without_attempt(exit),
        },
        () = stop.cancelled() => return AttemptEnd::without_attempt(Exit::Stopped),
    };
    let engine = course.engine.as_ref().filter(|_| attempt.image.is_some());
    let (id, number) = (attempt.node.clone(), attempt.number);
    let mut end = node::run(recorder, engine, attempt).await;
    keep::keep(recorder, &id, number, &mut end).await;
    end
}
