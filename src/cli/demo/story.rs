//! One made-up run: its events and lines, from a seed and an index. Pure: the same numbers give the same run, but for
//! the times, which count back from `now`.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::{NewEvent, NewLogLine};
use crate::facts::id::RunId;
use crate::facts::status::RunStatus;
use crate::facts::time::Timestamp;

use super::dice::Dice;
use super::templates::{LINES, TEMPLATES, TROUBLES, Template, Trouble};

const SECOND: i64 = 1_000_000;
/// Runs that are over began within this time.
const SPAN_SECONDS: u64 = 30 * 24 * 3600;
/// Runs that go on began within this time, as they would.
const FRESH_SECONDS: u64 = 600;
/// The weights of the statuses, of a hundred.
const WEIGHTS: &[(RunStatus, u64)] = &[
    (RunStatus::Completed, 56),
    (RunStatus::Failed, 16),
    (RunStatus::Running, 5),
    (RunStatus::Queued, 4),
    (RunStatus::AwaitingInput, 4),
    (RunStatus::Cancelled, 5),
    (RunStatus::Terminated, 3),
    (RunStatus::TimedOut, 4),
    (RunStatus::Stale, 3),
];

/// A run's history, in the order in which it has to be sent.
pub(super) struct Story {
    pub(super) run_id: RunId,
    pub(super) status: RunStatus,
    /// RUN_QUEUED, which registers the run.
    pub(super) first: NewEvent,
    pub(super) lines: Vec<NewLogLine>,
    /// Everything else: an event that ends an attempt closes its streams, so that lines come before.
    pub(super) rest: Vec<NewEvent>,
}

/// The run of that index; each of the first runs has a status of its own, so that none is missing.
pub(super) fn story(seed: u64, index: u64, now: Timestamp) -> Option<Story> {
    let run_id: RunId = format!("seed-{seed}-{index:06}").parse().ok()?;
    let mut dice = Dice::new(seed, index);
    let status = usize::try_from(index)
        .ok()
        .and_then(|index| WEIGHTS.get(index))
        .map_or_else(|| weighted(&mut dice), |(status, _)| *status);
    let template_at = usize::try_from(dice.below(TEMPLATES.len() as u64)).unwrap_or(0);
    let template = TEMPLATES.get(template_at)?;
    let goes_on = matches!(status, RunStatus::Queued | RunStatus::Running | RunStatus::AwaitingInput);
    let age = dice.below(if goes_on { FRESH_SECONDS } else { SPAN_SECONDS });
    // A run that is over had the time to end.
    let age = if goes_on { age } else { age.max(FRESH_SECONDS) };
    let began = now.as_micros() - i64::try_from(age).unwrap_or(0) * SECOND;
    let mut teller = Teller {
        run_id,
        dice,
        at: began,
        latest: now.as_micros(),
        count: 0,
        lines: Vec::new(),
        events: Vec::new(),
    };
    teller.tell(template, status);
    let mut events = teller.events.into_iter();
    let first = events.next()?;
    Some(Story { run_id: teller.run_id, status, first, lines: teller.lines, rest: events.collect() })
}

fn weighted(dice: &mut Dice) -> RunStatus {
    let mut left = dice.below(100);
    for (status, weight) in WEIGHTS {
        match left.checked_sub(*weight) {
            Some(rest) => left = rest,
            None => return *status,
        }
    }
    RunStatus::Completed
}

struct Teller {
    run_id: RunId,
    dice: Dice,
    at: i64,
    latest: i64,
    /// Events so far: what their ids are made of.
    count: u32,
    lines: Vec<NewLogLine>,
    events: Vec<NewEvent>,
}

impl Teller {
    fn tell(&mut self, template: &Template, status: RunStatus) {
        self.queued(template);
        match status {
            RunStatus::Queued => return,
            RunStatus::Stale if self.dice.chance(20) => return self.stale(),
            _ => {}
        }
        self.pass(1, 5);
        self.run("RUN_STARTED", None);
        let nodes = template.nodes.len() as u64;
        // Where a run that does not complete stops: at any of its nodes.
        let stops_at = usize::try_from(self.dice.below(nodes)).unwrap_or(0);
        for (place, (name, _)) in template.nodes.iter().enumerate() {
            let ends_here = status != RunStatus::Completed && place == stops_at;
            if !ends_here {
                self.completed(name);
                continue;
            }
            self.stopped(name, status);
            if status == RunStatus::Failed {
                for (skipped, _) in template.nodes.iter().skip(place + 1) {
                    let data = json!({ "reason": "need-failed", "need": name });
                    self.node("NODE_SKIPPED", skipped, None).data = Some(data);
                }
            }
            break;
        }
        self.ended(template, status);
    }

