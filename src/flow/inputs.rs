//! A run's inputs where they are too large for its first event: they become an artifact, and the event refers to it.
//!
//! ```text
//! inputs held on disk ─► RUN_QUEUED with {"$artifact": id, bytes, sha256} ─► object, row and ARTIFACT_RECORDED
//! ```
//! The run is there before its artifact is: a worker that is quicker is told to ask again ([`is_promised`]). A crash in between
//! is mended by the request's repeat.

use bytes::BytesMut;
use futures_util::TryStreamExt as _;
use serde::Deserialize;
use uuid::Uuid;

use super::Core;
use super::artifacts::{self, ArtifactError};
use super::ingest::{self, NewRun};
use crate::facts::artifact::INPUTS_NAME;
use crate::facts::event_input::EVENT_MAX_BYTES;
use crate::facts::id::{OrganizationId, RunId};
use crate::facts::json::Json;
use crate::facts::status::RunStatus;
use crate::store::db::DbError;
use crate::store::journal::Appended;
use crate::store::objects::ObjectError;
use crate::store::runs;

/// Of all that RUN_QUEUED says of a run; what the event has around it has its own room.
pub const DECLARED_MAX_BYTES: usize = EVENT_MAX_BYTES - 1024;
/// What stands for the inputs: an id, a size and a digest.
const REFERENCE_BYTES: usize = 200;

/// What inputs of this size take in the event, beside `others` bytes of what else it says.
#[must_use]
pub fn declared_bytes(inputs: usize, others: usize) -> usize {
    if is_large(inputs, others) { others + REFERENCE_BYTES } else { others + inputs }
}

fn is_large(inputs: usize, others: usize) -> bool {
    inputs > REFERENCE_BYTES && inputs + others > DECLARED_MAX_BYTES
}

/// [`ingest::create_run`] for inputs of any size.
pub async fn create_run(
    core: &Core,
    organization: OrganizationId,
    mut run: NewRun,
) -> Result<Appended, ArtifactError> {
    let size = |json: &Option<Json>| json.as_ref().map_or(0, |json| json.get().len());
    let others = run.workflow.len() + size(&run.trigger) + size(&run.labels) + size(&run.nodes);
    let Some(inputs) = run.inputs.take_if(|inputs| is_large(inputs.get().len(), others)) else {
        return Ok(ingest::create_run(core, organization, run).await?);
    };
    let run_id = run.run_id.clone();
    let held = artifacts::store_json(core, organization, &run_id, INPUTS_NAME, &inputs).await?;
    run.inputs = Some(held.reference()?);
    let reference = run.inputs.clone();
    let appended = ingest::create_run(core, organization, run).await?;
    // A run that was there already keeps its own inputs. Where they are the same ones, what a first request has left
    // undone is done now.
    if !appended.created {
        let state = runs::state(&core.db, organization, &run_id).await?;
        if state.and_then(|(_, run)| run.documents.inputs) != reference {
            return Ok(appended);
        }
    }
    held.record(core, appended.run_key).await?;
    Ok(appended)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reference {
    #[serde(rename = "$artifact")]
    artifact_id: Uuid,
    #[serde(rename = "bytes")]
    _bytes: u64,
    #[serde(rename = "sha256")]
    _sha256: String,
}

/// Whether the first event of a run that goes on refers to this artifact, so that it is there in a moment even where it is not
/// yet. From a run that is over it may have been deleted.
pub async fn is_promised(
    core: &Core,
    organization: OrganizationId,
    run_id: &RunId,
    artifact_id: Uuid,
) -> Result<bool, DbError> {
    let state = runs::state(&core.db, organization, run_id).await?;
    let going_on = state.filter(|(_, run)| !run.head.status.is_some_and(RunStatus::is_terminal));
    let reference =
        going_on.and_then(|(_, run)| run.documents.inputs).and_then(|inputs| inputs.read::<Reference>());
    Ok(reference.is_some_and(|reference| reference.artifact_id == artifact_id))
}

/// A run's inputs themselves, where they may be a reference.
pub async fn whole(
    core: &Core,
    organization: OrganizationId,
    run_id: &RunId,
    inputs: &Json,
) -> Result<Json, ArtifactError> {
    let Some(Reference { artifact_id, .. }) = inputs.read() else { return Ok(inputs.clone()) };
    let found = artifacts::find(core, organization, run_id, artifact_id).await?;
    // An object that merely looks like a reference refers to nothing.
    let Some(row) = found else { return Ok(inputs.clone()) };
    let stream = artifacts::read(core, organization, &row, 0..row.bytes).await?;
    let broken = |error: std::io::Error| ArtifactError::from(ObjectError::Broken(error));
    let bytes = stream
        .map_err(broken)
        .try_fold(BytesMut::new(), async |mut all, chunk| {
            all.extend_from_slice(&chunk);
            Ok(all)
        })
        .await?;
    let unfit = |error: String| DbError::Shape(format!("the inputs of {run_id} are no JSON: {error}"));
    let text = String::from_utf8(bytes.to_vec()).map_err(|error| unfit(error.to_string()))?;
    Ok(Json::from_text(text).map_err(|error| unfit(error.to_string()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_stay_in_the_event_as_long_as_all_fits() {
        assert_eq!(declared_bytes(60_000, 100), 60_100);
        assert_eq!(declared_bytes(DECLARED_MAX_BYTES, 0), DECLARED_MAX_BYTES);
        assert_eq!(declared_bytes(DECLARED_MAX_BYTES + 1, 100), 100 + REFERENCE_BYTES);
        // Small inputs are not what makes it too large.
        assert_eq!(declared_bytes(100, DECLARED_MAX_BYTES), DECLARED_MAX_BYTES + 100);
    }

    #[test]
    fn only_a_whole_reference_is_one() {
        let is = |text: &str| Json::from_text(text.into()).unwrap().read::<Reference>().is_some();
        let id = Uuid::nil();
        assert!(is(&format!(r#"{{"$artifact":"{id}","bytes":1,"sha256":"ab"}}"#)));
        assert!(!is(&format!(r#"{{"$artifact":"{id}","bytes":1,"sha256":"ab","x":1}}"#)));
        assert!(!is(&format!(r#"{{"$artifact":"{id}"}}"#)));
        assert!(!is(r#"{"domain":"example.org"}"#));
    }
}
