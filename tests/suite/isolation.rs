//! Isolation: every operation of the API, called by another organization, by a viewer, by a limited token and by nobody.
//!
//! The table says what each of them may expect. A route that is in the document and not in the table fails the walk.

use std::collections::BTreeMap;

use futures_util::{SinkExt as _, StreamExt as _};
use http::Method;
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::support::account::{User, first_owner, join, other_organization, token};
use crate::support::{Answer, Database, Http, Server, event, node_event, within};

/// In every name of the organization that is looked at: no answer to another may hold it.
const MARK: &str = "isolated";

/// What another organization's owner gets.
#[derive(Clone, Copy, PartialEq)]
enum Other {
    /// The 404 of what is not there.
    NotThere,
    /// Their own, in which nothing of ours is.
    Own,
    /// Their own of the same name, which is made by asking.
    Makes,
    /// The 422 of a workflow that is not there.
    NoWorkflow,
    /// What is the same for everybody.
    Same,
}

/// What a viewer gets.
#[derive(Clone, Copy, PartialEq)]
enum Viewer {
    May,
    MayNot,
}

/// What nobody in particular gets.
#[derive(Clone, Copy, PartialEq)]
enum Nobody {
    /// 401.
    Out,
    /// An answer, in which nothing of anybody is.
    In,
}

use Nobody::{In, Out};
use Other::{Makes, NoWorkflow, NotThere, Own, Same};
use Viewer::{May, MayNot};

