//! The fold as data: every cell of the tables in `docs/execution-contract.md`, and the laws that hold for any events.

use proptest::prelude::*;
use telltale::facts::event::{Event, EventType, Level};
use telltale::facts::id::{EventId, NodeRef};
use telltale::facts::json::Json;
use telltale::facts::run::{Effect, Run};
use telltale::facts::status::{NodeStatus, RunStatus};
use telltale::facts::temporal::{TemporalAnswer, normalise};
use telltale::facts::time::Timestamp;

const DOCUMENT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/execution-contract.md"));

/// The cells of the table whose head begins with `first`: (row, column, cell).
fn cells(first: &str) -> Vec<(String, String, String)> {
    let split = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let mut lines = DOCUMENT.lines().skip_while(|line| !line.starts_with(&format!("| {first}")));
    let head = split(lines.next().unwrap());
    let rows = lines.skip(1).take_while(|line| line.starts_with('|')).map(split);
    rows.flat_map(|row| {
        let name = row[0].clone();
        let head = head.clone();
        row.into_iter()
            .enumerate()
            .skip(1)
            .map(move |(i, cell)| (name.clone(), head[i].clone(), cell))
            .collect::<Vec<_>>()
    })
    .collect()
}

fn event(seq: u64, kind: EventType, node: Option<&str>, attempt: u32) -> Event {
    let at = Timestamp::from_micros(1_700_000_000_000_000 + seq.cast_signed()).unwrap();
    Event {
        seq,
        recorded_at: at,
        event_id: EventId(uuid::Uuid::from_u128(u128::from(seq))),
        kind,
        node_ref: node.map(|name| name.parse::<NodeRef>().unwrap()),
        attempt: node.map(|_| attempt),
        level: kind.default_level(),
        occurred_at: at,
        message: None,
        data: None,
        output_summary: None,
        error: None,
        metadata: None,
    }
}

fn folded(kinds: &[(EventType, Option<&str>)]) -> Run {
    let mut run = Run::default();
    for (seq, (kind, node)) in (1..).zip(kinds) {
        run.apply(&event(seq, *kind, *node, 1));
    }
    run
}

/// A run in the status that a row names; `¹`: started by a node's event.
fn run_in(row: &str) -> Run {
    use EventType as T;
    let path: &[(T, Option<&str>)] = match row {
        "(none)" => &[],
        "QUEUED" => &[(T::RunQueued, None)],
        "RUNNING" => &[(T::RunStarted, None)],
        "RUNNING¹" => &[(T::NodeStarted, Some("n"))],
        "AWAITING_INPUT" => &[(T::RunStarted, None), (T::NodeAwaitingInput, Some("n"))],
        "AWAITING_INPUT¹" => &[(T::NodeAwaitingInput, Some("n"))],
        "COMPLETED" => &[(T::RunCompleted, None)],
        "FAILED" => &[(T::RunFailed, None)],
        "CANCELLED" => &[(T::RunCancelled, None)],
        "TERMINATED" => &[(T::RunTerminated, None)],
        "TIMED_OUT" => &[(T::RunTimedOut, None)],
        other => panic!("no way to {other}"),
    };
    folded(path)
}

#[test]
fn runs_follow_the_documented_table() {
    let cells = cells("run is");
    assert_eq!(cells.len(), 11 * 8);
    for (row, column, cell) in cells {
        let mut run = run_in(&row);
        let before = run.status();
        let effect = run.apply(&event(100, column.parse().unwrap(), None, 1));
        let expected = cell.parse::<RunStatus>().ok();
        assert_eq!(effect == Effect::Late, expected.is_none(), "{row} {column}");
        assert_eq!(run.status(), expected.unwrap_or(before), "{row} {column}");
    }
}

