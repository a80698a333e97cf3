//! The server's own worker: a process of its own, started when runs wait and nobody asks for them.
//!
//! It outlives the server: one that is killed and comes back finds its runs going on. It leaves by itself when there is
//! nothing to do. Owns nothing but the start; whether there is one already is settled by the lock that the worker takes.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use tracing::{info, warn};

use crate::facts::settings::Settings;
use crate::flow::Core;
use crate::flow::queue::WorkerEngine;
use crate::store::queue;

/// This program, also when its file has been replaced by a newer one meanwhile.
const THIS_PROGRAM: &str = "/proc/self/exe";
/// The file that a data directory's worker keeps locked.
pub const WORKER_LOCK: &str = "worker.lock";
/// Where the worker's own log goes, in the data directory.
const LOG: &str = "worker.log";
/// How often the queue is looked at without a wake: what another server enqueued, or a worker that died, makes none.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Between two starts, so that a worker that can't live does not take a processor.
const START_PAUSE: Duration = Duration::from_secs(1);

/// … and after one that failed: what it lacks, a Docker daemon say, takes its time to come.
const FAILED_PAUSE: Duration = Duration::from_secs(30);
/// Wakes come in bursts when many runs are started, and each look is a query.
const LOOK_PAUSE: Duration = Duration::from_millis(20);

/// What the worker is started with.
struct Start {
    data_dir: PathBuf,
    token: Option<String>,
    process_engine: bool,
    log_level: String,
}

/// Runs until aborted; the worker goes on.
pub(super) async fn keep(core: Core, settings: Settings, token: Option<String>) {
    let start = Start {
        data_dir: settings.data_dir.clone(),
        token,
        process_engine: settings.process_engine,
        log_level: settings.log_level.clone(),
    };
    let engines: &[WorkerEngine] = if settings.process_engine {
        &[WorkerEngine::Docker, WorkerEngine::Process]
    } else {
        &[WorkerEngine::Docker]
    };
    let engines: Vec<&str> = engines.iter().map(|engine| engine.as_str()).collect();
    let mut work = core.queue.work();
    let mut child: Option<Child> = None;
    loop {
        tokio::select! {
            // The sender lives as long as the core.
            _ = work.changed() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        match child.as_mut().map(Child::try_wait) {
            Some(Ok(None)) => continue,
            Some(Ok(Some(status))) if !status.success() => {
                warn!(%status, "the worker ended; {LOG} in the data directory says why");
                child = None;
                tokio::time::sleep(FAILED_PAUSE).await;
            }
            _ => child = None,
        }
        if core.queue.waiting_claimers() > 0 {
            continue;
        }
        // One that an earlier start of this server left, and that has its hands full.
        if is_there(&start.data_dir) {
            tokio::time::sleep(START_PAUSE).await;
            continue;
        }
        match queue::waits(&core.db, &engines).await {
            Ok(true) => {}
            Ok(false) => {
                tokio::time::sleep(LOOK_PAUSE).await;
                continue;
            }
            Err(error) => {
                warn!(%error, "the queue could not be looked at");
                continue;
            }
        }
        match start.worker() {
            Ok(started) => {
                info!(pid = started.id(), "started a worker");
                child = Some(started);
            }
            Err(error) => warn!(%error, "no worker could be started; `telltale worker` does it by hand"),
        }
        tokio::time::sleep(START_PAUSE).await;
    }
}

/// Whether the data directory has its worker. One that is just starting may find the lock taken for an instant, and
/// leaves; the next look starts another.
fn is_there(data_dir: &Path) -> bool {
    let lock = File::open(data_dir.join(WORKER_LOCK));
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

impl Start {
    fn worker(&self) -> std::io::Result<Child> {
        let log = std::fs::File::options().create(true).append(true).open(self.data_dir.join(LOG))?;
        let mut command = Command::new(THIS_PROGRAM);
        command
            .arg0("telltale")
            .args(["worker", "--local"])
            .env("TELLTALE_DATA_DIR", &self.data_dir)
            .env("TELLTALE_PROCESS_ENGINE", self.process_engine.to_string())
            .env("TELLTALE_LOG_LEVEL", &self.log_level)
            .env_remove("TELLTALE_URL")
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // A signal from the server's terminal is not meant for it.
            .process_group(0);
        match &self.token {
            Some(token) => command.env("TELLTALE_TOKEN", token),
            None => command.env_remove("TELLTALE_TOKEN"),
        };
        command.spawn()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_there_as_long_as_it_keeps_its_lock() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!is_there(dir.path()));
        let lock = File::create(dir.path().join(WORKER_LOCK)).unwrap();
        assert!(!is_there(dir.path()));
        lock.lock().unwrap();
        assert!(is_there(dir.path()));
        drop(lock);
        assert!(!is_there(dir.path()));
    }
}
