//! Artifacts: bytes in, hashed as they pass; then the object, its row and its event, in this order.
//!
//! Whatever breaks off between these is mended by sending the same again: the artifact's id follows from its place and
//! its content (`facts::artifact`), and the event's from that. An artifact that is recorded never changes: another
//! content under the same name is refused.

mod held;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::ops::Range;
use std::time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

pub use self::held::{Held, store_json};
use super::Core;
use super::ingest::{self, server_event};
use crate::facts::artifact::{ARTIFACT_MAX_BYTES, ArtifactName, ArtifactPlace, MEDIA_TYPE_UNKNOWN, event_id};
use crate::facts::event::{Event, EventType};
use crate::facts::id::{NodeRef, OrganizationId, RunId, RunKey};
use crate::facts::json::Json;
use crate::facts::media::{self, Mislabelled};
use crate::facts::time::Timestamp;
use crate::store::artifacts::{self, ArtifactRow};
use crate::store::db::DbError;
use crate::store::journal::AppendError;
use crate::store::objects::{ObjectError, ObjectKey, Staged, Staging};
use crate::store::{clock, runs};

/// An artifact as the API shows it, and as its event carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Artifact<'a> {
    pub artifact_id: Uuid,
    #[schema(value_type = String)]
    pub name: &'a ArtifactName,
    /// Null for the run's own.
    #[schema(value_type = Option<String>)]
    pub node_ref: Option<&'a NodeRef>,
    pub attempt: Option<u32>,
    pub media_type: &'a str,
    pub bytes: u64,
    /// In hexadecimal digits.
    pub sha256: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl<'a> From<&'a ArtifactRow> for Artifact<'a> {
    fn from(row: &'a ArtifactRow) -> Self {
        Self {
            artifact_id: row.artifact_id,
            name: &row.place.name,
            node_ref: row.place.node_ref.as_ref(),
            attempt: row.place.attempt,
            media_type: &row.media_type,
            bytes: row.bytes,
            sha256: hex(&row.sha256),
            created_at: row.created_at,
        }
    }
}

/// A digest as people write it.
#[must_use]
pub fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Why an artifact is not stored or not given.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    #[error("there is no such run")]
    NoSuchRun,
    /// The run's inputs, which are being stored.
    #[error("the artifact is not there yet")]
    NotYet,
    #[error("an artifact is at most {ARTIFACT_MAX_BYTES} bytes")]
    TooLarge,
    #[error("{0}")]
    Mislabelled(Mislabelled),
    /// The place is taken by the artifact of this id, with another content.
    #[error("this name is taken, by an artifact with another content")]
    Differs(Uuid),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// What has been stored, or was already.
#[derive(Debug)]
pub struct Stored {
    pub row: ArtifactRow,
    pub is_new: bool,
}

/// What becomes of a content that is not of its declared type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnMislabelled {
    /// It is refused: whoever sent it can say it otherwise.
    Refuse,
    /// It is kept as bytes of no known type, and its event says so: nobody is there to be asked.
    Keep,
}

/// An artifact on its way in. Dropped before [`Upload::finish`], nothing is left of it.
pub struct Upload {
    organization: OrganizationId,
    run_id: RunId,
    run: RunKey,
    place: ArtifactPlace,
    media_type: String,
    /// What is wrong with the type that it was declared to have.
    mislabelled: Option<Mislabelled>,
    on_mislabelled: OnMislabelled,
    /// Until there is enough of it to tell: all that has come.
    head: Option<Vec<u8>>,
    /// The claim under which it is sent, which must be the run's last one.
    claim: Option<i32>,
    content: Content,
}

/// What is to be recorded of a content that is whole.
struct Recording {
    organization: OrganizationId,
    run_id: RunId,
    row: ArtifactRow,
    /// The event's message.
    message: Option<String>,
    claim: Option<i32>,
}

/// Bytes as they come in, counted and hashed.
struct Content {
    staging: Staging,
    hash: Sha256,
    bytes: u64,
}

/// All bytes, on disk but not published.
struct Whole {
    staged: Staged,
    sha256: [u8; 32],
    bytes: u64,
}

