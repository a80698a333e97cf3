//! The command line: what is asked for, and how it is shown.
//!
//! ```text
//!  entry ─► args ─► command/* ─► client (HTTP) ─► a server
//!                      │ board (the fold) ─► tree, lines ─► screen, standard output
//! ```
//! Owns the exit statuses ([`failure`]), the look of everything printed, and the safety of the terminal
//! ([`sanitize`]). Never reads the database, but for `migrate` and `doctor`.

mod account_args;
mod args;
mod board;
mod command;
mod config_args;
mod database;
mod demo;
mod doctor;
mod entry;
mod failure;
mod format;
mod history_args;
mod import_args;
mod inputs;
mod ledger;
mod lines;
mod operation_args;
mod regression_args;
mod sanitize;
mod screen;
mod server;
mod setting_flags;
mod style;
mod timeline;
mod tool_args;
mod tree;
mod worker_args;
mod workflow_args;

pub use entry::main;
