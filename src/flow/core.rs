//! The handle that every edge works through: the store's writers and the feed, wired together.

use std::sync::Arc;

use tokio::sync::Notify;

use super::accounts::Accounts;
use super::bundles::Bundles;
use super::feed::Feed;
use super::log_reader::LogReader;
use super::notify::Notifier;
use super::queue::Queue;
use super::secrets::Vault;
use super::shipper::Spool;
use super::webhooks::Paces;
use crate::store::db::Db;
use crate::store::journal::Journal;
use crate::store::journal::read::Installation;
use crate::store::logs::Logs;
use crate::store::loki::Loki;
use crate::store::objects::Objects;

/// Cheap to clone; holds no logic of its own.
#[derive(Debug, Clone)]
pub struct Core {
    pub db: Db,
    pub journal: Journal,
    pub logs: Logs,
    /// Lines, wherever they lie.
    pub reader: LogReader,
    /// Where lines are shipped to, and read back from; None: they stay in the database.
    pub loki: Option<Loki>,
    /// What waits to be shipped there.
    pub spool: Spool,
    pub feed: Feed,
    /// Who is who, and what they may do.
    pub accounts: Accounts,
    pub vault: Vault,
    pub objects: Objects,
    /// Runs as files, in and out.
    pub bundles: Bundles,
    /// Who waits for runs to execute.
    pub queue: Queue,
    /// Rung when a plan of deletion is to be worked off.
    pub cleanup: Arc<Notify>,
    /// What tells others of runs.
    pub notifier: Notifier,
    /// How often webhooks are used.
    pub paces: Paces,
    /// What names this installation in opaque cursors.
    pub installation: Arc<Installation>,
}
