//! A run's history without what differs from one run to the next: what a team holds its workflows against.
//!
//! ```text
//! events ─► Gatherer (the fold, facts by node and attempt) ─► Timeline ─┬─► snapshot: one text, a line a fact ─► check
//!                                        rules: drop, mask, round ──────┘
//!                                                                       └─► diff: two timelines side by side
//! ```
//! Pure. Times become relations (`after`), nodes get stable ids, and what ran side by side is told apart instead of
//! interleaved. Never decides what a status is: the fold does.

mod check;
mod diff;
mod gather;
mod masks;
mod order;
mod rules;
mod snapshot;
mod text;

pub use check::{Checked, Part, check, parts};
pub use diff::{Diff, FirstDifference, NodeDiff, NodeSide, Sides, compare};
pub use gather::{Gatherer, Overfull, Timeline};
pub use rules::{Rules, RulesFault};
pub use snapshot::{FORMAT, snapshot};

#[cfg(test)]
mod tests;
