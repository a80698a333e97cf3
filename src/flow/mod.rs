//! The ways through the house: validation and batching on the way in, the live feed on the way out.

pub mod accounts;
pub mod artifacts;
pub mod bundles;
pub mod cleanup;
mod closing;
mod compactor;
pub mod control;
mod core;
pub mod definition;
pub mod feed;
pub mod history;
pub mod ingest;
pub mod inputs;
pub mod keeper;
pub mod lines;
pub mod log_reader;
pub mod notify;
pub mod queue;
mod reaper;
pub mod rebuild;
pub mod schedules;
pub mod secrets;
pub mod shipper;
mod signals;
pub mod start;
mod sweeper;
pub mod timelines;
pub mod views;
pub mod webhooks;

pub use self::core::Core;
