//! What is true without a machine: ids, events, statuses and the one fold over them.
//!
//! Nothing here knows tokio, SQL, HTTP or the clock; `now` and ids are passed in.

pub mod account;
pub mod artifact;
pub mod batch;
mod declaration;
pub mod event;
pub mod event_input;
pub mod id;
pub mod json;
pub mod line;
pub mod line_pattern;
pub mod metric;
pub mod run;
pub mod scan;
pub mod secret;
pub mod settings;
pub mod status;
pub mod temporal;
pub mod time;
pub mod transition;
pub mod workflow;
