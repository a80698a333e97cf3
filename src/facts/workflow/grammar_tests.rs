//! Grammar v2: what each construct is read as, and what its mistakes are answered with.

use std::time::Duration;

use proptest::prelude::*;

use super::model::{Command, DimensionValues, Join, Kind, Resources, Workflow};
use super::parse;

fn read(text: &str) -> Workflow {
    parse("w", text).unwrap_or_else(|faults| panic!("{faults}"))
}

fn faults(text: &str) -> String {
    parse("w", text).err().map(|faults| faults.to_string()).unwrap_or_default()
}

const WHOLE: &str = r#"
name: offboarding
priority: -5
concurrency: 2
inputs:
  domain: example.org
  depth: { type: integer, minimum: 1, default: 2 }
  hosts: { type: array, items: { type: string } }
nodes:
  - { id: list, run: ls }
  - id: scan
    needs: [list]
    join: any
    if: ${{ inputs.depth > 1 and nodes.list.output.count }}
    matrix: { os: [linux, 1, 1.10, true], host: "${{ inputs.hosts }}" }
    image: telltale/busybox:${{ matrix.os }}
    run: [scan, "--host=${{ matrix.host }}"]
    env: { LEVEL: 3, HOST: "${{ matrix.host }}" }
    secrets: { API_KEY: api-key }
    tty: true
    resources: { memory: 512MiB, cpus: 1.5, pids: 100 }
    artifacts: ["out/*.json"]
  - id: approve
    needs: [scan]
    timeout: 1h
    approval: { message: "Close ${{ inputs.domain }}?", form: { type: object, properties: { why: { type: string } } } }
  - id: child
    needs: [approve]
    workflow: recon
    with: { domain: "${{ inputs.domain }}", deep: { list: ["${{ nodes.scan.output }}", 1.50, null] } }
    retries: 1
finally:
  - { id: tidy, run: x, env: { STATUS: "${{ run.status }}", N: "${{ nodes.child.output }}" } }
  - { id: tell, needs: tidy, run: y, env: { OUT: "${{ nodes.tidy.output }}" } }
"#;

#[test]
fn a_whole_workflow_of_every_kind_is_read() {
    let workflow = read(WHOLE);
    assert_eq!((workflow.priority, workflow.concurrency, workflow.first_finally()), (-5, Some(2), 4));
    assert_eq!((workflow.has_images(), workflow.has_processes()), (true, true));
    assert_eq!(workflow.secrets(), ["api-key"]);
    let [_, scan, approve, child, tidy, tell] = &workflow.nodes[..] else { panic!("six nodes") };

    assert_eq!((scan.join, scan.needs.as_slice()), (Join::Any, &[0][..]));
    assert_eq!(
        scan.condition.as_ref().unwrap().expression().source(),
        "inputs.depth > 1 and nodes.list.output.count"
    );
    let DimensionValues::Known(values) = &scan.matrix[0].values else { panic!("a list") };
    assert_eq!(values, &[serde_json::json!("linux"), 1.into(), "1.10".into(), true.into()]);
    let command = scan.command().unwrap();
    assert!(matches!(&command.command, Command::Arguments(words) if words.len() == 2));
    assert_eq!(
        command.resources,
        Resources { memory_bytes: Some(512 << 20), cpu_millis: Some(1_500), pids: Some(100) }
    );
    assert_eq!((command.tty, &*command.artifacts[0]), (true, "out/*.json"));
    assert_eq!(command.secrets, [("API_KEY".into(), "api-key".into())]);

    let Kind::Approval(approval) = &approve.kind else { panic!("an approval") };
    assert_eq!(approval.misfits(&serde_json::json!({ "why": 3 }))[0].pointer, "/why");
    assert_eq!(approve.timeout, Some(Duration::from_secs(3_600)));
    let Kind::Call(call) = &child.kind else { panic!("a call") };
    assert_eq!((&*call.workflow, child.retries.limit, call.with.len()), ("recon", 1, 2));
    assert_eq!(child.mentions.nodes, [1]);

    assert!(tidy.is_finally && tell.is_finally && !child.is_finally);
    assert_eq!((tidy.mentions.nodes.as_slice(), tell.needs.as_slice()), (&[3][..], &[4][..]));
}

