//! Records a run over HTTP: everything is sent again until the server has acknowledged it.
//!
//! A server that is gone for minutes is normal. Meanwhile the run goes on, and what it says waits here, within
//! bounds; when these are reached, whoever speaks waits too, down to the child whose pipe is no longer read.
//!
//! ```text
//! driver, nodes ─events─► event sender ─► POST …/events      a node's end waits for its lines,
//!        nodes  ─lines──► log sender ──► POST …/logs           which wait for its start
//! ```
//! Events keep their order, lines keep theirs. Owns both senders' tasks; never decides anything about the run.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::client::{
    ArtifactLabel, ArtifactSummary, Client, ClientError, NewEvent, NewLogLine, until_acknowledged,
};
use crate::facts::event::EventType;
use crate::facts::id::RunId;

use super::log_sender::{self, LogSink};
use super::spool::Spooled;

/// Events that wait while the server is away. A node has a handful, so this is a thousand nodes' worth.
const EVENTS_QUEUED: usize = 10_000;
/// Events of one request: 200 of the largest that the runner makes are below the server's 8 MiB.
const EVENTS_PER_REQUEST: usize = 200;
/// How long a server may be away, from the first failure on. An hour is a long restart, an upgrade or a lunch.
pub(super) const PATIENCE: Duration = Duration::from_secs(3600);
/// What remains of it once the user wants to leave.
const PATIENCE_IN_HURRY: Duration = Duration::from_secs(10);

/// The senders' common state.
#[derive(Debug, Clone)]
pub(super) struct Channel {
    pub client: Client,
    pub run_id: RunId,
    /// The user wants to leave.
    pub hurry: CancellationToken,
    /// Recording has failed for good; the reason is in `failure`.
    pub broken: CancellationToken,
    /// The server ended the run without us.
    pub superseded: CancellationToken,
    /// The run is somebody else's now: nothing is sent any more.
    abandoned: CancellationToken,
    failure: Arc<OnceLock<ClientError>>,
}

/// What a run says is handed in here.
#[derive(Debug)]
pub struct Recorder {
    channel: Channel,
    events: mpsc::Sender<Outgoing>,
    logs: LogSink,
    tasks: [JoinHandle<()>; 2],
}

/// An event on its way.
struct Outgoing {
    event: NewEvent,
    /// What has to be acknowledged first.
    after: Option<oneshot::Receiver<()>>,
    acknowledged: oneshot::Sender<()>,
}

impl Recorder {
    #[must_use]
    pub fn start(client: Client, run_id: RunId, hurry: CancellationToken) -> Self {
        let channel = Channel {
            client,
            run_id,
            hurry,
            broken: CancellationToken::new(),
            superseded: CancellationToken::new(),
            abandoned: CancellationToken::new(),
            failure: Arc::default(),
        };
        let (events, queued) = mpsc::channel(EVENTS_QUEUED);
        let event_task = tokio::spawn(send_events(channel.clone(), queued));
        let (logs, log_task) = log_sender::start(channel.clone());
        Self { channel, events, logs, tasks: [event_task, log_task] }
    }

    /// Cancelled when recording has failed for good.
    #[must_use]
    pub fn broken(&self) -> &CancellationToken {
        &self.channel.broken
    }

    /// Cancelled when an event came back as late because the server has ended the run.
    #[must_use]
    pub fn superseded(&self) -> &CancellationToken {
        &self.channel.superseded
    }

    /// Sends nothing more, and lets nobody wait for it: the run is another worker's.
    pub(super) fn abandon(&self) {
        self.channel.abandoned.cancel();
    }

    /// Whether the run could be taken over by another worker, should this one die.
    pub(super) fn is_under_claim(&self) -> bool {
        self.channel.client.is_under_claim()
    }

    /// Stores a file of the run, sent again until it is acknowledged. The outer error: recording has failed; the inner one: this
    /// file was refused.
    pub(super) async fn upload(
        &self,
        label: &ArtifactLabel,
        file: &Spooled,
        bytes: u64,
    ) -> Option<Result<ArtifactSummary, ClientError>> {
        let send = || async {
            let opened = file.open().map_err(|error| ClientError::Settings(error.to_string()))?;
            let Channel { client, run_id, .. } = &self.channel;
            client.upload_artifact(run_id, label, tokio::fs::File::from_std(opened), bytes).await
        };
        match self.channel.insist(send).await {
            Err(error) if error.is_transient() => {
                self.channel.fail(error);
                None
            }
            answer => Some(answer),
        }
    }

    /// A handle for the nodes' output.
    #[must_use]
    pub fn logs(&self) -> LogSink {
        self.logs.clone()
    }

