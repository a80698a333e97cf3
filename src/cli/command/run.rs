//! `telltale run`: a workflow file executed here, and recorded by a server; without one, by a server that
//! this command starts for as long as it takes.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::app::{self, Running};
use crate::cli::args::{Engine, RunArgs};
use crate::cli::failure::{Failure, INTERRUPTED, NOT_REACHABLE, WRONG_USE};
use crate::cli::inputs;
use crate::cli::lines::one_line;
use crate::cli::server;
use crate::cli::style::{Style, Tone};
use crate::client::{Client, ClientError, WatchOptions};
use crate::facts::id::RunId;
use crate::facts::settings::Settings;
use crate::runner::{self, EngineChoice, RunError, RunOptions, RunOutcome};
use crate::telemetry;

use super::serve::stop_signal;
use super::watch::{Presenter, exit_status, follow, say};

/// How long the drawing waits for a run that is being registered.
const REGISTER_PATIENCE: Duration = Duration::from_secs(60);
/// How long the drawing may lag behind the end of the run; everything is stored by then.
const DRAWING_PATIENCE: Duration = Duration::from_secs(10);

pub(crate) async fn run(args: &RunArgs) -> Result<u8, Failure> {
    let settings = args.flags.settings()?;
    let workflow = runner::load(&args.file).map_err(|fault| Failure::WrongUse(fault.to_string()))?;
    let inputs = inputs::texts(&inputs::gather(&workflow, &args.inputs)?);
    let run_id = match &args.run_id {
        Some(text) => server::run_id_of(text)?,
        None => RunId::generated(Uuid::now_v7()),
    };
    init_logs(&settings)?;
    if let Err(error) = runner::guard::start() {
        tracing::warn!(%error, "no guard can be started: nodes would outlive a killed runner");
    }
    let (cancel, interrupted) = cancel_on_signals()?;
    let (client, own_server) = connect(&settings).await?;
    say(&format!("run  {run_id}\npage {}\n", client.page_url(&run_id)))?;
    let options = RunOptions {
        workflow,
        run_id: Some(run_id),
        client,
        engine: match args.engine {
            Engine::Auto => EngineChoice::Auto,
            Engine::Docker => EngineChoice::Docker,
            Engine::Process => EngineChoice::Process,
        },
        jobs: args.jobs.map(usize::from),
        inputs,
        trigger: None,
        cancel,
    };
    let outcome = tokio::select! {
        outcome = execute(options, args.watch) => outcome,
        () = interrupted.cancelled() => return Ok(INTERRUPTED),
    };
    if let Some(server) = own_server {
        server.stop().await;
    }
    let outcome = outcome?;
    if !args.watch {
        say(&told(&outcome, Style::of_stdout()))?;
    }
    Ok(exit_status(outcome.status))
}

/// The log of a server that this command runs for itself: what goes well is told by the run, and would only tear
/// the drawing.
pub(crate) fn init_logs(settings: &Settings) -> Result<(), Failure> {
    let mut settings = settings.clone();
    if settings.log_level == "info" {
        settings.log_level = "warn".to_owned();
    }
    telemetry::init_logs(&settings).map_err(|fault| Failure::WrongUse(fault.to_string()))
}

/// Runs, and draws alongside when asked to. The drawing never decides about the run.
async fn execute(options: RunOptions, watch: bool) -> Result<RunOutcome, Failure> {
    let Some(run_id) = options.run_id.clone().filter(|_| watch) else {
        return runner::run(options).await.map_err(failure);
    };
    let client = options.client.clone();
    let drawing = async move {
        let mut presenter = Presenter::new(run_id.clone(), false);
        let options = WatchOptions { first_patience: REGISTER_PATIENCE, ..WatchOptions::default() };
        follow(&client, &run_id, options, &mut presenter).await
    };
    let running = runner::run(options);
    tokio::pin!(drawing, running);
    let mut drawn = None;
    let outcome = loop {
        tokio::select! {
            outcome = &mut running => break outcome.map_err(failure)?,
            status = &mut drawing, if drawn.is_none() => drawn = Some(status),
        }
    };
    let drawn = match drawn {
        Some(drawn) => drawn,
        None => match tokio::time::timeout(DRAWING_PATIENCE, drawing).await {
            Ok(drawn) => drawn,
            Err(_) => Err(Failure::NotReachable("the live view lags behind".into())),
        },
    };
    if let Err(error) = drawn {
        eprintln!("the run could not be drawn to its end: {error}");
    }
    Ok(outcome)
}