/// Method and path, and what each caller may expect. Removals stand last, since the walk goes from top to bottom.
const TABLE: &[(&str, Other, Viewer, Nobody)] = &[
    ("GET /api/v1/runs", Own, May, Out),
    ("GET /api/v1/runs/count", Own, May, Out),
    ("GET /api/v1/runs/{runId}", NotThere, May, Out),
    ("GET /api/v1/runs/{runId}/events", NotThere, May, Out),
    ("GET /api/v1/runs/{runId}/stream", NotThere, May, Out),
    ("GET /api/v1/runs/{runId}/logs", NotThere, May, Out),
    ("GET /api/v1/runs/{runId}/logs/download", NotThere, May, Out),
    ("GET /api/v1/runs/{runId}/artifacts", NotThere, May, Out),
    ("GET /api/v1/runs/{runId}/artifacts/{artifactId}", NotThere, May, Out),
    ("GET /api/v1/runs/{runId}/snapshot", NotThere, May, Out),
    ("GET /api/v1/runs/{runId}/diff", NotThere, May, Out),
    ("GET /api/v1/runs/{runId}/bundle", NotThere, May, Out),
    ("GET /api/v1/runs/{runId}/tombstone", NotThere, May, Out),
    ("GET /api/v1/events", Own, May, Out),
    ("GET /api/v1/stream", Own, May, Out),
    ("GET /api/v1/artifacts", Own, May, Out),
    ("GET /api/v1/statistics", Own, May, Out),
    ("GET /api/v1/workflows", Own, May, Out),
    ("GET /api/v1/workflows/{name}", NotThere, May, Out),
    ("GET /api/v1/workflows/{name}/versions", NotThere, May, Out),
    ("GET /api/v1/workflows/{name}/versions/{version}", NotThere, May, Out),
    ("GET /api/v1/workflows/{name}/statistics", Own, May, Out),
    ("GET /api/v1/workflows/{name}/webhooks", NotThere, May, Out),
    ("GET /api/v1/workers", Own, May, Out),
    ("GET /api/v1/secrets", Own, May, Out),
    ("GET /api/v1/schedules", Own, May, Out),
    ("GET /api/v1/notifications", Own, May, Out),
    ("GET /api/v1/notifications/{notificationId}/deliveries", NotThere, May, Out),
    ("GET /api/v1/retention", Own, May, Out),
    ("GET /api/v1/cleanup/plans", Own, May, Out),
    ("GET /api/v1/cleanup/plans/{planId}", NotThere, May, Out),
    ("GET /api/v1/session", Own, May, In),
    ("GET /api/v1/session/openid", Same, May, In),
    ("GET /api/v1/session/openid/callback", Same, May, In),
    ("GET /api/v1/users", Own, MayNot, Out),
    ("GET /api/v1/tokens", Own, MayNot, Out),
    ("GET /api/v1/organizations", Own, May, Out),
    ("GET /api/v1/audit", Own, MayNot, Out),
    ("GET /readyz", Same, May, Out),
    ("GET /metrics", Same, May, Out),
    ("GET /healthz", Same, May, In),
    ("GET /openapi.json", Same, May, In),
    ("POST /api/v1/runs", Makes, MayNot, Out),
    ("POST /api/v1/runs/{runId}/cancel", NotThere, MayNot, Out),
    ("POST /api/v1/runs/{runId}/rerun", NotThere, MayNot, Out),
    ("POST /api/v1/runs/{runId}/nodes/{nodeRef}/input", NotThere, MayNot, Out),
    ("POST /api/v1/runs/{runId}/logs/close", NotThere, MayNot, Out),
    ("POST /api/v1/claims", Own, MayNot, Out),
    // They say of the claims that were named what they say of any that is not held.
    ("POST /api/v1/claims/heartbeat", Makes, MayNot, Out),
    ("POST /api/v1/claims/release", Makes, MayNot, Out),
    ("POST /api/v1/claims/secrets", NotThere, MayNot, Out),
    ("POST /api/v1/workflows/{name}/run", NotThere, MayNot, Out),
    ("POST /api/v1/workflows/{name}/webhooks", NotThere, MayNot, Out),
    ("POST /api/v1/schedules", NoWorkflow, MayNot, Out),
    ("PUT /api/v1/schedules/{scheduleId}", NotThere, MayNot, Out),
    ("POST /api/v1/notifications", Own, MayNot, Out),
    ("PUT /api/v1/notifications/{notificationId}", NotThere, MayNot, Out),
    ("POST /api/v1/notifications/{notificationId}/test", NotThere, MayNot, Out),
    ("PUT /api/v1/retention", Own, MayNot, Out),
    ("POST /api/v1/cleanup/plans", Own, MayNot, Out),
    ("POST /api/v1/cleanup/plans/{planId}/apply", NotThere, MayNot, Out),
    ("POST /api/v1/import", Own, MayNot, Out),
    ("POST /api/v1/replay", Own, MayNot, Out),
    ("POST /api/v1/session", Same, May, In),
    ("POST /api/v1/session/refresh", Same, May, In),
    ("POST /api/v1/session/link", Same, May, In),
    ("PUT /api/v1/session/organization", Own, May, Out),
    ("POST /api/v1/tickets", Own, May, Out),
    ("POST /api/v1/users", Own, MayNot, Out),
    ("POST /api/v1/users/import", Own, MayNot, Out),
    ("PUT /api/v1/users/{userId}", NotThere, MayNot, Out),
    ("POST /api/v1/users/{userId}/link", NotThere, MayNot, Out),
    ("POST /api/v1/tokens", Own, MayNot, Out),
    ("POST /api/v1/organizations", Own, MayNot, Out),
    ("POST /hooks/{token}", Same, May, In),
    // Other clients' paths.
    ("GET /workflows/runs/{runId}/status", NotThere, May, Out),
    ("GET /workflows/runs/{runId}/trace", NotThere, May, Out),
    ("GET /workflows/{id}/logs", Own, May, Out),
    ("GET /workflows/{id}/logs/count", Own, May, Out),
    ("GET /logs/{id}", NotThere, May, Out),
    ("DELETE /logs/cleanup", Own, MayNot, Out),
    // Removals.
    ("DELETE /api/v1/workflows/{name}/webhooks/{webhookId}", NotThere, MayNot, Out),
    ("DELETE /api/v1/schedules/{scheduleId}", NotThere, MayNot, Out),
    ("DELETE /api/v1/notifications/{notificationId}", NotThere, MayNot, Out),
    ("DELETE /api/v1/runs/{runId}", NotThere, MayNot, Out),
    ("DELETE /api/v1/workflows/{name}", NotThere, MayNot, Out),
    ("DELETE /api/v1/secrets/{name}", NotThere, MayNot, Out),
    ("DELETE /api/v1/users/{userId}", NotThere, MayNot, Out),
    ("DELETE /api/v1/tokens/{tokenId}", NotThere, MayNot, Out),
    // What makes the caller's own of the same name, so that it comes after whatever must not be there.
    ("POST /api/v1/events", Makes, MayNot, Out),
    ("POST /api/v1/runs/{runId}/events", Makes, MayNot, Out),
    ("POST /api/v1/runs/{runId}/logs", Makes, MayNot, Out),
    ("POST /api/v1/runs/{runId}/artifacts", Makes, MayNot, Out),
    ("PUT /api/v1/workflows/{name}", Makes, MayNot, Out),
    ("PUT /api/v1/secrets/{name}", Makes, MayNot, Out),
    // Ends the caller.
    ("DELETE /api/v1/session", Own, May, In),
];

