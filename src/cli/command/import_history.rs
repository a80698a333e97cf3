//! `telltale import --from …`: runs of other systems' past.

use std::io::IsTerminal as _;
use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt as _};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::cli::failure::{DONE, Failure, RUN_FAILED};
use crate::cli::format::now;
use crate::cli::import_args::{From, ImportArgs};
use crate::cli::server;
use crate::facts::time::Timestamp;
use crate::historic::automateos_source::AutomateosSource;
use crate::historic::ndjson::NdjsonSource;
use crate::historic::shipsec_source::ShipsecSource;
use crate::historic::temporal::History;
use crate::historic::{PastRun, RowFault, Sender, Sent, SourceError};

use super::watch::say;

/// Pages under way at once: enough that the server's lanes always have work.
const PAGES_AT_ONCE: usize = 4;
/// A Temporal history is at most 50 MB in its own store; its JSON is a few times as much.
const HISTORY_MAX_BYTES: u64 = 512 * 1024 * 1024;
/// Faults that are spelled out; all of them are counted.
const FAULTS_TOLD_MAX: usize = 100;
/// An execution that is said to run and began this long ago gives no sign of life any more (contract, STALE).
const STALE_AFTER: Duration = Duration::from_secs(15 * 60);

/// A source that is read page by page.
enum Source {
    Shipsec(Box<ShipsecSource>),
    Automateos(Box<AutomateosSource>),
    Ndjson(NdjsonSource),
    /// A single run, which has been read.
    One(Option<Box<PastRun>>),
}

impl Source {
    async fn open(args: &ImportArgs) -> Result<Self, Failure> {
        let path = Path::new(&args.source);
        let opened = match args.from {
            From::Shipsec => {
                ShipsecSource::open(&args.source).await.map(|source| Self::Shipsec(Box::new(source)))
            }
            From::Automateos => AutomateosSource::open(&args.source, stale_before())
                .await
                .map(|source| Self::Automateos(Box::new(source))),
            From::Ndjson => NdjsonSource::open(path).map(Self::Ndjson),
            From::Bundle => return Err(Failure::WrongUse("a bundle is no history".into())),
            From::Temporal => return history(args, path).map(|run| Self::One(Some(Box::new(run)))),
        };
        opened.map_err(unfit)
    }

    /// How many runs there are, where that is known before they are read.
    async fn total(&self) -> Result<Option<u64>, Failure> {
        match self {
            Self::Shipsec(source) => source.total().await.map(Some).map_err(unfit),
            Self::Automateos(source) => source.total().await.map(Some).map_err(unfit),
            Self::Ndjson(_) => Ok(None),
            Self::One(_) => Ok(Some(1)),
        }
    }

    async fn next_page(&mut self) -> Result<Vec<PastRun>, SourceError> {
        match self {
            Self::Shipsec(source) => source.next_page().await,
            Self::Automateos(source) => source.next_page().await,
            Self::Ndjson(source) => source.next_page(),
            Self::One(run) => Ok(run.take().map(|run| *run).into_iter().collect()),
        }
    }

    /// A run that comes again in the next page must not overtake itself.
    fn pages_at_once(&self) -> usize {
        if matches!(self, Self::Ndjson(_)) { 1 } else { PAGES_AT_ONCE }
    }
}

pub(super) async fn import(args: &ImportArgs) -> Result<u8, Failure> {
    let settings = args.flags.settings()?;
    let client = if args.dry_run { None } else { Some(server::client(&settings)?) };
    if let Some(client) = &client {
        client.health().await?;
    }
    let source = Source::open(args).await?;
    let bar = bar(source.total().await?);
    let began = Instant::now();
    let sent = send_all(source, &Sender { client }, &bar).await;
    bar.finish_and_clear();
    let sent = sent?;
    tell_faults(&sent.faults);
    let text = match args.json {
        true => json(&sent, args.dry_run),
        false => told(&sent, began.elapsed(), args.dry_run),
    };
    say(&text)?;
    Ok(if sent.faults.is_empty() { DONE } else { RUN_FAILED })
}

