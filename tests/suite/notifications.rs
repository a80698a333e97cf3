//! Notifications: who asked is told of exactly what they asked for, however often the server dies.

use http::Method;
use serde_json::{Value, json};

use crate::support::receiver::Receiver;
use crate::support::server::Options;
use crate::support::{Answer, Database, Http, Server, event, node_event, run_id, until};

const NOTIFICATIONS: &str = "/api/v1/notifications";
const JSON: (&str, &str) = ("content-type", "application/json");

/// A server that may call this machine.
async fn server(database: &Database) -> Server {
    let options = Options::on(&database.url()).env("TELLTALE_WEBHOOK_ALLOW", "127.0.0.0/8");
    options.env("TELLTALE_LOCAL_WORKER", "false").start().await
}

async fn made(http: &Http, receiver: &Receiver, fields: Value) -> Value {
    let mut fields = fields;
    fields["url"] = receiver.url().into();
    http.post(NOTIFICATIONS, &fields).await.expect(201).json()
}

fn path(notification: &Value, rest: &str) -> String {
    format!("{NOTIFICATIONS}/{}{rest}", notification["notificationId"].as_str().unwrap())
}

async fn put(http: &Http, notification: &Value, fields: Value) -> Answer {
    http.send(Method::PUT, &path(notification, ""), &[JSON], fields.to_string()).await.unwrap()
}

async fn deliveries(http: &Http, notification: &Value) -> Vec<Value> {
    let page = http.get(&path(notification, "/deliveries")).await.expect(200).json();
    page["deliveries"].as_array().unwrap().clone()
}

/// The newest delivery once it is as the test wants it.
async fn delivery(http: &Http, notification: &Value, is_it: impl Fn(&Value) -> bool) -> Value {
    until("a delivery", || async { deliveries(http, notification).await.into_iter().find(|it| is_it(it)) })
        .await
}

/// A run of a workflow that ends in this event.
async fn run(http: &Http, workflow: &str, end: &str) -> String {
    let id = run_id();
    let fields = json!({"runId": id, "workflow": workflow, "engine": "external", "labels": {"team": "red"}});
    http.post("/api/v1/runs", &fields).await.expect(201);
    http.append(&id, &[event("RUN_STARTED"), event(end)]).await;
    id
}

