//! The embedded server as its owner sees it: start, a URL, stop.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::layout::{Layout, prepare_data_dir};
use super::lock::DataDirLock;
use super::owner::Owner;
use super::postmaster::{Postmaster, adopt, launch, url_of};
use super::process::{is_postmaster, signal};
use super::{Binaries, EmbeddedError, binaries, cluster, socket};
use crate::facts::settings::Settings;
use crate::store::db::Target;

/// The pauses before a dead postmaster's successor is started: the first attempt almost at once, later
/// ones seldom enough for a full disk's log not to fill further.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What an embedded server needs to know.
#[derive(Debug, Clone, Default)]
pub struct EmbeddedOptions {
    pub data_dir: PathBuf,
    /// Where the server programs are; None: they are looked for.
    pub postgres_bin: Option<PathBuf>,
    /// For the socket; None: chosen.
    pub socket_dir: Option<PathBuf>,
    /// PostgreSQL settings on top of ours, values as in `postgresql.conf`.
    pub postgres_settings: Vec<(String, String)>,
}

impl From<&Settings> for EmbeddedOptions {
    fn from(settings: &Settings) -> Self {
        Self {
            data_dir: settings.data_dir.clone(),
            postgres_bin: settings.postgres_bin.clone(),
            socket_dir: settings.socket_dir.clone(),
            postgres_settings: Vec::new(),
        }
    }
}

/// A running embedded server. A postmaster that dies is replaced, behind the same socket. [`Self::stop`]
/// ends it; a drop without that asks the postmaster to stop and does not wait.
#[derive(Debug)]
pub struct EmbeddedServer {
    url: String,
    target: Target,
    data_dir: PathBuf,
    adopted: bool,
    pid: Arc<AtomicI32>,
    stop: CancellationToken,
    watch: Option<JoinHandle<Result<(), EmbeddedError>>>,
    ground: Arc<Ground>,
}

/// What stays the same from one postmaster to the next.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) options: EmbeddedOptions,
    pub(super) layout: Layout,
    pub(super) owner: Owner,
}

impl Ground {
    /// `data_dir` is the real path, locked by the caller.
    pub(super) async fn prepare(options: &EmbeddedOptions, data_dir: &Path) -> Result<Self, EmbeddedError> {
        let owner = Owner::choose();
        let layout = Layout::of(data_dir, &owner).await?;
        Ok(Self { options: options.clone(), layout, owner })
    }

    /// The programs for this cluster, or for one to be made.
    pub(super) async fn binaries(&self) -> Result<Binaries, EmbeddedError> {
        binaries::find(&self.options, &self.layout, &self.owner, cluster::made_by(&self.layout)?).await
    }

    /// The postmaster that is alive.
    pub(super) async fn adopt(&self) -> Result<Option<Postmaster>, EmbeddedError> {
        adopt(&self.layout, &self.owner).await
    }

    /// A new postmaster, on a new cluster if there is none yet; `socket_dir` is that of its predecessor.
    pub(super) async fn launch(&self, socket_dir: Option<&Path>) -> Result<Postmaster, EmbeddedError> {
        let Self { options, layout, owner } = self;
        let binaries = self.binaries().await?;
        if cluster::made_by(layout)?.is_none() {
            cluster::create(layout, owner, &binaries).await?;
        }
        cluster::configure(layout, owner, &binaries, &options.postgres_settings).await?;
        let wanted = socket_dir.or(options.socket_dir.as_deref());
        let socket_dir = socket::prepare(wanted, layout, owner)?;
        launch(layout, owner, &binaries, &socket_dir).await
    }
}

