//! The rows of accounts: users and organizations, sessions, API tokens, one-time links and tickets, failures, the audit log.
//!
//! Sees digests of secrets only. Decides nothing: [`crate::flow::accounts`] does.

pub mod audit;
pub mod failures;
pub mod once;
pub mod sessions;
pub mod tokens;
pub mod users;
