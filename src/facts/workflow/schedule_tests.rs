//! The scheduler as data: what happened in, steps out.

use serde_json::Map;

use super::super::parse;
use super::*;

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
