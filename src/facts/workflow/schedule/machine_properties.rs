//! Whatever happens in whatever order, a run keeps its promises.
//!
//! A driver that knows nothing of the graph plays a random run, notes what it is told, and now and then dies: another
//! one goes on from what was recorded.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::Map;

use crate::facts::status::NodeStatus;

use super::super::model::Join;
use super::super::{Plan, parse};
use super::{End, NodeSoFar, Outcome, Schedule, SoFar, Step, Stop};

const NODES: usize = 12;
const FINALLY: usize = 3;

#[derive(Debug, Clone)]
struct Shape {
    join: u8,
    kind: u8,
    has_condition: bool,
}

fn plan(edges: &[(usize, usize)], shapes: &[Shape]) -> Plan {
    let mut text = "name: t\nnodes:\n".to_owned();
    for (node, shape) in shapes.iter().enumerate() {
        if node == NODES {
            text.push_str("finally:\n");
        }
        let in_finally = |node: usize| node >= NODES;
        let needs: Vec<String> = edges
            .iter()
            .filter(|(from, to)| *to == node && from < to && in_finally(*from) == in_finally(*to))
            .map(|(from, _)| format!("n{from}"))
            .collect();
        write!(text, "  - {{ id: n{node}, needs: [{}]", needs.join(",")).unwrap();
        if !needs.is_empty() {
            write!(text, ", join: {}", ["all", "any", "first"][usize::from(shape.join)]).unwrap();
        }
        if shape.has_condition {
            text.push_str(", if: \"true\"");
        }
        text.push_str(match shape.kind {
            1 if !in_finally(node) => ", approval: ok?",
            2 => ", workflow: w, retries: 1",
            _ => ", run: x, retries: 1",
        });
        text.push_str(" }\n");
    }
    parse("t", &text).unwrap_or_else(|faults| panic!("{faults}\n{text}")).plan(&Map::new()).unwrap()
}

/// What a driver remembers, and what it has to see kept.
struct Player<'a> {
    plan: &'a Plan,
    jobs: usize,
    /// What is stored: a new driver begins from it.
    stored: Vec<NodeSoFar>,
    working: Vec<usize>,
    deciding: Vec<usize>,
    resting: Vec<usize>,
    over: Vec<usize>,
    end: Option<End>,
}

impl<'a> Player<'a> {
    fn new(plan: &'a Plan, jobs: usize, stored: Vec<NodeSoFar>) -> Self {
        let nothing = Vec::new;
        let over = (0..plan.nodes.len()).filter(|node| is_over(stored[*node])).collect();
        Self {
            plan,
            jobs,
            stored,
            working: nothing(),
            deciding: nothing(),
            resting: nothing(),
            over,
            end: None,
        }
    }

    fn record(&mut self, node: usize, status: NodeStatus, attempt: u32) {
        self.stored[node] = NodeSoFar { so_far: SoFar::Status(status), attempt };
    }

    fn ended(&mut self, node: usize, status: NodeStatus, attempt: u32) {
        assert!(!self.over.contains(&node), "{node} is over a second time");
        self.over.push(node);
        if self.stored[node].so_far != SoFar::Rejected {
            self.record(node, status, attempt);
        }
    }

    fn may_begin(&self, node: usize) {
        let spec = &self.plan.nodes[node];
        let completed = |need: &&usize| {
            matches!(self.stored[**need].so_far, SoFar::Status(NodeStatus::Completed) | SoFar::Reused)
        };
        let completed = spec.needs.iter().filter(completed).count();
        let over = spec.needs.iter().filter(|need| self.over.contains(need)).count();
        let all = spec.needs.len();
        match spec.spec.join {
            Join::All => assert_eq!(completed, all, "{node} began too early"),
            Join::Any => assert!(completed > 0 && over == all, "{node} began too early"),
            Join::First => assert!(completed > 0, "{node} began too early"),
        }
        if node >= NODES {
            assert!((0..NODES).all(|before| self.over.contains(&before)), "finally began too early");
        }
    }

    fn begins(&mut self, node: usize, attempt: u32, status: NodeStatus) {
        self.may_begin(node);
        assert_eq!(attempt, self.stored[node].attempt + 1, "attempts are counted without gaps");
        self.record(node, status, attempt);
        self.working.push(node);
    }

