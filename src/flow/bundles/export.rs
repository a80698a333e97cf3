//! Out of the store: one run's records, a block at a time, as fast as whoever takes them.

use std::io;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;

use crate::facts::bundle::{
    ArtifactRecord, EventRecord, FORMAT, HeadDigest, Header, PIECE_BYTES, Record, Trailer, WorkflowRecord,
    Writer,
};
use crate::facts::event::{Event, EventType};
use crate::facts::id::{OrganizationId, RunId, RunKey};
use crate::flow::artifacts::{self, ArtifactError, hex};
use crate::flow::log_reader::{ReadError, Wanted};
use crate::flow::{Core, bundles::Signer};
use crate::store::artifacts::ArtifactRow;
use crate::store::db::DbError;
use crate::store::journal::CommittedEvent;
use crate::store::journal::read::hashed_events;
use crate::store::logs::{Direction, LineFilter, LogRange, Room};
use crate::store::objects::ObjectError;
use crate::store::{cleanup, imports, logs, runs, workflows};

/// Events read at a time: of the largest ones 32 MiB.
const EVENTS_AT_ONCE: u32 = 500;
const LINES_AT_ONCE: Room = Room { lines: 5_000, bytes: 1024 * 1024 };
const ARTIFACTS_AT_ONCE: u32 = 100;
/// Blocks that wait for a reader.
const BLOCKS_AHEAD: usize = 2;

