//! API tokens: their digests, what they may do, and when they were last used.

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::facts::account::{Limit, Scope, TokenId, UserId};
use crate::facts::id::OrganizationId;
use crate::facts::time::Timestamp;
use crate::store::db::row::{column, number};
use crate::store::db::{Db, DbError, Query, query};

const INSERT: Query = query!(
    "accounts/insert_token"; UUID, UUID, UUID, TEXT, TEXT, BYTEA, TEXT_ARRAY, TEXT, TEXT, TIMESTAMPTZ
);
const LIST: Query = query!("accounts/list_tokens"; UUID, INT8);
const COUNT: Query = query!("accounts/count_tokens"; UUID, INT8);
const DELETE: Query = query!("accounts/delete_token"; UUID, UUID);
const BY_HASH: Query = query!("accounts/token_by_hash"; BYTEA);
const LIVE: Query = query!("accounts/live_tokens"; UUID_ARRAY);
const TOUCH: Query = query!("accounts/touch_tokens"; UUID_ARRAY, TIMESTAMPTZ_ARRAY);

/// Tokens of one organization: the list is one page, and thousands would be somebody's mistake.
pub const TOKENS_MAX: u64 = 1_000;

/// A token as it may be seen.
#[derive(Debug, Clone)]
pub struct TokenRow {
    pub token_id: TokenId,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub workflow: Option<String>,
    pub run_id: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub prefix: String,
}

/// A token that holds, with what it may do.
#[derive(Debug, Clone)]
pub struct LiveToken {
    pub token_id: TokenId,
    pub organization_id: OrganizationId,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub limit: Limit,
    pub created_by: Option<UserId>,
}

/// A token on its way in; `row` has no times yet.
pub struct NewToken<'a> {
    pub token_id: TokenId,
    pub organization: OrganizationId,
    pub created_by: Option<UserId>,
    pub name: &'a str,
    pub prefix: &'a str,
    pub hash: &'a [u8; 32],
    pub scopes: &'a [Scope],
    pub workflow: Option<&'a str>,
    pub run_id: Option<&'a str>,
    pub expires_at: Option<Timestamp>,
}

/// Stores a token; gives its time.
pub async fn insert(db: &Db, token: &NewToken<'_>) -> Result<Timestamp, DbError> {
    let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.as_str()).collect();
    let created_by = token.created_by.map(|user| user.0);
    let params: [&(dyn ToSql + Sync); 10] = [
        &token.token_id.0,
        &token.organization.0,
        &created_by,
        &token.name,
        &token.prefix,
        &token.hash.as_slice(),
        &scopes,
        &token.workflow,
        &token.run_id,
        &token.expires_at,
    ];
    column(&db.get().await?.query_one(&INSERT, &params).await?, 0)
}

/// How many the organization has, up to [`TOKENS_MAX`].
pub async fn count(db: &Db, organization: OrganizationId) -> Result<u64, DbError> {
    let most = i64::try_from(TOKENS_MAX).unwrap_or(i64::MAX);
    number(&db.get().await?.query_one(&COUNT, &[&organization.0, &most]).await?, 0)
}

/// The organization's tokens, newest first.
pub async fn list(db: &Db, organization: OrganizationId) -> Result<Vec<TokenRow>, DbError> {
    let most = i64::try_from(TOKENS_MAX).unwrap_or(i64::MAX);
    let read = |row: &Row| -> Result<TokenRow, DbError> {
        Ok(TokenRow {
            token_id: TokenId(column(row, 0)?),
            name: column(row, 1)?,
            scopes: scopes(row, 2)?,
            workflow: column(row, 3)?,
            run_id: column(row, 4)?,
            created_at: column(row, 5)?,
            expires_at: column(row, 6)?,
            last_used_at: column(row, 7)?,
            prefix: column(row, 8)?,
        })
    };
    db.get().await?.query(&LIST, &[&organization.0, &most]).await?.iter().map(read).collect()
}

/// Revokes a token; its name, if there was one.
pub async fn delete(
    db: &Db,
    organization: OrganizationId,
    token: TokenId,
) -> Result<Option<String>, DbError> {
    let row = db.get().await?.query_opt(&DELETE, &[&organization.0, &token.0]).await?;
    row.as_ref().map(|row| column(row, 0)).transpose()
}

/// The token with this digest, if it holds.
pub async fn by_hash(db: &Db, hash: &[u8; 32]) -> Result<Option<LiveToken>, DbError> {
    let row = db.get().await?.query_opt(&BY_HASH, &[&hash.as_slice()]).await?;
    row.as_ref().map(live_of).transpose()
}

/// Those of the tokens that hold.
pub async fn live(db: &Db, tokens: &[TokenId]) -> Result<Vec<LiveToken>, DbError> {
    let ids: Vec<Uuid> = tokens.iter().map(|token| token.0).collect();
    db.get().await?.query(&LIVE, &[&ids]).await?.iter().map(live_of).collect()
}

/// Notes when tokens were used.
pub async fn touch(db: &Db, used: &[(TokenId, Timestamp)]) -> Result<(), DbError> {
    let (ids, times): (Vec<Uuid>, Vec<Timestamp>) = used.iter().map(|(token, at)| (token.0, *at)).unzip();
    db.get().await?.query(&TOUCH, &[&ids, &times]).await.map(drop)
}

fn live_of(row: &Row) -> Result<LiveToken, DbError> {
    let (workflow, run_id): (Option<String>, Option<String>) = (column(row, 4)?, column(row, 5)?);
    let limit = match (workflow, run_id) {
        (Some(workflow), _) => Limit::Workflow(workflow),
        (None, Some(run)) => Limit::Run(run.parse().map_err(|e| DbError::Shape(format!("{e}")))?),
        (None, None) => Limit::None,
    };
    let created_by: Option<Uuid> = column(row, 6)?;
    Ok(LiveToken {
        token_id: TokenId(column(row, 0)?),
        organization_id: OrganizationId(column(row, 1)?),
        name: column(row, 2)?,
        scopes: scopes(row, 3)?,
        limit,
        created_by: created_by.map(UserId),
    })
}

fn scopes(row: &Row, index: usize) -> Result<Vec<Scope>, DbError> {
    let words: Vec<String> = column(row, index)?;
    words.iter().map(|word| word.parse().map_err(|e| DbError::Shape(format!("{e}")))).collect()
}
