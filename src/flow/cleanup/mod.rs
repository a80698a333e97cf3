//! Deletion: a plan says what would go, and its apply lets it go. There is no other door.
//!
//! ```text
//! plan ─► cleanup_plans (criteria, digest) ─ apply: same digest? ─► cleanup_items ─► batches ─► tombstones, remains
//!                                                                       ▲ whoever comes, after a kill as well
//! policies ─ hourly ─► plan, apply
//! ```

mod apply;
mod duty;
mod plan;
mod work;

pub use apply::{ApplyError, apply};
pub use duty::start;
pub use plan::{PlanError, Removed, plan, removed};
