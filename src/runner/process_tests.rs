//! The process engine with real processes.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::super::engine::{REPORTS_QUEUED, Resources};
use super::super::output::ResultFile;
use super::*;

pub fn attempt(script: &str) -> Attempt {
    Attempt {
        run_id: "run-test".parse().unwrap(),
        node: "node".parse().unwrap(),
        number: 1,
        words: vec!["/bin/sh".into(), "-c".into(), script.into()],
        image: None,
        env: Vec::new(),
        timeout: None,
        stop: CancellationToken::new(),
        tty: false,
        resources: Resources::default(),
        artifacts: Vec::new(),
        masks: Arc::default(),
        inputs: serde_json::Value::Null,
    }
}

/// Executes and collects: how it ended, stdout, stderr.
async fn run(attempt: &Attempt) -> (Finished, Vec<u8>, Vec<u8>) {
    let (reports, mut received) = mpsc::channel(REPORTS_QUEUED);
    let collect = tokio::spawn(async move {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        while let Some(report) = received.recv().await {
            if let Report::Output(chunk) = report {
                match chunk.stream {
                    StreamName::Stdout => stdout.extend_from_slice(&chunk.bytes),
                    StreamName::Stderr => stderr.extend_from_slice(&chunk.bytes),
                }
            }
        }
        (stdout, stderr)
    });
    let finished = execute(attempt, &reports).await;
    drop(reports);
    let (stdout, stderr) = collect.await.unwrap();
    (finished, stdout, stderr)
}

#[tokio::test]
async fn output_status_and_result_come_back() {
    let mut given = attempt("printf 'out\\377'; echo err >&2; echo '{\"a\":1}' > result.json; exit 3");
    given.env.push(("X".into(), "y".into()));
    let (finished, stdout, stderr) = run(&given).await;
    assert_eq!(finished.exit, Exit::Code(3));
    assert_eq!((&stdout[..], &stderr[..]), (&b"out\xff"[..], &b"err\n"[..]));
    assert_eq!(finished.result, ResultFile::Read(b"{\"a\":1}\n".to_vec()));
}

#[tokio::test]
async fn the_environment_is_cleared_and_the_user_is_unprivileged() {
    let mut given = attempt("env | cut -d= -f1 | sort | tr '\\n' ' '; id -u; pwd; cat");
    given.env.push(("MINE".into(), "1".into()));
    let (_, stdout, _) = run(&given).await;
    let stdout = String::from_utf8(stdout).unwrap();
    let (names, rest) = stdout.split_once(' ').map(|_| stdout.rsplit_once(' ').unwrap()).unwrap();
    for name in names.split(' ') {
        assert!(["HOME", "LANG", "MINE", "OLDPWD", "PATH", "PWD", "SHLVL", "_"].contains(&name), "{name}");
    }
    let mut lines = rest.lines();
    if nix::unistd::geteuid().is_root() {
        assert_ne!(lines.next(), Some("0"));
    }
    let workspace = lines.last().unwrap();
    assert!(!Path::new(workspace).exists(), "{workspace} is still there");
}

#[tokio::test]
async fn a_megabyte_arrives_whole() {
    let (finished, stdout, _) = run(&attempt("head -c 1048576 /dev/zero | tr '\\0' x; printf end")).await;
    assert_eq!(finished.exit, Exit::Code(0));
    assert_eq!(stdout.len(), 1_048_579);
    assert!(stdout.ends_with(b"xend"));
}

#[tokio::test]
async fn a_timeout_kills_the_whole_group_even_when_it_ignores_the_polite_signal() {
    let mut given = attempt("trap '' TERM; echo $$; (trap '' TERM; sleep 1000) & sleep 1000; sleep 1000");
    given.timeout = Some(Duration::from_millis(300));
    let began = Instant::now();
    let (finished, stdout, _) = run(&given).await;
    assert_eq!(finished.exit, Exit::TimedOut(Duration::from_millis(300)));
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    let group: i32 = String::from_utf8(stdout).unwrap().trim().parse().unwrap();
    assert_eq!(living_members(group), 0);
}

/// Processes of a group that are not zombies: those wait for init, and run nothing any more.
fn living_members(group: i32) -> usize {
    let stats = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| std::fs::read_to_string(entry.ok()?.path().join("stat")).ok());
    let living = |stat: &String| {
        let (_, rest) = stat.rsplit_once(')').unwrap();
        let mut fields = rest.split_whitespace();
        fields.next() != Some("Z") && fields.nth(1) == Some(&group.to_string())
    };
    stats.filter(living).count()
}

#[tokio::test]
async fn what_a_node_leaves_in_the_background_ends_with_it() {
    let began = Instant::now();
    let (finished, stdout, _) = run(&attempt("sleep 1000 & echo done")).await;
    assert_eq!((finished.exit, &stdout[..]), (Exit::Code(0), &b"done\n"[..]));
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_stop_ends_it_and_says_so() {
    let given = attempt("echo up; sleep 1000");
    let stop = given.stop.clone();
    let (reports, mut received) = mpsc::channel(REPORTS_QUEUED);
    let execution = tokio::spawn(async move { execute(&given, &reports).await });
    assert!(received.recv().await.is_some());
    stop.cancel();
    assert_eq!(execution.await.unwrap().exit, Exit::Stopped);
}

#[tokio::test]
async fn what_cannot_be_executed_is_said_at_once() {
    let mut given = attempt("");
    given.words = vec!["/no/such/program".into()];
    let Exit::NotStarted { reason, hopeless: true } = run(&given).await.0.exit else { panic!("hopeless") };
    assert!(reason.contains("/no/such/program") && reason.contains("No such file"), "{reason}");
    assert_eq!(run(&attempt("kill -9 $$")).await.0.exit, Exit::Signal(9));
}

#[tokio::test]
async fn a_runner_that_leaves_at_once_takes_the_whole_group_with_it() {
    let given = attempt("(echo $$; sleep 1000) & wait");
    let (reports, mut received) = mpsc::channel(REPORTS_QUEUED);
    let execution = tokio::spawn(async move { execute(&given, &reports).await });
    let Some(Report::Output(chunk)) = received.recv().await else { panic!("its pid") };
    let group: i32 = std::str::from_utf8(&chunk.bytes).unwrap().trim().parse().unwrap();
    assert!(living_members(group) >= 2);
    execution.abort();
    assert!(execution.await.unwrap_err().is_cancelled());
    // A killed process is gone once the kernel has seen to it, which nobody announces.
    let gone = async {
        while living_members(group) > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.unwrap();
}
