//! PostgreSQL for tests: one cluster for the whole binary with a database for each test, and private
//! clusters for tests that kill the postmaster.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Gid, Pid, Uid, User};
use tokio::sync::OnceCell;
use tokio_postgres::NoTls;

use super::guard::Guard;
use super::rng::Rng;
use super::server::{Options, tempdir};
use super::wait::until;

/// Killed processes lose nothing that they wrote, so the tests do without fsync; they test telltale's
/// promises, not the disk's.
const SETTINGS: &str = "
fsync = off
full_page_writes = off
max_connections = 300
shared_buffers = 64MB
max_wal_size = 512MB
listen_addresses = '127.0.0.1'
log_min_messages = warning
logging_collector = off
";

const TEMPLATE: &str = "suite_template";

static SHARED: OnceCell<Cluster> = OnceCell::const_new();
static MIGRATED: OnceCell<()> = OnceCell::const_new();

/// Who runs the servers that refuse to run as root; `None` when the tests aren't run by root.
pub fn unprivileged() -> Option<(Uid, Gid)> {
    if !Uid::effective().is_root() {
        return None;
    }
    let named = |name| User::from_name(name).ok().flatten();
    let user = named("postgres").or_else(|| named("nobody")).expect("a user `postgres` or `nobody`");
    Some((user.uid, user.gid))
}

/// A command that runs without root's rights.
pub fn unprivileged_command(program: &Path) -> Command {
    let mut command = Command::new(program);
    if let Some((uid, gid)) = unprivileged() {
        command.uid(uid.as_raw()).gid(gid.as_raw());
    }
    command.stdin(Stdio::null());
    command
}

/// A port that nothing listens on, outside the range from which the kernel takes ports for connections.
pub fn free_port() -> u16 {
    let mut rng = Rng::unseeded();
    (0..1_000)
        .map(|_| 20_000 + rng.below(12_000) as u16)
        .find(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port on the loopback interface")
}

/// The folder of `initdb` and its siblings: a setting, `pg_config`, or where Debian keeps them.
fn binaries() -> PathBuf {
    if let Some(dir) = std::env::var_os("TELLTALE_POSTGRES_BIN") {
        return dir.into();
    }
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        debian.map(|entry| entry.path().join("bin")).filter(|dir| dir.join("initdb").exists()).collect();
    found.sort();
    if let Some(newest) = found.pop() {
        return newest;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .find(|dir| dir.join("initdb").exists())
        .expect("PostgreSQL's server binaries (initdb)")
}

pub struct Cluster {
    binaries: PathBuf,
    /// Dropped before the folder goes: it stops the postmaster.
    guard: Option<Guard>,
    home: tempfile::TempDir,
    address: Address,
    postmaster: Option<Child>,
}

impl Cluster {
    /// The cluster that all tests of this binary share. Never stop it.
    pub async fn shared() -> &'static Self {
        SHARED.get_or_init(Self::private).await
    }

    /// A cluster of one's own, gone with its value.
    pub async fn private() -> Self {
        let mut cluster = tokio::task::spawn_blocking(Self::create).await.expect("creating a cluster");
        cluster.start().await;
        cluster
    }

    fn create() -> Self {
        let home = tempdir("pg");
        if let Some((uid, gid)) = unprivileged() {
            std::os::unix::fs::chown(home.path(), Some(uid.as_raw()), Some(gid.as_raw()))
                .expect("chown of the cluster's folder");
        }
        let address = Address { folder: home.path().to_owned(), port: free_port() };
        let mut cluster = Self { binaries: binaries(), guard: None, home, address, postmaster: None };
        let data = cluster.data();
        let args = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-D"];
        cluster.run("initdb", |command| command.args(args).arg(&data));
        let settings = format!(
            "{SETTINGS}port = {}\nunix_socket_directories = '{}'\n",
            cluster.address.port,
            cluster.home.path().display()
        );
        let file = data.join("postgresql.conf");
        let before = std::fs::read_to_string(&file).expect("postgresql.conf");
        std::fs::write(&file, before + &settings).expect("writing postgresql.conf");
        cluster.guard = Some(Guard::new(
            // Its children still write while they end, so that removing the folder may take a second try.
            "kill -QUIT $(head -n 1 \"$1/data/postmaster.pid\")\nfor i in 1 2 3 4 5 6 7 8 9; do rm -rf \"$1\" && break; sleep 0.1; done",
            &[&cluster.home.path().display().to_string()],
        ));
        cluster
    }

    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.home.path().join("log")
    }

    fn run(&self, program: &str, arguments: impl FnOnce(&mut Command) -> &mut Command) {
        let mut command = unprivileged_command(&self.binaries.join(program));
        command.current_dir(self.home.path());
        let output = arguments(&mut command).output().unwrap_or_else(|e| panic!("{program}: {e}"));
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Starts the postmaster and returns once it takes connections.
    pub async fn start(&mut self) {
        let log = File::options().create(true).append(true).open(self.log()).expect("the cluster's log");
        // A child of ours and not of `pg_ctl`: nobody else might reap it once it was killed, and PostgreSQL
        // takes a zombie for a running server.
        let child = unprivileged_command(&self.binaries.join("postgres"))
            .arg("-D")
            .arg(self.data())
            .current_dir(self.home.path())
            .stdout(Stdio::null())
            .stderr(log)
            .process_group(0)
            .spawn()
            .expect("starting postgres");
        let postmaster = self.postmaster.insert(child);
        let url = self.address.url("postgres");
        let home = self.home.path();
        until("the postmaster takes connections", || {
            let ended = postmaster.try_wait().expect("the status of the postmaster");
            let log = || std::fs::read_to_string(home.join("log")).unwrap_or_default();
            assert!(ended.is_none(), "the postmaster ended: {ended:?}\n{}", log());
            async { tokio_postgres::connect(&url, NoTls).await.ok().map(drop) }
        })
        .await;
    }

    /// Stops in PostgreSQL's `fast` mode: sessions are ended, transactions rolled back.
    pub async fn stop(&mut self) {
        self.signal(Signal::SIGINT).await;
    }

    /// SIGKILL to the postmaster; returns once its children have noticed and gone, as a start demands.
    pub async fn kill9(&mut self) {
        self.signal(Signal::SIGKILL).await;
        let folder = self.data();
        until("the children of the killed postmaster go", || {
            std::future::ready((!runs_in(&folder)).then_some(()))
        })
        .await;
    }

    async fn signal(&mut self, signal: Signal) {
        let mut postmaster = self.postmaster.take().expect("the postmaster runs");
        kill(Pid::from_raw(postmaster.id() as i32), signal).expect("a signal to the postmaster");
        until("the postmaster ends", || std::future::ready(postmaster.try_wait().expect("its status"))).await;
    }

    pub fn address(&self) -> &Address {
        &self.address
    }

    /// A database of one's own, migrated, dropped with its value. Of the shared cluster.
    pub async fn database(&self) -> Database {
        MIGRATED.get_or_init(|| self.make_template()).await;
        self.create_database(&format!("TEMPLATE {TEMPLATE}")).await
    }

    /// An empty database, dropped with its value. Of the shared cluster.
    pub async fn empty_database(&self) -> Database {
        self.create_database("").await
    }

    /// An empty database in a private cluster, which it goes with.
    pub async fn own_database(&self) -> Database {
        let mut database = self.empty_database().await;
        database.psql = None;
        database
    }

    async fn create_database(&self, from: &str) -> Database {
        let name = format!("t_{}", uuid::Uuid::now_v7().simple());
        self.address.create_database(&name, from).await;
        Database { address: self.address.clone(), name, psql: Some(self.binaries.join("psql")) }
    }

    /// The server migrates on its first start; every test's database is a copy of what it left.
    async fn make_template(&self) {
        self.address.create_database(TEMPLATE, "").await;
        let mut server = Options::on(&self.address.url(TEMPLATE)).start().await;
        server.stop().await;
        let session = self.address.session("postgres").await;
        until("the sessions on the template end", || async {
            let row = session
                .query_one("SELECT count(*) FROM pg_stat_activity WHERE datname = $1", &[&TEMPLATE])
                .await;
            (row.expect("pg_stat_activity").get::<_, i64>(0) == 0).then_some(())
        })
        .await;
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.guard.take());
        if let Some(mut postmaster) = self.postmaster.take() {
            let _ = postmaster.wait();
        }
    }
}

