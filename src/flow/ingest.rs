//! The way in: checked inputs into durable facts.
//!
//! Owns what happens around an append: RUN_QUEUED for a new run, NODE_LOG_CLOSED before an event that ends a
//! node or a run. Never writes itself: the journal and the log store do.

use std::collections::HashMap;

use futures_util::future::{join_all, try_join_all};
use serde::Serialize;
use tracing::warn;
use uuid::Uuid;

use crate::facts::batch;
use crate::facts::event::{Event, EventType};
use crate::facts::event_input::{Defaults, EventInput, Fault};
use crate::facts::id::{EventId, OrganizationId, RunId, RunKey};
use crate::facts::json::Json;
use crate::facts::time::Timestamp;
use crate::flow::Core;
use crate::store::clock;
use crate::store::db::DbError;
use crate::store::journal::{AppendError, AppendRequest, Appended, NewEvent, QueueEntry};
use crate::store::logs::{self, LogError, LogsAppended, NewLines, Sealed, StreamName};
use crate::store::{queue, runs};

pub use crate::facts::batch::BodyFormat;
pub use crate::flow::lines::parse_lines;

/// A close that lines have overtaken is made again this often; whoever writes on without end keeps his stream open.
const CLOSE_TRIES: usize = 5;

/// A run to be started or registered.
#[derive(Debug, Clone)]
pub struct NewRun {
    pub run_id: RunId,
    pub workflow: String,
    pub engine: &'static str,
    pub inputs: Option<Json>,
    pub trigger: Option<Json>,
    pub labels: Option<Json>,
    pub total_actions: Option<u32>,
    /// `[{nodeRef, needs}]`
    pub nodes: Option<Json>,
    /// Its place in the queue, where workers of this installation execute it.
    pub queue: Option<QueueEntry>,
}

/// What goes with an append beside its events.
#[derive(Debug, Default)]
struct Along {
    only_if_new: bool,
    enqueue: Option<QueueEntry>,
    /// The claim that the writer holds, which must be the run's last one.
    claim: Option<i32>,
}

/// What RUN_QUEUED says of a run; the fold reads it back.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Declaration<'a> {
    workflow: &'a str,
    /// Of the stored workflow, with its priority in the queue: where this installation executes the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<i32>,
    engine: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trigger: Option<&'a Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<&'a Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inputs: Option<&'a Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_actions: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nodes: Option<&'a Json>,
}

/// Checks a body of events; every fault of every event is named.
pub fn parse_events(
    body: &[u8],
    format: BodyFormat,
    received_at: Timestamp,
) -> Result<Vec<EventInput>, Vec<Fault>> {
    batch::parse_events(body, format, || Defaults { received_at, event_id: Uuid::now_v7() })
}

/// Appends events to one run, registering it when it is unknown. Where an event ends a node's attempt or the run, the
/// output streams that end with it are closed first, in the same transaction. With a `claim`, only while no later one has
/// been made.
pub async fn append(
    core: &Core,
    organization: OrganizationId,
    run_id: RunId,
    inputs: Vec<EventInput>,
    claim: Option<i32>,
) -> Result<Appended, AppendError> {
    let along = Along { claim, ..Along::default() };
    let ends_something =
        |input: &EventInput| input.event.kind.ends_attempt() || input.event.kind.terminal_status().is_some();
    if !inputs.iter().any(ends_something) {
        let events = inputs.into_iter().map(|input| (input.event, input.id_given)).collect();
        return store(core, organization, run_id, events, along).await;
    }
    let mut open = logs::open_streams(&core.db, organization, &run_id).await.map_err(unavailable)?;
    open.retain(|(_, name)| inputs.iter().any(|input| ends_with(name, &input.event)));
    let mut closing = Closing::of(core, open).await?;
    let mut events = Vec::with_capacity(inputs.len());
    let mut is_ours = Vec::with_capacity(inputs.len());
    for input in inputs {
        for closed in closing.take_ended_by(&input.event) {
            events.push((log_closed(&closed.1, closed.0), true));
            is_ours.push(true);
        }
        events.push((input.event, input.id_given));
        is_ours.push(false);
    }
    let mut appended = store(core, organization, run_id.clone(), events, along).await?;
    for name in closing.mark(core).await {
        if let Err(error) = close_log(core, organization, run_id.clone(), name, claim).await {
            warn!(%run_id, %error, "a stream that lines came to while it was closed could not be closed again");
        }
    }
    let mut ours = is_ours.iter();
    appended.results.retain(|_| ours.next() == Some(&false));
    Ok(appended)
}

