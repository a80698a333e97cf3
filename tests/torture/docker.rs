//! The Docker daemon dies and comes back, twice, while runs execute in containers: a dockerd of the torture's own, with directories of its
//! own, that lets containers live on without it (`--live-restore`). No line of a container may be lost by it, and no status.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use serde_json::json;

use crate::phase;
use crate::support::guard::Guard;
use crate::support::ledger::{Account, Load};
use crate::support::rng::Rng;
use crate::support::server::tempdir;
use crate::support::worker_process::WorkerProcess;
use crate::support::{Http, until, workflow};
use crate::table::Outcome;
use crate::world::World;

const RUNS: usize = 4;
/// Written a hundred a second, so that every container outlives both outages.
const LINES: usize = 1_500;
/// As the name of the fault says.
const OUTAGES: usize = 2;
/// Events acknowledged while the daemon is away.
const MEANWHILE: usize = 200;

struct Daemon {
    directory: tempfile::TempDir,
    process: Child,
    guard: Option<Guard>,
}

pub async fn dies(world: &mut World, rng: &mut Rng) -> Outcome {
    let mut daemon = match Daemon::start().await {
        Ok(daemon) => daemon,
        Err(why) => return Outcome::skipped(&why),
    };
    let mut lines = Account::default();
    let outages = async |world: &mut World, load: &mut Load, _: &mut Rng| {
        lines = execute(world, load, &mut daemon).await;
    };
    let mut outcome = phase::under_load(world, rng, outages).await;
    outcome.lines += lines;
    outcome.remark = format!("while {RUNS} runs executed in containers, which wrote {LINES} lines each");
    outcome
}

/// Executes runs in containers, kills the daemon meanwhile, and counts their lines once they are over.
async fn execute(world: &World, load: &mut Load, daemon: &mut Daemon) -> Account {
    let http = world.servers[0].http();
    workflow::put(&http, "boxed", &source()).await.expect(201);
    let address = daemon.address();
    let jobs = (2 * RUNS).to_string();
    let environment = [("DOCKER_HOST", address.as_str())];
    let mut worker = WorkerProcess::with(&world.servers[0], "boxed", &["--jobs", &jobs], &environment);
    let runs = workflow::start_many(&http, "boxed", RUNS).await;
    for _ in 0..OUTAGES {
        for run in &runs {
            let before = line_count(&http, run).await;
            until("each container speaks", || async {
                (line_count(&http, run).await > before).then_some(())
            })
            .await;
        }
        daemon.kill9();
        load.progress(MEANWHILE).await;
        daemon.start_again().await;
    }
    let mut account = Account::default();
    for run in &runs {
        let status = until("a run in a container is over", || async {
            let run = http.run(run).await;
            (run["completedAt"].is_string()).then(|| run["status"].clone())
        })
        .await;
        assert_eq!(status, json!("COMPLETED"), "{run}: {}", worker.stderr());
        account += lines_of(&http, run).await;
    }
    worker.signal(Signal::SIGTERM);
    assert!(worker.leaves().await.success(), "a worker that is told to leave leaves");
    account
}

fn source() -> String {
    format!(
        "name: boxed\nnodes:\n  - id: count\n    image: telltale/busybox\n    run: \
         'i=0; while [ $i -lt {LINES} ]; do i=$((i+1)); echo line $i; sleep 0.01; done'\n"
    )
}

async fn line_count(http: &Http, run: &str) -> u64 {
    let page = http.get(&format!("/api/v1/runs/{run}/logs?tail=1")).await.expect(200).json();
    page["lines"][0]["logSeq"].as_u64().unwrap_or_default()
}

/// What became of the lines that the container wrote.
async fn lines_of(http: &Http, run: &str) -> Account {
    let texts: Vec<String> = http
        .lines(run)
        .await
        .iter()
        .filter(|line| line["stream"] == "stdout")
        .map(|line| line["text"].as_str().unwrap_or_default().to_owned())
        .collect();
    let numbers: Vec<usize> =
        texts.iter().filter_map(|text| text.strip_prefix("line ")?.parse().ok()).collect();
    let distinct: std::collections::BTreeSet<usize> = numbers.iter().copied().collect();
    Account {
        acknowledged: LINES,
        stored: texts.len(),
        lost: (1..=LINES).filter(|n| !distinct.contains(n)).count(),
        doubled: numbers.len() - distinct.len(),
        out_of_order: numbers.windows(2).filter(|pair| pair[1] <= pair[0]).count(),
        foreign: texts.len() - numbers.len(),
        ..Account::default()
    }
}

