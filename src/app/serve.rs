//! A server, from its settings to its end.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tracing::{info, warn};

use super::error::AppError;
use super::local_worker;
use super::operator_token;
use super::parts::Parts;
use super::readiness;
use super::server_file::ServerFile;
use crate::facts::settings::Settings;
use crate::flow::Core;
use crate::http::{self, HttpOptions};
use crate::store::db::Target;
use crate::store::db::embedded::{DataDirLock, EmbeddedOptions, EmbeddedServer, take_data_dir};
use crate::telemetry;

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
    let mut parts = match Parts::wire(&settings, &database.target).await {
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
            parts.stop().await;
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
        parts.stop().await;
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
