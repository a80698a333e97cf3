//! What the commands around runs accept: secrets, wrapped commands, completion, demonstrations.

use clap::{Args, Subcommand};

use super::setting_flags::ClientFlags;

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
