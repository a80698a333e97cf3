//! Passwords: argon2id in PHC form (`$argon2id$v=19$m=…,t=…,p=…$salt$hash`), off the threads that serve.
//!
//! Cost: OWASP's first recommendation for argon2id. An unknown user costs as much as a known one. Where imported users still have bcrypt
//! hashes, whoever signs in, known or not, costs an argon2id and the dearest of those.

use std::sync::LazyLock;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::error::AccountError;
use super::secrets::{is_same, random_bytes};
use crate::facts::bcrypt_hash::{BcryptHash, COSTS, costs_left};

const MEMORY_KIB: u32 = 19 * 1024;
const ROUNDS: u32 = 2;
const LANES: u32 = 1;
const HASH_BYTES: usize = 32;
const SALT_BYTES: usize = 16;
/// Hashes at once, each with its memory and a processor.
const AT_ONCE: usize = 2;
/// How long one waits for its turn before the answer is 503.
const TURN_LIMIT: Duration = Duration::from_secs(5);
/// Upper bounds of what a stored hash may ask for: ours ask for less, and a foreign row must not take the memory.
const MEMORY_MAX_KIB: u32 = 256 * 1024;
const ROUNDS_MAX: u32 = 16;

/// Turns at hashing.
#[derive(Debug)]
pub(super) struct Hasher(Semaphore);

impl Default for Hasher {
    fn default() -> Self {
        Self(Semaphore::new(AT_ONCE))
    }
}

impl Hasher {
    /// The password as it is stored.
    pub async fn hash(&self, password: String) -> Result<String, AccountError> {
        self.work(move || hash_now(&password, &random_bytes()[..SALT_BYTES])).await?.ok_or(AccountError::Busy)
    }

