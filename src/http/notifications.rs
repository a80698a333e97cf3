//! Notifications: made, listed, changed, tested and taken away; and what became of their deliveries.

use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::app::SharedApp;
use super::cursor::{delivery_cursor, parse_delivery_cursor};
use super::endpoint::{Call, Head};
use super::fields::Fields;
use super::problem::Problem;
use super::{Response, body, schema};
use crate::facts::status::RunStatus;
use crate::facts::time::Timestamp;
use crate::flow::notify::{self, NotifyError};
use crate::store::deliveries::{self, DeliveryRow};
use crate::store::notifications::{self, NotificationPlan, NotificationRow};

/// Longest URL; what it may be is checked where it is called.
const URL_MAX_BYTES: usize = 2_048;
const WORKFLOW_MAX_BYTES: usize = 256;
const DESCRIPTION_MAX_BYTES: usize = 500;
/// Largest page of deliveries, and the one that is given unasked.
const DELIVERIES_PAGE_MAX: u32 = 200;
const DELIVERIES_PAGE: u32 = 50;

/// A notification to be.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what is read field by field")]
pub struct NewNotification {
    /// Where messages are posted to.
    url: String,
    /// Told are runs that get one of these.
    #[schema(min_items = 1)]
    statuses: Vec<RunStatus>,
    /// Only runs of this workflow.
    workflow: Option<String>,
    description: Option<String>,
    /// True unless given.
    enabled: Option<bool>,
}

/// What to change about a notification; what is missing stays as it is, and an empty workflow or description is none.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what is read field by field")]
pub struct NotificationChange {
    url: Option<String>,
    #[schema(min_items = 1)]
    statuses: Option<Vec<RunStatus>>,
    workflow: Option<String>,
    description: Option<String>,
    enabled: Option<bool>,
}

/// A notification as it may be seen.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    notification_id: Uuid,
    url: String,
    statuses: Vec<RunStatus>,
    workflow: Option<String>,
    description: Option<String>,
    enabled: bool,
    /// Since when nothing was delivered; null while all is well.
    #[schema(value_type = Option<String>, format = DateTime)]
    failing_since: Option<Timestamp>,
    /// Why the server has disabled it.
    disabled_reason: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// A notification that was just made, with what is shown this once.
#[derive(Serialize, ToSchema)]
pub struct MadeNotification {
    #[serde(flatten)]
    notification: Notification,
    /// `whsec_…`: what messages are signed with, as Standard Webhooks has it.
    secret: String,
}

