//! `telltale user`: the members of the organization.

use crate::cli::account_args::{ListArgs, UserAddArgs, UserArgs, UserCommand, UserNameArgs, UserRoleArgs};
use crate::cli::failure::{DONE, Failure};
use crate::cli::format::pad;
use crate::cli::lines::one_line;
use crate::cli::server;
use crate::cli::style::{Style, Tone};
use crate::client::{Client, Member};
use crate::facts::account::Email;

use super::list::say_page;
use super::watch::say;

pub(crate) async fn user(args: &UserArgs) -> Result<u8, Failure> {
    match &args.command {
        UserCommand::Add(args) => add(args).await,
        UserCommand::List(args) => list(args).await,
        UserCommand::Role(args) => role(args).await,
        UserCommand::Remove(args) => remove(args).await,
        UserCommand::Link(args) => link(args).await,
    }
}

async fn add(args: &UserAddArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let email = email_of(&args.email)?;
    let invited = client.invite_user(&email, args.name.as_deref(), args.role).await?;
    let member = &invited.user;
    say(&format!(
        "{} is {} of the organization, and signs in once, within a week, with\n",
        one_line(member.email.as_str()),
        member.role
    ))?;
    say(&format!("{}\n", one_line(&invited.sign_in_link)))?;
    Ok(DONE)
}

async fn list(args: &ListArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let members = client.list_users().await?;
    if members.is_empty() && !args.json {
        say("there is no user yet; `telltale user add EMAIL` invites one\n")?;
    }
    say_page(&members, args.json, |members| table(members, Style::of_stdout()))?;
    Ok(DONE)
}

async fn role(args: &UserRoleArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let member = member(&client, &args.email).await?;
    let changed = client.set_role(member.user_id, args.role).await?;
    say(&format!("{} is {} now\n", one_line(changed.email.as_str()), changed.role))?;
    Ok(DONE)
}

async fn remove(args: &UserNameArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let member = member(&client, &args.email).await?;
    client.remove_user(member.user_id).await?;
    say(&format!("removed {}\n", one_line(member.email.as_str())))?;
    Ok(DONE)
}

async fn link(args: &UserNameArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let member = member(&client, &args.email).await?;
    let link = client.sign_in_link(member.user_id).await?;
    say(&format!("{}\n", one_line(&link)))?;
    Ok(DONE)
}

async fn member(client: &Client, email: &str) -> Result<Member, Failure> {
    let email = email_of(email)?;
    let members = client.list_users().await?;
    let found = members.into_iter().find(|member| member.email == email);
    found.ok_or_else(|| Failure::WrongUse(format!("there is no user {} in the organization", email.as_str())))
}

fn email_of(text: &str) -> Result<Email, Failure> {
    text.parse().map_err(|fault| Failure::WrongUse(format!("`{text}` is no e-mail address: {fault}")))
}

fn table(members: &[Member], style: Style) -> String {
    let width = members.iter().map(|member| member.email.as_str().chars().count()).max().unwrap_or(0).max(6);
    let mut text = style.paint(Tone::Dim, &format!("{}  {}  STATE", pad("E-MAIL", width), pad("ROLE", 6)));
    text.push('\n');
    for member in members {
        let state = if member.joined { "joined" } else { "invited" };
        let email = pad(&one_line(member.email.as_str()), width);
        text.push_str(&format!("{email}  {}  {state}\n", pad(member.role.as_str(), 6)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::account::{Role, UserId};

    #[test]
    fn the_table_says_who_is_what() {
        let member = Member {
            user_id: UserId(uuid::Uuid::nil()),
            email: "ada@example.org".parse().unwrap(),
            name: None,
            role: Role::Owner,
            created_at: None,
            joined: false,
        };
        let table = table(&[member], Style::PIPE);
        assert_eq!(table, "E-MAIL           ROLE    STATE\nada@example.org  owner   invited\n");
    }
}
