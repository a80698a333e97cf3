//! The body of POST /api/v1/runs and of POST /api/v1/workflows/{name}/run, checked field by field, every fault named by
//! its pointer.

use std::ops::RangeInclusive;

use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::body::Body;
use super::problem::Problem;
use super::schema::Engine;
use crate::facts::event_input::{EVENT_MAX_BYTES, Fault};
use crate::facts::id::{NodeRef, RunId};
use crate::facts::json::Json;
use crate::facts::scan;
use crate::flow::ingest::{BodyFormat, NewRun};
use crate::flow::start::{PRIORITY_MAX, StartRequest};

/// Longest name of a workflow: it is a column and an index.
const WORKFLOW_MAX_BYTES: usize = 256;
/// Largest of all fields together, since they become one event; what the event adds around them has its own room. Inputs that
/// are too large for that become an artifact, and the event names it.
const FIELDS_MAX_BYTES: usize = EVENT_MAX_BYTES - 1024;
/// Most labels, and the longest text of one: they are looked up by, not stored in.
const LABELS_MAX: usize = 64;
const LABEL_MAX_BYTES: usize = 256;
/// Most nodes that can be declared.
const NODES_MAX: usize = 5_000;

/// A run as asked for. `run_id` is `None` where the caller chose none.
#[derive(Debug)]
pub struct RunRequest {
    pub run_id: Option<RunId>,
    pub engine: Engine,
    pub workflow: String,
    version: Option<i32>,
    priority: Option<i32>,
    inputs: Option<Json>,
    trigger: Option<Json>,
    labels: Option<Json>,
    total_actions: Option<u32>,
    nodes: Option<Json>,
}

impl RunRequest {
    fn new(engine: Engine, workflow: String) -> Self {
        Self {
            run_id: None,
            engine,
            workflow,
            version: None,
            priority: None,
            inputs: None,
            trigger: None,
            labels: None,
            total_actions: None,
            nodes: None,
        }
    }

    /// The run of a stored workflow under the id that it gets; its nodes come from there.
    pub fn into_start(self, run_id: RunId) -> StartRequest {
        StartRequest {
            run_id,
            workflow: self.workflow,
            version: self.version,
            priority: self.priority,
            inputs: self.inputs,
            trigger: self.trigger,
            labels: self.labels,
        }
    }

    /// The run that others execute, under the id that it gets.
    pub fn into_run(self, run_id: RunId) -> NewRun {
        NewRun {
            run_id,
            workflow: self.workflow,
            engine: self.engine.as_str(),
            inputs: self.inputs,
            trigger: self.trigger,
            labels: self.labels,
            total_actions: self.total_actions,
            nodes: self.nodes,
            queue: None,
        }
    }
}

/// A generated run id.
pub fn generated_id() -> RunId {
    RunId::generated(Uuid::now_v7())
}

/// A declared node: its name alone, or with what it needs. Read only to see that it can be.
#[derive(Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "the fold reads the nodes from the event")]
enum Node {
    Name(NodeRef),
    #[serde(rename_all = "camelCase")]
    Full {
        node_ref: NodeRef,
        #[serde(default)]
        needs: Vec<NodeRef>,
    },
}

/// Reads the body.
pub fn parse(body: &Body) -> Result<RunRequest, Problem> {
    check_format(body)?;
    parse_text(&body.bytes, None)
}

/// Reads the body of a start whose workflow the path names: it need not be named again.
pub fn parse_of(body: &Body, workflow: &str) -> Result<RunRequest, Problem> {
    check_format(body)?;
    parse_text(&body.bytes, Some(workflow))
}

fn check_format(body: &Body) -> Result<(), Problem> {
    if body.format != BodyFormat::Json {
        let detail = "a run is one JSON object; the content type must be application/json";
        return Err(Problem::new(http::StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail));
    }
    Ok(())
}

