//! What the commands around kept history accept.

use clap::Args;

use super::setting_flags::ClientFlags;
use crate::facts::cleanup::DAYS_MAX;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale stats
  telltale stats --workflow recon --days 90
  telltale stats --json | jq .successRate")]
pub(crate) struct StatsArgs {
    /// Only runs of this workflow
    #[arg(long)]
    pub workflow: Option<String>,
    /// How many days, today (UTC) included
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=366))]
    pub days: u32,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub flags: ClientFlags,
}

/// How a deletion is carried out.
#[derive(Debug, Args)]
pub(crate) struct DeletionArgs {
    /// Only say what would go
    #[arg(long)]
    pub dry_run: bool,
    /// Don't ask, in a terminal either
    #[arg(short, long)]
    pub yes: bool,
    /// The plan as one JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub flags: ClientFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale cleanup --days 30 --dry-run
  telltale cleanup --days 90 --workflow recon --yes
  telltale cleanup --days 7 --only results

Deletes runs that ended longer ago, whole or only their results, which are logs and artifacts, or only one of these. A tombstone with the digest of each run's
history stays.")]
pub(crate) struct CleanupArgs {
    /// Runs that ended longer ago than so many days
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(DAYS_MAX)))]
    pub days: u32,
    /// Only runs of this workflow
    #[arg(long)]
    pub workflow: Option<String>,
    /// Only their logs, only their artifacts, or both, which are their results
    #[arg(long, value_name = "WHAT", value_parser = ["results", "logs", "artifacts"])]
    pub only: Option<String>,
    #[command(flatten)]
    pub deletion: DeletionArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale cleanup-status failed --days 7 --dry-run
  telltale cleanup-status CANCELLED --days 1 --yes")]
pub(crate) struct CleanupStatusArgs {
    /// How the runs ended (COMPLETED FAILED CANCELLED TERMINATED TIMED_OUT)
    pub status: String,
    /// Runs that ended longer ago than so many days
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(DAYS_MAX)))]
    pub days: u32,
    #[command(flatten)]
    pub deletion: DeletionArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale purge run-0198c2d4 --dry-run
  telltale purge run-0198c2d4 --yes")]
pub(crate) struct PurgeArgs {
    /// The run's id, or @latest
    pub run: String,
    #[command(flatten)]
    pub deletion: DeletionArgs,
}
