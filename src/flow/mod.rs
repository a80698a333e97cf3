//! The ways through the house: validation and batching on the way in, the live feed on the way out.

pub mod artifacts;
mod core;
pub mod feed;
pub mod ingest;
pub mod keeper;
pub mod lines;
pub mod secrets;
pub mod views;

pub use self::core::Core;
