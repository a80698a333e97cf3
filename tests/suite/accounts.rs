//! Signing in and staying so, members, tokens, and the audit log.

use http::Method;
use serde_json::{Value, json};

use crate::support::account::{
    PASSWORD, cookie, first_owner, join, redeem, scoped, secret_of, signed_in, token,
};
use crate::support::server::Options;
use crate::support::{Database, Http, Server, event, run_id, until};

const JSON: (&str, &str) = ("content-type", "application/json");

async fn sign_in(http: &Http, email: &str, password: &str) -> crate::support::Answer {
    http.post("/api/v1/session", &json!({ "email": email, "password": password })).await
}

async fn refresh(http: &Http, cookie: &str) -> crate::support::Answer {
    http.send(Method::POST, "/api/v1/session/refresh", &[("cookie", cookie)], "").await.unwrap()
}

#[tokio::test]
async fn the_first_user_ends_the_free_pass() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let session = http.get("/api/v1/session").await.expect(200).json();
    assert_eq!((&session["authentication"], &session["role"]), (&json!("open"), &json!("owner")));
    let run = run_id();
    http.append(&run, &[event("RUN_STARTED")]).await;
    // Whatever role is asked for, the first user can do everything.
    let owner = join(&http, &http, "Ada@Example.org", "viewer").await;
    http.get("/api/v1/runs").await.problem(401);
    http.get("/api/v1/nothing").await.problem(401);
    http.get("/healthz").await.expect(200);
    let session = http.get("/api/v1/session").await.expect(200).json();
    assert_eq!((&session["authentication"], &session["signedIn"]), (&json!("accounts"), &json!(false)));
    assert!(session["organization"].is_null() && session["role"].is_null());
    // The runs from before are the first user's.
    assert_eq!(owner.http.run(&run).await["status"], "RUNNING");
    let session = owner.http.get("/api/v1/session").await.expect(200).json();
    assert_eq!(session["user"]["email"], "ada@example.org");
    assert_eq!((&session["role"], session["organizations"].as_array().unwrap().len()), (&json!("owner"), 2));
    assert_eq!(session["organizations"][1]["personal"], true);
}

#[tokio::test]
async fn a_password_signs_in_and_every_wrong_way_looks_the_same() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let owner = first_owner(&http).await;
    let answer = sign_in(&http, "OWNER@example.org", PASSWORD).await.expect(200);
    let set = answer.header("set-cookie").unwrap();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/api/v1/session"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("Secure"), "plain HTTP would lose it: {set}");
    assert_eq!(answer.json()["expiresInSeconds"], 600);
    signed_in(&http, &answer).http.get("/api/v1/runs").await.expect(200);
    let behind_tls = http
        .send(
            Method::POST,
            "/api/v1/session",
            &[JSON, ("x-forwarded-proto", "https")],
            json!({ "email": owner.email, "password": PASSWORD }).to_string(),
        )
        .await
        .unwrap()
        .expect(200);
    assert!(behind_tls.header("set-cookie").unwrap().ends_with("; Secure"));
    let wrong = sign_in(&http, &owner.email, "not the password").await.problem(401);
    let unknown = sign_in(&http, "nobody@example.org", "not the password").await.problem(401);
    assert_eq!(wrong, unknown);
    assert_eq!(sign_in(&http, "no address", PASSWORD).await.problem(401), unknown);
    http.post("/api/v1/session", &json!({ "email": "x" })).await.problem(400);
    let foreign = [JSON, ("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")];
    http.send(Method::POST, "/api/v1/session", &foreign, "{}").await.unwrap().problem(403);
}

#[tokio::test]
async fn guessing_is_locked_out_and_the_right_password_too_for_a_while() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let owner = first_owner(&http).await;
    for _ in 0..5 {
        sign_in(&http, &owner.email, "wrong wrong").await.problem(401);
    }
    for password in ["wrong wrong", PASSWORD] {
        let answer = sign_in(&http, &owner.email, password).await;
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=31).contains(&wait), "{wait}");
        answer.problem(429);
    }
    // Unknown ones are counted the same, and another account is not locked.
    for _ in 0..5 {
        sign_in(&http, "nobody@example.org", "wrong wrong").await.problem(401);
    }
    sign_in(&http, "nobody@example.org", "wrong wrong").await.problem(429);
    let other = join(&owner.http, &http, "other@example.org", "viewer").await;
    sign_in(&http, &other.email, PASSWORD).await.expect(200);
    // When its time is over, the right one opens, and all is forgotten.
    let past = "UPDATE sign_in_failures SET last_at = last_at - interval '40 seconds'";
    database.session().await.execute(past, &[]).await.unwrap();
    sign_in(&http, &owner.email, PASSWORD).await.expect(200);
    sign_in(&http, &owner.email, "wrong wrong").await.problem(401);
    sign_in(&http, &owner.email, PASSWORD).await.expect(200);
    let noted = owner.http.get("/api/v1/audit?limit=1000").await.expect(200).json();
    let actions: Vec<&str> =
        noted["entries"].as_array().unwrap().iter().filter_map(|entry| entry["action"].as_str()).collect();
    for action in ["session.refused", "session.locked", "session.sign-in", "session.link", "users.post"] {
        assert!(actions.contains(&action), "{action}: {actions:?}");
    }
}

