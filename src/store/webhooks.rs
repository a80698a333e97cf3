//! The rows of webhooks. Knows a token by its hash only, and never opens a signing secret.

use tokio_postgres::Row;
use uuid::Uuid;

use super::db::row::column;
use super::db::{Db, DbError, Query, query};
use crate::facts::id::{OrganizationId, RunId};
use crate::facts::time::Timestamp;

const INSERT: Query = query!("webhooks/insert"; UUID, UUID, TEXT, TEXT, BYTEA, BYTEA, TIMESTAMPTZ, INT8);
const LIST: Query = query!("webhooks/list"; UUID, TEXT);
const DELETE: Query = query!("webhooks/delete"; UUID, TEXT, UUID);
const FIND: Query = query!("webhooks/find"; BYTEA);
const USED: Query = query!("webhooks/used"; UUID, TIMESTAMPTZ, TEXT);

/// Webhooks of one workflow: one for each sender is plenty, and the list needs no pages.
pub const PER_WORKFLOW_MAX: u32 = 100;

/// A webhook as it may be shown.
#[derive(Debug, Clone)]
pub struct WebhookRow {
    pub webhook_id: Uuid,
    pub description: Option<String>,
    pub is_signed: bool,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    pub last_run_id: Option<String>,
}

/// A webhook to be.
#[derive(Debug)]
pub struct NewWebhook<'a> {
    pub webhook_id: Uuid,
    pub workflow: &'a str,
    pub description: Option<&'a str>,
    pub token_hash: &'a [u8],
    pub sealed_secret: Option<&'a [u8]>,
    pub created_at: Timestamp,
}

/// What a token opens.
#[derive(Debug, Clone)]
pub struct OpenWebhook {
    pub webhook_id: Uuid,
    pub organization: OrganizationId,
    pub workflow: String,
    pub sealed_secret: Option<Vec<u8>>,
}

/// Adds a webhook; false where its workflow has as many as it may have.
pub async fn insert(db: &Db, organization: OrganizationId, new: &NewWebhook<'_>) -> Result<bool, DbError> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 8] = [
        &new.webhook_id,
        &organization.0,
        &new.workflow,
        &new.description,
        &new.token_hash,
        &new.sealed_secret,
        &new.created_at,
        &i64::from(PER_WORKFLOW_MAX),
    ];
    Ok(db.get().await?.query_opt(&INSERT, &params).await?.is_some())
}

/// A workflow's webhooks, oldest first.
pub async fn list(db: &Db, organization: OrganizationId, workflow: &str) -> Result<Vec<WebhookRow>, DbError> {
    let read = |row: &Row| -> Result<WebhookRow, DbError> {
        Ok(WebhookRow {
            webhook_id: column(row, 0)?,
            description: column(row, 1)?,
            is_signed: column(row, 2)?,
            created_at: column(row, 3)?,
            last_used_at: column(row, 4)?,
            last_run_id: column(row, 5)?,
        })
    };
    db.get().await?.query(&LIST, &[&organization.0, &workflow]).await?.iter().map(read).collect()
}

/// Whether there was one to take away.
pub async fn delete(
    db: &Db,
    organization: OrganizationId,
    workflow: &str,
    webhook_id: Uuid,
) -> Result<bool, DbError> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&organization.0, &workflow, &webhook_id];
    Ok(db.get().await?.query_opt(&DELETE, &params).await?.is_some())
}

/// The webhook whose token has this hash.
pub async fn find(db: &Db, token_hash: &[u8]) -> Result<Option<OpenWebhook>, DbError> {
    let read = |row: Row| -> Result<OpenWebhook, DbError> {
        Ok(OpenWebhook {
            webhook_id: column(&row, 0)?,
            organization: OrganizationId(column(&row, 1)?),
            workflow: column(&row, 2)?,
            sealed_secret: column(&row, 3)?,
        })
    };
    db.get().await?.query_opt(&FIND, &[&token_hash]).await?.map(read).transpose()
}

/// Notes that a webhook has started a run.
pub async fn used(db: &Db, webhook_id: Uuid, at: Timestamp, run_id: &RunId) -> Result<(), DbError> {
    db.get().await?.query(&USED, &[&webhook_id, &at, &run_id.as_str()]).await.map(drop)
}
