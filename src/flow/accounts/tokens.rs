//! API tokens: made, shown once, revoked.

use super::admission::{Accounts, TOKEN_PREFIX};
use super::authority::Authority;
use super::error::AccountError;
use super::secrets::{digest, new_secret};
use crate::facts::account::{Limit, Scope, TokenId};
use crate::facts::id::OrganizationId;
use crate::facts::time::Timestamp;
use crate::store::accounts::tokens::{self, NewToken, TOKENS_MAX, TokenRow};
use crate::store::accounts::users;
use crate::store::clock;

/// So much of a token may be shown afterwards, to tell one from another.
const SHOWN_CHARS: usize = 9;

/// What a token shall be.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    pub name: String,
    pub scopes: Vec<Scope>,
    pub limit: Limit,
    pub expires_at: Option<Timestamp>,
}

/// A token that was made, with the secret that nobody sees again.
#[derive(Clone)]
pub struct MadeToken {
    pub secret: String,
    pub row: TokenRow,
}

impl Accounts {
    pub async fn make_token(&self, by: &Authority, request: TokenRequest) -> Result<MadeToken, AccountError> {
        let now = clock::now();
        if request.expires_at.is_some_and(|at| at <= now) {
            return Err(AccountError::Invalid("/expiresAt", "is over already".into()));
        }
        if tokens::count(&self.shared.db, by.organization).await? >= TOKENS_MAX {
            return Err(AccountError::Conflict("the organization has as many tokens as it may; revoke some"));
        }
        let secret = format!("{TOKEN_PREFIX}{}", new_secret());
        let prefix = secret.chars().take(SHOWN_CHARS).collect::<String>();
        let (workflow, run_id) = match &request.limit {
            Limit::None => (None, None),
            Limit::Workflow(workflow) => (Some(workflow.clone()), None),
            Limit::Run(run) => (None, Some(run.to_string())),
        };
        let token_id = TokenId(users::new_id());
        let new = NewToken {
            token_id,
            organization: by.organization,
            created_by: by.user(),
            name: &request.name,
            prefix: &prefix,
            hash: &digest(&secret),
            scopes: &request.scopes,
            workflow: workflow.as_deref(),
            run_id: run_id.as_deref(),
            expires_at: request.expires_at,
        };
        let created_at = tokens::insert(&self.shared.db, &new).await?;
        let row = TokenRow {
            token_id,
            name: request.name,
            scopes: request.scopes,
            workflow,
            run_id,
            created_at,
            expires_at: request.expires_at,
            last_used_at: None,
            prefix,
        };
        Ok(MadeToken { secret, row })
    }

    /// Revokes a token, and ends what is open with it; gives its name.
    pub async fn revoke_token(
        &self,
        organization: OrganizationId,
        token: TokenId,
    ) -> Result<String, AccountError> {
        let name = tokens::delete(&self.shared.db, organization, token).await?;
        let name = name.ok_or(AccountError::NotFound)?;
        self.recheck().await;
        Ok(name)
    }
}
