//! What the commands around runs accept: secrets, wrapped commands, completion, demonstrations.

use clap::{Args, Subcommand};
use clap_complete::Shell;

use super::setting_flags::{ClientFlags, ServerFlags};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale secret set api-key < key.txt
  telltale secret set api-key                prompts, and shows nothing of what is typed
  telltale secret list
  telltale secret delete api-key

A node of a workflow gets a secret by reference: secrets: { API_KEY: api-key }.
Values are sealed with the server's key and never shown again.")]
pub(crate) struct SecretArgs {
    #[command(subcommand)]
    pub command: SecretCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SecretCommand {
    /// Store a value, read from standard input or asked for without echo
    Set(SecretSetArgs),
    /// List the names of secrets, never their values
    List(SecretListArgs),
    /// Delete a secret
    Delete(SecretDeleteArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale secret set api-key < key.txt
  pass show service/api | telltale secret set api-key

One line feed at the end of what is read is not part of the value. The value is never taken
from the command line, where everybody on the machine could read it.")]
pub(crate) struct SecretSetArgs {
    /// The secret's name: letters, digits, `_`, `.`, `-`
    pub name: String,
    #[command(flatten)]
    pub flags: ClientFlags,
}

#[derive(Debug, Args)]
pub(crate) struct SecretListArgs {
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub flags: ClientFlags,
}

#[derive(Debug, Args)]
pub(crate) struct SecretDeleteArgs {
    /// The secret's name
    pub name: String,
    #[command(flatten)]
    pub flags: ClientFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale exec -- make test
  telltale exec --workflow nightly -- ./backup.sh /srv
  telltale exec --run build-812 --node compile -- make
  telltale exec --run build-812 --node deploy --end -- ./deploy.sh

The command runs here, with this directory, environment and input; its output is passed on as it comes and
recorded line by line. With --run and --node it is a node of that run, which is registered when it is
unknown: the same node once more is its next attempt, and the run goes on until one comes with --end.
SIGINT and SIGTERM are passed on. A line `::progress 3/10 text` on its output shows as progress.
Exits with 0 when the command did, with 1 when it failed; its own status is in the event, as data.exitCode.")]
pub(crate) struct ExecArgs {
    /// The run's id; with --node one that others have part in [default: run-UUID]
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// The node's name [default: the program's]
    #[arg(long, value_name = "NODE")]
    pub node: Option<String>,
    /// The workflow's name, for a new run [default: the node's]
    #[arg(long, value_name = "NAME")]
    pub workflow: Option<String>,
    /// End the run as the command ends, too
    #[arg(long, requires = "run", requires = "node")]
    pub end: bool,
    /// Say nothing but what the command says
    #[arg(short, long)]
    pub quiet: bool,
    #[command(flatten)]
    pub flags: ServerFlags,
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "CMD")]
    pub command: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale completion bash > ~/.local/share/bash-completion/completions/telltale
  telltale completion zsh > ~/.zfunc/_telltale
  telltale completion fish > ~/.config/fish/completions/telltale.fish")]
pub(crate) struct CompletionArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale demo seed
  telltale demo seed --runs 20000 --seed 7")]
pub(crate) struct DemoArgs {
    #[command(subcommand)]
    pub command: DemoCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DemoCommand {
    /// Send made-up runs in all statuses, over the last 30 days
    Seed(SeedArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale demo seed
  telltale demo seed --runs 20000 --seed 7

Several workflows with labels, retries, failures and their stacks, and output. The same seed gives the
same runs, whose events are stored once however often they are sent: it may be repeated, and made larger.")]
pub(crate) struct SeedArgs {
    /// How many runs
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub runs: u64,
    /// Which runs: another number gives others
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
    #[command(flatten)]
    pub flags: ClientFlags,
}
