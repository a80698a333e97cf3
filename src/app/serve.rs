//! A server, from its settings to its end.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use tracing::{info, warn};

use super::error::AppError;
use super::local_worker;
use super::operator_token;
use super::readiness;
use super::secret_key;
use super::server_file::ServerFile;
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
use crate::http::{self, HttpOptions};
use crate::store::clock;
use crate::store::db::embedded::{DataDirLock, EmbeddedOptions, EmbeddedServer, take_data_dir};
use crate::store::db::{Db, Target, connect, migrate};
use crate::store::journal::read::Installation;
use crate::store::journal::{self, Committed, Journal};
use crate::store::logs::Logs;
use crate::store::loki::Loki;
use crate::store::objects::Objects;
use crate::store::partitions::{self, RunKeys};
use crate::telemetry;

/// How long the lanes may take to write what they hold when the server stops.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);
/// How long a start waits to know how events will be delivered; an echo takes milliseconds.
const NOTIFY_LIMIT: Duration = Duration::from_millis(300);
/// How often the metrics' histograms are drained into their buckets.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// A server that answers. Dropped, it goes on; [`Running::stopped`] waits for its end.
#[derive(Debug)]
pub struct Running {
    pub address: SocketAddr,
    /// The secret of the link that the first user signs in with, where nobody could come in otherwise.
    pub first_link: Option<String>,
    done: JoinHandle<()>,
}

impl Running {
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until the server has shut down whole, embedded PostgreSQL included.
    pub async fn stopped(self) {
        let _ = self.done.await;
    }
}

/// Where the data lies: a server of ours, or somebody's.
struct Database {
    kind: DatabaseKind,
    target: Target,
}

enum DatabaseKind {
    Embedded(Box<EmbeddedServer>),
    /// The data directory is still one server's alone.
    Foreign(#[expect(dead_code, reason = "held for its lock")] DataDirLock),
}

/// The writers and duties of a running server.
struct Parts {
    core: Core,
    /// End by themselves once the core is dropped.
    writers: JoinSet<()>,
    /// Run until aborted.
    duties: JoinSet<()>,
    /// Where there is a Loki.
    shipper: Option<Shipper>,
}

/// Binds, connects, migrates, wires and serves until `shutdown` resolves. Returns once the server is ready.
pub async fn serve(
    settings: Settings,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Running, AppError> {
    let metrics = telemetry::metrics::install()
        .map_err(|error| AppError::not_there(format!("metrics can't be recorded: {error}")))?;
    let listener = TcpListener::bind(&settings.listen)
        .await
        .map_err(|error| AppError::bind(&settings.listen, &error))?;
    let address = listener.local_addr().map_err(|error| AppError::bind(&settings.listen, &error))?;
    let database = Database::open(&settings).await?;
    let mut parts = match wire(&settings, &database.target).await {
        Ok(parts) => parts,
        Err(error) => {
            let error = error.about(&database.target);
            database.close().await;
            return Err(error);
        }
    };
    let operator_token = operator_token::of(&settings.data_dir);
    let upkeep = metrics.clone();
    parts.duties.spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP_EVERY).await;
            upkeep.run_upkeep();
        }
    });
    let worker_token = settings.token.clone().or_else(|| operator_token.clone());
    let is_loopback = address.ip().to_canonical().is_loopback();
    let first_link = match first_link(&settings, is_loopback, &parts.core).await {
        Ok(link) => link,
        Err(error) => {
            stop(parts).await;
            database.close().await;
            return Err(error);
        }
    };
    let render: Render = Arc::new(move || metrics.render());
    let options = http_options(&settings, operator_token, is_loopback, render, &parts);
    if let Some(endpoint) = settings.otlp_endpoint.clone() {
        parts.duties.spawn(telemetry::traces::export(endpoint));
    }
    if settings.local_worker {
        parts.duties.spawn(local_worker::keep(parts.core.clone(), settings.clone(), worker_token));
    }
    let feed = parts.core.feed.clone();
    let http = http::serve(parts.core.clone(), options, listener, shutdown)
        .map_err(|error| AppError::http(address, &error))?;
    let server_file = ServerFile::write(&settings.data_dir, &format!("http://{address}"));
    feed.settle(NOTIFY_LIMIT).await;
    info!(%address, "ready");
    let done = tokio::spawn(async move {
        let _ = http.await;
        drop(server_file);
        stop(parts).await;
        database.close().await;
    });
    Ok(Running { address, first_link, done })
}

/// How the metrics become text.
type Render = Arc<dyn Fn() -> String + Send + Sync>;

