//! Which runs came in a bundle, and from where.

use uuid::Uuid;

use super::db::row::{column, number};
use super::db::{Db, DbError, Query, query};
use crate::facts::id::{OrganizationId, RunId, RunKey};
use crate::facts::time::Timestamp;

const BEGIN: Query = query!("imports/begin"; UUID, TEXT, UUID, UUID, INT8, BYTEA, TIMESTAMPTZ);
const RESTART: Query = query!("imports/restart"; UUID, TEXT, UUID, UUID, INT8, BYTEA, TIMESTAMPTZ);
const FINISH: Query = query!("imports/finish"; UUID, TEXT, TIMESTAMPTZ);
const FIND: Query = query!("imports/find"; UUID, UUID);

/// A run as it is to be imported, or as an earlier try has noted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedRun {
    pub run_key: RunKey,
    /// Who recorded it.
    pub origin: OrganizationId,
    pub events: u64,
    pub head_hash: Vec<u8>,
    pub is_finished: bool,
}

/// Notes that an import begins. Where one has begun before, its note comes back and stays.
pub async fn begin(
    db: &Db,
    organization: OrganizationId,
    run_id: &RunId,
    run: &ImportedRun,
    now: Timestamp,
) -> Result<ImportedRun, DbError> {
    let events = run.events.cast_signed();
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
        [&organization.0, &run_id.as_str(), &run.run_key.0, &run.origin.0, &events, &run.head_hash, &now];
    let row = db.get().await?.query_one(&BEGIN, &params).await?;
    Ok(ImportedRun {
        run_key: RunKey(column(&row, 0)?),
        origin: OrganizationId(column(&row, 1)?),
        events: number(&row, 2)?,
        head_hash: column(&row, 3)?,
        is_finished: column(&row, 4)?,
    })
}

/// Replaces the note of a run that is not there any more.
pub async fn restart(
    db: &Db,
    organization: OrganizationId,
    run_id: &RunId,
    run: &ImportedRun,
    now: Timestamp,
) -> Result<(), DbError> {
    let events = run.events.cast_signed();
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
        [&organization.0, &run_id.as_str(), &run.run_key.0, &run.origin.0, &events, &run.head_hash, &now];
    db.get().await?.query(&RESTART, &params).await.map(drop)
}

/// Notes that the run is here, whole.
pub async fn finish(
    db: &Db,
    organization: OrganizationId,
    run_id: &RunId,
    now: Timestamp,
) -> Result<(), DbError> {
    db.get().await?.query(&FINISH, &[&organization.0, &run_id.as_str(), &now]).await.map(drop)
}

/// Who recorded the run, where it was not this organization itself, and whether it is here whole.
pub async fn find(
    db: &Db,
    organization: OrganizationId,
    run: RunKey,
) -> Result<Option<(OrganizationId, bool)>, DbError> {
    let row = db.get().await?.query_opt(&FIND, &[&organization.0, &run.0]).await?;
    row.map(|row| Ok((OrganizationId(column::<Uuid>(&row, 0)?), column(&row, 1)?))).transpose()
}