#[test]
fn nodes_follow_the_documented_table() {
    let cells = cells("node is");
    assert_eq!(cells.len(), 8 * 9);
    for (row, column, cell) in cells {
        let status: NodeStatus = row.parse().unwrap();
        let way = match status {
            NodeStatus::Pending => None,
            NodeStatus::Running => Some(EventType::NodeStarted),
            NodeStatus::Retrying => Some(EventType::NodeRetrying),
            NodeStatus::AwaitingInput => Some(EventType::NodeAwaitingInput),
            NodeStatus::Completed => Some(EventType::NodeCompleted),
            NodeStatus::Failed => Some(EventType::NodeFailed),
            NodeStatus::Skipped => Some(EventType::NodeSkipped),
            NodeStatus::Cancelled => Some(EventType::NodeCancelled),
        };
        let mut run = folded(&way.map(|kind| (kind, Some("n"))).into_iter().collect::<Vec<_>>());
        let effect = run.apply(&event(100, column.parse().unwrap(), Some("n"), 1));
        let expected = cell.parse::<NodeStatus>().ok();
        assert_eq!(effect == Effect::Late, expected.is_none(), "{row} {column}");
        let after = run.nodes.values().next().unwrap().status;
        assert_eq!(after, expected.unwrap_or(status), "{row} {column}");
    }
}

#[test]
fn a_higher_attempt_begins_anew_and_a_lower_one_is_late() {
    let mut run = folded(&[(EventType::NodeFailed, Some("n"))]);
    assert_eq!(run.progress().completed_actions, 1);
    assert_eq!(run.apply(&event(2, EventType::NodeStarted, Some("n"), 2)), Effect::Applied);
    assert_eq!(run.progress().completed_actions, 0);
    assert_eq!(run.apply(&event(3, EventType::NodeCompleted, Some("n"), 1)), Effect::Late);
    assert_eq!(run.apply(&event(4, EventType::NodeCompleted, Some("n"), 2)), Effect::Applied);
    assert_eq!(run.progress().completed_actions, 1);
}

#[test]
fn staleness_is_taken_back_by_the_next_event_even_a_late_one() {
    for (row, kind) in
        [("QUEUED", EventType::Note), ("RUNNING", EventType::RunQueued), ("AWAITING_INPUT", EventType::Note)]
    {
        let mut run = run_in(row);
        let before = run.status();
        run.apply(&event(50, EventType::RunStale, None, 1));
        assert_eq!(run.status(), RunStatus::Stale);
        run.apply(&event(51, EventType::RunStale, None, 1));
        assert_eq!(run.status(), RunStatus::Stale);
        run.apply(&event(52, kind, None, 1));
        assert_eq!(run.status(), before, "{row}");
    }
}

