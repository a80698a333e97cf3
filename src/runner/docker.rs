//! The Docker engine: a node as a container without privileges, mounts or sockets.
//!
//! ```text
//! create ─► copy in /workspace ─► attach ─► start ─► (exit │ stop │ timeout) ─► drain to EOF ─► inspect
//!           ─► reconcile with the daemon's own log ─► copy out result.json ─► remove
//! ```
//! Attached before it starts, so that no first line is missed; drained before it is judged, so that no last one
//! is. Owns the containers labelled `telltale.run`, and removes those of runners that died ([`sweep`]).

use std::collections::HashMap;
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error as DockerError;
use bollard::models::{ContainerCreateBody, HostConfig, HostConfigLogConfig};
use bollard::query_parameters as query;
use futures_util::StreamExt;
use tokio_util::sync::CancellationToken;

use super::docker_identity::Identity;
use super::docker_output::{Pump, reconcile};
use super::engine::{Attempt, Exit, Finished, Report, Reports, STOP_GRACE, time_is_up};
use super::{docker_files, tar};

/// A local daemon answers at once; one that doesn't in this time is not there.
const PING_LIMIT: Duration = Duration::from_secs(5);
/// A fork bomb ends here; a build with many jobs doesn't.
const PIDS_LIMIT: i64 = 512;
/// What a node may use before it is killed for it.
const MEMORY_LIMIT_BYTES: i64 = 2 * 1024 * 1024 * 1024;
/// Whom a container runs as, unless its image names a user: nobody.
const UNPRIVILEGED_USER: &str = "65534:65534";
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
    docker: Docker,
    identity: Identity,
}

/// Connects to the daemon of `DOCKER_HOST`, or the local one, and makes sure that it answers.
pub async fn connect() -> Result<DockerEngine, NoDocker> {
    let address = std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".to_owned());
    let fail = |reason: String| NoDocker { address: address.clone(), reason };
    let docker = Docker::connect_with_defaults().map_err(|error| fail(reason(&error)))?;
    let docker = match tokio::time::timeout(PING_LIMIT, docker.negotiate_version()).await {
        Ok(answer) => answer.map_err(|error| fail(reason(&error)))?,
        Err(_) => return Err(fail("no answer within 5 s".to_owned())),
    };
    Ok(DockerEngine { docker: docker.with_timeout(CALL_LIMIT), identity: Identity::of_this_process() })
}

/// Removes the containers of runners of this machine that are no more; gives their number.
pub async fn sweep(engine: &DockerEngine) -> Result<usize, DockerError> {
    let filters = HashMap::from([("label", vec!["telltale.runner"])]);
    let options = query::ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
    let mut removed = 0;
    for container in engine.docker.list_containers(Some(options)).await? {
        let owner = container.labels.as_ref().and_then(|labels| labels.get("telltale.runner"));
        let is_leftover = owner.and_then(|owner| Identity::parse(owner)).is_some_and(|owner| owner.is_dead());
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
        found = ensure_image(docker, image, reports) => match found {
            Ok(user) => user,
            Err(finished) => return finished,
        },
        () = attempt.stop.cancelled() => return Finished::without_result(Exit::Stopped),
    };
    let options = query::CreateContainerOptionsBuilder::default().build();
    let id = match docker.create_container(Some(options), body(attempt, image, &user, &engine.identity)).await
    {
        Ok(created) => created.id,
        Err(error) => return Exit::not_started(reason(&error), false),
    };
    let finished = match in_container(docker, &id, attempt, reports).await {
        Ok(finished) => finished,
        Err(finished) => finished,
    };
    remove(docker, &id).await;
    finished
}

/// From the created container to its end. `Err` is an early end, of the same type.
async fn in_container(
    docker: &Docker,
    id: &str,
    attempt: &Attempt,
    reports: &Reports,
) -> Result<Finished, Finished> {
    let failed = |error: DockerError| Exit::not_started(reason(&error), is_hopeless(&error));
    let directory = bollard::body_full(tar::directory(WORKSPACE.trim_start_matches('/')).into());
    let upload = query::UploadToContainerOptionsBuilder::default().path("/").build();
    docker.upload_to_container(id, Some(upload), directory).await.map_err(failed)?;

    let attach =
        query::AttachContainerOptionsBuilder::default().stream(true).stdout(true).stderr(true).build();
    let attached = docker.attach_container(id, Some(attach)).await.map_err(failed)?;
    let over = CancellationToken::new();
    let pump = Pump::start(attached.output, reports.clone(), over.clone());

    docker.start_container(id, None::<query::StartContainerOptions>).await.map_err(failed)?;
    let exit = wait(docker, id, attempt).await;
    over.cancel();
    let seen = pump.finish().await;
    reconcile(docker, id, seen, reports).await;

    let exit = match exit {
        Some(exit) => exit,
        None => inspect(docker, id).await,
    };
    let result = docker_files::result(docker, id).await;
    docker_files::artifacts(docker, id, &attempt.artifacts, reports).await;
    Ok(Finished { exit, result })
}

