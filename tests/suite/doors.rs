//! Doors that stay shut: foreign hosts, foreign pages, missing tokens.

use http::Method;
use serde_json::json;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::support::server::Options;
use crate::support::{Database, Server, event, run_id, within};

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn a_foreign_host_name_is_refused() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    for host in ["evil.example", "evil.example:4780", "127.0.0.1.evil.example", "localhost.evil.example"] {
        for path in ["/api/v1/runs", "/", "/ui/", "/openapi.json"] {
            let answer = http.send(Method::GET, path, &[("host", host)], "").await.unwrap();
            assert!(
                [403, 421].contains(&answer.status),
                "{host} {path}: {} {}",
                answer.status,
                answer.text()
            );
        }
    }
    let port = server.address().split(':').nth(1).unwrap().to_owned();
    for host in [
        format!("localhost:{port}"),
        format!("127.0.0.1:{port}"),
        format!("[::1]:{port}"),
        "localhost".to_owned(),
    ] {
        http.send(Method::GET, "/api/v1/runs", &[("host", &host)], "").await.unwrap().expect(200);
    }
    let named = Options::on(&database.url()).env("TELLTALE_ALLOWED_HOSTS", "telltale.example").start().await;
    named
        .http()
        .send(Method::GET, "/api/v1/runs", &[("host", "telltale.example")], "")
        .await
        .unwrap()
        .expect(200);
}

#[tokio::test]
async fn a_foreign_page_can_write_nothing() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    let path = format!("/api/v1/runs/{run_id}/events");
    let body = event("NOTE").to_string();
    let foreign = [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:1"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ];
    for header in foreign {
        http.send(Method::POST, &path, &[JSON, header], body.clone()).await.unwrap().problem(403);
        http.send(Method::POST, "/api/v1/runs", &[JSON, header], "{}").await.unwrap().problem(403);
    }
    http.get(&format!("/api/v1/runs/{run_id}")).await.problem(404);
    let own = http.base().to_owned();
    let headers = [JSON, ("origin", own.as_str()), ("sec-fetch-site", "same-origin")];
    http.send(Method::POST, &path, &headers, body.clone()).await.unwrap().expect(200);
    let named =
        Options::on(&database.url()).env("TELLTALE_CORS_ORIGINS", "https://app.example").start().await;
    let headers = [JSON, ("origin", "https://app.example"), ("sec-fetch-site", "cross-site")];
    let answer = named.http().send(Method::POST, &path, &headers, body).await.unwrap().expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example"));
}

#[tokio::test]
async fn a_foreign_page_can_open_no_socket() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let run_id = run_id();
    server.http().append(&run_id, &[event("RUN_STARTED")]).await;
    for path in [format!("/api/v1/runs/{run_id}/stream"), "/api/v1/stream".to_owned()] {
        for (name, value) in [("origin", "https://evil.example"), ("host", "evil.example")] {
            let mut request = format!("ws://{}{path}", server.address()).into_client_request().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
            match within("the handshake", connect_async(request)).await {
                Err(Error::Http(response)) => {
                    assert!([403, 421].contains(&response.status().as_u16()), "{}", response.status())
                }
                other => panic!("{path} with {name}: {other:?}"),
            }
        }
        let mut request = format!("ws://{}{path}", server.address()).into_client_request().unwrap();
        request.headers_mut().insert("origin", server.base().parse().unwrap());
        within("the handshake", connect_async(request)).await.unwrap();
    }
}

#[tokio::test]
async fn with_a_token_nobody_else_gets_in() {
    let database = Database::new().await;
    let server = Options::on(&database.url()).env("TELLTALE_TOKEN", "a-long-secret-token").start().await;
    let (http, run_id) = (server.http(), run_id());
    let path = format!("/api/v1/runs/{run_id}/events");
    let wrong = [
        None,
        Some("Bearer wrong"),
        Some("Bearer a-long-secret-toke"),
        Some("Bearer "),
        Some("Basic YTpi"),
        Some("a-long-secret-token"),
    ];
    for authorization in wrong {
        let headers: Vec<_> =
            std::iter::once(JSON).chain(authorization.map(|value| ("authorization", value))).collect();
        let answer = http.send(Method::POST, &path, &headers, event("NOTE").to_string()).await.unwrap();
        assert!(answer.header("www-authenticate").is_some(), "{:?}", answer.headers);
        answer.problem(401);
        for path in ["/api/v1/runs", "/api/v1/events", path.as_str(), "/api/v1/stream"] {
            http.send(Method::GET, path, &headers[1..], "").await.unwrap().problem(401);
        }
    }
    let headers = [JSON, ("authorization", "Bearer a-long-secret-token")];
    http.send(Method::POST, &path, &headers, event("NOTE").to_string()).await.unwrap().expect(200);
    http.send(Method::GET, "/healthz", &[], "").await.unwrap().expect(200);
}

#[tokio::test]
async fn a_proxy_in_front_ends_the_free_pass() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    for header in
        [("x-forwarded-for", "203.0.113.7"), ("forwarded", "for=203.0.113.7"), ("x-real-ip", "203.0.113.7")]
    {
        // 401 where one could sign in, 403 where no token is set and nobody can.
        let answer = http.send(Method::GET, "/api/v1/runs", &[header], "").await.unwrap();
        assert!([401, 403].contains(&answer.status), "{}", answer.text());
    }
    http.get("/api/v1/runs").await.expect(200);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems_too() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    http.get("/api/v1/nothing").await.problem(404);
    http.get("/api/v2/runs").await.problem(404);
    http.send(Method::PUT, "/api/v1/runs", &[JSON], json!({}).to_string()).await.unwrap().problem(405);
    http.send(Method::DELETE, "/api/v1/events", &[], "").await.unwrap().problem(405);
    let answer = http.get("/api/v1/runs").await.expect(200);
    assert!(answer.header("x-request-id").is_some(), "{:?}", answer.headers);
}
