//! Users and API tokens, as clients handle them.

use serde::{Deserialize, Serialize};

use crate::facts::account::{Email, Role, Scope, TokenId, UserId};
use crate::facts::bcrypt_hash::BcryptHash;
use crate::facts::time::Timestamp;

use super::api::Client;
use super::error::ClientError;
use super::transport::{REQUEST_TIMEOUT, send, send_for_json};

/// A member of the organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    pub user_id: UserId,
    pub email: Email,
    pub name: Option<String>,
    pub role: Role,
    pub created_at: Option<Timestamp>,
    /// Has signed in before.
    pub joined: bool,
}

/// Somebody who was invited, with the link to pass on.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invited {
    pub user: Member,
    pub sign_in_link: String,
}

/// An API token without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenSummary {
    pub token_id: TokenId,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub workflow: Option<String>,
    pub run_id: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub prefix: String,
}

/// What a token shall be.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewToken {
    pub name: String,
    pub scopes: Vec<Scope>,
    pub workflow: Option<String>,
    pub run_id: Option<String>,
    pub expires_at: Option<Timestamp>,
}

/// A token with its secret, which is never shown again.
#[derive(Debug, Clone, Deserialize)]
pub struct MadeToken {
    pub token: String,
    #[serde(flatten)]
    pub row: TokenSummary,
}

#[derive(Deserialize)]
struct Brought {
    user: Option<Member>,
}

#[derive(Deserialize)]
struct Members {
    users: Vec<Member>,
}

#[derive(Deserialize)]
struct Tokens {
    tokens: Vec<TokenSummary>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Link {
    sign_in_link: String,
}

impl Client {
    /// `GET /api/v1/users`
    pub async fn list_users(&self) -> Result<Vec<Member>, ClientError> {
        let request = self.http.get(self.url(&["api", "v1", "users"]));
        send_for_json::<Members>(&self.address(), request).await.map(|list| list.users)
    }

    /// `POST /api/v1/users`
    pub async fn invite_user(
        &self,
        email: &Email,
        name: Option<&str>,
        role: Role,
    ) -> Result<Invited, ClientError> {
        let body = serde_json::json!({ "email": email, "name": name, "role": role });
        send_for_json(&self.address(), self.http.post(self.url(&["api", "v1", "users"])).json(&body)).await
    }

    /// `POST /api/v1/users/import`: a user of another system, with the bcrypt hash of a password. `false`: the address has an account
    /// already, which was left as it is. Safe to repeat.
    pub async fn bring_user(
        &self,
        email: &Email,
        role: Role,
        password_hash: &BcryptHash,
    ) -> Result<bool, ClientError> {
        let hash = password_hash.as_str();
        let body = serde_json::json!({ "email": email, "role": role, "passwordHash": hash });
        let request = self.http.post(self.url(&["api", "v1", "users", "import"])).json(&body);
        send_for_json::<Brought>(&self.address(), request).await.map(|brought| brought.user.is_some())
    }

    /// `PUT /api/v1/users/{userId}`
    pub async fn set_role(&self, user: UserId, role: Role) -> Result<Member, ClientError> {
        let request = self.http.put(self.user_url(user, &[])).json(&serde_json::json!({ "role": role }));
        send_for_json(&self.address(), request).await
    }

    /// `DELETE /api/v1/users/{userId}`
    pub async fn remove_user(&self, user: UserId) -> Result<(), ClientError> {
        let request = self.http.delete(self.user_url(user, &[])).timeout(REQUEST_TIMEOUT);
        send(&self.address(), request).await.map(drop)
    }

    /// `POST /api/v1/users/{userId}/link`
    pub async fn sign_in_link(&self, user: UserId) -> Result<String, ClientError> {
        let request = self.http.post(self.user_url(user, &["link"])).json(&serde_json::json!({}));
        send_for_json::<Link>(&self.address(), request).await.map(|link| link.sign_in_link)
    }

    /// `GET /api/v1/tokens`
    pub async fn list_tokens(&self) -> Result<Vec<TokenSummary>, ClientError> {
        let request = self.http.get(self.url(&["api", "v1", "tokens"]));
        send_for_json::<Tokens>(&self.address(), request).await.map(|list| list.tokens)
    }

    /// `POST /api/v1/tokens`
    pub async fn make_token(&self, token: &NewToken) -> Result<MadeToken, ClientError> {
        send_for_json(&self.address(), self.http.post(self.url(&["api", "v1", "tokens"])).json(token)).await
    }

    /// `DELETE /api/v1/tokens/{tokenId}`
    pub async fn revoke_token(&self, token: TokenId) -> Result<(), ClientError> {
        let url = self.url(&["api", "v1", "tokens", &token.to_string()]);
        send(&self.address(), self.http.delete(url).timeout(REQUEST_TIMEOUT)).await.map(drop)
    }

    fn user_url(&self, user: UserId, rest: &[&str]) -> reqwest::Url {
        let user = user.to_string();
        self.url(&[&["api", "v1", "users", user.as_str()], rest].concat())
    }
}
