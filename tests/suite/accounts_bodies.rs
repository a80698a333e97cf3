//! What is being sent ends with the right to it: downloads that take their time, and uploads.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, Interest};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::support::account::{first_owner, join, token};
use crate::support::rng::Rng;
use crate::support::{Database, Http, Server, event, node_event, run_id, within};

/// Less than the time after which a reader that takes nothing is given up whoever it is.
const ENDS_WITHIN: Duration = Duration::from_secs(5);
/// Several times what the sockets of both sides hold.
const LARGE: usize = 32 * 1024 * 1024;
/// Of a socket, so that the sender is soon waiting for the reader.
const RECEIVE_BUFFER: u32 = 16 * 1024;

/// A connection that reads as slowly as its test does.
struct Slow {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Slow {
    async fn connect(server: &Server) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(RECEIVE_BUFFER).unwrap();
        let stream = within("connecting", socket.connect(server.address().parse().unwrap())).await.unwrap();
        Self { stream, read: Vec::new() }
    }

    /// Asks for `path` and reads the head of the answer and the first bytes behind it, no more.
    async fn get(server: &Server, path: &str, bearer: &str) -> Self {
        let mut slow = Self::connect(server).await;
        slow.ask(server, path, bearer).await;
        slow
    }

    async fn ask(&mut self, server: &Server, path: &str, bearer: &str) {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {bearer}\r\n\r\n",
            server.address()
        );
        self.stream.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(self.status().await, 200, "{path}");
    }

    /// Reads up to the end of the answer's head.
    async fn status(&mut self) -> u16 {
        let head = async {
            while !self.read.windows(4).any(|four| four == b"\r\n\r\n") {
                assert!(self.stream.read_buf(&mut self.read).await.unwrap() > 0);
            }
        };
        within("the head of the answer", head).await;
        String::from_utf8_lossy(&self.read[9..12]).parse().unwrap()
    }

    /// Reads on: whether the connection breaks instead of coming to the end that was announced.
    async fn breaks(mut self, what: &str) {
        // Without a read: a reader that takes nothing is no reason to wait for it.
        let broken = timeout(ENDS_WITHIN, self.stream.ready(Interest::ERROR)).await;
        assert!(broken.expect(what).unwrap().is_error(), "{what}");
        let rest = within("what was in the sockets", self.stream.read_to_end(&mut self.read)).await;
        assert_eq!(rest.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset, "{what}");
        assert!(self.read.len() < LARGE / 2, "{what}: {} bytes", self.read.len());
        assert!(!self.read.ends_with(b"0\r\n\r\n"), "{what} looks whole");
    }

    /// Reads all of it, as any client does.
    async fn reads_all(mut self, length: usize) {
        let reading = async {
            while self.read.len() < length {
                assert!(self.stream.read_buf(&mut self.read).await.unwrap() > 0);
            }
        };
        within("the rest of the download", reading).await;
    }
}

/// A run with an artifact and lines that no socket holds; the paths of its downloads.
async fn large_run(http: &Http) -> [String; 3] {
    let run = run_id();
    http.append(&run, &[event("RUN_STARTED"), node_event("NODE_STARTED", "n")]).await;
    let mut rng = Rng::unseeded();
    let content: Vec<u8> = (0..LARGE / 8).flat_map(|_| rng.next().to_le_bytes()).collect();
    let path = format!("/api/v1/runs/{run}/artifacts?name=large.bin");
    let artifact = http.post_raw(&path, "application/octet-stream", content).await.expect(201).json();
    let text = "0123456789abcdef".repeat(8 * 1024);
    for _ in 0..LARGE / (48 * text.len()) + 1 {
        let lines: Vec<_> =
            (0..48).map(|_| json!({ "nodeRef": "n", "stream": "stdout", "text": text })).collect();
        http.post_ndjson(&format!("/api/v1/runs/{run}/logs"), &lines).await.expect(200);
    }
    let id = artifact["artifactId"].as_str().unwrap();
    [
        format!("/api/v1/runs/{run}/artifacts/{id}"),
        format!("/api/v1/runs/{run}/logs/download"),
        format!("/api/v1/runs/{run}/bundle"),
    ]
}

/// Opens all of these, has `end` end the right to them, and sees them break, while another's goes on to its end.
async fn break_off(open: &[(&Server, &str)], bearer: &str, others: &str, end: impl Future<Output = ()>) {
    let mut slow = Vec::new();
    for (server, path) in open {
        slow.push(Slow::get(server, path, bearer).await);
    }
    let (server, path) = open[0];
    let mut kept = Slow { stream: TcpStream::connect(server.address()).await.unwrap(), read: Vec::new() };
    kept.ask(server, path, others).await;
    end.await;
    for (slow, (_, path)) in slow.into_iter().zip(open) {
        slow.breaks(path).await;
    }
    kept.reads_all(LARGE).await;
}

#[tokio::test]
async fn downloads_break_off_with_their_token_and_their_user_on_every_server() {
    let database = Database::new().await;
    let (a, b) = (Server::on(&database).await, Server::on(&database).await);
    let owner = first_owner(&a.http()).await;
    let [artifact, lines, bundle] = large_run(&owner.http).await;
    let made = json!({ "name": "t", "scopes": ["read"] });
    let made = owner.http.post("/api/v1/tokens", &made).await.expect(201).json();
    let path = format!("/api/v1/tokens/{}", made["tokenId"].as_str().unwrap());
    // The bytes of artifacts are with the first server alone.
    let open = [(&a, artifact.as_str()), (&a, &lines), (&a, &bundle), (&b, &lines)];
    let revoked = async { drop(owner.http.delete(&path).await.expect(204)) };
    break_off(&open, made["token"].as_str().unwrap(), &owner.access_token, revoked).await;
    let member = join(&owner.http, &a.http(), "m@example.org", "viewer").await;
    let path = format!("/api/v1/users/{}", member.user_id);
    let taken_out = async { drop(owner.http.delete(&path).await.expect(204)) };
    break_off(&open, &member.access_token, &owner.access_token, taken_out).await;
}

#[tokio::test]
async fn an_upload_ends_with_its_token_and_leaves_nothing() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let owner = first_owner(&server.http()).await;
    let run = run_id();
    owner.http.append(&run, &[event("RUN_STARTED")]).await;
    let secret = token(&owner.http, json!({ "name": "t", "scopes": ["append"] })).await;
    let mut upload = Slow::connect(&server).await;
    let head = format!(
        "POST /api/v1/runs/{run}/artifacts?name=a HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {secret}\r\n\
         transfer-encoding: chunked\r\nexpect: 100-continue\r\n\r\n",
        server.address()
    );
    upload.stream.write_all(head.as_bytes()).await.unwrap();
    // It is being read by then.
    assert_eq!(upload.status().await, 100);
    upload.read.clear();
    upload.stream.write_all(b"5\r\nfirst\r\n").await.unwrap();
    let tokens = owner.http.get("/api/v1/tokens").await.expect(200).json();
    let id = tokens["tokens"][0]["tokenId"].as_str().unwrap();
    owner.http.delete(&format!("/api/v1/tokens/{id}")).await.expect(204);
    upload.stream.write_all(b"4\r\nlast\r\n0\r\n\r\n").await.unwrap();
    assert_eq!(upload.status().await, 401);
    let listed = owner.http.get(&format!("/api/v1/runs/{run}/artifacts")).await.expect(200).json();
    assert_eq!(listed["artifacts"], json!([]));
}
