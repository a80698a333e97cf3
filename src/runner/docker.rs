//! The Docker engine: a node as a container without privileges, mounts or sockets.
//!
//! ```text
//! image ─► create ─► course ([`super::docker_course`]) ─► copy out result.json and artifacts ─► remove
//! ```
//! Owns the containers labelled `telltale.run`, and removes those of runners that died ([`sweep`]).

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error as DockerError;
use bollard::query_parameters as query;

use super::engine::{Attempt, Exit, Finished, Report, Reports};
use super::identity::Identity;
use super::{docker_container, docker_course, docker_files, guard};

/// A local daemon answers at once; one that doesn't in this time is not there.
const PING_LIMIT: Duration = Duration::from_secs(5);
/// How long a daemon may be away in the middle of an attempt: an upgrade takes less, also on a slow machine.
pub(super) const AWAY_MAX: Duration = Duration::from_secs(120);
/// Between two looks for a daemon that is away.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Where the daemon of this machine is, unless `DOCKER_HOST` says otherwise.
const ADDRESS_DEFAULT: &str = "unix:///var/run/docker.sock";
/// The node's working directory; the one place where an unprivileged user can write besides /tmp.
pub(super) const WORKSPACE: &str = "/workspace";
/// Calls of the daemon that are not streams; a daemon under load takes seconds to create a container.
const CALL_LIMIT: Duration = Duration::from_secs(120);

/// No daemon to talk to; says what to do.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "no Docker daemon answers at {address} ({reason}); start it, set DOCKER_HOST, or use `--engine process`"
)]
pub struct NoDocker {
    pub address: String,
    pub reason: String,
}

/// A connection to the daemon and this runner's mark on its containers; cheap to clone.
#[derive(Debug, Clone)]
pub struct DockerEngine {
    pub(super) docker: Docker,
    pub(super) socket: PathBuf,
    identity: Identity,
}

/// Connects to the daemon of `DOCKER_HOST`, or the local one, and makes sure that it answers.
pub async fn connect() -> Result<DockerEngine, NoDocker> {
    let address = std::env::var("DOCKER_HOST").ok().filter(|address| !address.is_empty());
    connect_to(address.as_deref().unwrap_or(ADDRESS_DEFAULT)).await
}

/// Connects to the daemon at `unix://PATH`, and makes sure that it answers.
pub async fn connect_to(address: &str) -> Result<DockerEngine, NoDocker> {
    let fail = |reason: String| NoDocker { address: address.to_owned(), reason };
    let Some(path) = address.strip_prefix("unix://") else {
        return Err(fail("only Unix sockets are spoken to".to_owned()));
    };
    let docker = Docker::connect_with_unix(path, CALL_LIMIT.as_secs(), bollard::API_DEFAULT_VERSION)
        .map_err(|error| fail(reason(&error)))?;
    let docker = match tokio::time::timeout(PING_LIMIT, docker.negotiate_version()).await {
        Ok(answer) => answer.map_err(|error| fail(reason(&error)))?,
        Err(_) => return Err(fail("no answer within 5 s".to_owned())),
    };
    Ok(DockerEngine { docker, socket: path.into(), identity: Identity::of_this_process() })
}

/// Removes the containers of runners of this machine that are no more; gives their number.
pub async fn sweep(engine: &DockerEngine) -> Result<usize, DockerError> {
    remove_those(engine, "telltale.runner".to_owned(), Identity::is_dead).await
}

/// Removes the containers of this one runner, whatever became of it.
pub(super) async fn sweep_runner(engine: &DockerEngine, runner: &Identity) -> Result<usize, DockerError> {
    remove_those(engine, format!("telltale.runner={runner}"), |owner| owner == runner).await
}