    /// Whether the password is the stored one; without a stored one it takes as long, and is not. `highest_cost`: of all the bcrypt
    /// hashes that there are.
    pub async fn verify(
        &self,
        password: String,
        stored: Option<String>,
        highest_cost: Option<u32>,
    ) -> Result<bool, AccountError> {
        self.work(move || {
            let brought = stored.as_ref().and_then(|stored| stored.parse::<BcryptHash>().ok());
            let ours = stored.filter(|_| brought.is_none());
            // The time of a real one, whatever comes out.
            let is_ours = verify_now(&password, ours.as_deref().unwrap_or(&NOBODYS));
            let is_brought = verify_brought(&password, brought.as_ref(), highest_cost);
            if brought.is_some() { is_brought } else { is_ours && ours.is_some() }
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AccountError> {
        let turn = timeout(TURN_LIMIT, self.0.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err(AccountError::Busy) };
        tokio::task::spawn_blocking(job).await.map_err(|_| AccountError::Busy)
    }
}

/// What an unknown user's password is compared with.
static NOBODYS: LazyLock<String> =
    LazyLock::new(|| hash_now("nobody has this password", &[7; SALT_BYTES]).unwrap_or_default());

fn hash_now(password: &str, salt: &[u8]) -> Option<String> {
    let hash = raw(password, salt, MEMORY_KIB, ROUNDS, LANES)?;
    let (salt, hash) = (BASE64.encode(salt), BASE64.encode(hash));
    Some(format!("$argon2id$v=19$m={MEMORY_KIB},t={ROUNDS},p={LANES}${salt}${hash}"))
}

fn raw(password: &str, salt: &[u8], memory: u32, rounds: u32, lanes: u32) -> Option<[u8; HASH_BYTES]> {
    let params = Params::new(memory, rounds, lanes, Some(HASH_BYTES)).ok()?;
    let mut out = [0; HASH_BYTES];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into(password.as_bytes(), salt, &mut out).ok()?;
    Some(out)
}

fn verify_now(password: &str, stored: &str) -> bool {
    let verified = || {
        let mut parts = stored.strip_prefix("$argon2id$v=19$")?.split('$');
        let (cost, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
        let mut costs = cost
            .split(',')
            .zip(["m=", "t=", "p="])
            .map(|(part, name)| part.strip_prefix(name).and_then(|number| number.parse::<u32>().ok()));
        let (memory, rounds, lanes) = (costs.next()??, costs.next()??, costs.next()??);
        if memory > MEMORY_MAX_KIB || rounds > ROUNDS_MAX || lanes > ROUNDS_MAX {
            return None;
        }
        let (salt, hash) = (BASE64.decode(salt).ok()?, BASE64.decode(hash).ok()?);
        Some(is_same(&raw(password, &salt, memory, rounds, lanes)?, &hash))
    };
    verified().unwrap_or(false)
}

/// Whether it is the password that another system has hashed. Takes as long as it takes at `highest_cost`, with a hash or without.
fn verify_brought(password: &str, brought: Option<&BcryptHash>, highest_cost: Option<u32>) -> bool {
    let is_right =
        brought.is_some_and(|brought| bcrypt::verify(password, brought.as_str()).unwrap_or_default());
    if let Some(highest) = highest_cost {
        for cost in costs_left(brought.map(BcryptHash::cost), highest.min(*COSTS.end())) {
            // For its time alone.
            let _ = std::hint::black_box(bcrypt::hash_with_salt(password, cost, [7; SALT_BYTES]));
        }
    }
    is_right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_is_right() {
        let hasher = Hasher::default();
        let stored = hasher.hash("correct horse".into()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(hasher.verify("correct horse".into(), Some(stored.clone()), None).await.unwrap());
        assert!(!hasher.verify("correct horsf".into(), Some(stored.clone()), Some(4)).await.unwrap());
        assert!(!hasher.verify("nobody has this password".into(), None, Some(4)).await.unwrap());
        assert_ne!(hasher.hash("correct horse".into()).await.unwrap(), stored);
    }

    /// Computed by libxcrypt's `crypt`.
    const BCRYPT_VECTORS: [(&str, &str); 3] = [
        ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        ("short", "$2b$06$m0CrhHm10qJ3lXRY.5zDGO4iL9leUQROtWMbnj2Lxi2GSfLfDuGGy"),
        ("grüße", "$2y$05$m0CrhHm10qJ3lXRY.5zDGOwfN/jLtY5BFoH84lhXCW4SF/uBZvBDG"),
    ];

    #[tokio::test]
    async fn a_hash_of_bcrypt_is_good_for_its_password_alone() {
        let hasher = Hasher::default();
        for (password, stored) in BCRYPT_VECTORS {
            let verify = |password: &str, highest| {
                hasher.verify(password.to_owned(), Some(stored.to_owned()), highest)
            };
            assert!(verify(password, Some(6)).await.unwrap(), "{stored}");
            // One that is dearer than what was looked up a moment ago, too.
            assert!(verify(password, None).await.unwrap(), "{stored}");
            assert!(!verify(&format!("{password}x"), Some(6)).await.unwrap(), "{stored}");
            assert!(!verify("nobody has this password", Some(6)).await.unwrap(), "{stored}");
        }
        // bcrypt itself looks at 72 bytes, so that a longer password has always been good with any end.
        let long = "$2b$05$m0CrhHm10qJ3lXRY.5zDGOcokwCKtt6rs7N.e/rPx9c0knNtGappu".to_owned();
        assert!(hasher.verify("x".repeat(80), Some(long), None).await.unwrap());
    }

    #[test]
    fn another_programs_hash_is_understood_and_nonsense_is_not() {
        // Written by the reference implementation: argon2 -id -t 2 -k 1024 -p 1, salt "somesaltsomesalt".
        for bad in [
            "",
            "$argon2id$v=19$m=99999999,t=2,p=1$AAAA$AAAA",
            "$argon2i$v=19$m=8,t=1,p=1$AA$AA",
            "$argon2id$v=19$m=8",
        ] {
            assert!(!verify_now("x", bad), "{bad}");
        }
    }
}
