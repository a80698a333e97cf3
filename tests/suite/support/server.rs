//! The real `telltale serve`, as a child process that can be killed, stopped and started again.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::guard::Guard;
use super::http::Http;
use super::postgres::Database;
use super::wait::{LIMIT, until};

/// The line that the contract of `serve` promises once it is ready.
const READY: &str = "telltale is listening on ";

/// Where the binary under test is.
pub const BINARY: &str = env!("CARGO_BIN_EXE_telltale");

/// Where scripts keep what they have built for the tests: `${XDG_CACHE_HOME:-~/.cache}/telltale`.
pub fn cache_dir() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")));
    cache.expect("a home").join("telltale")
}

/// What a server is started with.
#[derive(Clone, Default)]
pub struct Options {
    /// Another telltale than the one under test.
    pub binary: Option<PathBuf>,
    database_url: Option<String>,
    env: Vec<(String, String)>,
    data_dir: Option<PathBuf>,
}

impl Options {
    /// A server on a database from outside.
    pub fn on(database_url: &str) -> Self {
        Self { database_url: Some(database_url.to_owned()), ..Self::default() }
    }

    /// A server that brings its own PostgreSQL, under its data directory.
    pub fn embedded() -> Self {
        Self::default()
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A data directory that the test keeps; otherwise the server has one of its own.
    pub fn data_dir(mut self, path: &Path) -> Self {
        self.data_dir = Some(path.to_owned());
        self
    }

    /// `telltale` with these settings, its arguments still to come, and no setting leaking in from outside.
    pub fn command(&self, data_dir: &Path, listen: &str) -> Command {
        let mut command = Command::new(self.binary.as_deref().unwrap_or(Path::new(BINARY)));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TELLTALE_") {
                command.env_remove(name);
            }
        }
        command.env("TELLTALE_LISTEN", listen).env("TELLTALE_DATA_DIR", data_dir).current_dir("/");
        if let Some(url) = &self.database_url {
            command.env("TELLTALE_DATABASE_URL", url);
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    pub async fn start(self) -> Server {
        let own = tempdir("server");
        let data_dir = self.data_dir.clone().unwrap_or_else(|| own.path().join("data"));
        let mut server = Server {
            options: self,
            stderr: own.path().join("stderr.txt"),
            own,
            data_dir,
            base: String::new(),
            said: Arc::default(),
            http: None,
            process: None,
        };
        server.launch("127.0.0.1:0").await;
        server
    }
}

/// A directory that goes with its value and that an unprivileged postmaster may walk through.
pub fn tempdir(purpose: &str) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::Builder::new()
        .prefix(&format!("telltale-{purpose}-"))
        .tempdir()
        .expect("a temporary directory");
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755))
        .expect("chmod of a new directory");
    dir
}

struct Process {
    child: Child,
    guard: Option<Guard>,
}

pub struct Server {
    /// What it is started with the next time.
    pub options: Options,
    data_dir: PathBuf,
    stderr: PathBuf,
    base: String,
    /// What it has printed since it was first started.
    said: Arc<Mutex<Vec<String>>>,
    http: Option<Http>,
    process: Option<Process>,
    own: tempfile::TempDir,
}

impl Server {
    /// A server on a database of its own, cloned for one test.
    pub async fn on(database: &Database) -> Self {
        Options::on(&database.url()).start().await
    }

    /// The same, which never starts a worker of its own: the test is the only one that claims.
    pub async fn without_worker(database: &Database) -> Self {
        Options::on(&database.url()).env("TELLTALE_LOCAL_WORKER", "false").start().await
    }

    /// A client whose connections are kept between requests.
    pub fn http(&self) -> Http {
        self.http.clone().expect("the server has been started")
    }

