//! `telltale serve`: a server until a signal ends it.

use tokio::signal::unix::{SignalKind, signal};

use crate::app;
use crate::cli::args::ServeArgs;
use crate::cli::failure::{DONE, Failure};
use crate::cli::lines::one_line;
use crate::telemetry;

use super::watch::say;

pub(crate) async fn serve(args: &ServeArgs) -> Result<u8, Failure> {
    let settings = args.flags.for_server()?;
    telemetry::init_logs(&settings).map_err(|fault| Failure::WrongUse(fault.to_string()))?;
    let running = app::serve(settings, stop_signal()?).await?;
    // Scripts wait for this line, and read the port from it.
    say(&format!("telltale is listening on {}\n", one_line(&running.url())))?;
    if let Some(link) = &running.first_link {
        let url = one_line(&running.url());
        say(&format!("sign in once, within a day: {url}/ui/sign-in?link={link}\n"))?;
    }
    running.stopped().await;
    Ok(DONE)
}

/// Resolves at SIGINT or SIGTERM. From the call on neither kills the process.
pub(crate) fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, Failure> {
    let refused = |error| Failure::NotReachable(format!("signals can't be received: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(refused)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(refused)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
