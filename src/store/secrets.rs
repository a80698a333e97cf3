//! The rows of sealed secrets. Never sees a value: sealing and opening are [`crate::flow`]'s.

use tokio_postgres::Row;

use super::db::row::column;
use super::db::{Db, DbError, Query, query};
use crate::facts::id::{OrganizationId, RunKey};
use crate::facts::secret::SecretName;
use crate::facts::time::Timestamp;

const PUT: Query = query!("secrets/put"; UUID, TEXT, BYTEA);
const LIST: Query = query!("secrets/list"; UUID, TEXT, INT8);
const DELETE: Query = query!("secrets/delete"; UUID, TEXT);
const SEALED: Query = query!("secrets/sealed"; UUID, TEXT_ARRAY);
const CLAIM_IS_HELD: Query = query!("secrets/claim_is_held"; UUID, UUID, INT4);

/// A secret as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRow {
    pub name: SecretName,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Stores a sealed value; whether the name is new comes with its times.
pub async fn put(
    db: &Db,
    organization: OrganizationId,
    name: &SecretName,
    sealed: &[u8],
) -> Result<(SecretRow, bool), DbError> {
    let row = db.get().await?.query_one(&PUT, &[&organization.0, &name.as_str(), &sealed]).await?;
    let stored = SecretRow { name: name.clone(), created_at: column(&row, 0)?, updated_at: column(&row, 1)? };
    Ok((stored, column(&row, 2)?))
}

/// A page of names behind `after`.
pub async fn list(
    db: &Db,
    organization: OrganizationId,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<SecretRow>, DbError> {
    let read = |row: &Row| -> Result<SecretRow, DbError> {
        Ok(SecretRow { name: name(row)?, created_at: column(row, 1)?, updated_at: column(row, 2)? })
    };
    let rows = db.get().await?.query(&LIST, &[&organization.0, &after, &i64::from(limit)]).await?;
    rows.iter().map(read).collect()
}

/// Whether there was one to delete.
pub async fn delete(db: &Db, organization: OrganizationId, name: &SecretName) -> Result<bool, DbError> {
    Ok(db.get().await?.query_opt(&DELETE, &[&organization.0, &name.as_str()]).await?.is_some())
}

/// The sealed values of those of `names` that are there.
pub async fn sealed(
    db: &Db,
    organization: OrganizationId,
    names: &[SecretName],
) -> Result<Vec<(SecretName, Vec<u8>)>, DbError> {
    let names: Vec<&str> = names.iter().map(SecretName::as_str).collect();
    let read = |row: &Row| -> Result<_, DbError> { Ok((name(row)?, column(row, 1)?)) };
    db.get().await?.query(&SEALED, &[&organization.0, &names]).await?.iter().map(read).collect()
}

/// Whether `claim` is the run's newest one and its lease still holds.
pub async fn claim_is_held(
    db: &Db,
    organization: OrganizationId,
    run: RunKey,
    claim: i32,
) -> Result<bool, DbError> {
    column(&db.get().await?.query_one(&CLAIM_IS_HELD, &[&organization.0, &run.0, &claim]).await?, 0)
}

fn name(row: &Row) -> Result<SecretName, DbError> {
    column::<&str>(row, 0)?.parse().map_err(|e| DbError::Shape(format!("{e}")))
}
