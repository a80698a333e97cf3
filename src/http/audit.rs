//! Who did what: GET /api/v1/audit.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::app::SharedApp;
use super::endpoint::Call;
use super::problem::Problem;
use super::{Response, schema};
use crate::facts::time::Timestamp;
use crate::store::accounts::audit::{self, Entry};

/// Largest page, and the one that is given unasked.
const PAGE_MAX: u32 = 1_000;
const PAGE: u32 = 100;

/// Something that somebody did.
#[derive(Serialize, ToSchema)]
pub struct AuditEntry {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `user:…`, `token:…`, `operator`, `anyone` or `nobody`.
    actor: String,
    /// Like `secrets.put`, `users.post`, `session.sign-in`, `session.refused`.
    action: String,
    subject: Option<String>,
    detail: Option<Value>,
    address: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditPage {
    /// Newest first.
    entries: Vec<AuditEntry>,
    /// Null on the last page.
    next_cursor: Option<String>,
}

impl From<Entry> for AuditEntry {
    fn from(entry: Entry) -> Self {
        let deed = entry.deed;
        Self {
            at: entry.at,
            actor: deed.actor,
            action: deed.action,
            subject: deed.subject,
            // Written as JSON, so that it is read as JSON.
            detail: deed.detail.and_then(|text| serde_json::from_str(&text).ok()),
            address: deed.address,
        }
    }
}

/// GET /api/v1/audit
pub async fn page(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let limit = query.limit(PAGE_MAX, PAGE);
    let before = query.seq("cursor").and_then(|seq| i64::try_from(seq).ok());
    query.check()?;
    // One more than asked for tells whether there is another page.
    let mut page = audit::list(&call.head.db(&app), call.head.organization(), before, limit + 1).await?;
    let has_more = page.len() > limit as usize;
    page.truncate(limit as usize);
    let next_cursor = page.last().filter(|_| has_more).map(|entry| entry.entry_id.to_string());
    Ok(schema::json(&AuditPage { entries: page.into_iter().map(AuditEntry::from).collect(), next_cursor }))
}
