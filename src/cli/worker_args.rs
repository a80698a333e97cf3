//! What `telltale worker` accepts.

use clap::Args;

use super::setting_flags::WorkerFlags;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale worker                                       for the server on this machine
  telltale worker --url https://telltale.example.org --token TOKEN --jobs 8
  telltale worker --process-engine true                 nodes without an image too, as processes of this machine

Asks the server for runs, executes their nodes and records them. As many workers as you like, on as many machines. The first
SIGINT or SIGTERM lets it finish what works and give the rest back; the second one ends it at once, and what it did is
retried elsewhere when its lease has lapsed. A server that is away disturbs no running node.")]
pub(crate) struct WorkerArgs {
    /// What it is called; no other worker may have the name [default: host, process and a random part]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// How many nodes may work at once [default: twice as many as there are processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// The worker that a server has started for itself: one a data directory, which leaves when there is nothing to do
    #[arg(long, hide = true)]
    pub local: bool,
    /// Leave after so many milliseconds without a run
    #[arg(long, hide = true, value_name = "MS")]
    pub idle_limit_ms: Option<u64>,
    #[command(flatten)]
    pub flags: WorkerFlags,
}