impl Daemon {
    /// A daemon with the image that the runs need, or why there can't be one here.
    async fn start() -> Result<Self, String> {
        if !Uid::effective().is_root() {
            return Err("only root can start a dockerd".to_owned());
        }
        let directory = tempdir("dockerd");
        let mut process =
            spawn(directory.path()).map_err(|error| format!("no dockerd can be started: {error}"))?;
        let answered = until("the own dockerd answers or ends", || {
            let ended = process.try_wait().expect("the status of dockerd").is_some();
            let answers = docker(directory.path(), &["version"]);
            std::future::ready((ended || answers).then_some(answers))
        })
        .await;
        if !answered {
            return Err(format!("an own dockerd ends at once: {}", last_words(directory.path())));
        }
        let guard = Some(guard(&process, directory.path()));
        let daemon = Self { directory, process, guard };
        let image = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/sample-image.sh");
        let made = Command::new(image).env("DOCKER_HOST", daemon.address()).stdout(Stdio::null()).status();
        match made.is_ok_and(|status| status.success()) {
            true => Ok(daemon),
            false => Err("the image telltale/busybox can't be made".to_owned()),
        }
    }

    fn address(&self) -> String {
        address(self.directory.path())
    }

    fn kill9(&mut self) {
        self.process.kill().expect("SIGKILL");
        self.process.wait().expect("the killed dockerd's status");
        self.guard.take().into_iter().for_each(Guard::defuse);
    }

    async fn start_again(&mut self) {
        self.process = spawn(self.directory.path()).expect("dockerd");
        self.guard = Some(guard(&self.process, self.directory.path()));
        until("the own dockerd answers again", || {
            std::future::ready(docker(self.directory.path(), &["version"]).then_some(()))
        })
        .await;
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Politely, so that it ends its containerd and takes its mounts down; the containers are over, or go with their names.
        remove_containers(self.directory.path());
        let _ = kill(Pid::from_raw(self.process.id() as i32), Signal::SIGTERM);
        let _ = self.process.wait();
        let _ = Command::new("umount").arg(self.directory.path().join("data")).output();
        self.guard.take().into_iter().for_each(Guard::defuse);
    }
}

fn guard(process: &Child, directory: &Path) -> Guard {
    Guard::new("kill \"$1\"; rm -rf \"$2\"", &[&process.id().to_string(), &directory.display().to_string()])
}

fn address(directory: &Path) -> String {
    format!("unix://{}", directory.join("docker.sock").display())
}

/// Whether the own daemon does that.
fn docker(directory: &Path, arguments: &[&str]) -> bool {
    let done = Command::new("docker").args(["-H", &address(directory)]).args(arguments).output();
    done.is_ok_and(|output| output.status.success())
}

fn remove_containers(directory: &Path) {
    let listed = Command::new("docker").args(["-H", &address(directory), "ps", "-aq"]).output();
    let ids = String::from_utf8(listed.map(|output| output.stdout).unwrap_or_default()).unwrap_or_default();
    for id in ids.lines() {
        docker(directory, &["rm", "-f", id]);
    }
}

fn last_words(directory: &Path) -> String {
    let log = std::fs::read_to_string(directory.join("log")).unwrap_or_default();
    log.lines().last().unwrap_or("it says nothing").to_owned()
}

/// As `src/runner/docker_restart_tests.rs` starts one, which says why so.
fn spawn(directory: &Path) -> std::io::Result<Child> {
    let path = |name: &str| directory.join(name);
    let log = std::fs::File::options().create(true).append(true).open(path("log"))?;
    for name in ["pid", "exec/containerd/containerd.pid"] {
        let _ = std::fs::remove_file(path(name));
    }
    Command::new("unshare")
        .args(["--net", "dockerd"])
        .args(["--bridge", "none", "--iptables=false", "--ip-masq=false", "--live-restore=true"])
        .arg("--data-root")
        .arg(path("data"))
        .arg("--exec-root")
        .arg(path("exec"))
        .arg("--pidfile")
        .arg(path("pid"))
        .args(["-H", &address(directory)])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
}
