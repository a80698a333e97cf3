//! A container's course, from its creation to its end, through restarts of the daemon.
//!
//! ```text
//! copy in /workspace ─► attach ─► start ─► (exit │ stop │ timeout) ─► drain to EOF ─► reconcile with the log ─► inspect
//!                                   ▲  │ the daemon is gone
//!         follow its log ─ running? ┘  └► wait for it, inspect ─► ended: as above
//! ```
//! Attached before it starts, so that no first line is missed; drained before it is judged, so that no last one
//! is. A daemon with `live-restore` leaves its containers running while it is restarted; one without takes them
//! down, and then the attempt is lost, not failed.

use std::time::Duration;

use bollard::errors::Error as DockerError;
use bollard::models::{ContainerState, ContainerStateStatusEnum};
use bollard::query_parameters as query;
use futures_util::StreamExt as _;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::facts::workflow::duration::written;

use super::docker::{self, AWAY_MAX, DockerEngine, WORKSPACE, is_away, is_hopeless, reason};
use super::docker_container::{LOG_WHOLE_BYTES, TERMINAL_SIZE};
use super::docker_output::{Pump, Source, reconcile};
use super::docker_raw::{self, Output};
use super::engine::{Attempt, Exit, Finished, Report, Reports, STOP_GRACE, time_is_up};
use super::tar;

/// Statuses of a container that was taken down: by TERM, by KILL, or nobody knows.
const TAKEN_DOWN: [i64; 3] = [143, 137, 255];

/// Why the waiting ended.
enum Ending {
    /// The container ended by itself.
    Itself,
    /// The attempt has to end.
    Halt(Exit),
    /// The daemon doesn't answer.
    Away,
}

struct Course<'a> {
    engine: &'a DockerEngine,
    id: &'a str,
    attempt: &'a Attempt,
    reports: &'a Reports,
    /// When the attempt's time is up.
    until: Option<Instant>,
    was_away: bool,
}

/// Runs the created container to its end. `Err` is an end before anything ran.
pub async fn run(
    engine: &DockerEngine,
    id: &str,
    attempt: &Attempt,
    reports: &Reports,
) -> Result<Exit, Finished> {
    let failed = |error: DockerError| Exit::not_started(reason(&error), is_hopeless(&error));
    let directory = bollard::body_full(tar::directory(WORKSPACE.trim_start_matches('/')).into());
    let upload = query::UploadToContainerOptionsBuilder::default().path("/").build();
    let upload = engine.docker.upload_to_container(id, Some(upload), directory);
    let ((), attached) = tokio::try_join!(upload, attach(engine, id, attempt.tty)).map_err(failed)?;
    let over = CancellationToken::new();
    let pump = Pump::attached(attached, reports.clone(), over.clone());
    let started = engine.docker.start_container(id, None::<query::StartContainerOptions>).await;
    // When the daemon goes away before it answers, nobody knows whether it began; the course finds out.
    if let Err(error) = started
        && !is_away(&error)
    {
        return Err(failed(error));
    }
    if attempt.tty {
        resize(engine, id).await;
    }
    let until = attempt.timeout.map(|limit| Instant::now() + limit);
    let course = Course { engine, id, attempt, reports, until, was_away: false };
    Ok(course.go(pump, over).await)
}

async fn attach(engine: &DockerEngine, id: &str, tty: bool) -> Result<Output, DockerError> {
    if tty {
        return docker_raw::attach(&engine.socket, id).await;
    }
    let options =
        query::AttachContainerOptionsBuilder::default().stream(true).stdout(true).stderr(true).build();
    Ok(engine.docker.attach_container(id, Some(options)).await?.output)
}

/// Daemons before 25 (API 1.42) ignore the size that a container is made with.
async fn resize(engine: &DockerEngine, id: &str) {
    let [rows, columns] = TERMINAL_SIZE.map(i32::from);
    let options = query::ResizeContainerTTYOptionsBuilder::default().h(rows).w(columns).build();
    if let Err(error) = engine.docker.resize_container_tty(id, options).await {
        // It may be over already; a terminal without a size is taken for 80x24 by most programs.
        tracing::debug!(container = id, %error, "a terminal was given no size");
    }
}

