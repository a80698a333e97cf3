//! Who comes with a credential: found in memory, else in the store.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use parking_lot::RwLock;
use tokio::time::Instant;

use super::authority::{Authority, Principal, Who};
use super::keys::Keys;
use super::openid::Provider;
use super::password::Hasher;
use super::secrets::digest;
use super::{jwt, watch};
use crate::facts::account::TokenId;
use crate::facts::time::Timestamp;
use crate::store::accounts::{sessions, tokens, users};
use crate::store::clock;
use crate::store::db::{Db, DbError};

/// What API tokens begin with, so that one that got lost can be told for what it is.
pub(super) const TOKEN_PREFIX: &str = "tt_";
/// Credentials remembered at once; beyond it the idle ones are forgotten, and are looked up when they come back.
pub(super) const KNOWN_MAX: usize = 20_000;

/// The handle to accounts; cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub db: Db,
    pub keys: Keys,
    pub hasher: Hasher,
    pub known: RwLock<Known>,
    pub has_users: AtomicBool,
    /// Everyone on this machine, until the first user.
    pub anyone: Arc<Authority>,
    pub provider: Option<Provider>,
}

/// What the store has said lately.
#[derive(Default)]
pub(super) struct Known {
    /// By the credential's digest: who it is, and when it is over by itself.
    pub credentials: HashMap<[u8; 32], (Principal, i64)>,
    pub entries: HashMap<Principal, Arc<Entry>>,
}

/// One principal that has come.
pub(super) struct Entry {
    pub authority: Arc<Authority>,
    pub confirmed: RwLock<Instant>,
    /// Microseconds since 1970; when it came last, and when that was last written down.
    pub used_at: AtomicI64,
    pub noted_at: AtomicI64,
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accounts").field("has_users", &self.has_users()).finish_non_exhaustive()
    }
}

