//! PostgreSQL: connections, the journal of events with its projections, the log chunks, partitions, the runner's workflows and queue.

pub mod accounts;
pub mod artifacts;
pub mod checkup;
pub mod clock;
pub mod db;
pub mod duties;
pub mod journal;
pub mod lane;
pub mod logs;
pub mod loki;
pub mod objects;
pub mod partitions;
pub mod queue;
pub mod runs;
pub mod secrets;
pub mod workflows;
