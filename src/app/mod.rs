//! Wires the parts into a running server and owns the order of their start and shutdown.
//!
//! Start: listener, database, schema, partitions, feed, journal and log store, HTTP. Shutdown goes back: HTTP stops
//! taking requests and ends its streams, the lanes write what they hold, the feed stops, the embedded database last.

mod error;
mod local_worker;
mod operator_token;
mod parts;
mod readiness;
mod secret_key;
mod serve;
mod server_file;

pub use error::AppError;
pub use local_worker::WORKER_LOCK;
pub use operator_token::OPERATOR_TOKEN_FILE;
pub use serve::{Running, serve};
