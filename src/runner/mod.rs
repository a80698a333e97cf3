//! Executes a workflow and records it.
//!
//! ```text
//! file ─► facts::workflow ─► Workflow ─► Plan                      what to do
//! run ─► driver ◄─► Schedule (pure)                                what comes next
//!          └─► node ─► docker │ process                            one attempt, its lines and its end
//!                └─► recorder, log_sender ─► the server, over HTTP
//! ```
//! Never opens the database: a run is recorded through the same API as everybody's, and survives the server's
//! absence (`recorder`).

mod artifacts;
mod attempt;
mod call;
mod commands;
mod course;
pub mod docker;
mod docker_container;
mod docker_course;
mod docker_files;
mod docker_log;
mod docker_output;
mod docker_pull;
mod docker_raw;
#[cfg(test)]
mod docker_registry_test;
mod driver;
pub mod engine;
pub mod guard;
mod guard_process;
mod identity;
mod keep;
pub mod lines;
mod log_sender;
pub mod mask;
pub mod node;
pub mod output;
mod pipe;
pub mod process;
mod question;
mod recorder;
mod run;
#[cfg(test)]
mod run_tests;
#[cfg(test)]
mod samples_tests;
pub mod spool;
mod story;
mod takeover;
mod tar;
#[cfg(test)]
mod test_server;
pub mod worker;
pub mod workflow;
mod workspace;
pub mod wrap;
mod wrapped;

pub use guard::start as start_guard;
pub use guard_process::main as guard_main;
pub use run::{EngineChoice, RunError, RunOptions, RunOutcome, run};
pub use workflow::{Workflow, WorkflowError, load};
