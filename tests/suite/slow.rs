//! A client that never reads costs the server a bounded buffer, nobody else anything, and is shown the door.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::ws::Live;
use crate::support::{Database, Server, check, event, run_id, until, within};

/// Far more sockets' worth of events than the memory allowed: 16 times 36 MB would be 576 MB.
const SOCKETS: usize = 16;
const EVENTS: usize = 600;
const EVENT_BYTES: usize = 60 * 1024;
const MEMORY_ALLOWED: u64 = 256 * 1024 * 1024;

/// Opens a WebSocket by hand and reads no further than the head of the answer.
async fn never_reading(address: &str, run_id: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET /api/v1/runs/{run_id}/stream HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut status = [0; 12];
    within("the handshake", socket.read_exact(&mut status)).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 101");
    socket
}

#[tokio::test]
async fn a_never_reading_client_is_bounded_and_closed() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    http.append(&run_id, &[event("RUN_STARTED")]).await;
    let mut sockets = Vec::new();
    for _ in 0..SOCKETS {
        sockets.push(never_reading(&server.address(), &run_id).await);
    }
    let mut live = Live::open(&server.address(), &run_id).await;
    until("all are counted", || async {
        (http.metric("stream_subscribers").await as usize == SOCKETS + 1).then_some(())
    })
    .await;
    let before = server.memory();
    let mut most = before;
    for seq in 2..=EVENTS as u64 + 1 {
        let mut noted = event("NOTE");
        noted["data"] = json!("x".repeat(EVENT_BYTES));
        http.append(&run_id, &[noted]).await;
        // The reader beside them stays live, event by event.
        live.read_until("an event, beside sockets that don't read", |seen| seen.seq == seq).await;
        most = most.max(server.memory());
    }
    assert!(most - before < MEMORY_ALLOWED, "memory grew by {} MiB", (most - before) >> 20);
    until("the sockets that never read are closed", || async {
        (http.metric("stream_subscribers").await as usize == 1).then_some(())
    })
    .await;
    http.append(&run_id, &[event("RUN_COMPLETED")]).await;
    live.read_until("the end", |seen| seen.end.is_some()).await;
    // Each of them was closed, in the middle of whatever it got, and may come back.
    for mut socket in sockets {
        let mut sink = Vec::new();
        let _ = within("a closed socket ends", socket.read_to_end(&mut sink)).await;
        assert!(sink.len() < EVENTS * EVENT_BYTES, "everything was delivered to a client that did not read");
    }
    check::same_events(&live.seen.events, &check::run(&http, &database, &run_id).await);
}
