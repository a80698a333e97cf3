//! Sessions: one row a sign-in, with the digest of its newest refresh secret.

use tokio_postgres::Row;
use uuid::Uuid;

use crate::facts::account::{Email, Role, SessionId, UserId};
use crate::facts::id::OrganizationId;
use crate::facts::time::Timestamp;
use crate::store::db::row::{column, parsed};
use crate::store::db::{Db, DbError, Query, Transaction, query};

const INSERT: Query = query!("accounts/insert_session"; UUID, UUID, UUID, BYTEA, TIMESTAMPTZ);
const LOCK: Query = query!("accounts/lock_session"; UUID);
const ROTATE: Query = query!("accounts/rotate_session"; UUID, BYTEA, TIMESTAMPTZ);
const MOVE: Query = query!("accounts/move_session"; UUID, UUID);
const END: Query = query!("accounts/end_session"; UUID);
const LIVE: Query = query!("accounts/live_sessions"; UUID_ARRAY);

/// A session that holds, with what its user may do where it is.
#[derive(Debug, Clone)]
pub struct LiveSession {
    pub session_id: SessionId,
    pub user_id: UserId,
    pub organization_id: OrganizationId,
    pub role: Role,
    pub email: Email,
    pub name: Option<String>,
}

/// A session that is being refreshed.
#[derive(Debug, Clone)]
pub struct LockedSession {
    pub user_id: UserId,
    pub organization_id: OrganizationId,
    pub refresh_hash: Vec<u8>,
    pub expires_at: Timestamp,
}

pub async fn insert(
    db: &Db,
    session: SessionId,
    user: UserId,
    organization: OrganizationId,
    refresh_hash: &[u8; 32],
    expires_at: Timestamp,
) -> Result<(), DbError> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&session.0, &user.0, &organization.0, &refresh_hash.as_slice(), &expires_at];
    db.get().await?.query(&INSERT, &params).await.map(drop)
}

pub async fn lock(
    transaction: &Transaction<'_>,
    session: SessionId,
) -> Result<Option<LockedSession>, DbError> {
    let read = |row: &Row| -> Result<LockedSession, DbError> {
        Ok(LockedSession {
            user_id: UserId(column(row, 0)?),
            organization_id: OrganizationId(column(row, 1)?),
            refresh_hash: column(row, 2)?,
            expires_at: column(row, 3)?,
        })
    };
    transaction.query_opt(&LOCK, &[&session.0]).await?.as_ref().map(read).transpose()
}

pub async fn rotate(
    transaction: &Transaction<'_>,
    session: SessionId,
    refresh_hash: &[u8; 32],
    expires_at: Timestamp,
) -> Result<(), DbError> {
    transaction.query(&ROTATE, &[&session.0, &refresh_hash.as_slice(), &expires_at]).await.map(drop)
}

/// `false`: its user is no member there.
pub async fn move_to(db: &Db, session: SessionId, organization: OrganizationId) -> Result<bool, DbError> {
    Ok(db.get().await?.query_opt(&MOVE, &[&session.0, &organization.0]).await?.is_some())
}

pub async fn end(db: &Db, session: SessionId) -> Result<(), DbError> {
    db.get().await?.query(&END, &[&session.0]).await.map(drop)
}

/// Those of the sessions that hold.
pub async fn live(db: &Db, sessions: &[SessionId]) -> Result<Vec<LiveSession>, DbError> {
    let ids: Vec<Uuid> = sessions.iter().map(|session| session.0).collect();
    let read = |row: &Row| -> Result<LiveSession, DbError> {
        Ok(LiveSession {
            session_id: SessionId(column(row, 0)?),
            user_id: UserId(column(row, 1)?),
            organization_id: OrganizationId(column(row, 2)?),
            role: parsed(row, 3)?,
            email: parsed(row, 4)?,
            name: column(row, 5)?,
        })
    };
    db.get().await?.query(&LIVE, &[&ids]).await?.iter().map(read).collect()
}
