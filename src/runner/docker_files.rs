//! What is taken from a container's workspace: its result and its artifacts, from the archives of the daemon.
//!
//! Archives are read as they come, at constant memory. Names in them choose what is copied, and become names of
//! artifacts; never a path of this machine.

use bollard::Docker;
use bollard::errors::Error as DockerError;
use bollard::query_parameters as query;
use futures_util::TryStreamExt as _;
use tokio::io::AsyncRead;
use tokio_util::io::StreamReader;

use super::artifacts::Selection;
use super::docker::{WORKSPACE, reason, status};
use super::engine::{ArtifactFile, RESULT_MAX_BYTES, Report, Reports};
use super::output::ResultFile;
use super::spool::Spooled;
use super::tar::{Entries, Kind};
use super::workspace::RESULT_FILE;

/// The archive of a path in the container.
fn archive(docker: &Docker, id: &str, path: &str) -> impl AsyncRead + Unpin + use<> {
    let options = query::DownloadFromContainerOptionsBuilder::default().path(path).build();
    StreamReader::new(Box::pin(
        docker.download_from_container(id, Some(options)).map_err(std::io::Error::other),
    ))
}

/// The node's `result.json`.
pub async fn result(docker: &Docker, id: &str) -> ResultFile {
    let mut entries = Entries::new(archive(docker, id, &format!("{WORKSPACE}/{RESULT_FILE}")));
    let refused = |error: std::io::Error| ResultFile::Refused(format!("can't be read: {}", words(&error)));
    match entries.next().await {
        Ok(Some(entry)) if entry.kind != Kind::File => ResultFile::Refused("is no regular file".to_owned()),
        Ok(Some(entry)) if entry.bytes > RESULT_MAX_BYTES as u64 => ResultFile::too_large(),
        Ok(Some(_)) => {
            let mut bytes = Vec::new();
            entries.copy(&mut bytes).await.map_or_else(refused, |_| ResultFile::Read(bytes))
        }
        Ok(None) => ResultFile::Missing,
        Err(error) if docker_error(&error).and_then(status) == Some(404) => ResultFile::Missing,
        Err(error) => refused(error),
    }
}

/// Reports copies of the files that the globs name.
pub async fn artifacts(docker: &Docker, id: &str, globs: &[String], reports: &Reports) {
    if globs.is_empty() {
        return;
    }
    let mut selection = match Selection::new(globs) {
        Ok(selection) => selection,
        Err(sentence) => return drop(reports.send(Report::warn(sentence)).await),
    };
    let archive = archive(docker, id, WORKSPACE);
    if let Err(error) = collect(Entries::new(archive), &mut selection, reports).await {
        let text = format!("artifacts could not be collected: {}", words(&error));
        drop(reports.send(Report::warn(text)).await);
    }
    for text in selection.warnings() {
        drop(reports.send(Report::warn(text)).await);
    }
}

async fn collect(
    mut entries: Entries<impl AsyncRead + Unpin>,
    selection: &mut Selection,
    reports: &Reports,
) -> std::io::Result<()> {
    while let Some(entry) = entries.next().await? {
        // What has no name in UTF-8 can't be named by a glob, nor by an artifact.
        let Some(name) = std::str::from_utf8(&entry.name).ok().and_then(within_workspace) else { continue };
        if entry.kind == Kind::Directory || !selection.matches(name) {
            continue;
        }
        if entry.kind != Kind::File {
            selection.refuse(name, "is no regular file, or another name of one");
        } else if selection.has_room_for(name, entry.bytes) {
            let (spooled, file) = Spooled::create()?;
            let mut file = tokio::fs::File::from_std(file);
            let bytes = entries.copy(&mut file).await?;
            // Until then the last bytes are in this process only.
            tokio::io::AsyncWriteExt::flush(&mut file).await?;
            let artifact = ArtifactFile { name: name.to_owned(), file: spooled, bytes };
            drop(reports.send(Report::Artifact(artifact)).await);
        }
    }
    Ok(())
}

/// The archive's names begin with the directory's own.
fn within_workspace(name: &str) -> Option<&str> {
    let name = name.trim_start_matches("./").strip_prefix(WORKSPACE.trim_start_matches('/'))?;
    name.strip_prefix('/').filter(|name| !name.is_empty())
}

fn docker_error(error: &std::io::Error) -> Option<&DockerError> {
    error.get_ref()?.downcast_ref()
}

fn words(error: &std::io::Error) -> String {
    docker_error(error).map_or_else(|| error.to_string(), reason)
}
