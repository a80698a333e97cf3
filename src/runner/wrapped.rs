//! A command of the user's own, wrapped: the present directory, the present environment and input, its output copied
//! through byte for byte and reported beside.
//!
//! ```text
//! child ─stdout─► copier ─► our stdout, then reports       signals ─► child
//!       ─stderr─► copier ─► our stderr, then reports       child ends ─► pipes drained to their end
//! ```
//! Unlike the process engine it changes nothing about the command: no group of its own, no other user, no workspace. A
//! reader of our output who goes away is felt by the command as without us: its pipe closes.

use std::io::Write as _;
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::AsyncRead;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::engine::{Attempt, Exit, Finished, Report, Reports, StreamName};
use super::output::ResultFile;
use super::pipe::ChildPipe;
use super::process::ended;

/// What the command must not see: the right to speak to the server is ours.
const HIDDEN: &str = "TELLTALE_TOKEN";

/// Executes the attempt's words as the user would have, and passes on the `signals` that come meanwhile.
pub(super) async fn execute(
    attempt: &Attempt,
    reports: &Reports,
    signals: &mut mpsc::Receiver<Signal>,
) -> Finished {
    let mut child = match spawn(attempt) {
        Ok(child) => child,
        Err(error) => {
            let program = attempt.words.first().map_or("", String::as_str);
            return Exit::not_started(format!("`{program}` can't be executed: {error}"), true);
        }
    };
    let over = CancellationToken::new();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let stdout = stdout.map(|pipe| ChildPipe::new(pipe, StreamName::Stdout, over.clone()));
    let stderr = stderr.map(|pipe| ChildPipe::new(pipe, StreamName::Stderr, over.clone()));
    let stdout = stdout.map(|pipe| tokio::spawn(copy(pipe, reports.clone())));
    let stderr = stderr.map(|pipe| tokio::spawn(copy(pipe, reports.clone())));
    let exit = wait(&mut child, attempt, signals).await;
    over.cancel();
    for copier in [stdout, stderr].into_iter().flatten() {
        // A copier ends with its pipe or with the grace; it can't fail in another way.
        drop(copier.await);
    }
    Finished { exit, result: ResultFile::Missing }
}

fn spawn(attempt: &Attempt) -> std::io::Result<Child> {
    let (program, arguments) = attempt.words.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
    Command::new(program)
        .args(arguments)
        .env_remove(HIDDEN)
        .envs(attempt.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::inherit())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

/// Waits for the command's own end. It decides what a signal means; the attempt's `stop` is a polite one.
async fn wait(child: &mut Child, attempt: &Attempt, signals: &mut mpsc::Receiver<Signal>) -> Exit {
    // Not reaped before `wait` says so: until then the number is nobody else's.
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
    let mut stopped = false;
    loop {
        let signal = tokio::select! {
            status = child.wait() => return ended(status),
            Some(signal) = signals.recv() => signal,
            () = attempt.stop.cancelled(), if !stopped => {
                stopped = true;
                Signal::SIGTERM
            }
        };
        if let Some(pid) = pid {
            // It may have ended this instant; then there is nothing to tell it.
            let _ = kill(pid, signal);
        }
    }
}

/// Copies what the pipe gives at once, and reports it.
async fn copy(mut pipe: ChildPipe<impl AsyncRead + Unpin>, reports: Reports) {
    while let Some(chunk) = pipe.next().await {
        let (stream, bytes) = (chunk.stream, chunk.bytes.clone());
        let copied = tokio::task::spawn_blocking(move || pass_on(stream, &bytes)).await;
        let is_copied = matches!(copied, Ok(Ok(())));
        // Nobody reads our output any more: what was written is still recorded, and the pipe closes.
        if reports.send(Report::Output(chunk)).await.is_err() || !is_copied {
            return;
        }
    }
}

/// Writes to our own stream, through to whoever reads it. It may block for as long as that one takes, as the command would.
fn pass_on(stream: StreamName, bytes: &[u8]) -> std::io::Result<()> {
    match stream {
        StreamName::Stdout => {
            let mut out = std::io::stdout().lock();
            out.write_all(bytes)?;
            out.flush()
        }
        StreamName::Stderr => std::io::stderr().lock().write_all(bytes),
    }
}
