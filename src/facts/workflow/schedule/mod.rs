//! What happens next in a run, decided without a clock, randomness or an engine.
//!
//! `machine` owns the nodes' phases, `join` what their needs let them do, `resume` how a run that somebody else left is
//! taken up, and `step` the words that pass between the schedule and its driver.

mod join;
mod machine;
#[cfg(test)]
mod machine_properties;
#[cfg(test)]
mod machine_tests;
mod resume;
mod step;

pub use join::Because;
pub use machine::{BACKOFF_MAX, Schedule};
pub use resume::{NodeSoFar, SoFar};
pub use step::{End, Outcome, Step, Stop};
