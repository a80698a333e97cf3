//! API tokens of the caller's organization: /api/v1/tokens.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::app::SharedApp;
use super::endpoint::Call;
use super::fields::Fields;
use super::problem::Problem;
use super::{Response, body, schema, session};
use crate::facts::account::{Limit, NAME_MAX_BYTES, Scope, TokenId};
use crate::facts::id::RunId;
use crate::facts::time::Timestamp;
use crate::flow::accounts::{AccountError, TokenRequest};
use crate::store::accounts::tokens::{self, TokenRow};

/// Longest name of a workflow, as those that are stored.
const WORKFLOW_MAX_BYTES: usize = 256;

/// What a token shall be.
#[derive(Deserialize, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what is read field by field")]
pub struct NewToken {
    name: String,
    #[schema(min_items = 1)]
    scopes: Vec<Scope>,
    /// Limits it to runs of this workflow.
    #[schema(required = false)]
    workflow: Option<String>,
    /// Limits it to this run.
    #[schema(required = false)]
    run_id: Option<String>,
    #[schema(required = false, format = DateTime)]
    expires_at: Option<String>,
}

/// A token as it may be seen.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    #[schema(value_type = String, format = Uuid)]
    token_id: TokenId,
    name: String,
    scopes: Vec<Scope>,
    workflow: Option<String>,
    run_id: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    /// How it begins.
    prefix: String,
}

/// A new token, with the secret that is shown this once.
#[derive(Serialize, ToSchema)]
pub struct MadeToken {
    token: String,
    #[serde(flatten)]
    row: Token,
}

#[derive(Serialize, ToSchema)]
pub struct TokenList {
    /// Newest first.
    tokens: Vec<Token>,
}

impl From<TokenRow> for Token {
    fn from(row: TokenRow) -> Self {
        Self {
            token_id: row.token_id,
            name: row.name,
            scopes: row.scopes,
            workflow: row.workflow,
            run_id: row.run_id,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            prefix: row.prefix,
        }
    }
}

/// GET /api/v1/tokens
pub async fn list(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let rows = tokens::list(&call.head.db(&app), call.head.organization()).await?;
    Ok(schema::json(&TokenList { tokens: rows.into_iter().map(Token::from).collect() }))
}

/// POST /api/v1/tokens
pub async fn make(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let mut fields = Fields::of(&body)?;
    let request = request(&mut fields);
    fields.check()?;
    let request = request.ok_or_else(|| Problem::internal("a missing field made no fault"))?;
    let made = app.core.accounts.make_token(&call.head.caller, request).await?;
    let (subject, scopes) = (made.row.name.clone(), made.row.scopes.clone());
    let detail = json!({
        "tokenId": made.row.token_id, "scopes": scopes, "workflow": made.row.workflow, "runId": made.row.run_id,
    });
    let mut response = schema::json(&MadeToken { token: made.secret, row: made.row.into() });
    *response.status_mut() = StatusCode::CREATED;
    session::told(&mut response, subject, Some(detail));
    Ok(response)
}

fn request(fields: &mut Fields) -> Option<TokenRequest> {
    let name: Option<String> = fields.required("name", "a text");
    if name.as_ref().is_some_and(|name| name.is_empty() || name.len() > NAME_MAX_BYTES) {
        fields.fault("/name", "is not 1 to 200 bytes long");
    }
    let mut scopes: Vec<Scope> =
        fields.required("scopes", "a list of append, read, admin").unwrap_or_default();
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        fields.fault("/scopes", "is empty");
    }
    let workflow = fields.text("workflow", WORKFLOW_MAX_BYTES);
    let run_id: Option<RunId> = fields.optional("runId", "a run's id");
    let expires_at: Option<Timestamp> = fields.optional("expiresAt", "a time (RFC 3339)");
    let limit = match (workflow, run_id) {
        (Some(_), Some(_)) => {
            fields.fault("/runId", "is set beside workflow: one of the two limits a token");
            Limit::None
        }
        (Some(workflow), None) => Limit::Workflow(workflow),
        (None, Some(run)) => Limit::Run(run),
        (None, None) => Limit::None,
    };
    Some(TokenRequest { name: name?, scopes, limit, expires_at })
}

/// DELETE /api/v1/tokens/{tokenId}
pub async fn revoke(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let token: TokenId =
        call.head.params.get(0).parse().map_err(|_| Problem::from(AccountError::NotFound))?;
    let name = app.core.accounts.revoke_token(call.head.organization(), token).await?;
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    session::told(&mut response, name, Some(json!({ "tokenId": token })));
    Ok(response)
}
