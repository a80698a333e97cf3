//! `telltale demo`: made-up runs for a server that has none.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use crate::cli::demo::seed::{Sown, sow};
use crate::cli::failure::{DONE, Failure};
use crate::cli::format::now;
use crate::cli::server;
use crate::cli::style::{Style, Tone};
use crate::cli::tool_args::{DemoArgs, DemoCommand, SeedArgs};

use super::watch::say;

pub(crate) async fn demo(args: &DemoArgs) -> Result<u8, Failure> {
    match &args.command {
        DemoCommand::Seed(args) => seed(args).await,
    }
}

async fn seed(args: &SeedArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    client.health().await?;
    let began = Instant::now();
    let shows = std::io::stderr().is_terminal();
    let sown = sow(&client, args.seed, args.runs, now(), |sent| {
        if shows {
            eprint!("\r{sent} of {} runs", args.runs);
        }
    })
    .await;
    if shows {
        eprint!("\r\u{1b}[K");
    }
    say(&told(&sown?, began.elapsed(), Style::of_stdout()))?;
    Ok(DONE)
}

fn told(sown: &Sown, took: Duration, style: Style) -> String {
    let Sown { runs, events, lines, duplicates, statuses } = sown;
    let mut text = format!("{runs} runs, {events} events, {lines} lines in {:.1} s", took.as_secs_f64());
    if *duplicates > 0 {
        // Writing into memory does not fail.
        let _ = write!(text, "; {duplicates} of the events were there already");
    }
    text.push('\n');
    for (status, count) in statuses {
        let (glyph, tone) = style.run(*status, 0);
        let _ = writeln!(text, "{count:>7}  {}", style.paint(tone, &format!("{glyph} {status}")));
    }
    style.paint(Tone::Plain, &text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::status::RunStatus;

    #[test]
    fn what_was_sown_is_told_by_status() {
        let statuses = [(RunStatus::Completed, 3), (RunStatus::Failed, 1)].into();
        let sown = Sown { runs: 4, events: 50, lines: 9, duplicates: 0, statuses };
        let told = told(&sown, Duration::from_millis(1_230), Style::PIPE);
        assert_eq!(told, "4 runs, 50 events, 9 lines in 1.2 s\n      3  ✔ COMPLETED\n      1  ✖ FAILED\n");
    }
}
