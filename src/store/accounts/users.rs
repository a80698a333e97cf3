//! Users, organizations, and who belongs to which.

use tokio_postgres::Row;
use uuid::Uuid;

use crate::facts::account::{Email, Role, UserId};
use crate::facts::id::OrganizationId;
use crate::facts::time::Timestamp;
use crate::store::db::row::{column, parsed};
use crate::store::db::{Db, DbError, Query, Transaction, query};

const ANY_USER: Query = query!("accounts/any_user";);
const INSERT_USER: Query = query!("accounts/insert_user"; UUID, TEXT, TEXT);
const INSERT_ORGANIZATION: Query = query!("accounts/insert_organization"; UUID, TEXT, UUID);
const ORGANIZATION: Query = query!("accounts/organization"; UUID);
const PUT_MEMBERSHIP: Query = query!("accounts/put_membership"; UUID, UUID, TEXT);
const LOCK_MEMBERS: Query = query!("accounts/lock_members"; UUID);
const MEMBERSHIP: Query = query!("accounts/membership"; UUID, UUID);
const REMOVE_MEMBERSHIP: Query = query!("accounts/remove_membership"; UUID, UUID);
const REMOVE_HOMELESS: Query = query!("accounts/remove_homeless"; UUID);
const REVIVE_USER: Query = query!("accounts/revive_user"; UUID);
const USER_BY_EMAIL: Query = query!("accounts/user_by_email"; TEXT);
const USER_BY_OPENID: Query = query!("accounts/user_by_openid"; TEXT, TEXT);
const BIND_OPENID: Query = query!("accounts/bind_openid"; UUID, TEXT, TEXT);
const USER: Query = query!("accounts/user"; UUID);
const SET_PASSWORD: Query = query!("accounts/set_password"; UUID, TEXT);
const REPLACE_PASSWORD_HASH: Query = query!("accounts/replace_password_hash"; UUID, TEXT, TEXT);
const HIGHEST_BCRYPT_COST: Query = query!("accounts/highest_bcrypt_cost";);
const LIST_USERS: Query = query!("accounts/list_users"; UUID, INT8);
const ORGANIZATIONS_OF: Query = query!("accounts/organizations_of"; UUID, INT8);

/// Members shown of one organization, and organizations of one user: an installation has dozens.
const LIST_MAX: i64 = 1_000;

/// A user's row.
#[derive(Clone)]
pub struct UserRow {
    pub user_id: UserId,
    pub email: Email,
    pub name: Option<String>,
    /// argon2id in PHC form, or bcrypt as it was brought by an import.
    pub password_hash: Option<String>,
    pub is_removed: bool,
}

impl std::fmt::Debug for UserRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserRow").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

/// A user as a member of an organization.
#[derive(Debug, Clone)]
pub struct MemberRow {
    pub user_id: UserId,
    pub email: Email,
    pub name: Option<String>,
    pub role: Role,
    pub created_at: Timestamp,
    /// Has a password, or signs in with OpenID Connect: not only invited.
    pub has_joined: bool,
}

/// An organization as one of its members sees it.
#[derive(Debug, Clone)]
pub struct OrganizationRow {
    pub organization_id: OrganizationId,
    pub name: String,
    pub role: Role,
    pub is_personal: bool,
}

/// Whether there are accounts.
pub async fn any(db: &Db) -> Result<bool, DbError> {
    column(&db.get().await?.query_one(&ANY_USER, &[]).await?, 0)
}

pub async fn by_email(db: &Db, email: &Email) -> Result<Option<UserRow>, DbError> {
    db.get().await?.query_opt(&USER_BY_EMAIL, &[&email.as_str()]).await?.as_ref().map(user_of).transpose()
}

/// The same within a transaction.
pub async fn by_email_in(transaction: &Transaction<'_>, email: &Email) -> Result<Option<UserRow>, DbError> {
    transaction.query_opt(&USER_BY_EMAIL, &[&email.as_str()]).await?.as_ref().map(user_of).transpose()
}

pub async fn by_openid(db: &Db, issuer: &str, subject: &str) -> Result<Option<UserRow>, DbError> {
    let row = db.get().await?.query_opt(&USER_BY_OPENID, &[&issuer, &subject]).await?;
    row.as_ref().map(user_of).transpose()
}

pub async fn by_id(db: &Db, user: UserId) -> Result<Option<UserRow>, DbError> {
    db.get().await?.query_opt(&USER, &[&user.0]).await?.as_ref().map(user_of).transpose()
}

/// `false`: the user is tied to another subject already.
pub async fn bind_openid(db: &Db, user: UserId, issuer: &str, subject: &str) -> Result<bool, DbError> {
    Ok(db.get().await?.query_opt(&BIND_OPENID, &[&user.0, &issuer, &subject]).await?.is_some())
}

fn user_of(row: &Row) -> Result<UserRow, DbError> {
    Ok(UserRow {
        user_id: UserId(column(row, 0)?),
        email: parsed(row, 1)?,
        name: column(row, 2)?,
        password_hash: column(row, 3)?,
        is_removed: column(row, 4)?,
    })
}

/// Adds a user with a personal organization, all in the caller's transaction. `false`: the e-mail is taken.
pub async fn insert(
    transaction: &Transaction<'_>,
    user: UserId,
    email: &Email,
    name: Option<&str>,
    personal: OrganizationId,
) -> Result<bool, DbError> {
    if transaction.query_opt(&INSERT_USER, &[&user.0, &email.as_str(), &name]).await?.is_none() {
        return Ok(false);
    }
    insert_organization(transaction, personal, email.as_str(), Some(user)).await?;
    put_membership(transaction, personal, user, Role::Owner).await?;
    Ok(true)
}

