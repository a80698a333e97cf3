//! What the driver tells: an event for each end that the schedule has decided about, in its order.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::oneshot;

use super::{Driver, Happened, SIGN_OF_LIFE_EVERY};
use crate::client::NewEvent;
use crate::facts::event::EventType;
use crate::facts::status::NodeStatus;
use crate::facts::workflow::schedule::End;
use crate::facts::workflow::scope::NodeResult;
use crate::runner::engine::Exit;
use crate::runner::node::AttemptEnd;
use crate::runner::output::Output;
use crate::runner::{keep, story};

impl Driver {
    pub(super) async fn complete(&mut self, node: usize, attempt: u32) {
        let Some(mut end) = self.ends.remove(&node) else { return };
        let stored = end.stored.take();
        self.say_after(story::completed(self.id(node), attempt, &end), stored).await;
        if let Some(summary) = end.output.as_ref().and_then(Output::summary) {
            self.summaries.push((self.id(node).clone(), summary.clone()));
        }
        let output = end.output.map(Output::into_value).unwrap_or_default();
        self.results[node] = NodeResult { status: NodeStatus::Completed, output };
    }

    pub(super) async fn reuse(&mut self, node: usize) {
        let of = self.reuses.clone();
        let output = self.results[node].output.clone();
        let mut end = AttemptEnd::without_attempt(Exit::Code(0));
        end.output = Output::of_value(output);
        keep::keep(&self.recorder, &self.id(node).clone(), 1, &mut end).await;
        let event = story::completed(self.id(node), 1, &end).with_data(json!({ "reusedFrom": of }));
        self.say(event.with_message("reused from an earlier run")).await;
        if let Some(summary) = end.output.as_ref().and_then(Output::summary) {
            self.summaries.push((self.id(node).clone(), summary.clone()));
        }
    }

    pub(super) async fn retry(&mut self, node: usize, attempt: u32, delay: Duration) {
        let task = self.tasks.spawn(async move {
            tokio::time::sleep(delay).await;
            Happened::Rested
        });
        self.nodes.insert(task.id(), node);
        let Some(mut end) = self.ends.remove(&node) else { return };
        let millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        let limit = self.course.plan.nodes[node].spec.retries.limit;
        let data = json!({ "delayMs": millis, "nextAttempt": attempt + 1, "attempts": limit + 1 });
        let stored = end.stored.take();
        let event = story::failed(EventType::NodeRetrying, self.id(node), attempt, &end, Some(data));
        self.say_after(event, stored).await;
    }

    pub(super) async fn fail(&mut self, node: usize, attempt: u32) {
        let Some(mut end) = self.ends.remove(&node) else { return };
        let stored = end.stored.take();
        let event = story::failed(EventType::NodeFailed, self.id(node), attempt, &end, None);
        self.failures.insert(node, end.exit);
        self.results[node].status = NodeStatus::Failed;
        self.say_after(event, stored).await;
    }

    pub(super) async fn sign_of_life(&mut self) {
        if self.spoke_at.elapsed() >= SIGN_OF_LIFE_EVERY {
            let running = self.stops.len();
            self.say(story::note("debug", format!("still running: {running} nodes"))).await;
        }
    }

    pub(super) async fn say(&mut self, event: NewEvent) {
        self.say_after(event, None).await;
    }

    pub(super) async fn say_after(&mut self, event: NewEvent, stored: Option<oneshot::Receiver<()>>) {
        self.spoke_at = Instant::now();
        drop(self.recorder.event(event, stored).await);
    }

    pub(super) async fn ended(&mut self, end: End) {
        let exit = match end {
            End::Failed { first, .. } => self.failures.get(&first),
            End::Completed | End::Stopped(_) => None,
        };
        let event = story::ended(&self.course.plan, end, exit, &self.summaries);
        self.say(event).await;
        self.end = Some(end);
    }
}