/// Starts or registers a run: RUN_QUEUED as its first event. A run that exists is left as it is (`created` false).
pub async fn create_run(
    core: &Core,
    organization: OrganizationId,
    run: NewRun,
) -> Result<Appended, AppendError> {
    let declaration = Declaration {
        workflow: &run.workflow,
        version: run.queue.as_ref().map(|entry| entry.version),
        priority: run.queue.as_ref().map(|entry| entry.priority),
        engine: run.engine,
        trigger: run.trigger.as_ref(),
        labels: run.labels.as_ref(),
        inputs: run.inputs.as_ref(),
        total_actions: run.total_actions,
        nodes: run.nodes.as_ref(),
    };
    let data = Json::from_value(&declaration).map_err(|e| AppendError::Rejected(e.to_string()))?;
    let event = server_event(EventType::RunQueued, Uuid::now_v7(), Some(data));
    let along = Along { only_if_new: true, enqueue: run.queue, claim: None };
    store(core, organization, run.run_id, vec![(event, false)], along).await
}

/// Notes that a run gives no sign of life: RUN_STALE, which the next event takes back.
pub async fn mark_stale(
    core: &Core,
    organization: OrganizationId,
    run_id: RunId,
) -> Result<Appended, AppendError> {
    let event = server_event(EventType::RunStale, Uuid::now_v7(), None);
    store(core, organization, run_id, vec![(event, false)], Along::default()).await
}

/// Appends events that the server itself makes to a run that is there, closing what ends with them.
pub async fn append_own(
    core: &Core,
    organization: OrganizationId,
    run_id: RunId,
    events: Vec<Event>,
    claim: Option<i32>,
) -> Result<Appended, AppendError> {
    let input = |event| EventInput { run_id: None, event, id_given: true };
    append(core, organization, run_id, events.into_iter().map(input).collect(), claim).await
}

/// Appends log lines to a run, registering it when it is unknown. Under a claim, only while it is the run's last one: lines
/// that are on their way when the next one is made are still stored, since the node did print them. Lines that reopen a stream of
/// a run that is over close it again, since nothing more will come that does.
pub async fn append_lines(
    core: &Core,
    organization: OrganizationId,
    run_id: RunId,
    lines: NewLines,
    claim: Option<i32>,
) -> Result<LogsAppended, LogError> {
    if core.spool.is_full() {
        return Err(LogError::SpoolFull);
    }
    let key = match claim {
        Some(claim) => {
            let held = queue::held(&core.db, organization, &run_id, claim).await.map_err(of_db)?;
            held.ok_or(LogError::ClaimLost)?
        }
        None => registered(core, organization, run_id.clone()).await?,
    };
    let names = lines.streams().to_vec();
    let appended = core.logs.append(key, lines).await?;
    if appended.reopened {
        close_again(core, organization, &run_id, names).await;
    }
    Ok(appended)
}

/// Closes streams once more where the run is over. The lines are durable, whatever becomes of it.
async fn close_again(core: &Core, organization: OrganizationId, run_id: &RunId, names: Vec<StreamName>) {
    match runs::find(&core.db, organization, run_id).await {
        Ok(Some(run)) if run.status.is_terminal() => {}
        Ok(_) => return,
        Err(error) => return warn!(%run_id, %error, "a reopened stream could not be closed"),
    }
    for name in names {
        if let Err(error) = close_log(core, organization, run_id.clone(), name, None).await {
            warn!(%run_id, %error, "a reopened stream could not be closed");
        }
    }
}

