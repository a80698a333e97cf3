//! Signing in, staying signed in, and signing out.
//!
//! A session is a family of refresh secrets: each is good once and brings the next. One that comes a second time was
//! stolen, by whoever came first or second: the family ends.

use std::time::Duration;

use super::admission::Accounts;
use super::authority::Authority;
use super::error::AccountError;
use super::jwt;
use super::secrets::{digest, is_same, new_secret};
use crate::facts::account::{
    ACCOUNT_FAILURES_FREE, ADDRESS_FAILURES_FREE, Email, FAILURES_COUNT_FOR, SessionId, UserId,
    wait_before_sign_in,
};
use crate::facts::bcrypt_hash::BcryptHash;
use crate::facts::id::OrganizationId;
use crate::facts::time::Timestamp;
use crate::store::accounts::failures::{self, Failures};
use crate::store::accounts::users::{self, OrganizationRow, UserRow};
use crate::store::accounts::{once, sessions};
use crate::store::clock;

/// How long an access token is good: what it carries is looked up anyway, so that this only bounds a copy's use.
pub const ACCESS_FOR: Duration = Duration::from_secs(10 * 60);
/// How long a session lives without being refreshed.
pub const SESSION_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A session that has just begun or gone on.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub session: SessionId,
    /// What the cookie holds; good once.
    pub refresh: String,
    pub access_token: String,
    pub authority: std::sync::Arc<Authority>,
}

impl Accounts {
    /// Signs in with a password. The answer and its time are the same whether the user is unknown or the password wrong.
    pub async fn sign_in(
        &self,
        email: &str,
        password: &str,
        address: &str,
    ) -> Result<SignedIn, AccountError> {
        // What is no address is nobody's, and is counted like one.
        let email: Option<Email> = email.parse().ok();
        let account = format!("account:{}", email.as_ref().map_or("?", Email::as_str));
        let address = format!("address:{address}");
        self.begin_sign_in(&account, &address).await?;
        let user = match &email {
            Some(email) => users::by_email(&self.shared.db, email).await?.filter(|user| !user.is_removed),
            None => None,
        };
        let stored = user.as_ref().and_then(|user| user.password_hash.clone());
        let highest_cost = users::highest_bcrypt_cost(&self.shared.db).await?;
        let is_right = self.shared.hasher.verify(password.to_owned(), stored, highest_cost).await?;
        let user = user.filter(|_| is_right).ok_or(AccountError::NotSignedIn)?;
        failures::forgive(&self.shared.db, &account, &address).await?;
        self.rehash(&user, password).await?;
        self.begin_session(&user, None).await
    }

    /// Gives a user who came in with the hash of another system one of ours, of the password that was just found right.
    async fn rehash(&self, user: &UserRow, password: &str) -> Result<(), AccountError> {
        let brought = user.password_hash.as_ref().filter(|hash| hash.parse::<BcryptHash>().is_ok());
        let Some(brought) = brought else { return Ok(()) };
        let hash = self.shared.hasher.hash(password.to_owned()).await?;
        Ok(users::replace_password_hash(&self.shared.db, user.user_id, brought, &hash).await?)
    }

