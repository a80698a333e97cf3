//! AutomateOS's executions as a run's events. Pure.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::draft::Draft;
use super::past_run::PastRun;
use crate::facts::event::EventType;
use crate::facts::id::RunId;
use crate::facts::time::Timestamp;

/// A row of `executionlog`.
#[derive(Debug, Clone, Deserialize)]
pub struct LogRow {
    pub id: i64,
    #[serde(default)]
    pub workflow_id: Option<i64>,
    pub status: String,
    #[serde(default)]
    pub payload: Value,
    #[serde(default)]
    pub result: Value,
    #[serde(default)]
    pub error_message: Option<String>,
    pub started_at: String,
    #[serde(default)]
    pub completed_at: Option<String>,
}

/// A row of `workflow`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Workflow {
    pub name: Option<String>,
    /// Its owner's e-mail address.
    pub owner: Option<String>,
    /// The execution that keeps the record of it.
    newest_execution: Option<i64>,
    /// The row as it is, but for the address that starts it.
    record: Map<String, Value>,
}

impl Workflow {
    /// From its row, with `newest_execution` beside its columns; `owner_of` knows users' addresses by their ids.
    #[must_use]
    pub fn of_row(mut row: Map<String, Value>, owner_of: impl Fn(i64) -> Option<String>) -> Self {
        let newest_execution = row.remove("newest_execution").as_ref().and_then(Value::as_i64);
        row.remove("webhook_url");
        let owner = row.get("owner_id").and_then(Value::as_i64).and_then(owner_of);
        let name = row.get("name").and_then(Value::as_str).map(str::to_owned);
        Self { name, owner, newest_execution, record: row }
    }

    /// Whether it has been executed, so that a run can keep the record of it.
    #[must_use]
    pub fn has_run(&self) -> bool {
        self.newest_execution.is_some()
    }
}

/// The run's id, from the row's.
#[must_use]
pub fn run_id(id: i64) -> String {
    format!("automateos-{id}")
}

/// The run that the row tells of, of `workflow` where that is known. `stale_before`: one that still runs and began earlier gives no sign of life any more.
#[must_use]
pub fn past_run(run_id: RunId, log: LogRow, workflow: Option<&Workflow>, stale_before: Timestamp) -> PastRun {
    let row = format!("executionlog {}", log.id);
    let id = run_id.as_str().to_owned();
    let mut past = PastRun::new(run_id);
    let Some(began_at) = naive_utc(&log.started_at) else {
        past.fault(row, format!("`{}` is no time", log.started_at));
        return past;
    };
    let ended_at = log.completed_at.as_deref().and_then(naive_utc);
    past.push(queued(&id, &row, &log, workflow, began_at));
    if let Some(workflow) = workflow.filter(|workflow| workflow.newest_execution == Some(log.id)) {
        past.push(record(&id, workflow, began_at));
    }
    past.push(Draft::new(&id, &row, EventType::RunStarted, began_at));
    for (node, result) in node_results(&log.result) {
        push_node(&mut past, &id, &row, node, result, (began_at, ended_at.unwrap_or(began_at)));
    }
    let at = ended_at.unwrap_or(began_at);
    let end = match log.status.as_str() {
        "success" => {
            let data = json!({ "result": log.result });
            Draft::new(&id, &row, EventType::RunCompleted, at).with_data(if log.result.is_null() {
                Value::Null
            } else {
                data
            })
        }
        "failed" => {
            let message = log.error_message.unwrap_or_else(|| "failed".to_owned());
            let (first, stack) = message
                .split_once('\n')
                .map_or((message.as_str(), None), |(first, _)| (first, Some(&message)));
            Draft::new(&id, &row, EventType::RunFailed, at).with_error(match stack {
                Some(stack) => json!({ "message": first, "stack": stack }),
                None => json!({ "message": first }),
            })
        }
        "running" if began_at < stale_before => Draft::new(&id, &row, EventType::RunStale, began_at),
        "running" => return past,
        other => {
            past.fault(row, format!("`{other}` is no status of an execution"));
            return past;
        }
    };
    past.push(end);
    past
}

fn queued(id: &str, row: &str, log: &LogRow, known: Option<&Workflow>, at: Timestamp) -> Draft {
    let name = known.and_then(|workflow| workflow.name.clone());
    let workflow = name.or_else(|| log.workflow_id.map(|id| format!("workflow-{id}")));
    let mut labels = Map::new();
    labels.insert("importedFrom".into(), "automateos".into());
    if let Some(workflow_id) = log.workflow_id {
        labels.insert("workflowId".into(), workflow_id.to_string().into());
    }
    if let Some(owner) = known.and_then(|workflow| workflow.owner.as_ref()) {
        labels.insert("workflowOwner".into(), owner.as_str().into());
    }
    let mut data = Map::new();
    data.insert("workflow".into(), workflow.into());
    data.insert("engine".into(), "external".into());
    data.insert("trigger".into(), json!({ "type": "webhook" }));
    data.insert("labels".into(), labels.into());
    if !log.payload.is_null() {
        data.insert("inputs".into(), log.payload.clone());
    }
    Draft::new(id, row, EventType::RunQueued, at).with_data(data.into())
}

