//! A checked bundle's records, one after another, into the journal, the log store and the object store.

use std::collections::HashMap;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde::Deserialize;
use tokio::sync::mpsc;

use super::import::{Found, ImportError, RECORDS_AHEAD, note_of, unhex};
use super::spool::Spooled;
use crate::facts::artifact::ArtifactPlace;
use crate::facts::bundle::{ArtifactRecord, EventRecord, Fault, Record, Totals};
use crate::facts::event::{Event, EventType};
use crate::facts::id::{NodeRef, OrganizationId};
use crate::facts::json::Json;
use crate::facts::time::Timestamp;
use crate::flow::Core;
use crate::flow::artifacts::Restoring;
use crate::store::artifacts::ArtifactRow;
use crate::store::db::DbError;
use crate::store::imports;
use crate::store::journal::{AppendRequest, ImportedAs, NewEvent, read};
use crate::store::logs::{self, LogStream, NewLine, NewLines, StreamName};
use crate::store::{clock, partitions};

/// Events of one append, as many as fill a flush.
const EVENTS_AT_ONCE: usize = 1_000;
/// Bytes of events or lines of one append.
const BYTES_AT_ONCE: usize = 1024 * 1024;
const LINES_AT_ONCE: usize = 5_000;

/// A run on its way in.
pub(super) struct Importing<'c> {
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
    pub(super) async fn begin(
        core: &'c Core,
        organization: OrganizationId,
        totals: Totals,
        found: Found,
    ) -> Result<Self, ImportError> {
        let (run_id, now) = (&totals.header.run_id, clock::now());
        let note = match found {
            Found::Begun(note) => note,
            _ => {
                // What claims to be of the future is of now.
                partitions::ensure_past(&core.db, [totals.from], now).await?;
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

    pub(super) async fn run(mut self, file: Spooled) -> Result<(), ImportError> {
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
