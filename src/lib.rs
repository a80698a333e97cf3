//! telltale: the flight recorder and live view for workflow runs.
//!
//! Layers, each importing only those above it (a test checks the `use crate::` lines):
//! 1. [`facts`]: ids, events, statuses and the fold; no tokio, SQL or clock.
//! 2. [`store`]: PostgreSQL: the pool, the journal, the log store.
//! 3. [`flow`]: validation on the way in, the live feed on the way out.
//! 4. the edges: [`http`], [`client`], [`runner`], [`cli`], [`telemetry`], and [`app`], which wires them.

pub mod facts;

pub mod store;

pub mod flow;

pub mod app;
pub mod cli;
pub mod client;
pub mod config;
pub mod historic;
pub mod http;
pub mod runner;
pub mod telemetry;
