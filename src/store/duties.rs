//! Duties that one of several servers does at a time: a row with a holder and an end, which the holder moves on.
//!
//! A lease is for thrift, not for safety: who stood still for longer than one must find out from the rows it writes that
//! another has gone on. No session lock, since a pooler in transaction mode keeps no sessions.

use std::time::Duration;

use uuid::Uuid;

use super::db::{Db, DbError, Query, query};

const HOLD: Query = query!("duties/hold"; TEXT, UUID, FLOAT8);
const RELEASE: Query = query!("duties/release"; TEXT, UUID);

/// How long a duty is held without a word: another server goes on this long after a holder died. To be asked for again well within it.
pub const LEASE: Duration = Duration::from_secs(15);

/// Takes the duty, or keeps it; false while another has it.
pub async fn hold(db: &Db, name: &str, holder: Uuid) -> Result<bool, DbError> {
    let lease = LEASE.as_secs_f64() * 1_000.0;
    Ok(db.get().await?.query_opt(&HOLD, &[&name, &holder, &lease]).await?.is_some())
}

/// Gives it up.
pub async fn release(db: &Db, name: &str, holder: Uuid) -> Result<(), DbError> {
    db.get().await?.query(&RELEASE, &[&name, &holder]).await.map(drop)
}
