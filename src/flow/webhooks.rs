//! Webhooks: addresses that start runs of a workflow for whoever knows them.
//!
//! ```text
//! POST /hooks/{token} ─► hash ─► row ─► pace ─► signature ─► inputs and trigger ─► start, once for each key of the sender
//! ```
//! Owns tokens and signing secrets at the moment they are made, which is when they are seen for the only time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use rand::RngExt as _;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Core;
use super::start::{self, StartError, StartRequest};
use crate::facts::event_input::Fault;
use crate::facts::id::{OrganizationId, RunId};
use crate::facts::json::Json;
use crate::facts::signature::{self, NotSigned, Signed};
use crate::facts::webhook::{self, TOKEN_BYTES};
use crate::store::db::DbError;
use crate::store::webhooks::{self, NewWebhook, OpenWebhook, PER_WORKFLOW_MAX};
use crate::store::{clock, runs};

/// Runs that one webhook starts at once …
const BURST: f64 = 60.0;
/// … and a second, in the long run: senders of events, not of load.
const PER_SECOND: f64 = 10.0;
/// Webhooks whose pace is remembered; beyond it those that rest are forgotten.
const PACES_MAX: usize = 10_000;

/// Why a webhook has started nothing.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("there is no such webhook")]
    NoSuchWebhook,
    #[error("this webhook is used too often; it starts at most {PER_SECOND} runs a second")]
    TooOften(Duration),
    #[error(transparent)]
    NotSigned(#[from] NotSigned),
    #[error(
        "the webhook's secret was sealed with another key; make another webhook, or give the server the key it had (secret_key)"
    )]
    SealedOtherwise,
    #[error("a workflow has at most {PER_WORKFLOW_MAX} webhooks")]
    TooMany,
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// A new webhook with what is seen only now.
#[derive(Debug)]
pub struct Made {
    pub webhook_id: Uuid,
    pub token: String,
    pub secret: Option<String>,
}

/// What came to a webhook.
#[derive(Debug)]
pub struct Delivery<'a> {
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
    pub content_type: &'a str,
    pub body: &'a [u8],
    pub signed: Signed<'a>,
    /// What the sender calls this message: a repeat starts nothing.
    pub key: Option<&'a str>,
}

/// Makes a webhook of a stored workflow.
pub async fn create(
    core: &Core,
    organization: OrganizationId,
    workflow: &str,
    description: Option<&str>,
    is_signed: bool,
) -> Result<Made, WebhookError> {
    start::stored(core, organization, workflow, None).await?;
    let webhook_id = Uuid::now_v7();
    let token = URL_SAFE_NO_PAD.encode(rand::rng().random::<[u8; TOKEN_BYTES]>());
    let secret = is_signed.then(|| signature::secret_text(&rand::rng().random()));
    let seal = |secret: &String| {
        let sealed = core.vault.seal_own(organization, &purpose(webhook_id), secret);
        sealed.ok_or_else(|| DbError::Shape("a secret could not be sealed".into()))
    };
    let sealed = secret.as_ref().map(seal).transpose()?;
    let new = NewWebhook {
        webhook_id,
        workflow,
        description,
        token_hash: &hash(&token),
        sealed_secret: sealed.as_deref(),
        created_at: clock::now(),
    };
    if !webhooks::insert(&core.db, organization, &new).await? {
        return Err(WebhookError::TooMany);
    }
    Ok(Made { webhook_id, token, secret })
}

