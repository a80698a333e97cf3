//! The rows of notifications: who wants to be told what, and how far events were looked at for them.

use tokio_postgres::Row;
use uuid::Uuid;

use super::db::row::{column, number, parsed};
use super::db::{Db, DbError, Query, query};
use super::journal::read::Position;
use crate::facts::event::EventType;
use crate::facts::id::{EventId, OrganizationId, RunId, RunKey};
use crate::facts::status::RunStatus;
use crate::facts::time::Timestamp;

const INSERT: Query =
    query!("notifications/insert"; UUID, UUID, TEXT, TEXT_ARRAY, TEXT, TEXT, BOOL, BYTEA, TIMESTAMPTZ, INT8);
const UPDATE: Query =
    query!("notifications/update"; UUID, UUID, TEXT, TEXT_ARRAY, TEXT, TEXT, BOOL, TIMESTAMPTZ);
const LIST: Query = query!("notifications/list"; UUID, UUID);
const DELETE: Query = query!("notifications/delete"; UUID, UUID);
const SUBSCRIBED: Query = query!("notifications/subscribed";);
const READ: Query = query!("notifications/read"; UUID, INT8, INT4, INT8, TEXT_ARRAY);
const ENQUEUE: Query = query!("notifications/enqueue"; UUID, INT8, INT4, INT8, INT4, UUID_ARRAY, UUID_ARRAY, TEXT_ARRAY, TEXT_ARRAY, TEXT_ARRAY, TIMESTAMPTZ);
const FOLLOW: Query = query!("notifications/follow"; INT8);

/// Notifications of one organization: each event is held against all of them.
pub const PER_ORGANIZATION_MAX: u32 = 100;

/// What somebody asks for.
#[derive(Debug, Clone)]
pub struct NotificationPlan {
    pub url: String,
    pub statuses: Vec<RunStatus>,
    pub workflow: Option<String>,
    pub description: Option<String>,
    pub enabled: bool,
}

/// A notification as it may be shown.
#[derive(Debug, Clone)]
pub struct NotificationRow {
    pub notification_id: Uuid,
    pub plan: NotificationPlan,
    pub failing_since: Option<Timestamp>,
    pub disabled_reason: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Who is told what.
#[derive(Debug, Clone)]
pub struct Subscribed {
    pub notification_id: Uuid,
    pub statuses: Vec<RunStatus>,
    pub workflow: Option<String>,
    /// Transactions from this one on.
    pub from_xid: i64,
}

/// All receivers of an organization, and how far its events were looked at.
#[derive(Debug, Clone)]
pub struct Audience {
    pub organization: OrganizationId,
    /// None: nowhere yet.
    pub cursor: Option<Position>,
    pub subscribed: Vec<Subscribed>,
}

/// An event that tells of a status.
#[derive(Debug, Clone)]
pub struct Telling {
    pub position: Position,
    pub seq: u64,
    pub kind: EventType,
    pub event_id: EventId,
    pub occurred_at: Timestamp,
    pub run_key: RunKey,
    pub run_id: RunId,
}

/// A message to be delivered.
#[derive(Debug)]
pub struct NewDelivery {
    pub delivery_id: Uuid,
    pub notification_id: Uuid,
    pub run_id: RunId,
    pub status: RunStatus,
    pub body: String,
}

/// Adds a notification; false where the organization has as many as it may have.
pub async fn insert(
    db: &Db,
    organization: OrganizationId,
    id: Uuid,
    plan: &NotificationPlan,
    sealed_secret: &[u8],
    now: Timestamp,
) -> Result<bool, DbError> {
    let statuses = words(&plan.statuses);
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 10] = [
        &id,
        &organization.0,
        &plan.url,
        &statuses,
        &plan.workflow,
        &plan.description,
        &plan.enabled,
        &sealed_secret,
        &now,
        &i64::from(PER_ORGANIZATION_MAX),
    ];
    Ok(db.get().await?.query_opt(&INSERT, &params).await?.is_some())
}

/// Changes a notification; false where there is none.
pub async fn update(
    db: &Db,
    organization: OrganizationId,
    id: Uuid,
    plan: &NotificationPlan,
    now: Timestamp,
) -> Result<bool, DbError> {
    let statuses = words(&plan.statuses);
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 8] =
        [&id, &organization.0, &plan.url, &statuses, &plan.workflow, &plan.description, &plan.enabled, &now];
    Ok(db.get().await?.query_opt(&UPDATE, &params).await?.is_some())
}

/// An organization's notifications, oldest first.
pub async fn list(db: &Db, organization: OrganizationId) -> Result<Vec<NotificationRow>, DbError> {
    db.get().await?.query(&LIST, &[&organization.0, &None::<Uuid>]).await?.iter().map(read_row).collect()
}

pub async fn find(
    db: &Db,
    organization: OrganizationId,
    id: Uuid,
) -> Result<Option<NotificationRow>, DbError> {
    db.get().await?.query_opt(&LIST, &[&organization.0, &Some(id)]).await?.as_ref().map(read_row).transpose()
}

