//! Runs as files: out of the store into a bundle, and back.
//!
//! ```text
//! export: journal, lines, artifacts ─► records ─► blocks ─► a channel of two ─► the answer's body
//! import: body ─► a file on disk ─► checked whole ─► records ─► journal (as imported), lines, artifacts
//! replay: the same file ─► events and lines at their times' distances, as a run of its own
//! ```
//! Owns the folder of files that are being imported, the key that signs heads, and who is importing what. Memory is bounded
//! both ways; nothing is written before the whole file was checked.

mod export;
mod html;
mod import;
mod importing;
mod replay;
mod signing;
mod spool;

use std::collections::HashSet;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::facts::id::{OrganizationId, RunId};
use crate::facts::secret::SecretKey;

pub use export::{Export, ExportError, export};
pub use html::page;
pub use import::{ImportError, Imported, import};
pub use replay::replay;
pub use signing::{SignatureFault, Signer, verify_signature};
pub use spool::{BUNDLE_MAX_BYTES, Spooled, Spooling, check_file};

const FOLDER: &str = "imports";
/// Readable for nobody else: a bundle holds what its run's output does.
const MODE: u32 = 0o700;
/// Replays at the same time: each holds two open files and a little memory, for as long as it takes.
const REPLAYS_AT_ONCE: usize = 8;

/// What bundles need of this server; cheap to clone.
#[derive(Debug, Clone)]
pub struct Bundles {
    folder: Arc<PathBuf>,
    signer: Signer,
    at_work: Arc<Mutex<HashSet<(OrganizationId, RunId)>>>,
    replays: Arc<Semaphore>,
    /// Ends the replays.
    stop: CancellationToken,
}

/// A run that is being imported here; given back when dropped.
struct AtWork {
    at_work: Arc<Mutex<HashSet<(OrganizationId, RunId)>>>,
    name: (OrganizationId, RunId),
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.at_work.lock().remove(&self.name);
    }
}

impl Bundles {
    /// Opens the folder below the data directory, which is this process's alone, and removes what a killed one has left.
    pub fn open(data_dir: &Path, key: &SecretKey) -> io::Result<Self> {
        let folder = data_dir.join(FOLDER);
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        std::fs::DirBuilder::new().recursive(true).mode(MODE).create(&folder)?;
        Ok(Self {
            folder: Arc::new(folder),
            signer: Signer::new(key).map_err(io::Error::other)?,
            at_work: Arc::default(),
            replays: Arc::new(Semaphore::new(REPLAYS_AT_ONCE)),
            stop: CancellationToken::new(),
        })
    }

    /// Begins to take a file in.
    pub async fn spool(&self) -> io::Result<Spooling> {
        Spooling::begin(&self.folder).await
    }

    /// Ends what goes on in the background: a server that stops does not wait for a replay.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// What signs this server's heads.
    #[must_use]
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// `None`: somebody is importing the run already.
    fn begin_work(&self, organization: OrganizationId, run_id: &RunId) -> Option<AtWork> {
        let name = (organization, run_id.clone());
        let is_free = self.at_work.lock().insert(name.clone());
        is_free.then(|| AtWork { at_work: Arc::clone(&self.at_work), name })
    }
}
