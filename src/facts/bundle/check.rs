//! Whether records make one whole run: their order, the chain, the fold, the counts, the digests.

use sha2::{Digest as _, Sha256};

use super::lines::{self, Streams};
use super::record::{ArtifactRecord, EventRecord, FORMAT, Header, Record, Trailer};
use super::seal::HeadDigest;
use crate::facts::artifact::ARTIFACT_MAX_BYTES;
use crate::facts::chain;
use crate::facts::event::Event;
use crate::facts::event_input::EVENT_MAX_BYTES;
use crate::facts::run::{Effect, Run};
use crate::facts::scan::scan;
use crate::facts::time::Timestamp;

/// Artifacts of one run that a bundle holds.
const ARTIFACTS_MAX: u64 = 1_000_000;

/// Largest body: an event as clients may send it, and what the journal adds.
const BODY_MAX_BYTES: usize = 2 * EVENT_MAX_BYTES;

/// What a whole bundle held.
#[derive(Debug, Clone, PartialEq)]
pub struct Totals {
    pub header: Header,
    pub trailer: Trailer,
    pub status: crate::facts::status::RunStatus,
    /// Of the first event and the last.
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Totals {
    /// What a signature of it covers.
    #[must_use]
    pub fn head(&self) -> HeadDigest {
        HeadDigest {
            run_id: self.header.run_id.clone(),
            organization_id: self.header.organization_id,
            events: self.trailer.events,
            head_hash: self.trailer.head_hash.clone(),
            lines: self.trailer.lines,
            lines_hash: self.trailer.lines_hash.clone(),
        }
    }
}

/// What comes next, at the earliest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Header,
    Workflow,
    Artifacts,
    Events,
    Lines,
    Done,
}

/// Takes records in their order, and finds the first that does not belong.
#[derive(Debug)]
pub struct Checker {
    part: Part,
    header: Option<Header>,
    artifact: Option<Unfinished>,
    artifacts: u64,
    artifact_bytes: u64,
    run: Run,
    hash: chain::Hash,
    span: Option<(Timestamp, Timestamp)>,
    streams: Streams,
    trailer: Option<Trailer>,
    anchor: Option<(u64, u64)>,
    at_anchor: (Option<String>, Option<String>),
}

#[derive(Debug)]
struct Unfinished {
    record: ArtifactRecord,
    bytes: u64,
    digest: Sha256,
}

impl Default for Checker {
    fn default() -> Self {
        Self {
            part: Part::Header,
            header: None,
            artifact: None,
            artifacts: 0,
            artifact_bytes: 0,
            run: Run::default(),
            hash: [0; 32],
            span: None,
            streams: Streams::default(),
            trailer: None,
            anchor: None,
            at_anchor: (None, None),
        }
    }
}

impl Checker {
    /// Remembers the hashes when there were so many events and lines: what an earlier signature speaks of.
    pub fn remember_at(&mut self, events: u64, lines: u64) {
        self.anchor = Some((events, lines));
    }

    /// The head as it was then, of the run that this is; `None` where it never had as many events and lines.
    #[must_use]
    pub fn remembered(&self) -> Option<HeadDigest> {
        let (events, lines) = self.anchor?;
        let header = self.header.as_ref()?;
        Some(HeadDigest {
            run_id: header.run_id.clone(),
            organization_id: header.organization_id,
            events,
            head_hash: self.at_anchor.0.clone()?,
            lines,
            lines_hash: self.at_anchor.1.clone()?,
        })
    }

    fn remember(&mut self) {
        let Some((events, lines)) = self.anchor else { return };
        if events == self.run.head.head_seq {
            self.at_anchor.0 = Some(hex(&self.hash));
        }
        if lines == self.streams.lines() {
            self.at_anchor.1 = Some(self.streams.hash());
        }
    }

    /// Takes the next record; says what is wrong with it.
    pub fn take(&mut self, record: &Record) -> Result<(), String> {
        if !matches!(record, Record::Piece(_)) {
            self.end_artifact()?;
        }
        self.remember();
        match record {
            Record::Header(header) => self.begin(header),
            Record::Workflow(_) => self.move_on(Part::Workflow, Part::Artifacts),
            Record::Artifact(artifact) => self.artifact(artifact),
            Record::Piece(bytes) => self.piece(bytes),
            Record::Event(event) => self.event(event),
            Record::Line(json) => {
                self.move_on(Part::Lines, Part::Lines)?;
                self.streams.line(json)
            }
            Record::Trailer(trailer) => self.end(trailer),
        }
    }

    /// What the trailer has to say.
    fn trailer(&self) -> Trailer {
        Trailer {
            events: self.run.head.head_seq,
            lines: self.streams.lines(),
            artifacts: self.artifacts,
            artifact_bytes: self.artifact_bytes,
            head_hash: hex(&self.hash),
            lines_hash: self.streams.hash(),
            lines_kept: true,
            lines_purged_at: None,
            signature: None,
        }
    }

    /// All records were taken.
    pub fn finish(self) -> Result<Totals, String> {
        let unfinished = || "the bundle ends without its trailer".to_owned();
        let (Some(header), Some(trailer)) = (self.header, self.trailer) else { return Err(unfinished()) };
        let (from, to) = self.span.ok_or_else(unfinished)?;
        Ok(Totals { header, trailer, status: self.run.status(), from, to })
    }

