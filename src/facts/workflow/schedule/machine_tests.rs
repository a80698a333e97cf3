//! The scheduler as data: what happened in, steps out.

use std::time::Duration;

use serde_json::Map;

use super::super::parse;
use super::machine::pause;
use super::{BACKOFF_MAX, Because, End, NodeSoFar, Outcome, Schedule, SoFar, Step, Stop};
use crate::facts::status::NodeStatus;

/// `"a; b<a; c<a,b !2"`: nodes with their needs and retries.
fn schedule(graph: &str, jobs: usize) -> Schedule {
    let mut text = "name: t\nnodes:\n".to_owned();
    for node in graph.split(';') {
        let (node, retries) = node.trim().split_once('!').unwrap_or((node.trim(), "0"));
        let (id, needs) = node.trim().split_once('<').unwrap_or((node.trim(), ""));
        text.push_str(&format!(
            "  - {{ id: {id}, needs: [{needs}], run: x, retries: {{ limit: {retries}, backoff: 1s }} }}\n"
        ));
    }
    Schedule::new(&parse("t", &text).unwrap().plan(&Map::new()).unwrap(), jobs)
}

#[test]
fn nodes_start_when_their_needs_are_done_and_places_are_free() {
    let mut run = schedule("a; b; c<a; d<b,c", 2);
    assert_eq!(run.begin(), [Step::Start { node: 0, attempt: 1 }, Step::Start { node: 1, attempt: 1 }]);
    assert_eq!(run.finished(1, Outcome::Succeeded, 0.0), [Step::Complete { node: 1, attempt: 1 }]);
    let steps = run.finished(0, Outcome::Succeeded, 0.0);
    assert_eq!(steps, [Step::Complete { node: 0, attempt: 1 }, Step::Start { node: 2, attempt: 1 }]);
    let steps = run.finished(2, Outcome::Succeeded, 0.0);
    assert_eq!(steps, [Step::Complete { node: 2, attempt: 1 }, Step::Start { node: 3, attempt: 1 }]);
    let steps = run.finished(3, Outcome::Succeeded, 0.0);
    assert_eq!(steps, [Step::Complete { node: 3, attempt: 1 }, Step::End(End::Completed)]);
}

#[test]
fn a_failed_node_skips_what_needs_it_and_lets_the_others_go_on() {
    let mut run = schedule("a; b<a; c<b; other; tail<other", 1);
    assert_eq!(run.begin(), [Step::Start { node: 0, attempt: 1 }]);
    let expected = [
        Step::Fail { node: 0, attempt: 1 },
        Step::Skip { node: 1, because: Because::NeedFailed(0) },
        Step::Skip { node: 2, because: Because::NeedSkipped(1) },
        Step::Start { node: 3, attempt: 1 },
    ];
    assert_eq!(run.finished(0, Outcome::Failed, 0.0), expected);
    run.finished(3, Outcome::Succeeded, 0.0);
    let steps = run.finished(4, Outcome::Succeeded, 0.0);
    assert_eq!(steps[1], Step::End(End::Failed { first: 0, failed: 1 }));
}

#[test]
fn retries_wait_twice_as_long_each_time_with_jitter_and_a_ceiling() {
    let mut run = schedule("a !3", 1);
    run.begin();
    let mut delays = Vec::new();
    for attempt in 1..=3 {
        match run.finished(0, Outcome::Failed, 1.0)[..] {
            [Step::Retry { node: 0, attempt: n, delay }] if n == attempt => delays.push(delay.as_secs()),
            ref other => panic!("{other:?}"),
        }
        assert_eq!(run.retry_due(0), [Step::Start { node: 0, attempt: attempt + 1 }]);
    }
    assert_eq!(delays, [1, 2, 4]);
    let steps = run.finished(0, Outcome::Failed, 1.0);
    assert_eq!(steps, [Step::Fail { node: 0, attempt: 4 }, Step::End(End::Failed { first: 0, failed: 1 })]);
    assert_eq!(pause(Duration::from_secs(1), 1, 0.0), Duration::from_millis(500));
    assert_eq!(pause(Duration::from_secs(3600), 400, 1.0), BACKOFF_MAX);
}

#[test]
fn a_hopeless_failure_is_not_retried() {
    let mut run = schedule("a !3", 1);
    run.begin();
    assert_eq!(run.finished(0, Outcome::Hopeless, 0.0)[0], Step::Fail { node: 0, attempt: 1 });
}

#[test]
fn a_resting_node_leaves_its_place_to_others() {
    let mut run = schedule("a !1; b", 1);
    run.begin();
    let steps = run.finished(0, Outcome::Failed, 1.0);
    assert_eq!(steps[1], Step::Start { node: 1, attempt: 1 });
    assert_eq!(run.retry_due(0), []);
    let steps = run.finished(1, Outcome::Succeeded, 0.0);
    assert_eq!(steps[1], Step::Start { node: 0, attempt: 2 });
}

