//! `telltale watch`: a run drawn as it goes on, or told line by line.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use crate::cli::args::WatchArgs;
use crate::cli::board::Board;
use crate::cli::failure::{DONE, Failure, INTERRUPTED, RUN_FAILED};
use crate::cli::format::now;
use crate::cli::lines;
use crate::cli::sanitize::Colours;
use crate::cli::screen::Screen;
use crate::cli::server;
use crate::cli::style::{Style, Tone};
use crate::cli::tree::{View, draw};
use crate::client::{Client, WatchItem, WatchOptions};
use crate::facts::id::RunId;
use crate::facts::status::RunStatus;

/// How often the tree is drawn: often enough for the eye, and rarely enough for slow lines.
const REDRAW_EVERY: Duration = Duration::from_millis(100);

pub(crate) async fn watch(args: &WatchArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let run_id = server::run_id(&client, &args.run).await?;
    let mut presenter = Presenter::new(run_id.clone(), args.plain);
    tokio::select! {
        status = follow(&client, &run_id, WatchOptions::default(), &mut presenter) => Ok(exit_status(status?)),
        _ = tokio::signal::ctrl_c() => Ok(INTERRUPTED),
    }
}

/// The exit status that tells how a run ended.
pub(crate) fn exit_status(status: RunStatus) -> u8 {
    if status == RunStatus::Completed { DONE } else { RUN_FAILED }
}

/// Shows the run until its end, which it gives.
pub(crate) async fn follow(
    client: &Client,
    run_id: &RunId,
    options: WatchOptions,
    presenter: &mut Presenter,
) -> Result<RunStatus, Failure> {
    let mut watch = client.watch(run_id, options);
    let mut ticks = tokio::time::interval(REDRAW_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            item = watch.next() => match item {
                Some(item) => {
                    if let Some(status) = presenter.take(item?)? {
                        return Ok(status);
                    }
                }
                None => return Err(Failure::NotReachable("the stream ended without an end".into())),
            },
            _ = ticks.tick() => presenter.redraw()?,
        }
    }
}

/// Where the run is shown.
pub(crate) enum Presenter {
    /// A tree at the bottom of the terminal.
    Tree(Box<Tree>),
    /// Lines for a pipe, or for a terminal that can't move its cursor.
    Plain { style: Style },
}

pub(crate) struct Tree {
    screen: Screen,
    board: Board,
    style: Style,
    tick: u64,
}

impl Presenter {
    pub(crate) fn new(run_id: RunId, plain: bool) -> Self {
        let style = Style::of_stdout();
        let is_dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        if plain || is_dumb || !io::stdout().is_terminal() {
            return Self::Plain { style };
        }
        Self::Tree(Box::new(Tree { screen: Screen::new(), board: Board::new(run_id), style, tick: 0 }))
    }

    /// Takes what happened; gives the run's status at its end.
    fn take(&mut self, item: WatchItem) -> Result<Option<RunStatus>, Failure> {
        if let WatchItem::End { status, .. } = item {
            self.end(&item)?;
            return Ok(Some(status));
        }
        match self {
            Self::Tree(tree) => tree.take(item)?,
            Self::Plain { style } => take_as_lines(*style, item)?,
        }
        Ok(None)
    }

    fn redraw(&mut self) -> io::Result<()> {
        match self {
            Self::Tree(tree) => tree.redraw(),
            Self::Plain { .. } => Ok(()),
        }
    }

    fn end(&mut self, item: &WatchItem) -> io::Result<()> {
        match (&*self, item) {
            (Self::Plain { style }, WatchItem::End { status, head_seq, head_log_seq }) => {
                let (_, tone) = style.run(*status, 0);
                let status = style.paint(tone, status.as_str());
                say(&format!("end {status} at seq {head_seq}, {head_log_seq} log lines\n"))
            }
            _ => self.redraw(),
        }
    }
}

impl Tree {
    fn redraw(&mut self) -> io::Result<()> {
        self.tick += 1;
        let (width, height) = self.screen.room();
        let view = View { now: now(), tick: self.tick, width, height, style: self.style };
        self.screen.draw(draw(&self.board, &view))
    }

    fn take(&mut self, item: WatchItem) -> io::Result<()> {
        let Self { screen, board, style, .. } = self;
        match item {
            WatchItem::Events(events) => events.iter().for_each(|event| board.apply(event)),
            WatchItem::Logs(log_lines) => log_lines.iter().for_each(|line| board.note_line(line)),
            WatchItem::Lost { reason } => board.away = Some(reason),
            WatchItem::Connected { .. } => board.away = None,
            WatchItem::Resumed { seq, gaps, .. } => screen.say(&resumed(*style, seq, gaps))?,
            WatchItem::Reset { reason, .. } => {
                board.clear();
                screen.say(&style.paint(Tone::Warn, &reset(&reason)))?;
            }
            WatchItem::Gap { what, expected, missing } => {
                screen.say(&style.paint(Tone::Bad, &gap(what, expected, missing)))?;
            }
            WatchItem::State { .. } | WatchItem::End { .. } => {}
        }
        Ok(())
    }
}

fn take_as_lines(style: Style, item: WatchItem) -> io::Result<()> {
    let colours = if style.colour { Colours::Keep } else { Colours::Drop };
    let mut text = String::new();
    match item {
        WatchItem::Events(events) => {
            for event in &events {
                text.push_str(&lines::event(event, style));
                text.push('\n');
            }
        }
        WatchItem::Logs(log_lines) => {
            for line in &log_lines {
                text.push_str(&lines::log(line, style, colours));
                text.push('\n');
            }
        }
        WatchItem::Resumed { seq, gaps, .. } => text = format!("{}\n", resumed(style, seq, gaps)),
        WatchItem::Reset { reason, .. } => text = format!("{}\n", reset(&reason)),
        WatchItem::Gap { what, expected, missing } => text = format!("{}\n", gap(what, expected, missing)),
        // Not part of the run's history, so it stays out of what a script reads.
        WatchItem::Lost { reason } => {
            return writeln!(io::stderr(), "connection lost, reconnecting: {}", lines::one_line(&reason));
        }
        WatchItem::Connected { .. } | WatchItem::State { .. } | WatchItem::End { .. } => {}
    }
    say(&text)
}

/// What a reconnect says; scripts look for it.
fn resumed(style: Style, seq: u64, gaps: u64) -> String {
    let tone = if gaps == 0 { Tone::Good } else { Tone::Bad };
    style.paint(tone, &format!("resumed at seq {seq}, {gaps} gaps"))
}

fn reset(reason: &str) -> String {
    format!("reset: {}; starting anew", lines::one_line(reason))
}

fn gap(what: &str, expected: u64, missing: u64) -> String {
    format!("gap: {missing} {what} missing from {expected} on")
}

/// Writes to standard output at once.
pub(crate) fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
