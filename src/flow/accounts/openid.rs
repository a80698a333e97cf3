//! Signing in with an OpenID Connect provider: discovery, the way there (state, nonce, PKCE), and the way back.
//!
//! Owns the provider's metadata and keys, kept for an hour and asked for again when a token names a key that is unknown.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use reqwest::{Client, RequestBuilder, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;

use super::admission::Accounts;
use super::error::AccountError;
use super::id_token::{self, Claims, Expected, Jwk};
use super::secrets::{digest, new_secret};
use super::sessions::SignedIn;
use crate::facts::account::{Email, Role, role_of_groups};
use crate::facts::id::OrganizationId;
use crate::facts::settings::OpenIdSettings;
use crate::store::accounts::once;
use crate::store::accounts::users::{self, UserRow};
use crate::store::clock;

/// A provider that does not answer within this is not there.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// Metadata, key sets and token answers are a few KiB.
const ANSWER_MAX_BYTES: usize = 512 * 1024;
/// How long metadata and keys are believed.
const KEPT_FOR: Duration = Duration::from_secs(60 * 60);
/// From leaving for the provider to coming back: people look for their second factor.
const FLOW_FOR: Duration = Duration::from_secs(15 * 60);
/// Keys looked through.
const KEYS_MAX: usize = 100;

/// A provider, and what is known of it.
pub struct Provider {
    settings: OpenIdSettings,
    http: Client,
    known: tokio::sync::Mutex<Option<(Instant, Metadata)>>,
}

#[derive(Debug, Clone, Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(skip)]
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct KeySet {
    /// Kinds that are unknown here are passed over.
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    id_token: String,
}

impl Provider {
    /// Nothing is asked yet. The reason of a failure completes "the OpenID provider can't be spoken to: …".
    pub fn new(settings: OpenIdSettings) -> Result<Self, String> {
        // An error says only that there is a provider already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut builder = Client::builder()
            .user_agent(concat!("telltale/", env!("CARGO_PKG_VERSION")))
            .timeout(ANSWER_LIMIT)
            // A redirect would carry the client's secret elsewhere.
            .redirect(reqwest::redirect::Policy::none());
        if settings.issuer.starts_with("http://") {
            // Without TLS the system's certificates needn't be there, nor be read.
            builder = builder.tls_certs_only([]);
        }
        let http = builder.build().map_err(|error| error.to_string())?;
        Ok(Self { settings, http, known: tokio::sync::Mutex::new(None) })
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// What the provider says of itself, asked for at most once in `at_most_every`.
    async fn metadata(&self, at_most_every: Duration) -> Result<Metadata, AccountError> {
        let mut known = self.known.lock().await;
        if let Some((at, metadata)) = known.as_ref()
            && at.elapsed() < at_most_every
        {
            return Ok(metadata.clone());
        }
        let url = format!("{}/.well-known/openid-configuration", self.settings.issuer);
        let mut metadata: Metadata = ask(self.http.get(url)).await?;
        if metadata.issuer.trim_end_matches('/') != self.settings.issuer {
            return Err(AccountError::Provider(format!("it calls itself {}", metadata.issuer)));
        }
        let set: KeySet = ask(self.http.get(&metadata.jwks_uri)).await?;
        let keys = set.keys.into_iter().take(KEYS_MAX);
        metadata.keys = keys.filter_map(|key| serde_json::from_value(key).ok()).collect();
        *known = Some((Instant::now(), metadata.clone()));
        Ok(metadata)
    }

    async fn claims(
        &self,
        code: &str,
        verifier: &str,
        nonce: &str,
        callback: &str,
    ) -> Result<Claims, AccountError> {
        let OpenIdSettings { client_id, client_secret, .. } = &self.settings;
        let metadata = self.metadata(KEPT_FOR).await?;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", callback)
            .append_pair("code_verifier", verifier)
            .append_pair("client_id", client_id)
            .append_pair("client_secret", client_secret)
            .finish();
        let request = self.http.post(&metadata.token_endpoint);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        let TokenAnswer { id_token } = ask(request).await?;
        let is_known = |metadata: &Metadata| {
            let kid = id_token::header(&id_token).and_then(|header| header.kid);
            kid.is_none() || metadata.keys.iter().any(|key| key.kid == kid)
        };
        // A key that is new to us: the provider has changed it. Only its own answer to a code can say so.
        let metadata = if is_known(&metadata) { metadata } else { self.metadata(Duration::ZERO).await? };
        let expected = Expected {
            issuer: &metadata.issuer,
            client_id,
            nonce,
            now_seconds: clock::now().as_micros() / 1_000_000,
        };
        id_token::verify(&id_token, &metadata.keys, expected)
            .map_err(|reason| AccountError::Provider(format!("its ID token is not believed: {reason}")))
    }

    fn role(&self, claims: &Claims) -> Option<Role> {
        let groups: Vec<String> = match claims.get(&self.settings.groups_claim) {
            Some(Value::Array(groups)) => {
                groups.iter().filter_map(|g| g.as_str().map(str::to_owned)).collect()
            }
            Some(Value::String(group)) => vec![group.clone()],
            _ => Vec::new(),
        };
        role_of_groups(&self.settings.role_map, &groups)
    }
}

/// Sends, and reads a JSON answer of bounded size.
async fn ask<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, AccountError> {
    let failed = |error: reqwest::Error| AccountError::Provider(error.to_string());
    let mut response = request.header("accept", "application/json").send().await.map_err(failed)?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > ANSWER_MAX_BYTES {
            return Err(AccountError::Provider(format!(
                "its answer is larger than {ANSWER_MAX_BYTES} bytes"
            )));
        }
        body.extend_from_slice(&chunk);
    }
    if !status.is_success() {
        return Err(AccountError::Provider(format!("it answers {status}")));
    }
    serde_json::from_slice(&body).map_err(|error| AccountError::Provider(format!("its answer: {error}")))
}

