//! Timelines from events: order, critical paths, progress, and what a comparison finds first.

use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::facts::event::{Event, EventType};
use crate::facts::event_input::{Defaults, parse_event};
use crate::facts::time::Timestamp;

fn at(second: u64) -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000 + i64::try_from(second).unwrap() * 1_000_000).unwrap()
}

fn event(second: u64, text: Value) -> Event {
    let defaults = Defaults { received_at: at(second), event_id: Uuid::from_u128(u128::from(second)) };
    parse_event(&text.to_string(), "", defaults).unwrap().event
}

/// A timeline of `(second, type, node, more)`.
fn timeline(told: &[(u64, EventType, Option<&str>, Value)], rules: &Rules) -> Timeline {
    let mut gatherer = Gatherer::new("the-run".parse().unwrap(), rules);
    for (seq, (second, kind, node, more)) in (1..).zip(told) {
        let mut text = json!({"type": kind.as_str()});
        let map = text.as_object_mut().unwrap();
        map.extend(node.map(|node| ("nodeRef".to_owned(), node.into())));
        map.extend(more.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())));
        gatherer.take(&Event { seq, ..event(*second, text) }).unwrap();
    }
    gatherer.finish()
}

fn nodes(needs: bool) -> Value {
    let list = match needs {
        true => {
            json!([{"nodeRef": "end", "needs": ["slow", "fast"]}, {"nodeRef": "slow"}, {"nodeRef": "fast"}])
        }
        false => json!(["slow", "fast", "end"]),
    };
    json!({"data": {"workflow": "w", "nodes": list}})
}

fn course(needs: bool) -> Vec<(u64, EventType, Option<&'static str>, Value)> {
    use EventType::{NodeCompleted, NodeStarted, RunCompleted, RunQueued, RunStarted};
    vec![
        (0, RunQueued, None, nodes(needs)),
        (1, RunStarted, None, json!({})),
        (1, NodeStarted, Some("fast"), json!({})),
        (1, NodeStarted, Some("slow"), json!({})),
        (2, NodeCompleted, Some("fast"), json!({})),
        (9, NodeCompleted, Some("slow"), json!({})),
        (9, NodeStarted, Some("end"), json!({})),
        (12, NodeCompleted, Some("end"), json!({})),
        (12, RunCompleted, None, json!({})),
    ]
}

#[test]
fn nodes_come_after_those_they_need_and_by_name() {
    let rules = Rules::default();
    let text = snapshot(&timeline(&course(true), &rules), &rules, false);
    let document: Value = serde_json::from_str(&text).unwrap();
    let names: Vec<&Value> = document["nodes"].as_array().unwrap().iter().map(|node| &node["node"]).collect();
    assert_eq!(names, ["fast", "slow", "end"]);
    assert_eq!(document["nodes"][2]["after"], json!(["n1", "n2"]));
    let undeclared: Value =
        serde_json::from_str(&snapshot(&timeline(&course(false), &rules), &rules, false)).unwrap();
    assert_eq!(undeclared["nodes"][0]["node"], "slow");
}

#[test]
fn the_critical_path_follows_what_was_waited_for() {
    let rules = Rules::default();
    for needs in [true, false] {
        let told = timeline(&course(needs), &rules);
        let diff = compare(&told, &told, &rules);
        let path: Vec<&str> = diff.critical_path.a.iter().map(|node| node.as_str()).collect();
        assert_eq!(path, ["slow", "end"], "needs: {needs}");
        assert_eq!((diff.equal, diff.duration_ms.a, diff.first_difference), (true, Some(11_000), None));
    }
}

#[test]
fn progress_is_told_as_often_as_the_rules_say() {
    use EventType::{NodeCompleted, NodeProgress, NodeStarted};
    let progress = |done: u32| (2, NodeProgress, Some("a"), json!({"data": {"completed": done, "total": 9}}));
    let told = [
        (1, NodeStarted, Some("a"), json!({})),
        progress(1),
        progress(2),
        (2, EventType::Note, Some("a"), json!({"message": "half"})),
        progress(3),
        (3, NodeCompleted, Some("a"), json!({})),
    ];
    for (file, expected) in [
        ("progress: seen", json!([null])),
        ("progress: last", json!([{"completed": 2, "total": 9}, {"completed": 3, "total": 9}])),
        (
            "progress: all",
            json!([{"completed": 1, "total": 9}, {"completed": 2, "total": 9}, {"completed": 3, "total": 9}]),
        ),
    ] {
        let rules = Rules::parse(file).unwrap();
        let text = snapshot(&timeline(&told, &rules), &rules, false);
        let document: Value = serde_json::from_str(&text).unwrap();
        let events = document["nodes"][0]["events"].as_array().unwrap().iter();
        let found: Value = events
            .filter(|event| event["type"] == "NODE_PROGRESS")
            .map(|event| event["data"].clone())
            .collect();
        assert_eq!(found, expected, "{file}");
    }
}

#[test]
fn the_first_difference_is_the_earliest_of_all_nodes() {
    let rules = Rules::default();
    let mut other = course(true);
    other[5].1 = EventType::NodeFailed;
    other[7].3 = json!({"message": "otherwise"});
    let diff = compare(&timeline(&course(true), &rules), &timeline(&other, &rules), &rules);
    let first = diff.first_difference.unwrap();
    assert_eq!((first.seq, first.node_ref.unwrap().as_str()), (6, "slow"));
    assert_eq!(
        (first.a.unwrap()["type"].clone(), first.b.unwrap()["type"].clone()),
        ("NODE_COMPLETED".into(), "NODE_FAILED".into())
    );
    let changed =
        |name: &str| diff.nodes.iter().find(|node| node.node_ref.as_str() == name).unwrap().changed.clone();
    assert_eq!(changed("slow"), ["status", "events"]);
    assert_eq!(changed("end"), ["events"]);
    assert!(changed("fast").is_empty());
}
