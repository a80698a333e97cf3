//! Into the store: a checked bundle becomes the run that it was, event by event and line by line.
//!
//! Events go through the journal with the ids, times and bytes that they had, so that seqs, hashes and lateness come out the
//! same; the journal's transactions are new ones, so that readers across runs find them where they are. What broke off goes on
//! where it was when the same file is sent again.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::spool::{Spooled, check_file};
use crate::facts::artifact::ArtifactPlace;
use crate::facts::bundle::{ArtifactRecord, EventRecord, Fault, Record, Totals};
use crate::facts::event::{Event, EventType};
use crate::facts::id::{NodeRef, OrganizationId, RunId, RunKey};
use crate::facts::json::Json;
use crate::facts::status::RunStatus;
use crate::facts::time::Timestamp;
use crate::flow::Core;
use crate::flow::artifacts::{ArtifactError, Restoring, hex};
use crate::store::artifacts::ArtifactRow;
use crate::store::db::DbError;
use crate::store::imports::{self, ImportedRun};
use crate::store::journal::{AppendError, AppendRequest, ImportedAs, NewEvent, read};
use crate::store::logs::{self, LogError, LogStream, NewLine, NewLines, StreamName};
use crate::store::{clock, partitions, runs};

/// Events of one append, as many as fill a flush.
const EVENTS_AT_ONCE: usize = 1_000;
/// Bytes of events or lines of one append.
const BYTES_AT_ONCE: usize = 1024 * 1024;
const LINES_AT_ONCE: usize = 5_000;
/// Records that wait between the thread that reads and the task that writes.
const RECORDS_AHEAD: usize = 64;

/// What an import has done.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    #[schema(value_type = String)]
    pub run_id: RunId,
    pub status: RunStatus,
    pub events: u64,
    pub lines: u64,
    pub artifacts: u64,
    /// Every block, event, line and artifact was checked against its hash.
    pub verified: bool,
    /// False where the run was here already, the same; true in a dry run where it would be made.
    pub created: bool,
    pub dry_run: bool,
}

