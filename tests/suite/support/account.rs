//! Users and tokens for tests: made over the API, as anybody would.

use serde_json::{Value, json};

use super::http::{Answer, Http};

/// Long enough to be taken.
pub const PASSWORD: &str = "correct horse battery";

/// A signed-in user.
#[derive(Clone)]
pub struct User {
    pub http: Http,
    pub access_token: String,
    pub user_id: String,
    pub email: String,
    pub organization_id: String,
    /// `name=value` of the refresh cookie.
    pub cookie: String,
}

/// The refresh cookie that an answer sets, as a browser would send it back.
pub fn cookie(answer: &Answer) -> String {
    let set = answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let refresh = set.into_iter().find(|value| value.starts_with("telltale_refresh="));
    refresh.and_then(|value| value.split(';').next()).expect("a refresh cookie").to_owned()
}

/// The secret inside a sign-in link.
pub fn secret_of(link: &str) -> String {
    link.split_once("link=").expect("a link").1.to_owned()
}

/// Signs in with a link, setting [`PASSWORD`].
pub async fn redeem(http: &Http, link: &str) -> User {
    let body = json!({ "link": secret_of(link), "password": PASSWORD });
    signed_in(http, &http.post("/api/v1/session/link", &body).await.expect(200))
}

/// The user that an answer has signed in.
pub fn signed_in(http: &Http, answer: &Answer) -> User {
    let body = answer.json();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    User {
        http: http.bearing(&text(&body["accessToken"])),
        access_token: text(&body["accessToken"]),
        user_id: text(&body["user"]["userId"]),
        email: text(&body["user"]["email"]),
        organization_id: text(&body["organization"]["organizationId"]),
        cookie: cookie(answer),
    }
}

/// Invites somebody into the organization of `by`, who signs in at once.
pub async fn join(by: &Http, http: &Http, email: &str, role: &str) -> User {
    let invited = by.post("/api/v1/users", &json!({ "email": email, "role": role })).await.expect(201).json();
    redeem(http, invited["signInLink"].as_str().expect("a link")).await
}

/// The first user of a server on loopback.
pub async fn first_owner(http: &Http) -> User {
    join(http, http, "owner@example.org", "owner").await
}

/// An API token's secret, made by an owner.
pub async fn token(by: &Http, request: Value) -> String {
    let made = by.post("/api/v1/tokens", &request).await.expect(201).json();
    made["token"].as_str().expect("the secret").to_owned()
}

/// A client with a token of these scopes.
pub async fn scoped(by: &Http, scopes: &[&str]) -> Http {
    by.bearing(&token(by, json!({ "name": "t", "scopes": scopes })).await)
}

/// An admin token of an organization that nobody here belongs to but by this token.
pub async fn other_organization(owner: &User, http: &Http) -> Http {
    let made = owner.http.post("/api/v1/organizations", &json!({ "name": "Other" })).await.expect(201).json();
    let signed = json!({ "email": owner.email, "password": PASSWORD });
    let session = http.post("/api/v1/session", &signed).await.expect(200).json();
    let session = http.bearing(session["accessToken"].as_str().unwrap());
    let choice = json!({ "organizationId": made["organizationId"] });
    let moved = session.put("/api/v1/session/organization", &choice).await.expect(200).json();
    let there = http.bearing(moved["accessToken"].as_str().unwrap());
    http.bearing(&token(&there, json!({ "name": "all", "scopes": ["admin"] })).await)
}
