//! Ships log lines to Loki, reads them back, and trims them here.
//!
//! ```text
//! on_lines ─► wake ─► round: prepare (what waits ─► cut, committed, encoded) ─► push (lanes by run) ─► conclude
//!                       the next round is prepared while one is pushed and the one before is concluded
//! settle: pushed long enough ago ─► read back, compared ─► settled and trimmed, or pushed again
//! spool: on every server, what waits, for the metrics, readiness and the bound
//! ```
//!
//! One server of several has the duty. What makes repeating safe is not the lease but that a segment is committed before it is
//! pushed and is the same each time. No transaction is open while Loki is spoken to, and no append waits for any of this, until
//! the spool is full.

mod backoff;
mod duty;
mod health;
mod pace;
mod prepare;
mod push;
mod run;
mod settle;
mod spool;
mod verdict;

pub use health::{Shipping, ShippingReport};
pub use run::{Shipper, start};
pub use spool::Spool;

use crate::facts::settings::LokiSettings;
use crate::store::db::Db;
use crate::store::loki::Loki;

/// What all parts of the shipper work with.
#[derive(Debug, Clone)]
struct Shop {
    db: Db,
    loki: Loki,
    settings: LokiSettings,
    health: Shipping,
}
