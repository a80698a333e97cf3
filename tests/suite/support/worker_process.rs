//! The real `telltale worker`, as a process that can be killed, held and let go.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::guard::Guard;
use super::server::{BINARY, Server, tempdir};
use super::wait::until;

pub struct WorkerProcess {
    pub name: String,
    child: Child,
    guard: Option<Guard>,
    stderr: PathBuf,
    _own: tempfile::TempDir,
}

impl WorkerProcess {
    /// A worker of this server, which executes processes too.
    pub fn start(server: &Server, name: &str, arguments: &[&str]) -> Self {
        Self::of(server.base(), server.data_dir(), name, arguments)
    }

    pub fn of(base: &str, data_dir: &Path, name: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(BINARY);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TELLTALE_") {
                command.env_remove(name);
            }
        }
        let own = tempdir("worker");
        let stderr = own.path().join("stderr.txt");
        let child = command
            .args(["worker", "--name", name])
            .args(arguments)
            .env("TELLTALE_URL", base)
            .env("TELLTALE_DATA_DIR", data_dir)
            .env("TELLTALE_PROCESS_ENGINE", "true")
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&stderr).expect("a file for stderr"))
            .spawn()
            .expect("starting the telltale binary");
        let guard = Guard::new("kill -9 \"$1\"", &[&child.id().to_string()]);
        Self { name: name.to_owned(), child, guard: Some(guard), stderr, _own: own }
    }

    pub fn pid(&self) -> i32 {
        self.child.id() as i32
    }

    pub fn stderr(&self) -> String {
        std::fs::read_to_string(&self.stderr).unwrap_or_default()
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).expect("a signal to a worker");
    }

    /// SIGKILL: nothing is finished, nothing given back.
    pub fn kill9(&mut self) {
        self.child.kill().expect("SIGKILL");
        self.child.wait().expect("the killed worker's status");
        self.guard.take().into_iter().for_each(Guard::defuse);
    }

    /// Whether it has ended, and how.
    pub fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the status of a worker")
    }

    /// Waits until it has ended by itself.
    pub async fn leaves(&mut self) -> ExitStatus {
        let status = until("the worker leaves", || {
            let status = self.child.try_wait().expect("the status of a worker");
            std::future::ready(status)
        })
        .await;
        self.guard.take().into_iter().for_each(Guard::defuse);
        status
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- stderr of the worker {} ---\n{}", self.name, self.stderr());
        }
        if self.guard.is_some() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        self.guard.take().into_iter().for_each(Guard::defuse);
    }
}

/// The processes that are a server's own workers, by the server's data directory.
pub fn local_workers(data_dir: &Path) -> Vec<i32> {
    let home = format!("TELLTALE_DATA_DIR={}", data_dir.display());
    let is_one = |pid: &i32| {
        let words = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let mut words = words.split(|byte| *byte == 0).skip(1);
        let is_worker = words.next() == Some(b"worker") && words.next() == Some(b"--local");
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        is_worker && environment.split(|byte| *byte == 0).any(|variable| variable == home.as_bytes())
    };
    let processes = std::fs::read_dir("/proc").expect("/proc").flatten();
    let pids = processes.filter_map(|process| process.file_name().to_str()?.parse().ok());
    pids.filter(is_one).collect()
}

/// Whether a process is there, other than as remains that wait for their parent.
pub fn is_alive(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}

/// The containers of a run, by id.
pub fn containers(run_id: &str) -> Vec<String> {
    docker_ps(&format!("label=telltale.run={run_id}"))
}

/// The containers that a filter of `docker ps` finds, running or not.
pub fn docker_ps(filter: &str) -> Vec<String> {
    let listed = Command::new("docker").args(["ps", "-aq", "--filter", filter]).output().expect("docker ps");
    assert!(listed.status.success(), "{listed:?}");
    String::from_utf8(listed.stdout).expect("ids").split_whitespace().map(str::to_owned).collect()
}
