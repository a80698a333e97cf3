//! The database for the commands that look at it themselves: the one that is set, the embedded one of a
//! server that runs, or the embedded one started for as long as the command takes.

use crate::facts::settings::Settings;
use crate::store::db::Target;
use crate::store::db::embedded::{EmbeddedError, EmbeddedOptions, EmbeddedServer, beside};

use super::failure::{Failure, NOT_REACHABLE, WRONG_USE};

/// A database at hand; [`Database::close`] leaves things as they were.
pub(crate) struct Database {
    pub target: Target,
    started: Option<EmbeddedServer>,
}

impl Database {
    pub(crate) async fn open(settings: &Settings) -> Result<Self, Failure> {
        if let Some(url) = &settings.database_url {
            let target = Target::parse(url).map_err(|fault| Failure::WrongUse(fault.to_string()))?;
            return Ok(Self { target, started: None });
        }
        match EmbeddedServer::start(&EmbeddedOptions::from(settings)).await {
            Ok(server) => Ok(Self { target: server.target().clone(), started: Some(server) }),
            Err(in_use @ EmbeddedError::InUse { .. }) => match beside(&settings.data_dir) {
                Some(target) => Ok(Self { target, started: None }),
                None => Err(start_failure(&in_use)),
            },
            Err(error) => Err(start_failure(&error)),
        }
    }

    /// What stands in front of the findings: whose database this is.
    pub(crate) fn origin(&self) -> &'static str {
        match self.started {
            Some(_) => "embedded, started for this check",
            None => "already running",
        }
    }

    pub(crate) async fn close(self) -> Result<(), Failure> {
        match self.started {
            Some(server) => server.stop().await.map_err(|error| start_failure(&error)),
            None => Ok(()),
        }
    }
}

/// The sentence of an embedded database that can't be had, and its exit status.
fn start_failure(error: &EmbeddedError) -> Failure {
    let exit_status = match error {
        EmbeddedError::DataDir { .. }
        | EmbeddedError::PostgresBin { .. }
        | EmbeddedError::OtherVersion { .. } => WRONG_USE,
        _ => NOT_REACHABLE,
    };
    Failure::Start { sentence: error.to_string(), exit_status }
}
