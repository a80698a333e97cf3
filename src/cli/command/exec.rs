//! `telltale exec`: any command, recorded as a run or as a node of one.

use std::io::IsTerminal as _;

use nix::sys::signal::Signal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::cli::failure::Failure;
use crate::cli::lines::one_line;
use crate::cli::server;
use crate::cli::style::{Style, Tone};
use crate::cli::tool_args::ExecArgs;
use crate::facts::id::NodeRef;
use crate::runner::wrap::{self, Place, WrapError, WrapOptions};

use super::run::{connect, failure as run_failure, init_logs};
use super::watch::exit_status;

/// Signals that wait for the command; more of them say nothing new.
const SIGNALS_QUEUED: usize = 16;

pub(crate) async fn exec(args: &ExecArgs) -> Result<u8, Failure> {
    let settings = args.flags.settings()?;
    let node = node_of(args)?;
    let place = place(args)?;
    let workflow = args.workflow.clone().unwrap_or_else(|| node.to_string());
    init_logs(&settings)?;
    let hurry = CancellationToken::new();
    let signals = signals(hurry.clone())?;
    let (client, own_server) = connect(&settings).await?;
    let run_id = match &place {
        Place::Own(run_id) | Place::NodeOf { run_id, .. } => run_id.clone(),
    };
    if !args.quiet {
        // Standard output is the command's alone.
        eprintln!("telltale: run {run_id}, {}", client.page_url(&run_id));
    }
    let options = WrapOptions { client, words: args.command.clone(), node, workflow, place, signals, hurry };
    let outcome = wrap::wrap(options).await;
    if let Some(server) = own_server {
        server.stop().await;
    }
    let outcome = outcome.map_err(failure)?;
    if let Some(reason) = outcome.failure.as_ref().filter(|_| !args.quiet) {
        let style = Style {
            colour: std::io::stderr().is_terminal() && Style::of_stdout().colour,
            ..Style::of_stdout()
        };
        eprintln!("telltale: {}", style.paint(Tone::Plain, &one_line(reason)));
    }
    Ok(exit_status(outcome.status))
}

fn node_of(args: &ExecArgs) -> Result<NodeRef, Failure> {
    match &args.node {
        Some(text) => text.parse().map_err(|fault| Failure::WrongUse(format!("--node: {fault}"))),
        None => wrap::node_of(&args.command).ok_or_else(|| {
            Failure::WrongUse("the command has no name for its node; give one with --node".into())
        }),
    }
}

fn place(args: &ExecArgs) -> Result<Place, Failure> {
    let run_id = match &args.run {
        Some(text) => server::run_id_of(text)?,
        None => wrap::generated_id(),
    };
    Ok(if args.run.is_some() && args.node.is_some() {
        Place::NodeOf { run_id, ends_run: args.end }
    } else {
        Place::Own(run_id)
    })
}

/// SIGINT and SIGTERM, to be passed on. A Ctrl-C in a terminal reaches the command by itself, as it does everything that
/// runs there; passing it on as well would be a second one.
fn signals(hurry: CancellationToken) -> Result<mpsc::Receiver<Signal>, Failure> {
    let refused = |error| Failure::NotReachable(format!("signals can't be received: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(refused)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(refused)?;
    let in_terminal = std::io::stdin().is_terminal();
    let (to_command, signals) = mpsc::channel(SIGNALS_QUEUED);
    tokio::spawn(async move {
        loop {
            let signal = tokio::select! {
                Some(()) = interrupt.recv() => Signal::SIGINT,
                Some(()) = terminate.recv() => Signal::SIGTERM,
                else => return,
            };
            hurry.cancel();
            if signal == Signal::SIGTERM || !in_terminal {
                // Full, or the command has ended: nothing is lost.
                let _ = to_command.try_send(signal);
            }
        }
    });
    Ok(signals)
}

fn failure(error: WrapError) -> Failure {
    match error {
        WrapError::Run(error) => run_failure(error),
        WrapError::RunIsOver(..) => Failure::WrongUse(error.to_string()),
    }
}
