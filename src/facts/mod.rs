//! What is true without a machine: ids, events, statuses and the one fold over them.
//!
//! Nothing here knows tokio, SQL, HTTP or the clock; `now` and ids are passed in.

pub mod account;
pub mod address;
pub mod artifact;
pub mod batch;
pub mod bcrypt_hash;
pub mod bundle;
pub mod chain;
pub mod cleanup;
mod declaration;
pub mod event;
pub mod event_input;
pub mod execution;
pub mod id;
pub mod json;
pub mod line;
pub mod line_pattern;
pub mod media;
pub mod metric;
pub mod notification;
pub mod run;
pub mod scan;
pub mod schedule;
pub mod secret;
pub mod settings;
pub mod signature;
pub mod statistics;
pub mod status;
pub mod temporal;
pub mod time;
pub mod timeline;
pub mod transition;
pub mod webhook;
pub mod workflow;
