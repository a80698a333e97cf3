//! What `telltale config` accepts.

use clap::{Args, Subcommand};

use super::setting_flags::ServerFlags;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale config check                        every fault at once; exits with 2 when there is one
  telltale config check --mode production
  telltale config show                         each setting, its value, and where it comes from
  telltale config example > .env.example")]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    pub action: ConfigAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigAction {
    /// Check the settings as `serve` would
    Check(ConfigFlags),
    /// Show every setting with its origin, secrets hidden
    Show(ConfigShowArgs),
    /// Print every setting as a variable with what it is for
    Example,
}

#[derive(Debug, Args)]
pub(crate) struct ConfigFlags {
    #[command(flatten)]
    pub flags: ServerFlags,
}

#[derive(Debug, Args)]
pub(crate) struct ConfigShowArgs {
    /// As a JSON array
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub flags: ConfigFlags,
}
