//! The way to PostgreSQL: one pool, and queries that live in files.
//!
//! Owns connections and the two ways of sending a query. [`connect()`] makes connections, TLS included,
//! [`embedded`] runs a private server, [`migrate`] keeps the schema.

mod connect;
pub mod embedded;
pub mod migrate;
mod pool;
mod query;
pub(super) mod row;
mod tls;
mod types;
mod url;

pub use connect::{Messages, Target, TargetError, connect, drive};
pub use pool::{Connection, Db, DbError, Executor, POOL_WAIT, Transaction};
pub(crate) use query::query;
pub use query::{Query, like_pattern};