#[tokio::test]
async fn a_session_goes_on_by_its_cookie_and_an_old_cookie_ends_it() {
    let database = Database::new().await;
    let (a, b) = (Server::on(&database).await, Server::on(&database).await);
    let owner = first_owner(&a.http()).await;
    let second = refresh(&a.http(), &owner.cookie).await.expect(200);
    let (third, next) = (cookie(&second), signed_in(&a.http(), &second));
    assert_ne!(third, owner.cookie);
    // Any server takes it, and any server's access token.
    let other = b.http().bearing(&next.access_token);
    until("the other server knows of the first user", || async {
        (b.http().get("/api/v1/runs").await.status == 401).then_some(())
    })
    .await;
    other.get("/api/v1/runs").await.expect(200);
    let answer = refresh(&b.http(), &third).await.expect(200);
    let newest = cookie(&answer);
    let stolen = refresh(&a.http(), &owner.cookie).await;
    assert!(stolen.header("set-cookie").unwrap().contains("Max-Age=0"));
    stolen.problem(401);
    refresh(&a.http(), &newest).await.problem(401);
    next.http.get("/api/v1/runs").await.problem(401);
    until("the other server ends it too", || async {
        (other.get("/api/v1/runs").await.status == 401).then_some(())
    })
    .await;
    refresh(&a.http(), "telltale_refresh=nonsense").await.problem(401);
    a.http().send(Method::POST, "/api/v1/session/refresh", &[], "").await.unwrap().problem(401);
}

#[tokio::test]
async fn signing_out_ends_the_session_by_token_or_cookie() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let owner = first_owner(&http).await;
    owner.http.delete("/api/v1/session").await.expect(204);
    owner.http.get("/api/v1/runs").await.problem(401);
    refresh(&http, &owner.cookie).await.problem(401);
    let again = signed_in(&http, &sign_in(&http, &owner.email, PASSWORD).await.expect(200));
    let by_cookie = [("cookie", again.cookie.as_str())];
    http.send(Method::DELETE, "/api/v1/session", &by_cookie, "").await.unwrap().expect(204);
    again.http.get("/api/v1/runs").await.problem(401);
    http.delete("/api/v1/session").await.expect(204);
}

#[tokio::test]
async fn a_link_is_good_once_and_passwords_have_rules() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let owner = first_owner(&http).await;
    let invite = json!({ "email": "new@example.org", "name": "New", "role": "member" });
    let invited = owner.http.post("/api/v1/users", &invite).await.expect(201).json();
    let link = invited["signInLink"].as_str().unwrap();
    assert!(link.starts_with(&format!("{}/ui/sign-in?link=", server.base())), "{link}");
    owner.http.post("/api/v1/users", &invite).await.problem(409);
    let with = |password: &str| json!({ "link": secret_of(link), "password": password });
    // A password that is refused does not use the link up.
    assert_eq!(http.post("/api/v1/session/link", &with("short")).await.pointers(400), ["/password"]);
    let member = redeem(&http, link).await;
    http.post("/api/v1/session/link", &with(PASSWORD)).await.problem(401);
    http.post("/api/v1/session/link", &json!({ "link": "nonsense" })).await.problem(401);
    assert_eq!(member.organization_id, owner.organization_id);
    let made =
        owner.http.post(&format!("/api/v1/users/{}/link", member.user_id), &json!({})).await.expect(201);
    let renewed = made.json()["signInLink"].as_str().unwrap().to_owned();
    // Another password ends the sessions that the old one opened.
    redeem(&http, &renewed).await;
    member.http.get("/api/v1/runs").await.problem(401);
}

