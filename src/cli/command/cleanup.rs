//! `telltale cleanup`, `cleanup-status` and `purge`: a plan, a question, and its apply.

use std::io::IsTerminal as _;
use std::time::Duration;

use crate::cli::failure::{DONE, Failure, RUN_FAILED};
use crate::cli::format::count;
use crate::cli::history_args::{CleanupArgs, CleanupStatusArgs, DeletionArgs, PurgeArgs};
use crate::cli::server;
use crate::client::{CleanupCounts, CleanupPlan, CleanupQuery, Client};
use crate::facts::status::RunStatus;

use super::watch::say;

/// Between two looks at how far a deletion is.
const LOOK_EVERY: Duration = Duration::from_millis(200);

pub(crate) async fn cleanup(args: &CleanupArgs) -> Result<u8, Failure> {
    let client = server::client(&args.deletion.flags.settings()?)?;
    let what = args.only.as_deref().map(str::parse).transpose();
    let query = CleanupQuery {
        older_than_days: Some(args.days),
        workflow: args.workflow.clone(),
        what: what.map_err(|fault| Failure::WrongUse(format!("--only: {fault}")))?,
        ..CleanupQuery::default()
    };
    carry_out(&client, &query, &args.deletion).await
}

pub(crate) async fn cleanup_status(args: &CleanupStatusArgs) -> Result<u8, Failure> {
    let status = status(&args.status).map_err(Failure::WrongUse)?;
    let client = server::client(&args.deletion.flags.settings()?)?;
    let query =
        CleanupQuery { older_than_days: Some(args.days), status: vec![status], ..CleanupQuery::default() };
    carry_out(&client, &query, &args.deletion).await
}

pub(crate) async fn purge(args: &PurgeArgs) -> Result<u8, Failure> {
    let client = server::client(&args.deletion.flags.settings()?)?;
    let run_id = server::run_id(&client, &args.run).await?;
    let query = CleanupQuery { run_id: Some(run_id), ..CleanupQuery::default() };
    carry_out(&client, &query, &args.deletion).await
}

/// The end of a run that is meant, in any case.
fn status(text: &str) -> Result<RunStatus, String> {
    let status: RunStatus = text.to_ascii_uppercase().parse().map_err(|fault| format!("{fault}"))?;
    if status.is_terminal() {
        Ok(status)
    } else {
        Err(format!("{status} is not the end of a run, and only what is over is deleted"))
    }
}

async fn carry_out(client: &Client, query: &CleanupQuery, args: &DeletionArgs) -> Result<u8, Failure> {
    let plan = client.plan_cleanup(query).await?;
    if args.dry_run || plan.counts.runs == 0 {
        show(&plan, "would delete", &plan.counts, args.json)?;
        return Ok(DONE);
    }
    if !args.yes && std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        let question = format!("delete {}? [y/N] ", words(&plan.counts));
        if !confirmed(&question)? {
            say("nothing was deleted\n")?;
            return Ok(DONE);
        }
    }
    let mut plan = client.apply_cleanup(plan.plan_id).await?;
    while plan.state == "applying" {
        tokio::time::sleep(LOOK_EVERY).await;
        plan = client.cleanup_plan(plan.plan_id).await?;
    }
    show(&plan, "deleted", &plan.done, args.json)?;
    Ok(if plan.state == "applied" { DONE } else { RUN_FAILED })
}

fn show(plan: &CleanupPlan, verb: &str, counts: &CleanupCounts, as_json: bool) -> Result<(), Failure> {
    if as_json {
        let text = serde_json::to_string(plan).unwrap_or_default();
        return Ok(say(&format!("{text}\n"))?);
    }
    Ok(say(&format!("{verb} {}\n", words(counts)))?)
}

/// `3 runs: 1,204 events, 88 lines, 2 artifacts, 10,240 bytes of lines and artifacts`
fn words(counts: &CleanupCounts) -> String {
    let CleanupCounts { runs, events, lines, bytes, artifacts } = *counts;
    let of =
        |number: u64, name: &str| format!("{} {name}{}", count(number), if number == 1 { "" } else { "s" });
    format!(
        "{}: {}, {}, {}, {} of lines and artifacts",
        of(runs, "run"),
        of(events, "event"),
        of(lines, "line"),
        of(artifacts, "artifact"),
        of(bytes, "byte")
    )
}

fn confirmed(question: &str) -> Result<bool, Failure> {
    let unreadable = |error: std::io::Error| Failure::WrongUse(format!("the answer can't be read: {error}"));
    let terminal = console::Term::stderr();
    terminal.write_str(question).map_err(unreadable)?;
    let answer = terminal.read_line().map_err(unreadable)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_said_in_words() {
        let counts = CleanupCounts { runs: 1, events: 1_204, lines: 0, bytes: 10_240, artifacts: 2 };
        let said = "1 run: 1,204 events, 0 lines, 2 artifacts, 10,240 bytes of lines and artifacts";
        assert_eq!(words(&counts), said);
    }

    #[test]
    fn only_ends_are_deleted() {
        assert_eq!(status("failed"), Ok(RunStatus::Failed));
        assert!(status("running").is_err() && status("stale").is_err() && status("done").is_err());
    }
}
