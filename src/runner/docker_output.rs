//! A container's output: pumped from the attached connection, and checked against the daemon's own log.

use std::pin::Pin;
use std::time::Duration;

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::errors::Error as DockerError;
use bollard::query_parameters as query;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::engine::{Chunk, Report, Reports, StreamName, now};

/// After the container's end the connection is closed at once; silence for longer means that it hangs.
const DRAIN_GRACE: Duration = Duration::from_secs(5);
/// Up to here the log is read again in any case: it costs milliseconds and proves that nothing was missed.
const RECHECK_MAX_BYTES: u64 = 4 * 1024 * 1024;

type Output = Pin<Box<dyn Stream<Item = Result<LogOutput, DockerError>> + Send>>;

/// Bytes of each stream that have been reported, and whether the connection held to the end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    pub stdout: u64,
    pub stderr: u64,
    pub broken: bool,
}

/// The task that reports what the container writes.
pub struct Pump(JoinHandle<Seen>);

impl Pump {
    /// `over` tells that the container has ended and only the rest is to come.
    pub fn start(output: Output, reports: Reports, over: CancellationToken) -> Self {
        Self(tokio::spawn(pump(output, reports, over)))
    }

    /// Waits until everything has been reported.
    pub async fn finish(self) -> Seen {
        self.0.await.unwrap_or(Seen { broken: true, ..Seen::default() })
    }
}

async fn pump(mut output: Output, reports: Reports, over: CancellationToken) -> Seen {
    let mut seen = Seen::default();
    loop {
        let silent = async {
            over.cancelled().await;
            tokio::time::sleep(DRAIN_GRACE).await;
        };
        let item = tokio::select! {
            biased;
            item = output.next() => item,
            () = silent => return Seen { broken: true, ..seen },
        };
        let Some(item) = item else { return seen };
        let Ok(item) = item else { return Seen { broken: true, ..seen } };
        let (stream, bytes) = streamed(item);
        count(&mut seen, stream, bytes.len());
        let chunk = Chunk { stream, at: now(), bytes };
        if reports.send(Report::Output(chunk)).await.is_err() {
            return seen;
        }
    }
}

/// Reports what the daemon logged and the connection did not bring: output from a broken connection, or from the
/// moment between the attachment's answer and its effect.
pub async fn reconcile(docker: &Docker, id: &str, seen: Seen, reports: &Reports) {
    if !seen.broken && seen.stdout + seen.stderr > RECHECK_MAX_BYTES {
        return;
    }
    let options = query::LogsOptionsBuilder::default().stdout(true).stderr(true).build();
    let mut log = docker.logs(id, Some(options)).boxed();
    let mut logged = Seen::default();
    let mut recovered = 0;
    while let Some(Ok(item)) = log.next().await {
        let (stream, bytes) = streamed(item);
        let known = remaining(seen, logged, stream);
        count(&mut logged, stream, bytes.len());
        let new = beyond(bytes, known);
        // The log ends every line; the line feed that a last line didn't have is not its output.
        if new.is_empty() || (known > 0 && new[..] == b"\n"[..]) {
            continue;
        }
        recovered += new.len();
        let chunk = Chunk { stream, at: now(), bytes: new };
        if reports.send(Report::Output(chunk)).await.is_err() {
            return;
        }
    }
    if recovered > 0 {
        tracing::warn!(container = id, recovered, "output was recovered from the daemon's log");
    }
}

/// How many of the next logged bytes of a stream are known.
fn remaining(seen: Seen, logged: Seen, stream: StreamName) -> u64 {
    match stream {
        StreamName::Stdout => seen.stdout.saturating_sub(logged.stdout),
        StreamName::Stderr => seen.stderr.saturating_sub(logged.stderr),
    }
}

fn beyond(mut bytes: Bytes, known: u64) -> Bytes {
    let known = usize::try_from(known).unwrap_or(usize::MAX).min(bytes.len());
    bytes.split_off(known)
}

fn count(seen: &mut Seen, stream: StreamName, bytes: usize) {
    match stream {
        StreamName::Stdout => seen.stdout += bytes as u64,
        StreamName::Stderr => seen.stderr += bytes as u64,
    }
}

fn streamed(item: LogOutput) -> (StreamName, Bytes) {
    match item {
        LogOutput::StdErr { message } => (StreamName::Stderr, message),
        LogOutput::StdOut { message } | LogOutput::StdIn { message } | LogOutput::Console { message } => {
            (StreamName::Stdout, message)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_not_seen_is_new() {
        let seen = Seen { stdout: 5, stderr: 0, broken: false };
        let logged = Seen { stdout: 3, ..Seen::default() };
        assert_eq!(remaining(seen, logged, StreamName::Stdout), 2);
        assert_eq!(remaining(seen, logged, StreamName::Stderr), 0);
        assert_eq!(&beyond(Bytes::from_static(b"abcd"), 2)[..], b"cd");
        assert!(beyond(Bytes::from_static(b"ab"), 9).is_empty());
    }
}
