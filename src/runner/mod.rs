//! Executes a workflow and records it.

pub mod docker;
mod docker_identity;
mod docker_output;
mod docker_pull;
pub mod duration;
pub mod engine;
pub mod fault;
mod graph;
pub mod lines;
pub mod process;
mod reader;
pub mod schedule;
mod tar;
pub mod workflow;
#[cfg(test)]
mod workflow_tests;
mod yaml;
