//! A run as one HTML page that opens anywhere: no script, nothing from elsewhere, every text escaped.

use std::fmt::Write as _;

use super::export::ExportError;
use crate::facts::event::Event;
use crate::facts::id::{OrganizationId, RunId, RunKey};
use crate::facts::run::Run;
use crate::facts::status::{NodeStatus, RunStatus};
use crate::flow::Core;
use crate::flow::log_reader::Wanted;
use crate::store::db::DbError;
use crate::store::journal::read::{self, EventFilter};
use crate::store::logs::{self, Direction, LineFilter, LogRange, Room};
use crate::store::runs;

/// What a browser still scrolls through at ease, without a script that helps.
const EVENTS_MAX: u32 = 2_000;
const LINES_MAX: usize = 10_000;
const LINE_BYTES_MAX: usize = 4 * 1024 * 1024;
const NODES_MAX: usize = 5_000;
/// Letters of one text that are shown: a message or a piece of data that goes on is cut, and says so.
const TEXT_MAX_CHARS: usize = 2_000;

const HEAD: &str = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root{color-scheme:light dark}
body{font:14px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0;border-bottom:1px solid #8884}
code,pre,td.m{font:12px/1.45 ui-monospace,monospace;overflow-wrap:anywhere}
pre{white-space:pre-wrap;border:1px solid #8884;border-radius:4px;padding:.6rem;margin:0}
.s{font-weight:600}.FAILED,.TIMED_OUT,.TERMINATED{color:#c2410c}.COMPLETED{color:#0369a1}.cut{font-style:italic;opacity:.8}
summary{cursor:pointer}
</style>
"#;

/// The page of a run, with the first of its events and the last of its lines where there are too many.
pub async fn page(core: &Core, organization: OrganizationId, run_id: &RunId) -> Result<String, ExportError> {
    let row = runs::find(&core.db, organization, run_id).await?.ok_or(ExportError::NoSuchRun)?;
    let state = runs::state(&core.db, organization, run_id).await?.ok_or(ExportError::NoSuchRun)?.1;
    let mut html = String::from(HEAD);
    head(&mut html, run_id, &state);
    nodes(&mut html, &state);
    let everything = EventFilter::default();
    let events = read::events(&core.db, row.run_key, 0, row.head_seq, EVENTS_MAX, &everything).await?;
    put(&mut html, format_args!("<h2>Events</h2>"));
    if row.head_seq > u64::from(EVENTS_MAX) {
        put(
            &mut html,
            format_args!("<p class=cut>The first {EVENTS_MAX} of {}; the bundle has all.</p>", row.head_seq),
        );
    }
    html.push_str("<table><tr><th>seq<th>recorded<th>type<th>node<th>what</tr>\n");
    for stored in &events {
        let event = Event::from_stored(stored.seq, stored.recorded_at, &stored.body)
            .map_err(|error| DbError::Shape(error.to_string()))?;
        event_row(&mut html, &event, stored.late);
    }
    html.push_str("</table>\n");
    lines(&mut html, core, row.run_key).await?;
    html.push_str("</body></html>\n");
    Ok(html)
}

fn put(html: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing into memory does not fail.
    let _ = html.write_fmt(what);
}

fn head(html: &mut String, run_id: &RunId, state: &Run) {
    let head = &state.head;
    let workflow = escaped(head.workflow.as_deref().unwrap_or("a run"));
    let status: RunStatus = state.status();
    put(html, format_args!("<title>{workflow} · {run_id}</title></head><body>\n<h1>{workflow}</h1>\n"));
    put(html, format_args!("<p><code>{run_id}</code> · <span class=\"s {status}\">{status}</span>"));
    if let Some(at) = head.started_at {
        put(html, format_args!(" · started {at}"));
    }
    if let Some(at) = head.completed_at {
        put(html, format_args!(" · ended {at}"));
    }
    let progress = state.progress();
    put(
        html,
        format_args!(" · {} of {} nodes over</p>\n", progress.completed_actions, progress.total_actions),
    );
    if let Some(failure) = &head.failure {
        put(html, format_args!("<p class=FAILED>{}</p>\n", escaped(&failure.reason)));
    }
}

fn nodes(html: &mut String, state: &Run) {
    html.push_str(
        "<h2>Nodes</h2><table><tr><th>node<th>status<th>attempt<th>started<th>ended<th>needs</tr>\n",
    );
    for (name, node) in state.nodes.iter().take(NODES_MAX) {
        let time =
            |at: Option<crate::facts::time::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        let needs: Vec<String> = node.needs.iter().map(|need| escaped(need.as_str())).collect();
        let status: NodeStatus = node.status;
        put(
            html,
            format_args!(
                "<tr><td>{}<td class=\"s {status}\">{status}<td>{}<td>{}<td>{}<td>{}</tr>\n",
                escaped(name.as_str()),
                node.attempt,
                time(node.started_at),
                time(node.completed_at),
                needs.join(", ")
            ),
        );
    }
    html.push_str("</table>\n");
    if state.nodes.len() > NODES_MAX {
        put(html, format_args!("<p class=cut>The first {NODES_MAX} of {} nodes.</p>\n", state.nodes.len()));
    }
}

fn event_row(html: &mut String, event: &Event, late: bool) {
    let node = event.node_ref.as_ref().map(|node| match event.attempt {
        Some(attempt) if attempt > 1 => format!("{} #{attempt}", escaped(node.as_str())),
        _ => escaped(node.as_str()),
    });
    let late = if late { " (late)" } else { "" };
    let texts = [
        event.message.as_deref(),
        event.error.as_ref().map(|json| json.get()),
        event.data.as_ref().map(|json| json.get()),
        event.output_summary.as_ref().map(|json| json.get()),
    ];
    let texts: Vec<String> = texts.into_iter().flatten().map(escaped).collect();
    put(
        html,
        format_args!(
            "<tr><td>{}<td>{}<td>{}{late}<td>{}<td class=m>{}</tr>\n",
            event.seq,
            event.recorded_at,
            event.kind,
            node.unwrap_or_default(),
            texts.join("<br>")
        ),
    );
}

/// The last lines, since that is where one looks.
async fn lines(html: &mut String, core: &Core, run: RunKey) -> Result<(), ExportError> {
    let head = logs::head(&core.db, run).await?;
    html.push_str("<h2>Output</h2>\n");
    if head == 0 {
        html.push_str("<p>None.</p>\n");
        return Ok(());
    }
    let mut found = Vec::new();
    let mut range = LogRange { after: 0, before: head.saturating_add(1) };
    let (mut count, mut bytes) = (LINES_MAX, LINE_BYTES_MAX);
    while !range.is_empty() && count > 0 && bytes > 0 {
        let wanted = Wanted {
            range,
            direction: Direction::Backward,
            filter: LineFilter::default(),
            room: Room { lines: count, bytes },
            time: None,
        };
        let page = core.reader.page(run, wanted).await?;
        count = count.saturating_sub(page.lines.len());
        bytes = bytes.saturating_sub(page.lines.iter().map(|line| line.json.len()).sum());
        range = page.rest;
        found.splice(0..0, page.lines);
    }
    if (found.len() as u64) < head {
        put(
            html,
            format_args!("<p class=cut>The last {} of {head} lines; the bundle has all.</p>\n", found.len()),
        );
    }
    html.push_str("<pre>");
    let mut last = None;
    for line in &found {
        if last != Some(&line.name) {
            let name = &line.name;
            let node = escaped(name.node_ref.as_str());
            put(html, format_args!("<b>{node} #{} {}</b>\n", name.attempt, name.stream));
            last = Some(&line.name);
        }
        html.push_str(&escaped(&String::from_utf8_lossy(&line.bytes)));
        html.push('\n');
    }
    html.push_str("</pre>\n");
    Ok(())
}

/// Text for HTML, cut where it is very long; colours and other escape sequences are left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut count = 0;
    while let Some(c) = chars.next() {
        if count == TEXT_MAX_CHARS {
            let _ = write!(out, "<i class=cut>… and {} more letters</i>", chars.count() + 1);
            break;
        }
        count += 1;
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{1b}' if chars.peek() == Some(&'[') => {
                chars.next();
                // A control sequence ends with its first letter.
                while chars.next().is_some_and(|c| !('@'..='~').contains(&c)) {}
            }
            '\n' | '\t' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup() {
        assert_eq!(
            escaped("<script>alert('&\"')</script>"),
            "&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;"
        );
        assert_eq!(escaped("\u{1b}[31mred\u{1b}[0m\0 end"), "red end");
        let long = escaped(&"x".repeat(TEXT_MAX_CHARS + 5));
        assert!(long.ends_with("<i class=cut>… and 5 more letters</i>"), "{long}");
    }
}
