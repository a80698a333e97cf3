//! A container's output: pumped from the attached connection or the followed log, and checked against the log.

use std::time::Duration;

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::query_parameters as query;
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::docker_log::{Aligner, New, Position};
use super::docker_raw::{self, Output};
use super::engine::{Chunk, Report, Reports, StreamName, now};

/// After the container's end the connection is closed at once; silence for longer means that it hangs.
const DRAIN_GRACE: Duration = Duration::from_secs(5);
/// Up to here the log is read again in any case: it costs milliseconds and proves that nothing was missed.
const RECHECK_MAX_BYTES: u64 = 4 * 1024 * 1024;

/// How far each stream has been reported, and whether the connection held to the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    stdout: Position,
    stderr: Position,
    pub broken: bool,
}

impl Seen {
    pub fn bytes(&self) -> u64 {
        self.stdout.bytes + self.stderr.bytes
    }

    fn of(&mut self, stream: StreamName) -> &mut Position {
        match stream {
            StreamName::Stdout => &mut self.stdout,
            StreamName::Stderr => &mut self.stderr,
        }
    }
}

/// Which container, and how to reach its output.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub docker: &'a Docker,
    pub socket: &'a std::path::Path,
    pub id: &'a str,
    pub tty: bool,
}

impl Source<'_> {
    /// The log from its beginning; `follow` goes on until the container has ended.
    async fn log(self, follow: bool) -> Output {
        if self.tty {
            return docker_raw::log(self.socket, self.id, follow).await;
        }
        let options = query::LogsOptionsBuilder::default().stdout(true).stderr(true).follow(follow).build();
        self.docker.logs(self.id, Some(options)).boxed()
    }
}

/// The task that reports what the container writes.
pub struct Pump(JoinHandle<Seen>);

impl Pump {
    /// Reports all of `output`. `over` tells that the container has ended and only the rest is to come.
    pub fn attached(output: Output, reports: Reports, over: CancellationToken) -> Self {
        Self(tokio::spawn(pump(output, reports, over, None)))
    }

    /// Reports what the log has beyond `seen`, and goes on with it.
    ///
    /// Not by attaching again: between an attachment and the log there would be a gap or an overlap, and nothing to
    /// tell them apart by. The log alone is one ordered stream. It tells a line when it has ended, as this runner does.
    pub async fn following(
        source: Source<'_>,
        seen: Seen,
        reports: Reports,
        over: CancellationToken,
    ) -> Self {
        let log = source.log(true).await;
        Self(tokio::spawn(pump(log, reports, over, Some(Aligners::new(seen, source.tty)))))
    }

    /// Waits until everything has been reported.
    pub async fn finish(self) -> Seen {
        self.0.await.unwrap_or(Seen { broken: true, ..Seen::default() })
    }
}

/// One for each stream.
struct Aligners {
    stdout: Aligner,
    stderr: Aligner,
    /// Whether what comes is a whole entry each time.
    has_entries: bool,
}

impl Aligners {
    fn new(seen: Seen, tty: bool) -> Self {
        let (stdout, stderr) = (Aligner::new(seen.stdout), Aligner::new(seen.stderr));
        Self { stdout, stderr, has_entries: !tty }
    }

    fn push(&mut self, stream: StreamName, bytes: &[u8]) -> Vec<New> {
        let has_entries = self.has_entries;
        let aligner = self.of(stream);
        if has_entries { aligner.push_entry(bytes) } else { aligner.push(bytes) }
    }

    fn of(&mut self, stream: StreamName) -> &mut Aligner {
        match stream {
            StreamName::Stdout => &mut self.stdout,
            StreamName::Stderr => &mut self.stderr,
        }
    }
}

async fn pump(
    mut output: Output,
    reports: Reports,
    over: CancellationToken,
    mut aligners: Option<Aligners>,
) -> Seen {
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
        seen.of(stream).advance(&bytes);
        let new = match &mut aligners {
            None => vec![bytes],
            Some(aligners) => {
                aligners.push(stream, &bytes).into_iter().map(|new| Bytes::from(new.bytes)).collect()
            }
        };
        for bytes in new {
            if !report(&reports, stream, bytes).await {
                return seen;
            }
        }
    }
}

/// Whether somebody still listens.
async fn report(reports: &Reports, stream: StreamName, bytes: Bytes) -> bool {
    reports.send(Report::Output(Chunk { stream, at: now(), bytes })).await.is_ok()
}

/// Reports what the daemon logged and the connection did not bring: output from a broken connection, or from the
/// moment between the attachment's answer and its effect. The container has ended.
pub async fn reconcile(source: Source<'_>, seen: Seen, reports: &Reports) {
    if !seen.broken && seen.bytes() > RECHECK_MAX_BYTES {
        return;
    }
    let mut log = source.log(false).await;
    let mut aligners = Aligners::new(seen, source.tty);
    let mut recovered = 0;
    while let Some(Ok(item)) = log.next().await {
        let (stream, bytes) = streamed(item);
        for new in aligners.push(stream, &bytes) {
            recovered += tell(new, stream, reports).await;
        }
    }
    for stream in [StreamName::Stdout, StreamName::Stderr] {
        if let Some(new) = aligners.of(stream).finish() {
            recovered += tell(new, stream, reports).await;
        }
    }
    if recovered > 0 {
        tracing::warn!(container = source.id, recovered, "output was recovered from the daemon's log");
    }
}

async fn tell(new: New, stream: StreamName, reports: &Reports) -> usize {
    // The log ends every line; the line feed that a last line didn't have is not its output.
    if new.continues && new.bytes[..] == b"\n"[..] {
        return 0;
    }
    let recovered = new.bytes.len();
    report(reports, stream, new.bytes.into()).await;
    recovered
}

fn streamed(item: LogOutput) -> (StreamName, Bytes) {
    match item {
        LogOutput::StdErr { message } => (StreamName::Stderr, message),
        LogOutput::StdOut { message } | LogOutput::StdIn { message } | LogOutput::Console { message } => {
            (StreamName::Stdout, message)
        }
    }
}
