//! The workflow file: what is read, and what every mistake is answered with.

use std::fmt::Write;
use std::time::Duration;

use serde_json::json;

use super::command::Rendered;
use super::model::{FILE_MAX_BYTES, NODES_MAX, Node, Retries};
use super::parse;
use super::scope::Scope;

fn faults(text: &str) -> String {
    match parse("w.yaml", text) {
        Ok(_) => String::new(),
        Err(faults) => faults.to_string(),
    }
}

fn rendered(node: &Node) -> Rendered {
    node.command().unwrap().render(&Scope::of(&json!({}))).unwrap()
}

#[test]
fn a_whole_workflow_is_read() {
    let text = r#"
name: recon
description: finds things
timeout: 10m
inputs: { domain: example.org, depth: }
nodes:
  - id: list
    run: echo hi
    env: { VERSION: 1.10, EMPTY: , FLAG: true }
  - id: scan
    needs: [list, list]
    image: telltale/busybox
    run: [/bin/echo, "a b"]
    timeout: 30s
    retries: { limit: 3, backoff: 500ms }
  - { id: done, needs: scan, run: "true", retries: 2 }
"#;
    let workflow = parse("w.yaml", text).unwrap();
    assert_eq!(&*workflow.name, "recon");
    assert_eq!(workflow.timeout, Some(Duration::from_secs(600)));
    assert_eq!(workflow.inputs[0].default, Some("example.org".into()));
    assert_eq!(workflow.inputs[1].default, None);
    let [list, scan, done] = &workflow.nodes[..] else { panic!("three nodes") };
    let rendered = rendered(list);
    assert_eq!(rendered.words, ["/bin/sh", "-c", "echo hi"]);
    let env: Vec<_> = rendered.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(env, ["VERSION=1.10", "EMPTY=", "FLAG=true"]);
    let rendered = super::reader_tests::rendered(scan);
    assert_eq!((scan.needs.as_slice(), rendered.image.as_deref()), (&[0][..], Some("telltale/busybox")));
    assert_eq!(rendered.words, ["/bin/echo", "a b"]);
    assert_eq!(scan.retries, Retries { limit: 3, backoff: Duration::from_millis(500) });
    assert_eq!((done.needs.as_slice(), done.retries.limit), (&[1][..], 2));
}

#[test]
fn all_faults_come_at_once_in_the_order_of_the_file() {
    let text = "name: x
tiemout: 5m
nodes:
  - id: a
    run: true
    timeout: 30
  - id: b
    neds: [a]
    run: []
  - id: b
    needs: [aa]
    run: x
    retries: many
  - run: x
    env: { 1X: y, TELLTALE_TOKEN: z, L: [1] }
  - just text
";
    let expected = "\
w.yaml:2:1: found the unknown key `tiemout` (did you mean `timeout`?), expected one of name, description, inputs, timeout, priority, concurrency, nodes, finally
w.yaml:6:14: found `30`, expected a duration such as 500ms, 30s, 5m or 1h30m, at most 168h
w.yaml:8:5: found the unknown key `neds` (did you mean `needs`?), expected one of id, needs, join, if, matrix, image, run, env, secrets, timeout, retries, tty, resources, artifacts, approval, workflow, with
w.yaml:9:10: found an empty list, expected a script, or a list of words to execute
w.yaml:10:9: found the id `b` a second time (first on line 7), expected an id that no other node has
w.yaml:11:13: found `aa`, which is no node (did you mean `a`?), expected the id of a node of this workflow
w.yaml:13:14: found `many`, expected a whole number from 0 to 1000, or a mapping with `limit` and `backoff`
w.yaml:14:5: found a node without `id`, expected `id`: an id for the node
w.yaml:15:12: found `1X`, expected a variable's name: letters, digits and _, not beginning with a digit
w.yaml:15:19: found `TELLTALE_TOKEN`, expected a name without TELLTALE_, which the runner sets itself
w.yaml:15:41: found a list, expected a text
w.yaml:16:5: found `just text`, expected a node: a mapping with id, needs, join, if, matrix, image, run, env, secrets, timeout, retries, tty, resources, artifacts, approval, workflow, with";
    assert_eq!(faults(text), expected);
}