/// Whether there was one to take away.
pub async fn delete(db: &Db, organization: OrganizationId, id: Uuid) -> Result<bool, DbError> {
    Ok(db.get().await?.query_opt(&DELETE, &[&organization.0, &id]).await?.is_some())
}

/// Everybody who is told something, by organization.
pub async fn audiences(db: &Db) -> Result<Vec<Audience>, DbError> {
    let mut audiences: Vec<Audience> = Vec::new();
    for row in db.get().await?.query(&SUBSCRIBED, &[]).await? {
        let organization = OrganizationId(column(&row, 0)?);
        let subscribed = Subscribed {
            notification_id: column(&row, 1)?,
            statuses: statuses(&row, 2)?,
            workflow: column(&row, 3)?,
            from_xid: column(&row, 4)?,
        };
        let (xid, pos): (Option<i64>, Option<i32>) = (column(&row, 5)?, column(&row, 6)?);
        match audiences.last_mut() {
            Some(last) if last.organization == organization => last.subscribed.push(subscribed),
            _ => {
                let cursor = xid.zip(pos).map(|(xid, pos)| Position { xid, pos });
                audiences.push(Audience { organization, cursor, subscribed: vec![subscribed] });
            }
        }
    }
    Ok(audiences)
}

/// The next events behind `position`, at most `limit`, and where a reader stands that has seen them: a page that is not full moves it
/// up to the bound below which nothing can come any more.
pub async fn read(
    db: &Db,
    organization: OrganizationId,
    position: Position,
    limit: u32,
    kinds: &[EventType],
) -> Result<(Vec<Telling>, Position), DbError> {
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&organization.0, &position.xid, &position.pos, &i64::from(limit), &kinds];
    let rows = db.get().await?.query(&READ, &params).await?;
    let mut found = Vec::with_capacity(rows.len());
    let mut bound = 0_i64;
    for row in &rows {
        bound = column(row, 0)?;
        let Some(xid) = column::<Option<i64>>(row, 1)? else { continue };
        found.push(Telling {
            position: Position { xid, pos: column(row, 2)? },
            seq: number(row, 3)?,
            kind: parsed(row, 4)?,
            event_id: EventId(column(row, 5)?),
            occurred_at: column(row, 6)?,
            run_key: RunKey(column(row, 7)?),
            run_id: parsed(row, 8)?,
        });
    }
    let next = match found.last() {
        Some(last) if found.len() >= limit as usize => last.position,
        // Back, where the database was restored into a cluster that has not come so far.
        _ => Position { xid: bound - 1, pos: i32::MAX },
    };
    Ok((found, next))
}

/// Notes for those who purge that everything below a transaction was seen.
pub async fn follow(db: &Db, seen_to: i64) -> Result<(), DbError> {
    db.get().await?.query(&FOLLOW, &[&seen_to]).await.map(drop)
}

/// Moves the cursor from `was` to `next` and writes what is to be delivered; false where it was moved meanwhile.
pub async fn enqueue(
    db: &Db,
    organization: OrganizationId,
    was: Option<Position>,
    next: Position,
    deliveries: &[NewDelivery],
    now: Timestamp,
) -> Result<bool, DbError> {
    let ids: Vec<Uuid> = deliveries.iter().map(|it| it.delivery_id).collect();
    let notifications: Vec<Uuid> = deliveries.iter().map(|it| it.notification_id).collect();
    let runs: Vec<&str> = deliveries.iter().map(|it| it.run_id.as_str()).collect();
    let statuses: Vec<&str> = deliveries.iter().map(|it| it.status.as_str()).collect();
    let bodies: Vec<&str> = deliveries.iter().map(|it| it.body.as_str()).collect();
    let (xid, pos) = (was.map(|it| it.xid), was.map(|it| it.pos));
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 11] = [
        &organization.0,
        &xid,
        &pos,
        &next.xid,
        &next.pos,
        &ids,
        &notifications,
        &runs,
        &statuses,
        &bodies,
        &now,
    ];
    column(&db.get().await?.query_one(&ENQUEUE, &params).await?, 0)
}

fn words(statuses: &[RunStatus]) -> Vec<&'static str> {
    statuses.iter().map(|status| status.as_str()).collect()
}

fn statuses(row: &Row, index: usize) -> Result<Vec<RunStatus>, DbError> {
    let words: Vec<&str> = column(row, index)?;
    let read = words.into_iter().map(str::parse).collect::<Result<Vec<RunStatus>, _>>();
    read.map_err(|error| DbError::Shape(error.to_string()))
}

fn read_row(row: &Row) -> Result<NotificationRow, DbError> {
    Ok(NotificationRow {
        notification_id: column(row, 0)?,
        plan: NotificationPlan {
            url: column(row, 1)?,
            statuses: statuses(row, 2)?,
            workflow: column(row, 3)?,
            description: column(row, 4)?,
            enabled: column(row, 5)?,
        },
        failing_since: column(row, 6)?,
        disabled_reason: column(row, 7)?,
        created_at: column(row, 8)?,
        updated_at: column(row, 9)?,
    })
}
