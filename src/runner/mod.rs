//! Executes a workflow and records it.

pub mod duration;
pub mod fault;
mod graph;
mod reader;
pub mod schedule;
pub mod workflow;
#[cfg(test)]
mod workflow_tests;
mod yaml;
