//! Loki's HTTP API: push, range queries, readiness. Knows its protocol and its errors, not what a run is.
//!
//! ```text
//! push::Pusher ─► protobuf ─► Loki::push (snappy) ─► 204, or a LokiError with the Failure it is counted as
//! logql::Selector ─► Loki::query_range ─► entries in order of time
//!                 └► Pages ─► all of them, some thousands at a time
//! ```

mod client;
mod error;
mod logql;
mod pages;
mod push;
mod range;
mod re2;

pub use client::Loki;
pub use error::{Failure, LokiError};
pub use logql::LogQl;
pub use pages::Pages;
#[cfg(test)]
pub(in crate::store) use push::tests as push_tests;
pub use push::{PushBody, label_text};
pub use range::{Direction, ENTRIES_MAX, Found, RangeQuery};
pub use re2::to_re2;
