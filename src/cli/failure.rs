//! Why a command failed, and the exit status that tells a script so.

use std::io;
use std::process::ExitCode;

use crate::app::AppError;
use crate::client::ClientError;
use crate::facts::settings::Fault;

/// Done.
pub(crate) const DONE: u8 = 0;
/// The run failed, or a check did.
pub(crate) const RUN_FAILED: u8 = 1;
/// Wrong use: arguments, settings, a run that isn't there.
pub(crate) const WRONG_USE: u8 = 2;
/// Not reachable: the server, the database, or an address to listen on.
pub(crate) const NOT_REACHABLE: u8 = 3;
/// Interrupted from the keyboard, as shells have it (128 + SIGINT).
pub(crate) const INTERRUPTED: u8 = 130;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{0}")]
    Client(#[from] ClientError),
    #[error("{}", list(.0))]
    Settings(Vec<Fault>),
    #[error("{0}")]
    WrongUse(String),
    #[error("{0}")]
    NotReachable(String),
    /// A server that can't start, with the exit status that says why.
    #[error("{sentence}")]
    Start { sentence: String, exit_status: u8 },
    #[error("standard output can't be written: {0}")]
    Output(#[from] io::Error),
}

fn list(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n       ")
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        Self::Start { sentence: error.sentence, exit_status: error.exit_status }
    }
}

impl Failure {
    pub(crate) fn exit_status(&self) -> u8 {
        match self {
            Self::Client(ClientError::Unreachable { .. } | ClientError::Unintelligible { .. }) => {
                NOT_REACHABLE
            }
            Self::Client(error) if error.is_transient() => NOT_REACHABLE,
            Self::Client(_) | Self::Settings(_) | Self::WrongUse(_) => WRONG_USE,
            Self::NotReachable(_) => NOT_REACHABLE,
            Self::Start { exit_status, .. } => *exit_status,
            Self::Output(_) => RUN_FAILED,
        }
    }

    /// What to do about it, where that isn't plain from the message.
    fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Client(ClientError::Unreachable { .. }) => {
                Some("start one with `telltale serve`, or name another with --url or TELLTALE_URL")
            }
            Self::Client(error) if error.status() == Some(401) => Some(
                "set TELLTALE_TOKEN to an API token (`telltale token create`), or to the token that the server was started with",
            ),
            _ => None,
        }
    }
}

/// Prints the failure to standard error and gives its exit status.
pub(crate) fn report(result: Result<u8, Failure>) -> ExitCode {
    let failure = match result {
        Ok(status) => return ExitCode::from(status),
        // Whoever read our output (`| head`) has seen enough.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            return ExitCode::from(DONE);
        }
        Err(failure) => failure,
    };
    let mut message = format!("error: {failure}\n");
    if let Some(hint) = failure.hint() {
        message.push_str(&format!("hint: {hint}\n"));
    }
    // With standard error gone too, the status still tells.
    let _ = io::Write::write_all(&mut io::stderr().lock(), message.as_bytes());
    ExitCode::from(failure.exit_status())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Problem;

    fn problem(status: u16) -> Failure {
        let problem =
            Problem { status, title: "x".into(), detail: String::new(), errors: vec![], retry_after: None };
        Failure::Client(ClientError::Problem(Box::new(problem)))
    }

    #[test]
    fn each_failure_has_the_status_of_the_contract() {
        let unreachable = ClientError::Unreachable { url: "u".into(), reason: "refused".into() };
        assert_eq!(Failure::from(unreachable).exit_status(), 3);
        assert_eq!(Failure::from(ClientError::Settings("bad".into())).exit_status(), 2);
        assert_eq!([404, 401, 400, 503].map(|status| problem(status).exit_status()), [2, 2, 2, 3]);
        assert_eq!(Failure::WrongUse("x".into()).exit_status(), 2);
        let taken = Failure::Start { sentence: "port 4780 is taken".into(), exit_status: 3 };
        assert_eq!(taken.exit_status(), 3);
    }
}
