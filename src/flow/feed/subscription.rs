//! One viewer's place in a run, and the next frame from there.

use super::Frame;
use crate::store::db::DbError;

/// What a viewer asked for.
#[derive(Debug, Clone, Copy)]
pub struct SubscriptionOptions {
    /// Events behind this seq; `None` = from the head on.
    pub after: Option<u64>,
    /// Lines behind this logSeq; `None` = from the head on.
    pub log_after: Option<u64>,
    pub logs: bool,
    /// Send a `state` frame first, and after every reset.
    pub state: bool,
}

/// A viewer's subscription. Dropped, it leaves no trace.
#[derive(Debug)]
pub struct Subscription {}

impl Subscription {
    /// Whether everything was already delivered at this cursor of a run that is over: SSE answers 204.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        todo!()
    }

    /// The next frame, `None` after `end`. Safe to cancel: a frame is lost only if it was returned. `Err` when the store can't be read:
    /// close the socket, the client resumes.
    pub async fn next_frame(&mut self) -> Result<Option<Frame>, DbError> {
        todo!()
    }

    /// To be called once `frame` has been written to the socket; measures commit → written.
    pub fn written(&self, frame: &Frame) {
        let _ = frame;
        todo!()
    }
}
