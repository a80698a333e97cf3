//! `telltale` as a command beside a server, with a data directory of its own.

use std::process::Stdio;

use tokio::process::Command;

use super::server::{Options, Server, tempdir};
use super::within;

/// What a command left behind.
pub struct Output {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

pub struct Commands {
    dir: tempfile::TempDir,
    options: Options,
}

impl Commands {
    /// Commands that talk to `server`.
    pub fn of(server: &Server) -> Self {
        Self { dir: tempdir("commands"), options: Options::default().env("TELLTALE_URL", server.base()) }
    }

    pub async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::from(self.options.command(&self.dir.path().join("data"), "127.0.0.1:0"));
        command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
        let output =
            within(&format!("telltale {arguments:?}"), command.output()).await.expect("telltale starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let status = output.status.code().expect("it ended by itself");
        Output { status, stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// Writes a file of this name, and gives its path.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).expect("a file in a new directory");
        path
    }

    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().expect("a path of letters").to_owned()
    }
}
