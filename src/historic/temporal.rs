//! A Temporal history, as `temporal workflow show --output json` and the SDKs export it, as a run's events. Pure.
//!
//! Nodes are activities and child workflows. Temporal writes no event for a try that it repeats: what is known of it stands in the
//! start of the last one (`attempt`, `lastFailure`), from where it becomes NODE_RETRYING.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::draft::Draft;
use super::past_run::PastRun;
use super::temporal_payload::{failure, payloads, timeout};
use crate::facts::event::EventType;
use crate::facts::id::{NODE_REF_MAX_BYTES, RunId};
use crate::facts::time::Timestamp;

/// The whole export.
#[derive(Debug, Deserialize)]
pub struct History {
    events: Vec<HistoryEvent>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HistoryEvent {
    event_id: Value,
    event_time: Timestamp,
    event_type: String,
    /// Everything else: one member holds the attributes.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl HistoryEvent {
    /// `ACTIVITY_TASK_STARTED`, however it was spelled.
    fn kind(&self) -> String {
        let word = self.event_type.strip_prefix("EVENT_TYPE_").unwrap_or(&self.event_type);
        if word.contains('_') || word.chars().all(|c| c.is_ascii_uppercase()) {
            return word.to_owned();
        }
        let mut kind = String::new();
        for c in word.chars() {
            if c.is_ascii_uppercase() && !kind.is_empty() {
                kind.push('_');
            }
            kind.push(c.to_ascii_uppercase());
        }
        kind
    }

    fn attributes(&self) -> &Value {
        let named =
            self.rest.iter().find(|(name, _)| name.ends_with("EventAttributes") || *name == "attributes");
        named.map_or(&Value::Null, |(_, attributes)| attributes)
    }

    fn id(&self) -> String {
        text_of(&self.event_id)
    }
}

/// Numbers are texts in one export and numbers in the other.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

impl History {
    /// Reads an export.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let history: Self =
            serde_json::from_slice(bytes).map_err(|error| format!("is no Temporal history: {error}"))?;
        match history.events.first() {
            Some(first) if first.kind() == "WORKFLOW_EXECUTION_STARTED" => Ok(history),
            _ => Err("is no Temporal history: its first event is not WorkflowExecutionStarted".to_owned()),
        }
    }

    /// The run's id: the workflow's, or its first run's where the export does not say it.
    #[must_use]
    pub fn run_id(&self) -> Option<RunId> {
        let attributes = self.events.first()?.attributes();
        let workflow_id = attributes.get("workflowId").and_then(Value::as_str);
        let run = attributes.get("originalExecutionRunId").and_then(Value::as_str);
        workflow_id.and_then(|id| id.parse().ok()).or_else(|| format!("temporal-{}", run?).parse().ok())
    }

    /// The run that the history tells of.
    #[must_use]
    pub fn past_run(&self, run_id: RunId) -> PastRun {
        let mut reader =
            Reader { past: PastRun::new(run_id), nodes: HashMap::new(), attempts: HashMap::new() };
        for event in &self.events {
            reader.read(event);
        }
        reader.past
    }
}

struct Reader {
    past: PastRun,
    /// By the id of the event that scheduled it.
    nodes: HashMap<String, (String, Value)>,
    /// The attempt that is at work, by the same.
    attempts: HashMap<String, u32>,
}

impl Reader {
    fn read(&mut self, event: &HistoryEvent) {
        let kind = event.kind();
        let attributes = event.attributes();
        if let Some(outcome) = kind.strip_prefix("WORKFLOW_EXECUTION_") {
            return self.execution(event, outcome, attributes);
        }
        match kind.as_str() {
            "ACTIVITY_TASK_SCHEDULED" => {
                let name = name_of(attributes, "activityType", "activityId");
                let input = attributes.get("input").map(payloads).unwrap_or_default();
                self.nodes.insert(event.id(), (name, input));
            }
            "START_CHILD_WORKFLOW_EXECUTION_INITIATED" => {
                let name = name_of(attributes, "workflowType", "workflowId");
                let input = attributes.get("input").map(payloads).unwrap_or_default();
                self.nodes.insert(event.id(), (name, input));
            }
            _ => {
                let of = ["ACTIVITY_TASK_", "CHILD_WORKFLOW_EXECUTION_"]
                    .iter()
                    .find_map(|of| kind.strip_prefix(of));
                match of {
                    Some(outcome) => self.node(event, outcome, attributes),
                    None if kind == "START_CHILD_WORKFLOW_EXECUTION_FAILED" => {
                        self.node(event, "FAILED", attributes)
                    }
                    // Timers, signals, markers and the workers' own tasks move no node.
                    None => {}
                }
            }
        }
    }