    /// Hands an event in, to be sent after `after`; the receiver tells when it is durable.
    pub async fn event(
        &self,
        event: NewEvent,
        after: Option<oneshot::Receiver<()>>,
    ) -> oneshot::Receiver<()> {
        let (acknowledged, receiver) = oneshot::channel();
        // Refused only after recording has failed, which the driver learns from `broken`.
        drop(self.events.send(Outgoing { event, after, acknowledged }).await);
        receiver
    }

    #[cfg(test)]
    pub fn hurry_for_test(&self) -> &CancellationToken {
        &self.channel.hurry
    }

    /// Waits until everything has been acknowledged, or the reason why it never will be.
    pub async fn finish(self) -> Result<(), ClientError> {
        let Self { channel, events, logs, tasks } = self;
        drop((events, logs));
        for task in tasks {
            // A sender's panic shows as what it left unacknowledged; there is nothing else to learn from it.
            if task.await.is_err() {
                channel.fail(ClientError::Settings("a sender of the recorder failed".to_owned()));
            }
        }
        channel.failure.get().cloned().map_or(Ok(()), Err)
    }
}

impl Channel {
    /// Sends until it is acknowledged or hopeless.
    pub async fn insist<T, F>(&self, send: impl FnMut() -> F) -> Result<T, ClientError>
    where
        F: Future<Output = Result<T, ClientError>>,
    {
        let hurried = async {
            self.hurry.cancelled().await;
            tokio::time::sleep(PATIENCE_IN_HURRY).await;
        };
        tokio::select! {
            biased;
            () = self.abandoned.cancelled() => {
                Err(ClientError::Settings("the run is another worker's".to_owned()))
            }
            answer = until_acknowledged(PATIENCE, send) => answer,
            () = hurried => Err(ClientError::Unreachable {
                url: self.client.base().to_owned(),
                reason: "it did not answer in the 10 s after the run was cancelled".to_owned(),
            }),
        }
    }

    /// The first failure is the reason; everybody else learns only that there is one.
    pub fn fail(&self, error: ClientError) {
        tracing::error!(run = %self.run_id, %error, "the run can't be recorded any more");
        drop(self.failure.set(error));
        self.broken.cancel();
    }
}

async fn send_events(channel: Channel, mut queued: mpsc::Receiver<Outgoing>) {
    let mut batch: Vec<Outgoing> = Vec::new();
    while let Some(first) = queued.recv().await {
        let mut next = Some(first);
        while let Some(mut outgoing) = next.take() {
            if let Some(mut after) = outgoing.after.take()
                && after.try_recv().is_err()
            {
                // What comes before it must not wait for it.
                if !send_batch(&channel, &mut batch).await {
                    return;
                }
                // An error means that its sender has failed, and then so has the recording.
                drop(after.await);
            }
            batch.push(outgoing);
            if batch.len() < EVENTS_PER_REQUEST {
                next = queued.try_recv().ok();
            }
        }
        if !send_batch(&channel, &mut batch).await {
            return;
        }
    }
}

/// Sends and empties the batch; false when recording has failed.
async fn send_batch(channel: &Channel, batch: &mut Vec<Outgoing>) -> bool {
    if batch.is_empty() {
        return true;
    }
    let (events, waiting): (Vec<NewEvent>, Vec<_>) =
        batch.drain(..).map(|outgoing| (outgoing.event, outgoing.acknowledged)).unzip();
    match channel.insist(|| channel.client.append_events(&channel.run_id, &events)).await {
        Ok(answer) => {
            let late = events.iter().zip(&answer.results).any(|(event, result)| {
                let never_late = event.kind.parse().is_ok_and(EventType::is_never_late);
                result.outcome == "late" && !never_late
            });
            if late && is_over(channel).await {
                channel.superseded.cancel();
            }
            for acknowledged in waiting {
                // Most events have nobody waiting for them.
                let _ = acknowledged.send(());
            }
            true
        }
        Err(error) => {
            channel.fail(error);
            false
        }
    }
}

/// Whether the run has ended without us. An event is late for other reasons too: somebody else's event may have ended its
/// node, which is no reason to stop all the others.
async fn is_over(channel: &Channel) -> bool {
    let state = channel.insist(|| channel.client.get_run(&channel.run_id, None)).await;
    // Who can't say is asked again with the next late event.
    state.is_ok_and(|state| state.status.is_terminal())
}

/// A node's lines and what belongs to them, in order.
pub(super) enum LogItem {
    Lines(Vec<NewLogLine>),
    /// Nothing after it is sent before this has happened.
    Barrier(oneshot::Receiver<()>),
    /// To be told once everything before it is durable.
    Tell(oneshot::Sender<()>),
}