#[tokio::test]
async fn a_receiver_is_told_what_it_asked_for_and_nothing_else() {
    let database = Database::new().await;
    let server = server(&database).await;
    let (http, receiver, other) = (server.http(), Receiver::start().await, Receiver::start().await);
    run(&http, "recon", "RUN_FAILED").await;
    let failed = made(&http, &receiver, json!({"statuses": ["FAILED", "AWAITING_INPUT"]})).await;
    let all_of_scan =
        made(&http, &other, json!({"statuses": ["QUEUED", "RUNNING", "COMPLETED"], "workflow": "scan"}))
            .await;
    let secret = failed["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_"), "{secret}");
    assert!(!http.get(NOTIFICATIONS).await.expect(200).text().contains(secret));

    let first = run(&http, "recon", "RUN_FAILED").await;
    run(&http, "recon", "RUN_COMPLETED").await;
    let scan = run(&http, "scan", "RUN_COMPLETED").await;
    let asks = run_id();
    http.append(&asks, &[node_event("NODE_STARTED", "a"), node_event("NODE_AWAITING_INPUT", "a")]).await;
    http.append(&asks, &[node_event("NODE_AWAITING_INPUT", "b"), event("RUN_FAILED"), event("RUN_FAILED")])
        .await;

    let told = receiver.got(3).await;
    let mut expected =
        [format!("FAILED {first}"), format!("AWAITING_INPUT {asks}"), format!("FAILED {asks}")];
    let mut sorted = told.clone();
    sorted.sort();
    expected.sort();
    assert_eq!(sorted, expected);
    let mut told = other.got(3).await;
    told.sort();
    assert_eq!(told, [format!("COMPLETED {scan}"), format!("QUEUED {scan}"), format!("RUNNING {scan}")]);
    for message in receiver.seen() {
        message.check(secret);
    }
    let seen = receiver.seen();
    let message = seen.iter().find(|message| message.told() == format!("FAILED {first}")).unwrap().json();
    assert_eq!((&message["type"], &message["data"]["workflow"]), (&json!("run.failed"), &json!("recon")));
    assert_eq!(message["data"]["labels"], json!({"team": "red"}));

    let page = deliveries(&http, &failed).await;
    assert_eq!(page.len(), 3);
    let of_first = delivery(&http, &failed, |it| it["runId"] == first && it["state"] == "delivered").await;
    assert_eq!(
        (&of_first["status"], &of_first["attempts"], &of_first["responseStatus"]),
        (&json!("FAILED"), &json!(1), &json!(204))
    );
    let one = http.get(&path(&all_of_scan, "/deliveries?limit=2")).await.expect(200).json();
    let next = path(&all_of_scan, &format!("/deliveries?cursor={}", one["nextCursor"].as_str().unwrap()));
    assert_eq!(http.get(&next).await.expect(200).json()["deliveries"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_killed_server_loses_nothing_and_repeats_under_the_same_id() {
    let database = Database::new().await;
    let mut server = server(&database).await;
    let receiver = Receiver::start().await;
    made(&server.http(), &receiver, json!({"statuses": ["COMPLETED"]})).await;
    let mut expected = Vec::new();
    for round in 0..3 {
        for _ in 0..10 {
            expected.push(format!("COMPLETED {}", run(&server.http(), "recon", "RUN_COMPLETED").await));
        }
        // Somewhere between the events, the deliveries and their answers.
        receiver.got(round * 10 + 1).await;
        server.kill9();
        server.restart().await;
    }
    // A claim of the dead is taken up when it has lapsed; the test lets it lapse.
    let session = database.session().await;
    let mut told = until("all are told", || async {
        let lapse = "UPDATE deliveries SET next_attempt_at = now() WHERE state = 'waiting'";
        session.execute(lapse, &[]).await.unwrap();
        Some(receiver.told()).filter(|told| told.len() >= expected.len())
    })
    .await;
    told.sort();
    expected.sort();
    assert_eq!(told, expected);
    let mut ids: Vec<(String, String)> =
        receiver.seen().iter().map(|it| (it.told(), it.id.clone())).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), expected.len(), "a repeat has the id of the first");
}

