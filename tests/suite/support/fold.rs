//! The fold, written a second time from the contract's words, to hold against the server's.
//!
//! It is slow and plain on purpose: it keeps every applied event and answers each question by looking through
//! them, where the server keeps counters.

use serde_json::{Map, Value, json};

use super::frames::{TERMINAL, number};

const NEVER_LATE: [&str; 6] = [
    "NOTE",
    "NODE_LOG_CLOSED",
    "ARTIFACT_RECORDED",
    "HTTP_REQUEST_SENT",
    "HTTP_RESPONSE_RECEIVED",
    "HTTP_REQUEST_ERROR",
];
const OVER: [&str; 4] = ["COMPLETED", "FAILED", "SKIPPED", "CANCELLED"];

#[derive(Default)]
struct Node {
    name: String,
    status: String,
    attempt: u64,
    started_at: Value,
    completed_at: Value,
    error: Value,
}

impl Node {
    fn is_over(&self) -> bool {
        OVER.contains(&self.status.as_str())
    }
}

#[derive(Default)]
pub struct Fold {
    status: Option<String>,
    before_stale: Option<String>,
    start_seen: bool,
    nodes: Vec<Node>,
    /// What RUN_QUEUED and RUN_STARTED said first.
    said: Map<String, Value>,
    queued_at: Value,
    started_at: Value,
    completed_at: Value,
    updated_at: Value,
    failure: Value,
    result: Value,
}

impl Fold {
    /// Folds an event in; whether it was late.
    pub fn apply(&mut self, event: &Value) -> bool {
        let kind = event["type"].as_str().unwrap();
        self.updated_at = event["recordedAt"].clone();
        if kind != "RUN_STALE" && self.before_stale.is_some() {
            self.status = self.before_stale.take();
        }
        if NEVER_LATE.contains(&kind) {
            self.status.get_or_insert_with(|| "QUEUED".to_owned());
            return false;
        }
        let now = self.before_stale.clone().or_else(|| self.status.clone()).unwrap_or_default();
        if TERMINAL.contains(&now.as_str()) {
            return true;
        }
        match kind.strip_prefix("NODE_") {
            Some(what) => self.node(what, event),
            None => self.run(kind, &now, event),
        }
    }

    fn run(&mut self, kind: &str, now: &str, event: &Value) -> bool {
        match kind {
            "RUN_STALE" => {
                let before = if now.is_empty() { "QUEUED" } else { now };
                self.before_stale = Some(before.to_owned());
                self.status = Some("STALE".to_owned());
            }
            "RUN_QUEUED" => {
                if !["", "QUEUED"].contains(&now) {
                    return true;
                }
                self.status = Some("QUEUED".to_owned());
                keep_first(&mut self.queued_at, &event["occurredAt"]);
                self.declare(event);
            }
            "RUN_STARTED" => {
                if self.start_seen {
                    return true;
                }
                self.start_seen = true;
                if ["", "QUEUED"].contains(&now) {
                    self.status = Some("RUNNING".to_owned());
                }
                keep_first(&mut self.started_at, &event["occurredAt"]);
                self.declare(event);
            }
            _ => {
                self.completed_at = event["occurredAt"].clone();
                self.result = event["data"]["result"].clone();
                let status = kind.strip_prefix("RUN_").unwrap();
                if status != "COMPLETED" {
                    self.failure = self.failure(event, status);
                }
                self.status = Some(status.to_owned());
            }
        }
        false
    }

    fn declare(&mut self, event: &Value) {
        for name in ["workflow", "trigger", "inputs", "labels", "totalActions"] {
            let value = &event["data"][name];
            if !value.is_null() && !self.said.contains_key(name) {
                self.said.insert(name.to_owned(), value.clone());
            }
        }
        for node in event["data"]["nodes"].as_array().into_iter().flatten() {
            let name = node["nodeRef"].as_str().or(node.as_str()).unwrap();
            self.node_mut(name);
        }
    }

    fn node_mut(&mut self, name: &str) -> &mut Node {
        let place = self.nodes.iter().position(|node| node.name == name).unwrap_or_else(|| {
            self.nodes.push(Node { name: name.to_owned(), status: "PENDING".to_owned(), ..Node::default() });
            self.nodes.len() - 1
        });
        &mut self.nodes[place]
    }

    fn node(&mut self, what: &str, event: &Value) -> bool {
        let attempt = event["attempt"].as_u64().unwrap_or(1);
        let at = &event["occurredAt"];
        let node = self.node_mut(event["nodeRef"].as_str().unwrap());
        if attempt < node.attempt {
            return true;
        }
        let fresh = attempt > node.attempt;
        if !fresh && node.is_over() {
            return true;
        }
        let waits_for_retry = !fresh && node.status == "RETRYING";
        let awaits_input = !fresh && node.status == "AWAITING_INPUT";
        let next = match what {
            "PROGRESS" | "INPUT_RECEIVED" if waits_for_retry => return true,
            "PROGRESS" if awaits_input => "AWAITING_INPUT",
            "STARTED" | "PROGRESS" | "INPUT_RECEIVED" => "RUNNING",
            other => other,
        };
        if fresh {
            let name = std::mem::take(&mut node.name);
            *node = Node { name, attempt, ..Node::default() };
        }
        node.status = next.to_owned();
        if what != "SKIPPED" {
            keep_first(&mut node.started_at, at);
        }
        node.completed_at = if node.is_over() || next == "RETRYING" { at.clone() } else { Value::Null };
        if !event["error"].is_null() {
            node.error = event["error"].clone();
        }
        keep_first(&mut self.started_at, at);
        let awaiting = self.nodes.iter().any(|node| node.status == "AWAITING_INPUT");
        self.status = Some(if awaiting { "AWAITING_INPUT" } else { "RUNNING" }.to_owned());
        false
    }

