//! The JSON Schema of the workflow file itself, for editors.

/// Draft-07, which the editors' YAML support understands best. It sees a file's shape; what names lead to (needs,
/// templates, cycles) only the readers know.
pub const FILE_SCHEMA: &str = include_str!("schema.json");

#[cfg(test)]
mod tests {
    use std::path::Path;

    use jsonschema::Validator;
    use serde_json::Value;

    use super::super::{json, parse, yaml};
    use super::*;

    fn validator() -> Validator {
        let schema: Value = serde_json::from_str(FILE_SCHEMA).unwrap();
        jsonschema::options().offline().build(&schema).unwrap()
    }

    fn as_json(text: &str) -> Value {
        let mut faults = Vec::new();
        let value = json::schema(&yaml::read(text).unwrap(), &mut faults);
        assert!(faults.is_empty(), "{faults:?}");
        value
    }

    /// The schema and the reader say the same of `text`.
    fn agree(validator: &Validator, text: &str, good: bool) {
        let errors: Vec<String> =
            validator.iter_errors(&as_json(text)).map(|error| error.to_string()).collect();
        assert_eq!(errors.is_empty(), good, "the schema says {errors:#?} of\n{text}");
        match parse("w.yaml", text) {
            Ok(_) => assert!(good, "the reader takes\n{text}"),
            Err(faults) => assert!(!good, "the reader says {faults} of\n{text}"),
        }
    }