#[derive(Serialize, ToSchema)]
pub struct NotificationList {
    notifications: Vec<Notification>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestSent {
    delivery_id: Uuid,
}

/// A message to one receiver.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
// Frames of streams have a `Delivery` of their own.
#[schema(as = NotificationDelivery)]
pub struct Delivery {
    /// What the receiver knows it by: `webhook-id`.
    delivery_id: Uuid,
    /// Null for a test.
    run_id: Option<String>,
    /// The run's status that it tells, or TEST.
    status: String,
    attempts: i32,
    #[schema(value_type = String, pattern = "^(waiting|delivered|failed)$")]
    state: deliveries::DeliveryState,
    /// Of the last answer; null where there was none.
    response_status: Option<i32>,
    error: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_attempt_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Timestamp>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryPage {
    deliveries: Vec<Delivery>,
    /// Null on the last page.
    next_cursor: Option<String>,
}

impl From<NotificationRow> for Notification {
    fn from(row: NotificationRow) -> Self {
        let plan = row.plan;
        Self {
            notification_id: row.notification_id,
            url: plan.url,
            statuses: plan.statuses,
            workflow: plan.workflow,
            description: plan.description,
            enabled: plan.enabled,
            failing_since: row.failing_since,
            disabled_reason: row.disabled_reason,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl From<DeliveryRow> for Delivery {
    fn from(row: DeliveryRow) -> Self {
        Self {
            delivery_id: row.delivery_id,
            run_id: row.run_id,
            status: row.status,
            attempts: row.attempts,
            state: row.state,
            response_status: row.response_status,
            error: row.error,
            created_at: row.created_at,
            last_attempt_at: row.last_attempt_at,
            next_attempt_at: row.next_attempt_at,
        }
    }
}

impl From<NotifyError> for Problem {
    fn from(error: NotifyError) -> Self {
        let said = error.to_string();
        match error {
            NotifyError::NoSuchNotification => no_such_notification(),
            NotifyError::Invalid(faults) => faults.into(),
            NotifyError::TooMany => Self::conflict(said),
            NotifyError::Db(error) => error.into(),
        }
    }
}

fn no_such_notification() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not-found", "there is no such notification")
}

/// GET /api/v1/notifications
pub async fn list(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let rows = notifications::list(&call.head.db(&app), call.head.organization()).await?;
    Ok(schema::json(&NotificationList { notifications: rows.into_iter().map(Notification::from).collect() }))
}

/// POST /api/v1/notifications
pub async fn create(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let plan = plan(Fields::of(&body)?, None)?;
    let made = notify::create(&app.core, call.head.organization(), plan).await?;
    let made = MadeNotification { notification: made.row.into(), secret: made.secret };
    let mut response = schema::json(&made);
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

/// PUT /api/v1/notifications/{notificationId}
pub async fn put(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let id = id(&call.head)?;
    let organization = call.head.organization();
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let found = notifications::find(&call.head.db(&app), organization, id).await?;
    let before = found.ok_or_else(no_such_notification)?.plan;
    let plan = plan(Fields::of(&body)?, Some(before))?;
    let row = notify::change(&app.core, organization, id, plan).await?;
    Ok(schema::json(&Notification::from(row)))
}

/// DELETE /api/v1/notifications/{notificationId}
pub async fn delete(app: SharedApp, call: Call) -> Result<Response, Problem> {
    if !notifications::delete(&app.core.db, call.head.organization(), id(&call.head)?).await? {
        return Err(no_such_notification());
    }
    let mut response = Response::new(Default::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// POST /api/v1/notifications/{notificationId}/test
pub async fn test(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let delivery_id = notify::test(&app.core, call.head.organization(), id(&call.head)?).await?;
    let mut response = schema::json(&TestSent { delivery_id });
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}

/// GET /api/v1/notifications/{notificationId}/deliveries
pub async fn deliveries(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let (id, organization) = (id(&call.head)?, call.head.organization());
    let mut query = call.head.query();
    let limit = query.limit(DELIVERIES_PAGE_MAX, DELIVERIES_PAGE);
    let before = query.text("cursor").map(parse_delivery_cursor).transpose()?;
    query.check()?;
    if notifications::find(&call.head.db(&app), organization, id).await?.is_none() {
        return Err(no_such_notification());
    }
    // One more than asked for tells whether there is another page.
    let mut page = deliveries::list(&call.head.db(&app), organization, id, before, limit + 1).await?;
    let has_more = page.len() > limit as usize;
    page.truncate(limit as usize);
    let last = page.last().filter(|_| has_more);
    let next_cursor = last.map(|row| delivery_cursor(row.created_at, row.delivery_id));
    let deliveries = page.into_iter().map(Delivery::from).collect();
    Ok(schema::json(&DeliveryPage { deliveries, next_cursor }))
}

/// What is no id is no notification's.
fn id(head: &Head) -> Result<Uuid, Problem> {
    head.params.get(0).parse().map_err(|_| no_such_notification())
}

/// The plan that the fields make, over one that is there.
fn plan(mut fields: Fields, before: Option<NotificationPlan>) -> Result<NotificationPlan, Problem> {
    // An empty text empties the field, a missing one leaves it.
    let text = |fields: &mut Fields, name: &str, most: usize, before: Option<String>| {
        let given: Option<String> = fields.optional(name, "a text");
        let Some(given) = given else { return before };
        if given.len() > most || given.contains('\0') {
            fields.fault(format!("/{name}"), format!("is longer than {most} bytes or holds U+0000"));
        }
        Some(given).filter(|text| !text.is_empty())
    };
    let was = before.clone();
    let url = text(&mut fields, "url", URL_MAX_BYTES, was.as_ref().map(|it| it.url.clone()));
    let workflow =
        text(&mut fields, "workflow", WORKFLOW_MAX_BYTES, was.as_ref().and_then(|it| it.workflow.clone()));
    let description =
        text(&mut fields, "description", DESCRIPTION_MAX_BYTES, was.and_then(|it| it.description));
    let what = "a list of statuses of runs";
    let statuses: Option<Vec<RunStatus>> = match before {
        None => fields.required("statuses", what),
        Some(_) => fields.optional("statuses", what),
    };
    if statuses.as_ref().is_some_and(Vec::is_empty) {
        fields.fault("/statuses", "is empty");
    }
    let mut statuses = statuses.or_else(|| before.as_ref().map(|it| it.statuses.clone())).unwrap_or_default();
    statuses.sort_unstable();
    statuses.dedup();
    let enabled = fields.optional("enabled", "true or false");
    if url.is_none() {
        fields.fault("/url", "is missing");
    }
    fields.check()?;
    Ok(NotificationPlan {
        url: url.unwrap_or_default(),
        statuses,
        workflow,
        description,
        enabled: enabled.or(before.map(|it| it.enabled)).unwrap_or(true),
    })
}
