//! Signing in with OpenID Connect, against a stand-in that signs for real.

use http::Method;
use serde_json::{Value, json};

use crate::support::account::{cookie, first_owner, join, signed_in};
use crate::support::openid::{CLIENT_ID, CLIENT_SECRET, Provider};
use crate::support::server::Options;
use crate::support::{Answer, Database, Http, Server};

async fn server(database: &Database, provider: &Provider, role_map: &str) -> Server {
    Options::on(&database.url())
        .env("TELLTALE_OPENID_ISSUER", &provider.issuer)
        .env("TELLTALE_OPENID_CLIENT_ID", CLIENT_ID)
        .env("TELLTALE_OPENID_CLIENT_SECRET", CLIENT_SECRET)
        .env("TELLTALE_OPENID_NAME", "Stand-in")
        .env("TELLTALE_OPENID_ROLE_MAP", role_map)
        .start()
        .await
}

/// The browser's cookie and the way back, once the provider has been to.
async fn away(http: &Http) -> (String, String) {
    let left = http.get("/api/v1/session/openid").await.expect(302);
    let set = left.header("set-cookie").unwrap();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
    let state = set.split(';').next().unwrap().to_owned();
    let provider = Http::new("");
    let back = provider.get(left.header("location").unwrap()).await.expect(302);
    let back = back.header("location").unwrap().to_owned();
    (state, back.strip_prefix(http.base()).expect("the way back leads to the server").to_owned())
}

async fn come_back(http: &Http, cookie: &str, back: &str) -> Answer {
    http.send(Method::GET, back, &[("cookie", cookie)], "").await.unwrap().expect(302)
}

fn is_refused(answer: &Answer) -> bool {
    let sets_session = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .any(|value| value.to_str().is_ok_and(|value| value.starts_with("telltale_refresh=")));
    !sets_session && answer.header("location") == Some("/ui/sign-in?error=openid")
}

/// The whole way; the session's view if it led in.
async fn signs_in(http: &Http, provider: &Provider, claims: Value) -> Option<Value> {
    provider.signs_in(claims);
    let (state, back) = away(http).await;
    let answer = come_back(http, &state, &back).await;
    if is_refused(&answer) {
        return None;
    }
    assert_eq!(answer.header("location"), Some("/ui/"));
    let cookie = cookie(&answer);
    let refreshed = http
        .send(Method::POST, "/api/v1/session/refresh", &[("cookie", &cookie)], "")
        .await
        .unwrap()
        .expect(200);
    signed_in(http, &refreshed).http.get("/api/v1/runs").await.expect(200);
    Some(refreshed.json())
}

fn who(subject: &str, email: &str, groups: &[&str]) -> Value {
    json!({ "sub": subject, "email": email, "email_verified": true, "name": "Some One", "groups": groups })
}

#[tokio::test]
async fn groups_give_roles_which_follow_them() {
    let database = Database::new().await;
    let provider = Provider::start().await;
    let server = server(&database, &provider, "ops=owner, dev=member").await;
    let http = server.http();
    let session = http.get("/api/v1/session").await.expect(200).json();
    assert_eq!(session["openIdConnect"]["name"], "Stand-in");
    let first = signs_in(&http, &provider, who("1", "Ops@example.org", &["x", "ops"])).await.unwrap();
    assert_eq!((&first["role"], &first["user"]["email"]), (&json!("owner"), &json!("ops@example.org")));
    let second = signs_in(&http, &provider, who("2", "dev@example.org", &["dev"])).await.unwrap();
    assert_eq!((&second["role"], &second["user"]["name"]), (&json!("member"), &json!("Some One")));
    // The same subject is the same user, whatever the address says now; the key may be another one.
    provider.rotate();
    let again = signs_in(&http, &provider, who("2", "married@example.org", &["ops"])).await.unwrap();
    assert_eq!((&again["role"], &again["user"]["userId"]), (&json!("owner"), &second["user"]["userId"]));
    // No group that gives a role; an address that is not verified; nobody's.
    assert!(signs_in(&http, &provider, who("3", "x@example.org", &["other"])).await.is_none());
    let mut unverified = who("4", "dev2@example.org", &["dev"]);
    unverified["email_verified"] = json!(false);
    assert!(signs_in(&http, &provider, unverified).await.is_none());
}

#[tokio::test]
async fn an_answer_that_was_not_asked_for_is_refused() {
    let database = Database::new().await;
    let provider = Provider::start().await;
    let server = server(&database, &provider, "*=viewer").await;
    let http = server.http();
    provider.signs_in(who("1", "a@example.org", &[]));
    let (state, back) = away(&http).await;
    // Another browser, or none of ours: whoever follows a foreign link must not become another.
    assert!(is_refused(&come_back(&http, "telltale_openid=another", &back).await));
    assert!(is_refused(&http.get(&back).await.expect(302)));
    assert!(!is_refused(&come_back(&http, &state, &back).await));
    // Good once.
    assert!(is_refused(&come_back(&http, &state, &back).await));
    for wrong in [
        json!({ "nonce": "another" }),
        json!({ "aud": "another" }),
        json!({ "iss": "https://evil.example" }),
        json!({ "exp": 1_000 }),
        json!({ "sub": "" }),
    ] {
        let mut claims = who("2", "b@example.org", &[]);
        for (name, value) in wrong.as_object().unwrap() {
            claims[name] = value.clone();
        }
        assert!(signs_in(&http, &provider, claims).await.is_none(), "{wrong}");
    }
    assert!(is_refused(
        &come_back(&http, &state, "/api/v1/session/openid/callback?error=access_denied").await
    ));
}

#[tokio::test]
async fn without_a_map_only_the_invited_come_in() {
    let database = Database::new().await;
    let provider = Provider::start().await;
    let server = server(&database, &provider, "").await;
    let http = server.http();
    let owner = first_owner(&http).await;
    assert!(signs_in(&http, &provider, who("9", "stranger@example.org", &["ops"])).await.is_none());
    let invited = json!({ "email": "guest@example.org", "role": "viewer" });
    owner.http.post("/api/v1/users", &invited).await.expect(201);
    let guest = signs_in(&http, &provider, who("1", "guest@example.org", &["ops"])).await.unwrap();
    assert_eq!(guest["role"], "viewer");
    // Another subject with the same address is somebody else.
    assert!(signs_in(&http, &provider, who("2", "guest@example.org", &[])).await.is_none());
    // Taken out is out, whatever the provider says.
    let member = join(&owner.http, &http, "gone@example.org", "viewer").await;
    owner.http.delete(&format!("/api/v1/users/{}", member.user_id)).await.expect(204);
    assert!(signs_in(&http, &provider, who("3", "gone@example.org", &[])).await.is_none());
    let plain = Server::on(&database).await;
    plain.http().get("/api/v1/session/openid").await.problem(404);
}
