//! Webhooks: addresses that start runs, for senders of all kinds.

use http::Method;
use serde_json::{Value, json};
use telltale::facts::signature;
use telltale::store::clock;

use crate::support::workflow::{put, store};
use crate::support::{Answer, Database, Http, Server};

const WEBHOOKS: &str = "/api/v1/workflows/recon/webhooks";
const JSON: (&str, &str) = ("content-type", "application/json");

async fn server(more: &str) -> (Database, Server, Http) {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    store(&http, "recon", more).await;
    (database, server, http)
}

async fn made(http: &Http, fields: Value) -> Value {
    http.post(WEBHOOKS, &fields).await.expect(201).json()
}

async fn send(http: &Http, hook: &Value, headers: &[(&str, &str)], body: &str) -> Answer {
    http.send(Method::POST, hook["url"].as_str().unwrap(), headers, body.to_owned()).await.unwrap()
}

/// The run that a message starts.
async fn started(http: &Http, hook: &Value, headers: &[(&str, &str)], body: &str) -> Value {
    let answer = send(http, hook, headers, body).await.expect(202).json();
    http.run(answer["runId"].as_str().unwrap()).await
}

#[tokio::test]
async fn an_address_is_made_used_listed_and_taken_away() {
    let (database, server, http) = server("inputs: { domain: example.org }\n").await;
    let hook = made(&http, json!({"description": "from the shop"})).await;
    assert_eq!((&hook["hmacSecret"], &hook["hmac"]), (&Value::Null, &json!(false)));
    let token = hook["url"].as_str().unwrap().strip_prefix("/hooks/").unwrap().to_owned();
    assert!(token.len() >= 43, "{token}");

    let headers = [JSON, ("authorization", "Bearer s3cret"), ("cookie", "s3cret"), ("user-agent", "shop/1")];
    let body = r#"{"domain":"example.com","api_key":"s3cret","more":[1]}"#;
    let run = started(&http, &hook, &headers, body).await;
    assert_eq!((&run["workflow"], &run["status"]), (&json!("recon"), &json!("QUEUED")));
    assert_eq!(run["inputs"], json!({"domain": "example.com"}));
    let trigger = &run["trigger"];
    assert_eq!((&trigger["type"], &trigger["webhookId"]), (&json!("webhook"), &hook["webhookId"]));
    assert_eq!(trigger["headers"]["user-agent"], "shop/1");
    assert_eq!(trigger["payload"], json!({"domain": "example.com", "api_key": "***", "more": [1]}));
    assert!(!run.to_string().contains("s3cret"), "{run}");

    let listed = http.get(WEBHOOKS).await.expect(200).text();
    assert!(!listed.contains(&token), "{listed}");
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["webhooks"][0]["lastRunId"], run["runId"]);
    assert_eq!(listed["webhooks"][0]["description"], "from the shop");
    let kept = database.session().await.query("SELECT webhooks::text FROM webhooks", &[]).await.unwrap();
    assert!(!kept[0].get::<_, String>(0).contains(&token));

    let unknown = http.post_raw(&format!("/hooks/{token}x"), "text/plain", "").await.problem(404);
    let path = format!("{WEBHOOKS}/{}", hook["webhookId"].as_str().unwrap());
    http.send(Method::DELETE, &path, &[], "").await.unwrap().expect(204);
    http.send(Method::DELETE, &path, &[], "").await.unwrap().problem(404);
    http.send(Method::DELETE, &format!("{WEBHOOKS}/x"), &[], "").await.unwrap().problem(404);
    assert_eq!(send(&http, &hook, &[JSON], "{}").await.problem(404), unknown);
    http.post("/api/v1/workflows/other/webhooks", &json!({})).await.problem(404);
    assert_eq!(http.post(WEBHOOKS, &json!({"hmac": 1, "x": 2})).await.pointers(400), ["/hmac", "/x"]);
    assert!(!server.stderr().contains(&token));
}

#[tokio::test]
async fn bodies_of_all_kinds_start_runs() {
    let (_database, _server, http) = server("inputs: { payload: }\n").await;
    let hook = made(&http, json!({})).await;
    for (content_type, body, payload) in [
        ("application/json", "[1,{\"a\":2}]", "[1,{\"a\":2}]"),
        ("application/json", "{\"a\":1}", "{\"a\":1}"),
        ("application/json", "{\"payload\":\"p\",\"a\":1}", "p"),
        ("application/json", "{not json", "{not json"),
        ("text/plain", "hello", "hello"),
        ("application/xml", "<a/>", "<a/>"),
        ("application/x-www-form-urlencoded", "payload=%7B%7D&x=1", "{}"),
    ] {
        let run = started(&http, &hook, &[("content-type", content_type)], body).await;
        assert_eq!(run["inputs"]["payload"], payload, "{content_type} {body}");
    }
    let answer =
        http.send(Method::POST, hook["url"].as_str().unwrap(), &[], vec![0xff_u8, 0, 1]).await.unwrap();
    let run = http.run(answer.expect(202).json()["runId"].as_str().unwrap()).await;
    assert_eq!(
        (&run["inputs"]["payload"], &run["trigger"]["payload"]["base64"]),
        (&json!("/wAB"), &json!("/wAB"))
    );
    // Too large for an event: whole in the inputs' artifact, left out of the trigger.
    let large = format!("[\"{}\"]", "x".repeat(100_000));
    let run = started(&http, &hook, &[JSON], &large).await;
    assert_eq!(run["trigger"]["payloadLeftOut"], true);
    assert!(run["inputs"]["$artifact"].is_string(), "{}", run["inputs"]);
}

