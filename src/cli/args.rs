//! What the command line accepts.

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::account_args::{TokenArgs, UserArgs};
use super::config_args::ConfigArgs;
use super::history_args::{CleanupArgs, CleanupStatusArgs, PurgeArgs, StatsArgs};
use super::import_args::ImportArgs;
use super::inputs::InputArgs;
use super::operation_args::{DoctorArgs, MigrateArgs, RebuildArgs};
use super::regression_args::{DiffArgs, ExportArgs, ReplayArgs, SnapshotArgs};
use super::setting_flags::{ClientFlags, ServerFlags};
use super::tool_args::{CompletionArgs, DemoArgs, ExecArgs, SecretArgs};
use super::worker_args::WorkerArgs;
use super::workflow_args::{CancelArgs, NodeInputArgs, RerunArgs, WorkflowArgs};

/// The flight recorder and live view for workflow runs.
#[derive(Debug, Parser)]
#[command(name = "telltale", version, after_help = EXAMPLES, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  telltale run samples/recon.yaml --watch    run a workflow and watch it; starts what it needs
  telltale exec -- make test                 record any command as a run
  telltale serve                             a server on http://127.0.0.1:4780
  telltale watch @latest                     follow the newest run, live
  telltale logs @latest -f --node resolve    follow one node's output

Exit status: 0 done, 1 the run failed, 2 wrong use, 3 not reachable.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start a server, with its own database unless one is set
    Serve(ServeArgs),
    /// Execute a workflow file and record it
    Run(RunArgs),
    /// Claim runs from a server and execute them, until told to leave
    Worker(WorkerArgs),
    /// Wrap any command: record it as a run, or as a node of one
    Exec(ExecArgs),
    /// Follow a run, live
    Watch(WatchArgs),
    /// List runs, newest first
    Runs(RunsArgs),
    /// Print the events of a run
    Events(EventsArgs),
    /// Print the output of a run's nodes
    Logs(LogsArgs),
    /// Check that a run's history and output are whole and as they were recorded
    Verify(VerifyArgs),
    /// Print a run's normalised timeline, or hold it against a file
    Snapshot(SnapshotArgs),
    /// Compare two runs: nodes, attempts, durations, the first event that differs
    Diff(DiffArgs),
    /// Write a run into one file
    Export(ExportArgs),
    /// Bring in runs: a bundle, or the past of another system
    Import(ImportArgs),
    /// Play a run from a file as if it happened now
    Replay(ReplayArgs),
    /// Store workflows on a server, and start them there
    Workflow(WorkflowArgs),
    /// End a run
    Cancel(CancelArgs),
    /// Start a run once more, whole or from one of its nodes
    Rerun(RerunArgs),
    /// Answer a node that waits for a person
    Input(NodeInputArgs),
    /// Store, list and delete secrets that nodes get by reference
    Secret(SecretArgs),
    /// Say how runs ended, and how long they took
    Stats(StatsArgs),
    /// Delete runs that ended long ago
    Cleanup(CleanupArgs),
    /// Delete runs that ended in one way, and long ago
    CleanupStatus(CleanupStatusArgs),
    /// Delete one run
    Purge(PurgeArgs),
    /// Invite users, list them, change their roles, take them out
    User(UserArgs),
    /// Make, list and revoke API tokens
    Token(TokenArgs),
    /// Bring the database's schema up or down, or show where it is
    Migrate(MigrateArgs),
    /// Hold the projections of runs against their events, and write anew what differs
    Rebuild(RebuildArgs),
    /// Check what telltale needs on this machine, and say what to do
    Doctor(DoctorArgs),
    /// Check the settings, or show them and where they come from
    Config(ConfigArgs),
    /// Fill a server with made-up runs
    Demo(DemoArgs),
    /// Print a script that completes telltale's commands in a shell
    Completion(CompletionArgs),
    /// Print the OpenAPI document of the HTTP API
    Openapi,
    /// Outlive a runner and end what it left; started by the runner itself
    #[command(hide = true)]
    Guard(GuardArgs),
}