#[tokio::test]
async fn roles_say_what_one_may_do_and_change_at_once() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    let owner = first_owner(&http).await;
    let member = join(&owner.http, &http, "m@example.org", "member").await;
    let viewer = join(&owner.http, &http, "v@example.org", "viewer").await;
    let run = run_id();
    member.http.append(&run, &[event("RUN_STARTED")]).await;
    viewer.http.get(&format!("/api/v1/runs/{run}")).await.expect(200);
    viewer.http.post(&format!("/api/v1/runs/{run}/events"), &event("NOTE")).await.problem(403);
    viewer.http.put("/api/v1/secrets/a", &json!({ "value": "a secret" })).await.problem(403);
    member.http.put("/api/v1/secrets/a", &json!({ "value": "a secret" })).await.expect(201);
    for path in ["/api/v1/users", "/api/v1/tokens", "/api/v1/audit"] {
        member.http.get(path).await.problem(403);
        owner.http.get(path).await.expect(200);
    }
    let path = format!("/api/v1/users/{}", viewer.user_id);
    let changed = owner.http.put(&path, &json!({ "role": "member" })).await.expect(200).json();
    assert_eq!((&changed["role"], &changed["joined"]), (&json!("member"), &json!(true)));
    viewer.http.post(&format!("/api/v1/runs/{run}/events"), &event("NOTE")).await.expect(200);
    // The last owner stays; with another one, not.
    let own = format!("/api/v1/users/{}", owner.user_id);
    owner.http.delete(&own).await.problem(409);
    owner.http.put(&own, &json!({ "role": "viewer" })).await.problem(409);
    owner.http.put(&path, &json!({ "role": "owner" })).await.expect(200);
    owner.http.put(&own, &json!({ "role": "viewer" })).await.expect(200);
    owner.http.get("/api/v1/users").await.problem(403);
    owner.http.put(&path, &json!({ "role": "owner" })).await.problem(403);
    // Taken out, one is out, and comes back by another invitation only.
    viewer.http.delete(&format!("/api/v1/users/{}", member.user_id)).await.expect(204);
    member.http.get("/api/v1/runs").await.problem(401);
    sign_in(&http, &member.email, PASSWORD).await.problem(401);
    viewer.http.delete(&format!("/api/v1/users/{}", member.user_id)).await.problem(404);
    let back = join(&viewer.http, &http, "m@example.org", "viewer").await;
    assert_eq!(back.user_id, member.user_id);
}

#[tokio::test]
async fn a_session_moves_between_its_users_organizations() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let owner = first_owner(&http).await;
    let run = run_id();
    owner.http.append(&run, &[event("RUN_STARTED")]).await;
    let made =
        owner.http.post("/api/v1/organizations", &json!({ "name": "Second" })).await.expect(201).json();
    let to = |id: &Value| json!({ "organizationId": id });
    let moved =
        owner.http.put("/api/v1/session/organization", &to(&made["organizationId"])).await.expect(200).json();
    assert_eq!((&moved["organization"]["name"], &moved["role"]), (&json!("Second"), &json!("owner")));
    let second = http.bearing(moved["accessToken"].as_str().unwrap());
    second.get(&format!("/api/v1/runs/{run}")).await.problem(404);
    // The same name in another organization is another run.
    second.append(&run, &[event("RUN_STARTED"), event("RUN_COMPLETED")]).await;
    owner.http.get("/api/v1/runs").await.problem(401);
    let nowhere = json!(uuid::Uuid::now_v7());
    second.put("/api/v1/session/organization", &to(&nowhere)).await.problem(404);
    let back = json!(owner.organization_id);
    let first = second.put("/api/v1/session/organization", &to(&back)).await.expect(200).json();
    let first = http.bearing(first["accessToken"].as_str().unwrap());
    assert_eq!(first.run(&run).await["status"], "RUNNING");
    // Nobody can be brought into a personal organization.
    let session = first.get("/api/v1/session").await.expect(200).json();
    let personal = session["organizations"].as_array().unwrap().last().unwrap()["organizationId"].clone();
    let own = first.put("/api/v1/session/organization", &to(&personal)).await.expect(200).json();
    let own = http.bearing(own["accessToken"].as_str().unwrap());
    own.post("/api/v1/users", &json!({ "email": "x@example.org", "role": "viewer" })).await.problem(409);
}