fn http_options(
    settings: &Settings,
    operator_token: Option<String>,
    is_loopback: bool,
    metrics: Render,
    parts: &Parts,
) -> HttpOptions {
    HttpOptions {
        token: settings.token.clone(),
        operator_token,
        require_sign_in: settings.require_sign_in,
        cors_origins: settings.cors_origins.clone(),
        allowed_hosts: settings.allowed_hosts.clone(),
        trusted_proxy: settings.trusted_proxy.clone(),
        loopback: is_loopback,
        metrics,
        readiness: readiness::look_at(
            &parts.core,
            parts.shipper.as_ref().map(|shipper| shipper.health.clone()),
            // The worker that the server starts for itself runs containers on this machine.
            settings.local_worker,
        ),
    }
}

/// Where everybody has to sign in and nobody can: a link for whoever reads what the server prints.
async fn first_link(settings: &Settings, is_loopback: bool, core: &Core) -> Result<Option<String>, AppError> {
    let is_asked = settings.require_sign_in || (!is_loopback && settings.token.is_none());
    if !is_asked || core.accounts.has_users() {
        return Ok(None);
    }
    let link = core.accounts.first_link().await;
    link.map(Some).map_err(|error| AppError::not_there(format!("no sign-in link can be made: {error}")))
}

impl Database {
    async fn open(settings: &Settings) -> Result<Self, AppError> {
        if let Some(url) = &settings.database_url {
            let target = Target::parse(url)?;
            let lock = take_data_dir(&settings.data_dir)?;
            return Ok(Self { kind: DatabaseKind::Foreign(lock), target });
        }
        let server = EmbeddedServer::start(&EmbeddedOptions::from(settings)).await?;
        Ok(Self { target: server.target().clone(), kind: DatabaseKind::Embedded(Box::new(server)) })
    }

    async fn close(self) {
        if let DatabaseKind::Embedded(server) = self.kind
            && let Err(error) = server.stop().await
        {
            warn!(%error, "the embedded database did not stop cleanly");
        }
    }
}

async fn wire(settings: &Settings, target: &Target) -> Result<Parts, AppError> {
    let vault = Vault::new(&secret_key::of(settings)?);
    let bundles =
        Bundles::open(&settings.data_dir, &secret_key::for_signing(settings)?).map_err(|error| {
            let dir = settings.data_dir.display();
            AppError::not_there(format!("bundles can't be taken in below {dir}: {error}"))
        })?;
    let loki = settings
        .loki
        .as_ref()
        .map(Loki::new)
        .transpose()
        .map_err(|reason| AppError::not_there(format!("Loki can't be spoken to: {reason}")))?;
    migrate::up(target).await?;
    let db: Db = connect(target, settings.database_pool, settings.database_prepared).await?;
    let keys = Arc::new(RunKeys::default());
    partitions::ensure(&db, &keys, clock::now()).await?;
    let installation = Arc::new(journal::read::installation(&db).await?);
    let objects = objects(settings, &installation)?;
    let reader = LogReader::new(db.clone(), loki.clone());
    let feed = Feed::new(db.clone(), reader.clone());
    let (mut writers, mut duties) = (JoinSet::new(), JoinSet::new());
    let provider = settings.openid.clone().map(Provider::new).transpose();
    let provider = provider
        .map_err(|reason| AppError::not_there(format!("the OpenID provider can't be spoken to: {reason}")))?;
    let accounts = Accounts::start(db.clone(), provider).await?;
    duties.spawn(accounts.clone().keep());
    feed.start(target.clone(), &mut duties);
    let (of_events, of_lines) = (feed.clone(), feed.clone());
    let queue = Queue::default();
    let of_queue = queue.clone();
    let on_commit = Arc::new(move |committed: Committed| {
        of_events.committed(&committed);
        if committed.status.is_terminal() {
            of_queue.ended(&committed.run_id);
        }
    });
    let new_lines = Arc::new(Notify::new());
    let of_shipper = Arc::clone(&new_lines);
    let on_lines = Arc::new(move |committed| {
        of_lines.lines_committed(&committed);
        of_shipper.notify_one();
    });
    let journal = Journal::start(db.clone(), settings.lanes, keys.clone(), on_commit, &mut writers);
    let logs = Logs::start(db.clone(), settings.lanes, on_lines, &mut writers);
    let spool = Spool::new(settings.loki.is_some().then_some(settings.log_spool_max));
    let shipper = settings
        .loki
        .clone()
        .zip(loki.clone())
        .map(|(settings, loki)| shipper::start(db.clone(), loki, settings, spool.clone(), new_lines));
    let cleanup = Arc::new(Notify::new());
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
        cleanup,
        notifier: Notifier::new(settings.webhook_allow.clone()),
        paces: Paces::default(),
        installation,
    };
    keeper::start(&core, keys, &mut duties);
    Ok(Parts { core, writers, duties, shipper })
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

/// Lets the lanes write what they hold, then ends the duties.
async fn stop(parts: Parts) {
    let Parts { core, mut writers, mut duties, shipper } = parts;
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
