//! PostgreSQL: connections, the journal of events, the projections and the log chunks.

pub mod db;
