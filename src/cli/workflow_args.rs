//! What the commands around stored workflows and their runs accept.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::inputs::InputArgs;
use super::setting_flags::ClientFlags;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale workflow put samples/recon.yaml
  telltale workflow start recon --input domain=example.org --watch
  telltale workflow list
  telltale workflow show recon > recon.yaml")]
pub(crate) struct WorkflowArgs {
    #[command(subcommand)]
    pub command: WorkflowCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WorkflowCommand {
    /// Store a workflow file as the newest version of its workflow
    Put(WorkflowPutArgs),
    /// List the stored workflows, newest change first
    List(WorkflowListArgs),
    /// Print a stored workflow as it was stored
    Show(WorkflowShowArgs),
    /// Start a run of a stored workflow, which a worker executes
    Start(WorkflowStartArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale workflow put samples/recon.yaml

The file is checked here first: every fault comes with its line and column. A text that is stored already
makes no new version.")]
pub(crate) struct WorkflowPutArgs {
    /// The workflow file (YAML)
    pub file: PathBuf,
    #[command(flatten)]
    pub flags: ClientFlags,
}

#[derive(Debug, Args)]
pub(crate) struct WorkflowListArgs {
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub flags: ClientFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale workflow show recon
  telltale workflow show recon --version 3
  telltale workflow show recon --json | jq .inputs")]
pub(crate) struct WorkflowShowArgs {
    /// The workflow's name
    pub name: String,
    /// This version [default: the latest]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    pub version: Option<i32>,
    /// All that the server says of it, as one JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub flags: ClientFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale workflow start recon --input domain=example.org
  telltale workflow start recon --inputs inputs.yaml --watch
  jq '{hosts: .}' hosts.json | telltale workflow start scan --inputs -

Prints the run's id and its page. With --watch it follows the run and exits with 0 when it completed, else 1.")]
pub(crate) struct WorkflowStartArgs {
    /// The workflow's name
    pub name: String,
    #[command(flatten)]
    pub inputs: InputArgs,
    /// Draw the run while it goes on
    #[arg(long)]
    pub watch: bool,
    /// The run's id [default: run-UUID]
    #[arg(long, value_name = "ID")]
    pub run_id: Option<String>,
    /// This version [default: the latest]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    pub version: Option<i32>,
    /// Higher first, -100 to 100 [default: the workflow's own]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(i32).range(-100..=100))]
    pub priority: Option<i32>,
    #[command(flatten)]
    pub flags: ClientFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale cancel @latest
  telltale cancel run-0198c2d4 --reason 'wrong domain'")]
pub(crate) struct CancelArgs {
    /// The run's id, or @latest
    pub run: String,
    /// Why, for the run's history
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    #[command(flatten)]
    pub flags: ClientFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale rerun @latest
  telltale rerun run-0198c2d4 --from probe --watch
  telltale rerun run-0198c2d4 --input depth=3

With --from, nodes before that one keep what they left in the other run.")]
pub(crate) struct RerunArgs {
    /// The run's id, or @latest
    pub run: String,
    /// Begin with this node
    #[arg(long, value_name = "NODE")]
    pub from: Option<String>,
    /// An input in place of the other run's; may be repeated
    #[arg(long = "input", value_name = "KEY=VALUE", value_parser = super::args::key_and_value)]
    pub inputs: Vec<(String, String)>,
    /// Draw the new run while it goes on
    #[arg(long)]
    pub watch: bool,
    #[command(flatten)]
    pub flags: ClientFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale input @latest approve --approve
  telltale input run-0198c2d4 approve --reject --comment 'still on leave'
  telltale input @latest approve --approve --data '{\"keepMailbox\": true}'")]
pub(crate) struct NodeInputArgs {
    /// The run's id, or @latest
    pub run: String,
    /// The node that waits
    pub node: String,
    /// Let it go on
    #[arg(long, required_unless_present = "reject", conflicts_with = "reject")]
    pub approve: bool,
    /// Don't: what needs it is skipped
    #[arg(long)]
    pub reject: bool,
    /// What the node's form asks for
    #[arg(long, value_name = "JSON")]
    pub data: Option<String>,
    /// A word about it, for the run's history
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,
    #[command(flatten)]
    pub flags: ClientFlags,
}
