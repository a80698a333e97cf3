//! `telltale import --from …`: runs of other systems' past.

use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt as _};
use indicatif::ProgressBar;

use crate::cli::failure::{DONE, Failure, RUN_FAILED};
use crate::cli::format::now;
use crate::cli::import_args::{CopyArgs, From, ImportArgs, UserChoice};
use crate::cli::lines::one_line;
use crate::cli::server;
use crate::facts::account::Role;
use crate::facts::settings::Settings;
use crate::facts::time::Timestamp;
use crate::historic::automateos_source::AutomateosSource;
use crate::historic::automateos_users::PastUser;
use crate::historic::copy_files::{BucketAccess, SourceFiles};
use crate::historic::copy_logs::{CopyError, SourceLoki};
use crate::historic::ndjson::NdjsonSource;
use crate::historic::send_users::{SentUsers, send_users};
use crate::historic::shipsec_source::ShipsecSource;
use crate::historic::temporal::History;
use crate::historic::{PastRun, RowFault, Sender, Sent, SourceError};

use super::import_told::{bar, json, progress, tell_faults, told, told_users};
use super::watch::say;

/// The secret half of the keys to a bucket, under the name that every client of S3 reads.
const SECRET_KEY: &str = "AWS_SECRET_ACCESS_KEY";
/// How often the bar says how far a page is: one run's output alone may take minutes.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Pages under way at once: enough that the server's lanes always have work.
const PAGES_AT_ONCE: usize = 4;
/// A Temporal history is at most 50 MB in its own store; its JSON is a few times as much.
const HISTORY_MAX_BYTES: u64 = 512 * 1024 * 1024;
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

    /// Users that come with the runs; a second call gives none.
    fn take_users(&mut self) -> Vec<Result<PastUser, RowFault>> {
        match self {
            Self::Automateos(source) => source.take_users(),
            _ => Vec::new(),
        }
    }

    /// Says which definitions stay behind, since no run can keep them.
    fn tell_unused(&self) {
        let Self::Automateos(source) = self else { return };
        for name in source.workflows_without_runs() {
            eprintln!("the workflow {} was never executed, and stays behind", one_line(&name));
        }
    }

    /// A run that comes again in the next page must not overtake itself.
    fn pages_at_once(&self) -> usize {
        if matches!(self, Self::Ndjson(_)) { 1 } else { PAGES_AT_ONCE }
    }
}

pub(super) async fn import(args: &ImportArgs) -> Result<u8, Failure> {
    let settings = args.flags.settings()?;
    let sender = sender(args, &settings)?;
    if let Some(client) = &sender.client {
        client.health().await?;
    }
    let mut source = Source::open(args).await?;
    let users = source.take_users();
    source.tell_unused();
    let bar = bar(source.total().await?);
    let began = Instant::now();
    let sent = send_all(source, &sender, &bar).await;
    bar.finish_and_clear();
    let mut sent = sent?;
    // Last: from the first of them on, everybody has to sign in.
    let role = role_of(args.users.unwrap_or(UserChoice::Member));
    let users = match role {
        Some(role) => send_users(sender.client.as_ref(), role, users).await?,
        None => SentUsers::default(),
    };
    sent.faults.extend_from_slice(&users.faults);
    tell_faults(&sent.faults);
    let text = match args.json {
        true => json(&sent, &users, args.dry_run),
        false => {
            let users = told_users(&users, role.unwrap_or(Role::Member), args.dry_run);
            users + &told(&sent, began.elapsed(), args.dry_run)
        }
    };
    say(&text)?;
    Ok(if sent.faults.is_empty() { DONE } else { RUN_FAILED })
}

/// Where runs go, and where what lies outside of their database comes from.
fn sender(args: &ImportArgs, settings: &Settings) -> Result<Sender, Failure> {
    let client = if args.dry_run { None } else { Some(server::client(settings)?) };
    let copy = &args.copy;
    let logs = copy.copy_logs.as_ref().map(|url| {
        let token = copy.copy_logs_token_file.as_deref().map(token).transpose()?;
        SourceLoki::open(url, copy.copy_logs_tenant.clone(), token).map_err(unfit)
    });
    let files = copy.copy_files.as_ref().map(|place| SourceFiles::open(place, access(copy)).map_err(unfit));
    Ok(Sender { client, logs: logs.transpose()?, files: files.transpose()?, ..Sender::default() })
}

fn token(file: &Path) -> Result<String, Failure> {
    let unreadable = |error| Failure::WrongUse(format!("{} can't be read: {error}", file.display()));
    std::fs::read_to_string(file).map(|text| text.trim().to_owned()).map_err(unreadable)
}

fn access(copy: &CopyArgs) -> BucketAccess {
    // A variable that is empty is none.
    let set = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
    let access_key = set(&copy.s3_access_key);
    // Half a pair in the environment is none.
    let secret_key = access_key.as_ref().and_then(|_| std::env::var(SECRET_KEY).ok());
    BucketAccess { endpoint: set(&copy.s3_endpoint), region: set(&copy.s3_region), access_key, secret_key }
}

fn role_of(choice: UserChoice) -> Option<Role> {
    match choice {
        UserChoice::Viewer => Some(Role::Viewer),
        UserChoice::Member => Some(Role::Member),
        UserChoice::Owner => Some(Role::Owner),
        UserChoice::None => None,
    }
}

/// Reads and sends, several pages under way at once.
async fn send_all(source: Source, sender: &Sender, bar: &ProgressBar) -> Result<Sent, Failure> {
    let at_once = source.pages_at_once();
    let began = Instant::now();
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
                sender.send(page).await.map_err(uncopied)
            })
            .buffer_unordered(at_once)
    );
    let mut total = Sent::default();
    let mut looks = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            sent = sending.next() => {
                let Some(sent) = sent else { return Ok(total) };
                let sent = sent?;
                bar.inc(sent.runs.max(1));
                total.add(sent);
            }
            _ = looks.tick() => bar.set_message(progress(&sender.progress, began.elapsed())),
        }
    }
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

fn uncopied(error: CopyError) -> Failure {
    match error {
        CopyError::Source(error) => unfit(error),
        CopyError::Client(error) => error.into(),
    }
}