/// `of` is the stored workflow that the path names.
fn parse_text(bytes: &[u8], of: Option<&str>) -> Result<RunRequest, Problem> {
    let whole = |detail: String| Problem::invalid_at("", detail);
    let text = std::str::from_utf8(bytes).map_err(|_| whole("the body is not UTF-8".into()))?;
    let fit = scan::scan(text, 1).map_err(|unfit| whole(unfit.to_string()))?;
    let fields: indexmap::IndexMap<String, &RawValue> = serde_json::from_str(&fit)
        .map_err(|error| whole(format!("the body is not a JSON object: {error}")))?;
    let inputs_bytes = fields.get("inputs").map_or(0, |raw| raw.get().len());
    if text.len() - inputs_bytes > FIELDS_MAX_BYTES {
        let detail = format!("a run's fields are at most {FIELDS_MAX_BYTES} bytes beside its inputs");
        return Err(Problem::too_large(detail));
    }
    let mut reader = Reader::default();
    let mut request = match of {
        Some(workflow) => RunRequest::new(Engine::Local, workflow.to_owned()),
        None => RunRequest::new(Engine::External, String::new()),
    };
    for name in ["workflow", "engine"] {
        if of.is_none() && fields.get(name).is_none_or(|raw| raw.get() == "null") {
            reader.fault(name, "is missing".into());
        }
    }
    for (name, raw) in fields.iter().filter(|(_, raw)| raw.get() != "null") {
        match name.as_str() {
            "runId" => request.run_id = reader.run_id(raw),
            "engine" => request.engine = reader.parsed(name, raw).unwrap_or(Engine::External),
            "workflow" => request.workflow = reader.workflow(raw),
            "version" => request.version = reader.number(name, raw, 1..=i32::MAX),
            "priority" => {
                request.priority = reader.number(name, raw, -PRIORITY_MAX..=PRIORITY_MAX);
            }
            "inputs" => request.inputs = Some(Json::from_raw((*raw).to_owned())),
            "trigger" => request.trigger = Some(Json::from_raw((*raw).to_owned())),
            "labels" => request.labels = reader.labels(raw),
            "totalActions" => request.total_actions = reader.total_actions(raw),
            "nodes" => request.nodes = reader.nodes(raw),
            _ => reader.fault(name, "is not a field of a run".into()),
        }
    }
    reader.check_fit(&request, of);
    if reader.faults.is_empty() { Ok(request) } else { Err(reader.faults.into()) }
}

#[derive(Default)]
struct Reader {
    faults: Vec<Fault>,
}

impl Reader {
    fn fault(&mut self, field: &str, detail: String) {
        // RFC 6901: what a pointer's segment can't hold as it is.
        let field = field.replace('~', "~0").replace('/', "~1");
        self.faults.push(Fault { pointer: format!("/{field}"), detail, is_size: false });
    }

    /// What fits only together: the path's workflow, and what only runs of stored workflows have.
    fn check_fit(&mut self, request: &RunRequest, of: Option<&str>) {
        if of.is_some_and(|workflow| workflow != request.workflow) {
            self.fault("workflow", "is not the workflow in the path".into());
        }
        if of.is_some() && request.engine != Engine::Local {
            self.fault("engine", "is always `local` here".into());
        }
        for (name, given) in [("version", request.version), ("priority", request.priority)] {
            if given.is_some() && request.engine != Engine::Local {
                self.fault(name, "is for runs with the engine `local` only".into());
            }
        }
    }

    fn number(&mut self, field: &str, raw: &RawValue, range: RangeInclusive<i32>) -> Option<i32> {
        let number = serde_json::from_str::<i32>(raw.get()).ok().filter(|number| range.contains(number));
        if number.is_none() {
            self.fault(field, format!("is not a whole number from {} to {}", range.start(), range.end()));
        }
        number
    }

    fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(
        &mut self,
        field: &str,
        raw: &RawValue,
    ) -> Option<T> {
        let Ok(text) = serde_json::from_str::<String>(raw.get()) else {
            self.fault(field, "is not a text".into());
            return None;
        };
        text.parse().map_err(|error: T::Err| self.fault(field, error.to_string())).ok()
    }

    fn run_id(&mut self, raw: &RawValue) -> Option<RunId> {
        let run_id: RunId = self.parsed("runId", raw)?;
        run_id.check_new().map_err(|error| self.fault("runId", error.to_string())).ok()?;
        Some(run_id)
    }

    fn workflow(&mut self, raw: &RawValue) -> String {
        match serde_json::from_str::<String>(raw.get()) {
            Ok(name) if (1..=WORKFLOW_MAX_BYTES).contains(&name.len()) => return name,
            _ => self.fault("workflow", format!("is not a text of 1 to {WORKFLOW_MAX_BYTES} bytes")),
        }
        String::new()
    }

    fn labels(&mut self, raw: &RawValue) -> Option<Json> {
        let Ok(labels) = serde_json::from_str::<indexmap::IndexMap<String, String>>(raw.get()) else {
            self.fault("labels", "is not an object of texts".into());
            return None;
        };
        let too_long =
            labels.iter().any(|(key, value)| key.len() > LABEL_MAX_BYTES || value.len() > LABEL_MAX_BYTES);
        if labels.len() > LABELS_MAX || too_long {
            self.fault(
                "labels",
                format!("are at most {LABELS_MAX}, of at most {LABEL_MAX_BYTES} bytes each way"),
            );
        }
        Some(Json::from_raw(raw.to_owned()))
    }

