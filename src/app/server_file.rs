//! `<data directory>/server.json`: how the commands on this machine find the server.

use std::path::{Path, PathBuf};

use serde::Serialize;
use tracing::warn;

const NAME: &str = "server.json";

#[derive(Serialize)]
struct Content<'a> {
    url: &'a str,
    pid: u32,
}

/// The written file; taken away when the server stops cleanly.
#[derive(Debug)]
pub(super) struct ServerFile(PathBuf);

impl ServerFile {
    /// Writes the file whole or not at all. Failing is no reason not to serve.
    pub fn write(data_dir: &Path, url: &str) -> Option<Self> {
        let path = data_dir.join(NAME);
        let partial = data_dir.join(format!("{NAME}.{}", std::process::id()));
        let text = serde_json::to_string(&Content { url, pid: std::process::id() }).ok()?;
        let written = std::fs::create_dir_all(data_dir)
            .and_then(|()| std::fs::write(&partial, text))
            .and_then(|()| std::fs::rename(&partial, &path));
        match written {
            Ok(()) => Some(Self(path)),
            Err(error) => {
                warn!(%error, path = %path.display(), "commands on this machine won't find the server by itself");
                None
            }
        }
    }
}

impl Drop for ServerFile {
    fn drop(&mut self) {
        // A server that took over meanwhile has written its own.
        let own = format!("\"pid\":{}}}", std::process::id());
        if std::fs::read_to_string(&self.0).is_ok_and(|text| text.ends_with(&own)) {
            let _ = std::fs::remove_file(&self.0);
        }
    }
}