/// The workflow's definition as it was when it was read: nothing here could execute it, but nothing of it is lost. One that was changed
/// since an earlier import is another note.
fn record(id: &str, workflow: &Workflow, at: Timestamp) -> Draft {
    let text = |name: &str| workflow.record.get(name).map(Value::to_string).unwrap_or_default();
    let row = format!("workflow {} {}", text("id"), text("updated_at"));
    let name = workflow.name.as_deref().unwrap_or_default();
    let mut record = workflow.record.clone();
    record.insert("owner".into(), workflow.owner.as_deref().into());
    Draft::new(id, row, EventType::Note, at)
        .with_message(Some(format!("the definition of the workflow {name} in AutomateOS, as of the import")))
        .with_data(json!({ "workflowRecord": record }))
}

/// `node_results`, an object by node or a list of objects that name theirs.
fn node_results(result: &Value) -> Vec<(String, &Value)> {
    match result.get("node_results") {
        Some(Value::Object(nodes)) => nodes.iter().map(|(node, result)| (node.clone(), result)).collect(),
        Some(Value::Array(nodes)) => nodes
            .iter()
            .enumerate()
            .map(|(place, result)| {
                let named = ["node_id", "id", "name"].iter().find_map(|key| result.get(key)?.as_str());
                (named.map_or_else(|| format!("node-{}", place + 1), str::to_owned), result)
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn push_node(
    past: &mut PastRun,
    id: &str,
    row: &str,
    node: String,
    result: &Value,
    (began_at, ended_at): (Timestamp, Timestamp),
) {
    let of_node = |kind, at| Draft::new(id, format!("{row} {node}"), kind, at).of_node(node.clone(), 1);
    let status = result.get("status").and_then(Value::as_str).unwrap_or_default();
    let error = result.get("error").filter(|error| !error.is_null());
    if matches!(status, "skipped" | "filtered") {
        return past.push(of_node(EventType::NodeSkipped, ended_at));
    }
    past.push(of_node(EventType::NodeStarted, began_at));
    if matches!(status, "failed" | "error") || error.is_some() {
        let message = match error {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => "failed".to_owned(),
        };
        return past.push(of_node(EventType::NodeFailed, ended_at).with_error(json!({ "message": message })));
    }
    let mut completed = of_node(EventType::NodeCompleted, ended_at);
    completed.output_summary = result.get("output").or(result.get("result")).unwrap_or(result).clone();
    past.push(completed);
}

/// A time without a zone is UTC there.
fn naive_utc(text: &str) -> Option<Timestamp> {
    let text = text.trim().replacen(' ', "T", 1);
    text.parse().or_else(|_| format!("{text}Z").parse()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::status::RunStatus;

    fn run(row: Value) -> PastRun {
        let log: LogRow = serde_json::from_value(row).unwrap();
        let of_row = |newest: i64| {
            let row = json!({"id": 2, "name": "sign-up", "definition": {"steps": [1]}, "owner_id": 5, "updated_at": "2025-01-01",
                "webhook_url": "secret", "newest_execution": newest});
            let owner = |id: i64| (id == 5).then(|| "ada@example.org".to_owned());
            Workflow::of_row(row.as_object().unwrap().clone(), owner)
        };
        let workflow = of_row(if log.status == "success" { log.id } else { 1_000 });
        let stale_before = "2026-01-01T00:00:00Z".parse().unwrap();
        past_run(run_id(log.id).parse().unwrap(), log, Some(&workflow), stale_before)
    }

    #[test]
    fn each_status_becomes_an_end() {
        let of = |status: &str| {
            json!({"id": 7, "workflow_id": 2, "status": status,
            "started_at": "2025-05-01 10:00:00.25", "completed_at": "2025-05-01T10:00:02", "payload": [1, 2],
            "error_message": "boom\n  at line 1", "result": {"node_results": {"filter": {"status": "skipped"}, "call": {"output": 3}}}})
        };
        let done = run(of("success"));
        assert!(done.faults.is_empty(), "{:?}", done.faults);
        assert_eq!(
            (done.state.status(), done.state.head.workflow.as_deref()),
            (RunStatus::Completed, Some("sign-up"))
        );
        assert_eq!(done.state.nodes.len(), 2);
        assert_eq!(done.state.head.queued_at, Some("2025-05-01T10:00:00.25Z".parse().unwrap()));
        let texts = done.events.join("\n");
        assert!(
            texts.contains(r#""workflowOwner":"ada@example.org""#) && texts.contains(r#""steps":[1]"#),
            "{texts}"
        );
        assert!(!texts.contains("secret"), "who has the address may start the workflow");
        let failed = run(of("failed"));
        assert!(!failed.events.join("").contains("steps"), "the newest execution alone keeps the record");
        assert_eq!(failed.state.head.failure.as_ref().unwrap().reason, "boom");
        assert_eq!(run(of("running")).state.status(), RunStatus::Stale);
        assert_eq!(run(of("odd")).faults.len(), 1);
    }
}
