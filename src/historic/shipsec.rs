//! ShipSec Studio's rows as a run's events. Pure: rows are the JSON that PostgreSQL makes of them, whatever columns they have.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::draft::Draft;
use super::past_file::past_files;
use super::past_output::past_outputs;
use super::past_run::{Elsewhere, PastRun};
use crate::facts::event::EventType;
use crate::facts::id::RunId;
use crate::facts::time::Timestamp;

/// A row of `workflow_runs`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RunRow {
    pub workflow_id: Option<String>,
    pub workflow_version: Option<i64>,
    pub temporal_run_id: Option<String>,
    pub parent_run_id: Option<String>,
    pub parent_node_ref: Option<String>,
    pub total_actions: Option<u32>,
    pub inputs: Value,
    pub trigger_type: Option<String>,
    pub trigger_source: Option<String>,
    pub trigger_label: Option<String>,
    pub status: Option<String>,
    pub close_time: Option<Timestamp>,
    pub created_at: Option<Timestamp>,
}

/// A row of `workflow_traces`.
#[derive(Debug, Clone, Deserialize)]
pub struct TraceRow {
    pub id: i64,
    #[serde(default)]
    pub workflow_id: Option<String>,
    #[serde(rename = "type")]
    pub kind: String,
    pub node_ref: String,
    pub timestamp: Timestamp,
    #[serde(default)]
    pub message: Option<String>,
    #[serde(default)]
    pub error: Value,
    #[serde(default)]
    pub output_summary: Value,
    #[serde(default)]
    pub level: Option<String>,
    #[serde(default)]
    pub data: Value,
}

/// A row of one of the tables around a run, of which only what is named is read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Beside {
    /// `workflow_log_streams`
    pub log_streams: Vec<Map<String, Value>>,
    /// `artifacts`, each with its `files` row as `file`
    pub artifacts: Vec<Map<String, Value>>,
    /// `node_io`
    pub node_io: Vec<Map<String, Value>>,
}

/// What the source has of one run.
#[derive(Debug)]
pub struct Rows {
    pub run_id: RunId,
    pub run: Option<RunRow>,
    /// In the order of time, then sequence, then id.
    pub traces: Vec<Result<TraceRow, (String, String)>>,
    pub beside: Beside,
}

impl Elsewhere {
    fn of_rows(run_id: &str, beside: &Beside, times: (Timestamp, Timestamp)) -> Self {
        let (outputs, output_faults) = past_outputs(run_id, &beside.log_streams, times);
        let (files, file_faults) = past_files(&beside.artifacts);
        Self { outputs, output_faults, files, file_faults }
    }
}

/// The run that the rows tell of.
#[must_use]
pub fn past_run(rows: Rows) -> PastRun {
    let Rows { run_id, run, traces, beside } = rows;
    let id = run_id.as_str().to_owned();
    let mut past = PastRun::new(run_id);
    let first_trace = traces.iter().flatten().next();
    let workflow = run
        .as_ref()
        .and_then(|run| run.workflow_id.clone())
        .or_else(|| first_trace.and_then(|trace| trace.workflow_id.clone()));
    let run = run.unwrap_or_default();
    let began_at = run.created_at.or(first_trace.map(|trace| trace.timestamp)).unwrap_or(Timestamp::EPOCH);
    let last_trace = traces.iter().flatten().next_back();
    let ended_at = run.close_time.or(last_trace.map(|trace| trace.timestamp)).unwrap_or(began_at);
    past.elsewhere = Elsewhere::of_rows(&id, &beside, (began_at, ended_at));
    past.push(queued(&id, &run, workflow, began_at));
    for trace in traces {
        match trace {
            Ok(trace) => push_trace(&mut past, &id, trace, &beside),
            Err((row, reason)) => past.fault(row, reason),
        }
    }
    for notes in [log_streams(&id, &beside, began_at), artifacts(&id, &beside, began_at)] {
        notes.into_iter().for_each(|note| past.push(note));
    }
    let is_unknown = run.close_time.is_none()
        && run.status.as_deref().is_none_or(|status| status.eq_ignore_ascii_case("running"));
    let word = if is_unknown { None } else { run.status.as_deref() };
    past.end(word, &format!("workflow_runs {id}"), run.close_time);
    past
}

fn queued(id: &str, run: &RunRow, workflow: Option<String>, at: Timestamp) -> Draft {
    let mut data = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            data.insert(name.to_owned(), value);
        }
    };
    put("workflow", workflow.into());
    put("engine", "external".into());
    put("totalActions", run.total_actions.filter(|total| *total > 0).into());
    put("inputs", run.inputs.clone());
    if run.trigger_type.is_some() {
        put(
            "trigger",
            json!({ "type": run.trigger_type, "source": run.trigger_source, "label": run.trigger_label }),
        );
    }
    let mut labels = Map::new();
    let texts = [
        ("workflowVersion", run.workflow_version.map(|version| version.to_string())),
        ("temporalRunId", run.temporal_run_id.clone()),
        ("parentRunId", run.parent_run_id.clone()),
        ("parentNodeRef", run.parent_node_ref.clone()),
        ("importedFrom", Some("shipsec".to_owned())),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            labels.insert(name.to_owned(), text.into());
        }
    }
    put("labels", labels.into());
    Draft::new(id, format!("workflow_runs {id}"), EventType::RunQueued, at).with_data(data.into())
}

