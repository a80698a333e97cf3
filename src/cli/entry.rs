//! From arguments to an exit status: parses, starts the runtime, calls the command.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use crate::runner;

use super::args::{Cli, Command};
use super::command;
use super::failure::{Failure, WRONG_USE, report};

/// Runs the command that `arguments` (with the program's name first) ask for.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help goes to standard output with status 0, faults to standard error with 2.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(WRONG_USE));
        }
    };
    // Before there are threads: each runner has one of these, and it should cost next to nothing.
    if let Command::Guard(args) = &cli.command {
        let guarded = runner::guard_main(&args.runner, &args.directory);
        return report(guarded.map(|()| 0).map_err(Failure::WrongUse));
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return report(Err(Failure::NotReachable(format!("no threads can be started: {error}"))));
        }
    };
    report(runtime.block_on(dispatch(cli.command)))
}

async fn dispatch(command: Command) -> Result<u8, Failure> {
    match command {
        Command::Serve(args) => command::serve::serve(&args).await,
        Command::Run(args) => command::run::run(&args).await,
        Command::Exec(args) => command::exec::exec(&args).await,
        Command::Worker(args) => command::worker::worker(&args).await,
        Command::Watch(args) => command::watch::watch(&args).await,
        Command::Runs(args) => command::runs::runs(&args).await,
        Command::Events(args) => command::events::events(&args).await,
        Command::Logs(args) => command::logs::logs(&args).await,
        Command::Verify(args) => command::verify::verify(&args).await,
        Command::Snapshot(args) => command::snapshot::snapshot_command(&args).await,
        Command::Diff(args) => command::diff::diff(&args).await,
        Command::Export(args) => command::bundle::export(&args).await,
        Command::Import(args) => command::import::import(&args).await,
        Command::Replay(args) => command::bundle::replay(&args).await,
        Command::Workflow(args) => command::workflow::workflow(&args).await,
        Command::Cancel(args) => command::control::cancel(&args).await,
        Command::Rerun(args) => command::control::rerun(&args).await,
        Command::Input(args) => command::control::input(&args).await,
        Command::Secret(args) => command::secret::secret(&args).await,
        Command::Stats(args) => command::stats::stats(&args).await,
        Command::Cleanup(args) => command::cleanup::cleanup(&args).await,
        Command::CleanupStatus(args) => command::cleanup::cleanup_status(&args).await,
        Command::Purge(args) => command::cleanup::purge(&args).await,
        Command::User(args) => command::user::user(&args).await,
        Command::Token(args) => command::token::token(&args).await,
        Command::Migrate(args) => command::migrate::migrate(&args).await,
        Command::Rebuild(args) => command::rebuild::rebuild(&args).await,
        Command::Doctor(args) => command::doctor::doctor(&args).await,
        Command::Config(args) => command::config::config(&args),
        Command::Demo(args) => command::demo::demo(&args).await,
        Command::Completion(args) => command::completion::completion(&args),
        Command::Openapi => command::openapi::openapi(),
        Command::Guard(_) => unreachable!("it has no runtime"),
    }
}
