//! The runner: how soon a started run's first node executes, how many nodes a second, and how soon a line is seen.
//!
//! Runs are started over the API and executed by the server's own worker. A node's first instruction is taken from the time
//! at which the worker read its first line. Docker's figures are left out, and that is said, where no daemon answers.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;
use telltale::client::{Client, EventQuery, LogQuery, StartRun, WatchItem, WatchOptions};
use telltale::facts::id::RunId;
use tokio::task::JoinSet;

use crate::harness::{Outcome, Plan, quantile};
use crate::report::{Report, Row, Target};
use crate::server::Server;

const GROUP: &str = "runner";
/// Starts of one round: enough for a median that one slow fork does not move.
const STARTS: usize = 20;
/// Runs of the throughput's round, and nodes of each (issue 3).
const RUNS: usize = 1_000;
const NODES: usize = 5;
/// Runs that are started at the same time.
const STARTERS: usize = 8;
/// The image that scripts/sample-image.sh makes.
const IMAGE: &str = "telltale/busybox";
/// How long one round's end is waited for.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long the lines are watched, at about a thousand a second.
const LINES_FOR: Duration = Duration::from_secs(5);

pub async fn measure(plan: &Plan, server: &Server, report: &mut Report) -> Outcome<()> {
    let client = Client::new(&format!("http://{}", server.address), None)?;
    let docker =
        Command::new("docker").args(["image", "inspect", IMAGE]).output().is_ok_and(|o| o.status.success());
    store(&client, "bench-process", "run: echo x").await?;
    store(&client, "bench-docker", &format!("run: echo x\n    image: {IMAGE}")).await?;
    // The worker starts with the first run, which does not count.
    finished(&client, "bench-process", 1).await?;
    starts(plan, &client, "process", "bare spawn", 15.0, bare_process, report).await?;
    if docker {
        starts(plan, &client, "docker", "docker run", 50.0, bare_docker, report).await?;
    } else {
        eprintln!("no Docker daemon with {IMAGE} answers: its figures are left out");
    }
    throughput(plan, &client, report).await?;
    if docker {
        lines(plan, &client, report).await?;
    }
    Ok(())
}

async fn store(client: &Client, name: &str, node: &str) -> Outcome<()> {
    client.put_workflow(name, &format!("name: {name}\nnodes:\n  - id: a\n    {node}\n")).await?;
    Ok(())
}

/// From asking for a run to its node's first instruction, beside the same program started by hand.
async fn starts(
    plan: &Plan,
    client: &Client,
    engine: &str,
    bare_name: &str,
    limit_ms: f64,
    bare: fn() -> Outcome<f64>,
    report: &mut Report,
) -> Outcome<()> {
    let (mut ours, mut bares, mut over) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        let (mut round, mut bare_round) = (Vec::new(), Vec::new());
        for _ in 0..STARTS {
            bare_round.push(bare()?);
            let asked_at = unix_ms();
            let run_id = started(client, &format!("bench-{engine}"), None).await?;
            ended(client, &run_id).await?;
            let page = client.read_logs(&run_id, &LogQuery::default()).await?;
            let at = page.lines.first().and_then(|line| line.at).ok_or("a node without a line")?;
            round.push(at.as_micros() as f64 / 1e3 - asked_at);
        }
        ours.push(quantile(&round, 0.5));
        bares.push(quantile(&bare_round, 0.5));
        over.push(quantile(&round, 0.5) - quantile(&bare_round, 0.5));
    }
    let row = Row::new(GROUP, format!("{engine}: asked for → first instruction"), "ms", ours);
    report.push(row.beside(bare_name, &bares));
    report.push(
        Row::new(GROUP, format!("{engine}: over {bare_name}"), "ms", over).target(Target::AtMost(limit_ms)),
    );
    Ok(())
}

/// A shell's first output, in milliseconds from its spawn.
fn bare_process() -> Outcome<f64> {
    first_output(Command::new("/bin/sh").args(["-c", "echo x"]))
}

fn bare_docker() -> Outcome<f64> {
    first_output(Command::new("docker").args(["run", "--rm", IMAGE, "/bin/sh", "-c", "echo x"]))
}

fn first_output(command: &mut Command) -> Outcome<f64> {
    use std::io::Read as _;
    let began = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut byte = [0];
    child.stdout.take().ok_or("no stdout")?.read_exact(&mut byte)?;
    let took = began.elapsed().as_secs_f64() * 1e3;
    child.wait()?;
    Ok(took)
}

