//! Partitions made ahead, and run keys that always fall into one.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio_postgres::error::SqlState;
use uuid::Uuid;

use super::db::{Db, DbError, Query, query};
use crate::facts::id::RunKey;
use crate::facts::time::Timestamp;

const ENSURE: Query = query!("partitions/ensure"; TEXT, TIMESTAMPTZ, TIMESTAMPTZ);
const DROPPABLE: Query = query!("partitions/droppable";);

/// The partitioned tables.
const TABLES: [&str; 3] = ["events", "log_chunks", "log_segments"];
const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
/// Made behind now: for a clock that steps back, and for runs that began last week.
const BEHIND: i64 = 7 * DAY_MICROS;
/// Made ahead of now: a server whose keeper fails has weeks to notice.
const AHEAD: i64 = 28 * DAY_MICROS;
const WEEK_MS: i64 = 7 * DAY_MICROS / 1_000;
/// 2000-01-01: what claims to be older than any workflow engine is put there.
const PAST_MIN_MS: i64 = 946_684_800_000;
/// Waiting longer for a table's lock would queue every append behind the wait.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '200ms'";
/// Tries while somebody else has the lock, such as a server that starts beside this one: some ten seconds in all.
const TRIES_MAX: u32 = 40;
/// Between them, so that the appends that waited meanwhile get through.
const TRY_PAUSE: Duration = Duration::from_millis(50);

/// Makes run keys whose time is clamped to the partitions that exist, so that a clock step can't stop appends.
#[derive(Debug)]
pub struct RunKeys {
    from_ms: AtomicI64,
    to_ms: AtomicI64,
}

impl Default for RunKeys {
    fn default() -> Self {
        Self { from_ms: AtomicI64::new(0), to_ms: AtomicI64::new((1 << 48) - 1) }
    }
}

impl RunKeys {
    /// A new key: `now` clamped, and random.
    #[must_use]
    pub fn generate(&self, now: Timestamp) -> RunKey {
        let (from, to) = (self.from_ms.load(Ordering::Relaxed), self.to_ms.load(Ordering::Relaxed));
        let ms = (now.as_micros() / 1_000).clamp(from, to);
        let random: [u8; 10] = rand::random();
        RunKey(uuid::Builder::from_unix_timestamp_millis(ms.unsigned_abs(), &random).into_uuid())
    }

    fn allow(&self, from: Timestamp, to: Timestamp) {
        self.from_ms.store(from.as_micros() / 1_000, Ordering::Relaxed);
        self.to_ms.store(to.as_micros() / 1_000, Ordering::Relaxed);
    }
}

/// The lowest key a run of that time can have: what time filters compare with.
#[must_use]
pub fn floor_key(at: Timestamp) -> Uuid {
    let ms = (at.as_micros() / 1_000).clamp(0, (1 << 48) - 1).unsigned_abs();
    Uuid::from_u128(u128::from(ms) << 80)
}

/// A key for a run of another time, at most `now`. The partitions that its rows lie in must be there: [`ensure_past`].
#[must_use]
pub fn key_of_the_past(at: Timestamp, now: Timestamp) -> RunKey {
    let ms = past_ms(at, now);
    let random: [u8; 10] = rand::random();
    RunKey(uuid::Builder::from_unix_timestamp_millis(ms.unsigned_abs(), &random).into_uuid())
}

/// Makes the partitions around `now` and lets `keys` use them. Repeatable; to be called at start and from time to time.
pub async fn ensure(db: &Db, keys: &RunKeys, now: Timestamp) -> Result<i32, DbError> {
    let shifted = |by: i64| Timestamp::from_micros(now.as_micros() + by).unwrap_or(now);
    let (from, to) = (shifted(-BEHIND), shifted(AHEAD));
    let made = make(db, from, to).await?;
    keys.allow(from, to);
    Ok(made)
}

/// Makes the partitions for runs that began at these times, at most `now`. Repeatable, and cheap where they are there.
pub async fn ensure_past(
    db: &Db,
    times: impl IntoIterator<Item = Timestamp>,
    now: Timestamp,
) -> Result<i32, DbError> {
    let weeks: BTreeSet<i64> = times.into_iter().map(|at| past_ms(at, now) / WEEK_MS).collect();
    let mut made = 0;
    for week in weeks {
        // Weeks since the epoch begin on Thursdays and partitions on Mondays: both ends of one lie in at most two partitions.
        let (from, to) = (week * WEEK_MS * 1_000, ((week + 1) * WEEK_MS - 1) * 1_000);
        let at = |micros| Timestamp::from_micros(micros).unwrap_or(Timestamp::EPOCH);
        made += make(db, at(from), at(to)).await?;
    }
    Ok(made)
}

/// When a run of another time counts as begun, in milliseconds: a wrong clock makes no partitions far ahead or far behind.
fn past_ms(at: Timestamp, now: Timestamp) -> i64 {
    (at.as_micros() / 1_000).min(now.as_micros() / 1_000).max(PAST_MIN_MS)
}

async fn make(db: &Db, from: Timestamp, to: Timestamp) -> Result<i32, DbError> {
    let mut made = 0;
    for table in TABLES {
        let mut tries = 1;
        made += loop {
            match make_of(db, table, from, to).await {
                Err(error)
                    if tries < TRIES_MAX && error.sql_state() == Some(&SqlState::LOCK_NOT_AVAILABLE) =>
                {
                    tries += 1;
                    tokio::time::sleep(TRY_PAUSE).await;
                }
                made => break made?,
            }
        };
    }
    Ok(made)
}

async fn make_of(db: &Db, table: &str, from: Timestamp, to: Timestamp) -> Result<i32, DbError> {
    let mut connection = db.get().await?;
    let transaction = connection.transaction().await?;
    transaction.batch("partitions/lock_timeout", LOCK_TIMEOUT).await?;
    let row = transaction.query_one(&ENSURE, &[&table, &from, &to]).await?;
    let made = row.try_get(0).map_err(|e| DbError::Shape(e.to_string()))?;
    transaction.commit().await?;
    Ok(made)
}

/// Drops partitions that purges have emptied, without making anybody wait: each is detached beside what goes on, and then
/// dropped by itself. What breaks off is gone on with the next time. Answers how many tables went.
pub async fn drop_empty(db: &Db) -> Result<usize, DbError> {
    let connection = db.get().await?;
    let shape = |error: tokio_postgres::Error| DbError::Shape(error.to_string());
    let rows = connection.query(&DROPPABLE, &[]).await?;
    for row in &rows {
        if let Some(detach) = row.try_get::<_, Option<&str>>(0).map_err(shape)? {
            connection.batch("partitions/detach", detach).await?;
        }
        connection.batch("partitions/drop", row.try_get(1).map_err(shape)?).await?;
    }
    Ok(rows.len())
}