/// Why a bundle is not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the bundle is not whole: {0}")]
    Broken(#[from] Fault),
    #[error("there is a run {0} already, with another history")]
    Differs(RunId),
    #[error("the run {0} is being imported already")]
    Busy(RunId),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Append(#[from] AppendError),
    #[error(transparent)]
    Lines(#[from] LogError),
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    #[error("the file can't be read: {0}")]
    Io(#[from] io::Error),
}

/// What there is of the run before anything is written.
enum Found {
    Nothing,
    /// A part, from an import that broke off.
    Begun(ImportedRun),
    /// The same, whole.
    Same,
}

/// Checks the file and, unless it is a dry run, makes its run.
pub async fn import(
    core: &Core,
    organization: OrganizationId,
    file: Spooled,
    dry_run: bool,
) -> Result<Imported, ImportError> {
    let reader = file.reader()?;
    let checked = tokio::task::spawn_blocking(move || check_file(reader)).await;
    let totals = checked.map_err(|error| io::Error::other(error.to_string()))??;
    let run_id = totals.header.run_id.clone();
    let _work =
        core.bundles.begin_work(organization, &run_id).ok_or_else(|| ImportError::Busy(run_id.clone()))?;
    let found = find(core, organization, &totals).await?;
    let created = !matches!(found, Found::Same);
    if created && !dry_run {
        Importing::begin(core, organization, totals.clone(), found).await?.run(file).await?;
        imports::finish(&core.db, organization, &run_id, clock::now()).await?;
    }
    Ok(Imported {
        run_id,
        status: totals.status,
        events: totals.trailer.events,
        lines: totals.trailer.lines,
        artifacts: totals.trailer.artifacts,
        verified: true,
        created,
        dry_run,
    })
}

async fn find(core: &Core, organization: OrganizationId, totals: &Totals) -> Result<Found, ImportError> {
    let run_id = &totals.header.run_id;
    let Some(row) = runs::find(&core.db, organization, run_id).await? else { return Ok(Found::Nothing) };
    let noted = imports::find(&core.db, organization, row.run_key).await?;
    let is_unfinished = matches!(noted, Some((_, false)));
    if row.head_seq < totals.trailer.events {
        return match is_unfinished {
            // Each event is compared by its hash as it is appended again.
            true => Ok(Found::Begun(note_of(totals, row.run_key)?)),
            false => Err(ImportError::Differs(run_id.clone())),
        };
    }
    let last = totals.trailer.events;
    let stored = read::hashed_events(&core.db, row.run_key, last - 1, last, 1).await?;
    let is_same = stored.first().is_some_and(|(_, hash)| hex(hash) == totals.trailer.head_hash);
    match (is_same, is_unfinished) {
        (false, _) => Err(ImportError::Differs(run_id.clone())),
        (true, true) => Ok(Found::Begun(note_of(totals, row.run_key)?)),
        (true, false) if logs::head(&core.db, row.run_key).await? >= totals.trailer.lines => Ok(Found::Same),
        (true, false) => Err(ImportError::Differs(run_id.clone())),
    }
}

fn note_of(totals: &Totals, run_key: RunKey) -> Result<ImportedRun, DbError> {
    let head_hash = unhex(&totals.trailer.head_hash)?;
    let (origin, events) = (totals.header.organization_id, totals.trailer.events);
    Ok(ImportedRun { run_key, origin, events, head_hash, is_finished: false })
}

fn unhex(text: &str) -> Result<Vec<u8>, DbError> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(pair).collect();
    bytes.ok_or_else(|| DbError::Shape("a digest is no hexadecimal number".into()))
}

/// A run on its way in.
struct Importing<'c> {
    core: &'c Core,
    organization: OrganizationId,
    totals: Totals,
    run: ImportedAs,
    events: Vec<NewEvent>,
    hashes: Vec<(u64, [u8; 32])>,
    event_bytes: usize,
    artifact: Option<Restoring>,
    lines: Lines,
}

/// Lines that gather, and what is known of their streams.
#[derive(Default)]
struct Lines {
    new: NewLines,
    count: usize,
    bytes: usize,
    /// Lines that were there before this try.
    there: u64,
    streams: HashMap<StreamName, Stream>,
}

#[derive(Default)]
struct Stream {
    lines: u64,
    is_late: bool,
    /// The line before had no line feed: the next one goes on with it.
    is_open: bool,
    /// Lines when it was closed last.
    closed_at: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    log_seq: u64,
    node_ref: NodeRef,
    attempt: u32,
    stream: LogStream,
    at: Timestamp,
    text: String,
    #[serde(default)]
    bytes: Option<String>,
    #[serde(default = "yes")]
    eol: bool,
    #[serde(default)]
    late: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct Closed {
    stream: LogStream,
    lines: u64,
}

impl<'c> Importing<'c> {
    async fn begin(
        core: &'c Core,
        organization: OrganizationId,
        totals: Totals,
        found: Found,
    ) -> Result<Self, ImportError> {
        let (run_id, now) = (&totals.header.run_id, clock::now());
        let note = match found {
            Found::Begun(note) => note,
            _ => {
                partitions::ensure_past(&core.db, [totals.from]).await?;
                let key = partitions::key_of_the_past(totals.from, now);
                let wanted = note_of(&totals, key)?;
                let note = imports::begin(&core.db, organization, run_id, &wanted, now).await?;
                if note.head_hash == wanted.head_hash && !note.is_finished {
                    note
                } else {
                    // The run of that note is not there any more.
                    imports::restart(&core.db, organization, run_id, &wanted, now).await?;
                    wanted
                }
            }
        };
        let there = logs::head(&core.db, note.run_key).await?;
        Ok(Self {
            core,
            organization,
            run: ImportedAs { run_key: note.run_key, origin: note.origin },
            totals,
            events: Vec::new(),
            hashes: Vec::new(),
            event_bytes: 0,
            artifact: None,
            lines: Lines { there, ..Lines::default() },
        })
    }

    async fn run(mut self, file: Spooled) -> Result<(), ImportError> {
        let (sender, mut records) = mpsc::channel(RECORDS_AHEAD);
        let mut reader = file.reader()?;
        let reading = tokio::task::spawn_blocking(move || -> Result<(), Fault> {
            while let Some(record) = reader.next_record()? {
                if sender.blocking_send(record).is_err() {
                    break;
                }
            }
            Ok(())
        });
        while let Some(record) = records.recv().await {
            self.take(record).await?;
        }
        reading.await.map_err(|error| io::Error::other(error.to_string()))??;
        drop(file);
        Ok(())
    }

    async fn take(&mut self, record: Record) -> Result<(), ImportError> {
        if !matches!(record, Record::Piece(_)) {
            self.end_artifact().await?;
        }
        match record {
            // Its text is for those who read the bundle: a workflow is stored by its owner, not by a run.
            Record::Header(_) | Record::Workflow(_) => Ok(()),
            Record::Artifact(artifact) => self.begin_artifact(&artifact).await,
            Record::Piece(bytes) => match &mut self.artifact {
                Some(artifact) => Ok(artifact.write(&bytes).await?),
                None => Ok(()),
            },
            Record::Event(event) => self.event(event).await,
            Record::Line(json) => {
                self.flush_events().await?;
                self.line(&json).await
            }
            Record::Trailer(_) => {
                self.flush_events().await?;
                self.flush_lines().await?;
                self.close_streams().await
            }
        }
    }

    async fn begin_artifact(&mut self, artifact: &ArtifactRecord) -> Result<(), ImportError> {
        let sha256 = unhex(&artifact.sha256)?;
        let row = ArtifactRow {
            artifact_id: artifact.artifact_id,
            run_key: self.run.run_key,
            place: ArtifactPlace {
                name: artifact.name.clone(),
                node_ref: artifact.node_ref.clone(),
                attempt: artifact.attempt,
            },
            media_type: artifact.media_type.clone(),
            bytes: artifact.bytes,
            sha256: sha256.try_into().map_err(|_| DbError::Shape("a sha256 has another length".into()))?,
            created_at: artifact.created_at,
        };
        let restoring = Restoring::begin(self.core, self.organization, row, artifact.content).await?;
        self.artifact = Some(restoring);
        Ok(())
    }

    async fn end_artifact(&mut self) -> Result<(), ImportError> {
        match self.artifact.take() {
            Some(artifact) => Ok(artifact.finish(self.core).await?),
            None => Ok(()),
        }
    }

    async fn event(&mut self, record: EventRecord) -> Result<(), ImportError> {
        let event = Event::from_stored(record.seq, record.recorded_at, &record.body)
            .map_err(|error| DbError::Shape(error.to_string()))?;
        self.note_close(&event);
        self.event_bytes += record.body.len();
        self.hashes.push((record.seq, record.hash));
        self.events.push(NewEvent {
            event,
            body: record.body.into(),
            id_given: true,
            recorded_at: Some(record.recorded_at),
        });
        if self.events.len() >= EVENTS_AT_ONCE || self.event_bytes >= BYTES_AT_ONCE {
            self.flush_events().await?;
        }
        Ok(())
    }

    fn note_close(&mut self, event: &Event) {
        if event.kind != EventType::NodeLogClosed {
            return;
        }
        let closed = event.data.as_ref().and_then(Json::read::<Closed>);
        let (Some(closed), Some(node_ref)) = (closed, event.node_ref.clone()) else { return };
        let name = StreamName { node_ref, attempt: event.attempt.unwrap_or(1), stream: closed.stream };
        self.lines.streams.entry(name).or_default().closed_at = Some(closed.lines);
    }

    async fn flush_events(&mut self) -> Result<(), ImportError> {
        if self.events.is_empty() {
            return Ok(());
        }
        let run_id = self.totals.header.run_id.clone();
        let request = AppendRequest {
            organization: self.organization,
            run_id: run_id.clone(),
            events: std::mem::take(&mut self.events),
            only_if_new: false,
            enqueue: None,
            claim: None,
            imported_as: Some(self.run),
        };
        self.event_bytes = 0;
        let hashes = std::mem::take(&mut self.hashes);
        let appended = self.core.journal.append(request).await?;
        let is_in_place = appended.run_key == self.run.run_key
            && appended.results.iter().zip(&hashes).all(|(result, (seq, _))| result.seq == *seq);
        // The last hash covers all before it.
        let last = hashes.last().map(|(seq, hash)| (*seq, *hash));
        let stored = match last {
            Some((seq, _)) if is_in_place => {
                read::hashed_events(&self.core.db, self.run.run_key, seq - 1, seq, 1).await?
            }
            _ => Vec::new(),
        };
        match stored.first().map(|(event, hash)| (event.seq, *hash)) == last {
            true => Ok(()),
            // Somebody else has written to the run meanwhile.
            false => Err(ImportError::Differs(run_id)),
        }
    }

    async fn line(&mut self, json: &[u8]) -> Result<(), ImportError> {
        let line: Line = serde_json::from_slice(json).map_err(|error| DbError::Shape(error.to_string()))?;
        let raw: Bytes = match &line.bytes {
            Some(encoded) => {
                BASE64.decode(encoded).map_err(|error| DbError::Shape(error.to_string()))?.into()
            }
            None => line.text.into_bytes().into(),
        };
        let name = StreamName { node_ref: line.node_ref, attempt: line.attempt, stream: line.stream };
        let is_there = line.log_seq <= self.lines.there;
        let stream = self.lines.streams.entry(name.clone()).or_default();
        let becomes_late = line.late && !stream.is_late;
        stream.is_late |= line.late;
        let before = stream.lines;
        let is_further_part = stream.is_open;
        stream.lines += 1;
        stream.is_open = !line.eol;
        if is_there {
            return Ok(());
        }
        if becomes_late {
            self.flush_lines().await?;
            self.core.logs.mark_closed(self.run.run_key, name.clone(), before).await?;
        }
        self.lines.count += 1;
        self.lines.bytes += raw.len();
        let stream = self.lines.new.stream(name);
        let (at, eol) = (line.at, line.eol);
        self.lines.new.push(NewLine { stream, at, bytes: raw, eol, line_no: None, is_further_part });
        if self.lines.count >= LINES_AT_ONCE || self.lines.bytes >= BYTES_AT_ONCE {
            self.flush_lines().await?;
        }
        Ok(())
    }

    async fn flush_lines(&mut self) -> Result<(), ImportError> {
        if self.lines.count == 0 {
            return Ok(());
        }
        self.lines.count = 0;
        self.lines.bytes = 0;
        let new = std::mem::take(&mut self.lines.new);
        self.core.logs.append(self.run.run_key, new).await?;
        Ok(())
    }

    /// Those that were closed when the run was exported, at what they hold.
    async fn close_streams(&mut self) -> Result<(), ImportError> {
        let head = logs::head(&self.core.db, self.run.run_key).await?;
        if head != self.totals.trailer.lines {
            return Err(ImportError::Differs(self.totals.header.run_id.clone()));
        }
        for (name, stream) in self.lines.streams.drain() {
            if stream.closed_at == Some(stream.lines) {
                self.core.logs.mark_closed(self.run.run_key, name, stream.lines).await?;
            }
        }
        Ok(())
    }
}

/// For whoever reads a bundle's records off the file in the background.
pub(super) fn records(file: &Spooled) -> io::Result<mpsc::Receiver<Record>> {
    let (sender, records) = mpsc::channel(RECORDS_AHEAD);
    let mut reader = file.reader()?;
    let held = Arc::new(file.clone());
    tokio::task::spawn_blocking(move || {
        // It was checked before: what breaks now is the disk, and the records end there.
        while let Ok(Some(record)) = reader.next_record() {
            if sender.blocking_send(record).is_err() {
                break;
            }
        }
        drop(held);
    });
    Ok(records)
}
