//! Partitions made ahead, and run keys that always fall into one.

use std::sync::atomic::{AtomicI64, Ordering};

use uuid::Uuid;

use super::db::{Db, DbError, Query, query};
use crate::facts::id::RunKey;
use crate::facts::time::Timestamp;

const ENSURE: Query = query!("partitions/ensure"; TEXT, TIMESTAMPTZ, TIMESTAMPTZ);
const DROPPABLE: Query = query!("partitions/droppable";);

/// Every query of this module, for the test that prepares them all.
pub const QUERIES: &[&Query] = &[&ENSURE, &DROPPABLE];

/// The partitioned tables.
const TABLES: [&str; 3] = ["events", "log_chunks", "log_segments"];
const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
/// Made behind now: for a clock that steps back, and for runs that began last week.
const BEHIND: i64 = 7 * DAY_MICROS;
/// Made ahead of now: a server whose keeper fails has weeks to notice.
const AHEAD: i64 = 28 * DAY_MICROS;
/// Waiting longer for a table's lock would queue every append behind the wait.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '200ms'";

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

/// Makes the partitions around `now` and lets `keys` use them. Repeatable; to be called at start and from time to time.
pub async fn ensure(db: &Db, keys: &RunKeys, now: Timestamp) -> Result<i32, DbError> {
    let shifted = |by: i64| Timestamp::from_micros(now.as_micros() + by).unwrap_or(now);
    let (from, to) = (shifted(-BEHIND), shifted(AHEAD));
    let mut made = 0;
    for table in TABLES {
        let mut connection = db.get().await?;
        let transaction = connection.transaction().await?;
        transaction.batch("partitions/lock_timeout", LOCK_TIMEOUT).await?;
        let row = transaction.query_one(&ENSURE, &[&table, &from, &to]).await?;
        made += row.try_get::<_, i32>(0).map_err(|e| DbError::Shape(e.to_string()))?;
        transaction.commit().await?;
    }
    keys.allow(from, to);
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