    fn draft(&self, event: &HistoryEvent, kind: EventType) -> Draft {
        Draft::new(self.past.run_id.as_str(), format!("event {}", event.id()), kind, event.event_time)
    }

    fn execution(&mut self, event: &HistoryEvent, outcome: &str, attributes: &Value) {
        let kind = match outcome {
            "STARTED" => {
                self.past.push(self.queued(event, attributes));
                EventType::RunStarted
            }
            "COMPLETED" => EventType::RunCompleted,
            "FAILED" => EventType::RunFailed,
            "TIMED_OUT" => EventType::RunTimedOut,
            "CANCELED" => EventType::RunCancelled,
            "TERMINATED" => EventType::RunTerminated,
            "CONTINUED_AS_NEW" => {
                let message = Some("continued as a new execution".to_owned());
                let draft = self.draft(event, EventType::Note).with_message(message);
                return self.past.push(draft);
            }
            // Signals and requests to cancel.
            _ => return,
        };
        let mut draft = self.draft(event, kind);
        match kind {
            EventType::RunCompleted => {
                let result = attributes.get("result").map(payloads).unwrap_or_default();
                draft.data = if result.is_null() { Value::Null } else { json!({ "result": result }) };
            }
            EventType::RunFailed => draft.error = attributes.get("failure").map(failure).unwrap_or_default(),
            EventType::RunTerminated => {
                let reason =
                    attributes.get("reason").and_then(Value::as_str).filter(|reason| !reason.is_empty());
                draft.message = reason.map(str::to_owned);
            }
            _ => {}
        }
        self.past.push(draft);
    }

    fn queued(&self, event: &HistoryEvent, attributes: &Value) -> Draft {
        let mut data = Map::new();
        data.insert("workflow".into(), attributes.pointer("/workflowType/name").cloned().unwrap_or_default());
        data.insert("engine".into(), "external".into());
        let input = attributes.get("input").map(payloads).unwrap_or_default();
        if !input.is_null() {
            data.insert("inputs".into(), input);
        }
        let mut labels = Map::new();
        labels.insert("importedFrom".into(), "temporal".into());
        let texts = [
            ("taskQueue", attributes.pointer("/taskQueue/name")),
            ("temporalRunId", attributes.get("originalExecutionRunId")),
            ("parentWorkflowId", attributes.pointer("/parentWorkflowExecution/workflowId")),
            ("cron", attributes.get("cronSchedule")),
        ];
        for (name, value) in texts {
            if let Some(text) = value.and_then(Value::as_str).filter(|text| !text.is_empty()) {
                labels.insert(name.into(), text.into());
            }
        }
        data.insert("labels".into(), labels.into());
        self.draft(event, EventType::RunQueued).with_data(data.into())
    }

    fn node(&mut self, event: &HistoryEvent, outcome: &str, attributes: &Value) {
        let kind = match outcome {
            "STARTED" => EventType::NodeStarted,
            "COMPLETED" => EventType::NodeCompleted,
            "FAILED" | "TIMED_OUT" | "TERMINATED" => EventType::NodeFailed,
            "CANCELED" => EventType::NodeCancelled,
            _ => return,
        };
        let scheduled = ["scheduledEventId", "initiatedEventId"].iter().find_map(|name| attributes.get(name));
        let scheduled = scheduled.map(text_of).unwrap_or_default();
        let Some((name, input)) = self.nodes.get(&scheduled).cloned() else {
            let row = format!("event {}", event.id());
            return self
                .past
                .fault(row, format!("it belongs to the event {scheduled}, which is not in the history"));
        };
        if kind == EventType::NodeStarted {
            let attempt = attributes.get("attempt").and_then(Value::as_u64).unwrap_or(1);
            let attempt = u32::try_from(attempt).unwrap_or(1).max(1);
            self.attempts.insert(scheduled, attempt);
            if let (true, Some(last)) = (attempt > 1, attributes.get("lastFailure")) {
                let tried = self.draft(event, EventType::NodeRetrying).of_node(&name, attempt - 1);
                self.past.push(tried.with_error(failure(last)));
            }
            let data = if input.is_null() { Value::Null } else { json!({ "inputs": input }) };
            let started = self.draft(event, kind).of_node(name, attempt).with_data(data);
            return self.past.push(started);
        }
        let attempt = self.attempts.get(&scheduled).copied().unwrap_or(1);
        let mut draft = self.draft(event, kind).of_node(name, attempt);
        match outcome {
            "COMPLETED" => draft.output_summary = attributes.get("result").map(payloads).unwrap_or_default(),
            "TIMED_OUT" => draft.error = timeout(attributes),
            "TERMINATED" => draft.error = json!({ "message": "terminated" }),
            "FAILED" => {
                draft.error =
                    attributes.get("failure").map_or_else(|| json!({ "message": "failed" }), failure)
            }
            _ => {}
        }
        self.past.push(draft);
    }
}

