//! One postmaster: found alive or started, waited for, stopped.

use std::fs::OpenOptions;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use tokio::process::Child;
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;

use super::layout::Layout;
use super::owner::Owner;
use super::process::{is_postmaster, orphans, signal};
use super::{Binaries, EmbeddedError, cluster};
use crate::store::db::{Target, TargetError};

/// Between two looks at something that tells nobody when it happens.
const POLL: Duration = Duration::from_millis(10);
/// The same where nobody waits for it: the end of an adopted postmaster.
const WATCH: Duration = Duration::from_millis(100);
/// Recovery reads back at most two checkpoints' WAL (`max_wal_size`), minutes on a slow disk.
const START_LIMIT: Duration = Duration::from_secs(300);
/// A live postmaster answers at once, unless its socket was cleared away.
const ADOPT_LIMIT: Duration = Duration::from_secs(5);
/// One attempt to connect: a fork and a few packets.
const ASK_LIMIT: Duration = Duration::from_secs(2);
/// A fast shutdown ends with a checkpoint; after this long an immediate one is better than no end.
const FAST_STOP_LIMIT: Duration = Duration::from_secs(30);
const IMMEDIATE_STOP_LIMIT: Duration = Duration::from_secs(10);
/// Backends of a dead postmaster leave by themselves when they next wait for something.
const ORPHAN_LIMIT: Duration = Duration::from_secs(5);
/// Beyond this the log of earlier days is set aside, once.
const LOG_LIMIT_BYTES: u64 = 16 * 1024 * 1024;
/// How much of the log's end is searched for the reason of a failed start.
const LOG_TAIL_BYTES: u64 = 64 * 1024;

/// A running postmaster that answers. Dropping it changes nothing for the process.
#[derive(Debug)]
pub(super) struct Postmaster {
    pub(super) pid: Pid,
    pub(super) socket_dir: PathBuf,
    /// Set when it is our own child.
    child: Option<Child>,
}

/// The URL of the database behind a socket.
pub(super) fn url_of(socket_dir: &Path) -> String {
    format!("postgresql:///{}?host={}&user={}", cluster::DATABASE, socket_dir.display(), cluster::USER)
}

/// The database of the postmaster that runs, or ran last, on the cluster of `data_dir`; for commands that
/// look at it beside a server. Whether it answers shows when it is used.
#[must_use]
pub fn beside(data_dir: &Path) -> Option<Target> {
    let text = std::fs::read_to_string(data_dir.join("postgres").join("postmaster.pid")).ok()?;
    Target::parse(&url_of(&PidFile::parse(&text)?.socket_dir?)).ok()
}

/// What `postmaster.pid` says. The socket is missing while the postmaster is still starting.
#[derive(Debug, PartialEq, Eq)]
struct PidFile {
    pid: Pid,
    socket_dir: Option<PathBuf>,
}

impl PidFile {
    /// Lines: pid, data directory, start time, port, socket directory, address, shared memory, status.
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let pid = lines.next()?.trim().parse().ok().map(Pid::from_raw)?;
        let socket_dir = lines.nth(3).map(str::trim).filter(|dir| !dir.is_empty()).map(PathBuf::from);
        Some(Self { pid, socket_dir })
    }

    fn read(layout: &Layout) -> Option<Self> {
        Self::parse(&std::fs::read_to_string(layout.cluster.join("postmaster.pid")).ok()?)
    }
}

/// Who answers behind a socket.
enum Answer {
    Ready,
    /// Ready, and the database is yet to be made.
    NoDatabase,
    /// Starting, recovering or stopping.
    NotNow,
    Nobody,
}

async fn ask(socket_dir: &Path) -> Result<Answer, TargetError> {
    let target = Target::parse(&url_of(socket_dir))?;
    let error = match timeout(ASK_LIMIT, target.config().connect(NoTls)).await {
        Ok(Ok(_)) => return Ok(Answer::Ready),
        Ok(Err(error)) => error,
        Err(_) => return Ok(Answer::Nobody),
    };
    Ok(match error.code() {
        Some(state) if *state == SqlState::INVALID_CATALOG_NAME => Answer::NoDatabase,
        Some(_) => Answer::NotNow,
        None => Answer::Nobody,
    })
}