#[test]
fn a_stop_halts_what_runs_and_cancels_the_rest() {
    let mut run = schedule("a; b !1; c<a", 2);
    run.begin();
    run.finished(1, Outcome::Failed, 0.0);
    let expected =
        [Step::Halt { node: 0 }, Step::Cancel { node: 1, attempt: 1 }, Step::Cancel { node: 2, attempt: 0 }];
    assert_eq!(run.stop(Stop::Cancelled), expected);
    assert_eq!(run.stop(Stop::TimedOut), []);
    assert_eq!(run.retry_due(1), []);
    let steps = run.finished(0, Outcome::Cancelled, 0.0);
    assert_eq!(steps, [Step::Cancel { node: 0, attempt: 1 }, Step::End(End::Stopped(Stop::Cancelled))]);
}

#[test]
fn a_stop_that_comes_too_late_changes_nothing() {
    let mut run = schedule("a", 1);
    run.begin();
    assert_eq!(run.stop(Stop::Cancelled), [Step::Halt { node: 0 }]);
    let steps = run.finished(0, Outcome::Succeeded, 0.0);
    assert_eq!(steps[1], Step::End(End::Completed));
}

fn plan(nodes: &str) -> super::super::Plan {
    parse("t", &format!("name: t\n{nodes}")).unwrap().plan(&Map::new()).unwrap()
}

fn start(node: usize, attempt: u32) -> Step {
    Step::Start { node, attempt }
}

#[test]
fn joins_wait_for_all_for_any_and_for_the_first() {
    let plan = plan(
        "nodes:
  - { id: a, run: x }
  - { id: b, run: x }
  - { id: any, needs: [a, b], join: any, run: x }
  - { id: first, needs: [a, b], join: first, run: x }
  - { id: all, needs: [a, b], run: x }
",
    );
    let mut run = Schedule::new(&plan, 9);
    assert_eq!(run.begin(), [start(0, 1), start(1, 1)]);
    let expected = [Step::Complete { node: 0, attempt: 1 }, start(3, 1)];
    assert_eq!(run.finished(0, Outcome::Succeeded, 0.0), expected);
    let skip = Step::Skip { node: 4, because: Because::NeedFailed(1) };
    assert_eq!(
        run.finished(1, Outcome::Failed, 0.0),
        [Step::Fail { node: 1, attempt: 1 }, skip, start(2, 1)]
    );

    let mut run = Schedule::new(&plan, 9);
    run.begin();
    run.finished(0, Outcome::Failed, 0.0);
    let because = Because::NoneCompleted;
    let expected = [
        Step::Fail { node: 1, attempt: 1 },
        Step::Skip { node: 2, because },
        Step::Skip { node: 3, because },
        Step::End(End::Failed { first: 0, failed: 2 }),
    ];
    assert_eq!(run.finished(1, Outcome::Failed, 0.0), expected);
}

#[test]
fn an_approval_takes_no_place_and_its_no_skips_what_needs_it() {
    let plan = plan(
        "nodes:
  - { id: ask, approval: ok? }
  - { id: call, workflow: w }
  - { id: a, run: x }
  - { id: b, run: x }
  - { id: after, needs: ask, run: x }
  - { id: later, needs: after, run: x }
  - { id: either, needs: [ask, b], join: any, run: x }
",
    );
    let mut run = Schedule::new(&plan, 1);
    let ask = Step::Ask { node: 0, attempt: 1, resumed: false };
    let call = Step::Call { node: 1, attempt: 1, resumed: false };
    assert_eq!(run.begin(), [ask, call, start(2, 1)]);
    let expected = [
        Step::Complete { node: 0, attempt: 1 },
        Step::Skip { node: 4, because: Because::Rejected(0) },
        Step::Skip { node: 5, because: Because::NeedSkipped(4) },
    ];
    assert_eq!(run.finished(0, Outcome::Rejected, 0.0), expected);
    run.finished(2, Outcome::Succeeded, 0.0);
    assert_eq!(run.finished(3, Outcome::Succeeded, 0.0)[1], start(6, 1));
    run.finished(6, Outcome::Succeeded, 0.0);
    assert_eq!(run.finished(1, Outcome::Succeeded, 0.0)[1], Step::End(End::Completed));
}

