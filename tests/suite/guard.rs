//! A runner that is killed with SIGKILL leaves nothing running: its guard sees to that.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::server::{BINARY, tempdir};
use crate::support::{Database, Http, Server, run_id, until};

/// One process with a child that ignores the polite signal, and one that has left its group; one container.
const WORKFLOW: &str = r#"
name: left-behind
nodes:
  - id: process
    run: |
      (trap '' TERM; setsid sleep 1000 & sleep 1000) &
      echo "$$ $HOME"
      wait
  - { id: container, image: telltale/busybox, run: 'echo up; sleep 1000' }
"#;

struct Runner {
    process: Child,
    run_id: String,
    http: Http,
    /// The process node's leader and workspace.
    leader: i32,
    workspace: PathBuf,
}

async fn start(server: &Server, file: &Path) -> Runner {
    std::fs::write(file, WORKFLOW).unwrap();
    let run_id = run_id();
    let process = Command::new(BINARY)
        .arg("run")
        .arg(file)
        .args(["--run-id", &run_id, "--engine", "docker"])
        .env("TELLTALE_URL", server.base())
        .env("TELLTALE_DATA_DIR", server.data_dir())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("starting `telltale run`");
    let http = server.http();
    let lines = until("both nodes speak", || async {
        let answer = http.try_get(&format!("/api/v1/runs/{run_id}/logs")).await.ok()?;
        let lines =
            if answer.status == 200 { answer.json()["lines"].as_array()?.clone() } else { Vec::new() };
        (lines.len() >= 2).then_some(lines)
    })
    .await;
    let line = lines.iter().find(|line| line["nodeRef"] == "process").unwrap()["text"].as_str().unwrap();
    let (leader, workspace) = line.split_once(' ').unwrap();
    Runner { leader: leader.parse().unwrap(), workspace: workspace.into(), process, run_id, http }
}

impl Runner {
    fn kill9(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Its child that guards it.
    fn guard(&self) -> Option<i32> {
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        let mut pids = processes.filter_map(|process| process.file_name().to_str()?.parse::<i32>().ok());
        pids.find(|pid| {
            let words = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let is_guard = words.split(|byte| *byte == 0).nth(1) == Some(b"guard");
            is_guard && parent(*pid) == i32::try_from(self.process.id()).ok()
        })
    }

    /// Living processes of the node: of its group, or in its workspace.
    fn processes(&self) -> usize {
        let of_node = |pid: i32| {
            let is_within = std::fs::read_link(format!("/proc/{pid}/cwd"))
                .is_ok_and(|directory| directory.starts_with(&self.workspace));
            is_within || (state(pid) != Some('Z') && group(pid) == Some(self.leader))
        };
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        processes
            .filter_map(|process| process.file_name().to_str()?.parse().ok())
            .filter(|pid| of_node(*pid))
            .count()
    }

    fn containers(&self) -> String {
        let filter = format!("label=telltale.run={}", self.run_id);
        let listed = Command::new("docker").args(["ps", "-aq", "--filter", &filter]).output().unwrap();
        assert!(listed.status.success(), "{listed:?}");
        String::from_utf8(listed.stdout).unwrap()
    }

    async fn leaves_nothing(&self) {
        until("the processes are gone", || async { (self.processes() == 0).then_some(()) }).await;
        until("the containers are gone", || async { self.containers().is_empty().then_some(()) }).await;
        let directory = self.workspace.parent().unwrap();
        assert!(directory.file_name().unwrap().to_str().unwrap().starts_with("telltale-"));
        until("its directory is gone", || async { (!directory.exists()).then_some(()) }).await;
    }
}

impl Drop for Runner {
    /// A test that fails leaves nothing either.
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A field of `proc(5)`'s stat, counted from the one behind the name.
fn stat(pid: i32, field: usize) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(field).map(str::to_owned)
}

fn state(pid: i32) -> Option<char> {
    stat(pid, 0)?.chars().next()
}

fn parent(pid: i32) -> Option<i32> {
    stat(pid, 1)?.parse().ok()
}

fn group(pid: i32) -> Option<i32> {
    stat(pid, 2)?.parse().ok()
}

#[tokio::test]
async fn a_killed_runner_leaves_nothing_running() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let files = tempdir("guard");
    let mut runner = start(&server, &files.path().join("w.yaml")).await;
    // The shell, its child, and the one that left the group.
    until("all processes are there", || async { (runner.processes() >= 3).then_some(()) }).await;
    assert!(!runner.containers().is_empty());
    runner.kill9();
    runner.leaves_nothing().await;
    let state = runner.http.run(&runner.run_id).await;
    assert_eq!(state["status"], "RUNNING", "the guard records nothing");
}

#[tokio::test]
async fn a_killed_guard_is_replaced_by_one_that_knows_everything() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let files = tempdir("guard");
    let mut runner = start(&server, &files.path().join("w.yaml")).await;
    let first = runner.guard().expect("a guard");
    kill(Pid::from_raw(first), Signal::SIGKILL).unwrap();
    until("another guard is there", || async { runner.guard().filter(|guard| *guard != first) }).await;
    assert!(runner.processes() >= 2, "the node goes on");
    runner.kill9();
    runner.leaves_nothing().await;
}

#[tokio::test]
async fn a_runner_that_ends_by_itself_takes_its_guard_and_its_directory_with_it() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let files = tempdir("guard");
    let mut runner = start(&server, &files.path().join("w.yaml")).await;
    let guard = runner.guard().expect("a guard");
    let pid = Pid::from_raw(i32::try_from(runner.process.id()).unwrap());
    kill(pid, Signal::SIGINT).unwrap();
    until("the runner ends", || std::future::ready(runner.process.try_wait().unwrap())).await;
    runner.leaves_nothing().await;
    until("the guard ends", || async { matches!(state(guard), None | Some('Z')).then_some(()) }).await;
}