    fn queued(&mut self, template: &Template) {
        let needs = |needs: &[usize]| -> Vec<&str> {
            needs.iter().filter_map(|place| template.nodes.get(*place)).map(|(name, _)| *name).collect()
        };
        let nodes: Vec<Value> = template
            .nodes
            .iter()
            .map(|(name, places)| json!({ "nodeRef": name, "needs": needs(places) }))
            .collect();
        let trigger = self.dice.pick("manual", &["schedule", "webhook", "api"]);
        let env = self.dice.pick("production", &["staging", "development"]);
        let region = self.dice.pick("eu-central", &["us-east", "ap-south"]);
        let data = json!({
            "workflow": template.name,
            "engine": "external",
            "trigger": { "type": trigger },
            "labels": { "team": template.team, "env": env, "region": region, "source": "demo" },
            "inputs": { "domain": format!("host-{}.example.org", self.dice.below(1_000)), "depth": self.dice.between(1, 5) },
            "nodes": nodes,
            "totalActions": template.nodes.len(),
        });
        self.run("RUN_QUEUED", Some(data));
    }

    /// A node that completes, some at their second or third attempt.
    fn completed(&mut self, name: &str) {
        let retries = if self.dice.chance(12) { self.dice.between(1, 2) } else { 0 };
        let mut attempt = 1;
        for _ in 0..retries {
            self.attempt(name, attempt);
            let trouble = self.trouble();
            let event = self.node("NODE_RETRYING", name, Some(attempt));
            event.error = Some(error_of(trouble));
            event.data = Some(json!({ "delayMs": 1_000 << attempt }));
            attempt += 1;
            self.pass(1, 8);
        }
        self.attempt(name, attempt);
        let output = json!({ "items": self.dice.below(10_000), "ok": true });
        self.node("NODE_COMPLETED", name, Some(attempt)).output_summary = Some(output);
    }

    /// The node at which the run stops, or goes on for ever.
    fn stopped(&mut self, name: &str, status: RunStatus) {
        self.attempt(name, 1);
        match status {
            RunStatus::Failed => {
                let trouble = self.trouble();
                let event = self.node("NODE_FAILED", name, Some(1));
                event.message = Some(trouble.message.to_owned());
                event.error = Some(error_of(trouble));
            }
            RunStatus::Cancelled | RunStatus::TimedOut => {
                self.node("NODE_CANCELLED", name, Some(1));
            }
            RunStatus::AwaitingInput => {
                let event = self.node("NODE_AWAITING_INPUT", name, Some(1));
                event.message = Some("may this go on?".to_owned());
            }
            _ => {}
        }
    }

    fn ended(&mut self, template: &Template, status: RunStatus) {
        self.pass(0, 2);
        match status {
            RunStatus::Completed => {
                let result = json!({ "result": { "items": self.dice.below(10_000) } });
                self.run("RUN_COMPLETED", Some(result));
            }
            RunStatus::Failed => {
                let trouble = self.trouble();
                let message = format!("{} failed: {}", template.name, trouble.message);
                self.run("RUN_FAILED", None).error =
                    Some(json!({ "message": message, "code": trouble.code }));
            }
            RunStatus::Cancelled => {
                self.run("RUN_CANCELLED", None).message = Some("cancelled by whoever started it".to_owned());
            }
            RunStatus::Terminated => {
                self.run("RUN_TERMINATED", None).message = Some("terminated by an operator".to_owned());
            }
            RunStatus::TimedOut => {
                let error = json!({ "message": "the run did not finish within 1h", "code": "timeout" });
                self.run("RUN_TIMED_OUT", None).error = Some(error);
            }
            RunStatus::Stale => self.stale(),
            RunStatus::Queued | RunStatus::Running | RunStatus::AwaitingInput => {}
        }
    }

    /// A start, some signs of life, some output.
    fn attempt(&mut self, name: &str, attempt: u32) {
        self.pass(0, 3);
        self.node("NODE_STARTED", name, Some(attempt));
        if self.dice.chance(35) {
            let total = self.dice.between(10, 2_000);
            for part in 1..=self.dice.between(1, 3) {
                self.pass(1, 20);
                let completed = total * part / 4;
                let event = self.node("NODE_PROGRESS", name, Some(attempt));
                event.message = Some(format!("{completed} of {total} items"));
                event.data = Some(json!({ "completed": completed, "total": total }));
            }
        }
        if self.dice.chance(15) {
            let url = format!("https://api.example.org/v1/items/{}", self.dice.below(9_999));
            self.node("HTTP_REQUEST_SENT", name, Some(attempt)).data =
                Some(json!({ "method": "GET", "url": url }));
            self.pass(0, 1);
            let answer = json!({ "status": 200, "url": url, "durationMs": self.dice.between(8, 900) });
            self.node("HTTP_RESPONSE_RECEIVED", name, Some(attempt)).data = Some(answer);
        }
        if self.dice.chance(25) {
            self.output(name, attempt);
        }
        self.pass(1, 90);
    }

