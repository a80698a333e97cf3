//! The ways through the house: validation and batching on the way in, the live feed on the way out.

pub mod accounts;
pub mod artifacts;
mod closing;
mod compactor;
pub mod control;
mod core;
pub mod definition;
pub mod feed;
pub mod ingest;
pub mod inputs;
pub mod keeper;
pub mod lines;
pub mod log_reader;
pub mod queue;
mod reaper;
pub mod secrets;
pub mod shipper;
pub mod start;
pub mod views;

pub use self::core::Core;
