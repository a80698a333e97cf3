//! Signatures of heads: Ed25519 (RFC 8032), by the server's own key.

use std::sync::Arc;

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use crate::facts::bundle::{HeadDigest, Signature};
use crate::facts::secret::SecretKey;
use crate::flow::artifacts::hex;

const ALGORITHM: &str = "ed25519";

/// Holds the key; cheap to clone.
#[derive(Clone)]
pub struct Signer {
    pair: Arc<Ed25519KeyPair>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer(…)")
    }
}

/// Why a signature proves nothing; completes "the signature …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    #[error("is of an algorithm (`{0}`) that this program does not know")]
    Algorithm(String),
    #[error("was made with the key {0}, which is another one")]
    OtherKey(String),
    #[error("is not one of this head")]
    Wrong,
}

impl Signer {
    pub fn new(seed: &SecretKey) -> Result<Self, String> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.bytes()).map_err(|error| error.to_string())?;
        Ok(Self { pair: Arc::new(pair) })
    }

    #[must_use]
    pub fn sign(&self, head: &HeadDigest) -> Signature {
        Signature {
            algorithm: ALGORITHM.to_owned(),
            public_key: hex(self.pair.public_key().as_ref()),
            signature: hex(self.pair.sign(head.text().as_bytes()).as_ref()),
        }
    }
}

/// Checks a signature against a key that the caller trusts, in hexadecimal digits.
pub fn verify_signature(
    head: &HeadDigest,
    signature: &Signature,
    trusted_key: &str,
) -> Result<(), SignatureFault> {
    if signature.algorithm != ALGORITHM {
        return Err(SignatureFault::Algorithm(signature.algorithm.clone()));
    }
    let trusted = trusted_key.trim().to_ascii_lowercase();
    if signature.public_key.to_ascii_lowercase() != trusted {
        return Err(SignatureFault::OtherKey(signature.public_key.clone()));
    }
    let (Some(key), Some(bytes)) = (unhex(&trusted), unhex(&signature.signature)) else {
        return Err(SignatureFault::Wrong);
    };
    let key = UnparsedPublicKey::new(&ED25519, key);
    key.verify(head.text().as_bytes(), &bytes).map_err(|_| SignatureFault::Wrong)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.len().is_multiple_of(2).then(|| digits.chunks(2).map(pair).collect())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::id::OrganizationId;

    #[test]
    fn a_signature_holds_for_its_head_and_its_key_alone() {
        let signer = Signer::new(&SecretKey::new([7; 32])).unwrap();
        let head = HeadDigest {
            run_id: "r".parse().unwrap(),
            organization_id: OrganizationId::DEFAULT,
            events: 3,
            head_hash: "ab".into(),
            lines: 0,
            lines_hash: "cd".into(),
        };
        let signature = signer.sign(&head);
        let key = signature.public_key.clone();
        assert_eq!(verify_signature(&head, &signature, &key), Ok(()));
        let other = HeadDigest { events: 4, ..head.clone() };
        assert_eq!(verify_signature(&other, &signature, &key), Err(SignatureFault::Wrong));
        let stranger = Signer::new(&SecretKey::new([8; 32])).unwrap().sign(&head);
        assert!(matches!(verify_signature(&head, &stranger, &key), Err(SignatureFault::OtherKey(_))));
        let claimed = Signature { public_key: key.clone(), ..stranger };
        assert_eq!(verify_signature(&head, &claimed, &key), Err(SignatureFault::Wrong));
    }
}
