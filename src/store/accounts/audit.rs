//! Who did what: written once, read newest first.

use tokio_postgres::Row;

use crate::facts::id::OrganizationId;
use crate::facts::time::Timestamp;
use crate::store::db::row::column;
use crate::store::db::{Db, DbError, Query, query};

const INSERT: Query = query!("accounts/insert_audit"; UUID, TEXT, TEXT, TEXT, TEXT, TEXT);
const LIST: Query = query!("accounts/list_audit"; UUID, INT8, INT8);

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    pub actor: String,
    /// Like `secrets.put` or `session.refused`.
    pub action: String,
    pub subject: Option<String>,
    /// JSON text.
    pub detail: Option<String>,
    pub address: Option<String>,
}

/// A deed as it is noted.
#[derive(Debug, Clone)]
pub struct Entry {
    pub entry_id: i64,
    pub at: Timestamp,
    pub deed: Deed,
}

pub async fn insert(db: &Db, organization: OrganizationId, deed: &Deed) -> Result<(), DbError> {
    let Deed { actor, action, subject, detail, address } = deed;
    db.get()
        .await?
        .query(&INSERT, &[&organization.0, actor, action, subject, detail, address])
        .await
        .map(drop)
}

/// A page of entries before `before`.
pub async fn list(
    db: &Db,
    organization: OrganizationId,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Entry>, DbError> {
    let read = |row: &Row| -> Result<Entry, DbError> {
        Ok(Entry {
            entry_id: column(row, 0)?,
            at: column(row, 1)?,
            deed: Deed {
                actor: column(row, 2)?,
                action: column(row, 3)?,
                subject: column(row, 4)?,
                detail: column(row, 5)?,
                address: column(row, 6)?,
            },
        })
    };
    let rows = db.get().await?.query(&LIST, &[&organization.0, &before, &i64::from(limit)]).await?;
    rows.iter().map(read).collect()
}