    /// Counts the sign-in as failed before it is looked at, so that many at once are counted too; refuses where it must wait.
    async fn begin_sign_in(&self, account: &str, address: &str) -> Result<(), AccountError> {
        let mut connection = self.shared.db.get().await?;
        let transaction = connection.transaction().await?;
        let now = clock::now();
        let known = failures::lock(&transaction, &[account, address]).await?;
        if let Some(wait) = known.iter().filter_map(|failures| wait(failures, account, now)).max() {
            return Err(AccountError::Locked(wait));
        }
        let since = before(now, FAILURES_COUNT_FOR);
        // In the order of the lock above, so that two of these don't wait for each other.
        for subject in [account, address] {
            failures::count(&transaction, subject, since).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// A new session of the user, in `organization` or in the first that there is.
    pub(super) async fn begin_session(
        &self,
        user: &UserRow,
        organization: Option<OrganizationId>,
    ) -> Result<SignedIn, AccountError> {
        let rows = users::organizations(&self.shared.db, user.user_id).await?;
        let is_wanted =
            |row: &&OrganizationRow| organization.is_none_or(|wanted| row.organization_id == wanted);
        let place = rows.iter().find(is_wanted).or(rows.first()).ok_or(AccountError::NotSignedIn)?;
        let session = SessionId(users::new_id());
        let (secret, now) = (new_secret(), clock::now());
        let until = now.after(SESSION_FOR);
        let db = &self.shared.db;
        sessions::insert(db, session, user.user_id, place.organization_id, &digest(&secret), until).await?;
        self.signed_in(session, user.user_id, place.organization_id, &secret, now).await
    }

    /// Goes on with a session: the cookie is used up and the next one comes with the answer.
    pub async fn refresh(&self, cookie: &str) -> Result<SignedIn, AccountError> {
        let (session, secret) = read_cookie(cookie).ok_or(AccountError::NotSignedIn)?;
        let now = clock::now();
        let mut connection = self.shared.db.get().await?;
        let transaction = connection.transaction().await?;
        let row = sessions::lock(&transaction, session).await?.ok_or(AccountError::NotSignedIn)?;
        if row.expires_at <= now {
            return Err(AccountError::NotSignedIn);
        }
        if !is_same(&digest(secret), &row.refresh_hash) {
            drop(transaction);
            drop(connection);
            tracing::warn!(%session, "a refresh cookie came a second time; its session ends");
            self.sign_out(session).await?;
            return Err(AccountError::NotSignedIn);
        }
        let next = new_secret();
        sessions::rotate(&transaction, session, &digest(&next), now.after(SESSION_FOR)).await?;
        transaction.commit().await?;
        drop(connection);
        self.signed_in(session, row.user_id, row.organization_id, &next, now).await
    }

    /// Takes a session to another of its user's organizations; its access tokens for the old one hold no more.
    pub async fn move_session(
        &self,
        session: SessionId,
        user: UserId,
        organization: OrganizationId,
    ) -> Result<(String, std::sync::Arc<Authority>), AccountError> {
        if !sessions::move_to(&self.shared.db, session, organization).await? {
            return Err(AccountError::NotFound);
        }
        self.recheck().await;
        let signed = self.signed_in(session, user, organization, "", clock::now()).await?;
        Ok((signed.access_token, signed.authority))
    }

    /// Ends a session, and what is open with it.
    pub async fn sign_out(&self, session: SessionId) -> Result<(), AccountError> {
        sessions::end(&self.shared.db, session).await?;
        self.recheck().await;
        Ok(())
    }

    /// The session that a cookie belongs to, where the cookie is its newest.
    pub async fn session_of_cookie(&self, cookie: &str) -> Result<Option<SessionId>, AccountError> {
        let Some((session, secret)) = read_cookie(cookie) else { return Ok(None) };
        let mut connection = self.shared.db.get().await?;
        let transaction = connection.transaction().await?;
        let row = sessions::lock(&transaction, session).await?;
        Ok(row.filter(|row| is_same(&digest(secret), &row.refresh_hash)).map(|_| session))
    }

    async fn signed_in(
        &self,
        session: SessionId,
        user: UserId,
        organization: OrganizationId,
        secret: &str,
        now: Timestamp,
    ) -> Result<SignedIn, AccountError> {
        let key = self.shared.keys.signing(&self.shared.db, now).await?;
        let (iat, exp) = (seconds(now), seconds(now.after(ACCESS_FOR)));
        let claims = jwt::Claims::new(user, session, organization, iat, exp);
        let access_token = jwt::sign(&claims, &key.kid, &key.pair);
        let authority = self.admit(&access_token).await?.ok_or(AccountError::NotSignedIn)?;
        let refresh = format!("{}.{secret}", session.0.simple());
        Ok(SignedIn { session, refresh, access_token, authority })
    }

    /// A one-time link's secret for a user, or for the first one.
    pub(super) async fn make_link(
        &self,
        user: Option<UserId>,
        organization: OrganizationId,
        good_for: Duration,
    ) -> Result<String, AccountError> {
        let secret = new_secret();
        let until = clock::now().after(good_for);
        once::insert_link(&self.shared.db, &digest(&secret), user, organization, until).await?;
        Ok(secret)
    }
}

fn wait(known: &Failures, account: &str, now: Timestamp) -> Option<Duration> {
    let free = if known.subject == account { ACCOUNT_FAILURES_FREE } else { ADDRESS_FAILURES_FREE };
    let is_recent = known.last_at > before(now, FAILURES_COUNT_FOR);
    wait_before_sign_in(known.failures, free, known.last_at, now).filter(|_| is_recent)
}

/// `<session>.<secret>`
fn read_cookie(cookie: &str) -> Option<(SessionId, &str)> {
    let (session, secret) = cookie.split_once('.')?;
    Some((session.parse().ok()?, secret))
}

fn seconds(at: Timestamp) -> i64 {
    at.as_micros() / 1_000_000
}

fn before(now: Timestamp, span: Duration) -> Timestamp {
    let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(now.as_micros() - micros).unwrap_or(Timestamp::EPOCH)
}
