//! Plans, scopes and inputs: what a run is made of.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::facts::status::{NodeStatus, RunStatus};

use super::command::{RenderFault, Rendered};
use super::model::Kind;
use super::parse;
use super::scope::{NodeResult, RunSoFar, Scope};
use super::{Plan, Workflow};

fn read(text: &str) -> Workflow {
    parse("w", text).unwrap_or_else(|faults| panic!("{faults}"))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other}"),
    }
}

fn planned(text: &str, inputs: Value) -> Result<Plan, String> {
    let workflow = read(text);
    let inputs = workflow.check_inputs(&object(inputs)).unwrap();
    workflow.plan(&inputs).map_err(|fault| fault.to_string())
}

fn ids(plan: &Plan) -> Vec<&str> {
    plan.nodes.iter().map(|node| node.id.as_str()).collect()
}

const MATRIX: &str = r#"
name: x
inputs: { hosts: { type: array, default: [a, b] } }
nodes:
  - { id: first, run: x }
  - id: scan
    needs: [first]
    matrix: { os: [linux, mac], host: "${{ inputs.hosts }}" }
    run: [scan, "${{ matrix.os }}", "${{ matrix.host }}"]
  - { id: report, needs: [first, scan], run: [x, "${{ nodes.scan.output }}", "${{ nodes['scan[mac,b]'].status }}"] }
finally:
  - { id: tidy, run: [x, "${{ nodes.scan.status }}", "${{ run.status }}"] }
"#;

fn words(plan: &Plan, node: usize, result: impl Fn(usize) -> NodeResult) -> Result<Vec<String>, RenderFault> {
    let inputs = object(json!({ "hosts": ["a", "b"] }));
    let run = RunSoFar { run_id: "run-1", inputs: &inputs, status: RunStatus::Failed };
    let Kind::Command(command) = &plan.nodes[node].spec.kind else { panic!("a command") };
    command.render(&plan.scope(node, run, result)).map(|Rendered { words, .. }| words)
}

#[test]
fn matrices_are_expanded_in_order_and_needs_mean_all_instances() {
    let plan = planned(MATRIX, json!({})).unwrap();
    let expected =
        ["first", "scan[linux,a]", "scan[linux,b]", "scan[mac,a]", "scan[mac,b]", "report", "tidy"];
    assert_eq!(ids(&plan), expected);
    assert_eq!(plan.nodes[3].needs, [0]);
    assert_eq!(plan.nodes[5].needs, [0, 1, 2, 3, 4]);
    assert!(plan.nodes[6].is_finally() && plan.nodes[6].needs.is_empty());
    assert_eq!(plan.nodes[3].matrix, [("os".into(), json!("mac")), ("host".into(), json!("a"))]);
    assert_eq!(plan.indexes()["scan[mac,a]"], 3);

    let empty = planned(MATRIX, json!({ "hosts": [] })).unwrap();
    assert_eq!(ids(&empty), ["first", "report", "tidy"]);
    assert_eq!(empty.nodes[1].needs, [0]);
}

#[test]
fn a_matrix_that_cannot_be_expanded_says_why() {
    for (inputs, expected) in [
        (
            json!({ "hosts": [[1]] }),
            "the matrix of `scan` can't be expanded: `host` holds a value that is no text",
        ),
        (json!({ "hosts": ["a", "b", "a"] }), "`host` holds `a` a second time"),
        (json!({ "hosts": ["a\n"] }), "control characters"),
        (json!({ "hosts": ["x".repeat(300)] }), "has more than 256 bytes"),
        (json!({ "hosts": (0..600).collect::<Vec<_>>() }), "at most 1,000 instances in all"),
    ] {
        let found = planned(MATRIX, inputs).unwrap_err();
        assert!(found.contains(expected), "{found}");
    }
    let twins = "name: x\nnodes:\n  - { id: a, matrix: { m: ['b,c'], n: [d] }, run: x }\n  - { id: 'a[b,c,d]', run: x }";
    assert!(planned(twins, json!({})).unwrap_err().contains("two nodes would have the name `a[b,c,d]`"));
    let not_a_list = "name: x\ninputs: { h: }\nnodes: [{ id: a, matrix: { m: '${{ inputs.h }}' }, run: x }]";
    assert!(planned(not_a_list, json!({ "h": "x" })).unwrap_err().contains("`m` is no list"));
}

