//! What the commands about users and API tokens accept.

use clap::{Args, Subcommand};

use super::setting_flags::ClientFlags;
use crate::facts::account::{Role, Scope};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale user add ada@example.org --role owner
  telltale user list
  telltale user role ada@example.org member
  telltale user link ada@example.org         another link, for who has lost the password
  telltale user remove ada@example.org

The first user becomes an owner, and from then on everybody signs in, on this machine's page too. The commands here go on
working for whoever may read the server's data directory; elsewhere they need TELLTALE_TOKEN.")]
pub(crate) struct UserArgs {
    #[command(subcommand)]
    pub command: UserCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Invite somebody, and print the link that signs in once
    Add(UserAddArgs),
    /// List the members of the organization
    List(ListArgs),
    /// Give a member another role
    Role(UserRoleArgs),
    /// Take a member out, and end what is open by them
    Remove(UserNameArgs),
    /// Print another one-time link for a member
    Link(UserNameArgs),
}

#[derive(Debug, Args)]
pub(crate) struct UserAddArgs {
    /// The e-mail address to sign in with
    pub email: String,
    /// What the user may do: owner, member or viewer
    #[arg(long, value_name = "ROLE", default_value = "member", value_parser = role)]
    pub role: Role,
    /// The user's name
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    #[command(flatten)]
    pub flags: ClientFlags,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub flags: ClientFlags,
}

#[derive(Debug, Args)]
pub(crate) struct UserRoleArgs {
    /// The user's e-mail address
    pub email: String,
    /// owner, member or viewer
    #[arg(value_parser = role)]
    pub role: Role,
    #[command(flatten)]
    pub flags: ClientFlags,
}

#[derive(Debug, Args)]
pub(crate) struct UserNameArgs {
    /// The user's e-mail address
    pub email: String,
    #[command(flatten)]
    pub flags: ClientFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telltale token create ci --scope append
  telltale token create dashboard --scope read --workflow nightly --expires 90d
  telltale token list
  telltale token revoke ci

read sees, append records and executes runs, admin may do what an owner may. The secret is printed once.")]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    pub command: TokenCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token, and print its secret
    Create(TokenCreateArgs),
    /// List the tokens of the organization, without their secrets
    List(ListArgs),
    /// Revoke a token, and end what is open by it
    Revoke(TokenRevokeArgs),
}

#[derive(Debug, Args)]
pub(crate) struct TokenCreateArgs {
    /// What it is for
    pub name: String,
    /// What it may be used for: append, read or admin; repeated for several
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_parser = scope, value_delimiter = ',')]
    pub scopes: Vec<Scope>,
    /// Only for runs of this workflow
    #[arg(long, value_name = "NAME", conflicts_with = "run")]
    pub workflow: Option<String>,
    /// Only for this run
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// When it ends: after so long (90d, 12h), or at a time (2027-01-01T00:00:00Z)
    #[arg(long, value_name = "WHEN")]
    pub expires: Option<String>,
    /// One JSON object instead of the secret alone
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub flags: ClientFlags,
}

#[derive(Debug, Args)]
pub(crate) struct TokenRevokeArgs {
    /// The token's id, its name, or its secret
    // Not `token`, which is a setting's flag.
    #[arg(value_name = "TOKEN")]
    pub wanted: String,
    #[command(flatten)]
    pub flags: ClientFlags,
}

fn role(text: &str) -> Result<Role, String> {
    text.parse().map_err(|error| format!("{error}"))
}

fn scope(text: &str) -> Result<Scope, String> {
    text.parse().map_err(|error| format!("{error}"))
}