/// Reads and sends, several pages under way at once.
async fn send_all(source: Source, sender: &Sender, bar: &ProgressBar) -> Result<Sent, Failure> {
    let at_once = source.pages_at_once();
    let pages = stream::unfold(Some(source), |source| async {
        let mut source = source?;
        match source.next_page().await {
            Ok(page) if page.is_empty() => None,
            Ok(page) => Some((Ok(page), Some(source))),
            Err(error) => Some((Err(error), None)),
        }
    });
    let mut sending = std::pin::pin!(
        pages
            .map(|page| async {
                let page = page.map_err(unfit)?;
                sender.send(page).await.map_err(Failure::from)
            })
            .buffer_unordered(at_once)
    );
    let mut total = Sent::default();
    while let Some(sent) = sending.next().await {
        let sent = sent?;
        bar.inc(sent.runs.max(1));
        total.add(sent);
        bar.set_message(format!("{} events", total.events));
    }
    Ok(total)
}

fn history(args: &ImportArgs, path: &Path) -> Result<PastRun, Failure> {
    let wrong = |reason: String| Failure::WrongUse(format!("{}: {reason}", path.display()));
    let size = std::fs::metadata(path).map_err(|error| wrong(error.to_string()))?.len();
    if size > HISTORY_MAX_BYTES {
        return Err(wrong(format!("is larger than {HISTORY_MAX_BYTES} bytes")));
    }
    let bytes = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let history = History::parse(&bytes).map_err(wrong)?;
    let run_id = match &args.run_id {
        Some(text) => server::run_id_of(text)?,
        None => history
            .run_id()
            .ok_or_else(|| wrong("names no workflow; give the run's id with --run-id".into()))?,
    };
    Ok(history.past_run(run_id))
}

fn stale_before() -> Timestamp {
    let micros = now().as_micros() - i64::try_from(STALE_AFTER.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(micros).unwrap_or(Timestamp::EPOCH)
}

fn unfit(error: SourceError) -> Failure {
    match error {
        SourceError::Unfit(_) => Failure::WrongUse(error.to_string()),
        SourceError::Broken(_) => Failure::NotReachable(error.to_string()),
    }
}

/// Hidden where nobody looks.
fn bar(total: Option<u64>) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match total {
        Some(total) => (ProgressBar::new(total), "{wide_bar} {pos}/{len} runs, {msg}, {per_sec}, {eta} left"),
        None => (ProgressBar::new_spinner(), "{spinner} {pos} runs, {msg}, {per_sec}"),
    };
    bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn tell_faults(faults: &[RowFault]) {
    for fault in faults.iter().take(FAULTS_TOLD_MAX) {
        eprintln!("{}", crate::cli::lines::one_line(&fault.to_string()));
    }
    if faults.len() > FAULTS_TOLD_MAX {
        eprintln!("… and {} more", faults.len() - FAULTS_TOLD_MAX);
    }
}

fn json(sent: &Sent, dry_run: bool) -> String {
    let Sent { runs, events, duplicates, documents, faults } = sent;
    let told = json!({ "runs": runs, "events": events, "duplicates": duplicates, "documents": documents, "faults": faults.len(), "dryRun": dry_run });
    format!("{told}\n")
}

fn told(sent: &Sent, took: Duration, dry_run: bool) -> String {
    let Sent { runs, events, duplicates, documents, faults } = sent;
    let verb = if dry_run { "would be imported" } else { "imported" };
    let rate = *events as f64 / took.as_secs_f64().max(0.001);
    let mut text =
        format!("{runs} runs, {events} events {verb} in {:.1} s ({rate:.0} events/s)", took.as_secs_f64());
    for (count, what) in [
        (*duplicates, "events were there already"),
        (*documents, "documents became files"),
        (faults.len() as u64, "rows were not taken"),
    ] {
        if count > 0 {
            text.push_str(&format!("; {count} {what}"));
        }
    }
    text.push('\n');
    text
}