/// The first signal cancels the run, which then ends in good order; the second ends this command.
fn cancel_on_signals() -> Result<(CancellationToken, CancellationToken), Failure> {
    let (cancel, interrupted) = (CancellationToken::new(), CancellationToken::new());
    let tokens = (cancel.clone(), interrupted.clone());
    let first = stop_signal()?;
    tokio::spawn(async move {
        first.await;
        // Listening for the second begins before the first takes effect.
        let second = stop_signal();
        eprintln!("cancelling the run; once more to leave at once");
        cancel.cancel();
        if let Ok(second) = second {
            second.await;
            interrupted.cancel();
        }
    });
    Ok(tokens)
}

/// The server that this command runs for itself.
pub(crate) struct OwnServer {
    running: Running,
    stop: CancellationToken,
}

impl OwnServer {
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.running.stopped().await;
    }
}

/// A client of the server that is there, or of one started here. A server that was named has to be there.
pub(crate) async fn connect(settings: &Settings) -> Result<(Client, Option<OwnServer>), Failure> {
    let client = server::client(settings)?;
    match client.health().await {
        Ok(()) => return Ok((client, None)),
        Err(ClientError::Unreachable { .. }) if settings.url.is_none() => {}
        Err(error) => return Err(error.into()),
    }
    if let Some(fault) = settings.serving_fault() {
        return Err(Failure::Settings(vec![fault]));
    }
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let running = app::serve(settings.clone(), async move { stopped.cancelled().await }).await?;
    let client = Client::new(&running.url(), server::token(settings).as_deref())?;
    Ok((client, Some(OwnServer { running, stop })))
}

/// How the run went, on one line.
fn told(outcome: &RunOutcome, style: Style) -> String {
    let (glyph, tone) = style.run(outcome.status, 0);
    let status = style.paint(tone, &format!("{glyph} {}", outcome.status));
    match &outcome.failure {
        Some(reason) => format!("{status}  {}\n", style.paint(Tone::Plain, &one_line(reason))),
        None => format!("{status}\n"),
    }
}

pub(crate) fn failure(error: RunError) -> Failure {
    let exit_status = match &error {
        RunError::Inputs(_) | RunError::RunExists(_) => WRONG_USE,
        RunError::NotRegistered(error) => Failure::from(error.clone()).exit_status(),
        RunError::NoDocker(_) | RunError::NotRecorded { .. } => NOT_REACHABLE,
    };
    Failure::Start { sentence: error.to_string(), exit_status }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::status::RunStatus;

    #[test]
    fn the_outcome_is_told_on_one_line() {
        let run_id: RunId = "run-1".parse().unwrap();
        let failed =
            RunOutcome { run_id, status: RunStatus::Failed, failure: Some("a: exit 1\n\u{1b}[2J!".into()) };
        assert_eq!(told(&failed, Style::PIPE), "✖ FAILED  a: exit 1 | !\n");
        let done = RunOutcome { status: RunStatus::Completed, failure: None, ..failed };
        assert_eq!(told(&done, Style::PIPE), "✔ COMPLETED\n");
    }

    #[test]
    fn what_keeps_a_run_from_starting_has_its_exit_status() {
        let exists = RunError::RunExists("run-1".parse().unwrap());
        assert_eq!(failure(exists).exit_status(), 2);
        assert_eq!(failure(RunError::Inputs("x".into())).exit_status(), 2);
        let away = ClientError::Unreachable { url: "u".into(), reason: "refused".into() };
        assert_eq!(failure(RunError::NotRegistered(away)).exit_status(), 3);
    }
}
