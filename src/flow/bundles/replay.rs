//! A bundle played as if it happened now: its events and lines again, at the distances that they had, under a run id of their own.

use std::collections::HashSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;
use uuid::Uuid;

use super::import::{ImportError, records};
use super::spool::{Spooled, check_file};
use crate::facts::bundle::{EventRecord, Record, Totals};
use crate::facts::event::{Event, EventType};
use crate::facts::id::{EventId, NodeRef, OrganizationId, RunId};
use crate::facts::json::Json;
use crate::facts::time::Timestamp;
use crate::flow::{Core, ingest};
use crate::store::clock;
use crate::store::logs::{LogStream, NewLine, NewLines, StreamName};

/// The longest that a replay waits between two things: who watches a run that waited for a night does not want to.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// What happens within this long is told together.
const TOGETHER: Duration = Duration::from_millis(20);
/// Things told together at most.
const AT_ONCE: usize = 500;

/// One thing of the bundle, by the time at which it happened.
enum Told {
    Event(EventRecord),
    Line(Line),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    node_ref: NodeRef,
    attempt: u32,
    stream: LogStream,
    at: Timestamp,
    text: String,
    #[serde(default)]
    bytes: Option<String>,
    #[serde(default = "yes")]
    eol: bool,
}

fn yes() -> bool {
    true
}

/// Events and lines of a bundle, merged by their times: two readers of one file, since all events stand before all lines.
struct Merged {
    events: mpsc::Receiver<Record>,
    lines: mpsc::Receiver<Record>,
    next_event: Option<EventRecord>,
    next_line: Option<Line>,
}

/// A replay under way.
struct Replaying {
    core: Core,
    organization: OrganizationId,
    of: RunId,
    run_id: RunId,
    speed: f64,
    seen: HashSet<(NodeRef, u32, LogStream)>,
}

/// Checks the file, and plays it in the background. Answers the id of the run that it becomes.
pub async fn replay(
    core: &Core,
    organization: OrganizationId,
    file: Spooled,
    speed: f64,
) -> Result<RunId, ImportError> {
    let reader = file.reader()?;
    let checked = tokio::task::spawn_blocking(move || check_file(reader)).await;
    let totals: Totals = checked.map_err(|error| std::io::Error::other(error.to_string()))??;
    let run_id = RunId::generated(Uuid::now_v7());
    let place = core.bundles.replays.clone().try_acquire_owned();
    let place = place.map_err(|_| ImportError::Busy(totals.header.run_id.clone()))?;
    let mut merged = Merged::open(&file).await?;
    let mut replaying = Replaying {
        core: core.clone(),
        organization,
        of: totals.header.run_id,
        run_id: run_id.clone(),
        speed,
        seen: HashSet::new(),
    };
    let from = replaying.begin(&mut merged).await?;
    tokio::spawn(async move {
        let (of, stop) = (replaying.of.clone(), replaying.core.bundles.stop.clone());
        tokio::select! {
            played = replaying.play(merged, from) => {
                if let Err(error) = played {
                    tracing::warn!(run_id = %of, %error, "a replay broke off");
                }
            }
            () = stop.cancelled() => {}
        }
        drop((place, file));
    });
    Ok(run_id)
}

impl Merged {
    async fn open(file: &Spooled) -> Result<Self, ImportError> {
        let mut merged =
            Self { events: records(file)?, lines: records(file)?, next_event: None, next_line: None };
        merged.next_event = next_event(&mut merged.events).await;
        merged.next_line = next_line(&mut merged.lines).await;
        Ok(merged)
    }

    async fn next(&mut self) -> Option<(Timestamp, Told)> {
        let is_event_first = match (&self.next_event, &self.next_line) {
            (Some(event), Some(line)) => {
                let is_end = event_kind(event).is_some_and(EventType::ends_attempt);
                // What ends a node comes behind its lines, whatever the clocks said.
                event.recorded_at < line.at || (event.recorded_at == line.at && !is_end)
            }
            (event, _) => event.is_some(),
        };
        if is_event_first {
            let event = std::mem::replace(&mut self.next_event, next_event(&mut self.events).await)?;
            return Some((event.recorded_at, Told::Event(event)));
        }
        let line = std::mem::replace(&mut self.next_line, next_line(&mut self.lines).await)?;
        Some((line.at, Told::Line(line)))
    }
}

fn event_kind(record: &EventRecord) -> Option<EventType> {
    Event::from_stored(record.seq, record.recorded_at, &record.body).ok().map(|event| event.kind)
}