fn push_trace(past: &mut PastRun, id: &str, trace: TraceRow, beside: &Beside) {
    let row = format!("workflow_traces {}", trace.id);
    let Some(kind) = kind_of(&trace.kind) else {
        return past.fault(row, format!("`{}` is no type of a trace event", trace.kind));
    };
    let (data, metadata) = unpacked(trace.data);
    let attempt = metadata
        .get("attempt")
        .and_then(Value::as_u64)
        .and_then(|n| u32::try_from(n).ok())
        .filter(|n| *n > 0);
    let node = trace.node_ref;
    let io = beside.node_io.iter().find(|io| io.get("node_ref").and_then(Value::as_str) == Some(&node));
    let mut draft = Draft::new(id, row, kind, trace.timestamp).of_node(node, attempt.unwrap_or(1));
    draft.level = trace.level.filter(|level| level.parse::<crate::facts::event::Level>().is_ok());
    draft.message = trace.message;
    draft.error = error_of(trace.error);
    draft.output_summary = trace.output_summary;
    draft.data = data;
    draft.metadata = metadata.into();
    if draft.metadata.as_object().is_some_and(Map::is_empty) {
        draft.metadata = Value::Null;
    }
    if let Some(io) = io {
        add_io(&mut draft, io);
    }
    past.push(draft);
}

fn kind_of(word: &str) -> Option<EventType> {
    match word {
        "AWAITING_INPUT" => Some(EventType::NodeAwaitingInput),
        "NODE_STARTED"
        | "NODE_PROGRESS"
        | "NODE_COMPLETED"
        | "NODE_FAILED"
        | "NODE_SKIPPED"
        | "HTTP_REQUEST_SENT"
        | "HTTP_RESPONSE_RECEIVED"
        | "HTTP_REQUEST_ERROR" => word.parse().ok(),
        _ => None,
    }
}

/// `{_payload, _metadata}` as what it holds; anything else as it is.
fn unpacked(data: Value) -> (Value, Map<String, Value>) {
    match data {
        Value::Object(mut members)
            if members.contains_key("_payload") || members.contains_key("_metadata") =>
        {
            let metadata = match members.remove("_metadata") {
                Some(Value::Object(metadata)) => metadata,
                _ => Map::new(),
            };
            let payload = members.remove("_payload").unwrap_or_default();
            match payload {
                Value::Null if !members.is_empty() => (Value::Object(members), metadata),
                payload => (payload, metadata),
            }
        }
        other => (other, Map::new()),
    }
}

/// Older rows hold a plain text.
fn error_of(error: Value) -> Value {
    match error {
        Value::Null => Value::Null,
        Value::String(message) => json!({ "message": message }),
        Value::Object(mut members) => {
            if !members.get("message").is_some_and(Value::is_string) {
                let whole = Value::Object(members.clone());
                members.insert("message".to_owned(), "failed".into());
                members.insert("details".to_owned(), whole);
            }
            for name in ["code", "type", "stack"] {
                if members.get(name).is_some_and(|value| !value.is_string()) {
                    let text = members[name].to_string();
                    members.insert(name.to_owned(), text.into());
                }
            }
            Value::Object(members)
        }
        other => json!({ "message": other.to_string() }),
    }
}

/// What a node was given and what it gave, where the trace does not say it itself.
fn add_io(draft: &mut Draft, io: &Map<String, Value>) {
    let member = |name: &str| io.get(name).cloned().unwrap_or_default();
    match draft.kind {
        EventType::NodeStarted if draft.data.is_null() && !member("inputs").is_null() => {
            draft.data = json!({ "inputs": member("inputs") });
        }
        EventType::NodeCompleted if draft.output_summary.is_null() => {
            draft.output_summary = member("outputs")
        }
        EventType::NodeFailed if draft.error.is_null() => draft.error = error_of(member("error_message")),
        _ => {}
    }
}

/// What stays where it is, told as notes: output in a Loki, files in an object store.
fn log_streams(id: &str, beside: &Beside, began_at: Timestamp) -> Vec<Draft> {
    let notes = beside.log_streams.iter().enumerate().map(|(place, stream)| {
        let text = |name: &str| stream.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let at = text("last_timestamp").parse().unwrap_or(began_at);
        let lines = stream.get("line_count").and_then(Value::as_u64).unwrap_or_default();
        let message = format!("{lines} lines of {} are in the Loki of the source", text("stream"));
        Draft::new(id, format!("workflow_log_streams {} {place}", text("stream")), EventType::Note, at)
            .of_node(text("node_ref"), 1)
            .with_message(Some(message))
            .with_data(json!({ "logReference": stream }))
    });
    notes.collect()
}