#[derive(Debug, Args)]
pub(crate) struct GuardArgs {
    /// The runner's identity
    pub runner: String,
    /// What is removed after it
    pub directory: std::path::PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale serve
  telltale serve --listen 127.0.0.1:0 --data-dir /tmp/telltale
  telltale serve --database-url postgres://telltale@db.example.org/telltale

Without a database URL an embedded PostgreSQL is started under the data directory.
Once ready, one line is printed: telltale is listening on http://ADDRESS:PORT")]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub flags: ServerFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale run samples/recon.yaml --watch
  telltale run scan.yaml --input domain=example.org --input depth=2 --engine docker
  telltale run scan.yaml --inputs inputs.yaml       a YAML or JSON file, - for standard input

In a terminal, inputs that have no value yet are asked for.

The run is recorded by the server that the client commands would talk to; without one, this
command serves for as long as the run lasts. Exits with 0 when the run completed, else 1.")]
pub(crate) struct RunArgs {
    /// The workflow file (YAML)
    pub file: std::path::PathBuf,
    /// Draw the run while it goes on
    #[arg(long)]
    pub watch: bool,
    /// The run's id [default: run-UUID]
    #[arg(long, value_name = "ID")]
    pub run_id: Option<String>,
    #[command(flatten)]
    pub inputs: InputArgs,
    /// Where nodes run: in containers, as local processes, or whichever there is
    #[arg(long, value_enum, default_value_t = Engine::Auto)]
    pub engine: Engine,
    /// How many nodes may run at once [default: twice as many as there are processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    #[command(flatten)]
    pub flags: ServerFlags,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    Auto,
    Docker,
    Process,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale watch @latest
  telltale watch run-0198c2d4 | grep ' event '

In a terminal: a live tree of the nodes. In a pipe: a line for each event and each log line.
It survives restarts of the server, and says `resumed at seq N, 0 gaps`.
Exits with 0 if the run completed, else with 1.")]
pub(crate) struct WatchArgs {
    /// The run's id, or @latest
    pub run: String,
    /// Lines instead of the tree, in a terminal too
    #[arg(long)]
    pub plain: bool,
    #[command(flatten)]
    pub flags: ClientFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale runs
  telltale runs --status FAILED --since 2d
  telltale runs --json --limit 1000 | jq -r .runId")]
pub(crate) struct RunsArgs {
    /// Only runs in this status (QUEUED RUNNING AWAITING_INPUT COMPLETED FAILED CANCELLED …)
    #[arg(long)]
    pub status: Option<String>,
    /// Only runs of this workflow
    #[arg(long)]
    pub workflow: Option<String>,
    /// Only runs since a time (2026-11-22T10:00:00Z) or for so long (90s, 15m, 2h, 3d)
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub flags: ClientFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale events @latest
  telltale events run-0198c2d4 --after 812 --json -f")]
pub(crate) struct EventsArgs {
    /// The run's id, or @latest
    pub run: String,
    /// Only events after this seq
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    pub after: u64,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
    /// Go on until the run ends
    #[arg(short, long)]
    pub follow: bool,
    #[command(flatten)]
    pub flags: ClientFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale logs @latest -f
  telltale logs run-0198c2d4 --node resolve --stream stderr --tail 100
  telltale logs @latest --grep '/host-[0-9]+ down/'

Escape sequences other than colours are removed for a terminal, and all of them for a pipe, and of a line
that painted over itself the last state is shown; --raw prints each line as the node wrote it, and
nothing else.")]
pub(crate) struct LogsArgs {
    /// The run's id, or @latest
    pub run: String,
    /// Go on until the run ends
    #[arg(short, long)]
    pub follow: bool,
    /// Only this node
    #[arg(long, value_name = "NODE")]
    pub node: Option<String>,
    /// Only this attempt
    #[arg(long, value_name = "N")]
    pub attempt: Option<u32>,
    /// Only this stream
    #[arg(long, value_parser = ["stdout", "stderr"])]
    pub stream: Option<String>,
    /// Only lines with this text, or that match /a regular expression/
    #[arg(long, value_name = "TEXT")]
    pub grep: Option<String>,
    /// Only lines that look like this level or worse, by their words
    #[arg(long, value_parser = ["debug", "info", "warn", "error"])]
    pub level: Option<String>,
    /// Only the last N lines, with -f and then what comes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=5_000))]
    pub tail: Option<u32>,
    /// Lines as the node wrote them, escape sequences and all
    #[arg(long)]
    pub raw: bool,
    /// One JSON object a line
    #[arg(long, conflicts_with = "raw")]
    pub json: bool,
    #[command(flatten)]
    pub flags: ClientFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale verify @latest
  telltale verify run-0198c2d4.telltale
  telltale verify run-0198c2d4 --sign > elsewhere/run-0198c2d4.json
  telltale verify run-0198c2d4 --signature elsewhere/run-0198c2d4.json --public-key KEY

Reads the run's events, their hash chain and every line of its output, counts and hashes each stream anew, and holds it
against the stream's last NODE_LOG_CLOSED. Of a bundle every byte is checked. Exits with 1 when something differs or is missing.")]
pub(crate) struct VerifyArgs {
    /// The run's id, @latest, or a bundle
    #[arg(value_name = "RUN|FILE")]
    pub run: String,
    /// Print the head, signed by the server: events and lines so far, to be kept elsewhere
    #[arg(long, conflicts_with = "signature")]
    pub sign: bool,
    /// Hold the run against a head that was signed before [default: the bundle's own]
    #[arg(long, value_name = "FILE", requires = "public_key")]
    pub signature: Option<std::path::PathBuf>,
    /// The server's key, as `--sign` prints it and somebody trusts it
    #[arg(long, value_name = "KEY")]
    pub public_key: Option<String>,
    #[command(flatten)]
    pub flags: ClientFlags,
}

pub(super) fn key_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("KEY=VALUE is expected".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_declarations_hold_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn wrong_use_has_its_exit_status_and_help_has_none() {
        for (wrong, status) in [
            (vec!["telltale"], 2),
            (vec!["telltale", "watch"], 2),
            (vec!["telltale", "run", "f", "--input", "novalue"], 2),
            (vec!["telltale", "logs", "r", "--tail", "0"], 2),
            (vec!["telltale", "teleport"], 2),
            (vec!["telltale", "--help"], 0),
            (vec!["telltale", "--version"], 0),
        ] {
            assert_eq!(Cli::try_parse_from(&wrong).unwrap_err().exit_code(), status, "{wrong:?}");
        }
    }

    #[test]
    fn inputs_are_split_at_the_first_equals_sign() {
        assert_eq!(key_and_value("a=b=c"), Ok(("a".into(), "b=c".into())));
        assert!(key_and_value("=b").is_err());
    }
}
