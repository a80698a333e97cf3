//! `telltale events`: a run's events as lines, or as JSON.

use crate::cli::args::EventsArgs;
use crate::cli::failure::{DONE, Failure, INTERRUPTED};
use crate::cli::lines;
use crate::cli::server;
use crate::cli::style::Style;
use crate::client::{Client, Event, EventQuery, WatchItem, WatchOptions};
use crate::facts::id::{Cursor, RunId};

use super::watch::say;

/// Enough for a page that is fetched in a blink and printed in one write.
const PAGE: u32 = 1_000;

pub(crate) async fn events(args: &EventsArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let run_id = server::run_id(&client, &args.run).await?;
    let style = Style::of_stdout();
    let print = |events: &[Event]| say(&text(events, args.json, style));
    if !args.follow {
        return print_all(&client, &run_id, args.after, print).await.map(|()| DONE);
    }
    let cursor = Cursor { seq: args.after, log_seq: 0 };
    let mut watch = client.watch(&run_id, WatchOptions { cursor, logs: false, ..WatchOptions::default() });
    loop {
        let item = tokio::select! {
            item = watch.next() => item,
            _ = tokio::signal::ctrl_c() => return Ok(INTERRUPTED),
        };
        match item {
            Some(Ok(WatchItem::Events(events))) => print(&events)?,
            Some(Ok(WatchItem::Resumed { seq, gaps, .. })) => eprintln!("resumed at seq {seq}, {gaps} gaps"),
            Some(Ok(WatchItem::Lost { reason })) => {
                eprintln!("connection lost, reconnecting: {}", lines::one_line(&reason));
            }
            Some(Ok(WatchItem::Gap { expected, missing, .. })) => {
                eprintln!("gap: {missing} events missing from {expected} on");
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error.into()),
            None => return Ok(DONE),
        }
    }
}

async fn print_all(
    client: &Client,
    run_id: &RunId,
    mut after: u64,
    print: impl Fn(&[Event]) -> std::io::Result<()>,
) -> Result<(), Failure> {
    // Each page moves `after`, and one that doesn't is the last.
    loop {
        let query = EventQuery { after, limit: Some(PAGE), ..EventQuery::default() };
        let page = client.read_events(run_id, &query).await?;
        let Some(last) = page.events.last() else { return Ok(()) };
        after = last.seq;
        print(&page.events)?;
        if after >= page.head_seq {
            return Ok(());
        }
    }
}

fn text(events: &[Event], json: bool, style: Style) -> String {
    let line = |event: &Event| {
        if json { serde_json::to_string(event).unwrap_or_default() } else { lines::event(event, style) }
    };
    events.iter().map(|event| line(event) + "\n").collect()
}