    fn total_actions(&mut self, raw: &RawValue) -> Option<u32> {
        let number = serde_json::from_str::<u32>(raw.get()).ok();
        if number.is_none() {
            self.fault("totalActions", "is not a whole number from 0 on".into());
        }
        number
    }

    fn nodes(&mut self, raw: &RawValue) -> Option<Json> {
        let Ok(nodes) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) else {
            self.fault("nodes", "is not a list".into());
            return None;
        };
        if nodes.len() > NODES_MAX {
            self.fault("nodes", format!("are at most {NODES_MAX}"));
            return None;
        }
        for (index, node) in nodes.iter().enumerate() {
            if serde_json::from_str::<Node>(node.get()).is_err() {
                let pointer = format!("/nodes/{index}");
                let detail = "is not {nodeRef, needs: [nodeRef, …]}".into();
                self.faults.push(Fault { pointer, detail, is_size: false });
            }
        }
        Some(Json::from_raw(raw.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointers(text: &str) -> Vec<String> {
        parse_text(text.as_bytes(), None).unwrap_err().errors.into_iter().map(|fault| fault.pointer).collect()
    }

    #[test]
    fn a_run_is_read_with_what_it_carries() {
        let text = r#"{"runId":"r:1","workflow":"w","engine":"external","inputs":{"n":1e999},"labels":{"a":"b"},
            "totalActions":2,"nodes":["a",{"nodeRef":"b","needs":["a"]}],"trigger":null}"#;
        let request = parse_text(text.as_bytes(), None).unwrap();
        assert_eq!((request.run_id.clone().unwrap().as_str(), request.engine), ("r:1", Engine::External));
        let run = request.into_run("r:2".parse().unwrap());
        assert_eq!((run.run_id.as_str(), run.workflow.as_str(), run.total_actions), ("r:2", "w", Some(2)));
        assert_eq!(run.inputs.unwrap().get(), r#"{"n":1e999}"#);
        assert!(run.trigger.is_none());
    }

    #[test]
    fn every_fault_is_named() {
        assert_eq!(pointers("{}"), ["/workflow", "/engine"]);
        assert_eq!(pointers("[]"), [""]);
        assert_eq!(pointers("{"), [""]);
        let text = r#"{"workflow":"","engine":"k8s","runId":"-","labels":{"a":1},"totalActions":-1,
            "nodes":["a",{"needs":[]}],"a/b":1}"#;
        let expected = ["/workflow", "/engine", "/runId", "/labels", "/totalActions", "/nodes/1", "/a~1b"];
        assert_eq!(pointers(text), expected);
        let deep =
            format!(r#"{{"workflow":"w","engine":"local","inputs":{}{}}}"#, "[".repeat(70), "]".repeat(70));
        assert_eq!(pointers(&deep), [""]);
    }

    #[test]
    fn a_start_takes_its_workflow_from_the_path() {
        let of = |text: &str| parse_text(text.as_bytes(), Some("w"));
        let request = of(r#"{"version":3,"priority":-100}"#).unwrap();
        let start = request.into_start("r".parse().unwrap());
        assert_eq!((start.workflow.as_str(), start.version, start.priority), ("w", Some(3), Some(-100)));
        assert!(of(r#"{"workflow":"w","engine":"local"}"#).is_ok());
        let problem = of(r#"{"workflow":"v","engine":"external","priority":101}"#).unwrap_err();
        let pointers: Vec<_> = problem.errors.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/priority", "/workflow", "/engine"]);
        assert_eq!(pointers_of_external(), ["/version"]);
    }

    fn pointers_of_external() -> Vec<String> {
        pointers(r#"{"workflow":"w","engine":"external","version":1}"#)
    }

    #[test]
    fn what_would_not_fit_an_event_is_too_large_but_for_inputs() {
        let of = |field: &str| {
            let value = "x".repeat(FIELDS_MAX_BYTES);
            format!(r#"{{"workflow":"w","engine":"external","{field}":"{value}"}}"#)
        };
        let refused = parse_text(of("trigger").as_bytes(), None).unwrap_err();
        assert_eq!(refused.status, http::StatusCode::PAYLOAD_TOO_LARGE);
        let request = parse_text(of("inputs").as_bytes(), None).unwrap();
        let run = request.into_run("r".parse().unwrap());
        assert_eq!(run.inputs.unwrap().get().len(), FIELDS_MAX_BYTES + 2);
    }
}
