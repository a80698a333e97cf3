//! What the operator can set: the names, the rules for their values, and how the sources combine.
//!
//! Flags win over `TELLTALE_*` variables, those over `telltale.toml`, that over the defaults. Owns every
//! rule about a single value and about values together. Never reads a file or the environment itself:
//! [`crate::config`] does, and passes the texts in.

mod bucket;
mod example;
mod explain;
mod fault;
mod file;
mod key;
mod loki;
mod openid;
mod parse;
mod production;
mod resolve;

pub use bucket::{BucketKeys, BucketSettings};
pub use example::example;
pub use explain::Explained;
pub use fault::Fault;
pub use key::Key;
pub use loki::{LokiAuth, LokiLabels, LokiSettings};
pub use openid::OpenIdSettings;
pub use production::{Mode, Place};
pub use resolve::{LogFormat, Machine, Settings, SettingsFile, Sources};
