//! From a database URL to connections: the pool's, and single ones for LISTEN.
//!
//! ```text
//! Target::parse(url) ──► connect(&target, size, prepared) ──► Db (pool)
//!        │
//!        └─► target.open_raw() ──► (Client, Messages): the caller polls the messages himself
//! ```

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use deadpool_postgres::{Connect, Manager, ManagerConfig, Pool, QueueMode, RecyclingMethod, Runtime};
use futures_util::Stream;
use futures_util::future::BoxFuture;
use futures_util::stream::poll_fn;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{AsyncMessage, Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::pool::POOL_WAIT;
use super::url::Mode;
use super::{Db, DbError, tls, url};

/// A database that does not answer the first packet in this time is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long sent bytes may stay unacknowledged: a pulled cable is noticed in half a minute rather than in
/// the quarter of an hour that TCP takes.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(30);
/// The same for a connection that waits for notifications and sends nothing.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_RETRIES: u32 = 3;

/// What the server sends without being asked, and the driving of the connection at the same time: while
/// nobody polls it, the client's queries stand still. It ends when the connection does.
pub type Messages = Pin<Box<dyn Stream<Item = Result<AsyncMessage, tokio_postgres::Error>> + Send>>;

/// Why a database URL can't be used. Never repeats the URL, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the database URL {0}")]
pub struct TargetError(String);

/// A database, and how to talk to it.
#[derive(Clone)]
pub struct Target {
    config: Config,
    tls: MakeRustlsConnect,
}

impl Target {
    /// Reads a URL or `name=value` pairs, with libpq's meaning of the `ssl…` parameters; certificate files
    /// that it names are read now. What it leaves open about time limits is filled in.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let (rest, mut wish) = url::split(text).map_err(TargetError)?;
        let mut config: Config = rest.parse().map_err(|error| TargetError(not_understood(&error)))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(TargetError("names no host".to_owned()));
        }
        // A Unix socket never leaves the machine, and a server refuses TLS on it.
        if config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)))
            && config.get_hostaddrs().is_empty()
        {
            wish.mode = Mode::Disable;
        }
        config.ssl_mode(match wish.mode {
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            Mode::Require | Mode::VerifyCa | Mode::VerifyFull => SslMode::Require,
        });
        fill_in(&mut config);
        let tls = tls::connector(&wish).map_err(TargetError)?;
        Ok(Self { config, tls })
    }

    /// Another database of the same server.
    #[must_use]
    pub fn with_database(&self, name: &str) -> Self {
        let mut other = self.clone();
        other.config.dbname(name);
        other
    }

    /// Where it is, for people: `host:port`, or the socket's folder. Without user and password.
    #[must_use]
    pub fn address(&self) -> String {
        let ports = self.config.get_ports();
        let hosts = self.config.get_hosts().iter().enumerate().map(|(place, host)| {
            let port = ports.get(place).or(ports.first()).copied().unwrap_or(5432);
            match host {
                Host::Tcp(name) => format!("{name}:{port}"),
                Host::Unix(folder) => format!("{}:{port}", folder.display()),
            }
        });
        hosts.collect::<Vec<_>>().join(", ")
    }

    /// The driver's configuration, to look at.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// A connection outside the pool, for LISTEN and for work in which the session itself matters. The
    /// caller must poll the messages for anything to happen, or hand them to [`drive`].
    pub async fn open_raw(&self) -> Result<(Client, Messages), DbError> {
        let opening = self.config.connect(self.tls.clone());
        let opened = tokio::time::timeout(POOL_WAIT, opening).await;
        let (client, mut connection) = opened
            .map_err(|_| DbError::Unreachable("timeout waiting for server".to_owned()))?
            .map_err(|error| DbError::of_query("connect", error))?;
        Ok((client, Box::pin(poll_fn(move |cx| connection.poll_message(cx)))))
    }

    /// [`Self::open_raw`] for those who want no messages: they are dropped by a task that ends with the
    /// connection.
    pub async fn open(&self) -> Result<Client, DbError> {
        let (client, messages) = self.open_raw().await?;
        tokio::spawn(drive(messages));
        Ok(client)
    }

    /// A pool that opens its connections when they are wanted; none yet.
    pub fn pool(&self, size: usize, prepared: bool) -> Result<Db, DbError> {
        // Fast: a broken connection shows in the query itself, and saves every other one a round trip.
        let recycle = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let opener = Opener { tls: self.tls.clone(), home: Handle::current() };
        let manager = Manager::from_connect(self.config.clone(), opener, recycle);
        let pool = Pool::builder(manager)
            .max_size(size)
            // A few connections do most of the work and keep their plans; taking turns, every one that a burst has opened
            // would have to make its own. No figure of the benchmarks shows a difference either way.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(POOL_WAIT))
            .create_timeout(Some(POOL_WAIT))
            .build()
            .map_err(|error| DbError::Unreachable(error.to_string()))?;
        Ok(Db::new(pool, prepared))
    }
}