impl Course<'_> {
    fn source(&self) -> Source<'_> {
        Source {
            docker: &self.engine.docker,
            socket: &self.engine.socket,
            id: self.id,
            tty: self.attempt.tty,
        }
    }

    async fn go(mut self, mut pump: Pump, mut over: CancellationToken) -> Exit {
        loop {
            let mut halted = None;
            let mut ending = self.wait().await;
            if let Ending::Halt(exit) = ending {
                ending = if self.halt().await { Ending::Itself } else { Ending::Away };
                halted = Some(exit);
            }
            over.cancel();
            let mut seen = pump.finish().await;
            if matches!(ending, Ending::Away) {
                seen.broken = true;
                self.say_that_it_is_away().await;
            }
            let state = match self.state().await {
                Ok(state) => state,
                Err(lost) => return halted.unwrap_or(lost),
            };
            if state.running != Some(true) {
                if seen.broken && self.was_away {
                    self.say_that_output_may_be_lost().await;
                }
                reconcile(self.source(), seen, self.reports).await;
                return halted.unwrap_or_else(|| judged(&state, self.was_away));
            }
            // The daemon is back, or only the waiting's connection had broken: it goes on.
            if seen.bytes() > LOG_WHOLE_BYTES {
                let text = "the container has written so much that Docker may have cut its log: lines from around the \
                            moment when the connection was lost may be missing";
                drop(self.reports.send(Report::warn(text)).await);
            }
            over = CancellationToken::new();
            pump = Pump::following(self.source(), seen, self.reports.clone(), over.clone()).await;
            if let Some(exit) = halted {
                self.halt().await;
                over.cancel();
                reconcile(self.source(), pump.finish().await, self.reports).await;
                return exit;
            }
        }
    }

    async fn wait(&self) -> Ending {
        let options = query::WaitContainerOptionsBuilder::default().condition("not-running").build();
        let mut ended = self.engine.docker.wait_container(self.id, Some(options)).boxed();
        let left = self.until.map(|until| until.saturating_duration_since(Instant::now()));
        tokio::select! {
            answer = ended.next() => match answer {
                Some(Err(error)) if is_away(&error) => Ending::Away,
                None => Ending::Away,
                // An error is also what bollard makes of a status that isn't 0; inspection tells.
                Some(_) => Ending::Itself,
            },
            () = self.attempt.stop.cancelled() => Ending::Halt(Exit::Stopped),
            _ = time_is_up(left) => Ending::Halt(Exit::TimedOut(self.attempt.timeout.unwrap_or_default())),
        }
    }

    /// Stops the container; false when the daemon is away.
    async fn halt(&self) -> bool {
        let seconds = i32::try_from(STOP_GRACE.as_secs()).unwrap_or(1);
        let options = query::StopContainerOptionsBuilder::default().t(seconds).build();
        match self.engine.docker.stop_container(self.id, Some(options)).await {
            Ok(()) => true,
            Err(error) if is_away(&error) => false,
            Err(error) => {
                tracing::warn!(container = self.id, %error, "a container could not be stopped; it is killed");
                let options = query::KillContainerOptionsBuilder::default().signal("SIGKILL").build();
                drop(self.engine.docker.kill_container(self.id, Some(options)).await);
                true
            }
        }
    }

    async fn say_that_it_is_away(&mut self) {
        self.was_away = true;
        let text = format!("the connection to Docker was lost; waiting up to {} for it", written(AWAY_MAX));
        drop(self.reports.send(Report::warn(text)).await);
    }

    /// The pipe that a container writes into goes with the container; what the daemon didn't read in time is gone.
    async fn say_that_output_may_be_lost(&self) {
        let text = "the container ended while Docker was away, which doesn't keep what is written meanwhile: \
                    its last lines may be missing";
        drop(self.reports.send(Report::warn(text)).await);
    }

    /// What the daemon says of the container, once it answers. `Err` when it can't be known any more.
    async fn state(&mut self) -> Result<ContainerState, Exit> {
        let lost = |reason: String| Exit::Lost { reason };
        let since = Instant::now();
        loop {
            let inspected =
                self.engine.docker.inspect_container(self.id, None::<query::InspectContainerOptions>).await;
            match inspected {
                Ok(container) => {
                    return container.state.ok_or_else(|| lost("Docker doesn't know its state".to_owned()));
                }
                Err(error) if is_away(&error) && since.elapsed() < AWAY_MAX => {
                    self.was_away = true;
                    if !self.comes_back().await {
                        let limit = written(AWAY_MAX);
                        return Err(lost(format!("Docker went away and did not come back within {limit}")));
                    }
                }
                Err(error) if docker::status(&error) == Some(404) => {
                    return Err(lost("its container is gone".to_owned()));
                }
                Err(error) => return Err(lost(reason(&error))),
            }
        }
    }

    /// Whoever wants to stop the attempt doesn't wait for long.
    async fn comes_back(&self) -> bool {
        const PATIENCE_WHEN_STOPPED: Duration = Duration::from_secs(10);
        let impatient = async {
            self.attempt.stop.cancelled().await;
            tokio::time::sleep(PATIENCE_WHEN_STOPPED).await;
        };
        tokio::select! {
            is_back = docker::comes_back(&self.engine.docker) => is_back,
            () = impatient => false,
        }
    }
}

/// How a container ended that doesn't run any more.
fn judged(state: &ContainerState, was_away: bool) -> Exit {
    let lost = |reason: &str| Exit::Lost { reason: reason.to_owned() };
    match (state.oom_killed, state.exit_code) {
        _ if state.status == Some(ContainerStateStatusEnum::CREATED) => {
            lost("Docker went away while it started the container")
        }
        (Some(true), _) => Exit::OutOfMemory,
        (_, Some(code)) if was_away && TAKEN_DOWN.contains(&code) => Exit::Lost {
            reason: format!("Docker was restarted and its container did not survive that (status {code})"),
        },
        (_, Some(code)) => Exit::Code(code),
        _ => lost("it ended without a status"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_with_the_daemon_is_lost_and_any_other_is_the_nodes() {
        let state = |code| ContainerState { exit_code: Some(code), ..ContainerState::default() };
        assert_eq!(judged(&state(137), false), Exit::Code(137));
        assert!(
            matches!(judged(&state(137), true), Exit::Lost { reason } if reason.contains("did not survive"))
        );
        assert_eq!(judged(&state(3), true), Exit::Code(3));
        let out_of_memory = ContainerState { oom_killed: Some(true), ..state(137) };
        assert_eq!(judged(&out_of_memory, true), Exit::OutOfMemory);
        assert!(matches!(judged(&ContainerState::default(), false), Exit::Lost { .. }));
    }
}
