//! A provider's ID token, held against its keys and against what was asked (OpenID Connect Core, 3.1.3.7).
//!
//! Pure: keys, expectations and `now` are passed in. RS256, ES256 and EdDSA are read, each with a key of its own kind only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Clocks differ by so much.
const LEEWAY_SECONDS: i64 = 60;
/// Larger ones are no ID token.
const TOKEN_MAX_BYTES: usize = 64 * 1024;

/// A key of a JWK set (RFC 7517), as far as it is used here.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Jwk {
    pub kty: String,
    pub kid: Option<String>,
    pub crv: Option<String>,
    pub n: Option<String>,
    pub e: Option<String>,
    pub x: Option<String>,
    pub y: Option<String>,
    #[serde(rename = "use")]
    pub purpose: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Header {
    pub alg: String,
    pub kid: Option<String>,
}

/// What was asked for, and of whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    pub now_seconds: i64,
}

/// What the token says.
pub(super) type Claims = Map<String, Value>;

pub(super) fn header(token: &str) -> Option<Header> {
    if token.len() > TOKEN_MAX_BYTES {
        return None;
    }
    serde_json::from_slice(&BASE64URL.decode(token.split('.').next()?).ok()?).ok()
}

/// The claims, if one of the keys has signed them and they are meant for us, now; else why not.
pub(super) fn verify(token: &str, keys: &[Jwk], expected: Expected<'_>) -> Result<Claims, &'static str> {
    let header = header(token).ok_or("it has no header")?;
    let (signed, signature) = token.rsplit_once('.').ok_or("it has no signature")?;
    let signature = BASE64URL.decode(signature).map_err(|_| "its signature is no base64url")?;
    let fits = |key: &&Jwk| {
        key.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
            && (header.kid.is_none() || key.kid.is_none() || key.kid == header.kid)
    };
    let is_signed =
        keys.iter().filter(fits).any(|key| is_signed_by(key, &header.alg, signed.as_bytes(), &signature));
    if !is_signed {
        return Err("no key of the provider has signed it");
    }
    let claims = signed.split_once('.').and_then(|(_, claims)| BASE64URL.decode(claims).ok());
    let claims: Claims =
        claims.and_then(|json| serde_json::from_slice(&json).ok()).ok_or("its claims are no JSON object")?;
    check(&claims, expected)?;
    Ok(claims)
}

fn is_signed_by(key: &Jwk, algorithm: &str, message: &[u8], signature: &[u8]) -> bool {
    let bytes = |part: &Option<String>| BASE64URL.decode(part.as_deref()?).ok();
    let verified = || match (algorithm, key.kty.as_str(), key.crv.as_deref()) {
        ("RS256", "RSA", _) => {
            let (n, e) = (bytes(&key.n)?, bytes(&key.e)?);
            RsaPublicKeyComponents { n: &n, e: &e }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .ok()
        }
        ("ES256", "EC", Some("P-256")) => {
            let point = [vec![4], bytes(&key.x)?, bytes(&key.y)?].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).ok()
        }
        ("EdDSA", "OKP", Some("Ed25519")) => {
            UnparsedPublicKey::new(&ED25519, bytes(&key.x)?).verify(message, signature).ok()
        }
        _ => None,
    };
    verified().is_some()
}

