//! The workflow language: from the text of a file to what comes next in a run of it.
//!
//! ```text
//! text ─► yaml ─► reader ─► graph ─► names ─► Workflow            the file, checked whole
//! Workflow + inputs ─► plan ─► Plan                               the nodes of one run, matrices expanded
//! Plan ─► schedule ◄─► whoever executes it                        what comes next
//! ```
//! Pure, as all facts: no file is opened here, no clock asked and no process started. `docs/workflow-file.md`
//! describes the language for its users.

mod bounds;
pub mod command;
pub mod duration;
pub mod expression;
pub mod fault;
mod fields;
pub mod file_schema;
#[cfg(test)]
mod grammar_tests;
mod graph;
pub mod inputs;
mod json;
pub mod model;
mod names;
mod parse;
pub mod plan;
#[cfg(test)]
mod plan_tests;
mod reader;
mod reader_kind;
mod reader_node;
#[cfg(test)]
mod reader_tests;
pub mod schedule;
pub mod schema;
pub mod scope;
pub mod template;
mod units;
mod yaml;

pub use file_schema::FILE_SCHEMA;
pub use inputs::InputFault;
pub use model::Workflow;
pub use parse::parse;
pub use plan::{Plan, PlanFault, PlanNode};
pub use reader_kind::is_secret_name;
