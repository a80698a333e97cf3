//! Why there is no embedded database. Each message is a sentence that tells what to do.

use std::io;
use std::path::PathBuf;

use crate::store::db::DbError;

#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    #[error("data directory {} can't be used: {source}; choose another with TELLTALE_DATA_DIR", path.display())]
    DataDir { path: PathBuf, source: io::Error },
    #[error("data directory {} is in use by another telltale server{}", path.display(), of_process(*.pid))]
    InUse { path: PathBuf, pid: Option<u32> },
    #[error(
        "no usable PostgreSQL (14 or newer) was found{0}; install it (on Debian or Ubuntu: apt-get install \
         postgresql), name its folder in TELLTALE_POSTGRES_BIN, or give a server in TELLTALE_DATABASE_URL"
    )]
    NoBinaries(String),
    #[error("postgres_bin {} can't be used: {reason}", path.display())]
    PostgresBin { path: PathBuf, reason: String },
    #[error(
        "the database in {} was made by PostgreSQL {made_by}, which was not found{seen}; install that version or \
         name its folder in TELLTALE_POSTGRES_BIN",
        path.display()
    )]
    OtherVersion { path: PathBuf, made_by: u32, seen: String },
    #[error(
        "the database can't run as root, and changing to user {user} failed: {source}; start telltale as an \
         unprivileged user"
    )]
    Privileges { user: String, source: io::Error },
    #[error("the database's files, which {} points to, are gone; restore them or remove the link", link.display())]
    ClusterGone { link: PathBuf },
    #[error("the database could not be created: {0}")]
    Initdb(String),
    #[error("the database did not start: {0}")]
    Start(String),
    #[error("{what} failed: {source}")]
    Io { what: &'static str, source: io::Error },
    #[error(transparent)]
    Db(#[from] DbError),
}

impl EmbeddedError {
    /// Turns an I/O error into one that tells what was tried.
    pub(super) fn io(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}

fn of_process(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}
