//! One server for many short-lived processes: the tests.
//!
//! A test binary joins, makes its databases, and never stops anything; the last one to end does, by a
//! helper that waits for everybody's lock to be gone:
//!
//! ```text
//! let server = SharedServer::join(&EmbeddedOptions::for_tests(dir)).await?;   // once a process
//! create_database(server.target(), "template_of_today", None).await?;         // migrate it, disconnect
//! create_database(server.target(), "test_17", Some("template_of_today")).await?;
//! let target = server.target().with_database("test_17");                      // any runtime may use it
//! drop_database(server.target(), "test_17").await?;
//! ```
//!
//! Keep the [`SharedServer`] for as long as the process lives (in a `static`): the runtime that it was
//! joined on may end. The folder has to be one that every user may pass through, such as `target/tmp`, or
//! root's cluster goes elsewhere.

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::layout::prepare_data_dir;
use super::lock::{DataDirLock, open};
use super::postmaster::url_of;
use super::server::Ground;
use super::{EmbeddedError, EmbeddedOptions};
use crate::store::db::Target;

/// How long another process may take to create and start the cluster.
const JOIN_LIMIT: Duration = Duration::from_secs(180);
const JOIN_PAUSE: Duration = Duration::from_millis(20);

/// A share in a server that several processes use.
#[derive(Debug)]
pub struct SharedServer {
    url: String,
    target: Target,
    /// The share: locked until the process ends.
    _users: File,
}

impl EmbeddedOptions {
    /// For data that nobody wants back after a power cut: everything else works as it does in earnest.
    #[must_use]
    pub fn for_tests(data_dir: impl Into<PathBuf>) -> Self {
        let pairs = [
            ("fsync", "off"),
            ("full_page_writes", "off"),
            ("max_connections", "400"),
            ("shared_buffers", "128MB"),
        ];
        let postgres_settings = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Self { data_dir: data_dir.into(), postgres_settings, ..Self::default() }
    }
}

impl SharedServer {
    /// Joins the server in `options.data_dir`, and starts it if nobody has.
    pub async fn join(options: &EmbeddedOptions) -> Result<Self, EmbeddedError> {
        let data_dir = prepare_data_dir(&options.data_dir)?;
        let path = data_dir.join("users");
        let unusable = |source| EmbeddedError::DataDir { path: data_dir.clone(), source };
        let users = open(&path).map_err(unusable)?;
        let deadline = Instant::now() + JOIN_LIMIT;
        // Taken for good by whoever stops the server, for the moment that takes.
        while let Err(error) = users.try_lock_shared() {
            match error {
                TryLockError::WouldBlock if Instant::now() < deadline => sleep(JOIN_PAUSE).await,
                TryLockError::WouldBlock => return Err(EmbeddedError::InUse { path: data_dir, pid: None }),
                TryLockError::Error(source) => return Err(unusable(source)),
            }
        }
        let lock = loop {
            match DataDirLock::take(&data_dir) {
                Err(EmbeddedError::InUse { .. }) if Instant::now() < deadline => sleep(JOIN_PAUSE).await,
                other => break other?,
            }
        };
        let ground = Ground::prepare(options, &data_dir).await?;
        let postmaster = match ground.adopt().await? {
            Some(postmaster) => postmaster,
            None => {
                let postmaster = ground.launch(None).await?;
                stop_after_the_last(&ground, &path).await?;
                postmaster
            }
        };
        drop(lock);
        let url = url_of(&postmaster.socket_dir);
        let target = Target::parse(&url).map_err(|error| EmbeddedError::Start(error.to_string()))?;
        Ok(Self { url, target, _users: users })
    }

    /// The maintenance database's neighbour `telltale`; use [`Target::with_database`] for others.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    #[must_use]
    pub fn database_url(&self) -> &str {
        &self.url
    }
}

/// Leaves a process that waits for all shares to be given back, then stops the server. Where the tool for it
/// is missing, the server goes on running, and the next test run adopts it.
async fn stop_after_the_last(ground: &Ground, users: &std::path::Path) -> Result<(), EmbeddedError> {
    let pg_ctl = ground.binaries().await?.dir.join("pg_ctl");
    let mut command = ground.owner.command(std::path::Path::new("flock"));
    command.arg("--exclusive").arg(users).arg(pg_ctl);
    command.arg("-D").arg(&ground.layout.cluster).args(["--mode=fast", "--silent", "stop"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Err(error) = command.spawn() {
        tracing::debug!(%error, "the shared database will not be stopped by itself");
    }
    Ok(())
}