#[tokio::test]
async fn a_token_does_what_its_scopes_say_and_ends_when_it_is_revoked() {
    let database = Database::new().await;
    let (server, other) = (Server::on(&database).await, Server::on(&database).await);
    let http = server.http();
    let owner = first_owner(&http).await;
    let run = run_id();
    let path = format!("/api/v1/runs/{run}/events");
    let append = scoped(&owner.http, &["append"]).await;
    let read = scoped(&owner.http, &["read"]).await;
    let admin = scoped(&owner.http, &["admin"]).await;
    append.post(&path, &event("RUN_STARTED")).await.expect(200);
    append.get(&format!("/api/v1/runs/{run}")).await.expect(200);
    append.get("/api/v1/runs").await.problem(403);
    append.get("/api/v1/events").await.problem(403);
    read.get("/api/v1/runs").await.expect(200);
    read.post(&path, &event("NOTE")).await.problem(403);
    read.get("/api/v1/tokens").await.problem(403);
    admin.get("/api/v1/tokens").await.expect(200);
    let request =
        json!({ "name": "ci", "scopes": ["append", "read", "append"], "expiresAt": "2199-01-01T00:00:00Z" });
    let made = owner.http.post("/api/v1/tokens", &request).await.expect(201).json();
    let secret = made["token"].as_str().unwrap();
    assert!(secret.starts_with("tt_") && secret.starts_with(made["prefix"].as_str().unwrap()));
    assert_eq!(made["scopes"], json!(["append", "read"]));
    let ci = http.bearing(secret);
    ci.post(&path, &event("NOTE")).await.expect(200);
    let there = other.http().bearing(secret);
    there.get("/api/v1/runs").await.expect(200);
    let row = until("its use is noted", || async {
        let list = owner.http.get("/api/v1/tokens").await.expect(200).json();
        let rows = list["tokens"].as_array().unwrap().clone();
        rows.into_iter().find(|row| row["name"] == "ci" && row["lastUsedAt"].is_string())
    })
    .await;
    assert!(row.get("token").is_none() && !row.to_string().contains(secret), "shown once");
    let stored =
        database.session().await.query("SELECT api_tokens::text FROM api_tokens", &[]).await.unwrap();
    assert!(stored.iter().all(|row| !row.get::<_, String>(0).contains(secret)));
    owner.http.delete(&format!("/api/v1/tokens/{}", made["tokenId"].as_str().unwrap())).await.expect(204);
    ci.post(&path, &event("NOTE")).await.problem(401);
    until("the other server knows", || async {
        (there.get("/api/v1/runs").await.status == 401).then_some(())
    })
    .await;
    owner.http.delete(&format!("/api/v1/tokens/{}", made["tokenId"].as_str().unwrap())).await.problem(404);
    for (bad, pointer) in [
        (json!({ "name": "x", "scopes": [] }), "/scopes"),
        (json!({ "name": "x", "scopes": ["all"] }), "/scopes"),
        (json!({ "scopes": ["read"] }), "/name"),
        (json!({ "name": "x", "scopes": ["read"], "workflow": "w", "runId": "r" }), "/runId"),
        (json!({ "name": "x", "scopes": ["read"], "expiresAt": "2001-01-01T00:00:00Z" }), "/expiresAt"),
    ] {
        let pointers = owner.http.post("/api/v1/tokens", &bad).await.pointers(400);
        assert!(pointers.iter().any(|found| found == pointer), "{bad}: {pointers:?}");
    }
}

#[tokio::test]
async fn a_limited_token_sees_its_workflow_or_its_run_and_nothing_else() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    let owner = first_owner(&http).await;
    let runs: Vec<String> = (0..2).map(|_| run_id()).collect();
    for (run, workflow) in runs.iter().zip(["mine", "other"]) {
        owner
            .http
            .post("/api/v1/runs", &json!({ "runId": run, "workflow": workflow, "engine": "external" }))
            .await
            .expect(201);
    }
    let scopes = ["append", "read", "admin"];
    let request = |limit: (&str, &str)| json!({ "name": "t", "scopes": scopes, limit.0: limit.1 });
    let limited = [
        http.bearing(&token(&owner.http, request(("workflow", "mine"))).await),
        http.bearing(&token(&owner.http, request(("runId", &runs[0]))).await),
    ];
    for http in &limited {
        let list = http.get("/api/v1/runs").await.expect(200).json();
        assert_eq!(list["runs"].as_array().unwrap().len(), 1, "{list}");
        assert_eq!(list["runs"][0]["runId"], runs[0]);
        let own = format!("/api/v1/runs/{}", runs[0]);
        http.get(&own).await.expect(200);
        http.post(&format!("{own}/events"), &event("NOTE")).await.expect(200);
        http.get(&format!("{own}/logs")).await.expect(200);
        let other = format!("/api/v1/runs/{}", runs[1]);
        for path in ["", "/events", "/logs", "/stream", "/artifacts", "/logs/download"] {
            http.get(&format!("{other}{path}")).await.problem(404);
        }
        http.post(&format!("{other}/events"), &event("NOTE")).await.problem(404);
        http.post(&format!("/api/v1/runs/{}/events", run_id()), &event("NOTE")).await.problem(404);
        let across = |run: &str| json!([{ "runId": run, "eventId": uuid::Uuid::now_v7(), "type": "NOTE" }]);
        http.post("/api/v1/events", &across(&runs[1])).await.problem(404);
        http.post("/api/v1/events", &across(&runs[0])).await.expect(200);
        http.post("/api/v1/runs", &json!({ "workflow": "other", "engine": "external" })).await.problem(403);
        let page = http.get("/api/v1/events?limit=5000").await.expect(200).json();
        let events = page["events"].as_array().unwrap();
        assert!(!events.is_empty() && events.iter().all(|event| event["runId"] == runs[0]), "{page}");
        for path in
            ["/api/v1/workflows", "/api/v1/tokens", "/api/v1/users", "/api/v1/workers", "/api/v1/secrets"]
        {
            http.get(path).await.problem(403);
        }
        http.get("/api/v1/workflows/other").await.problem(404);
    }
    limited[0].post("/api/v1/runs", &json!({ "workflow": "mine", "engine": "external" })).await.expect(201);
    limited[1].post("/api/v1/runs", &json!({ "workflow": "mine", "engine": "external" })).await.problem(403);
}