    fn move_on(&mut self, at_most: Part, to: Part) -> Result<(), String> {
        if self.part == Part::Header {
            return Err("the first record is no header".into());
        }
        if self.part > at_most {
            return Err("a record stands behind those that it belongs before".into());
        }
        self.part = to;
        Ok(())
    }

    fn begin(&mut self, header: &Header) -> Result<(), String> {
        if self.part != Part::Header {
            return Err("a second header".into());
        }
        if header.format != FORMAT {
            return Err(format!("the format is `{}`, and this program knows `{FORMAT}`", header.format));
        }
        self.hash = chain::genesis(header.organization_id, &header.run_id);
        self.header = Some(header.clone());
        self.part = Part::Workflow;
        Ok(())
    }

    fn artifact(&mut self, record: &ArtifactRecord) -> Result<(), String> {
        self.move_on(Part::Artifacts, Part::Artifacts)?;
        if record.bytes > ARTIFACT_MAX_BYTES {
            return Err(format!("artifact {} claims {} bytes", record.artifact_id, record.bytes));
        }
        self.artifacts += 1;
        if self.artifacts > ARTIFACTS_MAX {
            return Err(format!("more than {ARTIFACTS_MAX} artifacts"));
        }
        self.artifact = Some(Unfinished { record: record.clone(), bytes: 0, digest: Sha256::new() });
        Ok(())
    }

    fn piece(&mut self, bytes: &[u8]) -> Result<(), String> {
        let Some(artifact) = self.artifact.as_mut().filter(|artifact| artifact.record.content) else {
            return Err("bytes of no artifact".into());
        };
        artifact.bytes += bytes.len() as u64;
        if artifact.bytes > artifact.record.bytes {
            return Err(format!("artifact {} has more bytes than it claims", artifact.record.artifact_id));
        }
        artifact.digest.update(bytes);
        Ok(())
    }

    fn end_artifact(&mut self) -> Result<(), String> {
        let Some(Unfinished { record, bytes, digest }) = self.artifact.take() else { return Ok(()) };
        if !record.content {
            return Ok(());
        }
        self.artifact_bytes += bytes;
        let is_whole = bytes == record.bytes && lines::hex(&digest) == record.sha256;
        if is_whole {
            Ok(())
        } else {
            Err(format!("artifact {} is not what it claims to be", record.artifact_id))
        }
    }

    fn event(&mut self, record: &EventRecord) -> Result<(), String> {
        self.move_on(Part::Events, Part::Events)?;
        let expected = self.run.head.head_seq + 1;
        let seq = record.seq;
        if seq != expected {
            return Err(format!("event {seq} where {expected} follows"));
        }
        self.hash = chain::next(&self.hash, seq, record.recorded_at, record.late, &record.body);
        if self.hash != record.hash {
            return Err(format!("event {seq} is not the one that was recorded: its hash differs"));
        }
        let event = Event::from_stored(seq, record.recorded_at, &record.body)
            .map_err(|error| format!("event {seq} can't be read: {error}"))?;
        self.fits(&event, &record.body)?;
        let is_late = self.run.apply(&event) == Effect::Late;
        if is_late != record.late {
            let said = if is_late { "is late, and not marked so" } else { "is marked late, and is not" };
            return Err(format!("event {seq} {said}"));
        }
        let from = self.span.map_or(record.recorded_at, |(from, _)| from);
        self.span = Some((from, record.recorded_at));
        self.streams.event(&event)
    }

    /// Whether the body is one that a journal writes: frames and answers are put together from its text.
    fn fits(&self, event: &Event, body: &str) -> Result<(), String> {
        let seq = event.seq;
        let run_id = self.header.as_ref().map(|header| &header.run_id);
        let written = run_id.and_then(|run_id| event.body(run_id).ok());
        if written.as_deref() != Some(body) {
            return Err(format!("event {seq} is not in the form that a journal writes"));
        }
        if body.len() > BODY_MAX_BYTES {
            return Err(format!("event {seq} has {} bytes", body.len()));
        }
        match scan(body, 1) {
            Ok(clean) if clean == body => Ok(()),
            Ok(_) => Err(format!("event {seq} holds U+0000 or half a character")),
            Err(error) => Err(format!("event {seq} is refused: {error}")),
        }
    }

    fn end(&mut self, trailer: &Trailer) -> Result<(), String> {
        if matches!(self.part, Part::Header | Part::Done) {
            return Err("a trailer where none belongs".into());
        }
        self.part = Part::Done;
        let Trailer { lines_kept, lines_purged_at, signature, .. } = trailer.clone();
        let found = Trailer { signature, lines_kept, lines_purged_at, ..self.trailer() };
        for (what, claimed, there) in [
            ("events", trailer.events, found.events),
            ("lines", trailer.lines, found.lines),
            ("artifacts", trailer.artifacts, found.artifacts),
            ("bytes of artifacts", trailer.artifact_bytes, found.artifact_bytes),
        ] {
            if claimed != there {
                return Err(format!("{there} {what}, where the trailer says {claimed}"));
            }
        }
        if found != *trailer {
            return Err("the trailer's digests are those of another run".into());
        }
        if found.events == 0 {
            return Err("there is no event in it".into());
        }
        if lines_kept {
            self.streams.finish()?;
        } else if found.lines > 0 {
            return Err("lines in a bundle whose lines were deleted".into());
        }
        self.trailer = Some(found);
        Ok(())
    }
}

pub(super) fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