pub async fn insert_organization(
    transaction: &Transaction<'_>,
    organization: OrganizationId,
    name: &str,
    personal_of: Option<UserId>,
) -> Result<Timestamp, DbError> {
    let personal_of = personal_of.map(|user| user.0);
    column(&transaction.query_one(&INSERT_ORGANIZATION, &[&organization.0, &name, &personal_of]).await?, 0)
}

pub async fn put_membership(
    transaction: &Transaction<'_>,
    organization: OrganizationId,
    user: UserId,
    role: Role,
) -> Result<(), DbError> {
    transaction.query(&PUT_MEMBERSHIP, &[&organization.0, &user.0, &role.as_str()]).await.map(drop)
}

/// The organization's owners, locked until the transaction ends.
pub async fn lock_owners(
    transaction: &Transaction<'_>,
    organization: OrganizationId,
) -> Result<Vec<UserId>, DbError> {
    let rows = transaction.query(&LOCK_MEMBERS, &[&organization.0]).await?;
    rows.iter().map(|row| Ok(UserId(column(row, 0)?))).collect()
}

/// The user's role there, as the transaction sees it.
pub async fn role_in(
    transaction: &Transaction<'_>,
    organization: OrganizationId,
    user: UserId,
) -> Result<Option<Role>, DbError> {
    let row = transaction.query_opt(&MEMBERSHIP, &[&organization.0, &user.0]).await?;
    row.as_ref().map(|row| parsed(row, 0)).transpose()
}

/// Takes the user out; `false`: it was no member.
pub async fn remove_membership(
    transaction: &Transaction<'_>,
    organization: OrganizationId,
    user: UserId,
) -> Result<bool, DbError> {
    column(&transaction.query_one(&REMOVE_MEMBERSHIP, &[&organization.0, &user.0]).await?, 0)
}

/// Removes a user who has nothing left but a personal organization; whether that was so.
pub async fn remove_homeless(transaction: &Transaction<'_>, user: UserId) -> Result<bool, DbError> {
    column(&transaction.query_one(&REMOVE_HOMELESS, &[&user.0]).await?, 0)
}

pub async fn revive(transaction: &Transaction<'_>, user: UserId) -> Result<(), DbError> {
    transaction.query(&REVIVE_USER, &[&user.0]).await.map(drop)
}

/// Sets a password and ends every session of the user.
pub async fn set_password(db: &Db, user: UserId, hash: &str) -> Result<(), DbError> {
    db.get().await?.query(&SET_PASSWORD, &[&user.0, &hash]).await.map(drop)
}

/// The same for a user whom the transaction has just made.
pub async fn set_password_in(transaction: &Transaction<'_>, user: UserId, hash: &str) -> Result<(), DbError> {
    transaction.query(&SET_PASSWORD, &[&user.0, &hash]).await.map(drop)
}

/// Replaces the hash `old`, where it is still the user's, by another of the same password.
pub async fn replace_password_hash(db: &Db, user: UserId, old: &str, new: &str) -> Result<(), DbError> {
    db.get().await?.query(&REPLACE_PASSWORD_HASH, &[&user.0, &old, &new]).await.map(drop)
}

/// The highest cost of the bcrypt hashes that are still stored; `None` without any.
pub async fn highest_bcrypt_cost(db: &Db) -> Result<Option<u32>, DbError> {
    let cost: Option<i32> = column(&db.get().await?.query_one(&HIGHEST_BCRYPT_COST, &[]).await?, 0)?;
    Ok(cost.map(i32::unsigned_abs))
}

/// The organization's members, by e-mail.
pub async fn members(db: &Db, organization: OrganizationId) -> Result<Vec<MemberRow>, DbError> {
    let read = |row: &Row| -> Result<MemberRow, DbError> {
        Ok(MemberRow {
            user_id: UserId(column(row, 0)?),
            email: parsed(row, 1)?,
            name: column(row, 2)?,
            role: parsed(row, 3)?,
            created_at: column(row, 4)?,
            has_joined: column(row, 5)?,
        })
    };
    db.get().await?.query(&LIST_USERS, &[&organization.0, &LIST_MAX]).await?.iter().map(read).collect()
}

/// The user's organizations, the personal one last.
pub async fn organizations(db: &Db, user: UserId) -> Result<Vec<OrganizationRow>, DbError> {
    let read = |row: &Row| -> Result<OrganizationRow, DbError> {
        Ok(OrganizationRow {
            organization_id: OrganizationId(column(row, 0)?),
            name: column(row, 1)?,
            role: parsed(row, 2)?,
            is_personal: column(row, 3)?,
        })
    };
    db.get().await?.query(&ORGANIZATIONS_OF, &[&user.0, &LIST_MAX]).await?.iter().map(read).collect()
}

/// An organization's name, and whether it is a personal one.
pub async fn organization(db: &Db, organization: OrganizationId) -> Result<Option<(String, bool)>, DbError> {
    let row = db.get().await?.query_opt(&ORGANIZATION, &[&organization.0]).await?;
    row.as_ref().map(|row| Ok((column(row, 0)?, column(row, 1)?))).transpose()
}

/// A new id, whose time is its own.
#[must_use]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}
