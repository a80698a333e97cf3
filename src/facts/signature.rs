//! Signatures of webhooks: those of Standard Webhooks (<https://www.standardwebhooks.com>), which telltale gives and takes, and
//! `X-Hub-Signature-256`, which it takes.
//!
//! Pure: the time and the secret are passed in. Comparisons take the same time whatever is sent.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::time::Timestamp;

/// How far a signed time may be from now: enough for clocks that differ, too little for a recording to be of use.
pub const TOLERANCE_SECONDS: i64 = 5 * 60;
/// What a secret begins with, as the standard has it.
const PREFIX: &str = "whsec_";
/// Bytes of a new secret: as long as the hash it feeds.
pub const SECRET_BYTES: usize = 32;
/// Signatures looked at in one header: senders that change their secret send two.
const SIGNATURES_MAX: usize = 8;

/// A secret as it is given to people: `whsec_` and base64.
#[must_use]
pub fn secret_text(bytes: &[u8; SECRET_BYTES]) -> String {
    format!("{PREFIX}{}", BASE64.encode(bytes))
}

/// The key that a secret's text stands for; a text of another form is its own key.
fn key(secret: &str) -> Vec<u8> {
    let decoded = secret.strip_prefix(PREFIX).and_then(|text| BASE64.decode(text).ok());
    decoded.unwrap_or_else(|| secret.as_bytes().to_vec())
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
    // HMAC takes keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for part in parts {
        mac.update(part);
    }
    Some(mac)
}

/// `v1,…`, over `id.timestamp.body`.
#[must_use]
pub fn sign(secret: &str, id: &str, at_seconds: i64, body: &[u8]) -> String {
    let at = at_seconds.to_string();
    let mac = mac(&key(secret), &[id.as_bytes(), b".", at.as_bytes(), b".", body]);
    let digest = mac.map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default();
    format!("v1,{}", BASE64.encode(digest))
}

/// What a sender has put into its headers about a body.
#[derive(Debug, Clone, Copy, Default)]
pub struct Signed<'a> {
    /// `webhook-id`, `webhook-timestamp` and `webhook-signature`.
    pub id: Option<&'a str>,
    pub timestamp: Option<&'a str>,
    pub signature: Option<&'a str>,
    /// `x-hub-signature-256`.
    pub hub: Option<&'a str>,
}

/// Why a body is not believed to come from who holds the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSigned {
    #[error(
        "a signature is needed: webhook-id, webhook-timestamp and webhook-signature, or x-hub-signature-256"
    )]
    Missing,
    #[error("webhook-timestamp is not within {TOLERANCE_SECONDS} s of now")]
    Untimely,
    #[error("the signature does not fit the body and the secret")]
    Wrong,
}

/// Whether the body was signed with the secret, in either way. Where both are there, Standard Webhooks counts.
pub fn verify(secret: &str, signed: Signed<'_>, body: &[u8], now: Timestamp) -> Result<(), NotSigned> {
    match (signed, signed.hub) {
        (Signed { id: Some(id), timestamp: Some(at), signature: Some(signature), .. }, _) => {
            standard(secret, id, at, signature, body, now)
        }
        (_, Some(hub)) => {
            // The sender was given the secret as a text and knows no other form of it.
            let given = hub.strip_prefix("sha256=").and_then(unhex).ok_or(NotSigned::Wrong)?;
            fits(secret.as_bytes(), &[body], &given)
        }
        _ => Err(NotSigned::Missing),
    }
}

fn standard(
    secret: &str,
    id: &str,
    at: &str,
    signature: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<(), NotSigned> {
    let seconds: i64 = at.parse().map_err(|_| NotSigned::Untimely)?;
    let now = now.as_micros() / 1_000_000;
    if now.saturating_sub(seconds).saturating_abs() > TOLERANCE_SECONDS {
        return Err(NotSigned::Untimely);
    }
    let key = key(secret);
    let parts: [&[u8]; 5] = [id.as_bytes(), b".", at.as_bytes(), b".", body];
    let given = signature.split(' ').take(SIGNATURES_MAX).filter_map(|one| one.strip_prefix("v1,"));
    let mut given = given.filter_map(|text| BASE64.decode(text).ok());
    if given.any(|digest| fits(&key, &parts, &digest).is_ok()) { Ok(()) } else { Err(NotSigned::Wrong) }
}

fn fits(key: &[u8], parts: &[&[u8]], digest: &[u8]) -> Result<(), NotSigned> {
    let mac = mac(key, parts).ok_or(NotSigned::Wrong)?;
    mac.verify_slice(digest).map_err(|_| NotSigned::Wrong)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    pairs.collect()
}

/// `x-hub-signature-256` for a body, as GitHub writes it.
#[must_use]
pub fn hub(secret: &str, body: &[u8]) -> String {
    let digest = mac(secret.as_bytes(), &[body]).map(|mac| mac.finalize().into_bytes().to_vec());
    let mut text = "sha256=".to_owned();
    for byte in digest.unwrap_or_default() {
        // Writing into memory does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000).unwrap()
    }

    #[test]
    fn the_standards_example_is_signed_as_it_says() {
        // The vector of the reference implementations.
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let body = br#"{"test": 2432232314}"#;
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let signature = sign(secret, id, 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let signed = |signature| Signed {
            id: Some(id),
            timestamp: Some("1614265330"),
            signature: Some(signature),
            hub: None,
        };
        let two = format!("v1,AAAA v2,x {signature}");
        for good in [signature.as_str(), &two] {
            assert_eq!(verify(secret, signed(good), body, at(1_614_265_330 + TOLERANCE_SECONDS)), Ok(()));
        }
        let late = at(1_614_265_331 + TOLERANCE_SECONDS);
        assert_eq!(verify(secret, signed(&signature), body, late), Err(NotSigned::Untimely));
        let now = at(1_614_265_330);
        assert_eq!(verify(secret, signed(&signature), b"{}", now), Err(NotSigned::Wrong));
        assert_eq!(verify("whsec_AAAA", signed(&signature), body, now), Err(NotSigned::Wrong));
        assert_eq!(verify(secret, signed("v1,"), body, now), Err(NotSigned::Wrong));
        assert_eq!(verify(secret, Signed::default(), body, now), Err(NotSigned::Missing));
    }

    #[test]
    fn githubs_example_is_believed() {
        // From GitHub's documentation on validating deliveries.
        let (secret, body) = ("It's a Secret to Everybody", b"Hello, World!");
        let hub = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assert_eq!(super::hub(secret, body), hub);
        let signed = |hub| Signed { hub: Some(hub), ..Signed::default() };
        assert_eq!(verify(secret, signed(hub), body, at(0)), Ok(()));
        for wrong in ["sha256=", "sha256=7", "sha256=zz", &hub[7..], &hub.replace('7', "8")] {
            assert_eq!(verify(secret, signed(wrong), body, at(0)), Err(NotSigned::Wrong), "{wrong}");
        }
    }

    #[test]
    fn a_secret_is_its_bytes_in_base64() {
        let text = secret_text(&[7; SECRET_BYTES]);
        assert_eq!(key(&text), [7; SECRET_BYTES]);
        assert_eq!(key("plain"), b"plain");
    }
}
