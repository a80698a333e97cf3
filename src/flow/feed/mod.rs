//! The live feed: one hub for each watched run, one subscription for each viewer.

mod frame;
mod subscription;

pub use frame::{Delivery, EndStatus, Frame, FrameKind};
pub use subscription::{Subscription, SubscriptionOptions};

use tokio::sync::watch;

use crate::facts::id::{Cursor, OrganizationId, RunId, RunKey};
use crate::store::db::DbError;
use crate::store::runs::RunRow;

/// The handle to the hubs; cheap to clone.
#[derive(Debug, Clone)]
pub struct Feed {}

impl Feed {
    /// A subscription to one run from `cursor` on; `None` starts at the head, part by part.
    pub async fn subscribe(
        &self,
        organization: OrganizationId,
        run_id: RunId,
        run: RunRow,
        options: SubscriptionOptions,
    ) -> Result<Subscription, DbError> {
        let _ = (organization, run_id, run, options);
        todo!()
    }

    /// Ticks whenever any run of any organization has got events, here or (when told) elsewhere: what a long poll of
    /// the cross-run feed waits on.
    #[must_use]
    pub fn any_commit(&self) -> watch::Receiver<u64> {
        todo!()
    }

    /// Runs whose row changed, for those who watch the list. Lagging receivers must read the list anew.
    #[must_use]
    pub fn changed_runs(&self) -> tokio::sync::broadcast::Receiver<(OrganizationId, RunKey)> {
        todo!()
    }

    /// How new events reach this process.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        todo!()
    }

    /// Waits until the run's head is beyond `seq`, or it is over, or the time is up.
    pub async fn wait_beyond(&self, run: RunKey, seq: u64, timeout: std::time::Duration) {
        let _ = (run, seq, timeout, Cursor::default());
        todo!()
    }
}
