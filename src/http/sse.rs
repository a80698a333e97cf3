//! Frames as server-sent events (HTML, 9.2): `event`, `id` and `data` for each.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{Stream, stream};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use warp::Reply as _;

use super::Response;
use super::caller::Caller;
use super::stream::Delivery;
use crate::flow::feed::{Frame, Subscription};

/// nginx would otherwise collect the answer before passing it on.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// Sent first: how long a browser waits before it reconnects.
const RETRY: &[u8] = b"retry: 1000\n\n";

type Chunks<E> = Pin<Box<dyn Stream<Item = Result<Bytes, E>> + Send>>;

/// A body must be `Sync`, and is only ever polled through `&mut`: the lock is never taken.
pub struct Exclusive<E>(Mutex<Chunks<E>>);

impl<E> Exclusive<E> {
    pub fn new(chunks: Chunks<E>) -> Self {
        Self(Mutex::new(chunks))
    }
}

impl<E> Stream for Exclusive<E> {
    type Item = Result<Bytes, E>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.get_mut().as_mut().poll_next(cx)
    }
}

/// The endless answer; 204 tells a browser that nothing more will come, so that it stops reconnecting.
pub fn answer(subscription: Subscription, stop: CancellationToken, caller: Caller) -> Response {
    if subscription.is_spent() {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NO_CONTENT;
        return response;
    }
    let frames = stream::unfold(Delivery::new(subscription), move |mut delivery| {
        let (stop, caller) = (stop.clone(), caller.clone());
        async move {
            let frame = tokio::select! {
                frame = delivery.next() => frame,
                () = stop.cancelled() => return None,
                () = caller.ended.cancelled() => return None,
            };
            match frame {
                Ok(frame) => frame.map(|frame| (Ok::<_, Infallible>(message(&frame)), delivery)),
                Err(error) => {
                    tracing::warn!(%error, "a stream can't be read on");
                    None
                }
            }
        }
    });
    let start = stream::iter([Ok(Bytes::from_static(RETRY))]);
    let body = futures_util::StreamExt::chain(start, frames);
    let mut response = warp::reply::stream(Exclusive::new(Box::pin(body))).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response
}

/// One message. An event's own JSON may hold line ends between its tokens, which would end the data: they become spaces.
fn message(frame: &Frame) -> Bytes {
    let head = format!("event: {}\nid: {}\ndata: ", frame.kind, frame.cursor);
    let mut out = Vec::with_capacity(head.len() + frame.json.len() + 2);
    out.extend_from_slice(head.as_bytes());
    let start = out.len();
    out.extend_from_slice(&frame.json);
    let mut from = start;
    while let Some(found) = memchr::memchr2(b'\n', b'\r', &out[from..]) {
        out[from + found] = b' ';
        from += found + 1;
    }
    out.extend_from_slice(b"\n\n");
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::id::Cursor;
    use crate::flow::feed::FrameKind;

    #[test]
    fn a_message_is_one_line_of_data() {
        let frame = Frame {
            kind: FrameKind::Events,
            cursor: Cursor { seq: 4, log_seq: 2 },
            json: Bytes::from_static(b"{\"type\":\"events\",\n \"events\":[\r\n]}"),
            committed_at: None,
        };
        let expected = "event: events\nid: 4.2\ndata: {\"type\":\"events\",  \"events\":[  ]}\n\n";
        assert_eq!(message(&frame), expected);
    }
}
