//! The commands, one file each.

pub(crate) mod events;
pub(crate) mod logs;
pub(crate) mod runs;
pub(crate) mod serve;
pub(crate) mod watch;
