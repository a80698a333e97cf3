//! The threads that upgraded sockets are served on, apart from everything else's: one event for a thousand viewers is a
//! thousand tasks to run, and every step of an append on the same threads would queue behind them.

use std::future::Future;
use std::io;
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use tokio_util::task::TaskTracker;

/// What serves sockets; cheap to clone. Sockets are cut off when the last clone is dropped.
#[derive(Clone)]
pub struct Viewers {
    threads: Arc<Threads>,
}

/// A runtime may not be dropped where tasks run unless it is told not to wait.
struct Threads(Option<Runtime>);

impl Viewers {
    /// Starts as many threads as there are cores.
    pub fn start() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().thread_name("viewers").enable_all().build()?;
        Ok(Self { threads: Arc::new(Threads(Some(runtime))) })
    }

    /// Serves a socket, which `tasks` waits for.
    pub fn serve(&self, tasks: &TaskTracker, socket: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.threads.0 {
            tasks.spawn_on(socket, runtime.handle());
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
