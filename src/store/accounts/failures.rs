//! Sign-ins that did not end well, by account and by address.

use tokio_postgres::Row;

use crate::facts::time::Timestamp;
use crate::store::db::row::column;
use crate::store::db::{Db, DbError, Query, Transaction, query};

const LOCK: Query = query!("accounts/lock_failures"; TEXT_ARRAY);
const COUNT: Query = query!("accounts/count_failure"; TEXT, TIMESTAMPTZ);
const FORGIVE: Query = query!("accounts/forgive_failure"; TEXT);
const FORGET: Query = query!("accounts/forget_failures"; TEXT);

/// How often a subject has failed, and when last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failures {
    pub subject: String,
    pub failures: u32,
    pub last_at: Timestamp,
}

/// What is known of the subjects, locked until the transaction ends.
pub async fn lock(transaction: &Transaction<'_>, subjects: &[&str]) -> Result<Vec<Failures>, DbError> {
    let read = |row: &Row| -> Result<Failures, DbError> {
        let failures: i32 = column(row, 1)?;
        Ok(Failures { subject: column(row, 0)?, failures: failures.unsigned_abs(), last_at: column(row, 2)? })
    };
    transaction.query(&LOCK, &[&subjects]).await?.iter().map(read).collect()
}

/// Counts one failure; those from before `since` count no more.
pub async fn count(transaction: &Transaction<'_>, subject: &str, since: Timestamp) -> Result<(), DbError> {
    transaction.query(&COUNT, &[&subject, &since]).await.map(drop)
}

/// The sign-in ended well: the account's failures are forgotten, and the one that was counted for its address.
pub async fn forgive(db: &Db, account: &str, address: &str) -> Result<(), DbError> {
    let connection = db.get().await?;
    connection.query(&FORGET, &[&account]).await?;
    connection.query(&FORGIVE, &[&address]).await.map(drop)
}
