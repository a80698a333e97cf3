//! Plans of deletion: their rows, the sets of runs that they mean, the lists that are worked off, and what is left behind.
//!
//! Deletes lines and artifacts; events, runs and nodes are deleted by [`super::journal`] alone.

mod lines;
mod plans;
mod policies;
mod remains;
mod set;
mod work;

pub use lines::{left as left_lines, purged_at as lines_purged_at};
pub use plans::{
    Counts, Plan, PlanState, add_items, begin_listing, drop_items, end_listing, find, forget, forget_before,
    insert, list,
};
pub use policies::{PolicyRow, all as all_policies, of as policies_of, replace as replace_policies};
pub use remains::{Remain, due as due_remains, gone as remains_gone};
pub use set::{Member, SetPlace, member, page};
pub use work::{Applying, Tombstone, applying, batch, finish, may_begin, tombstone};
