//! `telltale workflow`: workflows stored on a server, and runs of them.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use crate::cli::failure::{DONE, Failure, INTERRUPTED};
use crate::cli::format::{ago, fit, now, pad};
use crate::cli::inputs;
use crate::cli::lines::one_line;
use crate::cli::server;
use crate::cli::style::{Style, Tone};
use crate::cli::workflow_args::{
    WorkflowArgs, WorkflowCommand, WorkflowListArgs, WorkflowPutArgs, WorkflowShowArgs, WorkflowStartArgs,
};
use crate::client::{Client, StartRun, WatchOptions, WorkflowSummary, until_acknowledged};
use crate::facts::id::RunId;
use crate::facts::time::Timestamp;
use crate::runner::{self, Workflow};

use super::list::say_page;
use super::watch::{Presenter, exit_status, follow, say};

/// How long a start is tried; the server makes one run of it however often it hears of it.
const START_PATIENCE: Duration = Duration::from_secs(10);
/// Columns of a workflow's name, and of the run that was its last.
const NAME_WIDTH: usize = 32;
const STATUS_WIDTH: usize = 16;

pub(crate) async fn workflow(args: &WorkflowArgs) -> Result<u8, Failure> {
    match &args.command {
        WorkflowCommand::Put(args) => put(args).await,
        WorkflowCommand::List(args) => list(args).await,
        WorkflowCommand::Show(args) => show(args).await,
        WorkflowCommand::Start(args) => start(args).await,
    }
}

async fn put(args: &WorkflowPutArgs) -> Result<u8, Failure> {
    let workflow = runner::load(&args.file).map_err(|fault| Failure::WrongUse(fault.to_string()))?;
    let unreadable = |error| Failure::WrongUse(format!("{} can't be read: {error}", args.file.display()));
    // Checked a moment ago, so that it is text and within its bounds.
    let source = std::fs::read_to_string(&args.file).map_err(unreadable)?;
    let client = server::client(&args.flags.settings()?)?;
    let stored = client.put_workflow(&workflow.name, &source).await?;
    say(&format!("stored {}, version {}\n", one_line(&stored.name), stored.version))?;
    Ok(DONE)
}

async fn list(args: &WorkflowListArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let style = Style::of_stdout();
    let (mut cursor, mut shown) = (None::<String>, 0);
    // Each page begins behind the one before, so that this ends with the list.
    loop {
        let page = client.list_workflows(cursor.as_deref()).await?;
        say_page(&page.workflows, args.json, |workflows| table(workflows, shown == 0, style, now()))?;
        shown += page.workflows.len();
        cursor = page.next_cursor;
        if cursor.is_none() || page.workflows.is_empty() {
            break;
        }
    }
    if shown == 0 && !args.json {
        say("there is no workflow yet; `telltale workflow put FILE` stores one\n")?;
    }
    Ok(DONE)
}

fn table(workflows: &[WorkflowSummary], with_header: bool, style: Style, now: Timestamp) -> String {
    let row = |cells: [&str; 5]| {
        let [name, version, nodes, last, changed] = cells;
        let cells = [
            pad(name, NAME_WIDTH),
            pad(version, 7),
            pad(nodes, 5),
            pad(last, STATUS_WIDTH),
            changed.to_owned(),
        ];
        cells.join("  ").trim_end().to_owned() + "\n"
    };
    let mut text = String::new();
    if with_header {
        text.push_str(&style.paint(Tone::Dim, &row(["NAME", "VERSION", "NODES", "LAST RUN", "CHANGED"])));
    }
    for workflow in workflows {
        let last = workflow.last_run.as_ref().map_or_else(String::new, |run| {
            let (glyph, tone) = style.run(run.status, 0);
            style.paint(tone, &format!("{glyph} {}", run.status))
        });
        text.push_str(&row([
            &fit(&one_line(&workflow.name), NAME_WIDTH),
            &workflow.version.to_string(),
            &workflow.node_count.to_string(),
            &last,
            &ago(workflow.updated_at, now),
        ]));
    }
    text
}

async fn show(args: &WorkflowShowArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let stored = client.get_workflow(&args.name, args.version).await?;
    if args.json {
        say(&(serde_json::to_string(&stored).unwrap_or_default() + "\n"))?;
    } else {
        say(&stored.source)?;
    }
    Ok(DONE)
}

async fn start(args: &WorkflowStartArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let run_id = args.run_id.as_deref().map(server::run_id_of).transpose()?;
    let stored = client.get_workflow(&args.name, args.version).await?;
    let workflow = parsed(&stored.name, &stored.source)?;
    let values = inputs::gather(&workflow, &args.inputs)?;
    let start = StartRun {
        run_id,
        version: Some(stored.version),
        priority: args.priority,
        inputs: (!values.is_empty()).then_some(Value::Object(values)),
        trigger: None,
    };
    let key = format!("cli-{}", Uuid::now_v7());
    let send = || client.start_workflow(&stored.name, &start, Some(&key));
    let state = until_acknowledged(START_PATIENCE, send).await?;
    watched(&client, state.run_id, args.watch).await
}

/// The workflow that a stored text is.
pub(super) fn parsed(name: &str, source: &str) -> Result<Workflow, Failure> {
    crate::facts::workflow::parse(name, source)
        .map_err(|faults| Failure::WrongUse(format!("the stored workflow is not understood here: {faults}")))
}

/// Names a run that was started, and follows it where that is wanted.
pub(super) async fn watched(client: &Client, run_id: RunId, watch: bool) -> Result<u8, Failure> {
    say(&format!("run  {run_id}\npage {}\n", client.page_url(&run_id)))?;
    if !watch {
        return Ok(DONE);
    }
    let mut presenter = Presenter::new(run_id.clone(), false);
    tokio::select! {
        status = follow(client, &run_id, WatchOptions::default(), &mut presenter) => Ok(exit_status(status?)),
        // The run goes on without us.
        _ = tokio::signal::ctrl_c() => Ok(INTERRUPTED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_shows_the_last_run() {
        let at: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let workflow: WorkflowSummary = serde_json::from_value(serde_json::json!({
            "name": "recon", "version": 3, "nodeCount": 6, "createdAt": at, "updatedAt": at,
            "lastRun": { "runId": "run-1", "status": "FAILED" }, "counts": { "waiting": 0, "claimed": 0 },
        }))
        .unwrap();
        let table = table(&[workflow], true, Style::PIPE, at);
        let words: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(words[0], ["NAME", "VERSION", "NODES", "LAST", "RUN", "CHANGED"]);
        assert_eq!(words[1][..5], ["recon", "3", "6", "✖", "FAILED"]);
    }
}