async fn next_event(records: &mut mpsc::Receiver<Record>) -> Option<EventRecord> {
    loop {
        match records.recv().await? {
            Record::Event(event) => return Some(event),
            Record::Line(_) | Record::Trailer(_) => return None,
            _ => {}
        }
    }
}

async fn next_line(records: &mut mpsc::Receiver<Record>) -> Option<Line> {
    loop {
        if let Record::Line(json) = records.recv().await? {
            return serde_json::from_slice(&json).ok();
        }
    }
}

impl Replaying {
    /// The run is there when its id is known: its first event is told at once. Gives that event's time.
    async fn begin(&mut self, merged: &mut Merged) -> Result<Option<Timestamp>, ImportError> {
        let Some(first) = merged.next_event.take() else { return Ok(None) };
        merged.next_event = next_event(&mut merged.events).await;
        let mut events: Vec<Event> = self.event(&first).into_iter().collect();
        self.tell(&mut events, &mut Vec::new()).await?;
        Ok(Some(first.recorded_at))
    }

    async fn play(&mut self, mut merged: Merged, from: Option<Timestamp>) -> Result<(), ImportError> {
        let mut clock = from.map(|from| (from, Instant::now()));
        let mut events = Vec::new();
        let mut lines = Vec::new();
        while let Some((at, told)) = merged.next().await {
            let (from, began) = *clock.get_or_insert_with(|| (at, Instant::now()));
            let due = began + Duration::from_secs_f64(at.micros_since(from) as f64 / 1e6 / self.speed);
            let wait = due.saturating_duration_since(Instant::now());
            if wait > TOGETHER || events.len() + lines.len() >= AT_ONCE {
                self.tell(&mut events, &mut lines).await?;
                let pause = wait.min(PAUSE_MAX);
                tokio::time::sleep(pause).await;
                if wait > pause {
                    clock = Some((at, Instant::now()));
                }
            }
            match told {
                Told::Event(record) => {
                    // Lines before it are told before it.
                    let event = self.event(&record);
                    if event.as_ref().is_some_and(|event| event.kind.ends_attempt()) && !lines.is_empty() {
                        self.tell(&mut events, &mut lines).await?;
                    }
                    events.extend(event);
                }
                Told::Line(line) => {
                    if self.seen.insert((line.node_ref.clone(), line.attempt, line.stream)) {
                        self.tell(&mut events, &mut lines).await?;
                    }
                    lines.push(line);
                }
            }
        }
        self.tell(&mut events, &mut lines).await
    }

    async fn tell(&self, events: &mut Vec<Event>, lines: &mut Vec<Line>) -> Result<(), ImportError> {
        if !lines.is_empty() {
            let mut new = NewLines::with_capacity(lines.len());
            for line in lines.drain(..) {
                let bytes = match &line.bytes {
                    Some(encoded) => BASE64.decode(encoded).unwrap_or_default().into(),
                    None => line.text.into_bytes().into(),
                };
                let name = StreamName { node_ref: line.node_ref, attempt: line.attempt, stream: line.stream };
                let stream = new.stream(name);
                let (at, eol) = (clock::now(), line.eol);
                new.push(NewLine { stream, at, bytes, eol, line_no: None, is_further_part: false });
            }
            ingest::append_lines(&self.core, self.organization, self.run_id.clone(), new, None).await?;
        }
        if !events.is_empty() {
            let events = std::mem::take(events);
            ingest::append_own(&self.core, self.organization, self.run_id.clone(), events, None).await?;
        }
        Ok(())
    }

    /// The event as it happens now. What the server makes by itself, it makes again.
    fn event(&self, record: &EventRecord) -> Option<Event> {
        let mut event = Event::from_stored(record.seq, record.recorded_at, &record.body).ok()?;
        if matches!(event.kind, EventType::NodeLogClosed | EventType::ArtifactRecorded) {
            return None;
        }
        if event.kind == EventType::RunQueued {
            event.data = self.declaration(event.data.as_ref());
        }
        event.event_id = EventId(Uuid::new_v5(&event.event_id.0, self.run_id.as_str().as_bytes()));
        event.occurred_at = clock::now();
        Some(event)
    }

    /// What RUN_QUEUED says, with the trigger that this is. Workers have nothing to do with it.
    fn declaration(&self, data: Option<&Json>) -> Option<Json> {
        let mut data: Map<String, Value> = data.and_then(Json::read).unwrap_or_default();
        data.insert("trigger".into(), json!({"type": "replay", "runId": self.of, "speed": self.speed}));
        data.insert("engine".into(), "external".into());
        Json::from_value(&data).ok()
    }
}