/// The live postmaster of this cluster, once it answers. One that never does is stopped.
pub(super) async fn adopt(layout: &Layout, owner: &Owner) -> Result<Option<Postmaster>, EmbeddedError> {
    let started = Instant::now();
    while let Some(file) = PidFile::read(layout) {
        if !is_postmaster(file.pid, layout, owner) {
            return Ok(None);
        }
        let answer = match &file.socket_dir {
            Some(dir) => ask(dir).await.map_err(unusable_socket)?,
            None => Answer::Nobody,
        };
        let limit = if matches!(answer, Answer::NotNow) { START_LIMIT } else { ADOPT_LIMIT };
        if let (Answer::Ready | Answer::NoDatabase, Some(socket_dir)) = (answer, file.socket_dir) {
            let adopted = Postmaster { pid: file.pid, socket_dir, child: None };
            adopted.ensure_database().await?;
            return Ok(Some(adopted));
        }
        if started.elapsed() > limit {
            tracing::warn!(pid = %file.pid, "the database's postmaster does not answer and is stopped");
            Postmaster { pid: file.pid, socket_dir: PathBuf::new(), child: None }.stop(layout, owner).await?;
            return Ok(None);
        }
        sleep(POLL).await;
    }
    Ok(None)
}

/// Starts a postmaster where none is alive, and waits until it answers.
pub(super) async fn launch(
    layout: &Layout,
    owner: &Owner,
    binaries: &Binaries,
    socket_dir: &Path,
) -> Result<Postmaster, EmbeddedError> {
    clear_remains(layout, owner, socket_dir).await?;
    let (log, log_from) = open_log(layout).map_err(EmbeddedError::io("opening the database's log"))?;
    let log_again = log.try_clone().map_err(EmbeddedError::io("opening the database's log"))?;
    let mut command = owner.command(&binaries.dir.join("postgres"));
    command.arg("-D").arg(&layout.cluster).args(["-p", "5432", "-c", "listen_addresses="]);
    command.arg("-c").arg(format!("unix_socket_directories={}", socket_dir.display()));
    command.args(["-c", "unix_socket_permissions=0700"]);
    command.stdin(Stdio::null()).stdout(log).stderr(log_again);
    let child = command.spawn().map_err(|source| match owner.steps_down() {
        true => EmbeddedError::Privileges { user: owner.name.clone(), source },
        false => EmbeddedError::Start(source.to_string()),
    })?;
    let pid = child.id().map(u32::cast_signed).map(Pid::from_raw);
    let pid = pid.ok_or_else(|| EmbeddedError::Start("it ended at once".to_owned()))?;
    let mut postmaster = Postmaster { pid, socket_dir: socket_dir.to_owned(), child: Some(child) };
    match postmaster.answers().await {
        Ok(()) => Ok(postmaster),
        Err(EmbeddedError::Start(reason)) => {
            postmaster.stop(layout, owner).await?;
            let said = last_complaint(layout, log_from).unwrap_or(reason);
            Err(EmbeddedError::Start(format!("{said} (see {})", layout.log().display())))
        }
        Err(other) => Err(other),
    }
}

impl Postmaster {
    async fn answers(&mut self) -> Result<(), EmbeddedError> {
        let started = Instant::now();
        while started.elapsed() < START_LIMIT {
            match ask(&self.socket_dir).await.map_err(unusable_socket)? {
                Answer::Ready => return Ok(()),
                Answer::NoDatabase => return self.ensure_database().await,
                Answer::NotNow | Answer::Nobody => {}
            }
            let ended = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            if let Some(status) = ended {
                return Err(EmbeddedError::Start(format!("it ended with {status}")));
            }
            sleep(POLL).await;
        }
        Err(EmbeddedError::Start(format!("it did not answer for {} s", START_LIMIT.as_secs())))
    }

    async fn ensure_database(&self) -> Result<(), EmbeddedError> {
        let target = Target::parse(&url_of(&self.socket_dir)).map_err(unusable_socket)?;
        if !super::database_exists(&target, cluster::DATABASE).await? {
            super::create_database(&target, cluster::DATABASE, None).await?;
        }
        Ok(())
    }

    /// Waits for its end, whoever brings it about.
    pub(super) async fn ended(&mut self, layout: &Layout, owner: &Owner) {
        if let Some(child) = &mut self.child {
            // Whatever this answers, nothing is left to wait for.
            let _ = child.wait().await;
            return;
        }
        while is_postmaster(self.pid, layout, owner) {
            sleep(WATCH).await;
        }
    }

