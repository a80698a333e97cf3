//! A workflow's text as the server needs it: to check it, to declare a run of it, to say what a worker must have.
//!
//! The one place on this side that knows the workflow language.

use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::facts::event_input::{EVENT_MAX_BYTES, Fault};
use crate::facts::json::Json;
use crate::facts::status::words;
use crate::facts::workflow::model::{Kind, Node};
use crate::facts::workflow::schema::{Misfit, Schema};
use crate::facts::workflow::{self, Plan, Workflow};

/// What RUN_QUEUED may say of the nodes; the event holds inputs and labels beside it.
const DECLARATION_MAX_BYTES: usize = EVENT_MAX_BYTES / 2;
/// Shown for an image that is known only once the node's turn comes.
const COMPUTED: &str = "${{ … }}";

/// A checked workflow.
#[derive(Debug, Clone)]
pub struct Definition {
    workflow: Workflow,
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionFaults {
    /// Each by the pointer `/line:column`.
    pub faults: Vec<Fault>,
    /// `file:line:column: found …, expected …`, a line each.
    pub text: String,
}

words! {
    /// What a node does.
    NodeKind {
        Run = "run",
        Approval = "approval",
        Workflow = "workflow",
    }
}

/// A node as people look it up.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeSummary {
    pub node_ref: String,
    pub needs: Vec<String>,
    pub kind: NodeKind,
    pub image: Option<String>,
    /// The workflow that it calls.
    pub workflow: Option<String>,
    /// It stands for as many nodes as its matrix has combinations.
    pub matrix: bool,
    /// It runs after all others.
    pub finally: bool,
}

/// What a run of the workflow with some inputs is.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// With defaults; `None` without any.
    pub inputs: Option<Json>,
    pub node_count: u32,
    /// `[{nodeRef, needs}]`; without the needs where that is too long for an event, and nothing where even the names are.
    pub nodes: Option<Json>,
}

/// Reads and checks the text of the workflow `name`.
pub fn parse(name: &str, source: &str) -> Result<Definition, DefinitionFaults> {
    let workflow = workflow::parse(&format!("{name}.yaml"), source).map_err(|faults| DefinitionFaults {
        text: faults.to_string(),
        faults: faults
            .list()
            .iter()
            .map(|fault| Fault {
                pointer: format!("/{}:{}", fault.at.line, fault.at.column),
                detail: format!("found {}, expected {}", fault.found, fault.expected),
                is_size: false,
            })
            .collect(),
    })?;
    if *workflow.name != *name {
        let detail = format!("the file's name is `{}`, the path's `{name}`", workflow.name);
        let fault = Fault { pointer: "/name".into(), detail: detail.clone(), is_size: false };
        return Err(DefinitionFaults { faults: vec![fault], text: detail });
    }
    Ok(Definition { workflow })
}

impl Definition {
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.workflow.description.as_deref()
    }

    /// Nodes of the file; a run may have more, by matrices.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.workflow.nodes.len()
    }

    /// Of a run that says nothing of its own; higher goes first.
    #[must_use]
    pub fn priority(&self) -> i32 {
        self.workflow.priority
    }

    /// Runs of the workflow at the same time; `None`: any number.
    #[must_use]
    pub fn concurrency(&self) -> Option<i32> {
        self.workflow.concurrency.map(|limit| i32::try_from(limit).unwrap_or(i32::MAX))
    }

    /// What a worker must have to execute it.
    #[must_use]
    pub fn engines(&self) -> Vec<String> {
        let engines = [("docker", self.workflow.has_images()), ("process", self.workflow.has_processes())];
        engines.into_iter().filter(|(_, needed)| *needed).map(|(name, _)| name.to_owned()).collect()
    }

    /// Whether the file has a node of that id.
    #[must_use]
    pub fn has_node(&self, id: &str) -> bool {
        self.workflow.nodes.iter().any(|node| node.id.as_str() == id)
    }

    #[must_use]
    pub fn nodes(&self) -> Vec<NodeSummary> {
        let nodes = &self.workflow.nodes;
        nodes.iter().map(|node| self.summary(node)).collect()
    }

    fn summary(&self, node: &Node) -> NodeSummary {
        let (kind, called) = match &node.kind {
            Kind::Command(_) => (NodeKind::Run, None),
            Kind::Approval(_) => (NodeKind::Approval, None),
            Kind::Call(call) => (NodeKind::Workflow, Some(call.workflow.to_string())),
        };
        NodeSummary {
            node_ref: node.id.to_string(),
            needs: node.needs.iter().map(|index| self.workflow.nodes[*index].id.to_string()).collect(),
            kind,
            image: node.image().map(|image| image.fixed().unwrap_or(COMPUTED).to_owned()),
            workflow: called,
            matrix: !node.matrix.is_empty(),
            finally: node.is_finally,
        }
    }

    /// The JSON Schema of a run's inputs.
    #[must_use]
    pub fn inputs_schema(&self) -> Value {
        self.workflow.input_schema()
    }

    /// What a run with these inputs would be; each fault by its pointer, at or below `/inputs`.
    pub fn prepare(&self, given: Option<&Json>) -> Result<Prepared, Vec<Fault>> {
        let given: Map<String, Value> = match given {
            None => Map::new(),
            Some(json) => {
                json.read().ok_or_else(|| vec![fault("", "is not an object of values by name".into())])?
            }
        };
        let of_misfit = |misfit: Misfit| fault(&misfit.pointer, misfit.detail);
        let checked = self.workflow.check_inputs(&given);
        let inputs = checked.map_err(|faults| faults.into_iter().map(of_misfit).collect::<Vec<_>>())?;
        let plan = self.workflow.plan(&inputs).map_err(|error| vec![fault("", error.to_string())])?;
        Ok(Prepared {
            inputs: (!inputs.is_empty()).then(|| Json::from_value(&inputs).ok()).flatten(),
            node_count: u32::try_from(plan.nodes.len()).unwrap_or(u32::MAX),
            nodes: declaration(&plan),
        })
    }
}