/// What is looked at: one of everything, in one organization.
struct House {
    owner: User,
    viewer: User,
    run: String,
    /// Of another owner in another organization.
    other: Http,
    /// What stands in the place holders.
    names: BTreeMap<&'static str, String>,
}

const WORKFLOW: &str = "name: isolated-workflow\nnodes:\n  - id: only\n    run: \"true\"\n";

async fn house(server: &Server) -> House {
    let http = server.http();
    let owner = first_owner(&http).await;
    let viewer = join(&owner.http, &http, "isolated-viewer@example.org", "viewer").await;
    let run = "isolated-run".to_owned();
    let own = &owner.http;
    own.append(&run, &[event("RUN_STARTED"), node_event("NODE_STARTED", "isolated-node")]).await;
    let line =
        json!({ "nodeRef": "isolated-node", "stream": "stdout", "lineNo": 1, "text": "isolated line" });
    own.post_ndjson(&format!("/api/v1/runs/{run}/logs"), &[line]).await.expect(200);
    let put = async |path: &str, mime: &str, body: &'static str| {
        own.send(Method::PUT, path, &[("content-type", mime)], body).await.unwrap().expect(201)
    };
    put("/api/v1/workflows/isolated-workflow", "application/yaml", WORKFLOW).await;
    put("/api/v1/secrets/isolated-workflow", "application/json", "{\"value\":\"isolated value\"}").await;
    let upload = format!("/api/v1/runs/{run}/artifacts?name=isolated.txt");
    let artifact = own.post_raw(&upload, "text/plain", "isolated bytes").await;
    assert!(artifact.status < 300, "{}", artifact.text());
    let request = json!({ "name": "isolated-token", "scopes": ["read"] });
    let made = own.post("/api/v1/tokens", &request).await.expect(201).json();
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned();
    let missing = uuid::Uuid::now_v7().to_string();
    let names = BTreeMap::from([
        ("runId", run.clone()),
        ("id", run.clone()),
        ("artifactId", text(&artifact.json()["artifactId"])),
        ("name", "isolated-workflow".to_owned()),
        ("version", "1".to_owned()),
        ("nodeRef", "isolated-node".to_owned()),
        ("userId", viewer.user_id.clone()),
        ("tokenId", text(&made["tokenId"])),
        ("token", "nobodys".to_owned()),
        ("planId", missing.clone()),
        ("scheduleId", missing.clone()),
        ("webhookId", missing.clone()),
        ("notificationId", missing),
    ]);
    let other = other_organization(&owner, &http).await;
    House { owner, viewer, run, other, names }
}

