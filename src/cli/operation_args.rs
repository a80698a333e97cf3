//! What the operator's commands accept: the schema, the projections, the doctor.

use clap::{Args, ValueEnum};

use super::setting_flags::ServerFlags;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale migrate status
  telltale migrate up --database-url postgres://telltale@db.example.org/telltale
  telltale migrate restored                  once, after a dump was restored, before a server is started

`serve` brings the schema up by itself. Going down loses what the newer version stored.")]
pub(crate) struct MigrateArgs {
    #[arg(value_enum)]
    pub direction: Direction,
    /// With `down`: the version to go back to, 0 for an empty database [default: one back]
    #[arg(long, value_name = "VERSION")]
    pub to: Option<i32>,
    #[command(flatten)]
    pub flags: ServerFlags,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Direction {
    /// Apply what is missing
    Up,
    /// Take back the newest migration
    Down,
    /// Show what is applied
    Status,
    /// Adopt the events of a dump that was restored into another cluster, so that cursors go on
    Restored,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale rebuild --check                   compare, and change nothing
  telltale rebuild --run run-0198c2d4

Folds the events of every run again and holds the result against what is stored: the run, its nodes, its checkpoints.
What differs is written anew, while servers go on. Events are never changed: a history with a gap or a broken chain is named
and left alone. Exits with 1 when something differs and was not written anew.")]
pub(crate) struct RebuildArgs {
    /// Only this run
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// Compare only
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub flags: ServerFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Each line is ok, warn or fail, with what to do. Exits with 1 when something failed.")]
pub(crate) struct DoctorArgs {
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub flags: ServerFlags,
}