#[tokio::test]
async fn what_is_done_is_noted_with_who_did_it() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    let owner = first_owner(&http).await;
    owner.http.put("/api/v1/secrets/key", &json!({ "value": "a secret" })).await.expect(201);
    let admin = scoped(&owner.http, &["admin"]).await;
    admin.delete("/api/v1/secrets/key").await.expect(204);
    admin.delete("/api/v1/secrets/key").await.problem(404);
    let first = owner.http.get("/api/v1/audit?limit=2").await.expect(200).json();
    let entry = |entry: &Value| {
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        (text("actor"), text("action"), text("subject"))
    };
    let entries: Vec<_> = first["entries"].as_array().unwrap().iter().map(entry).collect();
    assert_eq!(entries[0], ("token:t".into(), "secrets.delete".into(), "key".into()));
    assert_eq!(entries[1], ("user:owner@example.org".into(), "tokens.post".into(), "t".into()));
    assert_eq!(first["entries"][0]["address"], "127.0.0.1");
    let cursor = first["nextCursor"].as_str().unwrap();
    let next = owner.http.get(&format!("/api/v1/audit?cursor={cursor}&limit=1")).await.expect(200).json();
    assert_eq!(entry(&next["entries"][0]).1, "secrets.put");
    let all = owner.http.get("/api/v1/audit").await.expect(200).text();
    assert!(!all.contains("a secret") && !all.contains(PASSWORD), "{all}");
}

#[tokio::test]
async fn the_servers_own_token_stays_good_beside_accounts() {
    let database = Database::new().await;
    let server = Options::on(&database.url()).env("TELLTALE_TOKEN", "a-long-secret-token").start().await;
    let http = server.http();
    let operator = http.bearing("a-long-secret-token");
    let session = http.get("/api/v1/session").await.expect(200).json();
    assert_eq!((&session["authentication"], &session["signedIn"]), (&json!("token"), &json!(false)));
    let owner = first_owner_by(&operator, &http).await;
    operator.get("/api/v1/runs").await.expect(200);
    owner.http.get("/api/v1/runs").await.expect(200);
    http.get("/api/v1/runs").await.problem(401);
}

async fn first_owner_by(by: &Http, http: &Http) -> crate::support::account::User {
    join(by, http, "first@example.org", "owner").await
}

#[tokio::test]
async fn a_server_that_asks_to_sign_in_prints_a_link_for_the_first_user() {
    let database = Database::new().await;
    let server = Options::on(&database.url()).env("TELLTALE_REQUIRE_SIGN_IN", "true").start().await;
    let http = server.http();
    http.get("/api/v1/runs").await.problem(401);
    assert_eq!(http.get("/api/v1/session").await.expect(200).json()["authentication"], "accounts");
    let link = server.line("sign in once, within a day: ").await;
    let body = json!({ "link": secret_of(&link), "password": PASSWORD, "email": "boss@example.org" });
    let answer = http.post("/api/v1/session/link", &body).await.expect(200);
    let owner = signed_in(&http, &answer);
    assert_eq!((owner.email.as_str(), &answer.json()["role"]), ("boss@example.org", &json!("owner")));
    http.post("/api/v1/session/link", &body).await.problem(401);
    sign_in(&http, "boss@example.org", PASSWORD).await.expect(200);
}
