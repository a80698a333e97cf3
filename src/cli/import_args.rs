//! What `telltale import` accepts.

use clap::{Args, ValueEnum};

use super::setting_flags::ClientFlags;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale import run-0198c2d4.telltale
  telltale import --from shipsec postgres://reader@db.example.org/shipsec --dry-run
  telltale import --from automateos automateos.db
  telltale import --from temporal history.json --run-id order-812
  telltale import --from ndjson events.ndjson

A bundle is checked whole before anything is written, and keeps its run id, its events to the byte, and their hashes.

Any other source is only read. Every event's id follows from its row, so that what is sent twice is stored once: an
import that was cut off is simply begun anew. Rows that can't be taken are named, and the rest goes on.
Exits with 0 when everything was taken, with 1 when some rows were not.")]
pub(crate) struct ImportArgs {
    /// A bundle, a database's URL, or another file
    pub source: String,
    /// What the source is
    #[arg(long, value_enum, default_value_t = From::Bundle)]
    pub from: From,
    /// Read and check everything, and send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// What was done as one JSON object
    #[arg(long)]
    pub json: bool,
    /// The run's id, for a Temporal history [default: its workflow id]
    #[arg(long, value_name = "ID")]
    pub run_id: Option<String>,
    #[command(flatten)]
    pub flags: ClientFlags,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum From {
    /// A run as one file, as `telltale export` writes it
    Bundle,
    /// ShipSec Studio's PostgreSQL database
    Shipsec,
    /// AutomateOS's database: a URL of PostgreSQL, or a file of SQLite
    Automateos,
    /// A history as `temporal workflow show --output json` prints it
    Temporal,
    /// Events, one JSON object a line, each with its runId
    Ndjson,
}
