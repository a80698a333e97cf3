//! A workflow's text as the server needs it: to check it, to declare a run of it, to say what a worker must have.
//!
//! The one place on this side that knows the workflow language.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::facts::event_input::{EVENT_MAX_BYTES, Fault};
use crate::facts::json::Json;
use crate::runner::workflow as language;

/// What RUN_QUEUED may say of the nodes; the event holds inputs and labels beside it.
const DECLARATION_MAX_BYTES: usize = EVENT_MAX_BYTES / 2;

/// A checked workflow.
#[derive(Debug, Clone)]
pub struct Definition {
    workflow: language::Workflow,
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionFaults {
    /// Each by the pointer `/line:column`.
    pub faults: Vec<Fault>,
    /// `file:line:column: found …, expected …`, a line each.
    pub text: String,
}

/// A node as people look it up.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeSummary {
    pub node_ref: String,
    pub needs: Vec<String>,
    /// `run`, `approval` or `workflow`.
    pub kind: &'static str,
    pub image: Option<String>,
}

/// Reads and checks the text of the workflow `name`.
pub fn parse(name: &str, source: &str) -> Result<Definition, DefinitionFaults> {
    let workflow = language::parse(&format!("{name}.yaml"), source).map_err(|faults| DefinitionFaults {
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

    #[must_use]
    pub fn node_count(&self) -> u32 {
        u32::try_from(self.workflow.nodes.len()).unwrap_or(u32::MAX)
    }

    /// Of a run that says nothing of its own; higher goes first.
    #[must_use]
    pub fn priority(&self) -> i32 {
        0
    }

    /// Runs of the workflow at the same time; `None`: any number.
    #[must_use]
    pub fn concurrency(&self) -> Option<i32> {
        None
    }

    /// What a worker must have to execute it.
    #[must_use]
    pub fn engines(&self) -> Vec<String> {
        let nodes = &self.workflow.nodes;
        let needs_docker = nodes.iter().any(|node| node.image.is_some());
        let needs_process = nodes.iter().any(|node| node.image.is_none());
        let engines = [("docker", needs_docker), ("process", needs_process)];
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
        let summary = |node: &language::Node| NodeSummary {
            node_ref: node.id.to_string(),
            needs: node.needs.iter().map(|index| nodes[*index].id.to_string()).collect(),
            kind: "run",
            image: node.image.as_deref().map(str::to_owned),
        };
        nodes.iter().map(summary).collect()
    }

    /// `[{nodeRef, needs}]` for RUN_QUEUED; without the needs where that is too long, and nothing where even the names are.
    #[must_use]
    pub fn declaration(&self) -> Option<Json> {
        let nodes = self.nodes();
        let full =
            nodes.iter().map(|node| serde_json::json!({"nodeRef": node.node_ref, "needs": node.needs}));
        let names = nodes.iter().map(|node| serde_json::json!({"nodeRef": node.node_ref}));
        [full.collect::<Vec<_>>(), names.collect()]
            .into_iter()
            .filter_map(|declaration| Json::from_value(&declaration).ok())
            .find(|declaration| declaration.get().len() <= DECLARATION_MAX_BYTES)
    }

    /// The JSON Schema of a run's inputs.
    #[must_use]
    pub fn inputs_schema(&self) -> Value {
        let inputs = &self.workflow.inputs;
        let property = |input: &language::Input| {
            let schema = match &input.default {
                Some(default) => serde_json::json!({"type": "string", "default": default}),
                None => serde_json::json!({"type": "string"}),
            };
            (input.name.to_string(), schema)
        };
        let required: Vec<&str> =
            inputs.iter().filter(|input| input.default.is_none()).map(|input| &*input.name).collect();
        serde_json::json!({
            "type": "object",
            "properties": inputs.iter().map(property).collect::<serde_json::Map<_, _>>(),
            "required": required,
            "additionalProperties": false,
        })
    }
}

/// The inputs of a run as it will have them, defaults filled in; each fault by its pointer below `/inputs`.
pub fn check_inputs(definition: &Definition, given: Option<&Json>) -> Result<Option<Json>, Vec<Fault>> {
    let fault = |pointer: String, detail: &str| Fault { pointer, detail: detail.to_owned(), is_size: false };
    let mut given: BTreeMap<String, Value> = match given {
        None => BTreeMap::new(),
        Some(json) => {
            json.read().ok_or_else(|| vec![fault("/inputs".into(), "is not an object of values by name")])?
        }
    };
    let mut faults = Vec::new();
    let mut inputs = serde_json::Map::new();
    for input in &definition.workflow.inputs {
        let pointer = || format!("/inputs/{}", escaped(&input.name));
        match (given.remove(&*input.name), &input.default) {
            (Some(Value::String(text)), _) => _ = inputs.insert(input.name.to_string(), text.into()),
            (Some(_), _) => faults.push(fault(pointer(), "is not a text")),
            (None, Some(default)) => _ = inputs.insert(input.name.to_string(), default.to_string().into()),
            (None, None) => faults.push(fault(pointer(), "is missing, and has no default")),
        }
    }
    for name in given.keys() {
        faults.push(fault(format!("/inputs/{}", escaped(name)), "is no input of this workflow"));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok((!inputs.is_empty()).then(|| Json::from_value(&inputs).ok()).flatten())
}

/// RFC 6901: what a pointer's segment can't hold as it is.
fn escaped(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECON: &str = "name: recon\ninputs: { domain: example.org, depth: }\nnodes:\n  - id: list\n    run: echo\n  \
                         - id: scan\n    needs: [list]\n    image: telltale/busybox\n    run: ls\n";

    fn recon() -> Definition {
        parse("recon", RECON).unwrap()
    }

    fn inputs(text: &str) -> Result<Option<String>, Vec<String>> {
        let given = Json::from_text(text.into()).unwrap();
        let checked = check_inputs(&recon(), Some(&given));
        checked
            .map(|json| json.map(|json| json.get().to_owned()))
            .map_err(|faults| faults.into_iter().map(|fault| fault.pointer).collect())
    }

    #[test]
    fn a_definition_says_what_its_runs_declare_and_need() {
        let recon = recon();
        assert_eq!(recon.engines(), ["docker", "process"]);
        let declared = r#"[{"needs":[],"nodeRef":"list"},{"needs":["list"],"nodeRef":"scan"}]"#;
        assert_eq!(recon.declaration().unwrap().get(), declared);
        assert!(recon.has_node("scan") && !recon.has_node("scan2"));
        assert_eq!(recon.inputs_schema()["required"], serde_json::json!(["depth"]));
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
    fn inputs_get_their_defaults_and_their_faults() {
        assert_eq!(inputs(r#"{"depth":"2"}"#).unwrap().unwrap(), r#"{"depth":"2","domain":"example.org"}"#);
        assert_eq!(
            inputs(r#"{"domain":1,"a/b":"x"}"#),
            Err(vec!["/inputs/domain".to_owned(), "/inputs/depth".to_owned(), "/inputs/a~1b".to_owned()])
        );
        assert_eq!(inputs("[]"), Err(vec!["/inputs".to_owned()]));
    }

    #[test]
    fn a_declaration_too_long_for_an_event_is_left_out() {
        let nodes = |name: &str| -> String {
            let of = |n| format!("  - id: {name}{n}\n    run: x\n");
            (0..800).map(of).collect()
        };
        let with = |name: &str| parse("w", &format!("name: w\nnodes:\n{}", nodes(name))).unwrap();
        assert!(!with("a-name-of-some-length").declaration().unwrap().get().contains("needs"));
        assert!(with(&"n".repeat(100)).declaration().is_none());
    }
}
