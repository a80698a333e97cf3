//! Why something about accounts was not done.

use std::time::Duration;

use crate::store::db::DbError;

/// What the edge words as an answer.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// A wrong password, an unknown user, a cookie or link that is used or over: the same for all.
    #[error("that is not right, or not any more")]
    NotSignedIn,
    #[error("too many sign-ins have failed; wait {} s", .0.as_secs().max(1))]
    Locked(Duration),
    #[error("too many sign-ins at once")]
    Busy,
    #[error("there is no such thing here")]
    NotFound,
    /// Against a rule that the caller can see.
    #[error("{0}")]
    Conflict(&'static str),
    /// A field that does not fit: its pointer, and what is wrong.
    #[error("{0} {1}")]
    Invalid(&'static str, String),
    /// The OpenID provider did not do its part; the text is for the log.
    #[error("the identity provider could not be used: {0}")]
    Provider(String),
    #[error(transparent)]
    Db(#[from] DbError),
}
