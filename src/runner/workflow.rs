//! A workflow as the runner executes it: checked, with `needs` as indexes.
//!
//! Owns the shape and the bounds of a workflow; reading the file is `reader`'s work.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::facts::id::NodeRef;

use super::fault::{Fault, Faults, Place};
use super::{graph, reader, yaml};

/// Nodes of a workflow: what one page and one fold can still show.
pub const NODES_MAX: usize = 10_000;
/// Bytes of a workflow file.
pub const FILE_MAX_BYTES: usize = 1024 * 1024;
/// Edges of the graph, so that no alias makes 10,000 nodes need 10,000 others.
pub const EDGES_MAX: usize = 200_000;
/// Environment variables of a node.
pub const ENV_MAX: usize = 1_000;
/// Retries of a node: with the backoff at its ceiling that is more than a day.
pub const RETRIES_MAX: u32 = 1_000;
/// The first pause before a retry when the file names none.
pub const BACKOFF_DEFAULT: Duration = Duration::from_secs(1);

/// A checked workflow: ids are unique, needs exist, and there is no cycle.
#[derive(Debug, Clone)]
pub struct Workflow {
    pub name: Arc<str>,
    pub description: Option<Arc<str>>,
    pub inputs: Vec<Input>,
    /// Of the whole run.
    pub timeout: Option<Duration>,
    /// In the order of the file.
    pub nodes: Vec<Node>,
}

/// A value that a run may be started with; nodes see it as `TELLTALE_INPUT_<NAME>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    pub name: Arc<str>,
    /// Without one, whoever starts the run has to give the value.
    pub default: Option<Arc<str>>,
}

#[derive(Debug, Clone)]
pub struct Node {
    pub id: NodeRef,
    /// Indexes into [`Workflow::nodes`], each once.
    pub needs: Vec<usize>,
    pub image: Option<Arc<str>>,
    pub command: Command,
    pub env: Vec<(Arc<str>, Arc<str>)>,
    /// Of one attempt.
    pub timeout: Option<Duration>,
    pub retries: Retries,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Given to `/bin/sh -c`.
    Script(Arc<str>),
    /// Executed as it is; never empty.
    Arguments(Vec<Arc<str>>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// Attempts after the first one.
    pub limit: u32,
    /// The pause before the first retry; it doubles from there.
    pub backoff: Duration,
}

impl Command {
    /// The words to execute.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        match self {
            Self::Script(script) => vec!["/bin/sh".to_owned(), "-c".to_owned(), script.to_string()],
            Self::Arguments(words) => words.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Why there is no workflow.
#[derive(Debug, thiserror::Error)]
pub enum WorkflowError {
    #[error("the workflow file {file} can't be read: {reason}")]
    Unreadable { file: String, reason: std::io::Error },
    #[error(transparent)]
    Faults(#[from] Faults),
}

/// Reads and checks the workflow at `path`.
pub fn load(path: &Path) -> Result<Workflow, WorkflowError> {
    let file = path.display().to_string();
    let mut bytes = Vec::new();
    // One byte over the bound is enough to see that a file is too large, whatever its size.
    let bound = FILE_MAX_BYTES as u64 + 1;
    std::fs::File::open(path)
        .and_then(|opened| opened.take(bound).read_to_end(&mut bytes))
        .map_err(|reason| WorkflowError::Unreadable { file: file.clone(), reason })?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(parse(&file, text)?),
        Err(_) if bytes.len() > FILE_MAX_BYTES => Ok(parse(&file, &" ".repeat(bytes.len()))?),
        Err(error) => {
            let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            let fault = fault(Place { line, column }, "a byte that is no UTF-8", "a text in UTF-8");
            Err(Faults::new(&file, vec![fault]).into())
        }
    }
}

fn fault(at: Place, found: &str, expected: &str) -> Fault {
    Fault { at, found: found.to_owned(), expected: expected.to_owned() }
}

/// Reads and checks a workflow; `file` is its name in messages.
///
/// All faults are found at once, unless the file is no YAML at all.
pub fn parse(file: &str, text: &str) -> Result<Workflow, Faults> {
    if text.len() > FILE_MAX_BYTES {
        let start = Place { line: 1, column: 1 };
        return Err(Faults::new(file, vec![fault(start, "a larger file", "at most 1 MiB")]));
    }
    let mut faults = Vec::new();
    match yaml::read(text) {
        Ok(tree) => {
            let draft = reader::workflow(&tree, &mut faults);
            if let Some(workflow) = draft.and_then(|draft| graph::resolve(draft, &mut faults))
                && faults.is_empty()
            {
                return Ok(workflow);
            }
        }
        Err(fault) => faults.push(fault),
    }
    Err(Faults::new(file, faults))
}
