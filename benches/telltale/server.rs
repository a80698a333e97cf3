//! The server under test: the built `telltale serve` as a child process, with its embedded PostgreSQL.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use telltale::store::db::{Target, embedded};

use crate::harness::{Outcome, Plan};

/// What `serve` prints once it is ready.
const READY: &str = "telltale is listening on http://";
/// Enough for a database that checkpoints gigabytes before it ends.
const STOP_LIMIT: Duration = Duration::from_secs(120);
/// Between two looks at a process that ends.
const STOP_POLL: Duration = Duration::from_millis(5);
/// Bytes in a page and ticks in a second, as /proc counts (the same on every Linux that this is run on).
const PAGE_BYTES: u64 = 4_096;
const TICKS_PER_SECOND: f64 = 100.0;

#[derive(Debug)]
pub struct Server {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub address: String,
    pub target: Target,
    /// From spawning the process to its word that it is ready.
    pub ready_after: Duration,
    lanes: Option<String>,
    /// Settings for the next start.
    pub env: Vec<(&'static str, String)>,
    folder: tempfile::TempDir,
}

impl Server {
    /// A server on a new cluster.
    pub async fn fresh(plan: &Plan) -> Outcome<Self> {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::Builder::new().prefix("telltale-bench-").tempdir()?;
        // The database runs as another user when this is run by root.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
        Self::start(folder, plan.lanes.clone(), Vec::new())
    }

    fn start(
        folder: tempfile::TempDir,
        lanes: Option<String>,
        env: Vec<(&'static str, String)>,
    ) -> Outcome<Self> {
        let data_dir = folder.path().join("data");
        let mut command = Command::new(env!("CARGO_BIN_EXE_telltale"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TELLTALE_") {
                command.env_remove(name);
            }
        }
        let log =
            std::fs::File::options().create(true).append(true).open(folder.path().join("stderr.txt"))?;
        if let Some(lanes) = &lanes {
            command.env("TELLTALE_LANES", lanes);
        }
        let started = Instant::now();
        let mut child = command
            .arg("serve")
            .env("TELLTALE_LISTEN", "127.0.0.1:0")
            .env("TELLTALE_DATA_DIR", &data_dir)
            .env("TELLTALE_PROCESS_ENGINE", "true")
            .envs(env.iter().map(|(name, value)| (name, value)))
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let stdout = child.stdout.take().ok_or("no stdout")?;
        let mut lines = BufReader::new(stdout).lines();
        let address = loop {
            let Some(line) = lines.next() else {
                let said = std::fs::read_to_string(folder.path().join("stderr.txt")).unwrap_or_default();
                return Err(format!("the server did not start: {said}").into());
            };
            if let Some(address) = line?.strip_prefix(READY) {
                break address.trim_end_matches('/').to_owned();
            }
        };
        let ready_after = started.elapsed();
        // Reads on, so that the server never blocks on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let target = embedded::beside(&data_dir).ok_or("the embedded database is not to be found")?;
        Ok(Self { child, address, target, ready_after, lanes, env, folder })
    }

    pub async fn postgres_version(&self) -> Outcome<String> {
        let client = self.target.open().await?;
        let row = client.query_one("SELECT current_setting('server_version'), current_setting('fsync')", &[]);
        let row = row.await?;
        Ok(format!("{}, fsync {}", row.get::<_, &str>(0), row.get::<_, &str>(1)))
    }

    /// Ends and starts again on the same cluster.
    pub async fn restart(&mut self) -> Outcome<()> {
        self.end(Signal::SIGTERM).await?;
        self.again()
    }

    /// Dies without a word, its PostgreSQL living on, and starts again.
    pub async fn crash(&mut self) -> Outcome<()> {
        self.end(Signal::SIGKILL).await?;
        self.again()
    }

    fn again(&mut self) -> Outcome<()> {
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir()?);
        *self = Self::start(folder, self.lanes.clone(), self.env.clone())?;
        Ok(())
    }

    pub async fn stop(mut self) -> Outcome<()> {
        self.end(Signal::SIGTERM).await
    }

    async fn end(&mut self, how: Signal) -> Outcome<()> {
        kill(self.pid(), how)?;
        let deadline = Instant::now() + STOP_LIMIT;
        while self.child.try_wait()?.is_none() {
            if Instant::now() > deadline {
                return Err("the server does not stop".into());
            }
            tokio::time::sleep(STOP_POLL).await;
        }
        Ok(())
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    /// Resident memory in bytes, without PostgreSQL's.
    pub fn memory(&self) -> Outcome<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/statm", self.child.id()))?;
        let pages = text.split_whitespace().nth(1).ok_or("no resident pages in statm")?;
        Ok(pages.parse::<u64>()? * PAGE_BYTES)
    }

    /// Processor time in seconds of the server, its PostgreSQL and this program together: what a saturated machine is
    /// short of, whoever else uses it meanwhile.
    pub fn whole_cpu_seconds(&self) -> Outcome<f64> {
        let file = std::fs::read_to_string(self.folder.path().join("data/postgres/postmaster.pid"))?;
        let postmaster: u32 = file.lines().next().unwrap_or_default().trim().parse()?;
        let children = std::fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"))?;
        let mut sum =
            self.cpu_seconds()? + cpu_seconds(std::process::id())? + times(postmaster)?.iter().sum::<f64>();
        for child in children.split_whitespace() {
            // One that has just ended counts with the postmaster's.
            sum += cpu_seconds(child.parse()?).unwrap_or(0.0);
        }
        Ok(sum)
    }

    /// Processor time in seconds, without PostgreSQL's.
    pub fn cpu_seconds(&self) -> Outcome<f64> {
        cpu_seconds(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After an error only: `stop` has waited already.
        if let Ok(None) = self.child.try_wait() {
            let _ = kill(self.pid(), Signal::SIGTERM);
            let _ = self.child.wait();
        }
    }
}

/// User and system time of a process so far.
pub fn cpu_seconds(pid: u32) -> Outcome<f64> {
    let [user, system, ..] = times(pid)?;
    Ok(user + system)
}

/// User and system time, of a process and of its children that have ended.
fn times(pid: u32) -> Outcome<[f64; 4]> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // Behind the name, which may hold spaces, field 3 comes first: utime is field 14.
    let rest = text.rsplit(')').next().unwrap_or_default();
    let mut fields = rest.split_whitespace().skip(11);
    let mut time = || -> Outcome<f64> {
        Ok(fields.next().ok_or("no times in stat")?.parse::<f64>()? / TICKS_PER_SECOND)
    };
    Ok([time()?, time()?, time()?, time()?])
}
