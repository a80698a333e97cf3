//! The names of secrets, and the key that seals them. Never holds a secret's value.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::id::InvalidId;

/// Longest name in bytes: it is half of a primary key, and what people type.
pub const SECRET_NAME_MAX_BYTES: usize = 128;
/// Shortest value in bytes: a shorter one would be masked all over the output of a node that is given it.
pub const SECRET_MIN_BYTES: usize = 4;
/// Longest value in bytes: a private key with its chain, and well below what an environment may hold.
pub const SECRET_MAX_BYTES: usize = 48 * 1024;
/// Length of the sealing key, as XChaCha20-Poly1305 has it.
pub const SECRET_KEY_BYTES: usize = 32;

/// The name of a secret: `[A-Za-z0-9][A-Za-z0-9_.-]{0,127}`, unique inside an organization.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct SecretName(String);

/// The key that secrets are sealed with. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey([u8; SECRET_KEY_BYTES]);

impl SecretName {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SecretName {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let first_is_fine = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        let rest_is_fine = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
        if first_is_fine && rest_is_fine && text.len() <= SECRET_NAME_MAX_BYTES {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId(
                "a secret's name is 1 to 128 of A-Z a-z 0-9 _ . - and begins with a letter or digit",
            ))
        }
    }
}

impl TryFrom<String> for SecretName {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl SecretKey {
    #[must_use]
    pub fn new(bytes: [u8; SECRET_KEY_BYTES]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub fn bytes(&self) -> &[u8; SECRET_KEY_BYTES] {
        &self.0
    }

    /// The key as it stands in a setting or a key file.
    #[must_use]
    pub fn to_base64(&self) -> String {
        BASE64.encode(self.0)
    }
}

impl FromStr for SecretKey {
    /// Completes the sentence "`name`: …"; never repeats the key.
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = |what: String| {
            format!("32 bytes in base64 are expected ({what}), as `openssl rand -base64 32` prints them")
        };
        let bytes = BASE64.decode(text).map_err(|_| expected("this is no base64".into()))?;
        let length = bytes.len();
        bytes.try_into().map(Self).map_err(|_| expected(format!("this has {length}")))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_to_their_letters() {
        for good in ["a", "API-key_2.old", "9", &"x".repeat(128)] {
            assert!(good.parse::<SecretName>().is_ok(), "{good}");
        }
        for bad in ["", "-a", ".a", "_a", "a b", "a/b", "a:b", "ä", "a\n", &"x".repeat(129)] {
            assert!(bad.parse::<SecretName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_key_is_32_bytes_and_its_faults_do_not_repeat_it() {
        let key = SecretKey::new([7; 32]);
        assert_eq!(key.to_base64().parse(), Ok(key.clone()));
        assert!(!format!("{key:?}").contains('7'));
        for bad in ["", "c2hvcnRrZXk=", "not base64 at all!", &BASE64.encode([1; 33])] {
            let fault = bad.parse::<SecretKey>().unwrap_err();
            assert!(
                fault.starts_with("32 bytes in base64") && (bad.is_empty() || !fault.contains(bad)),
                "{fault}"
            );
        }
    }
}