/// `None` when the container ended by itself; its status is then the inspection's to tell.
async fn wait(docker: &Docker, id: &str, attempt: &Attempt) -> Option<Exit> {
    let options = query::WaitContainerOptionsBuilder::default().condition("not-running").build();
    let mut ended = docker.wait_container(id, Some(options)).boxed();
    let exit = tokio::select! {
        // An error is what bollard makes of a status that isn't 0; of a broken connection, inspection tells.
        _ = ended.next() => return None,
        () = attempt.stop.cancelled() => Exit::Stopped,
        limit = time_is_up(attempt.timeout) => Exit::TimedOut(limit),
    };
    let seconds = i32::try_from(STOP_GRACE.as_secs()).unwrap_or(1);
    let options = query::StopContainerOptionsBuilder::default().t(seconds).build();
    if let Err(error) = docker.stop_container(id, Some(options)).await {
        tracing::warn!(container = id, %error, "a container could not be stopped; it is removed by force");
        let options = query::KillContainerOptionsBuilder::default().signal("SIGKILL").build();
        drop(docker.kill_container(id, Some(options)).await);
    }
    Some(exit)
}

async fn inspect(docker: &Docker, id: &str) -> Exit {
    match docker.inspect_container(id, None::<query::InspectContainerOptions>).await {
        Ok(container) => {
            let Some(state) = container.state else {
                return Exit::Lost { reason: "Docker doesn't know its state".to_owned() };
            };
            match (state.running, state.oom_killed, state.exit_code) {
                (Some(true), ..) => Exit::Lost { reason: "the connection to Docker was lost".to_owned() },
                (_, Some(true), _) => Exit::OutOfMemory,
                (_, _, Some(code)) => Exit::Code(code),
                _ => Exit::Lost { reason: "it ended without a status".to_owned() },
            }
        }
        Err(error) => Exit::Lost { reason: reason(&error) },
    }
}

/// What the container may be and do.
fn body(attempt: &Attempt, image: &str, user: &str, identity: &Identity) -> ContainerCreateBody {
    let labels = [
        ("telltale.run", attempt.run_id.to_string()),
        ("telltale.node", attempt.node.to_string()),
        ("telltale.attempt", attempt.number.to_string()),
        ("telltale.runner", identity.to_string()),
    ];
    let home = [("HOME".to_owned(), WORKSPACE.to_owned())];
    let env = home.iter().chain(&attempt.env).map(|(name, value)| format!("{name}={value}"));
    let host = HostConfig {
        cap_drop: Some(vec!["ALL".to_owned()]),
        security_opt: Some(vec!["no-new-privileges".to_owned()]),
        pids_limit: Some(PIDS_LIMIT),
        memory: Some(MEMORY_LIMIT_BYTES),
        memory_swap: Some(MEMORY_LIMIT_BYTES),
        privileged: Some(false),
        // `local` keeps raw bytes (json-file writes U+FFFD for what is no UTF-8) and rotates by itself.
        log_config: Some(HostConfigLogConfig { typ: Some("local".to_owned()), config: None }),
        ..HostConfig::default()
    };
    ContainerCreateBody {
        image: Some(image.to_owned()),
        user: Some(user.to_owned()),
        // The words replace the image's entry point, so that a node means the same with and without an image.
        entrypoint: Some(attempt.words.clone()),
        cmd: Some(Vec::new()),
        env: Some(env.collect()),
        working_dir: Some(WORKSPACE.to_owned()),
        labels: Some(labels.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        attach_stdin: Some(false),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        tty: Some(false),
        open_stdin: Some(false),
        host_config: Some(host),
        ..ContainerCreateBody::default()
    }
}

/// Makes sure that the image is here, pulls it when it isn't, and gives the user to run as.
async fn ensure_image(docker: &Docker, image: &str, reports: &Reports) -> Result<String, Finished> {
    let found = match docker.inspect_image(image).await {
        Err(error) if status(&error) == Some(404) => {
            super::docker_pull::pull(docker, image, reports).await.map_err(|why| {
                Exit::not_started(
                    format!("the image `{image}` is not on this machine and can't be pulled: {why}"),
                    false,
                )
            })?;
            docker.inspect_image(image).await
        }
        other => other,
    };
    match found {
        Ok(image) => {
            let user = image.config.and_then(|config| config.user).unwrap_or_default();
            let is_root = matches!(user.split(':').next(), None | Some("" | "0" | "root"));
            Ok(if is_root { UNPRIVILEGED_USER.to_owned() } else { user })
        }
        Err(error) => Err(Exit::not_started(reason(&error), false)),
    }
}

async fn remove(docker: &Docker, id: &str) {
    let options = query::RemoveContainerOptionsBuilder::default().force(true).v(true).build();
    match docker.remove_container(id, Some(options)).await {
        Ok(()) => {}
        Err(error) if matches!(status(&error), Some(404 | 409)) => {}
        Err(error) => {
            tracing::warn!(container = id, %error, "a container could not be removed; the next start will")
        }
    }
}

/// Whether the daemon refused the request itself, such as a program that isn't in the image.
fn is_hopeless(error: &DockerError) -> bool {
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
