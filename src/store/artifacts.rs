//! The rows of artifacts; their bytes are in [`super::objects`].

use tokio_postgres::Row;
use uuid::Uuid;

use super::db::row::{column, parsed};
use super::db::{Db, DbError, Query, like_pattern, query};
use crate::facts::artifact::ArtifactPlace;
use crate::facts::id::{NodeRef, OrganizationId, RunId, RunKey};
use crate::facts::time::Timestamp;

const INSERT: Query =
    query!("artifacts/insert"; UUID, UUID, UUID, TEXT, INT4, TEXT, TEXT, INT8, BYTEA, TIMESTAMPTZ);
const AT_PLACE: Query = query!("artifacts/at_place"; UUID, UUID, TEXT, INT4, TEXT);
const FIND: Query = query!("artifacts/find"; UUID, UUID, UUID);
const LIST: Query = query!("artifacts/list"; UUID, UUID, TIMESTAMPTZ, UUID, TEXT, INT8);
const LIBRARY: Query = query!("artifacts/library"; UUID, TEXT, TEXT, TIMESTAMPTZ, UUID, INT8);
const KNOWN: Query = query!("artifacts/known"; UUID_ARRAY);

/// An artifact as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactRow {
    pub artifact_id: Uuid,
    pub run_key: RunKey,
    pub place: ArtifactPlace,
    pub media_type: String,
    pub bytes: u64,
    pub sha256: [u8; 32],
    pub created_at: Timestamp,
}

/// Records an artifact; false where its place is taken already.
pub async fn insert(db: &Db, organization: OrganizationId, row: &ArtifactRow) -> Result<bool, DbError> {
    let (node_ref, attempt) = keys(&row.place)?;
    let bytes = i64::try_from(row.bytes).map_err(|e| DbError::Shape(e.to_string()))?;
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 10] = [
        &row.artifact_id,
        &organization.0,
        &row.run_key.0,
        &node_ref,
        &attempt,
        &row.place.name.as_str(),
        &row.media_type,
        &bytes,
        &row.sha256.as_slice(),
        &row.created_at,
    ];
    Ok(db.get().await?.query_opt(&INSERT, &params).await?.is_some())
}

/// The artifact that has this place in the run.
pub async fn at_place(
    db: &Db,
    organization: OrganizationId,
    run: RunKey,
    place: &ArtifactPlace,
) -> Result<Option<ArtifactRow>, DbError> {
    let (node_ref, attempt) = keys(place)?;
    let row = db
        .get()
        .await?
        .query_opt(&AT_PLACE, &[&organization.0, &run.0, &node_ref, &attempt, &place.name.as_str()])
        .await?;
    row.as_ref().map(read).transpose()
}

/// The run's artifact of that id.
pub async fn find(
    db: &Db,
    organization: OrganizationId,
    run: RunKey,
    artifact_id: Uuid,
) -> Result<Option<ArtifactRow>, DbError> {
    let row = db.get().await?.query_opt(&FIND, &[&organization.0, &run.0, &artifact_id]).await?;
    row.as_ref().map(read).transpose()
}

/// A page of the run's artifacts behind `after`, oldest first.
pub async fn list(
    db: &Db,
    organization: OrganizationId,
    run: RunKey,
    after: Option<(Timestamp, Uuid)>,
    node_ref: Option<&NodeRef>,
    limit: u32,
) -> Result<Vec<ArtifactRow>, DbError> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 6] = [
        &organization.0,
        &run.0,
        &after.map(|(at, _)| at),
        &after.map(|(_, id)| id),
        &node_ref.map(NodeRef::as_str),
        &i64::from(limit),
    ];
    db.get().await?.query(&LIST, &params).await?.iter().map(read).collect()
}

/// An artifact with the run that it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryRow {
    pub artifact: ArtifactRow,
    pub run_id: RunId,
    pub workflow: Option<String>,
}

/// A page of an organization's artifacts behind `before`, newest first; perhaps only those of a workflow, or whose names hold a text.
pub async fn library(
    db: &Db,
    organization: OrganizationId,
    workflow: Option<&str>,
    text: Option<&str>,
    before: Option<(Timestamp, Uuid)>,
    limit: u32,
) -> Result<Vec<LibraryRow>, DbError> {
    let pattern = text.map(like_pattern);
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 6] = [
        &organization.0,
        &workflow,
        &pattern,
        &before.map(|(at, _)| at),
        &before.map(|(_, id)| id),
        &i64::from(limit),
    ];
    let read = |row: &Row| -> Result<LibraryRow, DbError> {
        Ok(LibraryRow { artifact: read(row)?, run_id: parsed(row, 9)?, workflow: column(row, 10)? })
    };
    db.get().await?.query(&LIBRARY, &params).await?.iter().map(read).collect()
}

/// Those of the artifacts that are recorded.
pub async fn known(db: &Db, ids: &[Uuid]) -> Result<Vec<Uuid>, DbError> {
    db.get().await?.query(&KNOWN, &[&ids]).await?.iter().map(|row| column(row, 0)).collect()
}

type Keys<'a> = (Option<&'a str>, Option<i32>);

fn keys(place: &ArtifactPlace) -> Result<Keys<'_>, DbError> {
    let attempt = place.attempt.map(i32::try_from).transpose();
    let attempt = attempt.map_err(|e| DbError::Shape(e.to_string()))?;
    Ok((place.node_ref.as_ref().map(NodeRef::as_str), attempt))
}

fn read(row: &Row) -> Result<ArtifactRow, DbError> {
    let shape = |text: String| DbError::Shape(text);
    let node_ref: Option<&str> = column(row, 2)?;
    let attempt: Option<i32> = column(row, 3)?;
    let sha256: &[u8] = column(row, 7)?;
    let place = ArtifactPlace {
        name: column::<&str>(row, 4)?.parse().map_err(|e| shape(format!("{e}")))?,
        node_ref: node_ref.map(str::parse).transpose().map_err(|e| shape(format!("{e}")))?,
        attempt: attempt.map(i32::unsigned_abs),
    };
    Ok(ArtifactRow {
        artifact_id: column(row, 0)?,
        run_key: RunKey(column(row, 1)?),
        place,
        media_type: column(row, 5)?,
        bytes: column::<i64>(row, 6)?.unsigned_abs(),
        sha256: sha256.try_into().map_err(|_| shape("a sha256 has another length".into()))?,
        created_at: column(row, 8)?,
    })
}
