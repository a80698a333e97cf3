//! The way in: checked inputs into durable facts.
//!
//! Owns what happens around an append: RUN_QUEUED for a new run, NODE_LOG_CLOSED before an event that ends a
//! node or a run. Never writes itself: the journal and the log store do.

use serde::Serialize;
use tracing::warn;
use uuid::Uuid;

use super::closing::{self, Closing, ends_with, log_closed};
use crate::facts::batch;
use crate::facts::event::{Event, EventType};
use crate::facts::event_input::{Defaults, EventInput, Fault};
use crate::facts::id::{EventId, OrganizationId, RunId, RunKey};
use crate::facts::json::Json;
use crate::facts::time::Timestamp;
use crate::flow::Core;
use crate::store::clock;
use crate::store::db::DbError;
use crate::store::journal::{AppendError, AppendRequest, Appended, ImportedAs, NewEvent, QueueEntry};
use crate::store::logs::{self, LogError, LogsAppended, NewLines};
use crate::store::{partitions, queue, runs};

pub use super::closing::close_log;
pub use crate::facts::batch::BodyFormat;
pub use crate::flow::lines::parse_lines;

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
pub(super) struct Along {
    pub(super) only_if_new: bool,
    pub(super) enqueue: Option<QueueEntry>,
    /// The claim that the writer holds, which must be the run's last one.
    pub(super) claim: Option<i32>,
    /// How a run that this makes begins, where it is brought from elsewhere.
    pub(super) imported_as: Option<ImportedAs>,
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
    append_along(core, organization, run_id, inputs, Along { claim, ..Along::default() }).await
}

/// [`append`] for runs of the past, brought from elsewhere: a run that this makes takes its place among others by the time of its
/// first event, whose partitions must be there ([`partitions::ensure_past`]).
pub async fn append_past(
    core: &Core,
    organization: OrganizationId,
    run_id: RunId,
    inputs: Vec<EventInput>,
) -> Result<Appended, AppendError> {
    let imported_as = inputs.first().map(|input| ImportedAs {
        run_key: partitions::key_of_the_past(input.event.occurred_at, clock::now()),
        origin: organization,
    });
    append_along(core, organization, run_id, inputs, Along { imported_as, ..Along::default() }).await
}

async fn append_along(
    core: &Core,
    organization: OrganizationId,
    run_id: RunId,
    inputs: Vec<EventInput>,
    along: Along,
) -> Result<Appended, AppendError> {
    let ends_something =
        |input: &EventInput| input.event.kind.ends_attempt() || input.event.kind.terminal_status().is_some();
    let ends_run = inputs.iter().any(|input| input.event.kind.terminal_status().is_some());
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
    let mut left = closing.mark(core).await;
    if ends_run {
        // A stream that began meanwhile was sealed by nobody: its lines look for the run's end in turn.
        let open = logs::open_streams(&core.db, organization, &run_id).await.unwrap_or_default();
        left.extend(open.into_iter().map(|(_, name)| name));
    }
    closing::close_left(core, organization, &run_id, left).await;
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
    let along = Along { only_if_new: true, enqueue: run.queue, ..Along::default() };
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
/// that are on their way when the next one is made are still stored, since the node did print them. A stream that they open of
/// a run that is over is closed, since nothing more will come that does.
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
    let (key, was_over) = match claim {
        Some(claim) => {
            let held = queue::held(&core.db, organization, &run_id, claim).await.map_err(of_db)?;
            (held.ok_or(LogError::ClaimLost)?, false)
        }
        None => registered(core, organization, run_id.clone()).await?,
    };
    let names = lines.streams().to_vec();
    let (count, bytes) = (lines.lines().len(), lines.lines().iter().map(|line| line.bytes.len()).sum());
    let appended = core.logs.append(key, lines).await?;
    if appended.accepted > 0 {
        core.spool.added(count, bytes);
    }
    // A repeat of lines whose server was killed before it could close their stream opens nothing, and closes it all the same.
    if was_over || appended.opened && is_over(core, organization, &run_id).await {
        closing::close_left(core, organization, &run_id, names).await;
    }
    Ok(appended)
}

/// Whether the run has ended by now. Asked once the lines are durable: whoever ends the run after that sees them.
async fn is_over(core: &Core, organization: OrganizationId, run_id: &RunId) -> bool {
    match runs::find(&core.db, organization, run_id).await {
        Ok(run) => run.is_some_and(|run| run.status.is_terminal()),
        Err(error) => {
            warn!(%run_id, %error, "whether a run is over, so that its lines are its last ones, is not known");
            false
        }
    }
}

/// The run's key, and whether it is over; an unknown run is registered by RUN_QUEUED, since lines need a run to belong to.
pub(super) async fn registered(
    core: &Core,
    organization: OrganizationId,
    run_id: RunId,
) -> Result<(RunKey, bool), LogError> {
    if let Some(run) = runs::find(&core.db, organization, &run_id).await.map_err(of_db)? {
        return Ok((run.run_key, run.status.is_terminal()));
    }
    let event = server_event(EventType::RunQueued, Uuid::now_v7(), None);
    let along = Along { only_if_new: true, ..Along::default() };
    let appended = store(core, organization, run_id, vec![(event, false)], along).await.map_err(of_append)?;
    Ok((appended.run_key, false))
}

pub(super) async fn store(
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
            Ok(NewEvent { event, body: body.into(), id_given, recorded_at: None })
        })
        .collect();
    let Along { only_if_new, enqueue, claim, imported_as } = along;
    let is_for_workers = enqueue.is_some();
    let events = events?;
    let request = AppendRequest { organization, run_id, events, only_if_new, enqueue, claim, imported_as };
    let appended = core.journal.append(request).await?;
    if is_for_workers && appended.created {
        core.queue.wake();
    }
    Ok(appended)
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

pub(super) fn of_append(error: AppendError) -> LogError {
    match error {
        AppendError::Unavailable(text) => LogError::Unavailable(text),
        AppendError::Rejected(text) => LogError::Rejected(text),
        AppendError::ClaimLost => LogError::ClaimLost,
        AppendError::Purged => LogError::Purged,
    }
}