/// What is wrong with `data` as an answer to a question that came with this form; nothing for a form that can't be read, which
/// is no fault of whoever fills it in.
#[must_use]
pub fn check_form(form: &Json, data: &Value) -> Vec<Fault> {
    let Some(form) = form.read().and_then(|written| Schema::compile(written).ok()) else { return Vec::new() };
    let of_misfit = |misfit: Misfit| Fault { pointer: misfit.pointer, detail: misfit.detail, is_size: false };
    form.misfits(data, "/data").into_iter().map(of_misfit).collect()
}

fn fault(below: &str, detail: String) -> Fault {
    Fault { pointer: format!("/inputs{below}"), detail, is_size: false }
}

fn declaration(plan: &Plan) -> Option<Json> {
    let name = |index: &usize| plan.nodes[*index].id.as_str();
    let full = plan
        .nodes
        .iter()
        .map(|node| json!({"nodeRef": node.id, "needs": node.needs.iter().map(name).collect::<Vec<_>>()}));
    let names = plan.nodes.iter().map(|node| json!({"nodeRef": node.id}));
    [full.collect::<Vec<_>>(), names.collect()]
        .into_iter()
        .filter_map(|declaration| Json::from_value(&declaration).ok())
        .find(|declaration| declaration.get().len() <= DECLARATION_MAX_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECON: &str = "name: recon\npriority: 7\nconcurrency: 2\ninputs: { domain: example.org, depth: }\nnodes:\n  \
                         - id: list\n    run: echo\n  - id: scan\n    needs: [list]\n    matrix: { os: [a, b] }\n    \
                         image: telltale/busybox\n    run: ls\n  - id: sure\n    needs: [scan]\n    approval: { message: x }\n";

    fn recon() -> Definition {
        parse("recon", RECON).unwrap()
    }

    fn prepared(text: &str) -> Result<Prepared, Vec<String>> {
        let given = Json::from_text(text.into()).unwrap();
        let prepared = recon().prepare(Some(&given));
        prepared.map_err(|faults| faults.into_iter().map(|fault| fault.pointer).collect())
    }

    #[test]
    fn a_definition_says_what_its_runs_declare_and_need() {
        let recon = recon();
        assert_eq!((recon.engines(), recon.node_count()), (vec!["docker".into(), "process".into()], 3));
        assert_eq!((recon.priority(), recon.concurrency()), (7, Some(2)));
        assert!(recon.has_node("scan") && !recon.has_node("scan[a]"));
        let kinds: Vec<_> = recon.nodes().iter().map(|node| (node.kind, node.matrix)).collect();
        assert_eq!(kinds, [(NodeKind::Run, false), (NodeKind::Run, true), (NodeKind::Approval, false)]);
        let run = prepared(r#"{"depth":"2"}"#).unwrap();
        assert_eq!(
            (run.inputs.unwrap().get(), run.node_count),
            (r#"{"depth":"2","domain":"example.org"}"#, 4)
        );
        let nodes = run.nodes.unwrap();
        assert!(
            nodes.get().contains(r#"{"needs":["scan[a]","scan[b]"],"nodeRef":"sure"}"#),
            "{}",
            nodes.get()
        );
    }

    #[test]
    fn faults_have_their_place() {
        let faults = parse("recon", "name: recon\nnodes:\n  - id: a\n    rnu: x\n").unwrap_err();
        assert!(faults.faults.iter().any(|fault| fault.pointer == "/4:5"), "{faults:?}");
        assert!(faults.text.starts_with("recon.yaml:"), "{}", faults.text);
        let other = parse("other", RECON).unwrap_err();
        assert_eq!(other.faults[0].pointer, "/name");
    }

    #[test]
    fn inputs_are_named_with_their_faults() {
        let pointers = prepared(r#"{"domain":[],"x":"y"}"#).unwrap_err();
        assert_eq!(pointers, ["/inputs/x", "/inputs/domain", "/inputs/depth"]);
        assert_eq!(prepared("[]").unwrap_err(), ["/inputs"]);
    }

    #[test]
    fn a_declaration_too_long_for_an_event_is_left_out() {
        let with = |name: &str| {
            let nodes: String = (0..800).map(|n| format!("  - id: {name}{n}\n    run: x\n")).collect();
            parse("w", &format!("name: w\nnodes:\n{nodes}")).unwrap().prepare(None).unwrap().nodes
        };
        assert!(!with("a-name-of-some-length").unwrap().get().contains("needs"));
        assert!(with(&"n".repeat(100)).is_none());
    }

    #[test]
    fn an_answer_is_held_against_its_form() {
        let form = r#"{"type":"object","required":["owner"],"properties":{"days":{"type":"integer"}}}"#;
        let form = Json::from_text(form.into()).unwrap();
        assert!(check_form(&form, &json!({"owner": "x", "days": 3})).is_empty());
        let mut pointers: Vec<_> =
            check_form(&form, &json!({"days": "x"})).into_iter().map(|fault| fault.pointer).collect();
        pointers.sort();
        assert_eq!(pointers, ["/data", "/data/days"]);
        let foreign = Json::from_text(r#"{"$ref":"http://127.0.0.1:1/schema"}"#.into()).unwrap();
        assert!(check_form(&foreign, &Value::Null).is_empty());
    }
}
