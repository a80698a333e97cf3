//! The checks of `telltale doctor`.
//!
//! Each looks at one thing and gives a [`Check`]: ok, warn or fail, what was seen, and what to do. Looking and
//! judging are apart: the judgements are pure functions with their tests. Nothing is changed, but that a
//! file is written into the data directory and removed, and the embedded database may be started and stopped, and a
//! line is pushed to Loki where one is set.

mod check;
mod database;
mod loki;
mod machine;

pub(crate) use check::{Check, Verdict};
pub(crate) use database::database;
pub(crate) use loki::loki;
pub(crate) use machine::machine;
