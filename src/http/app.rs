//! What handlers work with.

use std::future::Future;
use std::io;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::body::BodyBudget;
use super::options::HttpOptions;
use super::viewers::Viewers;
use crate::flow::Core;

/// Shared by all handlers; cheap to clone.
#[derive(Clone)]
pub struct App {
    pub core: Core,
    pub options: HttpOptions,
    pub bodies: BodyBudget,
    pub lifetime: Lifetime,
}

/// How long streams and sockets may live, and who waits for them.
#[derive(Clone)]
pub struct Lifetime {
    /// Cancelled when the server is told to stop.
    pub stop: CancellationToken,
    /// Every connection and upgraded socket.
    pub tasks: TaskTracker,
    /// Where upgraded sockets are served.
    viewers: Viewers,
}

impl Lifetime {
    /// Begins one, with the threads for its sockets.
    pub fn start() -> io::Result<Self> {
        Ok(Self { stop: CancellationToken::new(), tasks: TaskTracker::new(), viewers: Viewers::start()? })
    }

    /// Serves an upgraded socket until it ends.
    pub fn serve_socket(&self, socket: impl Future<Output = ()> + Send + 'static) {
        self.viewers.serve(&self.tasks, socket);
    }
}

/// The handlers' handle.
pub type SharedApp = Arc<App>;