fn artifacts(id: &str, beside: &Beside, began_at: Timestamp) -> Vec<Draft> {
    let notes = beside.artifacts.iter().map(|artifact| {
        let text = |name: &str| artifact.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let at = text("created_at").parse().unwrap_or(began_at);
        let draft = Draft::new(id, format!("artifacts {}", text("id")), EventType::Note, at)
            .with_message(Some(format!("the file {} is in the object store of the source", text("name"))))
            .with_data(json!({ "artifactReference": artifact }));
        match text("component_ref") {
            node if node.is_empty() => draft,
            node => draft.of_node(node, 1),
        }
    });
    notes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::status::RunStatus;

    fn trace(id: i64, kind: &str, data: Value) -> Result<TraceRow, (String, String)> {
        Ok(serde_json::from_value(json!({
            "id": id, "type": kind, "node_ref": "scan", "timestamp": "2025-03-01T10:00:00.5+00:00", "data": data,
            "error": if kind == "NODE_FAILED" { json!("no route") } else { Value::Null },
        }))
        .unwrap())
    }

    fn rows(run: Value, traces: Vec<Result<TraceRow, (String, String)>>) -> Rows {
        let run = serde_json::from_value(run).unwrap();
        Rows { run_id: "shipsec-run-1".parse().unwrap(), run, traces, beside: Beside::default() }
    }

    #[test]
    fn payload_and_metadata_are_unpacked_and_plain_errors_become_errors() {
        let packed = json!({"_payload": {"hosts": 3}, "_metadata": {"attempt": 2, "activityId": "7"}});
        let run = json!({"workflow_id": "w", "total_actions": 1, "created_at": "2025-03-01T09:59:59Z", "status": "FAILED",
            "close_time": "2025-03-01T10:01:00Z", "inputs": {"a": 1}, "trigger_type": "manual"});
        let past = past_run(rows(
            run,
            vec![
                trace(5, "NODE_STARTED", packed),
                trace(6, "NODE_FAILED", json!({"_metadata": {"attempt": 2}})),
            ],
        ));
        assert!(past.faults.is_empty(), "{:?}", past.faults);
        assert_eq!(past.events.len(), 4);
        let started: Value = serde_json::from_str(&past.events[1]).unwrap();
        assert_eq!((&started["attempt"], &started["data"]["hosts"]), (&json!(2), &json!(3)));
        assert_eq!(started["metadata"]["activityId"], "7");
        let failed: Value = serde_json::from_str(&past.events[2]).unwrap();
        assert_eq!(failed["error"]["message"], "no route");
        assert_eq!(past.state.status(), RunStatus::Failed);
        assert_eq!(past.state.head.completed_at, Some("2025-03-01T10:01:00Z".parse().unwrap()));
    }

    #[test]
    fn a_run_without_an_end_is_judged_and_one_without_a_row_is_still_a_run() {
        let done =
            past_run(rows(json!({"status": "RUNNING"}), vec![trace(1, "NODE_COMPLETED", Value::Null)]));
        assert_eq!(done.state.status(), RunStatus::Completed);
        let mut orphan =
            rows(Value::Null, vec![trace(1, "NODE_STARTED", Value::Null), trace(2, "NOVEL", Value::Null)]);
        orphan.run = None;
        let past = past_run(orphan);
        assert_eq!(past.state.status(), RunStatus::Failed);
        assert_eq!(past.faults[0].to_string(), "workflow_traces 2: `NOVEL` is no type of a trace event");
    }

    #[test]
    fn what_stays_elsewhere_is_referred_to() {
        let mut with = rows(json!({"status": "COMPLETED"}), vec![trace(1, "NODE_COMPLETED", Value::Null)]);
        with.beside = serde_json::from_value(json!({
            "log_streams": [{"node_ref": "scan", "stream": "stdout", "line_count": 12, "last_timestamp": "2025-03-01T10:00:01Z"}],
            "artifacts": [{"id": "a1", "name": "report.json", "component_ref": "scan", "size": 9}],
            "node_io": [{"node_ref": "scan", "outputs": {"n": 1}}],
        }))
        .unwrap();
        let past = past_run(with);
        assert!(past.faults.is_empty(), "{:?}", past.faults);
        let text = past.events.join("\n");
        assert!(
            text.contains("12 lines of stdout are in the Loki of the source") && text.contains("report.json")
        );
        assert!(text.contains(r#""outputSummary":{"n":1}"#));
    }
}
