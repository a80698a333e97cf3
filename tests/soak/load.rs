//! What is run: short nodes of every kind, which tell an outside ledger that they were executed.

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Attempts enough that hardly a run fails by the killing alone, but for those that may not be tried again.
pub const WORKFLOWS: [(&str, &str); 5] =
    [("chain", CHAIN), ("fan", FAN), ("caller", CALLER), ("boxed", BOXED), ("brittle", BRITTLE)];

const CHAIN: &str = r#"
name: chain
inputs: { ledger: }
nodes:
  - id: first
    retries: { limit: 20, backoff: 20ms }
    run: &work |
      echo "$TELLTALE_RUN_ID $TELLTALE_NODE $TELLTALE_ATTEMPT" >> "$TELLTALE_INPUT_LEDGER"
      echo "begin"; sleep 0.2; echo '{"done": true}'
  - { id: second, needs: [first], retries: { limit: 20, backoff: 20ms }, run: *work }
  - { id: third, needs: [second], if: "${{ nodes.first.output.done }}", retries: { limit: 20, backoff: 20ms }, run: *work }
finally:
  - { id: last, retries: { limit: 20, backoff: 20ms }, run: *work }
"#;

/// Each instance fails once by itself.
const FAN: &str = r#"
name: fan
inputs: { ledger: }
nodes:
  - id: part
    matrix: { n: [1, 2, 3] }
    retries: { limit: 20, backoff: 20ms }
    run: |
      echo "$TELLTALE_RUN_ID $TELLTALE_NODE $TELLTALE_ATTEMPT" >> "$TELLTALE_INPUT_LEDGER"
      sleep 0.1
      [ "$TELLTALE_ATTEMPT" -gt 1 ] || exit 7
      echo "[$TELLTALE_ATTEMPT]"
  - id: all
    needs: [part]
    retries: { limit: 20, backoff: 20ms }
    env: { COUNT: "${{ nodes.part.output | length }}" }
    run: |
      echo "$TELLTALE_RUN_ID $TELLTALE_NODE $TELLTALE_ATTEMPT" >> "$TELLTALE_INPUT_LEDGER"
      [ "$COUNT" = 3 ]
"#;

const CALLER: &str = r#"
name: caller
inputs: { ledger: }
nodes:
  - { id: call, workflow: chain, with: { ledger: "${{ inputs.ledger }}" } }
  - id: after
    needs: [call]
    retries: { limit: 20, backoff: 20ms }
    env: { DONE: "${{ nodes.call.output.third.done }}" }
    run: |
      echo "$TELLTALE_RUN_ID $TELLTALE_NODE $TELLTALE_ATTEMPT" >> "$TELLTALE_INPUT_LEDGER"
      [ "$DONE" = true ]
"#;

const BOXED: &str = r#"
name: boxed
inputs: { ledger: }
nodes:
  - { id: box, image: telltale/busybox, retries: { limit: 20, backoff: 20ms }, run: 'echo in; sleep 0.2; echo out' }
"#;

/// Fails for good with its worker, and cleans up after itself.
const BRITTLE: &str = r#"
name: brittle
inputs: { ledger: }
nodes:
  - id: once
    run: |
      echo "$TELLTALE_RUN_ID $TELLTALE_NODE $TELLTALE_ATTEMPT" >> "$TELLTALE_INPUT_LEDGER"
      sleep 0.3
  - { id: after, needs: [once], run: 'true' }
finally:
  - id: last
    retries: { limit: 20, backoff: 20ms }
    run: echo "$TELLTALE_RUN_ID $TELLTALE_NODE $TELLTALE_ATTEMPT" >> "$TELLTALE_INPUT_LEDGER"
"#;

/// The mix: a tenth in containers.
pub fn workflow(n: usize) -> &'static str {
    match n % 10 {
        0 => "boxed",
        1 | 2 => "brittle",
        3 | 4 => "caller",
        5..=7 => "fan",
        _ => "chain",
    }
}

/// A file that every process writes a line into when it is executed, of a length that the kernel appends at once.
pub struct Ledger {
    pub path: PathBuf,
}

impl Ledger {
    pub fn create(directory: &Path) -> Self {
        let path = directory.join("ledger");
        std::fs::write(&path, "").expect("the ledger");
        // Nodes are another user.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).expect("chmod of the ledger");
        Self { path }
    }

    /// How many times each `run node attempt` was executed.
    pub fn executions(&self) -> HashMap<String, usize> {
        let text = std::fs::read_to_string(&self.path).expect("the ledger");
        let mut executions = HashMap::new();
        for line in text.lines() {
            *executions.entry(line.to_owned()).or_insert(0) += 1;
        }
        executions
    }
}
