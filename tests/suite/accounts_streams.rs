//! What is open ends with the right to see it: within seconds, on every server.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use http::Method;
use serde_json::json;
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::support::account::{first_owner, join, token};
use crate::support::sse::Sse;
use crate::support::{Database, Http, Server, event, run_id, within};

/// The contract of the issue: seconds.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn open(server: &Server, path: &str, bearer: Option<&str>) -> Result<Socket, u16> {
    let mut request = format!("ws://{}{path}", server.address()).into_client_request().unwrap();
    if let Some(bearer) = bearer {
        request.headers_mut().insert("authorization", format!("Bearer {bearer}").parse().unwrap());
    }
    match within("the handshake", connect_async(request)).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(other) => panic!("{path}: {other:?}"),
    }
}

/// Reads to the end, which must come in time; whether it was the server's own close, with the reason.
async fn ends(mut socket: Socket) -> String {
    let reading = async {
        while let Some(message) = socket.next().await {
            if let Ok(Message::Close(Some(close))) = message {
                return close.reason.to_string();
            }
        }
        String::new()
    };
    timeout(ENDS_WITHIN, reading).await.expect("the socket ends in time")
}

/// Everything that can be open, opened on `server` with `bearer`; resolves when all of it has ended.
async fn everything(server: &Server, bearer: &str, run: &str) -> impl Future<Output = ()> + use<> {
    let http = server.http().bearing(bearer);
    let one = open(server, &format!("/api/v1/runs/{run}/stream"), Some(bearer)).await.unwrap();
    let mut many = open(server, "/api/v1/stream", Some(bearer)).await.unwrap();
    many.send(Message::text(json!({ "subscribe": { "runId": run } }).to_string())).await.unwrap();
    many.send(Message::text(json!({ "subscribeRuns": {} }).to_string())).await.unwrap();
    many.next().await.unwrap().unwrap();
    let mut sse = Sse::new(&http, run, "");
    assert_eq!(sse.connect().await.unwrap(), 200);
    sse.read_until("the first event", |seen| seen.seq == 1).await;
    let polls = [
        format!("/api/v1/runs/{run}/events?after=1&wait=30"),
        "/api/v1/events?wait=30&type=RUN_FAILED".to_owned(),
    ];
    let polls = polls.map(|path| {
        let http = http.clone();
        tokio::spawn(async move { http.get(&path).await.status })
    });
    async move {
        for socket in [one, many] {
            assert_eq!(ends(socket).await, "not signed in any more");
        }
        let over = async { while sse.next().await {} };
        timeout(ENDS_WITHIN, over).await.expect("the event stream ends in time");
        for poll in polls {
            assert_eq!(timeout(ENDS_WITHIN, poll).await.expect("the long poll ends in time").unwrap(), 401);
        }
    }
}

#[tokio::test]
async fn what_is_open_ends_with_its_token_its_user_and_its_session_on_every_server() {
    let database = Database::new().await;
    let (a, b) = (Server::on(&database).await, Server::on(&database).await);
    let owner = first_owner(&a.http()).await;
    let run = run_id();
    owner.http.append(&run, &[event("RUN_STARTED")]).await;
    // A token that is revoked.
    let made = json!({ "name": "t", "scopes": ["read"] });
    let made = owner.http.post("/api/v1/tokens", &made).await.expect(201).json();
    let secret = made["token"].as_str().unwrap().to_owned();
    let open = [everything(&a, &secret, &run).await, everything(&b, &secret, &run).await];
    owner.http.delete(&format!("/api/v1/tokens/{}", made["tokenId"].as_str().unwrap())).await.expect(204);
    futures_util::future::join_all(open).await;
    // A user who is taken out.
    let member = join(&owner.http, &a.http(), "m@example.org", "viewer").await;
    let open =
        [everything(&a, &member.access_token, &run).await, everything(&b, &member.access_token, &run).await];
    owner.http.delete(&format!("/api/v1/users/{}", member.user_id)).await.expect(204);
    futures_util::future::join_all(open).await;
    // A session that is signed out.
    let member = join(&owner.http, &a.http(), "n@example.org", "viewer").await;
    let open =
        [everything(&a, &member.access_token, &run).await, everything(&b, &member.access_token, &run).await];
    member.http.delete("/api/v1/session").await.expect(204);
    futures_util::future::join_all(open).await;
}

