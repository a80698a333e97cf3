//! The process engine: a node as a process group of this machine.
//!
//! Cleared environment, a workspace of its own, stdin closed, an unprivileged user when the runner is root. It is
//! no sandbox: the node sees the file system and the network; that is what containers are for. Whatever the node
//! leaves running in its group dies with it; what has left the group (`setsid`) is out of reach.
//!
//! ```text
//! child ─stdout─► reader ─┐
//!       ─stderr─► reader ─┴─► reports        leader ends ─► group killed ─► pipes drained to their end
//! ```

use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::AsyncRead;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use super::engine::{Attempt, Exit, Finished, Report, Reports, STOP_GRACE, StreamName, time_is_up};
use super::guard;
use super::pipe::ChildPipe;
use super::workspace::Workspace;

/// Where the programs are when the runner itself has no PATH.
const PATH_DEFAULT: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Executes one attempt to its end.
pub async fn execute(attempt: &Attempt, reports: &Reports) -> Finished {
    let workspace = match Workspace::create() {
        Ok(workspace) => workspace,
        Err(error) => return Exit::not_started(format!("no workspace could be made: {error}"), false),
    };
    let mut child = match spawn(attempt, &workspace) {
        Ok(child) => child,
        Err(error) => {
            let program = attempt.words.first().map_or("", String::as_str);
            return Exit::not_started(format!("`{program}` can't be executed: {error}"), true);
        }
    };
    let group = Group::of(&child);
    let over = CancellationToken::new();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let stdout = stdout.map(|pipe| ChildPipe::new(pipe, StreamName::Stdout, over.clone()));
    let stderr = stderr.map(|pipe| ChildPipe::new(pipe, StreamName::Stderr, over.clone()));
    let stdout = stdout.map(|pipe| tokio::spawn(forward(pipe, reports.clone())));
    let stderr = stderr.map(|pipe| tokio::spawn(forward(pipe, reports.clone())));

    let exit = wait(&mut child, &group, attempt).await;
    group.end();
    over.cancel();
    for reader in [stdout, stderr].into_iter().flatten() {
        // A reader ends with its pipe or with the grace; it can't fail in another way.
        drop(reader.await);
    }
    let result = workspace.result().await;
    workspace.artifacts(attempt, reports).await;
    Finished { exit, result }
}

fn spawn(attempt: &Attempt, workspace: &Workspace) -> std::io::Result<Child> {
    let (program, arguments) = attempt.words.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_else(|| PATH_DEFAULT.into()))
        .env("HOME", &workspace.path)
        .env("LANG", "C.UTF-8")
        .envs(attempt.env.iter().map(|(name, value)| (name, value)))
        .current_dir(&workspace.path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    if let Some((uid, gid)) = workspace.owner {
        command.uid(uid).gid(gid);
    }
    command.spawn()
}

/// Waits for the leader's end, or brings it about, and then ends what is left of its group.
async fn wait(child: &mut Child, group: &Group, attempt: &Attempt) -> Exit {
    let exit = tokio::select! {
        status = child.wait() => ended(status),
        () = attempt.stop.cancelled() => Exit::Stopped,
        limit = time_is_up(attempt.timeout) => Exit::TimedOut(limit),
    };
    if matches!(exit, Exit::Stopped | Exit::TimedOut(_)) {
        group.signal(Signal::SIGTERM);
        // Whether it obeyed shows in the status, which no longer matters: the reason for the end is known.
        drop(tokio::time::timeout(STOP_GRACE, child.wait()).await);
    }
    // The leader's pid can't be another group's yet: pids go round, and it was freed this instant at the earliest.
    group.signal(Signal::SIGKILL);
    drop(child.wait().await);
    exit
}

pub(super) fn ended(status: std::io::Result<ExitStatus>) -> Exit {
    match status {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => Exit::Code(i64::from(code)),
            (None, Some(signal)) => Exit::Signal(signal),
            (None, None) => Exit::Lost { reason: "it ended without a status".to_owned() },
        },
        Err(error) => Exit::Lost { reason: error.to_string() },
    }
}

/// The process group of a node, which is killed when the runner leaves without waiting for it: by the drop when it
/// lives on, by the guard when it doesn't.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        let leader = child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(leader) = leader {
            guard::began(leader);
        }
        Self(leader.map(Pid::from_raw))
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.0 {
            // ESRCH is the usual answer: nothing is left in the group.
            let _ = killpg(group, signal);
        }
    }

    /// From here on the group's number may become another's.
    fn end(mut self) {
        if let Some(group) = self.0.take() {
            guard::is_over(group.as_raw());
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
        if let Some(group) = self.0 {
            guard::is_over(group.as_raw());
        }
    }
}

/// Sends what the pipe gives.
async fn forward(mut pipe: ChildPipe<impl AsyncRead + Unpin>, reports: Reports) {
    while let Some(chunk) = pipe.next().await {
        if reports.send(Report::Output(chunk)).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
#[path = "process_tests.rs"]
pub mod tests;
