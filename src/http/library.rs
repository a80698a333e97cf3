//! The artifacts of all runs in one list, and addresses that give one without a token.

use std::time::Duration;

use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::app::SharedApp;
use super::artifacts::disposition;
use super::cursor::{artifact_cursor, parse_artifact_cursor};
use super::endpoint::Call;
use super::problem::Problem;
use super::{Response, schema};
use crate::facts::id::OrganizationId;
use crate::flow::artifacts::{self, Artifact};
use crate::store::artifacts::{self as rows, ArtifactRow, LibraryRow};

/// Largest page, and the one that is given unasked.
const PAGE_MAX: u32 = 200;
const PAGE: u32 = 50;
/// Longest text to look for.
const SEARCH_MAX_BYTES: usize = 256;
/// How long a signed URL can be used to begin a download: long enough to be clicked, too short to be passed around.
const URL_LASTS: Duration = Duration::from_secs(60);

/// An artifact, with its run.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LibraryArtifact<'a> {
    run_id: &'a str,
    workflow: Option<&'a str>,
    #[serde(flatten)]
    artifact: Artifact<'a>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Library<'a> {
    artifacts: Vec<LibraryArtifact<'a>>,
    /// Null on the last page.
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedUrl {
    url: String,
    expires_in_seconds: u64,
}

/// GET /api/v1/artifacts
pub async fn list(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let limit = query.limit(PAGE_MAX, PAGE);
    let before = query.text("cursor").map(parse_artifact_cursor).transpose()?;
    let (workflow, text) = (query.text("workflow").map(str::to_owned), query.text("q").map(str::to_owned));
    for (name, given) in [("workflow", &workflow), ("q", &text)] {
        if given.as_ref().is_some_and(|given| given.len() > SEARCH_MAX_BYTES || given.contains('\0')) {
            query.fault(name, format!("is longer than {SEARCH_MAX_BYTES} bytes or holds U+0000"));
        }
    }
    query.check()?;
    let organization = call.head.organization();
    // One more than asked for tells whether there is another page.
    let db = &call.head.db(&app);
    let mut page =
        rows::library(db, organization, workflow.as_deref(), text.as_deref(), before, limit + 1).await?;
    let has_more = page.len() > limit as usize;
    page.truncate(limit as usize);
    let last = page.last().filter(|_| has_more).map(|row| &row.artifact);
    let next_cursor = last.map(|row| artifact_cursor(row.created_at, row.artifact_id));
    let artifacts = page.iter().map(shown).collect();
    Ok(schema::json(&Library { artifacts, next_cursor }))
}

fn shown(row: &LibraryRow) -> LibraryArtifact<'_> {
    LibraryArtifact {
        run_id: row.run_id.as_str(),
        workflow: row.workflow.as_deref(),
        artifact: Artifact::from(&row.artifact),
    }
}

/// The address of an artifact's bytes in the store itself.
pub(super) async fn signed_url(
    app: &SharedApp,
    organization: OrganizationId,
    row: &ArtifactRow,
) -> Result<Response, Problem> {
    let disposition = disposition(row.place.name.as_str());
    let url = artifacts::signed_url(&app.core, organization, row, &disposition, URL_LASTS).await?;
    let Some(url) = url else {
        let detail = "artifacts are kept where only this server reads; leave `url` out to get the bytes";
        return Err(Problem::new(StatusCode::NOT_FOUND, "no-presigned-url", detail));
    };
    Ok(schema::json(&SignedUrl { url, expires_in_seconds: URL_LASTS.as_secs() }))
}
