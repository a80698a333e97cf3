//! `telltale verify`: a run's record read whole and checked here, against nothing but itself.

use std::io::{self, Write as _};
use std::path::Path;

use crate::cli::args::VerifyArgs;
use crate::cli::failure::{DONE, Failure, RUN_FAILED};
use crate::cli::ledger::{Ledger, StreamKey, Verdict};
use crate::cli::lines::one_line;
use crate::cli::server;
use crate::cli::style::{Style, Tone};
use crate::client::{Client, EventQuery};
use crate::facts::bundle::Trailer;
use crate::facts::id::RunId;

use super::verify_bundle::{self, Anchor, Proven};

/// Large pages, since all of them are read.
const PAGE: u32 = 5_000;

pub(crate) async fn verify(args: &VerifyArgs) -> Result<u8, Failure> {
    let anchor = args.signature.as_deref().map(Anchor::read).transpose()?;
    let path = Path::new(&args.run);
    if path.is_file() {
        let proven = verify_bundle::of_file(path, anchor.as_ref()).await?;
        return told(&path.display().to_string(), proven, anchor, args);
    }
    let client = server::client(&args.flags.settings()?)?;
    let run_id = server::run_id(&client, &args.run).await?;
    if args.sign || args.public_key.is_some() {
        let proven = verify_bundle::of_run(&client, &run_id, anchor.as_ref()).await?;
        return told(run_id.as_str(), proven, anchor, args);
    }
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
    // The chain and the fold, which only the bundle has all of.
    let mut without_lines = None;
    match verify_bundle::of_run(&client, &run_id, None).await? {
        Ok(proven) => without_lines = why_no_lines(&proven.totals.trailer),
        Err(fault) => ledger.faults.push(fault),
    }
    ledger.lines_are_purged = without_lines.is_some();
    let is_over = run.status.is_terminal();
    let style = Style::of_stdout();
    let (text, is_right) = report(&run_id, &ledger, is_over, style);
    let text = without_lines.unwrap_or_default() + &text;
    say(&text, is_right)
}

/// What a bundle has shown, and what a signature says of it.
fn told(
    name: &str,
    proven: Result<Proven, String>,
    anchor: Option<Anchor>,
    args: &VerifyArgs,
) -> Result<u8, Failure> {
    let style = Style::of_stdout();
    let proven = match proven {
        Ok(proven) => proven,
        Err(fault) => {
            let wrong = style.paint(Tone::Bad, "wrong");
            return say(
                &format!("{wrong} {}\n{name} is not as it was recorded: 1 fault\n", one_line(&fault)),
                false,
            );
        }
    };
    let totals = &proven.totals;
    let own = totals.trailer.signature.clone().map(|signature| Anchor { head: totals.head(), signature });
    if args.sign {
        let anchor = own.ok_or_else(|| Failure::WrongUse(format!("{name} is not signed")))?;
        return say(&(serde_json::to_string(&anchor).unwrap_or_default() + "\n"), true);
    }
    let (events, lines, artifacts) = (totals.trailer.events, totals.trailer.lines, totals.trailer.artifacts);
    let mut text =
        format!("run {}\nevents {events}\nlines {lines}\nartifacts {artifacts}\n", totals.header.run_id);
    text += &why_no_lines(&totals.trailer).unwrap_or_default();
    let held = args.public_key.as_deref().map(|key| match (&anchor, &own) {
        (Some(anchor), _) => anchor.holds(&proven, key),
        (None, Some(own)) => {
            own.holds(&Proven { remembered: Some(totals.head()), totals: totals.clone() }, key)
        }
        (None, None) => Err("is missing".to_owned()),
    });
    let is_right = !matches!(held, Some(Err(_)));
    text += &match held {
        None => String::new(),
        Some(Ok(())) => format!("{} the signature holds\n", style.paint(Tone::Good, "ok")),
        Some(Err(fault)) => {
            format!("{} the signature {}\n", style.paint(Tone::Bad, "wrong"), one_line(&fault))
        }
    };
    let (tone, said) = match is_right {
        true => (Tone::Good, "is whole"),
        false => (Tone::Bad, "is not what was signed"),
    };
    say(&format!("{text}{name} {}\n", style.paint(tone, said)), is_right)
}

/// Why a run has no lines though its events tell of some: they were deleted on purpose.
fn why_no_lines(trailer: &Trailer) -> Option<String> {
    if trailer.lines_kept {
        return None;
    }
    Some(match trailer.lines_purged_at {
        Some(at) => format!("lines purged on {at}\n"),
        None => "lines deleted before the run came here\n".to_owned(),
    })
}

fn say(text: &str, is_right: bool) -> Result<u8, Failure> {
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
            Verdict::Purged { lines } => ("purged", Tone::Warn, format!("{lines} lines")),
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
