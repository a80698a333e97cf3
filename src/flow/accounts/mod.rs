//! Accounts at work: who comes with a credential, signing in and staying so, members, tokens, and what ends them.
//!
//! ```text
//! credential ─► admission (in memory; else the store) ─► Authority ─► every handler and stream
//!                     ▲                                      │ `ended` is cancelled
//!                     └── watch: once a second, all that is known is asked for again ──┘
//! ```
//!
//! An [`Authority`] holds as long as the store says so: a token revoked, a session signed out, a user removed or given
//! another role is found by every server within a second or two, and what was opened with it ends.

mod admission;
mod authority;
mod error;
mod id_token;
mod jwt;
mod keys;
mod members;
pub mod openid;
mod password;
mod secrets;
mod sessions;
mod tickets;
mod tokens;
mod watch;

pub use admission::Accounts;
pub use authority::{Authority, Principal, Who};
pub use error::AccountError;
pub use members::Invited;
pub use secrets::digest;
pub use sessions::{ACCESS_FOR, SESSION_FOR, SignedIn};
pub use tickets::TICKET_FOR;
pub use tokens::{MadeToken, TokenRequest};
