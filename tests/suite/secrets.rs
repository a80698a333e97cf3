//! Secrets: stored and listed, never shown, and handed out to the holder of a claim only.

use http::Method;
use serde_json::{Value, json};

use crate::support::server::Options;
use crate::support::{Database, Http, Server, event, run_id};

const JSON: (&str, &str) = ("content-type", "application/json");
const KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const OTHER_KEY: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
const VALUE: &str = "v4lue that nobody sees";

async fn put(http: &Http, name: &str, value: &str) -> crate::support::Answer {
    let body = json!({ "value": value }).to_string();
    http.send(Method::PUT, &format!("/api/v1/secrets/{name}"), &[JSON], body).await.unwrap()
}

async fn claim(http: &Http, run: &str, claim: i32, names: &[&str]) -> crate::support::Answer {
    http.post("/api/v1/claims/secrets", &json!({ "runId": run, "claim": claim, "names": names })).await
}

/// A run in the queue, held under claim 3.
async fn held_run(http: &Http, database: &Database) -> String {
    let run = run_id();
    http.append(&run, &[event("RUN_STARTED")]).await;
    let session = database.session().await;
    let hold = "INSERT INTO run_queue (run_key, organization_id, run_id, workflow, version, priority, engines, enqueued_at, claim, \
        worker, lease_until) SELECT run_key, organization_id, run_id, 'w', 1, 0, '{}', now(), 3, 'worker', now() + interval '1 hour' \
        FROM runs WHERE run_id = $1";
    assert_eq!(session.execute(hold, &[&run]).await.unwrap(), 1);
    run
}

#[tokio::test]
async fn a_value_goes_in_and_only_its_name_comes_out() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    assert_eq!(
        http.get("/api/v1/secrets").await.expect(200).json(),
        json!({ "secrets": [], "nextAfter": null })
    );
    let stored = put(&http, "api-key", VALUE).await.expect(201);
    assert!(!stored.text().contains(VALUE));
    let first = stored.json();
    let second = put(&http, "api-key", "another value").await.expect(200).json();
    assert_eq!((&second["name"], &second["createdAt"]), (&json!("api-key"), &first["createdAt"]));
    assert!(second["updatedAt"].as_str() > first["updatedAt"].as_str());
    for name in ["c", "b", "a"] {
        put(&http, name, VALUE).await.expect(201);
    }
    let names = |page: &Value| {
        page["secrets"].as_array().unwrap().iter().map(|s| s["name"].clone()).collect::<Vec<_>>()
    };
    let page = http.get("/api/v1/secrets?limit=3").await.expect(200).json();
    assert_eq!(
        (names(&page), &page["nextAfter"]),
        (vec![json!("a"), json!("api-key"), json!("b")], &json!("b"))
    );
    let page = http.get("/api/v1/secrets?limit=3&after=b").await.expect(200).json();
    assert_eq!((names(&page), &page["nextAfter"]), (vec![json!("c")], &Value::Null));
    let delete = |name: &'static str| http.send(Method::DELETE, name, &[], "");
    delete("/api/v1/secrets/api-key").await.unwrap().expect(204);
    delete("/api/v1/secrets/api-key").await.unwrap().problem(404);
    // Nothing of a value is on disk in the clear.
    let session = database.session().await;
    let sealed = session.query("SELECT sealed FROM secrets", &[]).await.unwrap();
    assert_eq!(sealed.len(), 3);
    for row in sealed {
        let bytes: Vec<u8> = row.get(0);
        assert!(!bytes.windows(5).any(|part| part == b"v4lue"));
    }
    assert!(!server.stderr().contains("v4lue"));
}

#[tokio::test]
async fn bad_names_and_values_are_refused_without_an_echo() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    for (name, value, status) in [
        ("-a", VALUE.to_owned(), 400),
        ("a%2Fb", VALUE.to_owned(), 400),
        ("a", "abc".to_owned(), 400),
        ("a", "x\0yz".to_owned(), 400),
        ("a", "x".repeat(48 * 1024 + 1), 413),
    ] {
        let answer = put(&http, name, &value).await;
        assert!(!answer.text().contains(&value));
        answer.problem(status);
    }
    put(&http, "a", &"x".repeat(48 * 1024)).await.expect(201);
    let path = "/api/v1/secrets/b";
    for body in ["\"v4lue\"", "{\"value\":{\"v4lue\":1}}", "{\"value\":\"v4lue"] {
        let answer = http.send(Method::PUT, path, &[JSON], body).await.unwrap();
        assert!(!answer.text().contains("v4lue"), "{}", answer.text());
        answer.problem(400);
    }
    http.send(Method::PUT, path, &[("content-type", "text/plain")], "v4lue").await.unwrap().problem(415);
}

#[tokio::test]
async fn values_go_to_the_holder_of_the_claim_only() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let run = held_run(&http, &database).await;
    put(&http, "a", VALUE).await.expect(201);
    put(&http, "b", "ünïcode\nand lines\n").await.expect(201);
    let answer = claim(&http, &run, 3, &["a", "b"]).await.expect(200).json();
    assert_eq!(answer, json!({ "secrets": { "a": VALUE, "b": "ünïcode\nand lines\n" } }));
    for wrong in [2, 4, 0, -1] {
        let problem = claim(&http, &run, wrong, &["a"]).await.problem(409);
        assert_eq!(problem["type"], "urn:telltale:problem:claim-lost");
    }
    let problem = claim(&http, &run, 3, &["nope", "a", "neither"]).await.problem(404);
    assert_eq!(problem["names"], json!(["nope", "neither"]));
    claim(&http, &run_id(), 3, &["a"]).await.problem(404);
    claim(&http, &run, 3, &["no name"]).await.problem(400);
    let session = database.session().await;
    session.execute("UPDATE run_queue SET lease_until = now() - interval '1 second'", &[]).await.unwrap();
    claim(&http, &run, 3, &["a"]).await.problem(409);
}

#[tokio::test]
async fn another_key_opens_nothing_and_breaks_nothing() {
    let database = Database::new().await;
    let with = |key: &str| Options::on(&database.url()).env("TELLTALE_SECRET_KEY", key);
    let first = with(KEY).start().await;
    put(&first.http(), "old", VALUE).await.expect(201);
    let run = held_run(&first.http(), &database).await;
    let second = with(OTHER_KEY).start().await;
    put(&second.http(), "new", VALUE).await.expect(201);
    claim(&second.http(), &run, 3, &["new"]).await.expect(200);
    let problem = claim(&second.http(), &run, 3, &["new", "old"]).await.problem(422);
    assert_eq!(problem["names"], json!(["old"]));
    assert!(problem["detail"].as_str().unwrap().contains("`old`"));
    second.http().get("/api/v1/secrets").await.expect(200);
    claim(&first.http(), &run, 3, &["old"]).await.expect(200);
}

#[tokio::test]
async fn a_server_without_a_key_keeps_one_of_its_own() {
    use std::os::unix::fs::PermissionsExt as _;
    let database = Database::new().await;
    let mut server = Server::on(&database).await;
    put(&server.http(), "a", VALUE).await.expect(201);
    let run = held_run(&server.http(), &database).await;
    let file = server.data_dir().join("secret.key");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    server.kill9();
    server.restart().await;
    claim(&server.http(), &run, 3, &["a"]).await.expect(200);
}