async fn remove_those(
    engine: &DockerEngine,
    label: String,
    is_leftover: impl Fn(&Identity) -> bool,
) -> Result<usize, DockerError> {
    let filters = HashMap::from([("label", vec![label])]);
    let options = query::ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
    let mut removed = 0;
    for container in engine.docker.list_containers(Some(options)).await? {
        let owner = container.labels.as_ref().and_then(|labels| labels.get("telltale.runner"));
        let is_leftover =
            owner.and_then(|owner| Identity::parse(owner)).is_some_and(|owner| is_leftover(&owner));
        if let (true, Some(id)) = (is_leftover, container.id) {
            remove(&engine.docker, &id).await;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Executes one attempt to its end; the container is gone afterwards.
pub async fn execute(engine: &DockerEngine, attempt: &Attempt, reports: &Reports) -> Finished {
    let docker = &engine.docker;
    let Some(image) = attempt.image.as_deref() else {
        return Exit::not_started("the node names no image", true);
    };
    let user = tokio::select! {
        found = docker_container::ensure_image(docker, image, reports) => match found {
            Ok(user) => user,
            Err(finished) => return finished,
        },
        () = attempt.stop.cancelled() => return Finished::without_result(Exit::Stopped),
    };
    guard::uses_docker();
    let options = query::CreateContainerOptionsBuilder::default().build();
    let body = docker_container::body(attempt, image, &user, &engine.identity);
    let id = match docker.create_container(Some(options), body).await {
        Ok(created) => created.id,
        Err(error) => return Exit::not_started(reason(&error), false),
    };
    let finished = match docker_course::run(engine, &id, attempt, reports).await {
        Ok(exit) => {
            let result = docker_files::result(docker, &id).await;
            docker_files::artifacts(docker, &id, &attempt.artifacts, reports).await;
            Finished { exit, result }
        }
        Err(finished) => finished,
    };
    remove(docker, &id).await;
    finished
}

/// Removes a container, running or not. When the daemon is away nobody waits for that: it is removed once the daemon
/// is back, or by the guard when this process ends before.
pub(super) async fn remove(docker: &Docker, id: &str) {
    if let Err(error) = try_to_remove(docker, id).await {
        tracing::warn!(container = id, %error, "a container can't be removed yet; it is tried again");
        let (docker, id) = (docker.clone(), id.to_owned());
        tokio::spawn(async move {
            if !comes_back(&docker).await || try_to_remove(&docker, &id).await.is_err() {
                tracing::warn!(container = id, "a container could not be removed; the next start will");
            }
        });
    }
}

/// The error is that of a daemon that gave no answer.
async fn try_to_remove(docker: &Docker, id: &str) -> Result<(), DockerError> {
    let options = query::RemoveContainerOptionsBuilder::default().force(true).v(true).build();
    match docker.remove_container(id, Some(options)).await {
        Err(error) if is_away(&error) => return Err(error),
        Err(error) if !matches!(status(&error), Some(404 | 409)) => {
            tracing::warn!(container = id, %error, "a container could not be removed; the next start will");
        }
        _ => {}
    }
    Ok(())
}

/// Whether the daemon gave no answer at all: it is being restarted, or is gone.
pub(super) fn is_away(error: &DockerError) -> bool {
    !matches!(
        error,
        DockerError::DockerResponseServerError { .. }
            | DockerError::DockerStreamError { .. }
            | DockerError::DockerContainerWaitError { .. }
    )
}

/// Waits until the daemon answers (again); false when it doesn't within [`AWAY_MAX`].
pub(super) async fn comes_back(docker: &Docker) -> bool {
    let answers = async {
        // A daemon that starts listens before it answers, so each question has a limit of its own.
        while !tokio::time::timeout(PING_LIMIT, docker.ping()).await.is_ok_and(|answer| answer.is_ok()) {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(AWAY_MAX, answers).await.is_ok()
}

/// Whether the daemon refused the request itself, such as a program that isn't in the image.
pub(super) fn is_hopeless(error: &DockerError) -> bool {
    matches!(status(error), Some(400 | 404))
}

pub(super) fn status(error: &DockerError) -> Option<u16> {
    match error {
        DockerError::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}

/// The daemon's own words, without what bollard puts around them, cut to what fits a sentence.
pub(super) fn reason(error: &DockerError) -> String {
    const SHOWN_MAX: usize = 1_000;
    words_of(error).chars().take(SHOWN_MAX).collect()
}

fn words_of(error: &DockerError) -> String {
    match error {
        DockerError::DockerResponseServerError { message, .. } => message.trim().to_owned(),
        DockerError::DockerStreamError { error } => error.trim().to_owned(),
        other => {
            let mut source: &dyn std::error::Error = other;
            while let Some(inner) = source.source() {
                source = inner;
            }
            source.to_string()
        }
    }
}

/// Sends a note; nobody listening any more is no reason to fail.
pub(super) async fn note(reports: &Reports, text: String) {
    drop(reports.send(Report::info(text)).await);
}

#[cfg(test)]
#[path = "docker_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "docker_restart_tests.rs"]
mod restart_tests;