/// Nodes a second over a thousand runs of five trivial ones, from the first request to the last run's end.
async fn throughput(plan: &Plan, client: &Client, report: &mut Report) -> Outcome<()> {
    let nodes: String = (0..NODES).map(|n| format!("  - id: n{n}\n    run: [\"/bin/true\"]\n")).collect();
    client.put_workflow("bench-trivial", &format!("name: bench-trivial\nnodes:\n{nodes}")).await?;
    finished(client, "bench-trivial", STARTERS).await?;
    let mut rates = Vec::new();
    for _ in 0..plan.rounds {
        let began = Instant::now();
        finished(client, "bench-trivial", RUNS).await?;
        rates.push((RUNS * NODES) as f64 / began.elapsed().as_secs_f64());
    }
    let name = format!("{RUNS} runs of {NODES} trivial process nodes");
    // A floor, not a ceiling: the figure must reach it.
    report.push(Row::new(GROUP, name, "nodes/s", rates).target(Target::AtLeast(200.0)));
    Ok(())
}

/// Starts that many runs and waits for the end of each, which must be COMPLETED.
async fn finished(client: &Client, workflow: &str, runs: usize) -> Outcome<()> {
    let mut tasks = JoinSet::new();
    for starter in 0..STARTERS.min(runs) {
        let (client, workflow) = (client.clone(), workflow.to_owned());
        let count = (runs + STARTERS - 1 - starter) / STARTERS;
        tasks.spawn(async move {
            let mut ids = Vec::new();
            for _ in 0..count {
                ids.push(started(&client, &workflow, None).await?);
            }
            for id in ids {
                ended(&client, &id).await?;
            }
            Outcome::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

async fn started(client: &Client, workflow: &str, inputs: Option<serde_json::Value>) -> Outcome<RunId> {
    let start = StartRun { inputs, ..StartRun::default() };
    Ok(client.start_workflow(workflow, &start, None).await?.run_id)
}

async fn ended(client: &Client, run_id: &RunId) -> Outcome<()> {
    let deadline = Instant::now() + PATIENCE;
    let mut query = EventQuery { wait: Some(Duration::from_secs(30)), ..EventQuery::default() };
    loop {
        let page = client.read_events(run_id, &query).await?;
        query.after = page.events.last().map_or(query.after, |event| event.seq);
        if page.ended {
            break;
        }
        if Instant::now() > deadline {
            return Err(format!("the run {run_id} does not end").into());
        }
    }
    let status = client.get_run(run_id, None).await?.status;
    if status.as_str() != "COMPLETED" { Err(format!("{run_id} ended as {status}").into()) } else { Ok(()) }
}

/// From a line's writing in a container to a subscriber's socket. The container writes the machine's uptime, which
/// has a resolution of 10 ms: what is told is at most that much too high.
async fn lines(plan: &Plan, client: &Client, report: &mut Report) -> Outcome<()> {
    let script = "while :; do read up rest </proc/uptime; echo $up; usleep 500; done";
    let seconds = LINES_FOR.as_secs() + 2;
    let node = format!("run: \"{script}\"\n    image: {IMAGE}\n    timeout: {seconds}s");
    store(client, "bench-lines", &node).await?;
    let (mut p50, mut p99, mut rates) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        let run_id = started(client, "bench-lines", Some(json!({}))).await?;
        let mut watch = client.watch(&run_id, WatchOptions::default());
        let (mut late, mut first_at) = (Vec::new(), None);
        while let Some(item) = watch.next().await {
            if let WatchItem::Logs(lines) = item? {
                let now = uptime_ms()?;
                first_at.get_or_insert_with(Instant::now);
                let written = lines.iter().filter_map(|line| line.text.parse::<f64>().ok());
                late.extend(written.map(|seconds| now - seconds * 1e3));
            }
            if first_at.is_some_and(|at: Instant| at.elapsed() > LINES_FOR) {
                break;
            }
        }
        drop(watch);
        client.cancel_run(&run_id, None).await?;
        rates.push(late.len() as f64 / LINES_FOR.as_secs_f64());
        p50.push(quantile(&late, 0.5));
        p99.push(quantile(&late, 0.99));
    }
    report.push(Row::new(GROUP, "line in a container → socket: lines", "lines/s", rates));
    report.push(Row::new(GROUP, "line in a container → socket, p50", "ms", p50));
    report.push(Row::new(GROUP, "line in a container → socket, p99", "ms", p99).target(Target::AtMost(50.0)));
    Ok(())
}

fn unix_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1e3
}

fn uptime_ms() -> Outcome<f64> {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME)?;
    Ok(now.tv_sec() as f64 * 1e3 + now.tv_nsec() as f64 / 1e6)
}
