//! What a worker executes with: Docker, when a daemon answers, and processes, when the operator allows them.

use parking_lot::RwLock;

use crate::runner::docker::{self, DockerEngine};

/// The engines of this worker.
#[derive(Debug)]
pub(super) struct Hands {
    docker: RwLock<Option<DockerEngine>>,
    process: bool,
}

impl Hands {
    pub async fn find(process: bool) -> Self {
        let hands = Self { docker: RwLock::new(None), process };
        hands.look_again().await;
        hands
    }

    /// Looks for a daemon, unless it is known; whether there is one now.
    pub async fn look_again(&self) -> bool {
        if self.docker().is_some() {
            return true;
        }
        match docker::connect().await {
            Ok(engine) => {
                sweep(&engine).await;
                *self.docker.write() = Some(engine);
                true
            }
            Err(error) => {
                tracing::debug!(%error, "nodes with an image can't be executed");
                false
            }
        }
    }

    pub fn docker(&self) -> Option<DockerEngine> {
        self.docker.read().clone()
    }

    /// As the server names them.
    pub fn engines(&self) -> Vec<String> {
        let docker = self.docker().map(|_| "docker".to_owned());
        let process = self.process.then(|| "process".to_owned());
        docker.into_iter().chain(process).collect()
    }
}

/// Removes what workers of this machine that died have left.
pub(super) async fn sweep(engine: &DockerEngine) {
    match docker::sweep(engine).await {
        Ok(0) => {}
        Ok(swept) => tracing::info!(swept, "removed containers of runners that died"),
        Err(error) => tracing::warn!(%error, "containers of dead runners could not be swept"),
    }
}
