//! What is good once: sign-in links, tickets, OpenID sign-ins under way; and the public keys, which are kept beside them.

use tokio_postgres::Row;
use uuid::Uuid;

use crate::facts::account::UserId;
use crate::facts::id::OrganizationId;
use crate::facts::time::Timestamp;
use crate::store::db::row::column;
use crate::store::db::{Db, DbError, Query, query};

const INSERT_LINK: Query = query!("accounts/insert_link"; BYTEA, UUID, UUID, TIMESTAMPTZ);
const TAKE_LINK: Query = query!("accounts/take_link"; BYTEA);
const DROP_FIRST_LINKS: Query = query!("accounts/drop_first_links";);
const INSERT_TICKET: Query = query!("accounts/insert_ticket"; BYTEA, TEXT, UUID, TIMESTAMPTZ);
const TAKE_TICKET: Query = query!("accounts/take_ticket"; BYTEA);
const INSERT_KEY: Query = query!("accounts/insert_signing_key"; TEXT, BYTEA, TIMESTAMPTZ);
const KEY: Query = query!("accounts/signing_key"; TEXT);
const INSERT_FLOW: Query = query!("accounts/insert_flow"; BYTEA, TEXT, TEXT, TIMESTAMPTZ);
const TAKE_FLOW: Query = query!("accounts/take_flow"; BYTEA);
const SWEEP: Query = query!("accounts/sweep"; TIMESTAMPTZ);

/// A digest of 32 random bytes, or of a text that holds them.
pub type Hash = [u8; 32];

/// Keeps a link; without a user it is the first start's.
pub async fn insert_link(
    db: &Db,
    hash: &Hash,
    user: Option<UserId>,
    organization: OrganizationId,
    expires_at: Timestamp,
) -> Result<(), DbError> {
    let user = user.map(|user| user.0);
    db.get()
        .await?
        .query(&INSERT_LINK, &[&hash.as_slice(), &user, &organization.0, &expires_at])
        .await
        .map(drop)
}

/// Uses a link up: whose it is, and the organization it leads to.
pub async fn take_link(db: &Db, hash: &Hash) -> Result<Option<(Option<UserId>, OrganizationId)>, DbError> {
    let read = |row: &Row| -> Result<_, DbError> {
        let user: Option<Uuid> = column(row, 0)?;
        Ok((user.map(UserId), OrganizationId(column(row, 1)?)))
    };
    db.get().await?.query_opt(&TAKE_LINK, &[&hash.as_slice()]).await?.as_ref().map(read).transpose()
}

/// Forgets the links for a first user.
pub async fn drop_first_links(db: &Db) -> Result<(), DbError> {
    db.get().await?.query(&DROP_FIRST_LINKS, &[]).await.map(drop)
}

pub async fn insert_ticket(
    db: &Db,
    hash: &Hash,
    kind: &str,
    id: Option<Uuid>,
    expires_at: Timestamp,
) -> Result<(), DbError> {
    db.get().await?.query(&INSERT_TICKET, &[&hash.as_slice(), &kind, &id, &expires_at]).await.map(drop)
}

/// Uses a ticket up: the kind and id of who made it.
pub async fn take_ticket(db: &Db, hash: &Hash) -> Result<Option<(String, Option<Uuid>)>, DbError> {
    let row = db.get().await?.query_opt(&TAKE_TICKET, &[&hash.as_slice()]).await?;
    row.as_ref().map(|row| Ok((column(row, 0)?, column(row, 1)?))).transpose()
}

pub async fn insert_key(db: &Db, kid: &str, public_key: &[u8], expires_at: Timestamp) -> Result<(), DbError> {
    db.get().await?.query(&INSERT_KEY, &[&kid, &public_key, &expires_at]).await.map(drop)
}

pub async fn key(db: &Db, kid: &str) -> Result<Option<Vec<u8>>, DbError> {
    db.get().await?.query_opt(&KEY, &[&kid]).await?.as_ref().map(|row| column(row, 0)).transpose()
}

pub async fn insert_flow(
    db: &Db,
    state: &Hash,
    nonce: &str,
    verifier: &str,
    expires_at: Timestamp,
) -> Result<(), DbError> {
    db.get().await?.query(&INSERT_FLOW, &[&state.as_slice(), &nonce, &verifier, &expires_at]).await.map(drop)
}

/// Uses a sign-in under way up: its nonce and verifier.
pub async fn take_flow(db: &Db, state: &Hash) -> Result<Option<(String, String)>, DbError> {
    let row = db.get().await?.query_opt(&TAKE_FLOW, &[&state.as_slice()]).await?;
    row.as_ref().map(|row| Ok((column(row, 0)?, column(row, 1)?))).transpose()
}

/// Forgets what is over, and failures from before `failures_since`.
pub async fn sweep(db: &Db, failures_since: Timestamp) -> Result<(), DbError> {
    db.get().await?.query(&SWEEP, &[&failures_since]).await.map(drop)
}
