//! `telltale token`: API tokens for workers, CI and dashboards.

use std::time::Duration;

use crate::cli::account_args::{ListArgs, TokenArgs, TokenCommand, TokenCreateArgs, TokenRevokeArgs};
use crate::cli::failure::{DONE, Failure};
use crate::cli::format::{ago, now, pad};
use crate::cli::lines::one_line;
use crate::cli::server;
use crate::cli::style::{Style, Tone};
use crate::client::{NewToken, TokenSummary};
use crate::facts::account::Scope;
use crate::facts::time::Timestamp;

use super::list::say_page;
use super::watch::say;

/// Longer than any token should live.
const EXPIRES_MAX_DAYS: u64 = 100 * 366;

pub(crate) async fn token(args: &TokenArgs) -> Result<u8, Failure> {
    match &args.command {
        TokenCommand::Create(args) => create(args).await,
        TokenCommand::List(args) => list(args).await,
        TokenCommand::Revoke(args) => revoke(args).await,
    }
}

async fn create(args: &TokenCreateArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let expires_at = match &args.expires {
        Some(text) => Some(end(text, now()).map_err(Failure::WrongUse)?),
        None => None,
    };
    let request = NewToken {
        name: args.name.clone(),
        scopes: args.scopes.clone(),
        workflow: args.workflow.clone(),
        run_id: args.run.clone(),
        expires_at,
    };
    let made = client.make_token(&request).await?;
    if args.json {
        let mut row = serde_json::to_value(&made.row).unwrap_or_default();
        row["token"] = made.token.into();
        say(&format!("{row}\n"))?;
    } else {
        // Alone on standard output, so that a script can take it.
        say(&format!("{}\n", one_line(&made.token)))?;
    }
    Ok(DONE)
}

async fn list(args: &ListArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let tokens = client.list_tokens().await?;
    if tokens.is_empty() && !args.json {
        say("there is no token yet; `telltale token create NAME --scope read` makes one\n")?;
    }
    say_page(&tokens, args.json, |tokens| table(tokens, Style::of_stdout(), now()))?;
    Ok(DONE)
}

async fn revoke(args: &TokenRevokeArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let tokens = client.list_tokens().await?;
    let wanted = args.wanted.as_str();
    let fits = |token: &&TokenSummary| {
        token.token_id.to_string() == wanted || token.name == wanted || wanted.starts_with(&token.prefix)
    };
    let mut found = tokens.iter().filter(fits);
    let token = match (found.next(), found.next()) {
        (Some(token), None) => token,
        (None, _) => return Err(Failure::WrongUse(format!("there is no token {wanted}"))),
        (Some(_), Some(_)) => {
            return Err(Failure::WrongUse(format!(
                "several tokens are called {wanted}; name one by its id, which `telltale token list --json` shows"
            )));
        }
    };
    client.revoke_token(token.token_id).await?;
    say(&format!("revoked {}\n", one_line(&token.name)))?;
    Ok(DONE)
}

/// A time, or so long from now.
fn end(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let unit = |ending: &str, seconds: u64| {
        let number: u64 = text.strip_suffix(ending)?.parse().ok()?;
        Some(Duration::from_secs(number.checked_mul(seconds)?))
    };
    let after = unit("d", 86_400).or_else(|| unit("h", 3_600)).or_else(|| unit("m", 60));
    match after {
        Some(after) if after.as_secs() <= EXPIRES_MAX_DAYS * 86_400 => Ok(now.after(after)),
        Some(_) => Err(format!("`{text}` is longer than a hundred years")),
        None => text.parse().map_err(|_| format!("`{text}` is neither 90d, 12h, 30m nor a time (RFC 3339)")),
    }
}

fn table(tokens: &[TokenSummary], style: Style, now: Timestamp) -> String {
    let width = tokens.iter().map(|token| one_line(&token.name).chars().count()).max().unwrap_or(0).max(4);
    let mut text = style.paint(
        Tone::Dim,
        &format!(
            "{}  {}  {}  {}  LIMIT",
            pad("NAME", width),
            pad("TOKEN", 10),
            pad("SCOPES", 18),
            pad("USED", 10)
        ),
    );
    text.push('\n');
    for token in tokens {
        let scopes = token.scopes.iter().map(|scope| Scope::as_str(*scope)).collect::<Vec<_>>().join(",");
        let used = token.last_used_at.map_or_else(|| "never".to_owned(), |at| ago(at, now));
        let mut limits = Vec::new();
        limits.extend(token.workflow.as_ref().map(|workflow| format!("workflow {}", one_line(workflow))));
        limits.extend(token.run_id.as_ref().map(|run| format!("run {run}")));
        limits.extend(
            token.expires_at.map(|at| if at <= now { "expired".to_owned() } else { format!("until {at}") }),
        );
        text.push_str(&format!(
            "{}  {}  {}  {}  {}\n",
            pad(&one_line(&token.name), width),
            pad(&format!("{}…", token.prefix), 10),
            pad(&scopes, 18),
            pad(&used, 10),
            limits.join(", ")
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_span_or_a_time() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        assert_eq!(end("90d", now).unwrap().micros_since(now), 90 * 86_400 * 1_000_000);
        assert_eq!(end("12h", now).unwrap().micros_since(now), 12 * 3_600 * 1_000_000);
        assert_eq!(end("2027-01-01T00:00:00Z", now).unwrap().to_string(), "2027-01-01T00:00:00.000000Z");
        for bad in ["", "d", "soon", "99999999d", "-1d"] {
            assert!(end(bad, now).is_err(), "{bad}");
        }
    }
}
