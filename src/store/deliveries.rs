//! The rows of deliveries: messages that wait, are being sent, or are over.

use tokio_postgres::Row;
use uuid::Uuid;

use super::db::row::{column, parsed};
use super::db::{Db, DbError, Query, query};
use crate::facts::id::OrganizationId;
use crate::facts::status::words;
use crate::facts::time::Timestamp;

const ADD_TEST: Query = query!("notifications/add_test"; UUID, UUID, UUID, TEXT, TIMESTAMPTZ);
const CLAIM: Query = query!("notifications/claim"; TIMESTAMPTZ, UUID_ARRAY, INT8, INT8, TIMESTAMPTZ);
const CONCLUDE: Query = query!("notifications/conclude"; UUID, INT4, TEXT, TIMESTAMPTZ, INT4, TEXT);
const WENT_WELL: Query = query!("notifications/went_well"; UUID);
const WENT_WRONG: Query = query!("notifications/went_wrong"; UUID, TIMESTAMPTZ, TIMESTAMPTZ, BOOL);
const LIST: Query = query!("notifications/deliveries"; UUID, UUID, TIMESTAMPTZ, UUID, INT8);
const FORGET: Query = query!("notifications/forget"; TIMESTAMPTZ, INT8);

words! {
    /// Where a delivery is.
    DeliveryState {
        /// To be sent, or sent again.
        Waiting = "waiting",
        Delivered = "delivered",
        /// Given up.
        Failed = "failed",
    }
}

/// A delivery as it may be shown.
#[derive(Debug, Clone)]
pub struct DeliveryRow {
    pub delivery_id: Uuid,
    /// None: a test.
    pub run_id: Option<String>,
    pub status: String,
    pub attempts: i32,
    pub state: DeliveryState,
    pub response_status: Option<i32>,
    pub error: Option<String>,
    pub created_at: Timestamp,
    pub last_attempt_at: Option<Timestamp>,
    pub next_attempt_at: Option<Timestamp>,
}

/// A delivery that is to be sent now.
#[derive(Debug, Clone)]
pub struct Claimed {
    pub delivery_id: Uuid,
    pub notification_id: Uuid,
    pub organization: OrganizationId,
    pub body: String,
    /// This try's number.
    pub attempts: i32,
    pub url: String,
    pub sealed_secret: Vec<u8>,
}

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub state: DeliveryState,
    /// While it waits.
    pub next_attempt_at: Option<Timestamp>,
    pub response_status: Option<i32>,
    pub error: Option<String>,
}

/// Adds a test message; false where there is no such notification.
pub async fn add_test(
    db: &Db,
    organization: OrganizationId,
    notification: Uuid,
    delivery: Uuid,
    body: &str,
    now: Timestamp,
) -> Result<bool, DbError> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&delivery, &notification, &organization.0, &body, &now];
    Ok(db.get().await?.query_opt(&ADD_TEST, &params).await?.is_some())
}

/// Takes deliveries whose time has come, `each` of a receiver at most, until `until`; none of receivers in `busy`.
pub async fn claim(
    db: &Db,
    busy: &[Uuid],
    each: u32,
    most: u32,
    now: Timestamp,
    until: Timestamp,
) -> Result<Vec<Claimed>, DbError> {
    let read = |row: &Row| -> Result<Claimed, DbError> {
        Ok(Claimed {
            delivery_id: column(row, 0)?,
            notification_id: column(row, 1)?,
            organization: OrganizationId(column(row, 2)?),
            body: column(row, 3)?,
            attempts: column(row, 4)?,
            url: column(row, 5)?,
            sealed_secret: column(row, 6)?,
        })
    };
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&now, &busy, &i64::from(each), &i64::from(most), &until];
    db.get().await?.query(&CLAIM, &params).await?.iter().map(read).collect()
}

/// Notes what became of a try; false where another has begun since, or the notification is gone.
pub async fn conclude(db: &Db, claimed: &Claimed, outcome: &Outcome) -> Result<bool, DbError> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 6] = [
        &claimed.delivery_id,
        &claimed.attempts,
        &outcome.state.as_str(),
        &outcome.next_attempt_at,
        &outcome.response_status,
        &outcome.error,
    ];
    Ok(db.get().await?.query_opt(&CONCLUDE, &params).await?.is_some())
}

/// The receiver takes messages.
pub async fn went_well(db: &Db, notification: Uuid) -> Result<(), DbError> {
    db.get().await?.query(&WENT_WELL, &[&notification]).await.map(drop)
}

/// The receiver took nothing; whether it is disabled by now, since it fails from before `too_long` on or is gone.
pub async fn went_wrong(
    db: &Db,
    notification: Uuid,
    now: Timestamp,
    too_long: Timestamp,
    is_gone: bool,
) -> Result<bool, DbError> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 4] = [&notification, &now, &too_long, &is_gone];
    Ok(db.get().await?.query_opt(&WENT_WRONG, &params).await?.is_some())
}

/// A page of a notification's deliveries behind `before`, newest first.
pub async fn list(
    db: &Db,
    organization: OrganizationId,
    notification: Uuid,
    before: Option<(Timestamp, Uuid)>,
    limit: u32,
) -> Result<Vec<DeliveryRow>, DbError> {
    let read = |row: &Row| -> Result<DeliveryRow, DbError> {
        Ok(DeliveryRow {
            delivery_id: column(row, 0)?,
            run_id: column(row, 1)?,
            status: column(row, 2)?,
            attempts: column(row, 3)?,
            state: parsed(row, 4)?,
            response_status: column(row, 5)?,
            error: column(row, 6)?,
            created_at: column(row, 7)?,
            last_attempt_at: column(row, 8)?,
            next_attempt_at: column(row, 9)?,
        })
    };
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 5] = [
        &organization.0,
        &notification,
        &before.map(|(at, _)| at),
        &before.map(|(_, id)| id),
        &i64::from(limit),
    ];
    db.get().await?.query(&LIST, &params).await?.iter().map(read).collect()
}

/// Forgets deliveries that were over before `before`; how many.
pub async fn forget(db: &Db, before: Timestamp, limit: u32) -> Result<usize, DbError> {
    Ok(db.get().await?.query(&FORGET, &[&before, &i64::from(limit)]).await?.len())
}
