//! Closing output streams: NODE_LOG_CLOSED, the proof of what a stream held, fenced against the lines that still come.
//!
//! A stream is sealed behind everything that is in its lane, the event is stored, and the stream marked closed at that many lines.
//! Lines after the mark are marked late. Lines between seal and mark are not, so that the mark tells of them, and the stream is
//! closed again, over all. Who ends a run looks for open streams after that, who opens a stream looks for the run's end after
//! that: one of them sees the other.

use std::collections::HashMap;

use futures_util::future::{join_all, try_join_all};
use tracing::warn;
use uuid::Uuid;

use super::ingest::{Along, of_append, registered, server_event, store};
use crate::facts::event::{Event, EventType};
use crate::facts::id::{OrganizationId, RunId, RunKey};
use crate::facts::json::Json;
use crate::flow::Core;
use crate::store::journal::AppendError;
use crate::store::logs::{LogError, Sealed, StreamName};

/// A close that lines have overtaken is made again this often; whoever writes on without end keeps his stream open.
const CLOSE_TRIES: usize = 5;

/// Closes one output stream: NODE_LOG_CLOSED with what it held. Answers the run's head seq. A stream without a line closes too, and
/// closing a closed one changes nothing.
pub async fn close_log(
    core: &Core,
    organization: OrganizationId,
    run_id: RunId,
    name: StreamName,
    claim: Option<i32>,
) -> Result<u64, LogError> {
    let (key, _) = registered(core, organization, run_id.clone()).await?;
    let mut head_seq = 0;
    for _ in 0..CLOSE_TRIES {
        let sealed = core.logs.seal(key, name.clone()).await?;
        let events = vec![(log_closed(&sealed, key), true)];
        let along = Along { claim, ..Along::default() };
        let appended = store(core, organization, run_id.clone(), events, along).await.map_err(of_append)?;
        head_seq = appended.head_seq;
        // Lines that came meanwhile bear no late mark, so that nobody else would know.
        if sealed.already_closed || core.logs.mark_closed(key, name.clone(), sealed.lines).await? {
            break;
        }
    }
    Ok(head_seq)
}

/// Closes the streams of a run that is over, those that are not. What they hold is durable, whatever becomes of it.
pub(super) async fn close_left(
    core: &Core,
    organization: OrganizationId,
    run_id: &RunId,
    names: Vec<StreamName>,
) {
    for name in names {
        // Without the claim, if there was one: it ended with the run.
        if let Err(error) = close_if_open(core, organization, run_id, name).await {
            warn!(%run_id, %error, "a stream that was left open could not be closed");
        }
    }
}

async fn close_if_open(
    core: &Core,
    organization: OrganizationId,
    run_id: &RunId,
    name: StreamName,
) -> Result<(), LogError> {
    let (key, _) = registered(core, organization, run_id.clone()).await?;
    if !core.logs.seal(key, name.clone()).await?.already_closed {
        close_log(core, organization, run_id.clone(), name, None).await?;
    }
    Ok(())
}

/// Whether this event ends the attempt that the stream belongs to.
pub(super) fn ends_with(name: &StreamName, event: &Event) -> bool {
    let is_its = Some(&name.node_ref) == event.node_ref.as_ref() && Some(name.attempt) == event.attempt;
    event.kind.terminal_status().is_some() || (event.kind.ends_attempt() && is_its)
}

/// The open streams that end with a request, sealed.
pub(super) struct Closing {
    open: HashMap<StreamName, (RunKey, Sealed)>,
    closed: Vec<(RunKey, Sealed)>,
}

impl Closing {
    pub(super) async fn of(core: &Core, open: Vec<(RunKey, StreamName)>) -> Result<Self, AppendError> {
        let seals = open.into_iter().map(|(key, name)| async move {
            let sealed = core.logs.seal(key, name.clone()).await;
            sealed.map(|sealed| (name, (key, sealed)))
        });
        // Together, so that they share the lane's flush.
        let sealed = try_join_all(seals).await.map_err(|e| AppendError::Unavailable(e.to_string()))?;
        Ok(Self { open: sealed.into_iter().collect(), closed: Vec::new() })
    }

    /// The streams that end with this event, in the order of their names.
    pub(super) fn take_ended_by(&mut self, event: &Event) -> Vec<(RunKey, Sealed)> {
        let mut names: Vec<StreamName> =
            self.open.keys().filter(|name| ends_with(name, event)).cloned().collect();
        names.sort();
        let ended: Vec<_> = names.iter().filter_map(|name| self.open.remove(name)).collect();
        self.closed.extend(ended.iter().cloned());
        ended
    }

    /// Remembers the closes, and tells which streams have got more lines meanwhile. One that fails is made again by the next event
    /// that ends something, under the same event id.
    pub(super) async fn mark(self, core: &Core) -> Vec<StreamName> {
        let marks = self.closed.into_iter().map(|(key, sealed)| async move {
            let marked = core.logs.mark_closed(key, sealed.name.clone(), sealed.lines).await;
            (sealed.name, marked)
        });
        let mut overtaken = Vec::new();
        for (name, marked) in join_all(marks).await {
            match marked {
                Ok(true) => {}
                Ok(false) => overtaken.push(name),
                Err(error) => warn!(%error, "a closed stream could not be marked"),
            }
        }
        overtaken
    }
}

/// NODE_LOG_CLOSED, the completeness proof of a stream. Its id follows from what was closed, so that a repeated close
/// of the same lines is one event.
pub(super) fn log_closed(sealed: &Sealed, key: RunKey) -> Event {
    let StreamName { node_ref, attempt, stream } = &sealed.name;
    let identity = format!("log-closed/{attempt}/{stream}/{}/{node_ref}", sealed.lines);
    let data = serde_json::json!({
        "stream": stream.as_str(), "lines": sealed.lines, "bytes": sealed.bytes, "sha256": sealed.sha256,
    });
    let mut event = server_event(
        EventType::NodeLogClosed,
        Uuid::new_v5(&key.0, identity.as_bytes()),
        Json::from_value(&data).ok(),
    );
    event.node_ref = Some(node_ref.clone());
    event.attempt = Some(*attempt);
    event
}