#[test]
fn kinds_that_are_mixed_are_named_with_both_keys() {
    let nodes = |node: &str| faults(&format!("name: x\nnodes:\n  - {node}"));
    assert_eq!(
        nodes("{ id: a, run: x, approval: y, workflow: z }"),
        "w:3:22: found `approval` beside `run`, expected one of them: each makes a node of another kind\n\
         w:3:35: found `workflow` beside `run`, expected one of them: each makes a node of another kind"
    );
    assert_eq!(
        nodes("{ id: a, approval: x, image: y, retries: 2 }"),
        "w:3:27: found `image` beside `approval`, expected `image` only with `run`\n\
         w:3:37: found `retries` beside `approval`, expected `retries` only with `run` or `workflow`"
    );
    assert!(
        nodes("{ id: a, run: x, with: { a: b } }")
            .contains("`with` beside `run`, expected `with` only with `workflow`")
    );
    assert!(nodes("{ id: a, needs: [] }").contains("a node without `run`, `approval` or `workflow`"));
}

#[test]
fn names_that_cannot_exist_are_faults_with_guesses() {
    let text = r#"name: x
inputs: { depth: 1 }
nodes:
  - { id: list, run: x }
  - { id: other, run: x }
  - id: scan
    needs: [list]
    matrix: { os: [linux] }
    if: inputs.dpeth > 1
    run: [x, "${{ nodes.lsit.output }}", "${{ nodes.other.output }}", "${{ nodes['list'].ouput }}"]
    env:
      A: ${{ matrix.so }}
      B: ${{ run.status }}
      C: ${{ worfklow.name }}
      D: ${{ inputs.depth | upprecase }}
      E: ${{ nodes["scan[linux]"].output }}
      F: ${{ inputs.depth is oddly }}
  - { id: late, needs: [scan], if: "matrix.os", run: [x, '${{ nodes["scan[linux]"].output }}', "${{ nodes.list.status }}"] }
"#;
    let expected = "\
w:9:9: found `inputs.dpeth` (did you mean `depth`?), expected an input that the workflow declares
w:10:14: found `lsit`, which is no node (did you mean `list`?), expected the id of a node that this one needs, directly or not
w:10:42: found `other`, which this node does not need, expected a node that is over by then: add `other` to `needs`
w:10:71: found `nodes.list.ouput` (did you mean `output`?), expected nodes.<id>.output or nodes.<id>.status
w:12:10: found `matrix.so` (did you mean `os`?), expected a dimension of the node's matrix
w:13:10: found `run.status` outside of `finally`, expected run.id: how the run ends is not known yet
w:14:10: found the unknown name `worfklow` (did you mean `workflow`?), expected one of inputs, nodes, matrix, run, workflow
w:15:10: found the unknown filter `upprecase`, expected one that docs/workflow-file.md names
w:16:10: found `scan[linux]`, which this node does not need, expected a node that is over by then: add `scan[linux]` to `needs`
w:17:10: found the unknown test `oddly`, expected one that docs/workflow-file.md names
w:18:36: found `matrix.os`, expected no `matrix` in an expression of a node without one";
    assert_eq!(faults(text), expected);
}

