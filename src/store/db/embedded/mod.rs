//! A private PostgreSQL under the data directory, for those who bring none.
//!
//! ```text
//! <data_dir>/lock           flock of the server that uses the directory
//! <data_dir>/postgres       the cluster (a link to where it is, if its user can't get in here)
//! <data_dir>/postgres.log   what the postmaster says
//! <data_dir>/run            its socket, if the path is short enough for one
//! <data_dir>/cache          server binaries, if they had to be downloaded
//!
//! EmbeddedServer::start: lock ─► adopt a live postmaster
//!                             └► find binaries ─► initdb ─► spawn ─► wait until it answers
//!                        then one task waits for the postmaster's end: on stop() it brings it about,
//!                        otherwise it starts another one
//! ```
//!
//! Owns everything under these paths and the postmaster's life. Listens on a Unix socket only, which
//! other users can't reach, and asks for no password there. Never touches a cluster it did not make.
//!
//! Tests share one server between processes: [`SharedServer`], with a database for each test cloned from
//! a template by [`create_database`].

mod binaries;
mod cluster;
mod databases;
mod download;
mod error;
mod layout;
mod lock;
mod owner;
mod postmaster;
mod process;
mod server;
mod shared;
mod socket;

pub use binaries::{Binaries, Version};
pub use databases::{create_database, database_exists, drop_database};
pub use error::EmbeddedError;
pub use lock::{DataDirLock, take_data_dir};
pub use postmaster::beside;
pub use server::{EmbeddedOptions, EmbeddedServer};
pub use shared::SharedServer;
