//! A stand-in for an OpenID Connect provider: discovery, keys, authorization and tokens, signed for real with ECDSA or Ed25519.
//!
//! It signs in at once whoever the test says, holds the code against the client's secret, the redirect and the PKCE
//! verifier as RFC 6749 and 7636 ask, and says what the test wants it to say wrongly. It is no provider: no pages, no users.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;

pub const CLIENT_ID: &str = "telltale-tests";
pub const CLIENT_SECRET: &str = "a secret of the client";

type Pairs = HashMap<String, String>;

enum Key {
    Ecdsa(Box<EcdsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

struct State {
    issuer: String,
    kid: String,
    key: Key,
    /// What the next ID token says beside what it must.
    claims: Value,
    /// What was asked for with each code.
    codes: HashMap<String, Pairs>,
    made: u32,
}

/// The stand-in; its tasks go with the test's runtime.
#[derive(Clone)]
pub struct Provider {
    pub issuer: String,
    state: Arc<Mutex<State>>,
}

impl Provider {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Arc::new(Mutex::new(State {
            issuer: issuer.clone(),
            kid: "first".into(),
            key: ecdsa(),
            claims: json!({}),
            codes: HashMap::new(),
            made: 0,
        }));
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = shared.clone();
                let service = service_fn(move |request| {
                    let state = state.clone();
                    async move { Ok::<_, Infallible>(answer(&state, request).await) }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self { issuer, state }
    }

    /// Who signs in next; claims given here win over those that the stand-in would make.
    pub fn signs_in(&self, claims: Value) {
        self.state.lock().expect("no panic while it is held").claims = claims;
    }

    /// Another key, of another kind, under another name; the first is gone.
    pub fn rotate(&self) {
        let mut state = self.state.lock().expect("no panic while it is held");
        state.kid = "second".into();
        state.key = Key::Ed25519(Box::new(Ed25519KeyPair::from_seed_unchecked(&[9; 32]).expect("a key")));
    }
}

fn ecdsa() -> Key {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random);
    Key::Ecdsa(Box::new(pair.expect("a key")))
}

async fn answer(state: &Mutex<State>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.expect("a whole request").to_bytes();
    let pairs = |text: &[u8]| form_urlencoded::parse(text).into_owned().collect::<Pairs>();
    let mut state = state.lock().expect("no panic while it is held");
    match parts.uri.path() {
        "/.well-known/openid-configuration" => {
            let issuer = &state.issuer;
            json_answer(&json!({
                "issuer": issuer,
                "authorization_endpoint": format!("{issuer}/authorize"),
                "token_endpoint": format!("{issuer}/token"),
                "jwks_uri": format!("{issuer}/keys"),
            }))
        }
        "/keys" => {
            let unknown = json!({ "kty": "oct", "kid": "of a kind that nobody needs" });
            json_answer(&json!({ "keys": [unknown, state.jwk()] }))
        }
        "/authorize" => state.authorize(pairs(parts.uri.query().unwrap_or_default().as_bytes())),
        "/token" => state.token(&pairs(&body)),
        _ => refused("there is nothing here"),
    }
}

impl State {
    fn jwk(&self) -> Value {
        match &self.key {
            Key::Ecdsa(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = (BASE64URL.encode(&point[1..33]), BASE64URL.encode(&point[33..]));
                json!({ "kty": "EC", "crv": "P-256", "kid": self.kid, "use": "sig", "x": x, "y": y })
            }
            Key::Ed25519(pair) => {
                let x = BASE64URL.encode(pair.public_key().as_ref());
                json!({ "kty": "OKP", "crv": "Ed25519", "kid": self.kid, "x": x })
            }
        }
    }

    fn authorize(&mut self, asked: Pairs) -> Response<Full<Bytes>> {
        let is_whole = asked["response_type"] == "code"
            && asked["client_id"] == CLIENT_ID
            && asked["code_challenge_method"] == "S256"
            && asked["scope"].split(' ').any(|scope| scope == "openid");
        if !is_whole {
            return refused("the request is not what a client asks");
        }
        self.made += 1;
        let code = format!("code-{}", self.made);
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("code", &code)
            .append_pair("state", &asked["state"])
            .finish();
        let back = format!("{}?{query}", asked["redirect_uri"]);
        self.codes.insert(code, asked);
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::FOUND;
        response.headers_mut().insert("location", back.parse().expect("a header's value"));
        response
    }

    fn token(&mut self, given: &Pairs) -> Response<Full<Bytes>> {
        let Some(asked) = self.codes.remove(&given["code"]) else { return refused("invalid_grant") };
        let challenge = BASE64URL.encode(Sha256::digest(given["code_verifier"].as_bytes()));
        let is_right = given["grant_type"] == "authorization_code"
            && given["client_id"] == CLIENT_ID
            && given["client_secret"] == CLIENT_SECRET
            && given["redirect_uri"] == asked["redirect_uri"]
            && challenge == asked["code_challenge"];
        if !is_right {
            return refused("invalid_grant");
        }
        let now =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_secs();
        let mut claims = json!({
            "iss": self.issuer, "aud": CLIENT_ID, "nonce": asked["nonce"], "iat": now, "exp": now + 300,
        });
        for (name, value) in self.claims.as_object().expect("claims") {
            claims[name] = value.clone();
        }
        json_answer(
            &json!({ "access_token": "unused", "token_type": "Bearer", "id_token": self.sign(&claims) }),
        )
    }

    fn sign(&self, claims: &Value) -> String {
        let alg = match self.key {
            Key::Ecdsa(_) => "ES256",
            Key::Ed25519(_) => "EdDSA",
        };
        let header = json!({ "alg": alg, "kid": self.kid, "typ": "JWT" }).to_string();
        let signed = format!("{}.{}", BASE64URL.encode(header), BASE64URL.encode(claims.to_string()));
        let signature = match &self.key {
            Key::Ecdsa(pair) => {
                pair.sign(&SystemRandom::new(), signed.as_bytes()).expect("a signature").as_ref().to_vec()
            }
            Key::Ed25519(pair) => pair.sign(signed.as_bytes()).as_ref().to_vec(),
        };
        format!("{signed}.{}", BASE64URL.encode(signature))
    }
}

fn json_answer(value: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(value.to_string()));
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    response
}

fn refused(error: &str) -> Response<Full<Bytes>> {
    let mut response = json_answer(&json!({ "error": error }));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}
