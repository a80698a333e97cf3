//! `telltale worker`: claims runs and executes them until a signal ends it.

use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::app::WORKER_LOCK;
use crate::cli::failure::{DONE, Failure};
use crate::cli::lines::one_line;
use crate::cli::server;
use crate::cli::worker_args::WorkerArgs;
use crate::facts::settings::Settings;
use crate::runner;
use crate::runner::worker::{self, WorkerError, WorkerOptions};
use crate::telemetry;

use super::serve::stop_signal;
use super::watch::say;

/// A server's own worker leaves after this long without a run; the next one starts within milliseconds.
const IDLE_LIMIT: Duration = Duration::from_secs(60);
/// The status of a command that a second signal has ended, as shells tell it.
const INTERRUPTED: u8 = 130;

pub(crate) async fn worker(args: &WorkerArgs) -> Result<u8, Failure> {
    let settings = args.flags.settings()?;
    telemetry::init_logs(&settings).map_err(|fault| Failure::WrongUse(fault.to_string()))?;
    if args.local && server::of_data_dir(&settings.data_dir).is_none() {
        // The server is not there yet, which then starts another worker, or not any more.
        return Ok(DONE);
    }
    let _lock = match args.local {
        true => match lock(&settings.data_dir)? {
            Some(lock) => Some(lock),
            // The other one works for the same server.
            None => return Ok(DONE),
        },
        false => None,
    };
    if let Err(error) = runner::start_guard() {
        return Err(Failure::NotReachable(format!("the guard of its nodes could not be started: {error}")));
    }
    let (drain, interrupted) = drain_on_signals()?;
    let name = args.name.clone().unwrap_or_else(generated_name);
    say(&format!("worker {} for {}\n", one_line(&name), one_line(&server::address(&settings))))?;
    let options = WorkerOptions {
        client: server::client(&settings)?,
        name,
        jobs: args.jobs.map(usize::from),
        process_engine: settings.process_engine,
        idle_limit: args
            .idle_limit_ms
            .map(Duration::from_millis)
            .or_else(|| args.local.then_some(IDLE_LIMIT)),
        where_is_server: where_is(&settings),
        drain,
    };
    tokio::select! {
        worked = worker::work(options) => worked.map(|()| DONE).map_err(failure),
        () = interrupted.cancelled() => Ok(INTERRUPTED),
    }
}

/// Where the server is now: one on this machine may come back on another port. A server that was named stays where it is, and
/// one that has stopped is nowhere: whoever listens at the usual address by then may be another, with runs of its own.
fn where_is(settings: &Settings) -> Box<dyn Fn() -> Option<String> + Send + Sync> {
    let settings = settings.clone();
    Box::new(move || match settings.url {
        Some(_) => None,
        None => server::of_data_dir(&settings.data_dir),
    })
}

/// One server's own worker a data directory; `None`: there is one.
fn lock(data_dir: &Path) -> Result<Option<File>, Failure> {
    let path = data_dir.join(WORKER_LOCK);
    let unusable =
        |error: std::io::Error| Failure::NotReachable(format!("{} can't be used: {error}", path.display()));
    let mut file = File::options().create(true).truncate(false).write(true).open(&path).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => {
            // Only for whoever looks for the process; the lock is what counts.
            file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(unusable)?;
            Ok(Some(file))
        }
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

/// The host for people, the process for whoever looks for it, and a part that no other worker has.
fn generated_name() -> String {
    /// Longest name of a host in it; the server takes 128 bytes in all.
    const HOST_MAX_CHARS: usize = 60;
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    let host: String = host.unwrap_or_else(|| "worker".to_owned()).chars().take(HOST_MAX_CHARS).collect();
    let random = Uuid::new_v4().simple().to_string();
    format!("{host}-{}-{}", std::process::id(), &random[..6])
}

/// The first signal lets the worker finish what works; the second ends it.
fn drain_on_signals() -> Result<(CancellationToken, CancellationToken), Failure> {
    let (drain, interrupted) = (CancellationToken::new(), CancellationToken::new());
    let tokens = (drain.clone(), interrupted.clone());
    let first = stop_signal()?;
    tokio::spawn(async move {
        first.await;
        // Listening for the second begins before the first takes effect.
        let second = stop_signal();
        eprintln!("finishing what works; once more to leave at once");
        drain.cancel();
        if let Ok(second) = second {
            second.await;
            interrupted.cancel();
        }
    });
    Ok(tokens)
}

fn failure(error: WorkerError) -> Failure {
    match error {
        WorkerError::NoEngine => Failure::NotReachable(error.to_string()),
        WorkerError::Server(error) => error.into(),
    }
}
