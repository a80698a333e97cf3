//! Records: what a bundle says, one thing at a time. `kind, length, payload`; most payloads are JSON, and what must not change
//! by a byte is there as it was.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::seal::Signature;
use crate::facts::artifact::ArtifactName;
use crate::facts::id::{NodeRef, OrganizationId, RunId};
use crate::facts::time::Timestamp;

/// Names the records; a record that older readers can't do without gets another number.
pub const FORMAT: &str = "telltale.bundle/1";
/// Artifact bytes of one record.
pub const PIECE_BYTES: usize = 128 * 1024;
/// Of an event before its body: seq, recordedAt, flags, hash.
const EVENT_FIXED_BYTES: usize = 8 + 8 + 1 + 32;
const FLAG_LATE: u8 = 1;
/// Kind and length.
pub(super) const RECORD_HEADER_BYTES: usize = 5;

const HEADER: u8 = b'H';
const WORKFLOW: u8 = b'W';
const ARTIFACT: u8 = b'A';
const PIECE: u8 = b'B';
const EVENT: u8 = b'E';
const LINE: u8 = b'L';
const TRAILER: u8 = b'T';

/// One record.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    Header(Header),
    Workflow(WorkflowRecord),
    /// Its bytes follow in pieces.
    Artifact(ArtifactRecord),
    Piece(Vec<u8>),
    Event(EventRecord),
    /// A line's JSON as it is stored, without a line feed.
    Line(Vec<u8>),
    Trailer(Trailer),
}

/// The first record: whose history it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    pub format: String,
    pub run_id: RunId,
    /// Where it was recorded; the chain's first link names it.
    pub organization_id: OrganizationId,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub workflow: Option<String>,
    /// What wrote the file.
    pub writer: String,
}

/// The text of the workflow that ran, where the server had it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowRecord {
    pub name: String,
    pub version: i32,
    pub source: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactRecord {
    pub artifact_id: Uuid,
    pub name: ArtifactName,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub node_ref: Option<NodeRef>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attempt: Option<u32>,
    pub media_type: String,
    pub bytes: u64,
    /// In hexadecimal digits.
    pub sha256: String,
    pub created_at: Timestamp,
    /// False where the server that wrote this did not have the bytes any more; no pieces follow then.
    pub content: bool,
}

/// An event as the journal has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRecord {
    pub seq: u64,
    pub recorded_at: Timestamp,
    pub late: bool,
    pub hash: [u8; 32],
    /// The text that is hashed.
    pub body: String,
}

/// The last record: what the file must have held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trailer {
    pub events: u64,
    pub lines: u64,
    pub artifacts: u64,
    pub artifact_bytes: u64,
    /// The hash of the last event, in hexadecimal digits.
    pub head_hash: String,
    /// SHA-256 over all lines' JSON, each with a line feed, in hexadecimal digits.
    pub lines_hash: String,
    /// False where the output was deleted before the file was written: the events still tell of it.
    #[serde(skip_serializing_if = "is_true", default = "yes")]
    pub lines_kept: bool,
    /// When that was, where it is on record.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lines_purged_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub signature: Option<Signature>,
}

fn yes() -> bool {
    true
}

fn is_true(kept: &bool) -> bool {
    *kept
}

impl Record {
    /// Appends the record's bytes.
    pub(super) fn put(&self, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        let (kind, payload) = match self {
            Self::Header(header) => (HEADER, serde_json::to_vec(header)?),
            Self::Workflow(workflow) => (WORKFLOW, serde_json::to_vec(workflow)?),
            Self::Artifact(artifact) => (ARTIFACT, serde_json::to_vec(artifact)?),
            Self::Piece(bytes) => {
                framed(PIECE, &[bytes], out);
                return Ok(());
            }
            Self::Event(event) => {
                let mut fixed = [0; EVENT_FIXED_BYTES];
                fixed[..8].copy_from_slice(&event.seq.to_be_bytes());
                fixed[8..16].copy_from_slice(&event.recorded_at.as_micros().to_be_bytes());
                fixed[16] = if event.late { FLAG_LATE } else { 0 };
                fixed[17..].copy_from_slice(&event.hash);
                framed(EVENT, &[&fixed, event.body.as_bytes()], out);
                return Ok(());
            }
            Self::Line(json) => {
                framed(LINE, &[json], out);
                return Ok(());
            }
            Self::Trailer(trailer) => (TRAILER, serde_json::to_vec(trailer)?),
        };
        framed(kind, &[&payload], out);
        Ok(())
    }

    /// Reads a record; says what is wrong with it.
    pub(super) fn parse(kind: u8, payload: &[u8]) -> Result<Self, String> {
        match kind {
            HEADER => json(payload).map(Self::Header),
            WORKFLOW => json(payload).map(Self::Workflow),
            ARTIFACT => json(payload).map(Self::Artifact),
            PIECE if payload.len() <= PIECE_BYTES => Ok(Self::Piece(payload.to_vec())),
            PIECE => Err(format!("{} bytes of an artifact at once", payload.len())),
            EVENT => event(payload).map(Self::Event),
            LINE => {
                // One JSON object on one line, as it will be kept.
                let is_one_line = memchr::memchr(b'\n', payload).is_none();
                let is_json = serde_json::from_slice::<&RawValue>(payload).is_ok();
                if is_one_line && is_json {
                    Ok(Self::Line(payload.to_vec()))
                } else {
                    Err("a log line that is no JSON".into())
                }
            }
            TRAILER => json(payload).map(Self::Trailer),
            other => Err(format!("a record of kind {other}, which nobody knows")),
        }
    }
}

fn framed(kind: u8, parts: &[&[u8]], out: &mut Vec<u8>) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    out.push(kind);
    out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    parts.iter().for_each(|part| out.extend_from_slice(part));
}

fn json<'a, T: Deserialize<'a>>(payload: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(payload).map_err(|error| error.to_string())
}

fn event(payload: &[u8]) -> Result<EventRecord, String> {
    let (fixed, body) = payload.split_at_checked(EVENT_FIXED_BYTES).ok_or("an event that is cut off")?;
    let number = |from: usize| u64::from_be_bytes(fixed[from..from + 8].try_into().unwrap_or_default());
    let recorded_at =
        Timestamp::from_micros(number(8).cast_signed()).ok_or("an event of an impossible time")?;
    if fixed[16] & !FLAG_LATE != 0 {
        return Err(format!("an event with flags ({}) that nobody knows", fixed[16]));
    }
    let body = String::from_utf8(body.to_vec()).map_err(|_| "an event whose body is no text")?;
    Ok(EventRecord {
        seq: number(0),
        recorded_at,
        late: fixed[16] == FLAG_LATE,
        hash: fixed[17..].try_into().unwrap_or_default(),
        body,
    })
}