    fn take(&mut self, schedule: &mut Schedule, steps: Vec<Step>) {
        assert!(steps.is_empty() || self.end.is_none(), "steps after the end: {steps:?}");
        for step in steps {
            match step {
                Step::Decide { node } => {
                    self.may_begin(node);
                    self.deciding.push(node);
                }
                Step::Start { node, attempt } => self.begins(node, attempt, NodeStatus::Running),
                Step::Ask { node, attempt, resumed: false } => {
                    self.begins(node, attempt, NodeStatus::AwaitingInput)
                }
                Step::Call { node, attempt, resumed: false } => {
                    self.begins(node, attempt, NodeStatus::Running)
                }
                Step::Ask { node, attempt, .. } | Step::Call { node, attempt, .. } => {
                    assert_eq!(attempt, self.stored[node].attempt);
                    self.working.push(node);
                }
                Step::Lose { node, .. } => {
                    let steps = schedule.finished(node, Outcome::Lost, 0.5);
                    self.take(schedule, steps);
                }
                Step::Reuse { node } => {
                    assert_eq!(self.stored[node].so_far, SoFar::Reused);
                    self.record(node, NodeStatus::Completed, 1);
                }
                Step::Complete { node, attempt } => self.ended(node, NodeStatus::Completed, attempt),
                Step::Fail { node, attempt } => self.ended(node, NodeStatus::Failed, attempt),
                Step::Skip { node, .. } => self.ended(node, NodeStatus::Skipped, 0),
                Step::Cancel { node, attempt } => {
                    self.deciding.retain(|other| *other != node);
                    self.ended(node, NodeStatus::Cancelled, attempt);
                }
                Step::Retry { node, attempt, .. } => {
                    self.record(node, NodeStatus::Retrying, attempt);
                    self.resting.push(node);
                }
                Step::Halt { node } => assert!(self.working.contains(&node)),
                Step::End(end) => assert_eq!(self.end.replace(end), None, "the run ended twice"),
            }
        }
        let places = self.working.iter().filter(|node| self.plan.nodes[**node].takes_a_place()).count();
        assert!(places <= self.jobs, "{places} places are taken");
    }

    /// Lets one thing happen; false when there is nothing left that could.
    fn one_thing(&mut self, schedule: &mut Schedule, pick: usize, kind: u8) -> bool {
        let steps = if !self.deciding.is_empty() && (kind.is_multiple_of(2) || self.working.is_empty()) {
            let node = self.deciding.remove(pick % self.deciding.len());
            if kind == 6 { schedule.undecidable(node) } else { schedule.decided(node, kind != 4) }
        } else if !self.working.is_empty() && (kind != 3 || self.resting.is_empty()) {
            let node = self.working.remove(pick % self.working.len());
            let outcome = [
                Outcome::Succeeded,
                Outcome::Failed,
                Outcome::Hopeless,
                Outcome::Cancelled,
                Outcome::Rejected,
                Outcome::Succeeded,
                Outcome::Succeeded,
                Outcome::Failed,
            ][usize::from(kind)];
            if outcome == Outcome::Rejected {
                self.stored[node].so_far = SoFar::Rejected;
            }
            schedule.finished(node, outcome, 0.5)
        } else if !self.resting.is_empty() {
            schedule.retry_due(self.resting.remove(pick % self.resting.len()))
        } else {
            return false;
        };
        self.take(schedule, steps);
        true
    }
}

fn is_over(node: NodeSoFar) -> bool {
    match node.so_far {
        SoFar::Status(status) => status.is_over(),
        SoFar::Rejected | SoFar::Reused => true,
    }
}

#[derive(Debug, Clone, Copy)]
enum Event {
    Happens(usize, u8),
    Stop,
    StopForGood,
    /// The worker dies, and another takes over.
    Dies,
    /// … to stop the run at once.
    DiesAndStops,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        40 => (0usize..12, 0u8..8).prop_map(|(pick, kind)| Event::Happens(pick, kind)),
        1 => Just(Event::Stop),
        1 => Just(Event::StopForGood),
        2 => Just(Event::Dies),
        1 => Just(Event::DiesAndStops),
    ]
}

