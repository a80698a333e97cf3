//! The socket against tungstenite's own client, over a real connection.

use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::protocol::frame::coding::OpCode;

use super::*;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

async fn pair() -> (Socket, WebSocketStream<TcpStream>) {
    pair_with(PATIENCE).await
}

async fn pair_with(patience: Duration) -> (Socket, WebSocketStream<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (server, _) = listener.accept().await.unwrap();
    let client = WebSocketStream::from_raw_socket(client, Role::Client, None).await;
    (Socket::new(Stalled::new(server, patience), b"", 1024).await, client)
}

#[tokio::test]
async fn texts_of_every_length_arrive_whole() {
    let (mut socket, mut client) = pair().await;
    let lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 300_000];
    let sender = tokio::spawn(async move {
        for length in lengths {
            let text = "x".repeat(length);
            let (a, b) = text.split_at(length / 3);
            socket.send_text([a.as_bytes(), b"", b.as_bytes()]).await.unwrap();
        }
        socket
    });
    for length in lengths {
        let message = client.next().await.unwrap().unwrap();
        assert_eq!(message.to_text().unwrap().len(), length);
    }
    sender.await.unwrap();
}

#[tokio::test]
async fn pings_are_answered_between_texts() {
    let (mut socket, mut client) = pair().await;
    client.send(Message::Ping(Bytes::from_static(b"hi"))).await.unwrap();
    assert_eq!(socket.receive().await, Inbound::Other);
    socket.send_text([b"{}", b"", b""]).await.unwrap();
    assert_eq!(client.next().await.unwrap().unwrap(), Message::Pong(Bytes::from_static(b"hi")));
    assert_eq!(client.next().await.unwrap().unwrap(), Message::text("{}"));
}

#[tokio::test]
async fn a_close_comes_after_everything_that_was_sent() {
    let (mut socket, mut client) = pair().await;
    socket.send_text([b"last", b"", b""]).await.unwrap();
    let closing = tokio::spawn(socket.close(CloseCode::Normal, "done"));
    assert_eq!(client.next().await.unwrap().unwrap(), Message::text("last"));
    let Message::Close(Some(frame)) = client.next().await.unwrap().unwrap() else { panic!("no close") };
    assert_eq!((frame.code, frame.reason.as_str()), (CloseCode::Normal, "done"));
    assert!(client.next().await.is_none());
    closing.await.unwrap();
}

#[tokio::test]
async fn a_client_that_closes_or_sends_too_much_is_done_with() {
    let (mut socket, mut client) = pair().await;
    client.close(None).await.unwrap();
    assert_eq!(socket.receive().await, Inbound::Closed);
    let (mut socket, mut client) = pair().await;
    let sent =
        tokio::spawn(async move { client.send(Message::text("x".repeat(INBOUND_MAX_BYTES + 1))).await });
    assert_eq!(socket.receive().await, Inbound::Closed);
    drop(socket);
    // Whether the client notices depends on what its kernel had taken already.
    let _ = sent.await.unwrap();
}

#[test]
fn headers_follow_the_protocol() {
    assert_eq!(
        TEXT_MESSAGE & 0x0F,
        u8::from(OpCode::Data(tokio_tungstenite::tungstenite::protocol::frame::coding::Data::Text))
    );
    assert_eq!(text_header(125), ([0x81, 125, 0, 0, 0, 0, 0, 0, 0, 0], 2));
    assert_eq!(text_header(256), ([0x81, 126, 1, 0, 0, 0, 0, 0, 0, 0], 4));
    assert_eq!(text_header(65_536), ([0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0], 10));
}

#[tokio::test]
async fn a_blocked_send_is_given_up() {
    let (mut socket, client) = pair_with(Duration::from_millis(50)).await;
    let frame = vec![b'x'; 64 * 1024];
    let mut outcome = Ok(());
    for _ in 0..1_000 {
        outcome = socket.send_text([&frame, b"", b""]).await;
        if outcome.is_err() {
            break;
        }
    }
    assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::TimedOut);
    drop(client);
}