/// Why a run can't be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("there is no such run")]
    NoSuchRun,
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Lines(#[from] ReadError),
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    #[error("the bundle can't be written: {0}")]
    Io(#[from] io::Error),
    /// Nobody takes it any more.
    #[error("the reader went away")]
    Gone,
}

/// A bundle under way.
pub struct Export {
    core: Core,
    organization: OrganizationId,
    run_id: RunId,
    run: RunKey,
    /// What is appended later is no part of it, so that it ends.
    head_seq: u64,
    origin: OrganizationId,
    is_imported: bool,
    workflow: Option<String>,
    version: Option<i32>,
}

struct Sink {
    writer: Writer,
    out: mpsc::Sender<io::Result<Bytes>>,
    trailer: Trailer,
    lines_hash: Sha256,
    /// Whether an event tells of lines.
    has_closed: bool,
}

#[derive(Deserialize)]
struct Declared {
    version: Option<i32>,
}

#[derive(Deserialize)]
struct Closed {
    lines: u64,
}

/// Looks the run up: what isn't there is told before the first byte.
pub async fn export(core: &Core, organization: OrganizationId, run_id: RunId) -> Result<Export, ExportError> {
    let row = runs::find(&core.db, organization, &run_id).await?.ok_or(ExportError::NoSuchRun)?;
    let run = row.run_key;
    let imported = imports::find(&core.db, organization, run).await?;
    let origin = imported.map_or(organization, |(origin, _)| origin);
    let first = hashed_events(&core.db, run, 0, 1, 1).await?;
    let declared = first.first().and_then(|(event, _)| {
        let event = Event::from_stored(1, event.recorded_at, &event.body).ok()?;
        event.data?.read::<Declared>()
    });
    let state = runs::state(&core.db, organization, &run_id).await?;
    Ok(Export {
        core: core.clone(),
        organization,
        run_id,
        run,
        head_seq: row.head_seq,
        origin,
        is_imported: imported.is_some(),
        workflow: state.and_then(|(_, state)| state.head.workflow),
        version: declared.and_then(|declared| declared.version),
    })
}

impl Export {
    /// Starts to write; the blocks come through the channel, and an error where it broke off.
    #[must_use]
    pub fn start(self) -> mpsc::Receiver<io::Result<Bytes>> {
        let (out, blocks) = mpsc::channel(BLOCKS_AHEAD);
        tokio::spawn(async move {
            let failed = out.clone();
            let run_id = self.run_id.clone();
            match self.write(out).await {
                Ok(()) | Err(ExportError::Gone) => {}
                Err(error) => {
                    tracing::warn!(%run_id, %error, "an export broke off");
                    // A bundle that is cut short must not look whole.
                    let _ = failed.send(Err(io::Error::other("the run can't be read on"))).await;
                }
            }
        });
        blocks
    }

    async fn write(self, out: mpsc::Sender<io::Result<Bytes>>) -> Result<(), ExportError> {
        let mut sink = Sink::new(out)?;
        sink.put(&Record::Header(Header {
            format: FORMAT.to_owned(),
            run_id: self.run_id.clone(),
            organization_id: self.origin,
            workflow: self.workflow.clone(),
            writer: concat!("telltale/", env!("CARGO_PKG_VERSION")).to_owned(),
        }))
        .await?;
        self.workflow(&mut sink).await?;
        self.artifacts(&mut sink).await?;
        self.events(&mut sink).await?;
        self.lines(&mut sink).await?;
        sink.finish(&self).await
    }

    async fn workflow(&self, sink: &mut Sink) -> Result<(), ExportError> {
        let (Some(name), Some(version)) = (&self.workflow, self.version) else { return Ok(()) };
        let stored = workflows::find(&self.core.db, self.organization, name, Some(version)).await?;
        let Some(stored) = stored else { return Ok(()) };
        let record = WorkflowRecord { name: name.clone(), version, source: stored.source };
        sink.put(&Record::Workflow(record)).await
    }

    async fn artifacts(&self, sink: &mut Sink) -> Result<(), ExportError> {
        let mut after = None;
        loop {
            let db = &self.core.db;
            let page = crate::store::artifacts::list(
                db,
                self.organization,
                self.run,
                after,
                None,
                ARTIFACTS_AT_ONCE,
            )
            .await?;
            for row in &page {
                self.artifact(sink, row).await?;
            }
            match page.last() {
                Some(last) if page.len() == ARTIFACTS_AT_ONCE as usize => {
                    after = Some((last.created_at, last.artifact_id));
                }
                _ => return Ok(()),
            }
        }
    }

    async fn artifact(&self, sink: &mut Sink, row: &ArtifactRow) -> Result<(), ExportError> {
        let content = match artifacts::read(&self.core, self.organization, row, 0..row.bytes).await {
            Ok(content) => Some(content),
            Err(ArtifactError::Object(ObjectError::Missing)) => None,
            Err(error) => return Err(error.into()),
        };
        sink.trailer.artifacts += 1;
        sink.put(&Record::Artifact(ArtifactRecord {
            artifact_id: row.artifact_id,
            name: row.place.name.clone(),
            node_ref: row.place.node_ref.clone(),
            attempt: row.place.attempt,
            media_type: row.media_type.clone(),
            bytes: row.bytes,
            sha256: hex(&row.sha256),
            created_at: row.created_at,
            content: content.is_some(),
        }))
        .await?;
        let Some(mut content) = content else { return Ok(()) };
        while let Some(bytes) = content.try_next().await? {
            sink.trailer.artifact_bytes += bytes.len() as u64;
            for piece in bytes.chunks(PIECE_BYTES) {
                sink.put(&Record::Piece(piece.to_vec())).await?;
            }
        }
        Ok(())
    }

    async fn events(&self, sink: &mut Sink) -> Result<(), ExportError> {
        let mut after = 0;
        while after < self.head_seq {
            let page = hashed_events(&self.core.db, self.run, after, self.head_seq, EVENTS_AT_ONCE).await?;
            if page.is_empty() {
                break;
            }
            for (event, hash) in page {
                after = event.seq;
                sink.trailer.events += 1;
                sink.trailer.head_hash = hex(&hash);
                sink.has_closed |= tells_of_lines(&event);
                let body = event.body.as_ref().to_owned();
                let record = EventRecord {
                    seq: event.seq,
                    recorded_at: event.recorded_at,
                    late: event.late,
                    hash,
                    body,
                };
                sink.put(&Record::Event(record)).await?;
            }
        }
        Ok(())
    }

    /// After the events, so that what they say is closed is there.
    async fn lines(&self, sink: &mut Sink) -> Result<(), ExportError> {
        let head = logs::head(&self.core.db, self.run).await?;
        if head == 0 && sink.has_closed {
            let purged_at = cleanup::lines_purged_at(&self.core.db, self.organization, self.run).await?;
            // An imported run may have come without them. Where nothing says why there are none, whoever checks it finds them missing.
            sink.trailer.lines_kept = purged_at.is_none() && !self.is_imported;
            sink.trailer.lines_purged_at = purged_at;
        }
        let mut range = LogRange { after: 0, before: head.saturating_add(1) };
        while !range.is_empty() {
            let wanted = Wanted {
                range,
                direction: Direction::Forward,
                filter: LineFilter::default(),
                room: LINES_AT_ONCE,
                time: None,
            };
            let page = self.core.reader.page(self.run, wanted).await?;
            for line in &page.lines {
                sink.trailer.lines += 1;
                sink.lines_hash.update(&line.json);
                sink.lines_hash.update(b"\n");
                sink.put(&Record::Line(line.json.to_vec())).await?;
            }
            range = page.rest;
        }
        Ok(())
    }

    fn head(&self, trailer: &Trailer) -> HeadDigest {
        HeadDigest {
            run_id: self.run_id.clone(),
            organization_id: self.origin,
            events: trailer.events,
            head_hash: trailer.head_hash.clone(),
            lines: trailer.lines,
            lines_hash: trailer.lines_hash.clone(),
        }
    }

    fn signer(&self) -> &Signer {
        self.core.bundles.signer()
    }
}

/// Whether it is the end of a stream that held lines.
fn tells_of_lines(stored: &CommittedEvent) -> bool {
    if !stored.body.contains(EventType::NodeLogClosed.as_str()) {
        return false;
    }
    let event = Event::from_stored(stored.seq, stored.recorded_at, &stored.body).ok();
    let closed = event.filter(|event| event.kind == EventType::NodeLogClosed).and_then(|event| event.data);
    closed.and_then(|data| data.read::<Closed>()).is_some_and(|closed| closed.lines > 0)
}

impl Sink {
    fn new(out: mpsc::Sender<io::Result<Bytes>>) -> io::Result<Self> {
        let trailer = Trailer {
            events: 0,
            lines: 0,
            artifacts: 0,
            artifact_bytes: 0,
            head_hash: String::new(),
            lines_hash: String::new(),
            lines_kept: true,
            lines_purged_at: None,
            signature: None,
        };
        Ok(Self { writer: Writer::new()?, out, trailer, lines_hash: Sha256::new(), has_closed: false })
    }

    async fn put(&mut self, record: &Record) -> Result<(), ExportError> {
        match self.writer.write(record)? {
            Some(block) => self.out.send(Ok(block.into())).await.map_err(|_| ExportError::Gone),
            None => Ok(()),
        }
    }

    async fn finish(self, export: &Export) -> Result<(), ExportError> {
        let Self { writer, out, mut trailer, lines_hash, .. } = self;
        trailer.lines_hash = hex(&lines_hash.finalize());
        trailer.signature = Some(export.signer().sign(&export.head(&trailer)));
        let last = writer.finish(trailer)?;
        out.send(Ok(last.into())).await.map_err(|_| ExportError::Gone)
    }
}
