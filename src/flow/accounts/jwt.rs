//! JSON Web Tokens (RFC 7519) signed with Ed25519 (RFC 8037): what a session sends with each request.
//!
//! Pure: keys and `now` are passed in. Only this one algorithm is ever read, whatever a header says.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use ring::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use crate::facts::account::{SessionId, UserId};
use crate::facts::id::OrganizationId;

/// Longer ones are not ours.
const TOKEN_MAX_BYTES: usize = 2_048;
const ALGORITHM: &str = "EdDSA";
const ISSUER: &str = "telltale";

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    kid: String,
    typ: Option<String>,
}

/// What an access token says. What its user may do is not in it: that is asked of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claims {
    pub iss: String,
    pub sub: UserId,
    pub sid: SessionId,
    pub org: OrganizationId,
    /// Seconds since 1970.
    pub iat: i64,
    pub exp: i64,
}

impl Claims {
    pub fn new(user: UserId, session: SessionId, organization: OrganizationId, iat: i64, exp: i64) -> Self {
        Self { iss: ISSUER.to_owned(), sub: user, sid: session, org: organization, iat, exp }
    }
}

/// The token as text.
pub(super) fn sign(claims: &Claims, kid: &str, key: &Ed25519KeyPair) -> String {
    let header = Header { alg: ALGORITHM.into(), kid: kid.to_owned(), typ: Some("JWT".into()) };
    // Texts and numbers only: serialising does not fail.
    let part = |json: Result<Vec<u8>, _>| BASE64URL.encode(json.unwrap_or_default());
    let signed = format!("{}.{}", part(serde_json::to_vec(&header)), part(serde_json::to_vec(claims)));
    let signature = BASE64URL.encode(key.sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// The key that a token says it is signed with; `None` where it is no token of ours.
pub(super) fn kid_of(token: &str) -> Option<String> {
    if token.len() > TOKEN_MAX_BYTES {
        return None;
    }
    let header = token.split('.').next()?;
    let header: Header = serde_json::from_slice(&BASE64URL.decode(header).ok()?).ok()?;
    (header.alg == ALGORITHM).then_some(header.kid)
}

/// What the token says, if this key has signed it and its time is not over.
pub(super) fn verify(token: &str, public_key: &[u8], now_seconds: i64) -> Option<Claims> {
    let (signed, signature) = token.rsplit_once('.')?;
    let key = UnparsedPublicKey::new(&ED25519, public_key);
    key.verify(signed.as_bytes(), &BASE64URL.decode(signature).ok()?).ok()?;
    let (_, claims) = signed.split_once('.')?;
    let claims: Claims = serde_json::from_slice(&BASE64URL.decode(claims).ok()?).ok()?;
    (claims.iss == ISSUER && claims.exp > now_seconds).then_some(claims)
}

#[cfg(test)]
mod tests {
    use ring::signature::KeyPair as _;
    use uuid::Uuid;

    use super::*;

    fn key(seed: u8) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
    }

    #[test]
    fn only_what_was_signed_is_believed() {
        let claims = Claims::new(
            UserId(Uuid::from_u128(1)),
            SessionId(Uuid::from_u128(2)),
            OrganizationId::DEFAULT,
            100,
            700,
        );
        let token = sign(&claims, "k1", &key(1));
        let public = |seed| key(seed).public_key().as_ref().to_vec();
        assert_eq!(kid_of(&token).as_deref(), Some("k1"));
        assert_eq!(verify(&token, &public(1), 699), Some(claims.clone()));
        assert_eq!(verify(&token, &public(1), 700), None);
        assert_eq!(verify(&token, &public(2), 699), None);
        let parts: Vec<&str> = token.split('.').collect();
        let other = sign(&Claims { exp: 9_999, ..claims }, "k1", &key(2));
        let others: Vec<&str> = other.split('.').collect();
        assert_eq!(verify(&format!("{}.{}.{}", parts[0], others[1], parts[2]), &public(1), 1), None);
        let none = BASE64URL.encode(br#"{"alg":"none","kid":"k1"}"#);
        assert_eq!(kid_of(&format!("{none}.{}.", parts[1])), None);
        for bad in ["", ".", "..", "a.b.c", &"x".repeat(3_000)] {
            assert_eq!((kid_of(bad), verify(bad, &public(1), 1)), (None, None), "{bad}");
        }
    }
}
