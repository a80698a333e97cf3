//! Secrets: sealed on the way in, opened only for whoever holds the claim of a run.
//!
//! A sealed value is `version (1 byte) ‖ nonce (24) ‖ XChaCha20-Poly1305(value)`, with `organization ‖ name` as associated
//! data: a row that is moved to another name or another organization does not open. Owns the key; never logs a value.

use std::collections::BTreeMap;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand::RngExt as _;

use crate::facts::id::{OrganizationId, RunId};
use crate::facts::secret::{SecretKey, SecretName};
use crate::store::db::{Db, DbError};
use crate::store::secrets::SecretRow;
use crate::store::{runs, secrets};

/// The layout of a sealed value; another layout gets another number.
const VERSION: u8 = 1;
/// XChaCha20's nonce is long enough to be drawn at random for every value.
const NONCE_BYTES: usize = 24;

/// Seals and opens with this installation's key; cheap enough to clone.
#[derive(Clone)]
pub struct Vault {
    cipher: XChaCha20Poly1305,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(…)")
    }
}

/// Why secrets are not handed out.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    #[error("there is no such run")]
    NoSuchRun,
    #[error("the run is not held under this claim any more")]
    ClaimLost,
    /// Those of the names that no secret has.
    #[error("there is no secret {}", quoted(.0))]
    Missing(Vec<SecretName>),
    #[error(
        "the secret {} can't be opened: another key sealed it; set it again, or give the server the key it had (secret_key)",
        quoted(.0)
    )]
    SealedOtherwise(Vec<SecretName>),
    #[error(transparent)]
    Db(#[from] DbError),
}