impl House {
    /// The path with its place holders filled in, and what it needs beside.
    fn path(&self, path: &str) -> String {
        let filled =
            path.split('/').map(|part| match part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
                Some(name) => {
                    self.names.get(name).unwrap_or_else(|| panic!("nothing stands for {name}")).as_str()
                }
                None => part,
            });
        let filled = filled.collect::<Vec<_>>().join("/");
        let run = &self.run;
        match path {
            "/api/v1/events" => format!("{filled}?wait=0&limit=5000"),
            "/api/v1/runs/{runId}/events" => format!("{filled}?after=0&wait=0"),
            "/api/v1/runs/{runId}/diff" => format!("{filled}?with={run}"),
            "/api/v1/runs/{runId}/artifacts" => format!("{filled}?name=isolated.txt"),
            "/logs/cleanup" => format!("{filled}?days_to_keep=30"),
            _ => filled,
        }
    }

    /// A body that is right for the route.
    fn body(&self, route: &str) -> (&'static str, String) {
        let run = &self.run;
        let of = |value: Value| ("application/json", value.to_string());
        match route {
            "POST /api/v1/runs" => {
                of(json!({ "workflow": "w", "engine": "external", "runId": "made-by-walk" }))
            }
            "POST /api/v1/events" => of(json!([{ "runId": run, "type": "NOTE" }])),
            "POST /api/v1/runs/{runId}/events" => of(json!({ "type": "NOTE" })),
            "POST /api/v1/runs/{runId}/logs" => (
                "application/x-ndjson",
                json!({ "nodeRef": "n", "stream": "stdout", "text": "theirs" }).to_string(),
            ),
            "POST /api/v1/runs/{runId}/logs/close" => {
                of(json!({ "nodeRef": "isolated-node", "attempt": 1, "stream": "stdout" }))
            }
            "POST /api/v1/runs/{runId}/artifacts" => ("text/plain", "theirs".to_owned()),
            "POST /api/v1/claims" => {
                of(json!({ "worker": "walker", "engines": ["docker"], "most": 1, "wait": 0 }))
            }
            "POST /api/v1/claims/heartbeat" | "POST /api/v1/claims/release" => {
                of(json!({ "worker": "walker", "claims": [{ "runId": run, "claim": 1 }] }))
            }
            "POST /api/v1/claims/secrets" => {
                of(json!({ "runId": run, "claim": 1, "names": ["isolated-workflow"] }))
            }
            "PUT /api/v1/workflows/{name}" => ("application/yaml", WORKFLOW.to_owned()),
            "PUT /api/v1/secrets/{name}" => of(json!({ "value": "theirs" })),
            "POST /api/v1/session" => of(json!({ "email": "x@example.org", "password": "not a password" })),
            "POST /api/v1/session/link" => of(json!({ "link": "none" })),
            "PUT /api/v1/session/organization" => of(json!({ "organizationId": uuid::Uuid::now_v7() })),
            "POST /api/v1/users" => of(json!({ "email": "new@example.net", "role": "viewer" })),
            "POST /api/v1/users/import" => of(json!({
                "email": "brought@example.net", "role": "viewer",
                "passwordHash": "$2b$04$m0CrhHm10qJ3lXRY.5zDGOXuHrI9r0bc/zPqfyaNDCMts60vZPEeC",
            })),
            "PUT /api/v1/users/{userId}" => of(json!({ "role": "owner" })),
            "POST /api/v1/tokens" => of(json!({ "name": "t", "scopes": ["read"] })),
            "POST /api/v1/organizations" => of(json!({ "name": "Third" })),
            "POST /api/v1/runs/{runId}/nodes/{nodeRef}/input" => of(json!({ "data": {} })),
            "POST /api/v1/schedules" | "PUT /api/v1/schedules/{scheduleId}" => of(json!({
                "workflow": "isolated-workflow", "cron": "0 5 * * *", "timeZone": "UTC", "missed": "skip", "enabled": false,
            })),
            "POST /api/v1/notifications" | "PUT /api/v1/notifications/{notificationId}" => of(json!({
                "url": "https://hooks.example.org/x", "statuses": ["FAILED"], "enabled": false,
            })),
            "POST /api/v1/cleanup/plans" => of(json!({ "olderThanDays": 3650 })),
            "PUT /api/v1/retention" => of(json!({ "policies": [] })),
            _ => of(json!({})),
        }
    }

    async fn call(&self, by: &Http, route: &str) -> Answer {
        let (method, path) = route.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        let (mime, body) = if method == Method::GET || method == Method::DELETE {
            ("application/json", String::new())
        } else {
            self.body(route)
        };
        let path = self.path(path);
        if route == "GET /api/v1/runs/{runId}/stream" {
            // The answer of one who may see it never ends: its head tells.
            let request = by.client().get(by.url(&path)).send();
            let response = within("the head of a stream", request).await.unwrap();
            let status = response.status().as_u16();
            let text = if status == 200 { String::new() } else { response.text().await.unwrap() };
            return Answer::of(status, text, &path);
        }
        let headers: &[(&str, &str)] = if body.is_empty() { &[] } else { &[("content-type", mime)] };
        by.send(method, &path, headers, body).await.unwrap_or_else(|e| panic!("{route}: {e:?}"))
    }

    /// Everything of this house that another could have changed or seen.
    async fn state(&self) -> Vec<String> {
        let mut state = Vec::new();
        for path in [
            format!("/api/v1/runs/{}", self.run),
            format!("/api/v1/runs/{}/events", self.run),
            format!("/api/v1/runs/{}/logs", self.run),
            format!("/api/v1/runs/{}/artifacts", self.run),
            "/api/v1/runs".to_owned(),
            "/api/v1/workflows".to_owned(),
            "/api/v1/secrets".to_owned(),
            "/api/v1/users".to_owned(),
        ] {
            state.push(self.owner.http.get(&path).await.expect(200).text());
        }
        state
    }
}