#[test]
fn a_condition_is_asked_for_when_the_needs_are_done_and_needs_no_place() {
    let plan = plan(
        "nodes:
  - { id: a, run: x }
  - { id: b, if: 1, run: x }
  - { id: c, needs: a, if: 1, run: x }
  - { id: d, needs: c, run: x }
  - { id: e, if: 1, run: x }
",
    );
    let mut run = Schedule::new(&plan, 1);
    assert_eq!(run.begin(), [Step::Decide { node: 1 }, Step::Decide { node: 4 }, start(0, 1)]);
    assert_eq!(run.decided(1, true), []);
    assert_eq!(run.decided(1, false), [], "it is decided");
    assert_eq!(run.undecidable(4), [Step::Fail { node: 4, attempt: 1 }]);
    let steps = run.finished(0, Outcome::Succeeded, 0.0);
    assert_eq!(steps[1..], [Step::Decide { node: 2 }, start(1, 1)]);
    let expected = [
        Step::Skip { node: 2, because: Because::Condition },
        Step::Skip { node: 3, because: Because::NeedSkipped(2) },
    ];
    assert_eq!(run.decided(2, false), expected);
    assert_eq!(run.finished(1, Outcome::Succeeded, 0.0)[1], Step::End(End::Failed { first: 4, failed: 1 }));
}

const WITH_FINALLY: &str = "nodes:
  - { id: a, run: x }
  - { id: b, needs: a, run: x }
finally:
  - { id: y, run: x, retries: 1 }
  - { id: z, needs: y, run: x }
";

#[test]
fn finally_runs_after_a_failure_and_fails_the_run_by_itself() {
    let plan = plan(WITH_FINALLY);
    let mut run = Schedule::new(&plan, 4);
    assert_eq!(run.begin(), [start(0, 1)]);
    let skip = Step::Skip { node: 1, because: Because::NeedFailed(0) };
    assert_eq!(
        run.finished(0, Outcome::Failed, 0.0),
        [Step::Fail { node: 0, attempt: 1 }, skip, start(2, 1)]
    );
    assert_eq!(run.finished(2, Outcome::Succeeded, 0.0)[1], start(3, 1));
    assert_eq!(run.finished(3, Outcome::Succeeded, 0.0)[1], Step::End(End::Failed { first: 0, failed: 1 }));

    let mut run = Schedule::new(&plan, 4);
    run.begin();
    run.finished(0, Outcome::Succeeded, 0.0);
    assert_eq!(run.finished(1, Outcome::Succeeded, 0.0)[1], start(2, 1));
    assert_eq!(run.end_so_far(), End::Completed);
    let steps = run.finished(2, Outcome::Hopeless, 0.0);
    assert_eq!(steps[1], Step::Skip { node: 3, because: Because::NeedFailed(2) });
    assert_eq!(steps[2], Step::End(End::Failed { first: 2, failed: 1 }));
}

#[test]
fn a_stop_spares_finally_and_a_second_one_does_not() {
    let plan = plan(WITH_FINALLY);
    let mut run = Schedule::new(&plan, 4);
    run.begin();
    assert_eq!(run.stop(Stop::TimedOut), [Step::Halt { node: 0 }, Step::Cancel { node: 1, attempt: 0 }]);
    let expected = [Step::Cancel { node: 0, attempt: 1 }, start(2, 1)];
    assert_eq!(run.finished(0, Outcome::Cancelled, 0.0), expected);
    assert_eq!(run.end_so_far().status(), crate::facts::status::RunStatus::TimedOut);
    let steps = run.finished(2, Outcome::Failed, 1.0);
    assert!(matches!(steps[..], [Step::Retry { node: 2, attempt: 1, .. }]), "finally retries: {steps:?}");
    assert_eq!(run.retry_due(2), [start(2, 2)]);
    assert_eq!(run.stop(Stop::Cancelled), [Step::Halt { node: 2 }, Step::Cancel { node: 3, attempt: 0 }]);
    let expected = [Step::Cancel { node: 2, attempt: 2 }, Step::End(End::Stopped(Stop::TimedOut))];
    assert_eq!(run.finished(2, Outcome::Cancelled, 0.0), expected);
    assert_eq!(run.stop(Stop::Cancelled), []);

    let mut run = Schedule::new(&plan, 4);
    run.begin();
    let cancel = |node| Step::Cancel { node, attempt: 0 };
    assert_eq!(run.stop_for_good(Stop::Cancelled), [Step::Halt { node: 0 }, cancel(1), cancel(2), cancel(3)]);
}

fn so_far(status: NodeStatus, attempt: u32) -> NodeSoFar {
    NodeSoFar { so_far: SoFar::Status(status), attempt }
}

const TAKEN_OVER: &str = "nodes:
  - { id: done, run: x }
  - { id: lost, run: x, retries: 1 }
  - { id: spent, run: x, retries: 1 }
  - { id: resting, run: x, retries: 3 }
  - { id: asked, approval: ok? }
  - { id: called, workflow: w }
  - { id: rejected, approval: ok? }
  - { id: after-done, needs: done, run: x }
  - { id: after-spent, needs: spent, run: x }
  - { id: after-rejected, needs: rejected, run: x }
finally:
  - { id: tidy, run: x }
";