    /// Stops it: fast, which cuts connections and writes a checkpoint; if that takes too long, at once, which
    /// leaves recovery to the next start.
    pub(super) async fn stop(mut self, layout: &Layout, owner: &Owner) -> Result<(), EmbeddedError> {
        let ways = [
            (Signal::SIGINT, FAST_STOP_LIMIT),
            (Signal::SIGQUIT, IMMEDIATE_STOP_LIMIT),
            (Signal::SIGKILL, IMMEDIATE_STOP_LIMIT),
        ];
        for (way, limit) in ways {
            if let Some(Ok(Some(_))) = self.child.as_mut().map(Child::try_wait) {
                return Ok(());
            }
            signal(self.pid, way);
            if timeout(limit, self.gone(layout, owner)).await.is_ok() {
                return Ok(());
            }
            tracing::warn!(pid = %self.pid, signal = %way, "the database did not stop in time");
        }
        Err(EmbeddedError::Start(format!("process {} can't be stopped", self.pid)))
    }

    async fn gone(&mut self, layout: &Layout, owner: &Owner) {
        if self.child.is_some() {
            return self.ended(layout, owner).await;
        }
        while is_postmaster(self.pid, layout, owner) {
            sleep(POLL).await;
        }
    }
}

/// Clears what a killed postmaster left: its children, and files whose process id may be another process's
/// by now, at which PostgreSQL would refuse to start.
async fn clear_remains(layout: &Layout, owner: &Owner, socket_dir: &Path) -> Result<(), EmbeddedError> {
    if let Some(file) = PidFile::read(layout) {
        dismiss_orphans(layout, owner).await?;
        tracing::info!(pid = %file.pid, "the database was not stopped cleanly; it recovers");
        remove(&layout.cluster.join("postmaster.pid"))?;
    }
    let lock = socket_dir.join(".s.PGSQL.5432.lock");
    let text = std::fs::read_to_string(&lock).unwrap_or_default();
    // The second line tells whose it is: a folder that the operator chose may hold another's.
    if text.lines().nth(1).map(Path::new) == Some(&layout.cluster) {
        remove(&lock)?;
    }
    Ok(())
}

/// The pid file protects the data from a second postmaster while children of the first are still writing,
/// so that they have to be gone before it is.
async fn dismiss_orphans(layout: &Layout, owner: &Owner) -> Result<(), EmbeddedError> {
    for last_word in [None, Some(Signal::SIGQUIT), Some(Signal::SIGKILL)] {
        if let Some(word) = last_word {
            orphans(layout, owner).into_iter().for_each(|pid| signal(pid, word));
        }
        let started = Instant::now();
        while started.elapsed() < ORPHAN_LIMIT {
            if orphans(layout, owner).is_empty() {
                return Ok(());
            }
            sleep(POLL).await;
        }
    }
    Err(EmbeddedError::Start("processes of an earlier server can't be stopped".to_owned()))
}

fn remove(path: &Path) -> Result<(), EmbeddedError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(EmbeddedError::Io { what: "clearing what an earlier server left", source: error })
        }
        _ => Ok(()),
    }
}

/// The log to append to, and where it ends now.
fn open_log(layout: &Layout) -> io::Result<(std::fs::File, u64)> {
    let path = layout.log();
    if std::fs::metadata(&path).is_ok_and(|found| found.len() > LOG_LIMIT_BYTES) {
        std::fs::rename(&path, path.with_extension("log.1"))?;
    }
    let log = OpenOptions::new().create(true).append(true).open(&path)?;
    let end = log.metadata()?.len();
    Ok((log, end))
}

/// The last line since `from` in which the server says what it could not do.
fn last_complaint(layout: &Layout, from: u64) -> Option<String> {
    let mut log = std::fs::File::open(layout.log()).ok()?;
    let end = log.metadata().ok()?.len();
    log.seek(SeekFrom::Start(from.max(end.saturating_sub(LOG_TAIL_BYTES)))).ok()?;
    let mut bytes = Vec::new();
    log.take(LOG_TAIL_BYTES).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let words = ["FATAL:", "PANIC:", "ERROR:", "error:", "could not"];
    let line = text.lines().rev().find(|line| words.iter().any(|word| line.contains(word)))?;
    let message = words[..3].iter().find_map(|word| line.split_once(word)).map_or(line, |(_, rest)| rest);
    Some(message.trim().to_owned())
}

fn unusable_socket(error: TargetError) -> EmbeddedError {
    EmbeddedError::Start(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_file_may_still_be_growing() {
        let whole = "4711\n/data\n1700000000\n5432\n/run/t\n\n 123 4\nready   \n";
        let found = PidFile::parse(whole).unwrap();
        assert_eq!((found.pid.as_raw(), found.socket_dir), (4711, Some("/run/t".into())));
        let found = PidFile::parse("4711\n/data\n").unwrap();
        assert_eq!((found.pid.as_raw(), found.socket_dir), (4711, None));
        assert_eq!(PidFile::parse(""), None);
    }
}