fn quoted(names: &[SecretName]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl Vault {
    #[must_use]
    pub fn new(key: &SecretKey) -> Self {
        Self { cipher: XChaCha20Poly1305::new(key.bytes().into()) }
    }

    /// The value as it is stored. `None` only where the cipher gives up, which takes values of gigabytes.
    fn seal(
        &self,
        organization: OrganizationId,
        name: &SecretName,
        value: &str,
        nonce: [u8; NONCE_BYTES],
    ) -> Option<Vec<u8>> {
        let aad = associated(organization, name);
        let payload = Payload { msg: value.as_bytes(), aad: &aad };
        let encrypted = self.cipher.encrypt(&XNonce::from(nonce), payload).ok()?;
        Some([&[VERSION][..], &nonce, &encrypted].concat())
    }

    /// The value; `None` where another key, name or organization sealed it, or nobody did.
    fn open(&self, organization: OrganizationId, name: &SecretName, sealed: &[u8]) -> Option<String> {
        let (&version, rest) = sealed.split_first()?;
        let (nonce, encrypted) = rest.split_first_chunk::<NONCE_BYTES>()?;
        if version != VERSION {
            return None;
        }
        let aad = associated(organization, name);
        let payload = Payload { msg: encrypted, aad: &aad };
        String::from_utf8(self.cipher.decrypt(&XNonce::from(*nonce), payload).ok()?).ok()
    }
}

impl Vault {
    /// Seals what is no secret of a workflow but must not lie open, such as a webhook's signing secret. `purpose` names it: what is
    /// sealed under one opens under no other.
    pub fn seal_own(&self, organization: OrganizationId, purpose: &str, value: &str) -> Option<Vec<u8>> {
        let nonce: [u8; NONCE_BYTES] = rand::rng().random();
        let aad = of_purpose(organization, purpose);
        let payload = Payload { msg: value.as_bytes(), aad: &aad };
        let encrypted = self.cipher.encrypt(&XNonce::from(nonce), payload).ok()?;
        Some([&[VERSION][..], &nonce, &encrypted].concat())
    }

    /// What [`Vault::seal_own`] has sealed; `None` where another key did, or under another purpose.
    #[must_use]
    pub fn open_own(&self, organization: OrganizationId, purpose: &str, sealed: &[u8]) -> Option<String> {
        let (&version, rest) = sealed.split_first()?;
        let (nonce, encrypted) = rest.split_first_chunk::<NONCE_BYTES>()?;
        if version != VERSION {
            return None;
        }
        let aad = of_purpose(organization, purpose);
        let payload = Payload { msg: encrypted, aad: &aad };
        String::from_utf8(self.cipher.decrypt(&XNonce::from(*nonce), payload).ok()?).ok()
    }
}

/// No secret's name begins with the zero byte, so that no purpose is one.
fn of_purpose(organization: OrganizationId, purpose: &str) -> Vec<u8> {
    [organization.0.as_bytes(), &b"\0"[..], purpose.as_bytes()].concat()
}

/// The organization's id has a fixed length, so that no two pairs give the same bytes.
fn associated(organization: OrganizationId, name: &SecretName) -> Vec<u8> {
    [organization.0.as_bytes(), name.as_str().as_bytes()].concat()
}

/// Seals and stores a value; whether the name is new comes with its times.
pub async fn put(
    db: &Db,
    vault: &Vault,
    organization: OrganizationId,
    name: &SecretName,
    value: &str,
) -> Result<(SecretRow, bool), DbError> {
    let sealed = vault.seal(organization, name, value, rand::rng().random());
    let sealed = sealed.ok_or_else(|| DbError::Shape("a secret could not be sealed".into()))?;
    secrets::put(db, organization, name, &sealed).await
}

/// The values of `names` for the worker that holds the run under `claim`: all of them, or why not.
pub async fn reveal(
    db: &Db,
    vault: &Vault,
    organization: OrganizationId,
    run_id: &RunId,
    claim: i32,
    names: &[SecretName],
) -> Result<BTreeMap<SecretName, String>, SecretsError> {
    let run = runs::find(db, organization, run_id).await?.ok_or(SecretsError::NoSuchRun)?;
    if !secrets::claim_is_held(db, organization, run.run_key, claim).await? {
        return Err(SecretsError::ClaimLost);
    }
    let sealed: BTreeMap<_, _> = secrets::sealed(db, organization, names).await?.into_iter().collect();
    let missing: Vec<_> = names.iter().filter(|name| !sealed.contains_key(name)).cloned().collect();
    if !missing.is_empty() {
        return Err(SecretsError::Missing(missing));
    }
    let mut opened = BTreeMap::new();
    let mut shut = Vec::new();
    for (name, sealed) in sealed {
        match vault.open(organization, &name, &sealed) {
            Some(value) => drop(opened.insert(name, value)),
            None => shut.push(name),
        }
    }
    if shut.is_empty() { Ok(opened) } else { Err(SecretsError::SealedOtherwise(shut)) }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn name(text: &str) -> SecretName {
        text.parse().unwrap()
    }

    #[test]
    fn a_value_opens_under_its_own_key_name_and_organization_only() {
        let vault = Vault::new(&SecretKey::new([1; 32]));
        let ours = OrganizationId::DEFAULT;
        let sealed = vault.seal(ours, &name("api-key"), "s3cret, ä\n", [9; 24]).unwrap();
        assert!(!sealed.windows(6).any(|bytes| bytes == b"s3cret"));
        assert_eq!(vault.open(ours, &name("api-key"), &sealed).as_deref(), Some("s3cret, ä\n"));
        assert_eq!(vault.open(ours, &name("api-kez"), &sealed), None);
        assert_eq!(vault.open(OrganizationId(Uuid::from_u128(2)), &name("api-key"), &sealed), None);
        let other = Vault::new(&SecretKey::new([2; 32]));
        assert_eq!(other.open(ours, &name("api-key"), &sealed), None);
        for changed in 0..sealed.len() {
            let mut bytes = sealed.clone();
            bytes[changed] ^= 1;
            assert_eq!(vault.open(ours, &name("api-key"), &bytes), None, "byte {changed}");
        }
        for short in 0..sealed.len() {
            assert_eq!(vault.open(ours, &name("api-key"), &sealed[..short]), None);
        }
    }

    #[test]
    fn nothing_prints_a_key_and_errors_name_their_secrets() {
        let vault = Vault::new(&SecretKey::new([1; 32]));
        assert_eq!(format!("{vault:?}"), "Vault(…)");
        let error = SecretsError::Missing(vec![name("a"), name("b")]);
        assert_eq!(error.to_string(), "there is no secret `a`, `b`");
    }
}
