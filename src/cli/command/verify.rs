//! `telltale verify`: a run's record read whole and checked here, against nothing but itself.

use std::io::{self, Write as _};

use crate::cli::args::VerifyArgs;
use crate::cli::failure::{DONE, Failure, RUN_FAILED};
use crate::cli::ledger::{Ledger, StreamKey, Verdict};
use crate::cli::lines::one_line;
use crate::cli::server;
use crate::cli::style::{Style, Tone};
use crate::client::{Client, EventQuery};
use crate::facts::id::RunId;

/// Large pages, since all of them are read.
const PAGE: u32 = 5_000;

pub(crate) async fn verify(args: &VerifyArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let run_id = server::run_id(&client, &args.run).await?;
    let mut ledger = Ledger::default();
    // In this order: what is closed was closed over lines that are there by the time that lines are read.
    let run = client.get_run(&run_id, None).await?;
    read_events(&client, &run_id, &mut ledger).await?;
    if ledger.events < run.head_seq {
        let (events, head) = (ledger.events, run.head_seq);
        ledger.faults.push(format!("{events} events of {head}"));
    }
    let mut lines = client.download_logs(&run_id).await?;
    while let Some(line) = lines.next().await? {
        ledger.line(&line);
    }
    let is_over = run.status.is_terminal();
    let style = Style::of_stdout();
    let (text, is_right) = report(&run_id, &ledger, is_over, style);
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(if is_right { DONE } else { RUN_FAILED })
}

async fn read_events(client: &Client, run_id: &RunId, ledger: &mut Ledger) -> Result<(), Failure> {
    let mut after = 0;
    loop {
        let query = EventQuery { after, limit: Some(PAGE), ..EventQuery::default() };
        let page = client.read_events(run_id, &query).await?;
        page.events.iter().for_each(|event| ledger.event(event));
        let Some(last) = page.events.last() else { return Ok(()) };
        after = last.seq;
        if after >= page.head_seq {
            return Ok(());
        }
    }
}

/// What is printed, and whether everything is right.
fn report(run_id: &RunId, ledger: &Ledger, is_over: bool, style: Style) -> (String, bool) {
    let mut text = format!("events {}\nlines {}\n", ledger.events, ledger.lines);
    let (mut wrong, mut open) = (ledger.faults.len(), 0);
    for fault in &ledger.faults {
        text += &format!("{} {}\n", style.paint(Tone::Bad, "wrong"), one_line(fault));
    }
    for (key, verdict) in ledger.verdicts(is_over) {
        let (word, tone, said) = match verdict {
            Verdict::Whole { lines, bytes, sha256 } => {
                ("ok", Tone::Good, format!("{lines} lines, {bytes} bytes, sha256 {sha256}"))
            }
            Verdict::Open { lines } => {
                open += 1;
                ("open", Tone::Warn, format!("{lines} lines so far"))
            }
            Verdict::Differs(how) => {
                wrong += 1;
                ("wrong", Tone::Bad, how)
            }
        };
        text += &format!("{} {}: {said}\n", style.paint(tone, word), place(key));
    }
    let (tone, said) = match (wrong, open) {
        (0, 0) if is_over => (Tone::Good, "is whole".to_owned()),
        (0, _) => (Tone::Good, "is whole so far".to_owned()),
        (1, _) => (Tone::Bad, "is not as it was recorded: 1 fault".to_owned()),
        (faults, _) => (Tone::Bad, format!("is not as it was recorded: {faults} faults")),
    };
    text += &format!("{run_id} {}\n", style.paint(tone, &said));
    (text, wrong == 0)
}

/// `node#attempt stream`
fn place(key: &StreamKey) -> String {
    format!("{}#{} {}", one_line(&key.node_ref), key.attempt, one_line(&key.stream))
}
