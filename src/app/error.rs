//! Why a server can't start: one sentence each, with the exit status that scripts rely on.

use std::io;
use std::net::SocketAddr;

use crate::store::db::embedded::EmbeddedError;
use crate::store::db::migrate::MigrateError;
use crate::store::db::{DbError, Target, TargetError};

/// Wrong use or settings.
const WRONG_USE: u8 = 2;
/// Something is not there, or taken.
const NOT_THERE: u8 = 3;

/// Why a server can't run.
#[derive(Debug, thiserror::Error)]
#[error("{sentence}")]
pub struct AppError {
    pub sentence: String,
    /// 2 wrong use or settings, 3 something is not there or taken.
    pub exit_status: u8,
}

impl AppError {
    pub(super) fn not_there(sentence: String) -> Self {
        Self { sentence, exit_status: NOT_THERE }
    }

    pub(super) fn wrong_use(sentence: String) -> Self {
        Self { sentence, exit_status: WRONG_USE }
    }

    pub(super) fn bind(address: &str, source: &io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::not_there(format!(
                "address {address} is taken by another process; choose another with --listen or TELLTALE_LISTEN"
            )),
            _ => Self::not_there(format!("can't listen on {address}: {source}")),
        }
    }

    pub(super) fn http(address: SocketAddr, source: &io::Error) -> Self {
        Self::not_there(format!("can't serve on {address}: {source}"))
    }
}

impl AppError {
    /// Says which database the sentence is about. Never names its user or password.
    pub(super) fn about(self, target: &Target) -> Self {
        Self { sentence: format!("{} (database at {})", self.sentence, target.address()), ..self }
    }
}

impl From<EmbeddedError> for AppError {
    fn from(error: EmbeddedError) -> Self {
        match error {
            EmbeddedError::PostgresBin { .. } => Self::wrong_use(error.to_string()),
            _ => Self::not_there(error.to_string()),
        }
    }
}

impl From<TargetError> for AppError {
    fn from(error: TargetError) -> Self {
        Self::wrong_use(error.to_string())
    }
}

impl From<MigrateError> for AppError {
    fn from(error: MigrateError) -> Self {
        Self::not_there(error.to_string())
    }
}

impl From<DbError> for AppError {
    fn from(error: DbError) -> Self {
        Self::not_there(error.to_string())
    }
}
