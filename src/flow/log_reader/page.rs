//! What a reader of lines asks for and gets.

use std::time::Duration;

use crate::facts::status::words;
use crate::store::db::DbError;
use crate::store::logs::{Direction, LineFilter, LogRange, Room, StoredLine};

words! {
    /// Why a page ends where it does.
    Stopped {
        Limit = "limit",
        Time = "time",
        End = "end",
    }
}

/// A reader's wish.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Its end is at most behind the run's head, as read before: only then is what isn't hot known to be in Loki.
    pub range: LogRange,
    pub direction: Direction,
    pub filter: LineFilter,
    pub room: Room,
    /// How long to look; something is looked at in any case.
    pub time: Option<Duration>,
}

/// The lines found, and how far was looked.
#[derive(Debug, Clone)]
pub struct LinePage {
    /// In the order of logSeq, whichever way was read.
    pub lines: Vec<StoredLine>,
    /// What has not been looked at; empty when `stopped` is `End`.
    pub rest: LogRange,
    pub stopped: Stopped,
}

/// Why lines can't be read now.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Db(#[from] DbError),
    /// They lie in Loki, which doesn't give them; what is hot can be read all the same.
    #[error("lines that lie in Loki can't be read: {0}")]
    NotReachable(String),
}
