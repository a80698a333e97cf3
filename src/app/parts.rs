//! The parts of a server, wired together: the core that handlers work with, the lanes that write, the duties that go on by themselves.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tracing::warn;

use super::error::AppError;
use super::secret_key;
use crate::facts::settings::Settings;
use crate::flow::accounts::Accounts;
use crate::flow::accounts::openid::Provider;
use crate::flow::bundles::Bundles;
use crate::flow::feed::Feed;
use crate::flow::log_reader::LogReader;
use crate::flow::notify::Notifier;
use crate::flow::queue::Queue;
use crate::flow::secrets::Vault;
use crate::flow::shipper::{self, Shipper, Spool};
use crate::flow::webhooks::Paces;
use crate::flow::{Core, keeper};
use crate::store::clock;
use crate::store::db::{Db, Target, connect, migrate};
use crate::store::journal::read::Installation;
use crate::store::journal::{self, Committed, Journal};
use crate::store::logs::Logs;
use crate::store::loki::Loki;
use crate::store::objects::Objects;
use crate::store::partitions::{self, RunKeys};

/// How long the lanes may take to write what they hold when the server stops.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);

/// The writers and duties of a running server.
pub(super) struct Parts {
    pub core: Core,
    /// End by themselves once the core is dropped.
    writers: JoinSet<()>,
    /// Run until aborted.
    pub duties: JoinSet<()>,
    /// Where there is a Loki.
    pub shipper: Option<Shipper>,
}

/// What the settings ask for and no database is needed for: made first, so that a wrong setting is told before anything is touched.
struct Outside {
    vault: Vault,
    bundles: Bundles,
    loki: Option<Loki>,
    provider: Option<Provider>,
}

impl Outside {
    fn of(settings: &Settings) -> Result<Self, AppError> {
        let vault = Vault::new(&secret_key::of(settings)?);
        let signing_key = secret_key::for_signing(settings)?;
        let bundles = Bundles::open(&settings.data_dir, &signing_key).map_err(|error| {
            let dir = settings.data_dir.display();
            AppError::not_there(format!("bundles can't be taken in below {dir}: {error}"))
        })?;
        let loki = settings.loki.as_ref().map(Loki::new).transpose();
        let loki =
            loki.map_err(|reason| AppError::not_there(format!("Loki can't be spoken to: {reason}")))?;
        let provider = settings.openid.clone().map(Provider::new).transpose();
        let provider = provider.map_err(|reason| {
            AppError::not_there(format!("the OpenID provider can't be spoken to: {reason}"))
        })?;
        Ok(Self { vault, bundles, loki, provider })
    }
}

impl Parts {
    /// Brings the schema up to date and starts everything behind HTTP.
    pub async fn wire(settings: &Settings, target: &Target) -> Result<Self, AppError> {
        let Outside { vault, bundles, loki, provider } = Outside::of(settings)?;
        migrate::up(target).await?;
        let db = connect(target, settings.database_pool, settings.database_prepared).await?;
        let db = db.with_second_lock().await?;
        let keys = Arc::new(RunKeys::default());
        partitions::ensure(&db, &keys, clock::now()).await?;
        let installation = Arc::new(journal::read::installation(&db).await?);
        let objects = objects(settings, &installation)?;
        let (mut writers, mut duties) = (JoinSet::new(), JoinSet::new());
        let reader = LogReader::new(db.clone(), loki.clone());
        let feed = Feed::new(db.clone(), reader.clone());
        feed.start(target.clone(), &mut duties);
        let accounts = Accounts::start(db.clone(), provider).await?;
        duties.spawn(accounts.clone().keep());
        let queue = Queue::default();
        let journal = start_journal(settings, &db, &keys, &feed, &queue, &mut writers);
        let new_lines = Arc::new(Notify::new());
        let logs = start_logs(settings, &db, &feed, &new_lines, &mut writers);
        let spool = Spool::new(settings.loki.is_some().then_some(settings.log_spool_max));
        let shipper = settings
            .loki
            .clone()
            .zip(loki.clone())
            .map(|(settings, loki)| shipper::start(db.clone(), loki, settings, spool.clone(), new_lines));
        let core = Core {
            db,
            journal,
            logs,
            loki,
            reader,
            spool,
            feed,
            accounts,
            vault,
            objects,
            bundles,
            queue,
            cleanup: Arc::new(Notify::new()),
            notifier: Notifier::new(settings.webhook_allow.clone()),
            paces: Paces::default(),
            installation,
        };
        keeper::start(&core, keys, &mut duties);
        Ok(Self { core, writers, duties, shipper })
    }

    /// Lets the lanes write what they hold, then ends the duties.
    pub async fn stop(self) {
        let Self { core, mut writers, mut duties, shipper } = self;
        if let Some(shipper) = shipper {
            shipper.stop().await;
        }
        core.bundles.stop();
        duties.shutdown().await;
        drop(core);
        let drained = async { while writers.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN_LIMIT, drained).await.is_err() {
            warn!("lanes did not finish in time");
        }
    }
}

/// The journal, whose commits reach the feed at once, and the queue when a run is over.
fn start_journal(
    settings: &Settings,
    db: &Db,
    keys: &Arc<RunKeys>,
    feed: &Feed,
    queue: &Queue,
    writers: &mut JoinSet<()>,
) -> Journal {
    let (feed, queue) = (feed.clone(), queue.clone());
    let on_commit = Arc::new(move |committed: Committed| {
        feed.committed(&committed);
        if committed.status.is_terminal() {
            queue.ended(&committed.run_id);
        }
    });
    Journal::start(db.clone(), settings.lanes, keys.clone(), on_commit, writers)
}

/// The log store, whose commits reach the feed at once and wake the shipper.
fn start_logs(
    settings: &Settings,
    db: &Db,
    feed: &Feed,
    new_lines: &Arc<Notify>,
    writers: &mut JoinSet<()>,
) -> Logs {
    let (feed, new_lines) = (feed.clone(), Arc::clone(new_lines));
    let on_lines = Arc::new(move |committed| {
        feed.lines_committed(&committed);
        new_lines.notify_one();
    });
    Logs::start(db.clone(), settings.lanes, on_lines, writers)
}

/// Where artifacts are kept.
fn objects(settings: &Settings, installation: &Installation) -> Result<Objects, AppError> {
    match &settings.bucket {
        Some(bucket) => Objects::in_bucket(bucket, installation).map_err(|reason| {
            AppError::not_there(format!("artifacts can't be kept in the bucket: {reason}"))
        }),
        None => Objects::open(&settings.data_dir).map_err(|error| {
            let dir = settings.data_dir.display();
            AppError::not_there(format!("artifacts can't be kept in {dir}: {error}"))
        }),
    }
}
