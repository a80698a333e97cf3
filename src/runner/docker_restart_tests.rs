//! The Docker engine while its daemon is killed and started again: a private dockerd with directories of its own.

use std::process::{Child, Command, Stdio};

use tokio::sync::mpsc;

use super::super::engine::{REPORTS_QUEUED, StreamName};
use super::tests::{attempt, engine};
use super::*;

/// Ends before the suite's own limit, with a name.
const LIMIT: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(20);

struct Daemon {
    directory: tempfile::TempDir,
    live_restore: bool,
    process: Child,
}

impl Daemon {
    async fn start(live_restore: bool) -> Self {
        let directory = tempfile::Builder::new().prefix("telltale-dockerd-").tempdir().unwrap();
        let process = spawn(directory.path(), live_restore);
        let daemon = Self { directory, live_restore, process };
        daemon.answers().await;
        // The shared daemon has the image; this one has no registry either.
        let archive = daemon.directory.path().join("image.tar");
        engine().await;
        docker(Command::new("docker").arg("save").arg("telltale/busybox").arg("-o").arg(&archive));
        docker(Command::new("docker").args(["-H", &daemon.address(), "load", "-i"]).arg(&archive));
        daemon
    }

    fn address(&self) -> String {
        format!("unix://{}/docker.sock", self.directory.path().display())
    }

    async fn answers(&self) -> DockerEngine {
        let connected = async {
            loop {
                match connect_to(&self.address()).await {
                    Ok(engine) => return engine,
                    Err(_) => tokio::time::sleep(LOOK_EVERY).await,
                }
            }
        };
        tokio::time::timeout(LIMIT, connected).await.unwrap_or_else(|_| {
            let log = std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
            panic!("a private dockerd does not answer:\n{log}")
        })
    }

    fn kill9(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn start_again(&mut self) {
        self.process = spawn(self.directory.path(), self.live_restore);
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let ids = Command::new("docker").args(["-H", &self.address(), "ps", "-aq"]).output();
        let ids = String::from_utf8(ids.map(|output| output.stdout).unwrap_or_default()).unwrap_or_default();
        for id in ids.lines() {
            let _ = Command::new("docker").args(["-H", &self.address(), "rm", "-f", id]).output();
        }
        let pid = i32::try_from(self.process.id()).unwrap();
        // Politely, so that it ends its containerd and takes its mounts down.
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGTERM);
        let _ = self.process.wait();
        // Made by the daemon for mounts to be shared, and left by it.
        let _ = Command::new("umount").arg(self.directory.path().join("data")).output();
    }
}