/// Opens the pool's connections, all on the runtime that the pool was made on: whoever happens to need one more may run on
/// threads that are busy with other things, and an append must not wait for those.
struct Opener {
    tls: MakeRustlsConnect,
    home: Handle,
}

impl Connect for Opener {
    fn connect(
        &self,
        config: &Config,
    ) -> BoxFuture<'_, Result<(Client, JoinHandle<()>), tokio_postgres::Error>> {
        let (config, tls) = (config.clone(), self.tls.clone());
        let opening = self.home.spawn(async move {
            let (client, connection) = config.connect(tls).await?;
            let driving = tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a database connection broke");
                }
            });
            Ok((client, driving))
        });
        Box::pin(async move {
            match opening.await {
                Ok(opened) => opened,
                // The runtime is going down; nobody waits for this answer any more.
                Err(_) => std::future::pending().await,
            }
        })
    }
}

/// A pool of `size` connections to `target`, the first of which has been made.
pub async fn connect(target: &Target, size: usize, prepared: bool) -> Result<Db, DbError> {
    let db = target.pool(size, prepared)?;
    drop(db.get().await?);
    Ok(db)
}

/// Moves a connection until it ends.
pub async fn drive(mut messages: Messages) {
    use futures_util::StreamExt as _;
    while let Some(Ok(_)) = messages.next().await {}
}

/// Sets what the URL left open.
fn fill_in(config: &mut Config) {
    if config.get_application_name().is_none() {
        config.application_name("telltale");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(TCP_USER_TIMEOUT);
    }
    // The driver gives this one a value from the start, so that "not set" is its default.
    if config.get_keepalives_idle() == Config::new().get_keepalives_idle() {
        config.keepalives_idle(KEEPALIVE_IDLE);
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(KEEPALIVE_INTERVAL);
    }
    if config.get_keepalives_retries().is_none() {
        config.keepalives_retries(KEEPALIVE_RETRIES);
    }
}

/// What the driver says about a URL, from its innermost cause: "unknown option `x`".
fn not_understood(error: &tokio_postgres::Error) -> String {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    format!("is not understood: {}", cause.unwrap_or_else(|| error.to_string()))
}

/// The password stays out.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("hosts", &self.config.get_hosts())
            .field("database", &self.config.get_dbname())
            .field("user", &self.config.get_user())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_url_leaves_open_is_filled_in() {
        let target = Target::parse("postgresql://u:hunter2@db.example:5433/d").unwrap();
        let config = target.config();
        assert_eq!(config.get_application_name(), Some("telltale"));
        assert_eq!(config.get_connect_timeout(), Some(&CONNECT_TIMEOUT));
        assert_eq!(config.get_keepalives_idle(), KEEPALIVE_IDLE);
        assert_eq!(config.get_ssl_mode(), SslMode::Prefer);
        assert!(!format!("{target:?}").contains("hunter2"));
    }

    #[test]
    fn what_the_url_says_stays() {
        let target =
            Target::parse("postgres://h/d?application_name=x&connect_timeout=1&sslmode=require").unwrap();
        assert_eq!(target.config().get_application_name(), Some("x"));
        assert_eq!(target.config().get_connect_timeout(), Some(&Duration::from_secs(1)));
        assert_eq!(target.config().get_ssl_mode(), SslMode::Require);
        assert_eq!(target.with_database("e").config().get_dbname(), Some("e"));
    }

    #[test]
    fn a_socket_needs_no_tls() {
        for url in
            ["postgresql:///d?host=/run/pg&sslmode=require", "host=/run/pg dbname=d", "postgres://%2Frun/d"]
        {
            assert_eq!(Target::parse(url).unwrap().config().get_ssl_mode(), SslMode::Disable, "{url}");
        }
    }

    #[test]
    fn a_wrong_url_gives_one_sentence_without_its_password() {
        for (url, part) in [
            ("postgres://u:hunter2@h/d?passfile=x", "unknown option `passfile`"),
            ("postgres://u:hunter2@h:x/d", "not understood"),
            ("postgres://u:hunter2@h/d?sslmode=verify-full&sslrootcert=/nowhere", "/nowhere"),
            ("postgres://u:hunter2@h/d?sslcert=/c", "only one of"),
            ("dbname=d", "names no host"),
        ] {
            let said = Target::parse(url).unwrap_err().to_string();
            assert!(said.starts_with("the database URL ") && said.contains(part), "{said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
    }
}