impl Content {
    async fn begin(core: &Core) -> Result<Self, ArtifactError> {
        Ok(Self { staging: core.objects.stage().await?, hash: Sha256::new(), bytes: 0 })
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), ArtifactError> {
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        if self.bytes > ARTIFACT_MAX_BYTES {
            return Err(ArtifactError::TooLarge);
        }
        self.hash.update(bytes);
        Ok(self.staging.write(bytes).await?)
    }

    async fn complete(self) -> Result<Whole, ArtifactError> {
        let Self { staging, hash, bytes } = self;
        Ok(Whole { staged: staging.complete().await?, sha256: hash.finalize().into(), bytes })
    }
}

impl Upload {
    /// Begins to take an artifact of a run that is there.
    pub async fn begin(
        core: &Core,
        organization: OrganizationId,
        run_id: RunId,
        place: ArtifactPlace,
        media_type: String,
        claim: Option<i32>,
    ) -> Result<Self, ArtifactError> {
        let run = runs::find(&core.db, organization, &run_id).await?.ok_or(ArtifactError::NoSuchRun)?;
        Ok(Self {
            organization,
            run_id,
            run: run.run_key,
            place,
            media_type,
            mislabelled: None,
            on_mislabelled: OnMislabelled::Refuse,
            head: Some(Vec::new()),
            claim,
            content: Content::begin(core).await?,
        })
    }

    /// The same, which does with a content that is not of its type as said.
    pub fn on_mislabelled(self, on_mislabelled: OnMislabelled) -> Self {
        Self { on_mislabelled, ..self }
    }

    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), ArtifactError> {
        if let Some(head) = &mut self.head {
            let room = media::HEAD_BYTES - head.len();
            head.extend_from_slice(&bytes[..bytes.len().min(room)]);
            if head.len() == media::HEAD_BYTES {
                self.check_type()?;
            }
        }
        self.content.write(bytes).await
    }

    /// Holds the beginning against the declared type, once.
    fn check_type(&mut self) -> Result<(), ArtifactError> {
        let Some(head) = self.head.take() else { return Ok(()) };
        match (media::check(&self.media_type, &head), self.on_mislabelled) {
            (Ok(()), _) => {}
            (Err(fault), OnMislabelled::Refuse) => return Err(ArtifactError::Mislabelled(fault)),
            (Err(fault), OnMislabelled::Keep) => {
                MEDIA_TYPE_UNKNOWN.clone_into(&mut self.media_type);
                self.mislabelled = Some(fault);
            }
        }
        Ok(())
    }

    /// All bytes are in: publishes the object, records the row, appends ARTIFACT_RECORDED.
    pub async fn finish(mut self, core: &Core) -> Result<Stored, ArtifactError> {
        self.check_type()?;
        let Self { organization, run_id, run, place, media_type, mislabelled, claim, content, .. } = self;
        let Whole { staged, sha256, bytes } = content.complete().await?;
        let artifact_id = place.artifact_id(organization, &run_id, &sha256);
        let row = ArtifactRow {
            artifact_id,
            run_key: run,
            place,
            media_type,
            bytes,
            sha256,
            created_at: clock::now(),
        };
        let message = mislabelled.map(|fault| format!("kept as {MEDIA_TYPE_UNKNOWN}: {fault}"));
        record(core, staged, Recording { organization, run_id, row, message, claim }).await
    }
}

async fn record(core: &Core, staged: Staged, recording: Recording) -> Result<Stored, ArtifactError> {
    let Recording { organization, run_id, row, message, claim } = recording;
    let key = key_of(organization, &row);
    let taken = artifacts::at_place(&core.db, organization, row.run_key, &row.place).await?;
    let stored = match taken {
        Some(first) if first.artifact_id != row.artifact_id => {
            return Err(ArtifactError::Differs(first.artifact_id));
        }
        Some(first) => {
            if !core.objects.exists(key).await? {
                core.objects.publish(staged, key).await?;
            }
            Stored { row: first, is_new: false }
        }
        None => {
            core.objects.publish(staged, key).await?;
            insert(core, organization, row).await?
        }
    };
    let data = Json::from_value(&Artifact::from(&stored.row))
        .map_err(|error| AppendError::Rejected(error.to_string()))?;
    let event = Event {
        node_ref: stored.row.place.node_ref.clone(),
        attempt: stored.row.place.attempt,
        occurred_at: stored.row.created_at,
        message,
        ..server_event(EventType::ArtifactRecorded, event_id(stored.row.artifact_id), Some(data))
    };
    ingest::append_own(core, organization, run_id, vec![event], claim).await?;
    Ok(stored)
}