fn taken_over() -> Vec<NodeSoFar> {
    vec![
        so_far(NodeStatus::Completed, 2),
        so_far(NodeStatus::Running, 1),
        so_far(NodeStatus::Running, 2),
        so_far(NodeStatus::Retrying, 2),
        so_far(NodeStatus::AwaitingInput, 1),
        so_far(NodeStatus::Running, 1),
        NodeSoFar { so_far: SoFar::Rejected, attempt: 1 },
    ]
}

#[test]
fn a_run_is_taken_over_from_its_stored_state() {
    let plan = plan(TAKEN_OVER);
    let mut run = Schedule::resume(&plan, 2, &taken_over());
    let expected = [
        Step::Lose { node: 1, attempt: 1 },
        Step::Lose { node: 2, attempt: 2 },
        Step::Ask { node: 4, attempt: 1, resumed: true },
        Step::Call { node: 5, attempt: 1, resumed: true },
        Step::Skip { node: 9, because: Because::Rejected(6) },
        start(3, 3),
        start(7, 1),
    ];
    assert_eq!(run.begin(), expected);
    assert_eq!(run.begin(), [], "it has begun");
    let delay = Duration::from_secs(1);
    assert_eq!(run.finished(1, Outcome::Lost, 1.0), [Step::Retry { node: 1, attempt: 1, delay }]);
    let skip = Step::Skip { node: 8, because: Because::NeedFailed(2) };
    assert_eq!(run.finished(2, Outcome::Lost, 1.0), [Step::Fail { node: 2, attempt: 2 }, skip]);
    assert_eq!(run.finished(4, Outcome::Succeeded, 0.0), [Step::Complete { node: 4, attempt: 1 }]);
}

#[test]
fn a_run_that_is_taken_over_to_be_stopped_starts_nothing_more_but_finally() {
    let plan = plan(TAKEN_OVER);
    let mut run = Schedule::resume(&plan, 2, &taken_over());
    let cancel = |node, attempt| Step::Cancel { node, attempt };
    let expected = [
        Step::Ask { node: 4, attempt: 1, resumed: true },
        Step::Call { node: 5, attempt: 1, resumed: true },
        cancel(1, 1),
        cancel(2, 2),
        cancel(3, 2),
        Step::Halt { node: 4 },
        Step::Halt { node: 5 },
        cancel(7, 0),
        cancel(8, 0),
        cancel(9, 0),
    ];
    assert_eq!(run.stop(Stop::Cancelled), expected);
    run.finished(4, Outcome::Cancelled, 0.0);
    assert_eq!(run.finished(5, Outcome::Cancelled, 0.0), [cancel(5, 1), start(10, 1)]);
    assert_eq!(run.finished(10, Outcome::Succeeded, 0.0)[1], Step::End(End::Stopped(Stop::Cancelled)));
}

#[test]
fn a_run_again_from_the_middle_reuses_what_came_before() {
    let plan = plan("nodes: [{ id: a, run: x }, { id: b, needs: a, run: x }, { id: c, needs: b, run: x }]");
    let mut run = Schedule::resume(&plan, 2, &[NodeSoFar::REUSED]);
    assert_eq!(run.begin(), [Step::Reuse { node: 0 }, start(1, 1)]);
    let mut run = Schedule::resume(&plan, 2, &[NodeSoFar::REUSED; 3]);
    let reuse = |node| Step::Reuse { node };
    assert_eq!(run.begin(), [reuse(0), reuse(1), reuse(2), Step::End(End::Completed)]);
}

#[test]
fn a_rejected_approval_is_known_by_its_output() {
    let plan = plan("nodes: [{ id: a, approval: x }, { id: b, run: x }]");
    let no = serde_json::json!({ "approved": false });
    let stored =
        |node: usize, output| NodeSoFar::stored(&plan.nodes[node], NodeStatus::Completed, 1, output).so_far;
    assert_eq!(stored(0, Some(&no)), SoFar::Rejected);
    assert_eq!(stored(0, None), SoFar::Status(NodeStatus::Completed));
    assert_eq!(stored(1, Some(&no)), SoFar::Status(NodeStatus::Completed));
    let pending = NodeSoFar::stored(&plan.nodes[1], NodeStatus::Pending, 1, None);
    assert_eq!(pending, NodeSoFar::PENDING);
}

#[test]
fn a_chain_of_ten_thousand_nodes_is_skipped_without_ten_thousand_frames() {
    let mut nodes = "nodes:\n  - { id: n0, run: x }\n".to_owned();
    for node in 1..10_000 {
        nodes.push_str(&format!("  - {{ id: n{node}, needs: n{}, run: x }}\n", node - 1));
    }
    let mut run = Schedule::new(&plan(&nodes), 1);
    run.begin();
    assert_eq!(run.finished(0, Outcome::Failed, 0.0).len(), 10_001);
}