fn check(claims: &Claims, expected: Expected<'_>) -> Result<(), &'static str> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let number = |name: &str| claims.get(name).and_then(Value::as_f64);
    if text("iss") != Some(expected.issuer) {
        return Err("it is of another issuer");
    }
    let audience: Vec<&str> = match claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let is_ours = audience.contains(&expected.client_id);
    let party = text("azp");
    if !is_ours || (audience.len() > 1 && party.is_none()) || party.is_some_and(|p| p != expected.client_id) {
        return Err("it is meant for another client");
    }
    let now = expected.now_seconds as f64;
    if number("exp").is_none_or(|exp| exp + LEEWAY_SECONDS as f64 <= now) {
        return Err("its time is over");
    }
    if number("iat").is_none_or(|iat| iat - LEEWAY_SECONDS as f64 > now) {
        return Err("it is from the future");
    }
    if text("nonce") != Some(expected.nonce) {
        return Err("it answers another sign-in");
    }
    if text("sub").is_none_or(str::is_empty) {
        return Err("it names nobody");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ring::signature::{Ed25519KeyPair, KeyPair as _};
    use serde_json::json;

    use super::*;

    const EXPECTED: Expected<'static> =
        Expected { issuer: "https://id.example", client_id: "telltale", nonce: "n-1", now_seconds: 1_000 };

    fn pair() -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[3; 32]).unwrap()
    }

    fn key(kid: &str) -> Jwk {
        let x = BASE64URL.encode(pair().public_key().as_ref());
        serde_json::from_value(json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x, "use": "sig"}))
            .unwrap()
    }

    fn token(alg: &str, change: &Value) -> String {
        let mut claims = json!({
            "iss": "https://id.example", "aud": "telltale", "sub": "u-1", "nonce": "n-1", "iat": 990, "exp": 1_500,
        });
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let header = json!({"alg": alg, "kid": "k"}).to_string();
        let signed = format!("{}.{}", BASE64URL.encode(header), BASE64URL.encode(claims.to_string()));
        format!("{signed}.{}", BASE64URL.encode(pair().sign(signed.as_bytes())))
    }

    #[test]
    fn a_token_that_answers_us_is_believed() {
        let verified = verify(&token("EdDSA", &json!({})), &[key("k")], EXPECTED).unwrap();
        assert_eq!(verified["sub"], "u-1");
        let many = json!({"aud": ["other", "telltale"], "azp": "telltale"});
        assert!(verify(&token("EdDSA", &many), &[key("k")], EXPECTED).is_ok());
    }

    #[test]
    fn rsa_as_openssl_signs_it_is_read() {
        let n = "yR4ZQJBShTY2xwCc72aGA_cML8tmurrqbsQYqj9Zv3z8UPu-EIS-4TWYHBQeGKW1AJAsVt78gXMBHLp-tbGLF04LGh\
        2EUcojqsmf5idobUg42F5ljG7t_0VvDya-EYRIxURjpouLip4i35fW87JF4xP5-pDEPO7Wmk4iIuBpeXwQpGNIDjeF\
        vkKh7o1LfjDC8C0hkCG3rst666QIQGLz6XsyESKt5n6Cfpmr0et0cQ9wKBBBJ_nyjQNXyAX-8pSCM5MatjAfLFOp-0\
        6yv3raw-YSafjNjHl2MM3FH20uFQsgqVrDpspwlb9clCCgYCO18XlZzXKlgGQ5YGDvlXK5_w";
        let token = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJhdWQiOiJ0ZWxsdGF\
        sZSIsInN1YiI6InUtMSIsIm5vbmNlIjoibi0xIiwiaWF0Ijo5OTAsImV4cCI6MTUwMH0.bQJt9_wDyHd8OcsebkVjp\
        UxLVEFc6WdRK4yOyZT2a3s16iVBKdDcNF3pYoMHNs20LCG24tARDkkAG4gl4O1ELJlhGhUWmRXKkPBP-IA7SXvk0Vk\
        _Y4TrYSlMCipe-VBmBqnZQ9_1jkXAIcQZx2At8YmXwoTQX1Ye9yOuuhI099bLUq8_4PLpqvoqJ7tq2DmOg4tFm7ona\
        bP-yTO4riw83U07YFmQ5GHADXz_KaBRvFnXPOLf7M4zm7kvQAmhfmn7tk6Jkbz4PR0lkdi972R6W5m54bUKlbuOXjs\
        ylKQGA2dpi2rt4qS0IZGOmTRFefS4KcDgE9Hyrdb18lFqYwpJ3g";
        let key = |n: &str| {
            serde_json::from_value::<Jwk>(json!({"kty": "RSA", "kid": "k", "n": n, "e": "AQAB"})).unwrap()
        };
        assert!(verify(token, &[key(n)], EXPECTED).is_ok());
        assert!(verify(token, &[key(&n.replace('a', "b"))], EXPECTED).is_err());
    }

    #[test]
    fn any_other_is_not() {
        for change in [
            json!({"iss": "https://evil.example"}),
            json!({"aud": "other"}),
            json!({"aud": ["other", "telltale"]}),
            json!({"azp": "other"}),
            json!({"exp": 900}),
            json!({"iat": 2_000}),
            json!({"nonce": "n-2"}),
            json!({"nonce": null}),
            json!({"sub": ""}),
        ] {
            assert!(verify(&token("EdDSA", &change), &[key("k")], EXPECTED).is_err(), "{change}");
        }
        let good = token("EdDSA", &json!({}));
        assert!(verify(&good, &[key("other")], EXPECTED).is_err());
        assert!(verify(&good, &[], EXPECTED).is_err());
        for alg in ["none", "HS256", "RS256"] {
            assert!(verify(&token(alg, &json!({})), &[key("k")], EXPECTED).is_err(), "{alg}");
        }
        let (signed, _) = good.rsplit_once('.').unwrap();
        assert!(verify(&format!("{signed}."), &[key("k")], EXPECTED).is_err());
    }
}
