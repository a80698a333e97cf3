//! The fold as examples for its copy in the browser: `web/src/fold/vectors.json`, written from `Run::apply` and never by hand.
//!
//! A story is a list of events with, after each, what became of it and the state of the run. The stories walk into every status and meet
//! every type of event there; the last ones are made up by a generator with a fixed seed. When the fold changes, this test fails
//! until the file is written anew: `TELLTALE_WRITE_VECTORS=1 cargo test --test suite fold_vectors`.

use std::fmt::Write as _;

use serde_json::{Value, json};
use telltale::facts::event::{Event, EventType, wire_json};
use telltale::facts::run::{Effect, Run};
use telltale::facts::time::Timestamp;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/web/src/fold/vectors.json");
/// Enough for each pair of a status and a type to come up in several disguises; more only makes the file larger.
const WALKS: u64 = 10;
const WALK_EVENTS: u64 = 24;

struct Story {
    name: String,
    events: Vec<Value>,
}

fn story(name: &str, events: &[Value]) -> Story {
    Story { name: name.to_owned(), events: events.to_vec() }
}

fn at(seq: u64) -> String {
    Timestamp::from_micros(1_795_341_600_000_000 + seq.cast_signed() * 1_000_123).unwrap().to_string()
}

/// The event in full, from what a story says of it.
fn event(seq: u64, said: &Value) -> (Event, String) {
    let kind: EventType = said["type"].as_str().unwrap().parse().unwrap();
    let attempt = said.get("nodeRef").map(|_| said.get("attempt").cloned().unwrap_or(json!(1)));
    let mut body = json!({
        "runId": "run-vector", "eventId": uuid::Uuid::from_u128(seq.into()), "nodeRef": null, "attempt": attempt,
        "level": kind.default_level().as_str(), "occurredAt": at(seq), "message": null, "data": null,
        "outputSummary": null, "error": null,
    });
    for (key, value) in said.as_object().unwrap() {
        body[key] = value.clone();
    }
    // The body's last key must be its metadata, as in the store.
    let mut body = body.to_string();
    body.truncate(body.len() - 1);
    body.push_str(",\"metadata\":{}}");
    let event = Event::from_stored(seq, at(seq + 1).parse().unwrap(), &body).unwrap();
    (event, body)
}

/// The state with its nodes as a list: an object's keys have no order that every reader keeps.
fn state(run: &Run) -> Value {
    let nodes: Vec<Value> = run
        .nodes
        .iter()
        .map(|(node_ref, node)| {
            let mut node = serde_json::to_value(node).unwrap();
            node["nodeRef"] = json!(node_ref);
            node
        })
        .collect();
    json!({ "head": run.head, "documents": run.documents, "nodes": nodes })
}

/// The progress and status are what is asked of a state most; they are noted beside it.
fn told(story: &Story, out: &mut String) {
    let mut run = Run::default();
    write!(out, "{{\"name\":{},\"steps\":[", json!(story.name)).unwrap();
    for (seq, said) in (1..).zip(&story.events) {
        let (event, body) = event(seq, said);
        let effect = run.apply(&event);
        let mut wire = Vec::new();
        wire_json(seq, event.recorded_at, effect == Effect::Late, &body, &mut wire);
        let separator = if seq == 1 { "" } else { "," };
        let wire = String::from_utf8(wire).unwrap();
        let effect = if effect == Effect::Late { "late" } else { "applied" };
        let (status, progress, state) = (run.status(), json!(run.progress()), state(&run));
        write!(out, "{separator}\n{{\"event\":{wire},\"effect\":\"{effect}\",\"status\":\"{status}\",\"progress\":{progress},\"state\":{state}}}").unwrap();
    }
    out.push_str("\n]}");
}

fn note(kind: &str) -> Value {
    json!({ "type": kind })
}

fn node(kind: &str, node_ref: &str, attempt: u32) -> Value {
    json!({ "type": kind, "nodeRef": node_ref, "attempt": attempt })
}

