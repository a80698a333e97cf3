//! Notifications: who asked is told when runs get a status, at least once and in the end.
//!
//! ```text
//! events, in commit order ─► teller (one server: a duty) ─► deliveries and the cursor, in one statement
//! deliveries whose time has come ─► sender (every server) ─► outbound: address checked, signed, bounded ─► concluded
//! ```
//! Nothing here stands in an append's way: the teller reads what is committed, behind its own cursor. What a killed server has not written is
//! read again, and what it has not concluded is sent again, under the same `webhook-id`.

mod outbound;
mod plans;
mod sender;
mod teller;

use std::sync::Arc;

use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::Core;
use crate::facts::address::AddressRange;

pub use outbound::Outbound;
pub use plans::{Made, NotifyError, change, create, test};

/// What notifications share in this process; cheap to clone.
#[derive(Debug, Clone)]
pub struct Notifier {
    pub(super) outbound: Outbound,
    /// Rung when who is told has changed …
    pub(super) changed: Arc<Notify>,
    /// … and when there is something to send.
    pub(super) ready: Arc<Notify>,
}

impl Notifier {
    /// `allowed` are the ranges that may be called beside public addresses.
    #[must_use]
    pub fn new(allowed: Vec<AddressRange>) -> Self {
        Self {
            outbound: Outbound::new(allowed),
            changed: Arc::new(Notify::new()),
            ready: Arc::new(Notify::new()),
        }
    }
}

/// Starts teller and sender; they run until their tasks are aborted.
pub(super) fn start(core: &Core, tasks: &mut JoinSet<()>) {
    tasks.spawn(teller::run(core.clone()));
    tasks.spawn(sender::run(core.clone()));
}