#[test]
fn skipped_and_failed_nodes_bring_progress_to_the_end() {
    let mut run = Run::default();
    let mut start = event(1, EventType::RunStarted, None, 1);
    start.data = Some(
        Json::from_text(r#"{"totalActions":4,"nodes":["a","b",{"nodeRef":"c","needs":["a"]},"d"]}"#.into())
            .unwrap(),
    );
    run.apply(&start);
    for (seq, (node, kind)) in (2..).zip([
        ("a", EventType::NodeCompleted),
        ("b", EventType::NodeFailed),
        ("c", EventType::NodeSkipped),
        ("d", EventType::NodeCancelled),
    ]) {
        run.apply(&event(seq, kind, Some(node), 1));
    }
    let progress = run.progress();
    assert_eq!((progress.completed_actions, progress.total_actions), (4, 4));
}

#[test]
fn a_failure_names_the_node_it_came_from() {
    let mut run = Run::default();
    let mut failed = event(1, EventType::NodeFailed, Some("scan"), 1);
    failed.error = Some(Json::from_text(r#"{"message":"exit status 2","code":"2"}"#.into()).unwrap());
    run.apply(&failed);
    run.apply(&event(2, EventType::RunFailed, None, 1));
    let failure = run.head.failure.unwrap();
    assert_eq!(failure.reason, "exit status 2");
    assert_eq!(failure.node_ref.unwrap().as_str(), "scan");
}

#[test]
fn temporal_statuses_become_run_statuses() {
    let fresh = Run::default();
    for (word, status) in [
        ("RUNNING", RunStatus::Running),
        ("CONTINUED_AS_NEW", RunStatus::Running),
        ("SOMETHING_NEW", RunStatus::Running),
        ("COMPLETED", RunStatus::Completed),
        ("Failed", RunStatus::Failed),
        ("WORKFLOW_EXECUTION_STATUS_CANCELED", RunStatus::Cancelled),
        ("TERMINATED", RunStatus::Terminated),
        ("TIMED_OUT", RunStatus::TimedOut),
        ("TimedOut", RunStatus::TimedOut),
    ] {
        assert_eq!(normalise(TemporalAnswer::Status(word), &fresh), status, "{word}");
    }
    assert_eq!(
        normalise(TemporalAnswer::Status("RUNNING"), &run_in("AWAITING_INPUT")),
        RunStatus::AwaitingInput
    );
    let not_found = |kinds: &[(EventType, Option<&str>)]| normalise(TemporalAnswer::NotFound, &folded(kinds));
    assert_eq!(not_found(&[]), RunStatus::Stale);
    assert_eq!(
        not_found(&[(EventType::NodeFailed, Some("a")), (EventType::NodeCompleted, Some("b"))]),
        RunStatus::Failed
    );
    assert_eq!(not_found(&[(EventType::NodeCompleted, Some("a"))]), RunStatus::Completed);
    assert_eq!(not_found(&[(EventType::NodeStarted, Some("a"))]), RunStatus::Failed);
}

fn any_event() -> impl Strategy<Value = (EventType, Level, usize, u32, Option<&'static str>)> {
    let data = prop_oneof![
        Just(None),
        Just(Some(r#"{"completed":3,"total":2}"#)),
        Just(Some(r#"{"totalActions":2,"nodes":["a",{"nodeRef":"z"}],"labels":{"k":"v"},"inputs":[1e9]}"#)),
        Just(Some(r#"{"totalActions":-1,"nodes":5,"labels":[],"workflow":7}"#)),
        Just(Some("[]")),
    ];
    (prop::sample::select(EventType::ALL), prop::sample::select(Level::ALL), 0..4_usize, 1..4_u32, data)
}

proptest! {
    /// Any order of valid facts folds without panic, twice to the same state, through a checkpoint to the same
    /// state, and never to a progress beyond its total.
    #[test]
    fn any_events_fold_to_one_state(kinds in prop::collection::vec(any_event(), 0..60), cut in 0..60_usize) {
        let events: Vec<Event> = (1..).zip(&kinds).map(|(seq, (kind, level, node, attempt, data))| {
            let name = ["a", "b", "c", "Ω"][*node];
            let node = (kind.needs_node_ref() || *node > 1).then_some(name);
            let mut event = event(seq, *kind, node, *attempt);
            event.level = *level;
            event.data = data.map(|text| Json::from_text(text.to_owned()).unwrap());
            event
        }).collect();
        let mut once = Run::default();
        let effects: Vec<Effect> = events.iter().map(|event| once.apply(event)).collect();
        let mut prefix = Run::default();
        for (event, effect) in events.iter().zip(&effects).take(cut) {
            prop_assert_eq!(prefix.apply(event), *effect);
        }
        let mut resumed: Run = serde_json::from_str(&serde_json::to_string(&prefix).unwrap()).unwrap();
        prop_assert_eq!(&resumed, &prefix);
        for event in events.iter().skip(cut) {
            resumed.apply(event);
        }
        prop_assert_eq!(&resumed, &once);
        let progress = once.progress();
        prop_assert!(progress.completed_actions <= progress.total_actions);
        let over = once.nodes.values().filter(|node| node.status.is_over()).count();
        prop_assert_eq!(over, progress.completed_actions as usize);
    }
}
