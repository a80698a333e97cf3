//! The guard, seen from the runner: a small process that outlives the runner and ends what it left.
//!
//! A runner that is killed with SIGKILL can't stop its nodes any more. So each runner process has a child in a session
//! of its own, which reads a pipe whose other end only the runner holds. The runner says which process groups
//! it starts and which are over; at the pipe's end, which the kernel brings about however the runner died,
//! the guard kills the groups, and removes the workspaces and containers ([`super::guard_process`]).
//!
//! ```text
//! process, docker ──`+ group starttime`, `- group`, `docker`──► pipe ──► guard
//!                         thread guard-watch: waits for the guard's end, starts it again, tells it all there is
//! ```
//! There is one for a process, as there is one process to outlive, hence the static. Without [`start`] nothing is
//! guarded, and everything else works all the same.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use parking_lot::Mutex;
use uuid::Uuid;

use super::identity::{Identity, started};

/// This program, also when its file has been replaced by a newer one meanwhile.
const THIS_PROGRAM: &str = "/proc/self/exe";
/// The hidden subcommand.
pub const SUBCOMMAND: &str = "guard";
/// Between two starts: a guard that can't live must not take a processor.
const RESTART_AFTER: Duration = Duration::from_millis(500);

static GUARD: OnceLock<Guard> = OnceLock::new();

struct Guard {
    identity: String,
    directory: PathBuf,
    known: Mutex<Known>,
}

/// What the guard has been told, or will be when there is one again.
#[derive(Default)]
struct Known {
    /// Leader and its start time.
    groups: BTreeMap<i32, u64>,
    uses_docker: bool,
    pipe: Option<Pipe>,
}

struct Pipe {
    guard: Pid,
    end: ChildStdin,
}

/// Starts the guard of this process, once. Only for the `telltale` binary, which has the subcommand.
pub fn start() -> std::io::Result<()> {
    if GUARD.get().is_some() {
        return Ok(());
    }
    let directory = std::env::temp_dir().join(format!("telltale-{}", Uuid::now_v7()));
    // Nodes of another user have to reach their workspaces beneath it, and nothing else.
    std::fs::DirBuilder::new().mode(0o711).create(&directory)?;
    let guard =
        Guard { identity: Identity::of_this_process().to_string(), directory, known: Mutex::default() };
    let child = guard.spawn()?;
    if GUARD.set(guard).is_ok() {
        std::thread::Builder::new().name("guard-watch".to_owned()).spawn(move || watch(child))?;
    }
    Ok(())
}

/// The directory that is removed when this process has ended.
pub(super) fn directory() -> Option<&'static Path> {
    GUARD.get().map(|guard| guard.directory.as_path())
}

/// A process group has been started, and this is its leader.
pub(super) fn began(leader: i32) {
    let Some(guard) = GUARD.get() else { return };
    // A leader that is over already leaves its group to `process`, which waits for it.
    let Some(since) = u32::try_from(leader).ok().and_then(started) else { return };
    let mut known = guard.known.lock();
    known.groups.insert(leader, since);
    known.tell(&format!("+ {leader} {since}\n"));
}

/// A process group has been killed, and its number may become another's.
pub(super) fn is_over(leader: i32) {
    let Some(guard) = GUARD.get() else { return };
    let mut known = guard.known.lock();
    if known.groups.remove(&leader).is_some() {
        known.tell(&format!("- {leader}\n"));
    }
}

/// Containers are going to be made.
pub(super) fn uses_docker() {
    let Some(guard) = GUARD.get() else { return };
    let mut known = guard.known.lock();
    if !known.uses_docker {
        known.uses_docker = true;
        known.tell("docker\n");
    }
}

impl Known {
    fn tell(&mut self, line: &str) {
        let Some(pipe) = &mut self.pipe else { return };
        // A line is shorter than what a pipe takes at once or not at all.
        if let Err(error) = pipe.end.write_all(line.as_bytes()) {
            tracing::warn!(%error, "the guard doesn't read what it is told, and is replaced");
            // It must be dead before its pipe is closed, or it would take this process for dead.
            let _ = kill(pipe.guard, Signal::SIGKILL);
            self.pipe = None;
        }
    }
}

impl Guard {
    /// Starts a guard and tells it everything.
    fn spawn(&self) -> std::io::Result<Child> {
        let mut child = Command::new(THIS_PROGRAM)
            .arg0("telltale")
            .arg(SUBCOMMAND)
            .arg(&self.identity)
            .arg(&self.directory)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let Some(mut end) = child.stdin.take() else { return Ok(child) };
        let mut known = self.known.lock();
        if known.uses_docker {
            end.write_all(b"docker\n")?;
        }
        for (leader, since) in &known.groups {
            end.write_all(format!("+ {leader} {since}\n").as_bytes())?;
        }
        // From here on nobody waits for a guard that has been stopped.
        fcntl(&end, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        let guard = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
        known.pipe = Some(Pipe { guard, end });
        Ok(child)
    }
}

/// Replaces each guard that has died, for as long as this process lives.
fn watch(mut child: Child) {
    let Some(guard) = GUARD.get() else { return };
    loop {
        match child.wait() {
            Ok(status) => tracing::warn!(%status, "the guard has ended, and is started again"),
            Err(error) => return tracing::error!(%error, "the guard can't be watched"),
        }
        guard.known.lock().pipe = None;
        child = loop {
            std::thread::park_timeout(RESTART_AFTER);
            match guard.spawn() {
                Ok(child) => break child,
                Err(error) => tracing::warn!(%error, "the guard could not be started; it is tried again"),
            }
        };
    }
}
