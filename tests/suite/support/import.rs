//! `telltale import` as a command of its own, from an empty data directory.

use std::process::Stdio;

use tokio::process::Command;

use super::server::{Options, tempdir};
use super::{Server, within};

/// What the command said, and its exit status.
pub struct Said {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Imports into the server.
pub async fn import(server: &Server, arguments: &[&str]) -> Said {
    import_with(Options::default().env("TELLTALE_URL", server.base()), arguments).await
}

/// The same with these variables.
pub async fn import_with(options: Options, arguments: &[&str]) -> Said {
    let dir = tempdir("import");
    let mut command = Command::from(options.command(&dir.path().join("data"), "127.0.0.1:0"));
    command.arg("import").args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let output = within("telltale import", command.output()).await.unwrap();
    Said {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
