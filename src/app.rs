//! Wires the parts into a running server and owns the order of their shutdown.

use std::future::Future;
use std::net::SocketAddr;

use crate::facts::settings::Settings;

/// Why a server can't run; one sentence each, with the exit status that scripts rely on.
#[derive(Debug, thiserror::Error)]
#[error("{sentence}")]
pub struct AppError {
    pub sentence: String,
    /// 2 wrong use or settings, 3 something is not there or taken.
    pub exit_status: u8,
}

/// A server that answers. Dropped, it goes on; [`Running::stopped`] waits for its end.
#[derive(Debug)]
pub struct Running {
    pub address: SocketAddr,
    done: tokio::task::JoinHandle<()>,
}

impl Running {
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until the server has shut down whole, embedded PostgreSQL included.
    pub async fn stopped(self) {
        let _ = self.done.await;
    }
}

/// Binds, connects, migrates, wires and serves until `shutdown` resolves. Returns once the server is ready.
pub async fn serve(
    settings: Settings,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Running, AppError> {
    let _ = (settings, shutdown);
    todo!()
}
