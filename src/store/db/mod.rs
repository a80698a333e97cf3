//! The way to PostgreSQL: one pool, and queries that live in files.
//!
//! Owns connections and the two ways of sending a query. [`embedded`] runs a private server,
//! [`migrate`] keeps the schema, [`connect`] makes connections, TLS included.

mod pool;
mod query;
mod types;

pub use pool::{Connection, Db, DbError, Transaction};
pub use query::Query;
pub(crate) use query::query;