#[test]
fn expressions_see_the_nodes_they_name_and_instances_as_a_list() {
    let plan = planned(MATRIX, json!({})).unwrap();
    let result = |node: usize| NodeResult {
        status: if node == 4 { NodeStatus::Failed } else { NodeStatus::Completed },
        output: json!({ "n": node }),
    };
    assert_eq!(words(&plan, 3, result).unwrap(), ["scan", "mac", "a"]);
    assert_eq!(words(&plan, 5, result).unwrap(), ["x", r#"[{"n":1},{"n":2},{"n":3},{"n":4}]"#, "FAILED"]);
    assert_eq!(words(&plan, 6, result).unwrap(), ["x", "FAILED", "FAILED"]);
}

#[test]
fn a_computed_name_reaches_every_node_in_scope_and_no_other() {
    let text = r#"
name: x
inputs: { which: a }
nodes:
  - { id: a, run: x }
  - { id: b, needs: a, run: x }
  - { id: c, run: x }
  - { id: d, needs: b, run: [x, "${{ nodes[inputs.which].output }}"] }
finally:
  - { id: z, run: [x, "${{ nodes | list | join(' ') }}"] }
"#;
    let workflow = read(text);
    let seen = |node: usize, which: &str| {
        let inputs = object(json!({ "which": which }));
        let plan = workflow.plan(&inputs).unwrap();
        let run = RunSoFar { run_id: "run-1", inputs: &inputs, status: RunStatus::Running };
        let scope =
            plan.scope(node, run, |node| NodeResult { status: NodeStatus::Completed, output: node.into() });
        let rendered = plan.nodes[node].spec.command().unwrap().render(&scope);
        rendered.map(|rendered| rendered.words[1].clone()).map_err(|fault| fault.to_string())
    };
    assert_eq!(seen(3, "a").unwrap(), "0");
    assert_eq!(seen(3, "b").unwrap(), "1");
    assert!(seen(3, "c").unwrap_err().contains("has no value"));
    assert_eq!(seen(4, "a").unwrap(), "a b c d");
}

#[test]
fn what_a_process_cannot_be_given_is_refused() {
    let text = "name: x\ninputs: { v: }\nnodes: [{ id: a, image: 'a:${{ inputs.v }}', run: [x], env: { V: '${{ inputs.v }}' } }]";
    let workflow = read(text);
    let render = |value: &str| {
        let scope = Scope::of(&json!({ "inputs": { "v": value } }));
        workflow.nodes[0].command().unwrap().render(&scope).map_err(|fault| fault.to_string())
    };
    assert_eq!(render("1.0").unwrap().image.as_deref(), Some("a:1.0"));
    assert_eq!(render("1 --privileged").unwrap_err(), "`a:1 --privileged` is no name of an image");
    let text = text.replace("image: 'a:${{ inputs.v }}', ", "");
    let workflow = read(&text);
    let render = |value: &str| {
        let scope = Scope::of(&json!({ "inputs": { "v": value } }));
        workflow.nodes[0].command().unwrap().render(&scope).unwrap_err().to_string()
    };
    assert!(render("\0").contains("the variable `V` holds U+0000"));
    assert!(render(&"x".repeat(200_000)).contains("more than 128 KiB"));
}

const INPUTS: &str = r#"
name: x
inputs:
  domain: example.org
  token:
  depth: { type: integer, minimum: 1, default: 2 }
  hosts: { type: array, items: { $ref: '#/$defs/host' }, default: [], $defs: { host: { type: string, minLength: 1 } } }
  any: { default: null }
  size: { enum: [1, big], default: big }
nodes: [{ id: a, run: x }]
"#;

#[test]
fn inputs_are_checked_all_at_once_and_defaults_fill_in() {
    let workflow = read(INPUTS);
    let check = |given: Value| workflow.check_inputs(&object(given));
    assert_eq!(
        Value::Object(check(json!({ "token": 1.5, "domain": true })).unwrap()),
        json!({ "domain": "true", "token": "1.5", "depth": 2, "hosts": [], "any": null, "size": "big" })
    );
    let faults = check(json!({ "dpeth": 1, "domain": [], "depth": 0, "hosts": ["a", "", 3] })).unwrap_err();
    let told: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.detail.as_str())).collect();
    assert_eq!(
        told,
        [
            ("/dpeth", "the workflow has no input `dpeth` (did you mean `depth`?)"),
            ("/domain", "the input `domain` is a list, not a text"),
            ("/token", "the input `token` needs a value"),
            ("/depth", "the input `depth` does not fit: 0 is less than the minimum of 1"),
            ("/hosts/1", "the input `hosts` does not fit at /1: \"\" is shorter than 1 character"),
            ("/hosts/2", "the input `hosts` does not fit at /2: 3 is not of type \"string\""),
        ]
    );
    assert!(check(json!({ "token": "a\0" })).unwrap_err()[0].detail.contains("U+0000"));
}