impl EmbeddedServer {
    /// Takes the data directory and has a server answer from it: the postmaster that an earlier telltale
    /// left behind, or a new one. Returns when it answers, with the database made.
    pub async fn start(options: &EmbeddedOptions) -> Result<Self, EmbeddedError> {
        let data_dir = prepare_data_dir(&options.data_dir)?;
        let lock = DataDirLock::take(&data_dir)?;
        let ground = Arc::new(Ground::prepare(options, &data_dir).await?);
        let (postmaster, adopted) = match ground.adopt().await? {
            Some(postmaster) => (postmaster, true),
            None => (ground.launch(None).await?, false),
        };
        let url = url_of(&postmaster.socket_dir);
        let target = Target::parse(&url).map_err(|error| EmbeddedError::Start(error.to_string()))?;
        tracing::info!(pid = %postmaster.pid, adopted, data_dir = %data_dir.display(), "embedded database is ready");
        let pid = Arc::new(AtomicI32::new(postmaster.pid.as_raw()));
        let stop = CancellationToken::new();
        let watch = watch(Arc::clone(&ground), postmaster, Arc::clone(&pid), stop.clone(), lock);
        let watch = Some(tokio::spawn(watch));
        Ok(Self { url, target, data_dir, adopted, pid, stop, watch, ground })
    }

    /// A `postgresql://` URL, good for `psql`, too. The same for as long as the server lives.
    #[must_use]
    pub fn database_url(&self) -> &str {
        &self.url
    }

    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The postmaster's process id: another one after it died and was replaced.
    #[must_use]
    pub fn postmaster_pid(&self) -> i32 {
        self.pid.load(Ordering::Acquire)
    }

    /// Whether the postmaster was already there.
    #[must_use]
    pub fn was_adopted(&self) -> bool {
        self.adopted
    }

    /// The real path of the data directory.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Stops the postmaster and gives the data directory back.
    pub async fn stop(mut self) -> Result<(), EmbeddedError> {
        self.stop.cancel();
        match self.watch.take() {
            Some(watch) => watch.await.map_err(|error| EmbeddedError::Start(error.to_string()))?,
            None => Ok(()),
        }
    }

    /// Gives the data directory back and leaves the postmaster running, as a telltale that was killed does.
    pub async fn leave(mut self) {
        if let Some(watch) = self.watch.take() {
            watch.abort();
            // An aborted task's answer tells nothing; awaiting it makes sure that the lock is free.
            let _ = watch.await;
        }
    }
}

impl Drop for EmbeddedServer {
    fn drop(&mut self) {
        if self.watch.take().is_none() {
            return;
        }
        self.stop.cancel();
        // The runtime may be on its way out and the task with it, so that the wish is sent from here.
        let pid = Pid::from_raw(self.postmaster_pid());
        if is_postmaster(pid, &self.ground.layout, &self.ground.owner) {
            signal(pid, Signal::SIGINT);
        }
    }
}

/// Waits for the postmaster's end: brings it about when told to stop, starts another one otherwise.
async fn watch(
    ground: Arc<Ground>,
    mut postmaster: Postmaster,
    pid: Arc<AtomicI32>,
    stop: CancellationToken,
    _lock: DataDirLock,
) -> Result<(), EmbeddedError> {
    loop {
        tokio::select! {
            () = stop.cancelled() => {
                let socket_dir = postmaster.socket_dir.clone();
                postmaster.stop(&ground.layout, &ground.owner).await?;
                socket::tidy(&socket_dir, &ground.layout);
                return Ok(());
            }
            () = postmaster.ended(&ground.layout, &ground.owner) => {}
        }
        tracing::error!(pid = %postmaster.pid, "the database's postmaster is gone; starting another one");
        let Some(next) = replace(&ground, &postmaster.socket_dir, &stop).await else { return Ok(()) };
        postmaster = next;
        pid.store(postmaster.pid.as_raw(), Ordering::Release);
        tracing::info!(pid = %postmaster.pid, "embedded database is back");
    }
}

/// A new postmaster behind the same socket; None when told to stop before one was to be had. There is no
/// last attempt: without its database the server is of no use, and a disk that was full gets emptied.
async fn replace(ground: &Ground, socket_dir: &Path, stop: &CancellationToken) -> Option<Postmaster> {
    let mut pause = FIRST_PAUSE;
    loop {
        tokio::select! {
            () = stop.cancelled() => return None,
            () = sleep(pause) => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
        match ground.launch(Some(socket_dir)).await {
            Ok(postmaster) => return Some(postmaster),
            Err(error) => tracing::error!(%error, "the database could not be started again"),
        }
    }
}