fn with(mut event: Value, more: &Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        event[key] = value.clone();
    }
    event
}

fn told_courses() -> Vec<Story> {
    let declared = json!({"data": {"workflow": "w", "engine": "local", "trigger": {"type": "manual"}, "labels": {"b": "2", "a": "1"},
        "inputs": {"n": 1}, "totalActions": 5, "nodes": ["2", {"nodeRef": "1", "needs": ["2"]}, {"nodeRef": "z"}]}});
    let boom = json!({"error": {"message": "boom", "code": "E1", "type": "Exit", "stack": "at x", "details": {"lastLines": ["a"]}}});
    let progress = |data: Value| with(node("NODE_PROGRESS", "1", 1), &json!({ "data": data }));
    vec![
        story(
            "a run from its declaration to its result",
            &[
                with(note("RUN_QUEUED"), &declared),
                with(
                    note("RUN_STARTED"),
                    &json!({"data": {"workflow": "other", "totalActions": 9, "labels": {"c": "3"}, "nodes": ["late-comer"]}}),
                ),
                with(node("NODE_STARTED", "2", 1), &json!({"message": "begun"})),
                with(node("NODE_PROGRESS", "2", 1), &json!({"data": {"completed": 1, "total": 4}})),
                with(node("NODE_PROGRESS", "2", 1), &json!({"data": {"completed": 2}})),
                with(node("ARTIFACT_RECORDED", "2", 1), &json!({"level": "warn"})),
                node("NODE_COMPLETED", "2", 1),
                with(node("NODE_SKIPPED", "1", 1), &json!({"message": "condition"})),
                with(note("RUN_COMPLETED"), &json!({"data": {"result": {"hosts": 3}}})),
                node("NODE_STARTED", "z", 1),
                note("NOTE"),
                node("NODE_LOG_CLOSED", "2", 1),
                note("RUN_FAILED"),
            ],
        ),
        story(
            "attempts, retries and what comes too late",
            &[
                node("NODE_STARTED", "1", 1),
                progress(json!({"completed": 1, "total": 2})),
                with(node("NODE_RETRYING", "1", 1), &boom),
                progress(json!({"completed": 2})),
                node("NODE_INPUT_RECEIVED", "1", 1),
                node("NODE_STARTED", "1", 2),
                node("NODE_COMPLETED", "1", 1),
                with(node("NODE_FAILED", "1", 2), &boom),
                node("NODE_STARTED", "1", 3),
                node("NODE_CANCELLED", "1", 3),
                note("RUN_STARTED"),
                note("RUN_STARTED"),
            ],
        ),
        story(
            "a failure that its node explains",
            &[with(node("NODE_FAILED", "a", 1), &boom), node("NODE_FAILED", "b", 1), note("RUN_FAILED")],
        ),
        story(
            "a failure with a message and a node of its own",
            &[
                with(node("NODE_FAILED", "a", 1), &boom),
                with(
                    note("RUN_TIMED_OUT"),
                    &json!({"message": "over 5 m", "data": {"nodeRef": "b", "result": 1}}),
                ),
            ],
        ),
        story(
            "data of another shape",
            &[
                with(
                    note("RUN_QUEUED"),
                    &json!({"data": {"workflow": 7, "engine": null, "labels": {"a": 1}, "totalActions": -1, "nodes": ["x", 5]}}),
                ),
                with(
                    note("RUN_QUEUED"),
                    &json!({"data": ["w", "external", null, {"k": "v"}, [1], 2, [["y", ["x"]]]]}),
                ),
                with(note("RUN_QUEUED"), &json!({"data": {"nodes": [{"nodeRef": "n", "needs": null}]}})),
                with(note("RUN_QUEUED"), &json!({"data": "text"})),
                node("NODE_STARTED", "1", 1),
                progress(json!({"completed": "many", "total": 2})),
                progress(json!({"completed": null, "total": 2})),
                progress(json!([3])),
                progress(json!([3, 4])),
                progress(json!({"completed": 5, "total": -1})),
                with(node("NODE_FAILED", "1", 1), &json!({"error": {"message": "m", "code": null}})),
                with(note("RUN_FAILED"), &json!({"data": {"nodeRef": "", "result": 1}})),
            ],
        ),
        story(
            "silence, and signs of life",
            &[
                note("RUN_STALE"),
                note("RUN_STALE"),
                note("RUN_QUEUED"),
                note("RUN_STALE"),
                note("NOTE"),
                note("RUN_STALE"),
                node("NODE_AWAITING_INPUT", "a", 1),
                note("RUN_STALE"),
                node("NODE_PROGRESS", "a", 1),
                note("RUN_STALE"),
                node("NODE_INPUT_RECEIVED", "a", 1),
                note("RUN_STALE"),
                note("RUN_QUEUED"),
                note("RUN_STALE"),
                note("RUN_CANCELLED"),
            ],
        ),
    ]
}