/// What the webhook's secret is sealed for.
fn purpose(webhook_id: Uuid) -> String {
    format!("webhook {webhook_id}")
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The webhook that a token opens, within its pace.
pub async fn open(core: &Core, token: &str) -> Result<OpenWebhook, WebhookError> {
    // Longer ones were never made, and are not worth a query.
    if token.is_empty() || token.len() > 2 * TOKEN_BYTES {
        return Err(WebhookError::NoSuchWebhook);
    }
    let found = webhooks::find(&core.db, &hash(token)).await?.ok_or(WebhookError::NoSuchWebhook)?;
    core.paces.take(found.webhook_id, Instant::now()).map_err(WebhookError::TooOften)?;
    Ok(found)
}

/// Starts the run that a message asks for, or finds the one that it has started before.
pub async fn fire(core: &Core, hook: &OpenWebhook, message: &Delivery<'_>) -> Result<RunId, WebhookError> {
    let now = clock::now();
    if let Some(sealed) = &hook.sealed_secret {
        let secret = core.vault.open_own(hook.organization, &purpose(hook.webhook_id), sealed);
        let secret = secret.ok_or(WebhookError::SealedOtherwise)?;
        signature::verify(&secret, message.signed, message.body, now)?;
    }
    let unfit =
        |detail: String| StartError::Invalid(vec![Fault { pointer: String::new(), detail, is_size: false }]);
    let payload =
        webhook::read(message.body, message.content_type).map_err(|error| unfit(error.to_string()))?;
    let (version, definition) = start::stored(core, hook.organization, &hook.workflow, None).await?;
    let inputs = webhook::inputs(&payload, &declared(definition.inputs_schema()));
    let trigger =
        webhook::trigger(&hook.webhook_id.to_string(), &message.headers, &payload, message.body.len());
    let run_id = match message.key {
        None => RunId::generated(Uuid::now_v7()),
        Some(key) => {
            // Keys of different senders are different keys.
            let key = format!("webhook:{}:{key}", hook.webhook_id);
            let wanted = RunId::generated(Uuid::now_v7());
            runs::claim_idempotency_key(&core.db, hook.organization, &key, &wanted).await?
        }
    };
    let request = StartRequest {
        run_id: run_id.clone(),
        workflow: hook.workflow.clone(),
        version: Some(version),
        priority: None,
        inputs,
        trigger: Json::from_value(&trigger).ok(),
        labels: None,
    };
    start::start(core, hook.organization, request).await?;
    webhooks::used(&core.db, hook.webhook_id, now, &run_id).await?;
    Ok(run_id)
}

/// The declared inputs by their names.
fn declared(mut schema: Value) -> Map<String, Value> {
    match schema.get_mut("properties").map(Value::take) {
        Some(Value::Object(properties)) => properties,
        _ => Map::new(),
    }
}

/// How often each webhook was used lately; cheap to clone. Of this process only: several servers let as many times more through.
#[derive(Debug, Clone, Default)]
pub struct Paces(Arc<Mutex<HashMap<Uuid, Pace>>>);

/// What is left of a burst, as of a moment.
#[derive(Debug, Clone, Copy)]
struct Pace {
    left: f64,
    as_of: Instant,
}

impl Paces {
    /// Takes one use, or says how long to wait for it.
    fn take(&self, webhook: Uuid, now: Instant) -> Result<(), Duration> {
        let mut paces = self.0.lock();
        if paces.len() >= PACES_MAX {
            paces.retain(|_, pace| pace.at(now) < BURST);
        }
        let pace = paces.entry(webhook).or_insert(Pace { left: BURST, as_of: now });
        *pace = Pace { left: pace.at(now), as_of: now };
        if pace.left < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - pace.left) / PER_SECOND));
        }
        pace.left -= 1.0;
        Ok(())
    }
}

impl Pace {
    fn at(self, now: Instant) -> f64 {
        (self.left + now.saturating_duration_since(self.as_of).as_secs_f64() * PER_SECOND).min(BURST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_has_its_pace_and_others_have_theirs() {
        let (paces, now) = (Paces::default(), Instant::now());
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        for _ in 0..60 {
            paces.take(a, now).unwrap();
        }
        let wait = paces.take(a, now).unwrap_err();
        assert!(wait > Duration::from_millis(99) && wait < Duration::from_millis(101), "{wait:?}");
        paces.take(b, now).unwrap();
        paces.take(a, now + wait).unwrap();
        assert!(paces.take(a, now + wait).is_err());
        // Rest never saves up more than a burst.
        for _ in 0..60 {
            paces.take(a, now + Duration::from_secs(3_600)).unwrap();
        }
        assert!(paces.take(a, now + Duration::from_secs(3_600)).is_err());
    }
}