    /// The reason is the event's own, else that of the first failed node.
    fn failure(&self, event: &Value, status: &str) -> Value {
        let failed = self.nodes.iter().find(|node| node.status == "FAILED");
        let of_node = failed.map(|node| node.error.clone()).filter(|error| !error.is_null());
        let own = Some(event["error"].clone()).filter(|error| !error.is_null());
        let message = event["message"].as_str().map(|text| json!({ "message": text }));
        let error = own.or(message).or(of_node);
        let node_ref = event["nodeRef"]
            .as_str()
            .or(event["data"]["nodeRef"].as_str())
            .or(failed.map(|node| node.name.as_str()));
        // Without any words, the reason is the server's own; only that there is one is promised.
        json!({ "status": status, "reason": error.as_ref().map(|error| error["message"].clone()), "code": error.map(|error| error["code"].clone()), "nodeRef": node_ref })
    }

    fn assert_state(&self, state: &Value) {
        let own = |name: &str| self.said.get(name).cloned().unwrap_or(Value::Null);
        let expect = |name: &str, expected: &Value| assert_eq!(&state[name], expected, "`{name}` of {state}");
        expect("status", &json!(self.status));
        for (name, value) in [
            ("queuedAt", &self.queued_at),
            ("startedAt", &self.started_at),
            ("completedAt", &self.completed_at),
            ("updatedAt", &self.updated_at),
            ("result", &self.result),
        ] {
            expect(name, value);
        }
        for name in ["workflow", "trigger", "inputs"] {
            expect(name, &own(name));
        }
        assert_eq!(
            state["labels"],
            self.said.get("labels").cloned().unwrap_or_else(|| json!({})),
            "`labels` of {state}"
        );
        let over = self.nodes.iter().filter(|node| node.is_over()).count() as u64;
        let total = own("totalActions").as_u64().unwrap_or(0).max(self.nodes.len() as u64);
        expect("progress", &json!({ "completedActions": over, "totalActions": total }));
        self.assert_nodes(state);
        assert_eq!(state["failure"].is_null(), self.failure.is_null(), "`failure` of {state}");
        for name in ["reason", "code", "nodeRef"] {
            if !self.failure[name].is_null() {
                assert_eq!(state["failure"][name], self.failure[name], "`failure.{name}` of {state}");
            }
        }
        assert!(
            self.failure.is_null() || state["failure"]["reason"].is_string(),
            "a failure without a reason: {state}"
        );
    }

    fn assert_nodes(&self, state: &Value) {
        let nodes = state["nodes"].as_array().unwrap_or_else(|| panic!("no `nodes`: {state}"));
        let names: Vec<&str> = nodes.iter().filter_map(|node| node["nodeRef"].as_str()).collect();
        let own: Vec<&str> = self.nodes.iter().map(|node| node.name.as_str()).collect();
        assert_eq!(names, own, "nodes in the order declared or first seen");
        for (node, own) in nodes.iter().zip(&self.nodes) {
            assert_eq!(node["status"], own.status, "{node}");
            assert_eq!(node["attempt"], own.attempt, "{node}");
            assert_eq!(node["startedAt"], own.started_at, "{node}");
            assert_eq!(node["completedAt"], own.completed_at, "{node}");
        }
    }

    /// The written projection, row by row: `(node, status, attempt)` and the run's status.
    pub fn assert_rows(&self, status: &str, nodes: &[(String, String, i32)]) {
        assert_eq!(Some(status), self.status.as_deref(), "the run's row");
        let own: Vec<_> = self
            .nodes
            .iter()
            .map(|node| (node.name.clone(), node.status.clone(), node.attempt as i32))
            .collect();
        assert_eq!(nodes, own, "the rows of the nodes");
    }
}

/// Folds a history, and checks that each event is marked late exactly when it is.
#[track_caller]
pub fn of(events: &[Value]) -> Fold {
    let mut fold = Fold::default();
    for event in events {
        let late = fold.apply(event);
        assert_eq!(event["metadata"]["late"] == json!(true), late, "`metadata.late` of {event}");
    }
    fold
}

/// Compares a run's state, as the server tells it, with the fold of these events.
#[track_caller]
pub fn assert_same(state: &Value, events: &[Value]) {
    assert_eq!(number(state, "headSeq"), events.len() as u64, "{state}");
    of(events).assert_state(state);
}

fn keep_first(slot: &mut Value, value: &Value) {
    if slot.is_null() {
        *slot = value.clone();
    }
}
