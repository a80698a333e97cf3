//! From the text of a workflow file to a workflow, or to everything that is wrong with it.

use super::fault::{Fault, Faults, Place};
use super::model::{FILE_MAX_BYTES, Workflow};
use super::{bounds, graph, reader, yaml};

/// Reads and checks a workflow; `file` is its name in messages.
///
/// All faults are found at once, unless the file is no YAML at all.
pub fn parse(file: &str, text: &str) -> Result<Workflow, Faults> {
    if text.len() > FILE_MAX_BYTES {
        let start = Place { line: 1, column: 1 };
        return Err(Faults::new(file, vec![Fault::new(start, "a larger file", "at most 1 MiB")]));
    }
    let mut faults = Vec::new();
    match yaml::read(text).and_then(|tree| bounds::check(&tree).map(|()| tree)) {
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
