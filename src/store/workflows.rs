//! Stored workflows: the texts that runs are started from, each change a version of its own.
//!
//! Knows nothing of what is in them but what it is told for the list; who stores a text has checked it.

use uuid::Uuid;

use super::db::row::{column, number, parsed};
use super::db::{Db, DbError, Query, query};
use crate::facts::id::{OrganizationId, RunId, RunKey};
use crate::facts::status::RunStatus;
use crate::facts::time::Timestamp;

const LOCK: Query = query!("workflows/lock"; UUID, TEXT, TIMESTAMPTZ);
const FIND: Query = query!("workflows/find"; UUID, TEXT, INT4);
const ADD_VERSION: Query = query!("workflows/add_version"; UUID, TEXT, INT4, TEXT, TEXT, INT4, TIMESTAMPTZ);
const LIST: Query = query!("workflows/list"; UUID, TIMESTAMPTZ, TEXT, TEXT, INT8);
const VERSIONS: Query = query!("workflows/versions"; UUID, TEXT, INT4, INT8);
const DELETE: Query = query!("workflows/delete"; UUID, TEXT, TIMESTAMPTZ);

/// A text to be stored, checked by the caller.
#[derive(Debug, Clone, Copy)]
pub struct NewVersion<'a> {
    pub name: &'a str,
    pub source: &'a str,
    pub description: Option<&'a str>,
    pub node_count: i32,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// It is this version, the latest now.
    Added(i32),
    /// The latest version has the same text already.
    Unchanged(i32),
}

/// A workflow with one of its versions.
#[derive(Debug, Clone)]
pub struct StoredWorkflow {
    pub latest_version: i32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// It starts nothing any more; what ran of it is still there.
    pub is_deleted: bool,
    pub version: i32,
    pub source: String,
    pub version_created_at: Timestamp,
}

/// A workflow as the list shows it.
#[derive(Debug, Clone)]
pub struct ListedWorkflow {
    pub name: String,
    pub version: i32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub description: Option<String>,
    pub node_count: i32,
    pub last_run: Option<LastRun>,
    /// Runs in the queue that wait for a worker …
    pub waiting: u64,
    /// … and that one has.
    pub claimed: u64,
}

#[derive(Debug, Clone)]
pub struct LastRun {
    pub run_id: RunId,
    pub status: RunStatus,
    pub run_key: RunKey,
}

/// A version as the list shows it.
#[derive(Debug, Clone)]
pub struct ListedVersion {
    pub version: i32,
    pub created_at: Timestamp,
    pub description: Option<String>,
    pub node_count: i32,
}

/// Stores a text under its name: as a new version, unless the latest one is the same. Those who store the same workflow
/// at once take turns, so that each version's number is given once.
pub async fn put(
    db: &Db,
    organization: OrganizationId,
    new: NewVersion<'_>,
    now: Timestamp,
) -> Result<Stored, DbError> {
    let mut connection = db.get().await?;
    let transaction = connection.transaction().await?;
    let row = transaction.query_one(&LOCK, &[&organization.0, &new.name, &now]).await?;
    let latest: i32 = column(&row, 0)?;
    let is_deleted = column::<Option<Timestamp>>(&row, 1)?.is_some();
    // A statement of its own, since it must see what the one before in the lock's queue has committed.
    let found = transaction.query_opt(&FIND, &[&organization.0, &new.name, &Some(latest)]).await?;
    let version = match found {
        None => latest,
        Some(row) if !is_deleted && column::<&str>(&row, 5)? == new.source => {
            return Ok(Stored::Unchanged(latest));
        }
        Some(_) => latest.saturating_add(1),
    };
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
        [&organization.0, &new.name, &version, &new.source, &new.description, &new.node_count, &now];
    transaction.query(&ADD_VERSION, &params).await?;
    transaction.commit().await?;
    Ok(Stored::Added(version))
}

/// A workflow with its `version`, or with its latest one; a deleted workflow too.
pub async fn find(
    db: &Db,
    organization: OrganizationId,
    name: &str,
    version: Option<i32>,
) -> Result<Option<StoredWorkflow>, DbError> {
    let row = db.get().await?.query_opt(&FIND, &[&organization.0, &name, &version]).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(StoredWorkflow {
        latest_version: column(&row, 0)?,
        created_at: column(&row, 1)?,
        updated_at: column(&row, 2)?,
        is_deleted: column(&row, 3)?,
        version: column(&row, 4)?,
        source: column(&row, 5)?,
        version_created_at: column(&row, 6)?,
    }))
}

/// A page of the workflows that are not deleted, newest change first, behind the place `before`.
pub async fn list(
    db: &Db,
    organization: OrganizationId,
    before: Option<&(Timestamp, String)>,
    text: Option<&str>,
    limit: u32,
) -> Result<Vec<ListedWorkflow>, DbError> {
    let (at, name) = before.map(|(at, name)| (*at, name.as_str())).unzip();
    let pattern = text.map(super::db::like_pattern);
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&organization.0, &at, &name, &pattern, &i64::from(limit)];
    let rows = db.get().await?.query(&LIST, &params).await?;
    rows.iter()
        .map(|row| {
            Ok(ListedWorkflow {
                name: column(row, 0)?,
                version: column(row, 1)?,
                created_at: column(row, 2)?,
                updated_at: column(row, 3)?,
                description: column(row, 4)?,
                node_count: column(row, 5)?,
                last_run: last_run(row)?,
                waiting: number(row, 9)?,
                claimed: number(row, 10)?,
            })
        })
        .collect()
}

fn last_run(row: &tokio_postgres::Row) -> Result<Option<LastRun>, DbError> {
    let Some(key) = column::<Option<Uuid>>(row, 8)? else { return Ok(None) };
    Ok(Some(LastRun { run_id: parsed(row, 6)?, status: parsed(row, 7)?, run_key: RunKey(key) }))
}

/// A page of a workflow's versions below `before`, newest first.
pub async fn versions(
    db: &Db,
    organization: OrganizationId,
    name: &str,
    before: Option<i32>,
    limit: u32,
) -> Result<Vec<ListedVersion>, DbError> {
    let rows =
        db.get().await?.query(&VERSIONS, &[&organization.0, &name, &before, &i64::from(limit)]).await?;
    rows.iter()
        .map(|row| {
            Ok(ListedVersion {
                version: column(row, 0)?,
                created_at: column(row, 1)?,
                description: column(row, 2)?,
                node_count: column(row, 3)?,
            })
        })
        .collect()
}

/// Takes a workflow out of the list, so that nothing is started from it any more. `false`: it was not there.
pub async fn delete(
    db: &Db,
    organization: OrganizationId,
    name: &str,
    now: Timestamp,
) -> Result<bool, DbError> {
    Ok(db.get().await?.query_opt(&DELETE, &[&organization.0, &name, &now]).await?.is_some())
}
