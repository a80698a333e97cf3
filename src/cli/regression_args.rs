//! What the commands that hold runs against each other, and carry them elsewhere, accept.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::setting_flags::ClientFlags;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale snapshot @latest > golden.json
  telltale snapshot @latest --check golden.json                exits with 1 when they differ
  telltale snapshot @latest --check golden.json --update       takes the run as the new golden one
  telltale snapshot @latest --check golden.json --rules rules.yaml --durations 50 --format github

A snapshot is the run's history without what differs from one run to the next: nodes have stable ids, times become relations,
ids and addresses are masked. --rules FILE says what else is no part of the behaviour (docs/regression.md).")]
pub(crate) struct SnapshotArgs {
    /// The run's id, or @latest
    pub run: String,
    /// Compare with this file, and print what differs
    #[arg(long, value_name = "FILE")]
    pub check: Option<PathBuf>,
    /// Write the snapshot to the file that is checked, where it differs or is missing
    #[arg(long, requires = "check")]
    pub update: bool,
    /// What to drop, mask and round (YAML)
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// With durations; in a check they may be off by so much
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub durations: Option<u32>,
    /// How a check is told: for people, as JUnit XML, or as annotations of a GitHub workflow
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
    #[command(flatten)]
    pub flags: ClientFlags,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    Text,
    Junit,
    Github,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale diff run-0198c2d4 @latest
  telltale diff run-a run-b --json | jq .firstDifference

Exits with 0 when both runs behaved the same, else with 1. Durations are shown and never count.")]
pub(crate) struct DiffArgs {
    /// A run's id, or @latest
    pub a: String,
    /// Another one's
    pub b: String,
    /// What to drop, mask and round (YAML)
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// The comparison as one JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub flags: ClientFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale export @latest                       RUN.telltale, in this directory
  telltale export run-0198c2d4 -o - > elsewhere.telltale
  telltale export @latest --html -o report.html

A bundle holds events, output, artifacts and the workflow's text with their hashes, signed by the server. The HTML page opens
without a server and asks nothing of any; of a very long run it holds a part, and says so.")]
pub(crate) struct ExportArgs {
    /// The run's id, or @latest
    pub run: String,
    /// Where to write; - for standard output [default: RUN.telltale]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// A stand-alone page instead of a bundle
    #[arg(long)]
    pub html: bool,
    #[command(flatten)]
    pub flags: ClientFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale watch $(telltale replay run-0198c2d4.telltale --speed 10)

Prints the id of the run that it is played as; whoever watches that run sees the old one happen again.")]
pub(crate) struct ReplayArgs {
    /// A bundle
    pub file: PathBuf,
    /// How many times faster than it was
    #[arg(long, value_name = "N", default_value_t = 1.0)]
    pub speed: f64,
    #[command(flatten)]
    pub flags: ClientFlags,
}