/// Records the row of a published object. Somebody may have been faster, with the same content or another.
async fn insert(
    core: &Core,
    organization: OrganizationId,
    row: ArtifactRow,
) -> Result<Stored, ArtifactError> {
    if artifacts::insert(&core.db, organization, &row).await? {
        return Ok(Stored { row, is_new: true });
    }
    match artifacts::at_place(&core.db, organization, row.run_key, &row.place).await? {
        Some(first) if first.artifact_id == row.artifact_id => Ok(Stored { row: first, is_new: false }),
        Some(first) => {
            core.objects.remove(key_of(organization, &row)).await?;
            Err(ArtifactError::Differs(first.artifact_id))
        }
        None => Err(DbError::Shape("an artifact's place is taken and empty".into()).into()),
    }
}

fn key_of(organization: OrganizationId, row: &ArtifactRow) -> ObjectKey {
    ObjectKey { organization, run: row.run_key, artifact_id: row.artifact_id }
}

/// The run's artifact of that id, and whether its bytes are as many as were recorded.
pub async fn find(
    core: &Core,
    organization: OrganizationId,
    run_id: &RunId,
    artifact_id: Uuid,
) -> Result<Option<ArtifactRow>, ArtifactError> {
    let run = runs::find(&core.db, organization, run_id).await?.ok_or(ArtifactError::NoSuchRun)?;
    Ok(artifacts::find(&core.db, organization, run.run_key, artifact_id).await?)
}

/// The bytes of `range`; an object that has another size than recorded is not given.
pub async fn read(
    core: &Core,
    organization: OrganizationId,
    row: &ArtifactRow,
    range: Range<u64>,
) -> Result<BoxStream<'static, std::io::Result<Bytes>>, ArtifactError> {
    use futures_util::{StreamExt as _, TryStreamExt as _};
    let key = key_of(organization, row);
    let size = core.objects.size(key).await?;
    if size != row.bytes {
        let text = format!("the object of artifact {} has {size} bytes, not {}", row.artifact_id, row.bytes);
        return Err(DbError::Shape(text).into());
    }
    if range.is_empty() {
        return Ok(futures_util::stream::empty().boxed());
    }
    Ok(core.objects.read(key, range).await?.map_err(std::io::Error::other).boxed())
}

/// An artifact of an imported run on its way back in: under the id that its event names, without another event.
pub struct Restoring {
    organization: OrganizationId,
    row: ArtifactRow,
    /// `None` where the bundle had no bytes of it.
    content: Option<Content>,
}

impl Restoring {
    pub async fn begin(
        core: &Core,
        organization: OrganizationId,
        row: ArtifactRow,
        has_content: bool,
    ) -> Result<Self, ArtifactError> {
        let content = if has_content { Some(Content::begin(core).await?) } else { None };
        Ok(Self { organization, row, content })
    }

    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), ArtifactError> {
        match &mut self.content {
            Some(content) => content.write(bytes).await,
            None => Ok(()),
        }
    }

    /// Publishes and records it; one that is here already, the same, stays.
    pub async fn finish(self, core: &Core) -> Result<(), ArtifactError> {
        let Self { organization, row, content } = self;
        if let Some(content) = content {
            let Whole { staged, sha256, bytes } = content.complete().await?;
            if sha256 != row.sha256 || bytes != row.bytes {
                return Err(ArtifactError::Differs(row.artifact_id));
            }
            let key = key_of(organization, &row);
            if !core.objects.exists(key).await? {
                core.objects.publish(staged, key).await?;
            }
        }
        if artifacts::insert(&core.db, organization, &row).await? {
            return Ok(());
        }
        let there = artifacts::find(&core.db, organization, row.run_key, row.artifact_id).await?;
        there.map(drop).ok_or(ArtifactError::Differs(row.artifact_id))
    }
}

/// A URL that gives the artifact to whoever has it, as an attachment with this disposition; `None` where the store has no such.
pub async fn signed_url(
    core: &Core,
    organization: OrganizationId,
    row: &ArtifactRow,
    disposition: &str,
    lasts: Duration,
) -> Result<Option<String>, ArtifactError> {
    Ok(core.objects.signed_url(key_of(organization, row), disposition, lasts).await?)
}
