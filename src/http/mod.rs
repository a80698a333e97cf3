//! The HTTP edge: every path of the contract, and the doors in front of them.
//!
//! ```text
//! listener ─► server (connections, time limits) ─► shell (request id, doors, CORS, metrics, security headers)
//!                │                                    │ by method and path
//!                │ upgraded sockets (viewers)         ▼
//!                └──── stream, multiplex ◄──── routes: one boxed warp filter each ─► flow, store
//! ```
//!
//! Owns nothing that lasts: facts go through [`crate::flow`], errors become problem details in `problem` only.

mod across;
mod ansi;
mod app;
mod artifacts;
mod audit;
mod body;
mod body_decode;
mod bundles;
mod caller;
mod claims;
mod cleanup;
mod control;
mod cookies;
mod cors;
mod cursor;
mod deeds;
mod doors;
mod download;
mod endpoint;
mod events;
mod fields;
mod gate;
mod health;
mod hold;
mod library;
mod logs;
mod meter;
mod multiplex;
mod multiplex_command;
mod new_run;
mod notifications;
mod older;
pub mod openapi;
mod openapi_accounts;
mod openapi_artifacts;
mod openapi_cleanup;
mod openapi_notifications;
mod openapi_older;
mod openapi_paths;
mod openapi_regression;
mod openapi_runner;
mod openapi_secrets;
mod openapi_triggers;
mod openapi_workflows;
mod openid;
mod options;
mod organizations;
mod page_files;
mod pages;
mod pattern;
mod peer;
mod preview;
mod problem;
mod query;
mod range;
mod request_id;
mod retention;
mod routes;
mod runs;
mod schedules;
pub mod schema;
mod secrets;
mod server;
mod session;
mod session_view;
mod shell;
mod socket;
mod sse;
mod stalled;
mod statistics;
mod stream;
mod tickets;
mod timelines;
mod tokens;
mod turns;
mod upgrade;
mod users;
mod viewers;
mod watched_list;
mod webhooks;
mod workflows;

pub use options::{HttpOptions, Part, PartState, Readiness};
pub use server::serve;

/// The answer that every handler gives.
type Response = warp::reply::Response;
