//! The keys that sign access tokens: each server makes its own, keeps the private half in memory, and tells all others the public one.
//!
//! A key signs for a day and is then replaced; what it has signed is good until its public half is forgotten, which
//! is after the last of it is over.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use tokio::time::Instant;
use uuid::Uuid;

use super::secrets::random_bytes;
use super::sessions::ACCESS_FOR;
use crate::facts::time::Timestamp;
use crate::store::accounts::once;
use crate::store::db::{Db, DbError};

/// How long a key signs.
const SIGNS_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// Public halves remembered: those of a few servers over a day.
const REMEMBERED_MAX: usize = 1_000;

/// The key that signs now.
#[derive(Clone)]
pub(super) struct SigningKey {
    pub kid: String,
    pub pair: Arc<Ed25519KeyPair>,
    since: Instant,
}

/// Our key, and the public halves of all.
#[derive(Default)]
pub(super) struct Keys {
    own: tokio::sync::Mutex<Option<SigningKey>>,
    public: Mutex<HashMap<String, Vec<u8>>>,
}

impl Keys {
    /// The key to sign with, made where there is none or the last has had its day.
    pub async fn signing(&self, db: &Db, now: Timestamp) -> Result<SigningKey, DbError> {
        let mut own = self.own.lock().await;
        if let Some(key) = own.as_ref().filter(|key| key.since.elapsed() < SIGNS_FOR) {
            return Ok(key.clone());
        }
        let pair = Ed25519KeyPair::from_seed_unchecked(&random_bytes())
            .map_err(|error| DbError::Shape(format!("no key can be made: {error}")))?;
        let kid = Uuid::new_v4().simple().to_string();
        let public = pair.public_key().as_ref().to_vec();
        once::insert_key(db, &kid, &public, now.after(SIGNS_FOR + 2 * ACCESS_FOR)).await?;
        self.remember(&kid, public);
        let key = SigningKey { kid, pair: Arc::new(pair), since: Instant::now() };
        *own = Some(key.clone());
        Ok(key)
    }

    /// A public half, of whichever server; `None`: nobody's, or forgotten.
    pub async fn public(&self, db: &Db, kid: &str) -> Result<Option<Vec<u8>>, DbError> {
        if let Some(key) = self.public.lock().get(kid) {
            return Ok(Some(key.clone()));
        }
        let found = once::key(db, kid).await?;
        if let Some(key) = &found {
            self.remember(kid, key.clone());
        }
        Ok(found)
    }

    fn remember(&self, kid: &str, key: Vec<u8>) {
        let mut public = self.public.lock();
        if public.len() >= REMEMBERED_MAX {
            public.clear();
        }
        public.insert(kid.to_owned(), key);
    }
}
