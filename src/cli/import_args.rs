//! What `telltale import` accepts.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::setting_flags::ClientFlags;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale import run-0198c2d4.telltale
  telltale import --from shipsec postgres://reader@db.example.org/shipsec --dry-run
  telltale import --from shipsec postgres://reader@db.example.org/shipsec \\
      --copy-logs http://loki.example.org:3100 --copy-files s3://shipsec-files --s3-endpoint http://minio.example.org:9000
  telltale import --from automateos automateos.db --users viewer
  telltale import --from temporal history.json --run-id order-812
  telltale import --from ndjson events.ndjson

A bundle is checked whole before anything is written, and keeps its run id, its events to the byte, and their hashes.

Any other source is only read. Every event's id follows from its row, so that what is sent twice is stored once: an
import that was cut off is simply begun anew. Rows that can't be taken are named, and the rest goes on. Output and files of
ShipSec Studio stay where they are unless --copy-logs and --copy-files say where that is. AutomateOS's users come after its
runs, and go on signing in with their passwords; the organization needs an owner first.
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
    /// What AutomateOS's users become here: viewer, member or owner; none leaves them out [default: member]
    #[arg(long, value_name = "ROLE")]
    pub users: Option<UserChoice>,
    #[command(flatten)]
    pub copy: CopyArgs,
    #[command(flatten)]
    pub flags: ClientFlags,
}

/// What of ShipSec Studio lies outside of its database.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output and files of ShipSec Studio")]
pub(crate) struct CopyArgs {
    /// The Loki to copy the runs' output from; with a user and a password before the host where it wants them
    #[arg(long, value_name = "URL")]
    pub copy_logs: Option<String>,
    /// The tenant to ask that Loki for (X-Scope-OrgID)
    #[arg(long, value_name = "TENANT", requires = "copy_logs")]
    pub copy_logs_tenant: Option<String>,
    /// A file with the bearer token that it wants
    #[arg(long, value_name = "FILE", requires = "copy_logs")]
    pub copy_logs_token_file: Option<PathBuf>,
    /// The bucket (s3://bucket/prefix) or folder (file:///folder) to copy the runs' artifacts from
    #[arg(long, value_name = "PLACE")]
    pub copy_files: Option<String>,
    /// The address of a bucket that is not in AWS
    #[arg(long, value_name = "URL", env = "AWS_ENDPOINT_URL")]
    pub s3_endpoint: Option<String>,
    /// The bucket's region [default: us-east-1]
    #[arg(long, value_name = "REGION", env = "AWS_REGION")]
    pub s3_region: Option<String>,
    /// The access key to the bucket; its secret half is read from AWS_SECRET_ACCESS_KEY
    #[arg(long, value_name = "KEY", env = "AWS_ACCESS_KEY_ID", hide_env_values = true)]
    pub s3_access_key: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum UserChoice {
    Viewer,
    Member,
    Owner,
    None,
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
