//! `telltale rebuild`: what is projected of runs, held against their events and written anew.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::cli::database::Database;
use crate::cli::failure::{DONE, Failure, RUN_FAILED, WRONG_USE};
use crate::cli::operation_args::RebuildArgs;
use crate::facts::id::RunId;
use crate::facts::settings::Settings;
use crate::flow::rebuild::{self as flow, RebuildError};
use crate::store::db::{Target, connect};
use crate::store::journal::Journal;
use crate::store::journal::rebuild::{self, Aim, Finding, Named};

use super::watch::say;

/// Runs listed at once.
const PAGE: u32 = 500;
/// One for the walk, one for the journal's lane.
const CONNECTIONS: usize = 2;

/// What was found of all runs.
#[derive(Debug, Default)]
struct Tally {
    runs: u64,
    events: u64,
    differing: u64,
    broken: u64,
    without_events: u64,
}

pub(crate) async fn rebuild(args: &RebuildArgs) -> Result<u8, Failure> {
    let only: Option<RunId> = args
        .run
        .as_deref()
        .map(|text| text.parse().map_err(|_| Failure::WrongUse(format!("{text} is no run's id"))))
        .transpose()?;
    let settings = args.flags.settings()?;
    let database = Database::open(&settings).await?;
    let aim = if args.check { Aim::Tell } else { Aim::Write };
    let walked = walk(&settings, &database.target, only.as_ref(), aim).await;
    database.close().await?;
    let tally = walked.map_err(|error| Failure::NotReachable(error.to_string()))?;
    if let (Some(run_id), 0) = (&only, tally.runs) {
        return Err(Failure::Start { sentence: format!("there is no run {run_id}"), exit_status: WRONG_USE });
    }
    let Tally { runs, events, differing, broken, without_events } = tally;
    let done = if aim == Aim::Write { "rebuilt" } else { "left as they are" };
    say(&format!(
        "{runs} runs, {events} events folded; {differing} differed and were {done}, {broken} have a broken history, \
         {without_events} have no events any more\n"
    ))?;
    let is_well = broken == 0 && (differing == 0 || aim == Aim::Write);
    Ok(if is_well { DONE } else { RUN_FAILED })
}

async fn walk(
    settings: &Settings,
    target: &Target,
    only: Option<&RunId>,
    aim: Aim,
) -> Result<Tally, RebuildError> {
    let db = connect(target, CONNECTIONS, settings.database_prepared).await?;
    let mut writers = JoinSet::new();
    let nobody = Arc::new(|_| {});
    let journal = Journal::start(db.clone(), 1, Arc::default(), nobody, &mut writers);
    let mut tally = Tally::default();
    let mut after = None;
    loop {
        let page = rebuild::runs_after(&db, after, only, PAGE).await?;
        for named in &page {
            tally.note(named, &flow::run(&db, &journal, named, aim).await?);
        }
        match page.last() {
            Some(last) => after = Some(last.run_key),
            None => break,
        }
    }
    drop(journal);
    while writers.join_next().await.is_some() {}
    Ok(tally)
}

impl Tally {
    fn note(&mut self, named: &Named, finding: &Finding) {
        self.runs += 1;
        match finding {
            Finding::NoEvents => self.without_events += 1,
            Finding::Broken(why) => {
                self.broken += 1;
                tell(named, why);
            }
            Finding::Folded { events, differences, .. } => {
                self.events += events;
                if !differences.is_empty() {
                    self.differing += 1;
                    tell(named, &format!("differs in {}", differences.join(", ")));
                }
            }
        }
    }
}

/// Nobody may be reading; the tally at the end then fails to be told, which is told.
fn tell(named: &Named, what: &str) {
    drop(say(&format!("{}: {what}\n", named.run_id)));
}