#[test]
fn the_schema_of_all_inputs_says_the_same() {
    let workflow = read(INPUTS);
    let schema = workflow.input_schema();
    assert_eq!(schema["required"], json!(["token"]));
    assert_eq!(schema["properties"]["domain"], json!({ "type": "string", "default": "example.org" }));
    let validator = jsonschema::options().offline().build(&schema).unwrap();
    for (given, good) in [
        (json!({ "token": "x" }), true),
        (json!({ "token": "x", "hosts": ["a"], "depth": 3 }), true),
        (json!({}), false),
        (json!({ "token": "x", "hosts": [""] }), false),
        (json!({ "token": "x", "depth": 0 }), false),
        (json!({ "token": "x", "more": 0 }), false),
    ] {
        assert_eq!(validator.is_valid(&given), good, "{given}");
        assert_eq!(workflow.check_inputs(&object(given.clone())).is_ok(), good, "{given}");
    }
}

#[test]
fn texts_of_a_command_line_are_read_as_their_schema_asks() {
    let workflow = read(INPUTS);
    let pairs = [
        ("domain", "12"),
        ("depth", "3"),
        ("hosts", r#"["a"]"#),
        ("any", "{\"x\":1}"),
        ("size", "1"),
        ("more", "1"),
    ];
    let texts: BTreeMap<String, String> = pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    let expected =
        json!({ "domain": "12", "depth": 3, "hosts": ["a"], "any": { "x": 1 }, "size": 1, "more": "1" });
    assert_eq!(Value::Object(workflow.inputs_from_texts(&texts)), expected);
    let unreadable = workflow.inputs_from_texts(&[("depth".to_owned(), "deep".to_owned())].into());
    assert_eq!(unreadable["depth"], json!("deep"));
    let found = workflow.check_inputs(&unreadable).unwrap_err();
    assert!(
        found.iter().any(|fault| fault.detail.contains("\"deep\" is not of type \"integer\"")),
        "{found:?}"
    );
}

#[test]
fn a_value_of_a_call_that_is_one_template_keeps_its_type() {
    let text = r#"
name: x
inputs: { depth: { type: integer, default: 2 } }
nodes:
  - { id: a, run: x }
  - { id: b, needs: a, workflow: w, with: { n: "${{ inputs.depth }}", all: "${{ nodes.a.output }}", t: "n=${{ inputs.depth }}", v: 1.10, deep: [{ x: "${{ run.id }}" }, null, 2] } }
"#;
    let plan = planned(text, json!({})).unwrap();
    let inputs = object(json!({ "depth": 2 }));
    let run = RunSoFar { run_id: "run-1", inputs: &inputs, status: RunStatus::Running };
    let scope =
        plan.scope(1, run, |_| NodeResult { status: NodeStatus::Completed, output: json!({ "x": [1] }) });
    let Kind::Call(call) = &plan.nodes[1].spec.kind else { panic!("a call") };
    let expected =
        json!({ "n": 2, "all": { "x": [1] }, "t": "n=2", "v": "1.10", "deep": [{ "x": "run-1" }, null, 2] });
    assert_eq!(Value::Object(call.inputs(&scope).unwrap()), expected);
}