/// Every terminal event as the first one and after a node's, each met by every type of event afterwards.
fn endings() -> Vec<Story> {
    let ends = EventType::ALL.iter().filter(|kind| kind.terminal_status().is_some());
    ends.map(|end| {
        let mut events = vec![node("NODE_STARTED", "a", 1), note(end.as_str())];
        events.extend(EventType::ALL.iter().map(|kind| {
            if kind.needs_node_ref() { node(kind.as_str(), "a", 2) } else { note(kind.as_str()) }
        }));
        Story { name: format!("after {end}"), events }
    })
    .collect()
}

/// A course that no one would plan. `xorshift64`, so that the file stays the same.
fn walk(number: u64) -> Story {
    let mut seed = 0x9e37_79b9_7f4a_7c15 ^ (number + 1);
    let mut next = |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    let lifecycle: Vec<&EventType> = EventType::ALL.iter().filter(|kind| kind.is_node_lifecycle()).collect();
    let events = (0..WALK_EVENTS).map(|_| {
        // Mostly nodes' events, and rarely an end: a run that is over has no more to show.
        let is_node = next(10) < 7;
        let any = usize::try_from(next(1_000)).unwrap();
        let kind = if is_node {
            lifecycle[any % lifecycle.len()]
        } else {
            &EventType::ALL[any % EventType::ALL.len()]
        };
        let is_end = kind.terminal_status().is_some() && next(4) > 0;
        let kind = if is_end { &EventType::Note } else { kind };
        let mut event = note(kind.as_str());
        if kind.needs_node_ref() || next(3) == 0 {
            event = node(
                kind.as_str(),
                ["a", "b"][usize::from(next(2) == 0)],
                u32::try_from(1 + next(3)).unwrap(),
            );
        }
        if next(4) == 0 {
            event["error"] = json!({ "message": format!("e{}", next(9)), "code": "c" });
        }
        if next(4) == 0 {
            event["data"] = json!({ "completed": next(9), "total": next(9) });
        }
        event
    });
    Story { name: format!("walk {number}"), events: events.collect() }
}

fn document() -> String {
    let stories = told_courses().into_iter().chain(endings()).chain((0..WALKS).map(walk));
    let mut out = String::from("[\n");
    for (index, story) in stories.enumerate() {
        if index > 0 {
            out.push_str(",\n");
        }
        told(&story, &mut out);
    }
    out.push_str("\n]\n");
    out
}

#[test]
fn the_browsers_vectors_are_what_the_fold_says() {
    let document = document();
    if std::env::var_os("TELLTALE_WRITE_VECTORS").is_some() {
        std::fs::write(FILE, &document).unwrap();
    }
    let kept = std::fs::read_to_string(FILE).unwrap_or_default();
    let differs = kept.lines().zip(document.lines()).position(|(kept, said)| kept != said);
    assert!(
        kept == document,
        "web/src/fold/vectors.json differs from the fold, first in line {:?}; TELLTALE_WRITE_VECTORS=1 writes it anew",
        differs.map(|line| line + 1)
    );
}
