//! A real Loki as a child process, its settings those of `loki-config.yaml` with paths and ports of its own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::Limits;
use super::settings::configured;
use crate::support::guard::Guard;
use crate::support::http::Http;
use crate::support::postgres::free_port;
use crate::support::wait::until;

pub struct Real {
    binary: PathBuf,
    config: PathBuf,
    url: String,
    process: Option<(Child, Guard)>,
}

impl Real {
    pub async fn start(binary: &Path, directory: &Path, limits: &Limits) -> Self {
        let (port, grpc_port) = (free_port(), free_port());
        let config = directory.join("loki.yaml");
        std::fs::write(&config, configured(directory, port, grpc_port, limits).to_string())
            .expect("Loki's settings");
        let url = format!("http://127.0.0.1:{port}");
        let mut real = Self { binary: binary.to_owned(), config, url, process: None };
        real.restart().await;
        real
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub async fn restart(&mut self) {
        let log = File::options().create(true).append(true).open(self.config.with_extension("log"));
        let log = log.expect("a file for Loki's log");
        let child = Command::new(&self.binary)
            .arg(format!("-config.file={}", self.config.display()))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn()
            .expect("starting Loki");
        let guard = Guard::new("kill -9 \"$1\"", &[&child.id().to_string()]);
        self.process = Some((child, guard));
        let http = Http::new(&self.url);
        until("Loki is ready", || {
            let http = http.clone();
            async move { http.try_get("/ready").await.ok().filter(|answer| answer.status == 200) }
        })
        .await;
    }

    pub fn kill9(&mut self) {
        let Some((mut child, guard)) = self.process.take() else { return };
        let _ = child.kill();
        let _ = child.wait();
        guard.defuse();
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        self.kill9();
    }
}