/// Whether any process works in this data directory: PostgreSQL's processes keep it as their own.
fn runs_in(data: &Path) -> bool {
    let processes = std::fs::read_dir("/proc").expect("/proc").flatten();
    processes.filter_map(|entry| std::fs::read_link(entry.path().join("cwd")).ok()).any(|cwd| cwd == data)
}

/// Where a cluster is reached.
#[derive(Clone)]
pub struct Address {
    folder: PathBuf,
    port: u16,
}

impl Address {
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address of a database over TCP.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// The address of a database over the Unix socket.
    pub fn socket_url(&self, database: &str) -> String {
        let folder = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{folder}:{}/{database}", self.port)
    }

    /// A session of the superuser.
    pub async fn session(&self, database: &str) -> tokio_postgres::Client {
        let connected = tokio_postgres::connect(&self.url(database), NoTls).await;
        let (client, connection) = connected.expect("a session with PostgreSQL");
        tokio::spawn(connection);
        client
    }

    async fn create_database(&self, name: &str, from: &str) {
        let session = self.session("postgres").await;
        session.batch_execute(&format!("CREATE DATABASE {name} {from}")).await.expect("CREATE DATABASE");
    }
}

/// A database for one test.
pub struct Database {
    address: Address,
    name: String,
    /// The `psql` that drops it; none where it goes with its cluster.
    psql: Option<PathBuf>,
}

impl Database {
    /// A migrated database in the shared cluster.
    pub async fn new() -> Self {
        Cluster::shared().await.database().await
    }

    /// An empty database in the shared cluster.
    pub async fn empty() -> Self {
        Cluster::shared().await.empty_database().await
    }

    pub fn url(&self) -> String {
        self.address.url(&self.name)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn cluster(&self) -> &Address {
        &self.address
    }

    pub async fn session(&self) -> tokio_postgres::Client {
        self.address.session(&self.name).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some(psql) = &self.psql else { return };
        let script = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let output = Command::new(psql)
            .args(["-X", "-q", "-c", &script])
            .arg(self.address.url("postgres"))
            .stdin(Stdio::null())
            .output();
        if !std::thread::panicking() {
            let output = output.expect("psql");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
}