proptest! {
    /// Every node is over exactly once, never more than `jobs` places are taken, nothing begins before its join holds,
    /// `finally` has its turn unless it is stopped as well, and the run ends exactly once, whoever drives it by then.
    #[test]
    fn every_run_ends(
        edges in proptest::collection::vec((0..NODES + FINALLY, 0..NODES + FINALLY), 0..30),
        shapes in proptest::collection::vec(
            (0u8..3, 0u8..6, any::<bool>()).prop_map(|(join, kind, has_condition)| Shape { join, kind, has_condition }),
            NODES + FINALLY,
        ),
        reused in proptest::collection::vec(0..NODES, 0..4),
        events in proptest::collection::vec(event(), 0..150),
        jobs in 1usize..5,
    ) {
        let plan = plan(&edges, &shapes);
        let mut stored = vec![NodeSoFar::PENDING; plan.nodes.len()];
        reused.iter().for_each(|node| stored[*node] = NodeSoFar::REUSED);
        let mut schedule = Schedule::resume(&plan, jobs, &stored);
        let mut player = Player::new(&plan, jobs, stored);
        let (mut stops, mut stopped_for_good, mut events) = (0, false, events.into_iter());
        let steps = schedule.begin();
        player.take(&mut schedule, steps);
        loop {
            match events.next().unwrap_or(Event::Happens(0, 0)) {
                Event::Happens(pick, kind) => {
                    if !player.one_thing(&mut schedule, pick, kind) { break; }
                }
                Event::Stop => {
                    stops += 1;
                    stopped_for_good |= stops > 1;
                    let steps = schedule.stop(Stop::Cancelled);
                    player.take(&mut schedule, steps);
                }
                Event::StopForGood => {
                    (stops, stopped_for_good) = (stops + 1, true);
                    let steps = schedule.stop_for_good(Stop::TimedOut);
                    player.take(&mut schedule, steps);
                }
                dies => {
                    if player.end.is_some() { continue; }
                    schedule = Schedule::resume(&plan, jobs, &player.stored);
                    player = Player::new(&plan, jobs, player.stored);
                    let stops_now = matches!(dies, Event::DiesAndStops) || stops > 0;
                    stops = u8::from(stops_now);
                    let steps = if stops_now { schedule.stop(Stop::Cancelled) } else { schedule.begin() };
                    player.take(&mut schedule, steps);
                }
            }
        }
        player.over.sort_unstable();
        prop_assert_eq!(&player.over, &(0..plan.nodes.len()).collect::<Vec<_>>());
        prop_assert!(player.end.is_some());
        let was_cancelled = |node: usize| player.stored[node].so_far == SoFar::Status(NodeStatus::Cancelled);
        if !stopped_for_good {
            let told_itself = |node: usize| player.stored[node].attempt > 0;
            prop_assert!((NODES..NODES + FINALLY).all(|node| !was_cancelled(node) || told_itself(node)));
        }
        if stops == 0 {
            prop_assert!(!matches!(player.end, Some(End::Stopped(_))));
        }
        prop_assert_eq!(player.end == Some(End::Completed), !(0..plan.nodes.len()).any(|node| {
            was_cancelled(node) || player.stored[node].so_far == SoFar::Status(NodeStatus::Failed)
        }));
    }

    /// Without a stop, a condition or a failure everything completes.
    #[test]
    fn what_never_fails_completes(
        edges in proptest::collection::vec((0..NODES, 0..NODES), 0..40),
        joins in proptest::collection::vec(0u8..3, NODES),
        picks in proptest::collection::vec(0usize..12, 1..20),
        jobs in 1usize..5,
    ) {
        let shapes: Vec<Shape> =
            joins.iter().map(|join| Shape { join: *join, kind: 0, has_condition: false }).collect();
        let plan = plan(&edges, &shapes);
        let mut schedule = Schedule::new(&plan, jobs);
        let mut player = Player::new(&plan, jobs, vec![NodeSoFar::PENDING; NODES]);
        let steps = schedule.begin();
        player.take(&mut schedule, steps);
        for pick in picks.iter().cycle() {
            if !player.one_thing(&mut schedule, *pick, 0) { break; }
        }
        prop_assert_eq!(player.end, Some(End::Completed));
        let completed = SoFar::Status(NodeStatus::Completed);
        prop_assert!(player.stored.iter().all(|node| node.so_far == completed));
    }
}
