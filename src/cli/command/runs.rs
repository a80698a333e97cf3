//! `telltale runs`: the newest runs as a table, or as JSON lines.

use crate::cli::args::RunsArgs;
use crate::cli::failure::{DONE, Failure};
use crate::cli::format::{ago, elapsed, fit, now, pad, since};
use crate::cli::lines::one_line;
use crate::cli::server;
use crate::cli::style::{Style, Tone};
use crate::client::{RunQuery, RunSummary, name_of};
use crate::facts::status::RunStatus;
use crate::facts::time::Timestamp;

use super::list::say_page;
use super::watch::say;

/// The most that a server gives at once (contract).
const PAGE: u32 = 200;
/// Columns of a workflow's name.
const WORKFLOW_WIDTH: usize = 24;

pub(crate) async fn runs(args: &RunsArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let mut query = query(args)?;
    let style = Style::of_stdout();
    let mut left = args.limit;
    let mut shown = 0;
    // Ends with the list or at the limit, whichever comes first.
    while left > 0 {
        query.limit = Some(left.min(PAGE));
        let page = client.list_runs(&query).await?;
        let count = u32::try_from(page.runs.len()).unwrap_or(u32::MAX);
        say_page(&page.runs, args.json, |runs| table(runs, shown == 0, style, now()))?;
        shown += count;
        left = left.saturating_sub(count);
        query.cursor = page.next_cursor;
        if query.cursor.is_none() || count == 0 {
            break;
        }
    }
    if shown == 0 && !args.json {
        say(&why_empty(args))?;
    }
    Ok(DONE)
}

fn query(args: &RunsArgs) -> Result<RunQuery, Failure> {
    let status = match &args.status {
        Some(text) => {
            let status: Result<RunStatus, _> = text.to_ascii_uppercase().parse();
            Some(status.map_err(|fault| Failure::WrongUse(format!("--status: {fault}")))?.to_string())
        }
        None => None,
    };
    let since = match &args.since {
        Some(text) => {
            let at = since(text, now()).map_err(|fault| Failure::WrongUse(format!("--since: {fault}")))?;
            Some(at.to_string())
        }
        None => None,
    };
    Ok(RunQuery { workflow: args.workflow.clone(), status, since, limit: None, cursor: None })
}

/// An empty list says why.
fn why_empty(args: &RunsArgs) -> String {
    let filters = [("--status", &args.status), ("--workflow", &args.workflow), ("--since", &args.since)];
    let set: Vec<String> =
        filters.iter().filter_map(|(name, value)| value.as_ref().map(|v| format!("{name} {v}"))).collect();
    if set.is_empty() {
        "there is no run yet; `telltale run FILE` makes one\n".to_owned()
    } else {
        format!("no run matches {}\n", set.join(" "))
    }
}

fn table(runs: &[RunSummary], with_header: bool, style: Style, now: Timestamp) -> String {
    let id_width = runs.iter().map(|run| run.run_id.as_str().len()).max().unwrap_or(0).max(3);
    let mut text = String::new();
    if with_header {
        let header = row(["STATUS", "RUN", "WORKFLOW", "PROGRESS", "DURATION", "STARTED"], id_width);
        text.push_str(&style.paint(Tone::Dim, &header));
        text.push('\n');
    }
    for run in runs {
        let (glyph, tone) = style.run(run.status, 0);
        let started_at = run.started_at.or(run.queued_at);
        let cells = [
            style.paint(tone, &format!("{glyph} {}", run.status)),
            run.run_id.to_string(),
            fit(&one_line(&name_of(run.workflow.as_ref())), WORKFLOW_WIDTH),
            format!("{}/{}", run.progress.completed_actions, run.progress.total_actions),
            elapsed(started_at, run.completed_at, now).unwrap_or_default(),
            started_at.map(|at| ago(at, now)).unwrap_or_default(),
        ];
        text.push_str(&row(cells.each_ref().map(String::as_str), id_width));
        text.push('\n');
    }
    text
}

fn row(cells: [&str; 6], id_width: usize) -> String {
    let [status, run, workflow, progress, duration, started] = cells;
    let cells = [
        pad(status, 16),
        pad(run, id_width),
        pad(workflow, WORKFLOW_WIDTH),
        pad(progress, 9),
        pad(duration, 10),
        started.to_owned(),
    ];
    cells.join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_table_lines_up() {
        let runs: Vec<RunSummary> = serde_json::from_str(
            &json!([
                {"runId": "run-2", "workflow": "recon", "status": "RUNNING", "startedAt": "2026-11-22T10:00:00Z",
                 "progress": {"completedActions": 3, "totalActions": 7}},
                {"runId": "run-1", "workflow": {"name": "flaky\u{1b}[2J"}, "status": "AWAITING_INPUT",
                 "queuedAt": "2026-11-21T10:00:00Z", "completedAt": null},
            ])
            .to_string(),
        )
        .unwrap();
        let table = table(&runs, true, Style::PIPE, "2026-11-22T10:01:05Z".parse().unwrap());
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(
            lines[0],
            "STATUS            RUN    WORKFLOW                  PROGRESS   DURATION    STARTED"
        );
        assert_eq!(
            lines[1],
            "⠋ RUNNING         run-2  recon                     3/7        1:05        1 min ago"
        );
        assert_eq!(
            lines[2],
            "? AWAITING_INPUT  run-1  flaky                     0/0        1 d 00:01   1 d ago"
        );
    }
}
