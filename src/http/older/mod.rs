//! The paths that older clients know, with the shapes that they know: docs/older-clients.md has them, and whose they were.
//!
//! Views of the same runs and events, behind the same doors; nothing is kept for them but the numbers of runs.

mod executions;
mod words;
mod workflow_runs;

pub use executions::{CleanedUp, ExecutionCount, ExecutionDetail, Executions, cleanup, count, list, show};
pub use workflow_runs::{OlderStatus, Trace, status, trace};