#[tokio::test]
async fn what_does_not_fit_the_schema_starts_nothing() {
    let (_database, _server, http) = server("inputs: { domain: }\n").await;
    let hook = made(&http, json!({})).await;
    assert_eq!(send(&http, &hook, &[JSON], "{}").await.pointers(400), ["/inputs/domain"]);
    assert_eq!(send(&http, &hook, &[JSON], "{\"domain\":[]}").await.pointers(400), ["/inputs/domain"]);
    let runs = http.get("/api/v1/runs").await.expect(200).json();
    assert_eq!(runs["runs"], json!([]));
    // Told once more under the same key, in a better way, it starts.
    let key = [JSON, ("idempotency-key", "k")];
    send(&http, &hook, &key, "{}").await.problem(400);
    let run = started(&http, &hook, &key, "{\"domain\":\"x\"}").await;
    assert_eq!(run["inputs"]["domain"], "x");
    // Without its workflow it says why it starts nothing.
    http.send(Method::DELETE, "/api/v1/workflows/recon", &[], "").await.unwrap().expect(204);
    send(&http, &hook, &[JSON], "{\"domain\":\"x\"}").await.problem(422);
}

#[tokio::test]
async fn a_repeat_starts_nothing() {
    let (_database, _server, http) = server("").await;
    let (first, second) = (made(&http, json!({})).await, made(&http, json!({})).await);
    for name in ["idempotency-key", "webhook-id"] {
        let headers = [JSON, (name, "message-1")];
        let id = |answer: Answer| answer.expect(202).json()["runId"].as_str().unwrap().to_owned();
        let once = id(send(&http, &first, &headers, "{}").await);
        assert_eq!(id(send(&http, &first, &headers, "{}").await), once);
        // Another sender's message of that name is another message.
        assert_ne!(id(send(&http, &second, &headers, "{}").await), once);
    }
    assert_eq!(http.get("/api/v1/runs").await.json()["runs"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_signed_webhook_takes_both_signatures_and_no_others() {
    let (_database, mut server, http) = server("").await;
    let hook = made(&http, json!({"hmac": true})).await;
    let secret = hook["hmacSecret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_"), "{secret}");
    let now = clock::now().as_micros() / 1_000_000;
    let body = r#"{"a":1}"#;
    let hub = signature::hub(&secret, body.as_bytes());
    send(&http, &hook, &[JSON, ("x-hub-signature-256", &hub)], body).await.expect(202);
    let standard = async |at: i64, body: &str, signed: &str| {
        let (at_text, signature) = (at.to_string(), signature::sign(&secret, "m", at, signed.as_bytes()));
        let headers =
            [JSON, ("webhook-id", "m"), ("webhook-timestamp", &at_text), ("webhook-signature", &signature)];
        send(&http, &hook, &headers, body).await
    };
    standard(now, body, body).await.expect(202);
    let problem = standard(now, body, "{}").await.problem(401);
    assert_eq!(problem["type"], "urn:telltale:problem:not-signed");
    standard(now - 3_600, body, body).await.problem(401);
    send(&http, &hook, &[JSON, ("x-hub-signature-256", &hub)], "{}").await.problem(401);
    send(&http, &hook, &[JSON], body).await.problem(401);
    // The key is kept with the data, and so is the secret.
    server.stop().await;
    server.restart().await;
    send(&server.http(), &hook, &[JSON, ("x-hub-signature-256", &hub)], body).await.expect(202);
}

#[tokio::test]
async fn a_token_of_the_server_is_not_asked_for_and_a_flood_is_held_back() {
    let database = Database::new().await;
    let options = crate::support::server::Options::on(&database.url());
    let server =
        options.env("TELLTALE_TOKEN", "s3cret-token").env("TELLTALE_LOCAL_WORKER", "false").start().await;
    let http = server.http();
    let own = [JSON, ("authorization", "Bearer s3cret-token")];
    let source = crate::support::workflow::source("recon", "");
    let yaml = [("content-type", "application/yaml"), own[1]];
    http.send(Method::PUT, "/api/v1/workflows/recon", &yaml, source).await.unwrap().expect(201);
    put(&http, "recon", "").await.problem(401);
    let hook = http.send(Method::POST, WEBHOOKS, &own, "{}").await.unwrap().expect(201).json();
    http.post(WEBHOOKS, &json!({})).await.problem(401);
    // Behind a proxy, as senders come in.
    send(&http, &hook, &[JSON, ("x-forwarded-for", "203.0.113.9")], "{}").await.expect(202);
    // A page of another site is no sender.
    send(&http, &hook, &[("origin", "http://evil.example")], "{}").await.problem(403);
    let sent = (0..200).map(|_| send(&http, &hook, &[JSON], "{}"));
    let answers = futures_util::future::join_all(sent).await;
    let refused = answers.iter().find(|answer| answer.status == 429).expect("a flood is held back");
    assert!(refused.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
    assert!(answers.iter().filter(|answer| answer.status == 202).count() >= 50);
}