    fn output(&mut self, name: &str, attempt: u32) {
        for line_no in 1..=self.dice.between(3, 24) {
            let place = usize::try_from(self.dice.below(LINES.len() as u64)).unwrap_or(0);
            let number = self.dice.below(100_000).to_string();
            let text = LINES.get(place).map_or_else(String::new, |line| line.replace("{n}", &number));
            let at = self.time();
            self.lines.push(NewLogLine::new(name, attempt, "stdout", line_no, at, text.as_bytes()));
        }
    }

    fn stale(&mut self) {
        // A run is stale when nothing was heard of it for a quarter of an hour.
        self.at = (self.at + 900 * SECOND).min(self.latest);
        self.run("RUN_STALE", None);
    }

    fn trouble(&mut self) -> &'static Trouble {
        let place = usize::try_from(self.dice.below(TROUBLES.len() as u64)).unwrap_or(0);
        &TROUBLES[place.min(TROUBLES.len() - 1)]
    }

    /// Time goes on, but never beyond now.
    fn pass(&mut self, from_seconds: u64, to_seconds: u64) {
        let micros = self.dice.between(from_seconds * 1_000_000 + 1_000, to_seconds * 1_000_000 + 999_000);
        self.at = (self.at + i64::try_from(micros).unwrap_or(SECOND)).min(self.latest);
    }

    fn time(&self) -> Timestamp {
        Timestamp::from_micros(self.at).unwrap_or(Timestamp::EPOCH)
    }

    fn run(&mut self, kind: &str, data: Option<Value>) -> &mut NewEvent {
        let event = NewEvent::run(self.next_id(), kind, self.time());
        self.push(NewEvent { data, ..event })
    }

    fn node(&mut self, kind: &str, name: &str, attempt: Option<u32>) -> &mut NewEvent {
        let event = NewEvent::node(self.next_id(), kind, name, attempt.unwrap_or(1), self.time());
        self.push(NewEvent { attempt, ..event })
    }

    fn push(&mut self, event: NewEvent) -> &mut NewEvent {
        let place = self.events.len();
        self.events.push(event);
        &mut self.events[place]
    }

    /// The same for the same event of the same run, so that a repeat is stored once.
    fn next_id(&mut self) -> Uuid {
        self.count += 1;
        let name = format!("telltale/demo/{}/{}", self.run_id, self.count);
        Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
    }
}

fn error_of(trouble: &Trouble) -> Value {
    let Trouble { message, code, kind, stack } = trouble;
    json!({ "message": message, "code": code, "type": kind, "stack": stack })
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    fn now() -> Timestamp {
        "2026-11-22T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_seed_gives_the_same_histories_whenever_it_is_sown() {
        let later: Timestamp = "2026-11-23T11:30:00Z".parse().unwrap();
        for index in 0..50 {
            let (first, second) = (story(7, index, now()).unwrap(), story(7, index, later).unwrap());
            let ids = |story: &Story| -> Vec<_> {
                std::iter::once(&story.first)
                    .chain(&story.rest)
                    .map(|event| (event.event_id, event.kind.clone()))
                    .collect()
            };
            assert_eq!((first.run_id.as_str(), ids(&first)), (second.run_id.as_str(), ids(&second)));
            assert_eq!(first.lines.len(), second.lines.len());
        }
        let other = story(8, 20, now()).unwrap();
        assert_ne!(other.first.event_id, story(7, 20, now()).unwrap().first.event_id);
    }

    #[test]
    fn all_statuses_are_there_and_times_lie_in_the_last_thirty_days() {
        let stories: Vec<Story> = (0..2_000).map(|index| story(1, index, now()).unwrap()).collect();
        let mut counts: HashMap<RunStatus, usize> = HashMap::new();
        let mut ids = HashSet::new();
        for story in &stories {
            *counts.entry(story.status).or_default() += 1;
            let mut last = Timestamp::EPOCH;
            for event in std::iter::once(&story.first).chain(&story.rest) {
                assert!(ids.insert(event.event_id));
                let at = event.occurred_at.unwrap();
                assert!(at >= last && at <= now());
                last = at;
            }
            let oldest = now().as_micros() - 30 * 24 * 3600 * SECOND;
            assert!(story.first.occurred_at.unwrap().as_micros() >= oldest);
        }
        assert!(RunStatus::ALL.iter().all(|status| counts[status] >= 20), "{counts:?}");
        let few: HashSet<RunStatus> = (0..9).map(|index| story(1, index, now()).unwrap().status).collect();
        assert_eq!(few.len(), RunStatus::ALL.len());
        let with = |kind: &str| stories.iter().flat_map(|s| &s.rest).filter(|e| e.kind == kind).count();
        assert!(with("NODE_RETRYING") > 100 && with("NODE_FAILED") > 100 && with("NODE_SKIPPED") > 100);
        assert!(stories.iter().filter(|story| !story.lines.is_empty()).count() > 500);
    }
}