/// Every operation of the document, as the table names them.
async fn routes(http: &Http) -> Vec<String> {
    let document = http.get("/openapi.json").await.expect(200).json();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            routes.push(format!("{} {path}", method.to_uppercase()));
        }
    }
    assert!(routes.len() > 40, "{routes:?}");
    routes
}

#[tokio::test]
async fn every_operation_keeps_organizations_roles_and_strangers_apart() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let routes = routes(&server.http()).await;
    let unknown: Vec<&String> =
        routes.iter().filter(|route| !TABLE.iter().any(|row| row.0 == route.as_str())).collect();
    assert!(unknown.is_empty(), "say in the table what these give to whom: {unknown:#?}");
    let house = house(&server).await;
    let before = house.state().await;
    let nobody = server.http();
    let rows = TABLE.iter().filter(|row| routes.iter().any(|route| route == row.0));
    let mut faults = Vec::new();
    for (route, other, viewer, stranger) in rows {
        let mut fault = |who: &str, answer: &Answer, expected: &str| {
            faults.push(format!(
                "{route} by {who}: {expected}, not {} {:.300}",
                answer.status,
                answer.text()
            ));
        };
        let answer = house.call(&nobody, route).await;
        match stranger {
            Out if answer.status != 401 => fault("nobody", &answer, "401"),
            In if answer.text().contains(MARK) => fault("nobody", &answer, "nothing of ours"),
            _ => {}
        }
        if *route != "DELETE /api/v1/session" {
            let answer = house.call(&house.viewer.http, route).await;
            match viewer {
                MayNot if answer.status != 403 => fault("a viewer", &answer, "403"),
                May if answer.status == 403 || (answer.status == 401 && *stranger == Out) => {
                    fault("a viewer", &answer, "an answer");
                }
                _ => {}
            }
        }
        let answer = house.call(&house.other, route).await;
        match other {
            NotThere if answer.status != 404 => fault("another organization", &answer, "404"),
            NotThere | Own if answer.text().contains(MARK) => {
                fault("another organization", &answer, "nothing of ours");
            }
            NoWorkflow if answer.status != 422 => fault("another organization", &answer, "422"),
            Makes if answer.status >= 300 => fault("another organization", &answer, "their own"),
            _ if answer.status >= 500 && answer.status != 501 => {
                fault("another organization", &answer, "no failure");
            }
            _ => {}
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    assert_eq!(house.state().await, before, "somebody has changed what is not theirs");
}

#[tokio::test]
async fn a_limited_token_reaches_nothing_that_is_not_named_for_it() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let routes = routes(&server.http()).await;
    let house = house(&server).await;
    let before = house.state().await;
    let limits = [("runId", "another-run"), ("workflow", "another-workflow")];
    for (name, value) in limits {
        let request = json!({ "name": "limited", "scopes": ["admin"], name: value });
        let limited = server.http().bearing(&token(&house.owner.http, request).await);
        for (route, _, _, stranger) in TABLE.iter().filter(|row| routes.iter().any(|route| route == row.0)) {
            let answer = house.call(&limited, route).await;
            let shuts = matches!(answer.status, 403 | 404);
            let is_empty = matches!(*route, "GET /api/v1/runs" | "GET /api/v1/events" | "GET /api/v1/stream")
                && !answer.text().contains(MARK);
            let is_own = *route == "POST /api/v1/tickets" || route.ends_with("/api/v1/session");
            assert!(
                shuts || is_empty || is_own || *stranger == In,
                "{route} with {name}: {} {}",
                answer.status,
                answer.text()
            );
        }
    }
    let mut after = house.state().await;
    let mut before = before;
    // A workflow's token has no run of that workflow to begin with here; the list of members has not changed either.
    after.dedup();
    before.dedup();
    assert_eq!(after, before);
}

