//! What the tests share: servers, databases, connections that can be cut, clients that check every frame,
//! and second implementations of the fold and of the hash chain to hold against the first.

pub mod account;
pub mod chain;
pub mod check;
pub mod chunks;
pub mod command;
pub mod fold;
pub mod frames;
pub mod guard;
pub mod http;
pub mod import;
pub mod ledger;
pub mod loki;
pub mod openid;
pub mod pgbouncer;
pub mod postgres;
pub mod proxy;
pub mod receiver;
pub mod rng;
pub mod run;
pub mod s3;
pub mod server;
pub mod shipping;
pub mod sse;
pub mod wait;
pub mod worker;
pub mod worker_process;
pub mod workflow;
pub mod ws;

pub use http::{Answer, Http};
pub use postgres::{Cluster, Database};
pub use proxy::TcpProxy;
pub use server::Server;
pub use wait::{until, within};

/// An event as a client sends it, with an id of its own.
pub fn event(kind: &str) -> serde_json::Value {
    serde_json::json!({ "eventId": uuid::Uuid::now_v7(), "type": kind })
}

/// An event about a node.
pub fn node_event(kind: &str, node_ref: &str) -> serde_json::Value {
    serde_json::json!({ "eventId": uuid::Uuid::now_v7(), "type": kind, "nodeRef": node_ref })
}

/// A run id that no other test uses.
pub fn run_id() -> String {
    format!("run-{}", uuid::Uuid::now_v7())
}
