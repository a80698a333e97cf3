//! Secrets that this server makes: 32 random bytes as text, of which only a digest is kept.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use rand::RngExt as _;
use sha2::{Digest as _, Sha256};

/// As many as nobody guesses.
const SECRET_BYTES: usize = 32;

/// What is kept of a secret. Secrets of ours are random, so that nothing slower is needed.
#[must_use]
pub fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// A new secret as base64url.
pub(super) fn new_secret() -> String {
    BASE64URL.encode(random_bytes())
}

pub(super) fn random_bytes() -> [u8; SECRET_BYTES] {
    rand::rng().random()
}

/// Whether two digests are the same, in the same time whatever they are.
pub(super) fn is_same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0_u8, |sum, (a, b)| sum | (a ^ b)) == 0
}