/// Closes one output stream: NODE_LOG_CLOSED with what it held. Answers the run's head seq. A stream without a line closes too, and
/// closing a closed one changes nothing.
pub async fn close_log(
    core: &Core,
    organization: OrganizationId,
    run_id: RunId,
    name: StreamName,
    claim: Option<i32>,
) -> Result<u64, LogError> {
    let key = registered(core, organization, run_id.clone()).await?;
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

/// The run's key; an unknown run is registered by RUN_QUEUED, since lines need a run to belong to.
async fn registered(core: &Core, organization: OrganizationId, run_id: RunId) -> Result<RunKey, LogError> {
    if let Some(run) = runs::find(&core.db, organization, &run_id).await.map_err(of_db)? {
        return Ok(run.run_key);
    }
    let event = server_event(EventType::RunQueued, Uuid::now_v7(), None);
    let along = Along { only_if_new: true, ..Along::default() };
    let appended = store(core, organization, run_id, vec![(event, false)], along).await.map_err(of_append)?;
    Ok(appended.run_key)
}

async fn store(
    core: &Core,
    organization: OrganizationId,
    run_id: RunId,
    events: Vec<(Event, bool)>,
    along: Along,
) -> Result<Appended, AppendError> {
    let events: Result<Vec<NewEvent>, AppendError> = events
        .into_iter()
        .map(|(event, id_given)| {
            let body = event.body(&run_id).map_err(|e| AppendError::Rejected(e.to_string()))?;
            Ok(NewEvent { event, body: body.into(), id_given })
        })
        .collect();
    let Along { only_if_new, enqueue, claim } = along;
    let is_for_workers = enqueue.is_some();
    let request = AppendRequest { organization, run_id, events: events?, only_if_new, enqueue, claim };
    let appended = core.journal.append(request).await?;
    if is_for_workers && appended.created {
        core.queue.wake();
    }
    Ok(appended)
}

/// Whether this event ends the attempt that the stream belongs to.
fn ends_with(name: &StreamName, event: &Event) -> bool {
    let is_its = Some(&name.node_ref) == event.node_ref.as_ref() && Some(name.attempt) == event.attempt;
    event.kind.terminal_status().is_some() || (event.kind.ends_attempt() && is_its)
}

/// The open streams that end with a request, sealed.
struct Closing {
    open: HashMap<StreamName, (RunKey, Sealed)>,
    closed: Vec<(RunKey, Sealed)>,
}

impl Closing {
    async fn of(core: &Core, open: Vec<(RunKey, StreamName)>) -> Result<Self, AppendError> {
        let seals = open.into_iter().map(|(key, name)| async move {
            let sealed = core.logs.seal(key, name.clone()).await;
            sealed.map(|sealed| (name, (key, sealed)))
        });
        // Together, so that they share the lane's flush.
        let sealed = try_join_all(seals).await.map_err(|e| AppendError::Unavailable(e.to_string()))?;
        Ok(Self { open: sealed.into_iter().collect(), closed: Vec::new() })
    }

    /// The streams that end with this event, in the order of their names.
    fn take_ended_by(&mut self, event: &Event) -> Vec<(RunKey, Sealed)> {
        let mut names: Vec<StreamName> =
            self.open.keys().filter(|name| ends_with(name, event)).cloned().collect();
        names.sort();
        let ended: Vec<_> = names.iter().filter_map(|name| self.open.remove(name)).collect();
        self.closed.extend(ended.iter().cloned());
        ended
    }

    /// Remembers the closes, and tells which streams have got more lines meanwhile. One that fails is made again by the next event
    /// that ends something, under the same event id.
    async fn mark(self, core: &Core) -> Vec<StreamName> {
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
fn log_closed(sealed: &Sealed, key: RunKey) -> Event {
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

/// An event that the server itself makes.
pub(super) fn server_event(kind: EventType, id: Uuid, data: Option<Json>) -> Event {
    let now = clock::now();
    Event {
        seq: 0,
        recorded_at: now,
        event_id: EventId(id),
        kind,
        node_ref: None,
        attempt: None,
        level: kind.default_level(),
        occurred_at: now,
        message: None,
        data,
        output_summary: None,
        error: None,
        metadata: None,
    }
}

pub(super) fn unavailable(error: DbError) -> AppendError {
    match error {
        DbError::Shape(_) => AppendError::Rejected(error.to_string()),
        _ => AppendError::Unavailable(error.to_string()),
    }
}

fn of_db(error: DbError) -> LogError {
    match error {
        DbError::Shape(_) => LogError::Rejected(error.to_string()),
        _ => LogError::Unavailable(error.to_string()),
    }
}

fn of_append(error: AppendError) -> LogError {
    match error {
        AppendError::Unavailable(text) => LogError::Unavailable(text),
        AppendError::Rejected(text) => LogError::Rejected(text),
        AppendError::ClaimLost => LogError::ClaimLost,
    }
}
