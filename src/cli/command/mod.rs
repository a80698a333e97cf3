//! The commands, one file each.

pub(crate) mod bundle;
pub(crate) mod completion;
pub(crate) mod control;
pub(crate) mod demo;
pub(crate) mod diff;
pub(crate) mod doctor;
pub(crate) mod events;
pub(crate) mod exec;
pub(crate) mod import;
mod import_history;
mod list;
pub(crate) mod logs;
pub(crate) mod migrate;
pub(crate) mod openapi;
pub(crate) mod rebuild;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod secret;
pub(crate) mod serve;
pub(crate) mod snapshot;
pub(crate) mod verify;
mod verify_bundle;
pub(crate) mod watch;
pub(crate) mod worker;
pub(crate) mod workflow;
