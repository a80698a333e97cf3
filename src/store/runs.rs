//! Reads of the run projection: one run, several by their keys, the heads of those that are watched.

use tokio_postgres::Row;
use uuid::Uuid;

use super::db::{Db, DbError, Query, query};
use crate::facts::id::{OrganizationId, RunId, RunKey};
use crate::facts::json::Json;
use crate::facts::run::{Run, RunHead};
use crate::facts::status::RunStatus;
use crate::facts::time::Timestamp;
use crate::store::journal;

const FIND: Query = query!("runs/find"; UUID, TEXT);
const BY_KEYS: Query = query!("runs/by_keys"; UUID, UUID_ARRAY);
const HEADS: Query = query!("feed/heads"; UUID_ARRAY);
const COUNT_ACTIVE: Query = query!("runs/count_active";);
const SILENT: Query = query!("runs/silent"; TIMESTAMPTZ, TIMESTAMPTZ, INT8);
const CLAIM_IDEMPOTENCY_KEY: Query = query!("runs/claim_idempotency_key"; UUID, TEXT, TEXT);

/// Where a run's row is, and how far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunRow {
    pub run_key: RunKey,
    pub head_seq: u64,
    pub status: RunStatus,
}

/// A run as the list shows it.
#[derive(Debug, Clone)]
pub struct ListedRun {
    pub run_key: RunKey,
    pub run_id: RunId,
    pub head: RunHead,
    pub trigger: Option<Json>,
    pub labels: Json,
}

/// The heads of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heads {
    pub run_key: RunKey,
    pub seq: u64,
    pub log_seq: u64,
    pub status: RunStatus,
}

/// The run of that name, if the organization has one.
pub async fn find(db: &Db, organization: OrganizationId, run_id: &RunId) -> Result<Option<RunRow>, DbError> {
    let row = db.get().await?.query_opt(&FIND, &[&organization.0, &run_id.as_str()]).await?;
    let read = |row: Row| -> Result<RunRow, DbError> {
        let run_key: Uuid = column(&row, 0)?;
        Ok(RunRow { run_key: RunKey(run_key), head_seq: number(&row, 1)?, status: status(&row, 2)? })
    };
    row.map(read).transpose()
}

/// The whole folded state of a run, as projected.
pub async fn state(
    db: &Db,
    organization: OrganizationId,
    run_id: &RunId,
) -> Result<Option<(RunKey, Run)>, DbError> {
    journal::load_one(db, organization, run_id).await
}

/// The given runs, as the list shows them; those of other organizations are left out.
pub async fn by_keys(
    db: &Db,
    organization: OrganizationId,
    keys: &[RunKey],
) -> Result<Vec<ListedRun>, DbError> {
    let keys: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
    db.get().await?.query(&BY_KEYS, &[&organization.0, &keys]).await?.iter().map(listed).collect()
}

/// The heads of the given runs; those that no longer exist are left out.
pub async fn heads(db: &Db, keys: &[RunKey]) -> Result<Vec<Heads>, DbError> {
    let keys: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
    let read = |row: &Row| -> Result<Heads, DbError> {
        let run_key: Uuid = column(row, 0)?;
        Ok(Heads {
            run_key: RunKey(run_key),
            seq: number(row, 1)?,
            log_seq: number(row, 2)?,
            status: status(row, 3)?,
        })
    };
    db.get().await?.query(&HEADS, &[&keys]).await?.iter().map(read).collect()
}

/// How many runs are not over.
pub async fn count_active(db: &Db) -> Result<u64, DbError> {
    number(&db.get().await?.query_one(&COUNT_ACTIVE, &[]).await?, 0)
}

/// Runs that go on without a sign of life since `since`, or that no worker has had since `since_loss`; at most `limit`.
pub async fn silent(
    db: &Db,
    since: Timestamp,
    since_loss: Timestamp,
    limit: u32,
) -> Result<Vec<(OrganizationId, RunId)>, DbError> {
    let read = |row: &Row| -> Result<_, DbError> {
        let run_id: String = column(row, 1)?;
        let run_id = run_id.parse().map_err(|e| DbError::Shape(format!("{e}")))?;
        Ok((OrganizationId(column(row, 0)?), run_id))
    };
    db.get()
        .await?
        .query(&SILENT, &[&since, &since_loss, &i64::from(limit)])
        .await?
        .iter()
        .map(read)
        .collect()
}

/// Binds an Idempotency-Key to `run_id`, or answers with the run it is bound to already.
pub async fn claim_idempotency_key(
    db: &Db,
    organization: OrganizationId,
    key: &str,
    run_id: &RunId,
) -> Result<RunId, DbError> {
    let row =
        db.get().await?.query_one(&CLAIM_IDEMPOTENCY_KEY, &[&organization.0, &key, &run_id.as_str()]).await?;
    column::<String>(&row, 0)?.parse().map_err(|e| DbError::Shape(format!("{e}")))
}

/// A row of the list: run_key, run_id, state, trigger, labels.
pub(super) fn listed(row: &Row) -> Result<ListedRun, DbError> {
    let run_key: Uuid = column(row, 0)?;
    let run_id: String = column(row, 1)?;
    let head: &str = row.try_get(2).map_err(shape)?;
    let json = |text: Option<String>| text.map(Json::from_text).transpose();
    Ok(ListedRun {
        run_key: RunKey(run_key),
        run_id: run_id.parse().map_err(|e| DbError::Shape(format!("{e}")))?,
        head: serde_json::from_str(head).map_err(|e| DbError::Shape(e.to_string()))?,
        trigger: json(column(row, 3)?).map_err(|e| DbError::Shape(e.to_string()))?,
        labels: Json::from_text(column(row, 4)?).map_err(|e| DbError::Shape(e.to_string()))?,
    })
}

fn column<'r, T: tokio_postgres::types::FromSql<'r>>(row: &'r Row, index: usize) -> Result<T, DbError> {
    row.try_get(index).map_err(shape)
}

fn number(row: &Row, index: usize) -> Result<u64, DbError> {
    Ok(column::<i64>(row, index)?.unsigned_abs())
}

fn status(row: &Row, index: usize) -> Result<RunStatus, DbError> {
    column::<&str>(row, index)?.parse().map_err(|e| DbError::Shape(format!("{e}")))
}

fn shape(error: tokio_postgres::Error) -> DbError {
    DbError::Shape(error.to_string())
}