#[tokio::test]
async fn what_is_refused_is_tried_again_and_a_redirect_is_not_followed() {
    let database = Database::new().await;
    let server = server(&database).await;
    let (http, receiver, inside) = (server.http(), Receiver::start().await, Receiver::start().await);
    let notification = made(&http, &receiver, json!({"statuses": ["COMPLETED"]})).await;
    receiver.answer(302, Some(&inside.url()));
    receiver.answer(500, None);
    run(&http, "recon", "RUN_COMPLETED").await;
    let waits = delivery(&http, &notification, |it| it["responseStatus"] == 302).await;
    assert_eq!((&waits["state"], &waits["attempts"]), (&json!("waiting"), &json!(1)));
    assert!(waits["error"].as_str().unwrap().contains("redirects are not followed"), "{waits}");
    let failing = http.get(NOTIFICATIONS).await.json()["notifications"][0]["failingSince"].clone();
    assert!(failing.is_string());
    let session = database.session().await;
    let soon = "UPDATE deliveries SET next_attempt_at = now() WHERE state = 'waiting' AND attempts = $1";
    assert_eq!(session.execute(soon, &[&1_i32]).await.unwrap(), 1);
    delivery(&http, &notification, |it| it["responseStatus"] == 500).await;
    assert_eq!(session.execute(soon, &[&2_i32]).await.unwrap(), 1);
    let done = delivery(&http, &notification, |it| it["state"] == "delivered").await;
    assert_eq!(
        (&done["attempts"], &done["error"], &done["nextAttemptAt"]),
        (&json!(3), &Value::Null, &Value::Null)
    );
    assert_eq!((receiver.seen().len(), inside.seen().len()), (3, 0));
    until("all is well", || async {
        let list = http.get(NOTIFICATIONS).await.json();
        list["notifications"][0]["failingSince"].is_null().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_receiver_that_is_gone_or_fails_for_days_is_disabled() {
    let database = Database::new().await;
    let server = server(&database).await;
    let (http, gone, broken) = (server.http(), Receiver::start().await, Receiver::start().await);
    gone.answer(410, None);
    broken.answer(500, None);
    let first = made(&http, &gone, json!({"statuses": ["COMPLETED"]})).await;
    let second = made(&http, &broken, json!({"statuses": ["COMPLETED"]})).await;
    let long_ago = "UPDATE notifications SET failing_since = now() - interval '6 days'";
    database.session().await.execute(long_ago, &[]).await.unwrap();
    run(&http, "recon", "RUN_COMPLETED").await;
    let both = until("both are disabled", || async {
        let list = http.get(NOTIFICATIONS).await.json()["notifications"].as_array().unwrap().clone();
        list.iter().all(|it| it["enabled"] == false).then_some(list)
    })
    .await;
    assert!(both[0]["disabledReason"].as_str().unwrap().contains("410"), "{}", both[0]);
    assert!(both[1]["disabledReason"].as_str().unwrap().contains("days"), "{}", both[1]);
    for notification in [&first, &second] {
        assert_eq!(deliveries(&http, notification).await[0]["state"], "failed");
    }
    // Enabled again it tells of what comes, and of nothing that was.
    run(&http, "recon", "RUN_COMPLETED").await;
    let again = put(&http, &first, json!({"enabled": true})).await.expect(200).json();
    assert_eq!((&again["disabledReason"], &again["failingSince"]), (&Value::Null, &Value::Null));
    let next = run(&http, "recon", "RUN_COMPLETED").await;
    assert_eq!(gone.got(2).await[1], format!("COMPLETED {next}"));
}

#[tokio::test]
async fn a_test_is_sent_and_addresses_inside_are_not_called() {
    let database = Database::new().await;
    let server = server(&database).await;
    let (http, receiver) = (server.http(), Receiver::start().await);
    let notification =
        made(&http, &receiver, json!({"statuses": ["FAILED"], "enabled": false, "description": "d"})).await;
    let sent = http.post(&path(&notification, "/test"), &json!({})).await.expect(202).json();
    receiver.got(1).await;
    let message = receiver.seen().remove(0);
    message.check(notification["secret"].as_str().unwrap());
    assert_eq!(
        (&message.json()["type"], &json!(message.id)),
        (&json!("notification.test"), &sent["deliveryId"])
    );
    delivery(&http, &notification, |it| it["state"] == "delivered" && it["status"] == "TEST").await;

    let closed = Server::without_worker(&database).await;
    let refused = json!({"url": receiver.url(), "statuses": ["FAILED"]});
    assert_eq!(closed.http().post(NOTIFICATIONS, &refused).await.pointers(400), ["/url"]);
    for url in [
        "http://169.254.169.254/",
        "http://10.0.0.1/",
        "http://[::1]/",
        "gopher://x",
        "https://a:b@example.com/",
    ] {
        let fields = json!({"url": url, "statuses": ["FAILED"]});
        assert_eq!(http.post(NOTIFICATIONS, &fields).await.pointers(400), ["/url"], "{url}");
    }
    let bad = json!({"url": "https://example.com", "statuses": ["BUSY"], "x": 1});
    assert_eq!(http.post(NOTIFICATIONS, &bad).await.pointers(400), ["/statuses", "/x"]);
    let changed =
        put(&http, &notification, json!({"description": "", "workflow": "w"})).await.expect(200).json();
    assert_eq!((&changed["description"], &changed["workflow"]), (&Value::Null, &json!("w")));
    http.send(Method::DELETE, &path(&notification, ""), &[], "").await.unwrap().expect(204);
    http.send(Method::DELETE, &path(&notification, ""), &[], "").await.unwrap().problem(404);
    http.post(&path(&notification, "/test"), &json!({})).await.problem(404);
    http.get(&path(&notification, "/deliveries")).await.problem(404);
    put(&http, &notification, json!({})).await.problem(404);
}