#[test]
fn what_is_missing_or_of_a_wrong_type_is_named() {
    for (text, expected) in [
        ("- a", "w.yaml:1:1: found a list, expected a workflow: a mapping"),
        ("name: x", "found a workflow without `nodes`, expected `nodes`: a list of nodes"),
        ("name: x\nnodes: []", "w.yaml:2:8: found an empty list, expected at least one node"),
        ("name: x\nnodes: {a: b}", "found a mapping, expected a list of nodes"),
        ("name: [x]\nnodes: [{id: a, run: b}]", "w.yaml:1:7: found a list, expected a name"),
        ("name:\nnodes: [{id: a, run: b}]", "found nothing, expected a name"),
        ("name: x\nname: y\nnodes: [{id: a, run: b}]", "w.yaml:2:1: found `name` a second time"),
        ("name: x\nnodes: [{id: a, run: \"b\\0\"}]", "a text with U+0000"),
        ("name: x\nnodes: [{id: a, run: b, image: ../x}]", "expected the name of an image"),
        ("name: x\nnodes: [{id: a, run: b, retries: -1}]", "found `-1`, expected a whole number"),
        ("name: x\nnodes:\n\t- id: a", "found no valid YAML"),
        ("", "w.yaml:1:1: found an empty file"),
    ] {
        assert!(faults(text).contains(expected), "{text:?} gave {}", faults(text));
    }
}

#[test]
fn cycles_are_named_once_each() {
    let text = "name: x
nodes:
  - { id: start, run: x }
  - { id: a, needs: [start, c], run: x }
  - { id: b, needs: [a], run: x }
  - { id: c, needs: [b], run: x }
  - { id: after, needs: [c], run: x }
  - { id: self, needs: [self], run: x }
";
    let found = faults(text);
    assert!(
        found.contains("w.yaml:4:29: found a cycle: `a` needs `c` needs `b` needs `a`, expected"),
        "{found}"
    );
    assert!(found.contains("found a cycle: `self` needs `self`"), "{found}");
    assert_eq!(found.lines().count(), 2, "{found}");
}

#[test]
fn a_chain_of_ten_thousand_nodes_is_read_and_one_more_is_refused() {
    let mut text = "name: long\nnodes:\n  - { id: n0, run: x }\n".to_owned();
    for node in 1..NODES_MAX {
        writeln!(text, "  - {{ id: n{node}, needs: [n{}], run: x }}", node - 1).unwrap();
    }
    assert_eq!(parse("w.yaml", &text).unwrap().nodes.len(), NODES_MAX);
    text.push_str("  - { id: more, run: x }\n");
    assert!(faults(&text).contains("found 10001 nodes, expected at most 10,000 nodes"));
}

#[test]
fn a_file_that_is_too_large_is_refused_with_a_sentence() {
    let large = format!("name: x # {}\nnodes: []", "x".repeat(FILE_MAX_BYTES));
    assert!(faults(&large).contains("at most 1 MiB"));
}

#[test]
fn aliases_that_multiply_needs_are_bounded() {
    let mut text = "name: x\nnodes:\n  - { id: n0, run: x }\n".to_owned();
    let names: Vec<String> = (0..1_000).map(|node| format!("n{node}")).collect();
    writeln!(text, "  - {{ id: first, needs: &all [{}], run: x }}", names.join(",")).unwrap();
    for node in 1..1_000 {
        writeln!(text, "  - {{ id: n{node}, run: x }}").unwrap();
    }
    for node in 0..900 {
        writeln!(text, "  - {{ id: m{node}, needs: *all, run: x }}").unwrap();
    }
    assert!(faults(&text).contains("more than 200,000 needs"), "{}", faults(&text));
}