    /// `http://127.0.0.1:PORT`, the same after a restart in its place.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        self.base.trim_start_matches("http://").to_owned()
    }

    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    pub fn pid(&self) -> i32 {
        self.process.as_ref().map(|process| process.child.id() as i32).expect("the server is running")
    }

    /// What the server has written to its standard error, all starts together.
    pub fn stderr(&self) -> String {
        std::fs::read_to_string(&self.stderr).unwrap_or_default()
    }

    /// The rest of the line that begins so, once the server has printed it.
    pub async fn line(&self, beginning: &str) -> String {
        until(beginning, || {
            let said = self.said.lock().expect("no panic while it is held");
            std::future::ready(said.iter().find_map(|line| line.strip_prefix(beginning)).map(str::to_owned))
        })
        .await
    }

    /// Resident memory in bytes.
    pub fn memory(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("/proc of the server");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("VmRSS");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).expect("KiB") * 1024
    }

    /// SIGKILL: no last words, no flush, no goodbye.
    pub fn kill9(&mut self) {
        let mut process = self.process.take().expect("the server is running");
        process.child.kill().expect("SIGKILL");
        process.child.wait().expect("the killed server's status");
        process.guard.take().into_iter().for_each(Guard::defuse);
    }

    /// SIGTERM, and waits until the process has gone.
    pub async fn stop(&mut self) -> ExitStatus {
        let mut process = self.process.take().expect("the server is running");
        kill(Pid::from_raw(process.child.id() as i32), Signal::SIGTERM).expect("SIGTERM");
        let status = until("the server stops on SIGTERM", || {
            let status = process.child.try_wait().expect("the status of the server");
            std::future::ready(status)
        })
        .await;
        process.guard.take().into_iter().for_each(Guard::defuse);
        status
    }

    /// Starts again on the same port, with the same data directory and database.
    pub async fn restart(&mut self) {
        assert!(self.process.is_none(), "the server still runs");
        self.launch(&self.address()).await;
    }

    /// Starts again on another port: whoever looks for it finds it through its data directory.
    pub async fn restart_elsewhere(&mut self) {
        assert!(self.process.is_none(), "the server still runs");
        self.launch("127.0.0.1:0").await;
    }

    async fn launch(&mut self, listen: &str) {
        let stderr = File::options().create(true).append(true).open(&self.stderr).expect("a file for stderr");
        let mut child = self
            .options
            .command(&self.data_dir, listen)
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .expect("starting the telltale binary");
        let stdout = child.stdout.take().expect("a piped stdout");
        let own = self.own.path().display().to_string();
        let guard = Guard::new("kill -9 \"$1\"; rm -rf \"$2\"", &[&child.id().to_string(), &own]);
        self.process = Some(Process { child, guard: Some(guard) });

        let (found, ready) = mpsc::channel();
        // The thread reads on to the end, so that the server never blocks on a full pipe.
        let said = self.said.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some(base) = line.strip_prefix(READY) {
                    let _ = found.send(base.trim_end_matches('/').to_owned());
                }
                said.lock().expect("no panic while it is held").push(line);
            }
        });
        let waited =
            tokio::task::spawn_blocking(move || ready.recv_timeout(LIMIT)).await.expect("the waiting thread");
        let Ok(base) = waited else {
            panic!("the server did not say `{READY}…`; its stderr:\n{}", self.stderr())
        };
        if self.base != base {
            self.http = Some(Http::new(&base));
            self.base = base;
        }
    }

    /// The postmaster that an embedded server left behind, if it did.
    fn embedded_postmaster(&self) -> Option<Pid> {
        let find = |dir: &Path| {
            let file = std::fs::read_to_string(dir.join("postmaster.pid")).ok()?;
            file.lines().next()?.trim().parse::<i32>().ok().map(Pid::from_raw)
        };
        let level = |dir: &Path| -> Vec<PathBuf> {
            std::fs::read_dir(dir)
                .map(|all| all.flatten().map(|entry| entry.path()).collect())
                .unwrap_or_default()
        };
        let first = level(&self.data_dir);
        first
            .iter()
            .find_map(|dir| find(dir))
            .or_else(|| first.iter().flat_map(|dir| level(dir)).find_map(|dir| find(&dir)))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let text = self.stderr();
            let from = text.len().saturating_sub(16 * 1024);
            eprintln!("--- stderr of the server at {} ---\n{}", self.base, text.get(from..).unwrap_or(&text));
        }
        let embedded = self.options.database_url.is_none();
        if let Some(mut process) = self.process.take() {
            if embedded {
                let _ = kill(Pid::from_raw(process.child.id() as i32), Signal::SIGTERM);
                let deadline = Instant::now() + Duration::from_secs(10);
                while Instant::now() < deadline && matches!(process.child.try_wait(), Ok(None)) {
                    std::thread::park_timeout(Duration::from_millis(10));
                }
            }
            let _ = process.child.kill();
            let _ = process.child.wait();
            process.guard.take().into_iter().for_each(Guard::defuse);
        }
        if embedded && let Some(pid) = self.embedded_postmaster() {
            let _ = kill(pid, Signal::SIGQUIT);
        }
    }
}