#[tokio::test]
async fn the_socket_for_many_runs_shows_another_organization_nothing() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let house = house(&server).await;
    let bearer = house.other.post("/api/v1/tickets", &json!({})).await.expect(200).json();
    let ticket = bearer["ticket"].as_str().unwrap();
    let request =
        format!("ws://{}/api/v1/stream?ticket={ticket}", server.address()).into_client_request().unwrap();
    let (mut socket, _) = within("the handshake", connect_async(request)).await.unwrap();
    socket.send(Message::text(json!({ "subscribe": { "runId": house.run } }).to_string())).await.unwrap();
    socket.send(Message::text(json!({ "subscribeRuns": {} }).to_string())).await.unwrap();
    let mut next = async || loop {
        if let Message::Text(text) = within("a frame", socket.next()).await.unwrap().unwrap() {
            return serde_json::from_str::<Value>(&text).unwrap();
        }
    };
    let (first, second) = (next().await, next().await);
    let frames = [&first, &second];
    assert!(frames.iter().any(|frame| frame["type"] == "error" && frame["status"] == 404), "{frames:?}");
    assert!(frames.iter().any(|frame| frame["type"] == "runs" && frame["runs"] == json!([])), "{frames:?}");
    // A change of ours is not told; one of theirs comes next.
    house.owner.http.append(&house.run, &[event("NOTE")]).await;
    house.other.append("their-run", &[event("RUN_STARTED")]).await;
    let told = next().await;
    assert_eq!((&told["type"], &told["runs"][0]["runId"]), (&json!("runs"), &json!("their-run")), "{told}");
    assert_eq!(told["runs"].as_array().unwrap().len(), 1);
}

/// Row-level security: what a query forgot to ask for is still not given, and requests do read behind it.
#[tokio::test]
async fn the_database_itself_keeps_other_organizations_rows_back() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let house = house(&server).await;
    house.other.append("their-run", &[event("RUN_STARTED")]).await;
    let session = database.session().await;
    let count = async |table: &str| -> i64 {
        session.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap().get(0)
    };
    let all = count("runs").await;
    assert!(all >= 2);
    session.batch_execute("SET ROLE telltale_reader").await.unwrap();
    for table in ["runs", "events", "workflows", "secrets", "artifacts", "api_tokens", "audit_log"] {
        assert_eq!(count(table).await, 0, "{table} without an organization");
    }
    let set = format!("SET telltale.organization = '{}'", house.owner.organization_id);
    session.batch_execute(&set).await.unwrap();
    assert_eq!(count("runs").await, 1);
    assert!(session.execute("DELETE FROM runs", &[]).await.is_err(), "it may only read");
    session.batch_execute("RESET ROLE").await.unwrap();
    assert_eq!(count("runs").await, all);
    // A rule that shows the reader nothing shows requests nothing.
    let shut = "CREATE POLICY shut ON runs AS RESTRICTIVE USING (current_user <> 'telltale_reader')";
    session.batch_execute(shut).await.unwrap();
    let list = house.owner.http.get("/api/v1/runs").await.expect(200).json();
    assert_eq!(list["runs"], json!([]));
    house.owner.http.get(&format!("/api/v1/runs/{}/events", house.run)).await.problem(404);
    // Appends go on, by a way of their own.
    house.owner.http.append(&house.run, &[event("NOTE")]).await;
}
