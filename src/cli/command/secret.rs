//! `telltale secret`: values go in from standard input or a prompt without echo, and only names come out.

use std::io::{IsTerminal as _, Read as _};

use crate::cli::failure::{DONE, Failure};
use crate::cli::format::{ago, now, pad};
use crate::cli::server;
use crate::cli::style::{Style, Tone};
use crate::cli::tool_args::{SecretArgs, SecretCommand, SecretDeleteArgs, SecretListArgs, SecretSetArgs};
use crate::client::SecretSummary;
use crate::facts::secret::{SECRET_MAX_BYTES, SecretName};
use crate::facts::time::Timestamp;

use super::list::say_page;
use super::watch::say;

pub(crate) async fn secret(args: &SecretArgs) -> Result<u8, Failure> {
    match &args.command {
        SecretCommand::Set(args) => set(args).await,
        SecretCommand::List(args) => list(args).await,
        SecretCommand::Delete(args) => delete(args).await,
    }
}

async fn set(args: &SecretSetArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let name = name_of(&args.name)?;
    let value = tokio::task::spawn_blocking(value)
        .await
        .map_err(|error| Failure::WrongUse(format!("the value can't be read: {error}")))??;
    client.put_secret(&name, &value).await?;
    say(&format!("stored {name}\n"))?;
    Ok(DONE)
}

async fn list(args: &SecretListArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let style = Style::of_stdout();
    let mut after = None;
    let mut shown = 0;
    // Each page begins behind the one before, so that this ends with the list.
    loop {
        let page = client.list_secrets(after.as_ref()).await?;
        say_page(&page.secrets, args.json, |secrets| table(secrets, shown == 0, style, now()))?;
        shown += page.secrets.len();
        after = page.next_after;
        if after.is_none() || page.secrets.is_empty() {
            break;
        }
    }
    if shown == 0 && !args.json {
        say("there is no secret yet; `telltale secret set NAME` stores one\n")?;
    }
    Ok(DONE)
}

async fn delete(args: &SecretDeleteArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let name = name_of(&args.name)?;
    client.delete_secret(&name).await?;
    say(&format!("deleted {name}\n"))?;
    Ok(DONE)
}

fn name_of(text: &str) -> Result<SecretName, Failure> {
    text.parse().map_err(|fault| Failure::WrongUse(format!("`{text}` is no secret's name: {fault}")))
}

/// From a terminal asked for without echo, from anywhere else read to its end.
fn value() -> Result<String, Failure> {
    let unreadable = |error: std::io::Error| Failure::WrongUse(format!("the value can't be read: {error}"));
    if std::io::stdin().is_terminal() {
        let terminal = console::Term::stderr();
        terminal.write_str("value (not shown): ").map_err(unreadable)?;
        return terminal.read_secure_line().map_err(unreadable);
    }
    let mut bytes = Vec::new();
    // With its line feed, and one byte more to tell what is too long.
    let limit = SECRET_MAX_BYTES as u64 + 2;
    std::io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    text_of(bytes).map_err(Failure::WrongUse)
}

/// The value without the line feed that an editor or `echo` puts behind it.
fn text_of(bytes: Vec<u8>) -> Result<String, String> {
    let mut text =
        String::from_utf8(bytes).map_err(|_| "the value is not UTF-8; encode it, in base64 say")?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    if text.len() > SECRET_MAX_BYTES {
        return Err(format!("the value is longer than {SECRET_MAX_BYTES} bytes"));
    }
    Ok(text)
}

fn table(secrets: &[SecretSummary], with_header: bool, style: Style, now: Timestamp) -> String {
    let width = secrets.iter().map(|secret| secret.name.as_str().len()).max().unwrap_or(0).max(4);
    let mut text = String::new();
    if with_header {
        text.push_str(&style.paint(Tone::Dim, &format!("{}  {}", pad("NAME", width), "CHANGED")));
        text.push('\n');
    }
    for secret in secrets {
        let name = pad(secret.name.as_str(), width);
        text.push_str(&format!("{name}  {}\n", ago(secret.updated_at, now)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_end_is_not_part_of_the_value() {
        for (given, value) in [("abc\n", "abc"), ("abc\r\n", "abc"), ("abc\n\n", "abc\n"), ("abc", "abc")] {
            assert_eq!(text_of(given.into()).as_deref(), Ok(value));
        }
        assert!(text_of(vec![0xff]).is_err());
        assert!(text_of(vec![b'x'; SECRET_MAX_BYTES + 1]).is_err());
        assert!(text_of([vec![b'x'; SECRET_MAX_BYTES], vec![b'\n']].concat()).is_ok());
    }

    #[test]
    fn the_table_shows_names_and_times() {
        let at: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let secret = SecretSummary { name: "api-key".parse().unwrap(), created_at: at, updated_at: at };
        let table = table(&[secret], true, Style::PIPE, at);
        assert!(table.starts_with("NAME     CHANGED\napi-key  "), "{table}");
    }
}
