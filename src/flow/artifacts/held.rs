//! JSON that is too large for an event, kept as an artifact of the run that it belongs to.

use serde::Serialize;
use uuid::Uuid;

use super::{ArtifactError, Content, Recording, Stored, Whole, hex, record};
use crate::facts::artifact::ArtifactPlace;
use crate::facts::id::{OrganizationId, RunId, RunKey};
use crate::facts::json::Json;
use crate::flow::Core;
use crate::store::artifacts::ArtifactRow;
use crate::store::clock;
use crate::store::db::DbError;
use crate::store::journal::AppendError;

/// JSON that is too large for an event, held until the run that it belongs to is there.
///
/// A run's inputs are named by its first event, so their artifact is referred to before it can be recorded: hold the
/// text, start the run with [`Held::reference`] in its place, then [`Held::record`] it under the run. Whoever reads the
/// reference in between, or after a crash in between and before the request's repeat, finds no artifact yet.
pub struct Held {
    organization: OrganizationId,
    run_id: RunId,
    place: ArtifactPlace,
    artifact_id: Uuid,
    whole: Whole,
}

/// What stands where the JSON would have stood.
#[derive(Serialize)]
struct Reference {
    #[serde(rename = "$artifact")]
    artifact_id: Uuid,
    bytes: u64,
    sha256: String,
}

/// Takes JSON text as the artifact `name` of the run itself; nothing is published yet.
pub async fn store_json(
    core: &Core,
    organization: OrganizationId,
    run_id: &RunId,
    name: &str,
    text: &Json,
) -> Result<Held, ArtifactError> {
    let name = name.parse().map_err(|error| DbError::Shape(format!("{error}")))?;
    let place = ArtifactPlace { name, node_ref: None, attempt: None };
    let mut content = Content::begin(core).await?;
    content.write(text.get().as_bytes()).await?;
    let whole = content.complete().await?;
    let artifact_id = place.artifact_id(organization, run_id, &whole.sha256);
    Ok(Held { organization, run_id: run_id.clone(), place, artifact_id, whole })
}

impl Held {
    /// `{"$artifact": id, "bytes": n, "sha256": hex}`
    pub fn reference(&self) -> Result<Json, AppendError> {
        let Self { artifact_id, whole, .. } = self;
        let reference =
            Reference { artifact_id: *artifact_id, bytes: whole.bytes, sha256: hex(&whole.sha256) };
        Json::from_value(&reference).map_err(|error| AppendError::Rejected(error.to_string()))
    }

    /// Publishes and records it, now that the run is there.
    pub async fn record(self, core: &Core, run: RunKey) -> Result<Stored, ArtifactError> {
        let Self { organization, run_id, place, artifact_id, whole } = self;
        let Whole { staged, sha256, bytes } = whole;
        let row = ArtifactRow {
            artifact_id,
            run_key: run,
            place,
            media_type: "application/json".to_owned(),
            bytes,
            sha256,
            created_at: clock::now(),
        };
        let recording = Recording { organization, run_id, row, message: None, claim: None };
        record(core, staged, recording).await
    }
}
