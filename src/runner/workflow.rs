//! Reads a workflow file from the disk; what is in it is [`crate::facts::workflow`]'s part.

use std::io::Read;
use std::path::Path;

use crate::facts::workflow::fault::{Fault, Faults, Place};
use crate::facts::workflow::model::FILE_MAX_BYTES;

pub use crate::facts::workflow::{Workflow, parse};

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
            let fault = Fault::new(Place { line, column }, "a byte that is no UTF-8", "a text in UTF-8");
            Err(Faults::new(&file, vec![fault]).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_missing_or_no_text_are_refused_with_a_sentence() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("w.yaml");
        assert!(load(&path).unwrap_err().to_string().contains("can't be read"));
        std::fs::write(&path, b"name: x\nnodes: \xff").unwrap();
        let error = load(&path).unwrap_err().to_string();
        assert!(error.ends_with(":2:8: found a byte that is no UTF-8, expected a text in UTF-8"), "{error}");
    }
}
