//! PostgreSQL: connections, the journal of events with its projections, the log chunks, partitions, the runner's workflows and queue.

pub mod accounts;
pub mod artifacts;
pub mod bucket;
pub mod checkup;
pub mod cleanup;
pub mod clock;
pub mod db;
pub mod deliveries;
pub mod duties;
pub mod executions;
pub mod history;
pub mod imports;
pub mod journal;
pub mod lane;
pub mod logs;
pub mod loki;
pub mod notifications;
pub mod objects;
pub mod partitions;
pub mod queue;
pub mod runs;
pub mod schedules;
pub mod search;
pub mod secrets;
pub mod webhooks;
pub mod workflows;