impl Accounts {
    /// Looks once whether there are users; [`Accounts::keep`] keeps that and all else up to date.
    pub async fn start(db: Db, provider: Option<Provider>) -> Result<Self, DbError> {
        let has_users = users::any(&db).await?;
        let shared = Shared {
            db,
            keys: Keys::default(),
            hasher: Hasher::default(),
            known: RwLock::default(),
            has_users: AtomicBool::new(has_users),
            anyone: Authority::unlimited(Who::Anyone),
            provider,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Runs until aborted.
    pub async fn keep(self) {
        watch::run(self).await;
    }

    /// Whether there are accounts, as of a second ago at most.
    #[must_use]
    pub fn has_users(&self) -> bool {
        self.shared.has_users.load(Ordering::Acquire)
    }

    /// Whoever comes where there are no accounts.
    #[must_use]
    pub fn anyone(&self) -> Arc<Authority> {
        Arc::clone(&self.shared.anyone)
    }

    #[must_use]
    pub fn provider(&self) -> Option<&Provider> {
        self.shared.provider.as_ref()
    }

    /// Who has this bearer token; `None`: nobody, or not any more.
    pub async fn admit(&self, bearer: &str) -> Result<Option<Arc<Authority>>, DbError> {
        let (hash, now) = (digest(bearer), clock::now());
        if let Some(entry) = self.known(&hash, now) {
            return Ok(Some(entry));
        }
        let (principal, until, authority) = if bearer.starts_with(TOKEN_PREFIX) {
            let Some(token) = tokens::by_hash(&self.shared.db, &hash).await? else { return Ok(None) };
            (Principal::Token(token.token_id), i64::MAX, Authority::of_token(token))
        } else {
            let Some(claims) = self.claims(bearer, now).await? else { return Ok(None) };
            let Some(session) = sessions::live(&self.shared.db, &[claims.sid]).await?.pop() else {
                return Ok(None);
            };
            // A session that went to another organization has tokens for that one now.
            if session.organization_id != claims.org || session.user_id != claims.sub {
                return Ok(None);
            }
            let until = claims.exp.saturating_mul(1_000_000);
            (Principal::Session(claims.sid), until, Authority::of_session(session))
        };
        let mut known = self.shared.known.write();
        if known.credentials.len() >= KNOWN_MAX {
            watch::forget_idle(&mut known, now, i64::MAX);
        }
        let authority = known.put(principal, authority, now);
        known.credentials.insert(hash, (principal, until));
        Ok(Some(authority))
    }

    /// Who made a ticket that is used now.
    pub(super) async fn of_principal(&self, principal: Principal) -> Result<Option<Arc<Authority>>, DbError> {
        let now = clock::now();
        let authority = match principal {
            Principal::Session(session) => {
                sessions::live(&self.shared.db, &[session]).await?.pop().map(Authority::of_session)
            }
            Principal::Token(token) => {
                tokens::live(&self.shared.db, &[token]).await?.pop().map(Authority::of_token)
            }
        };
        Ok(authority.map(|authority| self.shared.known.write().put(principal, authority, now)))
    }

    fn known(&self, hash: &[u8; 32], now: Timestamp) -> Option<Arc<Authority>> {
        let known = self.shared.known.read();
        let (principal, until) = known.credentials.get(hash)?;
        let entry = known.entries.get(principal)?;
        let is_fresh = entry.confirmed.read().elapsed() < watch::UNCONFIRMED_LIMIT;
        if *until <= now.as_micros() || !is_fresh || entry.authority.ended.is_cancelled() {
            return None;
        }
        entry.used_at.store(now.as_micros(), Ordering::Relaxed);
        Some(Arc::clone(&entry.authority))
    }

    async fn claims(&self, bearer: &str, now: Timestamp) -> Result<Option<jwt::Claims>, DbError> {
        let Some(kid) = jwt::kid_of(bearer) else { return Ok(None) };
        let Some(key) = self.shared.keys.public(&self.shared.db, &kid).await? else { return Ok(None) };
        Ok(jwt::verify(bearer, &key, now.as_micros() / 1_000_000))
    }

    /// Asks the store at once about all that is known: after a change that ends something.
    pub async fn recheck(&self) {
        if let Err(error) = watch::look(self).await {
            tracing::warn!(%error, "what has ended is found a little later");
        }
    }
}

impl Known {
    /// The principal's entry: the one there is while it says the same, else a new one, and the old one ends.
    pub fn put(&mut self, principal: Principal, authority: Authority, now: Timestamp) -> Arc<Authority> {
        let now = now.as_micros();
        if let Some(entry) = self.entries.get(&principal) {
            if entry.authority.is_same(&authority) && !entry.authority.ended.is_cancelled() {
                *entry.confirmed.write() = Instant::now();
                entry.used_at.store(now, Ordering::Relaxed);
                return Arc::clone(&entry.authority);
            }
            entry.authority.ended.cancel();
            self.forget_credentials(principal);
        }
        let entry = Entry {
            authority: Arc::new(authority),
            confirmed: RwLock::new(Instant::now()),
            used_at: AtomicI64::new(now),
            noted_at: AtomicI64::new(0),
        };
        let authority = Arc::clone(&entry.authority);
        self.entries.insert(principal, Arc::new(entry));
        authority
    }
}

impl Known {
    /// What led to a principal as it was: whoever comes with it again is looked up.
    pub fn forget_credentials(&mut self, principal: Principal) {
        self.credentials.retain(|_, (known, _)| *known != principal);
    }
}

impl Entry {
    /// The use that is not written down yet, where there is one that should be.
    pub fn unnoted_use(&self, token: TokenId, pause_micros: i64) -> Option<(TokenId, Timestamp)> {
        let (used, noted) = (self.used_at.load(Ordering::Relaxed), self.noted_at.load(Ordering::Relaxed));
        if used <= noted || used - noted < pause_micros {
            return None;
        }
        self.noted_at.store(used, Ordering::Relaxed);
        Timestamp::from_micros(used).map(|at| (token, at))
    }
}