#[tokio::test]
async fn the_first_user_ends_what_the_free_pass_had_opened() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let run = run_id();
    server.http().append(&run, &[event("RUN_STARTED")]).await;
    let socket = open(&server, &format!("/api/v1/runs/{run}/stream"), None).await.unwrap();
    first_owner(&server.http()).await;
    assert_eq!(ends(socket).await, "not signed in any more");
}

#[tokio::test]
async fn a_ticket_opens_one_address_once_and_only_to_read() {
    let database = Database::new().await;
    let (a, b) = (Server::on(&database).await, Server::on(&database).await);
    let http = a.http();
    let owner = first_owner(&http).await;
    let run = run_id();
    owner.http.append(&run, &[event("RUN_STARTED")]).await;
    let ticket = |http: Http| async move {
        let made = http.post("/api/v1/tickets", &json!({})).await.expect(200).json();
        assert_eq!(made["expiresInSeconds"], 30);
        made["ticket"].as_str().unwrap().to_owned()
    };
    let path = format!("/api/v1/runs/{run}/stream");
    let one = ticket(owner.http.clone()).await;
    let with = |ticket: &str| format!("{path}?ticket={ticket}");
    // Another server takes it, which knows nothing of it yet.
    let socket = open(&b, &with(&one), None).await.unwrap();
    assert_eq!(open(&b, &with(&one), None).await.unwrap_err(), 401);
    assert_eq!(open(&a, &with("nonsense"), None).await.unwrap_err(), 401);
    let for_writing = ticket(owner.http.clone()).await;
    let append = format!("/api/v1/runs/{run}/events?ticket={for_writing}");
    let json_type = [("content-type", "application/json")];
    http.send(Method::POST, &append, &json_type, event("NOTE").to_string()).await.unwrap().problem(401);
    http.get(&format!("/api/v1/runs/{run}/logs/download?ticket={for_writing}")).await.expect(200);
    // It has the limits of whoever made it, and ends with it.
    let limited =
        http.bearing(&token(&owner.http, json!({ "name": "t", "scopes": ["read"], "runId": "other" })).await);
    let narrow = ticket(limited).await;
    assert_eq!(open(&a, &with(&narrow), None).await.unwrap_err(), 404);
    owner.http.delete("/api/v1/session").await.expect(204);
    assert_eq!(ends(socket).await, "not signed in any more");
}

#[tokio::test]
async fn a_limited_token_subscribes_to_nothing_else() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let owner = first_owner(&server.http()).await;
    let runs = [run_id(), run_id()];
    for (run, workflow) in runs.iter().zip(["mine", "other"]) {
        let new = json!({ "runId": run, "workflow": workflow, "engine": "external" });
        owner.http.post("/api/v1/runs", &new).await.expect(201);
    }
    for limit in [("workflow", "mine"), ("runId", runs[0].as_str())] {
        let secret = token(&owner.http, json!({ "name": "t", "scopes": ["read"], limit.0: limit.1 })).await;
        let mut socket = open(&server, "/api/v1/stream", Some(&secret)).await.unwrap();
        let mut frame = async |command: serde_json::Value| -> serde_json::Value {
            socket.send(Message::text(command.to_string())).await.unwrap();
            loop {
                if let Message::Text(text) = within("a frame", socket.next()).await.unwrap().unwrap() {
                    return serde_json::from_str(&text).unwrap();
                }
            }
        };
        let refused = frame(json!({ "subscribe": { "runId": runs[1] } })).await;
        assert_eq!((&refused["type"], &refused["status"]), (&json!("error"), &json!(404)));
        let listed = frame(json!({ "subscribeRuns": {} })).await;
        assert_eq!(listed["type"], "runs");
        let names: Vec<&str> =
            listed["runs"].as_array().unwrap().iter().filter_map(|run| run["runId"].as_str()).collect();
        assert_eq!(names, [runs[0].as_str()], "{listed}");
        let hello = frame(json!({ "subscribe": { "runId": runs[0] } })).await;
        assert_eq!((&hello["type"], &hello["runId"]), (&json!("hello"), &json!(runs[0])));
    }
}
