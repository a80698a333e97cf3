//! Webhooks: made, listed and taken away by whom the workflow belongs to; used by anyone who has the address.

use http::StatusCode;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::app::SharedApp;
use super::endpoint::{Call, Head};
use super::fields::Fields;
use super::problem::Problem;
use super::{Response, body, runs, schema};
use crate::facts::signature::Signed;
use crate::facts::time::Timestamp;
use crate::flow::webhooks::{self, Delivery, WebhookError};
use crate::store::webhooks::WebhookRow;
use crate::store::workflows;

/// Longest description: a line.
const DESCRIPTION_MAX_BYTES: usize = 500;

/// A webhook to be; everything may be left out.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what is read field by field")]
pub struct NewWebhook {
    description: Option<String>,
    /// Whether requests must be signed; false unless given.
    hmac: Option<bool>,
}

/// A webhook as it may be seen.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    webhook_id: Uuid,
    workflow: String,
    description: Option<String>,
    /// Whether requests must be signed.
    hmac: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    last_run_id: Option<String>,
}

/// A webhook that was just made: what is in it is shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MadeWebhook {
    webhook_id: Uuid,
    workflow: String,
    description: Option<String>,
    hmac: bool,
    /// `/hooks/<token>`, below the server's own address.
    url: String,
    token: String,
    /// `whsec_…`; null where requests need no signature.
    hmac_secret: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct WebhookList {
    webhooks: Vec<Webhook>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Received {
    run_id: String,
}

impl From<WebhookError> for Problem {
    fn from(error: WebhookError) -> Self {
        let said = error.to_string();
        match error {
            WebhookError::NoSuchWebhook => no_such_webhook(),
            WebhookError::TooOften(wait) => {
                let seconds = wait.as_secs_f64().ceil().max(1.0);
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", said)
                    .with_header(RETRY_AFTER, &seconds.to_string())
            }
            WebhookError::NotSigned(_) => Self::new(StatusCode::UNAUTHORIZED, "not-signed", said),
            WebhookError::SealedOtherwise => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "secret-sealed-otherwise", said)
            }
            WebhookError::TooMany => Self::conflict(said),
            WebhookError::Start(error) => error.into(),
            WebhookError::Db(error) => error.into(),
        }
    }
}

fn no_such_webhook() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not-found", "there is no such webhook")
}

/// POST /hooks/{token}
pub async fn receive(app: SharedApp, call: Call) -> Result<Response, Problem> {
    // Who has no webhook is not listened to any longer.
    let hook = webhooks::open(&app.core, call.head.params.get(0)).await?;
    let body = body::read_any(&app.bodies, &call.head.headers, call.chunks).await?;
    let own_key = runs::idempotency_key(&call.head)?;
    let message = Delivery {
        headers: headers(&call.head),
        content_type: call.head.header(CONTENT_TYPE.as_str()).unwrap_or_default(),
        body: &body.bytes,
        signed: Signed {
            id: call.head.header("webhook-id"),
            timestamp: call.head.header("webhook-timestamp"),
            signature: call.head.header("webhook-signature"),
            hub: call.head.header("x-hub-signature-256"),
        },
        key: own_key.as_deref().or_else(|| call.head.header("webhook-id")).filter(|key| is_key(key)),
    };
    let run_id = webhooks::fire(&app.core, &hook, &message).await?;
    let mut response = schema::json(&Received { run_id: run_id.to_string() });
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}

/// What can be part of a primary key.
fn is_key(text: &str) -> bool {
    (1..=255).contains(&text.len())
}

fn headers(head: &Head) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

/// GET /api/v1/workflows/{name}/webhooks
pub async fn list(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let name = workflow(&app, &call.head).await?;
    let rows = crate::store::webhooks::list(&call.head.db(&app), call.head.organization(), &name).await?;
    let webhooks = rows.into_iter().map(|row| shown(&name, row)).collect();
    Ok(schema::json(&WebhookList { webhooks }))
}

fn shown(workflow: &str, row: WebhookRow) -> Webhook {
    Webhook {
        webhook_id: row.webhook_id,
        workflow: workflow.to_owned(),
        description: row.description,
        hmac: row.is_signed,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        last_run_id: row.last_run_id,
    }
}

/// POST /api/v1/workflows/{name}/webhooks
pub async fn create(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let workflow = workflow(&app, &call.head).await?;
    let body = body::read_optional(&app.bodies, &call.head.headers, call.chunks).await?;
    let mut fields = Fields::of(&body)?;
    let description = fields.text("description", DESCRIPTION_MAX_BYTES);
    let hmac = fields.optional::<bool>("hmac", "true or false").unwrap_or(false);
    if description.as_ref().is_some_and(|text| text.contains('\0')) {
        fields.fault("/description", "holds U+0000");
    }
    fields.check()?;
    let organization = call.head.organization();
    let made = webhooks::create(&app.core, organization, &workflow, description.as_deref(), hmac).await?;
    let mut response = schema::json(&MadeWebhook {
        webhook_id: made.webhook_id,
        workflow,
        description,
        hmac,
        url: format!("/hooks/{}", made.token),
        token: made.token,
        hmac_secret: made.secret,
    });
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

/// DELETE /api/v1/workflows/{name}/webhooks/{webhookId}
pub async fn delete(app: SharedApp, call: Call) -> Result<Response, Problem> {
    // What is no id is no webhook's.
    let id: Uuid = call.head.params.get(1).parse().map_err(|_| no_such_webhook())?;
    let name = call.head.params.get(0);
    if name.contains('\0') {
        return Err(no_such_webhook());
    }
    if !crate::store::webhooks::delete(&app.core.db, call.head.organization(), name, id).await? {
        return Err(no_such_webhook());
    }
    let mut response = Response::new(Default::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// The stored workflow that the path names.
async fn workflow(app: &SharedApp, head: &Head) -> Result<String, Problem> {
    let missing = || Problem::new(StatusCode::NOT_FOUND, "not-found", "there is no such workflow");
    let name = head.params.get(0);
    if name.contains('\0') {
        return Err(missing());
    }
    let found = workflows::find(&head.db(app), head.organization(), name, None).await?;
    found.filter(|found| !found.is_deleted).map(|_| name.to_owned()).ok_or_else(missing)
}
