//! A TCP stream that gives up when the other side has taken nothing for a while, whatever is being written.
//!
//! This is what closes a stream whose reader has stopped reading: the client resumes with its cursor. It also gives up what may
//! not be sent on ([`Hold`]).

use std::future::Future as _;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use super::hold::Hold;

/// How long a send may be blocked (contract, stream frames).
pub const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// The stream; the timer exists only while a write is blocked.
#[derive(Debug)]
pub struct Stalled {
    inner: TcpStream,
    patience: Duration,
    blocked: Option<Pin<Box<Sleep>>>,
    hold: Hold,
}

impl Stalled {
    /// `patience` is [`SEND_TIMEOUT`] but in tests.
    pub fn new(inner: TcpStream, patience: Duration) -> Self {
        Self { inner, patience, blocked: None, hold: Hold::default() }
    }

    /// The same, which writes nothing more once `hold` is lost.
    pub fn held_by(mut self, hold: Hold) -> Self {
        self.hold = hold;
        self
    }

    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// Runs `write`, unless nothing more may be written; passes on what came of it, or the end of patience.
    fn write<T>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if self.hold.is_lost() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let outcome = write(Pin::new(&mut self.inner), cx);
        self.judge(cx, outcome)
    }

    /// Passes on what came of a write, or the end of patience.
    fn judge<T>(&mut self, cx: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.blocked = None;
            return outcome;
        }
        let patience = self.patience;
        let timer = self.blocked.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the other side takes nothing")))
    }
}

impl AsyncRead for Stalled {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stalled {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.write(cx, |inner, cx| inner.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(cx, |inner, cx| inner.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write(cx, |inner, cx| inner.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write(cx, |inner, cx| inner.poll_shutdown(cx))
    }
}

impl Drop for Stalled {
    /// What may not be sent on is not left to the kernel to send either: the other side sees a connection that was reset.
    fn drop(&mut self) {
        if self.hold.is_lost() {
            // One that is closed already has nothing to be reset.
            let _ = self.inner.set_zero_linger();
        }
    }
}
