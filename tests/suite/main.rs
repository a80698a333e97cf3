//! One binary for all integration tests: they share one PostgreSQL cluster and link once.
//!
//! Every test here speaks to the real `telltale` binary over HTTP, as any client would; the truth is the
//! contract, not the code. A module is a behaviour; `support` holds what they share and asserts nothing
//! about telltale that the contract does not say.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by panicking")]

mod support;

mod accounts;
mod accounts_cli;
mod accounts_openid;
mod accounts_streams;
mod append;
mod artifacts;
mod bouncer;
mod bundle;
mod cleanup;
mod cli;
mod config;
mod control;
mod dashboards;
mod deploy;
mod doors;
mod embedded;
mod exec;
mod faults;
mod feed;
mod fold_table;
mod fold_vectors;
mod guard;
mod history;
mod import_history;
mod isolation;
mod journal;
mod layers;
mod log_cli;
mod log_compaction;
mod log_ingest;
mod log_reads;
mod log_reads_loki;
mod log_redaction;
mod log_sources;
mod logs;
mod loki;
mod loki_limits;
mod loki_many;
mod loki_outage;
mod loki_secrets;
mod loki_stand_in;
mod metrics;
mod migrate;
mod notifications;
mod objects_s3;
mod older;
mod page;
mod poison;
mod purge;
mod queue;
mod rebuild;
mod register;
mod restore;
mod runbook;
mod runner;
mod schedules;
mod secrets;
mod seed;
mod settings_example;
mod shipping;
mod signals;
mod slow;
mod snapshot;
mod source;
mod sql_files;
mod start;
mod state;
mod stream;
mod tools;
mod two_servers;
mod webhooks;
mod worker;
mod worker_control;
mod worker_flow;
mod worker_queue;
mod worker_takeover;
mod workflow_commands;
mod workflows;
