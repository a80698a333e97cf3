//! Bodies and connections whose right ends.

use futures_util::stream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::http::stalled::{SEND_TIMEOUT, Stalled};

fn streamed(chunks: &'static [&'static str]) -> Response {
    warp::reply::stream(stream::iter(chunks.iter().map(|chunk| Ok::<_, io::Error>(Bytes::from(*chunk)))))
        .into_response()
}

/// What a client would get of a body next: none at its end.
async fn next(
    body: &mut (impl Stream<Item = Result<Bytes, warp::Error>> + Unpin),
) -> Option<Result<Bytes, ()>> {
    body.next().await.map(|chunk| chunk.map_err(drop))
}

#[tokio::test]
async fn a_body_breaks_off_when_its_right_ends_and_stays_lost() {
    let (hold, right) = (Hold::default(), CancellationToken::new());
    let mut body = BodyDataStream::new(hold.guard(streamed(&["one", "two"]), &right).into_body());
    assert_eq!(next(&mut body).await, Some(Ok("one".into())));
    assert!(!hold.is_lost());
    right.cancel();
    assert_eq!(next(&mut body).await, Some(Err(())));
    drop(body);
    assert!(hold.is_lost(), "what lies in the buffers is not sent on");
}

#[tokio::test]
async fn a_body_that_waits_is_woken_when_its_right_ends() {
    let (hold, right) = (Hold::default(), CancellationToken::new());
    let silent = warp::reply::stream(stream::pending::<Result<Bytes, io::Error>>()).into_response();
    let mut body = BodyDataStream::new(hold.guard(silent, &right).into_body());
    let (broken, ()) = tokio::join!(next(&mut body), async { right.cancel() });
    assert_eq!(broken, Some(Err(())));
}

#[tokio::test]
async fn what_is_whole_or_given_up_leaves_the_connection_to_the_next() {
    let (hold, right) = (Hold::default(), CancellationToken::new());
    let mut body = BodyDataStream::new(hold.guard(streamed(&["one"]), &right).into_body());
    assert_eq!((next(&mut body).await, next(&mut body).await), (Some(Ok("one".into())), None));
    drop(hold.guard(streamed(&["one"]), &right));
    let in_memory = hold.guard(Response::new("whole".into()), &right);
    right.cancel();
    assert!(!hold.is_lost());
    let mut body = BodyDataStream::new(in_memory.into_body());
    assert_eq!(next(&mut body).await, Some(Ok("whole".into())));
}

#[tokio::test]
async fn a_lost_connection_is_reset() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (hold, right) = (Hold::default(), CancellationToken::new());
    let mut server = Stalled::new(listener.accept().await.unwrap().0, SEND_TIMEOUT).held_by(hold.clone());
    let body = hold.guard(streamed(&["one"]), &right);
    server.write_all(b"sent").await.unwrap();
    right.cancel();
    assert_eq!(server.write_all(b"more").await.unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
    drop((server, body));
    let mut read = Vec::new();
    let error = client.read_to_end(&mut read).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
}