impl Accounts {
    /// The provider's address to send a browser to, and the state that its cookie keeps.
    pub async fn openid_way(&self, callback: &str) -> Result<(String, String), AccountError> {
        let provider = self.provider().ok_or(AccountError::NotFound)?;
        let metadata = provider.metadata(KEPT_FOR).await?;
        let (state, nonce, verifier) = (new_secret(), new_secret(), new_secret());
        let until = clock::now().after(FLOW_FOR);
        once::insert_flow(&self.shared.db, &digest(&state), &nonce, &verifier, until).await?;
        let mut url: Url = metadata
            .authorization_endpoint
            .parse()
            .map_err(|error| AccountError::Provider(format!("its authorization endpoint: {error}")))?;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &provider.settings.client_id)
            .append_pair("redirect_uri", callback)
            .append_pair("scope", "openid email profile")
            .append_pair("state", &state)
            .append_pair("nonce", &nonce)
            .append_pair("code_challenge", &BASE64URL.encode(digest(&verifier)))
            .append_pair("code_challenge_method", "S256");
        Ok((url.into(), state))
    }

    /// Signs in whoever the provider says it is.
    pub async fn openid_back(
        &self,
        state: &str,
        code: &str,
        callback: &str,
    ) -> Result<SignedIn, AccountError> {
        let provider = self.provider().ok_or(AccountError::NotFound)?;
        let flow = once::take_flow(&self.shared.db, &digest(state)).await?;
        let (nonce, verifier) = flow.ok_or(AccountError::NotSignedIn)?;
        let claims = provider.claims(code, &verifier, &nonce, callback).await?;
        let user = self.openid_user(provider, &claims).await?;
        self.recheck().await;
        self.begin_session(&user, None).await
    }

    /// The user that the claims are about: known by the subject, else by a verified address, else new where a group gives a role.
    async fn openid_user(&self, provider: &Provider, claims: &Claims) -> Result<UserRow, AccountError> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let (issuer, subject) = (&provider.settings.issuer, text("sub").unwrap_or_default());
        let role = provider.role(claims);
        let db = &self.shared.db;
        if let Some(user) = users::by_openid(db, issuer, subject).await? {
            if user.is_removed {
                return Err(AccountError::NotSignedIn);
            }
            if let Some(role) = role {
                // The last owner stays one whatever the groups say now; a user taken out stays out.
                match self.set_role(OrganizationId::DEFAULT, user.user_id, role).await {
                    Ok(()) | Err(AccountError::Conflict(_) | AccountError::NotFound) => {}
                    Err(error) => return Err(error),
                }
            }
            return Ok(user);
        }
        let is_verified = claims.get("email_verified") == Some(&Value::Bool(true));
        let email: Option<Email> = text("email").filter(|_| is_verified).and_then(|email| email.parse().ok());
        let email = email.ok_or(AccountError::NotSignedIn)?;
        let user = match users::by_email(db, &email).await? {
            Some(user) if user.is_removed => return Err(AccountError::NotSignedIn),
            Some(user) => user,
            None => {
                let role = role.ok_or(AccountError::NotSignedIn)?;
                self.join(OrganizationId::DEFAULT, &email, text("name"), role, true).await?
            }
        };
        if !users::bind_openid(db, user.user_id, issuer, subject).await? {
            return Err(AccountError::NotSignedIn);
        }
        Ok(user)
    }
}