#[test]
fn a_name_with_a_sign_in_it_is_shown_how_to_be_written() {
    let text = r#"name: x
inputs: { max-depth: 1 }
nodes:
  - { id: passive-dns, run: x }
  - { id: b, needs: passive-dns, if: nodes.passive-dns.output, run: [x, "${{ inputs.max-depth }}"] }
  - { id: c, needs: passive-dns, if: 'nodes["passive-dns"].output', run: [x, "${{ inputs['max-depth'] }}"] }
"#;
    let expected = "\
w:5:38: found `nodes.passive-dns`, which is no single name to an expression, expected nodes[\"passive-dns\"]
w:5:73: found `inputs.max-depth`, which is no single name to an expression, expected inputs[\"max-depth\"]";
    assert_eq!(faults(text), expected);
}

#[test]
fn templates_have_no_place_in_scripts_and_no_bad_syntax_anywhere() {
    let text = r#"name: x
nodes:
  - id: a
    run: |
      echo ${{ inputs.x }}
  - { id: b, run: [x, "${{ 1 + }}"], env: { A: "${{ inputs" } }
  - { id: c, if: "${{ a }} and ${{ b }}", run: x }
  - { id: d, if: "", run: x }
  - { id: e, matrix: { m: "${{ nodes.a.output }}", n: "x${{ [1] }}" }, run: x }
"#;
    let found = faults(text);
    for expected in [
        "w:5:7: found a template in a script, expected env: shell scripts get no templates, so that no value becomes code",
        "w:6:23: found `1 +`, which can't be read (",
        "w:6:48: found a `${{` without its `}}`",
        "w:7:18: found `${{ a }} and ${{ b }}`, expected one expression",
        "w:8:18: found an empty expression, expected",
        "w:9:55: found `x${{ [1] }}`, expected a list of texts",
    ] {
        assert!(found.contains(expected), "{expected}\n{found}");
    }
    let text = "name: x\nnodes: [{ id: a, run: x }, { id: b, needs: a, matrix: { m: '${{ nodes.a.output }}' }, run: x }]";
    assert!(faults(text).contains("`nodes.a.output` in a matrix"), "{}", faults(text));
}

#[test]
fn matrices_that_are_too_large_for_a_run_are_faults() {
    let values: Vec<String> = (0..40).map(|n| n.to_string()).collect();
    let values = values.join(",");
    let text = format!("name: x\nnodes: [{{ id: a, run: x, matrix: {{ m: [{values}], n: [{values}] }} }}]");
    assert!(faults(&text).contains("1600 instances of nodes with a matrix, expected at most 1,000"));
}

#[test]
fn finally_stands_apart() {
    let text = r#"name: x
nodes:
  - { id: a, run: x, needs: [z] }
finally:
  - { id: z, run: x, needs: [a], if: run.status == "FAILED" and nodes.a.status == "FAILED" }
  - { id: a, run: x }
  - { id: y, approval: x, matrix: { a: [1] } }
"#;
    let expected = "\
w:3:30: found `z`, which is in `finally`, expected a node that runs before `finally`
w:5:30: found `a`, which is not in `finally`, expected a node of `finally`: all others are over by then anyway
w:6:11: found the id `a` a second time (first on line 3), expected an id that no other node has
w:7:14: found `approval` in `finally`, expected no approval: nobody may be there to answer when a run is cancelled
w:7:27: found `matrix` in `finally`, expected no matrix: one node for each thing to tidy up";
    assert_eq!(faults(text), expected);
}

#[test]
fn schemas_of_inputs_and_forms_are_checked_where_they_stand() {
    let text = r#"name: x
inputs:
  a: { type: integer, minimun: 1 }
  b: { type: integer, default: x }
  c: { $ref: "https://example.org/s.json" }
  d: { pattern: "(?=a)b" }
  e-f: 1
  e_f: 2
  g: [1]
nodes:
  - { id: n, run: x, env: { A: "${{ inputs.a }}" } }
  - { id: m, approval: { message: x, form: { type: string } } }
"#;
    let found = faults(text);
    for expected in [
        "w:3:6: found the unknown keyword `minimun` (did you mean `minimum`?), expected a JSON Schema (2020-12)",
        "w:4:32: found a default that does not fit (\"x\" is not of type \"integer\"), expected one that its schema allows",
        "w:5:6: found the reference `https://example.org/s.json`, where only those to `#/$defs/<name>` are followed",
        "w:6:6: found no valid JSON Schema",
        "w:8:3: found `e_f` beside `e-f`",
        "w:9:6: found a list, expected a text",
        "w:12:44: found a form whose `type` is not object",
    ] {
        assert!(found.contains(expected), "{expected}\n{found}");
    }
    assert_eq!(found.lines().count(), 7, "{found}");
}

proptest! {
    /// Whatever a typing mistake makes of a workflow, it is read or has faults with places in the file.
    #[test]
    fn a_typing_mistake_is_a_fault_and_no_crash(
        edits in proptest::collection::vec((0.0..1.0f64, "[-a-z0-9:{}\\[\\]$&*'\"|%#,.é \n]{0,4}", 0usize..6), 1..6),
    ) {
        let mut text: Vec<char> = WHOLE.chars().collect();
        for (place, inserted, removed) in edits {
            let at = (place * text.len() as f64) as usize;
            let end = (at + removed).min(text.len());
            text.splice(at..end, inserted.chars());
        }
        let text: String = text.into_iter().collect();
        if let Err(faults) = parse("w", &text) {
            prop_assert!(!faults.list().is_empty());
            let lines = text.lines().count() + 1;
            prop_assert!(faults.list().iter().all(|fault| (1..=lines).contains(&fault.at.line)), "{faults}\n{text}");
        }
    }
}