fn spawn(directory: &std::path::Path, live_restore: bool) -> Child {
    let path = |name: &str| directory.join(name);
    let log = std::fs::OpenOptions::new().create(true).append(true).open(path("log")).unwrap();
    // A daemon that was killed leaves its pid behind, and that of its containerd, which dies with it: for those who
    // look, unreaped remains are alive.
    for name in ["pid", "exec/containerd/containerd.pid"] {
        let _ = std::fs::remove_file(path(name));
    }
    // In a network of its own: a daemon without a bridge removes docker0, which is the shared daemon's.
    let mut command = Command::new("unshare");
    command
        .args(["--net", "dockerd"])
        .args(["--bridge", "none", "--iptables=false", "--ip-masq=false"])
        .arg(format!("--live-restore={live_restore}"))
        .arg("--data-root")
        .arg(path("data"))
        .arg("--exec-root")
        .arg(path("exec"))
        .arg("--pidfile")
        .arg(path("pid"))
        .arg("-H")
        .arg(format!("unix://{}", path("docker.sock").display()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    command.spawn().expect("these tests need dockerd, and root")
}

fn docker(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// An attempt that runs while the test does things to its daemon.
struct Running {
    execution: tokio::task::JoinHandle<Finished>,
    received: mpsc::Receiver<Report>,
    stdout: String,
    stderr: String,
    notes: Vec<String>,
}

impl Running {
    fn start(engine: &DockerEngine, attempt: Attempt) -> Self {
        let (reports, received) = mpsc::channel(REPORTS_QUEUED);
        let engine = engine.clone();
        let execution = tokio::spawn(async move { execute(&engine, &attempt, &reports).await });
        let (stdout, stderr, notes) = Default::default();
        Self { execution, received, stdout, stderr, notes }
    }

    async fn next(&mut self) -> bool {
        let report = tokio::time::timeout(LIMIT, self.received.recv()).await.expect("something is reported");
        match report {
            Some(Report::Output(chunk)) => {
                let text = std::str::from_utf8(&chunk.bytes).unwrap();
                let is_stdout = chunk.stream == StreamName::Stdout;
                if is_stdout { &mut self.stdout } else { &mut self.stderr }.push_str(text);
            }
            Some(Report::Note { text, .. }) => self.notes.push(text),
            Some(_) => {}
            None => return false,
        }
        true
    }

    async fn until_line(&mut self, line: &str) {
        while !self.stdout.contains(line) {
            assert!(self.next().await, "it ended before `{line}`");
        }
    }

    async fn end(mut self) -> (Exit, String, String, Vec<String>) {
        while self.next().await {}
        (self.execution.await.unwrap().exit, self.stdout, self.stderr, self.notes)
    }
}

fn counting(lines: usize, then: &str) -> String {
    format!(
        "i=0; while [ $i -lt {lines} ]; do i=$((i+1)); echo line $i; echo err $i >&2; sleep 0.01; done; {then}"
    )
}

fn counted(word: &str, lines: usize, end: &str) -> String {
    (1..=lines).map(|n| format!("{word} {n}{end}")).collect()
}

#[tokio::test]
async fn a_restarted_daemon_costs_no_line_and_no_status() {
    let mut daemon = Daemon::start(true).await;
    let engine = daemon.answers().await;
    let script = counting(400, "printf 'no line feed'; exit 5");
    let mut plain = Running::start(&engine, attempt(&script));
    let mut terminal = Running::start(&engine, Attempt { tty: true, ..attempt(&counting(400, "exit 6")) });
    for line in ["line 60\n", "line 200\n"] {
        plain.until_line(line).await;
        daemon.kill9();
        daemon.start_again();
    }
    terminal.until_line("line 60\r\n").await;

    let (exit, stdout, stderr, notes) = plain.end().await;
    assert_eq!(exit, Exit::Code(5), "{notes:?}");
    let told = stdout.strip_suffix('\n').unwrap_or(&stdout);
    assert_eq!(told, format!("{}no line feed", counted("line", 400, "\n")));
    assert_eq!(stderr, counted("err", 400, "\n"));
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes.iter().all(|note| note == "the connection to Docker was lost; waiting up to 2m for it"));

    let (exit, stdout, _, _) = terminal.end().await;
    assert_eq!(exit, Exit::Code(6));
    let both: String = (1..=400).map(|n| format!("line {n}\r\nerr {n}\r\n")).collect();
    assert_eq!(stdout, both);
}

#[tokio::test]
async fn how_a_container_ended_while_the_daemon_was_away_is_known_and_what_may_be_missing_is_said() {
    let mut daemon = Daemon::start(true).await;
    let engine = daemon.answers().await;
    let given = attempt(&counting(100, "exit 7"));
    let label = format!("telltale.run={}", given.run_id);
    let mut running = Running::start(&engine, given);
    running.until_line("line 20\n").await;
    let pid = running_pid(&engine, &label).await;
    daemon.kill9();
    let gone = async {
        while std::path::Path::new(&format!("/proc/{pid}")).exists() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(LIMIT, gone).await.expect("the container ends");
    daemon.start_again();
    let (exit, stdout, stderr, notes) = running.end().await;
    assert_eq!(exit, Exit::Code(7), "{notes:?}");
    // Docker itself loses what it had not read when the container ended.
    for (told, word) in [(&stdout, "line"), (&stderr, "err")] {
        let all = counted(word, 100, "\n");
        assert!(all.starts_with(told.as_str()) && told.contains(&format!("{word} 19\n")), "{told}");
    }
    assert!(notes.iter().any(|note| note.contains("its last lines may be missing")), "{notes:?}");
}

#[tokio::test]
async fn a_container_that_dies_with_its_daemon_is_lost_and_removed() {
    let mut daemon = Daemon::start(false).await;
    let engine = daemon.answers().await;
    let given = attempt("echo up; sleep 1000");
    let label = format!("telltale.run={}", given.run_id);
    let mut running = Running::start(&engine, given);
    running.until_line("up\n").await;
    running_pid(&engine, &label).await;
    daemon.kill9();
    daemon.start_again();
    let (exit, stdout, _, _) = running.end().await;
    assert!(matches!(&exit, Exit::Lost { reason } if reason.contains("did not survive")), "{exit:?}");
    assert_eq!(stdout, "up\n");
    assert_eq!(containers(&engine, &label).await, [""; 0]);
}

#[tokio::test]
async fn a_stop_while_the_daemon_is_away_stops_the_container_afterwards() {
    let mut daemon = Daemon::start(true).await;
    let engine = daemon.answers().await;
    let given = attempt("echo up; sleep 1000");
    let (label, stop) = (format!("telltale.run={}", given.run_id), given.stop.clone());
    let mut running = Running::start(&engine, given);
    running.until_line("up\n").await;
    running_pid(&engine, &label).await;
    daemon.kill9();
    stop.cancel();
    daemon.start_again();
    assert_eq!(running.end().await.0, Exit::Stopped);
    assert_eq!(containers(&engine, &label).await, [""; 0]);
}

async fn containers(engine: &DockerEngine, label: &str) -> Vec<String> {
    let filters = HashMap::from([("label", vec![label])]);
    let options = query::ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
    let listed = engine.docker.list_containers(Some(options)).await.unwrap();
    listed.into_iter().filter_map(|container| container.id).collect()
}

/// The container's process, once the daemon has noted that it runs: it speaks before that.
async fn running_pid(engine: &DockerEngine, label: &str) -> i64 {
    let noted = async {
        loop {
            let ids = containers(engine, label).await;
            assert_eq!(ids.len(), 1);
            let inspected = engine.docker.inspect_container(&ids[0], None::<query::InspectContainerOptions>);
            match inspected.await.unwrap().state {
                Some(state) if state.running == Some(true) => return state.pid.unwrap(),
                _ => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
    };
    tokio::time::timeout(LIMIT, noted).await.expect("the container runs")
}
