//! What a child writes into a pipe, in chunks with the time at which they came.

use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio_util::sync::CancellationToken;

use super::engine::{Chunk, StreamName, now};

/// What a pipe holds at most on Linux.
const READ_BYTES: usize = 64 * 1024;
/// After the child's end its pipes are silent at once, unless something that it has left behind holds them open.
const DRAIN_GRACE: Duration = Duration::from_secs(2);

/// One pipe of a child, until its end or until it has been silent for [`DRAIN_GRACE`] after `over`.
pub(super) struct ChildPipe<R> {
    pipe: R,
    stream: StreamName,
    over: CancellationToken,
    buffer: BytesMut,
}

impl<R: AsyncRead + Unpin> ChildPipe<R> {
    pub fn new(pipe: R, stream: StreamName, over: CancellationToken) -> Self {
        Self { pipe, stream, over, buffer: BytesMut::with_capacity(READ_BYTES) }
    }

    /// The next bytes; `None` when there will be no more.
    pub async fn next(&mut self) -> Option<Chunk> {
        if self.buffer.capacity() < READ_BYTES / 2 {
            self.buffer.reserve(READ_BYTES);
        }
        let over = &self.over;
        let silent = async {
            over.cancelled().await;
            tokio::time::sleep(DRAIN_GRACE).await;
        };
        let read = tokio::select! {
            biased;
            read = self.pipe.read_buf(&mut self.buffer) => read,
            () = silent => return None,
        };
        match read {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(Chunk { stream: self.stream, at: now(), bytes: self.buffer.split().freeze() }),
        }
    }
}