/// `type#id`, cut to what a node may be called.
fn name_of(attributes: &Value, kind: &str, id: &str) -> String {
    let kind =
        attributes.get(kind).and_then(|kind| kind.get("name")).and_then(Value::as_str).unwrap_or("activity");
    let id = attributes.get(id).map(text_of).unwrap_or_default();
    let name = format!("{kind}#{id}");
    name[..name.floor_char_boundary(NODE_REF_MAX_BYTES)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::status::{NodeStatus, RunStatus};

    fn history(spelled: fn(&str) -> String) -> Value {
        let event = |id: u64, kind: &str, attributes: Value| {
            json!({"eventId": id.to_string(), "eventType": spelled(kind),
            "eventTime": format!("2025-06-01T10:00:{id:02}Z"), "xEventAttributes": attributes})
        };
        json!({"events": [
            event(1, "WORKFLOW_EXECUTION_STARTED", json!({"workflowId": "shipsec-run-9", "workflowType": {"name": "scan"}, "originalExecutionRunId": "q"})),
            event(2, "ACTIVITY_TASK_SCHEDULED", json!({"activityId": "5", "activityType": {"name": "resolve"}})),
            event(3, "ACTIVITY_TASK_STARTED", json!({"scheduledEventId": "2", "attempt": 3, "lastFailure": {"message": "429"}})),
            event(4, "ACTIVITY_TASK_COMPLETED", json!({"scheduledEventId": "2", "result": {"payloads": []}})),
            event(5, "ACTIVITY_TASK_SCHEDULED", json!({"activityId": "6", "activityType": {"name": "report"}})),
            event(6, "ACTIVITY_TASK_STARTED", json!({"scheduledEventId": 5})),
            event(7, "ACTIVITY_TASK_TIMED_OUT", json!({"scheduledEventId": 5})),
            event(8, "WORKFLOW_EXECUTION_FAILED", json!({"failure": {"message": "gave up"}})),
        ]})
    }

    #[test]
    fn activities_become_nodes_with_their_attempts_and_failures() {
        for spelled in [|kind: &str| format!("EVENT_TYPE_{kind}"), camel] {
            let history = History::parse(history(spelled).to_string().as_bytes()).unwrap();
            let past = history.past_run(history.run_id().unwrap());
            assert!(past.faults.is_empty(), "{:?}", past.faults);
            assert_eq!(past.run_id.as_str(), "shipsec-run-9");
            assert_eq!(past.state.status(), RunStatus::Failed);
            assert_eq!(past.state.head.failure.as_ref().unwrap().reason, "gave up");
            let nodes: Vec<_> = past
                .state
                .nodes
                .iter()
                .map(|(name, node)| (name.as_str(), node.status, node.attempt))
                .collect();
            assert_eq!(nodes, [("resolve#5", NodeStatus::Completed, 3), ("report#6", NodeStatus::Failed, 1)]);
            assert!(past.events.iter().any(|event| event.contains("NODE_RETRYING") && event.contains("429")));
        }
    }

    fn camel(kind: &str) -> String {
        kind.split('_').map(|word| format!("{}{}", &word[..1], word[1..].to_ascii_lowercase())).collect()
    }

    #[test]
    fn what_is_no_history_is_refused() {
        for text in [
            "{}",
            "[]",
            r#"{"events":[]}"#,
            r#"{"events":[{"eventId":"1","eventTime":"2025-01-01T00:00:00Z","eventType":"TimerStarted"}]}"#,
        ] {
            assert!(History::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
