//! What is being sent ends with the right to read it: a body that takes its time, whichever route gives it.
//!
//! ```text
//! shell: guard(body) ──► GuardedBody ──► hyper ──► Stalled ──► socket
//!           │ notes whose right it hangs on                        ▲
//!           └────────► Hold, one for each connection ──────────────┘ asked before each write
//! ```
//!
//! Both ends are needed: hyper asks a body for nothing while its reader takes nothing, but it is woken when the right ends,
//! and then finds that nothing can be written any more. The connection is reset, so that what lies in the kernel's buffer
//! is not read on for minutes, and so that nobody takes a file that was cut short for a whole one.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http_body_util::BodyDataStream;
use hyper::body::Body as _;
use parking_lot::Mutex;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use warp::Reply as _;

use super::Response;

/// The right that the body under way on a connection hangs on: one at a time, since HTTP/1.1 answers in order.
#[derive(Debug, Clone, Default)]
pub struct Hold(Arc<Mutex<Option<CancellationToken>>>);

type Chunk = Result<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// The chunks of a body until the right to them ends, which is an error then.
struct GuardedBody<S> {
    chunks: S,
    ended: Pin<Box<WaitForCancellationFutureOwned>>,
    hold: Hold,
    is_whole: bool,
    right: CancellationToken,
}

impl Hold {
    /// Makes the answer's body end with `right`. One that is in memory as a whole stays as it is.
    pub fn guard(&self, response: Response, right: &CancellationToken) -> Response {
        if response.body().size_hint().exact().is_some() {
            return response;
        }
        *self.0.lock() = Some(right.clone());
        let (parts, body) = response.into_parts();
        let guarded = GuardedBody {
            chunks: BodyDataStream::new(body).map(|chunk| chunk.map_err(Into::into)),
            ended: Box::pin(right.clone().cancelled_owned()),
            hold: self.clone(),
            is_whole: false,
            right: right.clone(),
        };
        Response::from_parts(parts, warp::reply::stream(guarded).into_response().into_body())
    }

    /// Whether what is being sent may not be sent on.
    pub fn is_lost(&self) -> bool {
        self.0.lock().as_ref().is_some_and(CancellationToken::is_cancelled)
    }

    fn let_go(&self) {
        *self.0.lock() = None;
    }
}

impl<S: Stream<Item = Chunk> + Unpin> Stream for GuardedBody<S> {
    type Item = Chunk;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Chunk>> {
        // Asked each time, also where there is a chunk: the connection must be woken while it waits for its reader.
        let has_ended = self.ended.as_mut().poll(cx).is_ready();
        match self.chunks.poll_next_unpin(cx) {
            // A stream that sees to its end by itself has said everything.
            Poll::Ready(None) => {
                self.is_whole = true;
                self.hold.let_go();
                Poll::Ready(None)
            }
            _ if has_ended => {
                Poll::Ready(Some(Err(io::Error::other("the right to read this has ended").into())))
            }
            polled => polled,
        }
    }
}

impl<S> Drop for GuardedBody<S> {
    fn drop(&mut self) {
        // Where the right has ended, what is left in the buffers stays behind.
        if !self.is_whole && !self.right.is_cancelled() {
            self.hold.let_go();
        }
    }
}

#[cfg(test)]
#[path = "hold_tests.rs"]
mod tests;