    #[test]
    fn every_sample_keeps_to_the_schema() {
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
        let mut seen = 0;
        for entry in std::fs::read_dir(samples).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                agree(&validator(), &std::fs::read_to_string(path).unwrap(), true);
                seen += 1;
            }
        }
        assert!(seen >= 3);
    }

    fn documentation() -> String {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/workflow-file.md")).unwrap()
    }

    /// Examples leave out a name, and the nodes where they are about something else.
    #[test]
    fn every_example_of_the_documentation_is_a_workflow() {
        let (text, validator) = (documentation(), validator());
        let blocks: Vec<&str> =
            text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        assert!(blocks.len() >= 11);
        for block in blocks {
            let has = |key: &str| block.lines().any(|line| line.starts_with(key));
            let name = if has("name:") { "" } else { "name: x\n" };
            let nodes = if has("nodes:") { "" } else { "nodes: [{ id: a, run: x }]\n" };
            agree(&validator, &format!("{name}{block}{nodes}"), true);
        }
    }

    /// The lists of filters and tests name nothing that there is not.
    #[test]
    fn the_documented_filters_and_tests_are_there() {
        let text = documentation();
        for (list, template) in [("- Filters", "inputs | {}"), ("- Tests", "inputs is {}")] {
            let list = &text[text.find(list).unwrap()..];
            let names: Vec<&str> = list.split('`').nth(3).unwrap().split_whitespace().collect();
            assert!(names.len() > 20, "{names:?}");
            for name in names {
                let text =
                    format!("name: x\nnodes: [{{ id: a, run: x, if: '{}' }}]", template.replace("{}", name));
                parse("w", &text).unwrap_or_else(|faults| panic!("{faults}"));
            }
        }
    }

    /// Nodes that are fine …
    const GOOD_NODES: &[&str] = &[
        "{ id: a, run: 'true' }",
        "{ id: a, run: true }",
        "{ id: a, run: [ls, -l, '${{ inputs }}', 3, ] }",
        "{ id: a, run: x, image: 'telltale/busybox:1.0@sha256:00' }",
        "{ id: a, run: x, image: 'a:${{ matrix.v }}', matrix: { v: [1, 2] } }",
        "{ id: a, run: x, needs: before }",
        "{ id: a, run: x, needs: [before], join: first }",
        "{ id: a, run: x, if: 'true' }",
        "{ id: a, run: x, if: '${{ 1 > 0 }}' }",
        "{ id: a, run: x, matrix: { os: [linux, mac], on: [true], v: '${{ [1] }}' } }",
        "{ id: a, run: x, env: { A: 1, B: , C: '${{ run.id }}', _d: true } }",
        "{ id: a, run: x, env: }",
        "{ id: a, run: x, secrets: { A: api-key } }",
        "{ id: a, run: x, timeout: 1h30m, retries: 3 }",
        "{ id: a, run: x, retries: { limit: 0, backoff: 500ms }, tty: true }",
        "{ id: a, run: x, resources: { memory: 512MiB, cpus: 1.5, pids: 100 } }",
        "{ id: a, run: x, artifacts: ['out/*.json', '**/*.txt'] }",
        "{ id: a, run: x, artifacts: report.txt }",
        "{ id: a, approval: 'Send ${{ run.id }}?' , timeout: 5m }",
        "{ id: a, approval: { message: ok, form: { type: object, properties: { note: { type: string } } } } }",
        "{ id: a, workflow: other, with: { a: 1, b: [x, { c: '${{ run.id }}' }] }, retries: 1, timeout: 1m }",
    ];
    /// … and those that are not.
    const BAD_NODES: &[&str] = &[
        "{ run: x }",
        "{ id: a }",
        "{ id: a, run: x, approval: y }",
        "{ id: a, run: x, workflow: y }",
        "{ id: a, approval: x, image: y }",
        "{ id: a, approval: x, retries: 1 }",
        "{ id: a, workflow: x, env: { A: b } }",
        "{ id: a, run: x, with: { a: b } }",
        "{ id: a, run: 'echo ${{ run.id }}' }",
        "{ id: a, run: [] }",
        "{ id: a, run: ' ' }",
        "{ id: a, run: [[x]] }",
        "{ id: a, run: x, image: 'a b' }",
        "{ id: a, run: x, join: any }",
        "{ id: a, run: x, join: any, needs: [] }",
        "{ id: a, run: x, join: some, needs: before }",
        "{ id: a, run: x, matrix: {} }",
        "{ id: a, run: x, matrix: { os: [] } }",
        "{ id: a, run: x, matrix: { os: linux } }",
        "{ id: a, run: x, matrix: { os: [a, a] } }",
        "{ id: a, run: x, matrix: { os: [[a]] } }",
        "{ id: a, run: x, matrix: { 'o-s': [a] } }",
        "{ id: a, run: x, env: { 1X: y } }",
        "{ id: a, run: x, env: { TELLTALE_X: y } }",
        "{ id: a, run: x, env: { X: [y] } }",
        "{ id: a, run: x, secrets: { X: 'a b' } }",
        "{ id: a, run: x, secrets: { X: } }",
        "{ id: a, run: x, timeout: 30 }",
        "{ id: a, run: x, retries: -1 }",
        "{ id: a, run: x, retries: 1001 }",
        "{ id: a, run: x, retries: { backoff: 1s } }",
        "{ id: a, run: x, tty: yes-please }",
        "{ id: a, run: x, resources: { memory: 512MB } }",
        "{ id: a, run: x, resources: { cpus: 0.05 } }",
        "{ id: a, run: x, resources: { pids: 0 } }",
        "{ id: a, run: x, resources: { disk: 1GiB } }",
        "{ id: a, run: x, artifacts: [/etc/passwd] }",
        "{ id: a, run: x, artifacts: [../x] }",
        "{ id: a, run: x, artifacts: ['a/../../x'] }",
        "{ id: a, run: x, artifacts: ['${{ run.id }}'] }",
        "{ id: a, approval: }",
        "{ id: a, approval: {} }",
        "{ id: a, approval: { message: x, form: { type: string } } }",
        "{ id: a, approval: { message: x, fields: {} } }",
        "{ id: a, run: x, unknown: y }",
        "just text",
    ];
    /// Keys of the root that are fine …
    const GOOD_KEYS: &[&str] = &[
        "description: y",
        "timeout: 10m",
        "priority: -100",
        "concurrency: 1",
        "inputs: { a: , b: x, c: 1.10, d-e: { type: integer, minimum: 1, default: 2 } }",
        "inputs: { a: { $defs: { b: { type: string } }, items: { $ref: '#/$defs/b' } } }",
        "inputs:",
        "finally: [{ id: z, run: x }]",
        "finally: [{ id: z, workflow: x }, { id: y, needs: z, run: x }]",
    ];
    /// … and those that are not.
    const BAD_KEYS: &[&str] = &[
        "tiemout: 5m",
        "timeout: 1d",
        "priority: 101",
        "priority: high",
        "concurrency: 0",
        "inputs: { 1a: x }",
        "inputs: { a: [x] }",
        "inputs: { a: { type: integr } }",
        "inputs: { a: { $ref: 'https://example.org/x' } }",
        "inputs: { a: { minimum: x } }",
        "finally: []",
        "finally: [{ id: z, approval: x }]",
        "finally: [{ id: z, run: x, matrix: { a: [1] } }]",
    ];

    #[test]
    fn the_schema_and_the_reader_agree() {
        let validator = validator();
        let nodes = |nodes: &str| format!("name: x\nnodes:\n  - {{ id: before, run: x }}\n  - {nodes}\n");
        let root = |keys: &str| format!("name: x\n{keys}\nnodes: [{{ id: a, run: x }}]\n");
        for (written, is_good) in [(GOOD_NODES, true), (BAD_NODES, false)] {
            written.iter().for_each(|node| agree(&validator, &nodes(node), is_good));
        }
        for (written, is_good) in [(GOOD_KEYS, true), (BAD_KEYS, false)] {
            written.iter().for_each(|keys| agree(&validator, &root(keys), is_good));
        }
    }
}
