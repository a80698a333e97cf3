//! The Docker engine with a real daemon. Without one these tests fail, and say what to do: `scripts/dockerd.sh`.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;

use super::super::engine::{ArtifactFile, REPORTS_QUEUED, Resources, StreamName};
use super::super::output::ResultFile;
use super::*;

const IMAGE: &str = "telltale/busybox";

fn attempt(script: &str) -> Attempt {
    Attempt {
        run_id: format!("run-{}", uuid::Uuid::now_v7()).parse().unwrap(),
        node: "node".parse().unwrap(),
        number: 1,
        words: vec!["/bin/sh".into(), "-c".into(), script.into()],
        image: Some(IMAGE.into()),
        env: vec![("X".into(), "y z".into())],
        timeout: None,
        stop: CancellationToken::new(),
        tty: false,
        resources: Resources::default(),
        artifacts: Vec::new(),
        masks: Arc::default(),
    }
}

async fn engine() -> DockerEngine {
    connect().await.expect("these tests need a Docker daemon: scripts/dockerd.sh and scripts/sample-image.sh")
}

struct Ran {
    finished: Finished,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    notes: Vec<String>,
    artifacts: Vec<ArtifactFile>,
}

async fn run(attempt: &Attempt) -> Ran {
    let engine = engine().await;
    let (reports, mut received) = mpsc::channel(REPORTS_QUEUED);
    let collect = tokio::spawn(async move {
        let (mut stdout, mut stderr, mut notes, mut artifacts) = (vec![], vec![], vec![], vec![]);
        while let Some(report) = received.recv().await {
            match report {
                Report::Note { text, .. } => notes.push(text),
                Report::Output(chunk) if chunk.stream == StreamName::Stdout => {
                    stdout.extend_from_slice(&chunk.bytes)
                }
                Report::Output(chunk) => stderr.extend_from_slice(&chunk.bytes),
                Report::Artifact(file) => artifacts.push(file),
                Report::Progress { .. } => {}
            }
        }
        (stdout, stderr, notes, artifacts)
    });
    let finished = execute(&engine, attempt, &reports).await;
    drop(reports);
    let (stdout, stderr, notes, artifacts) = collect.await.unwrap();
    assert_eq!(containers(&engine, attempt).await, 0, "a container was left");
    Ran { finished, stdout, stderr, notes, artifacts }
}

async fn containers(engine: &DockerEngine, attempt: &Attempt) -> usize {
    let filters = HashMap::from([("label", vec![format!("telltale.run={}", attempt.run_id)])]);
    let options = query::ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
    engine.docker.list_containers(Some(options)).await.unwrap().len()
}

#[tokio::test]
async fn first_and_last_bytes_status_and_result_come_back() {
    let script = "printf 'first\\nlast \\377'; echo \"$X\" >&2; echo '{\"n\":1}' > result.json; exit 7";
    let ran = run(&attempt(script)).await;
    assert_eq!(ran.finished.exit, Exit::Code(7));
    assert_eq!((&ran.stdout[..], &ran.stderr[..]), (&b"first\nlast \xff"[..], &b"y z\n"[..]));
    assert_eq!(ran.finished.result, ResultFile::Read(b"{\"n\":1}\n".to_vec()));
}

#[tokio::test]
async fn a_flood_arrives_whole_and_in_order() {
    let ran = run(&attempt("seq 1 200000")).await;
    let expected: String = (1..=200_000).map(|n| format!("{n}\n")).collect();
    assert!(ran.stdout == expected.as_bytes(), "{} of {} bytes", ran.stdout.len(), expected.len());
}

#[tokio::test]
async fn a_container_has_no_privileges() {
    let script =
        "id -u; grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status; touch /x; touch x && echo may";
    let ran = run(&attempt(script)).await;
    let stdout = String::from_utf8(ran.stdout).unwrap().replace('\t', " ");
    assert_eq!(stdout, "65534\nCapEff: 0000000000000000\nCapBnd: 0000000000000000\nNoNewPrivs: 1\nmay\n");
    assert!(String::from_utf8(ran.stderr).unwrap().contains("Permission denied"));
}

#[tokio::test]
async fn a_timeout_stops_and_removes_the_container_and_keeps_its_output() {
    let given = Attempt {
        timeout: Some(Duration::from_millis(700)),
        ..attempt("trap '' TERM; echo before; sleep 1000 & wait; sleep 1000")
    };
    let began = Instant::now();
    let ran = run(&given).await;
    assert_eq!(ran.finished.exit, Exit::TimedOut(Duration::from_millis(700)));
    assert_eq!(ran.stdout, b"before\n");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_stop_ends_it() {
    let given = attempt("echo up; sleep 1000");
    let stop = given.stop.clone();
    let engine = engine().await;
    let (reports, mut received) = mpsc::channel(REPORTS_QUEUED);
    let execution = tokio::spawn(async move { execute(&engine, &given, &reports).await });
    assert!(matches!(received.recv().await, Some(Report::Output(_))));
    stop.cancel();
    assert_eq!(execution.await.unwrap().exit, Exit::Stopped);
}

#[tokio::test]
async fn an_image_that_cannot_be_had_is_a_clear_sentence() {
    // Nothing listens on port 1, so the pull fails at once and without the network.
    let given = Attempt { image: Some("localhost:1/no/such:image".into()), ..attempt("true") };
    let ran = run(&given).await;
    let Exit::NotStarted { reason, .. } = ran.finished.exit else { panic!("{:?}", ran.finished.exit) };
    assert!(
        reason.starts_with(
            "the image `localhost:1/no/such:image` is not on this machine and can't be pulled: "
        ),
        "{reason}"
    );
    assert_eq!(ran.notes, ["pulling the image localhost:1/no/such:image"]);
}

#[tokio::test]
async fn a_program_that_is_not_in_the_image_is_hopeless() {
    let given = Attempt { words: vec!["/no/such".into()], ..attempt("") };
    let exit = run(&given).await.finished.exit;
    assert!(
        matches!(&exit, Exit::NotStarted { hopeless: true, reason } if reason.contains("/no/such")),
        "{exit:?}"
    );
}

#[tokio::test]
async fn leftovers_of_dead_runners_are_swept_and_those_of_the_living_are_not() {
    let engine = engine().await;
    let (mine, dead) = (attempt("sleep 1000"), attempt("sleep 1000"));
    let identity = engine.identity.to_string();
    let (living, _) = identity.rsplit_once('/').unwrap();
    let gone = Identity::parse(&format!("{living}/1")).unwrap();
    let options = || Some(query::CreateContainerOptionsBuilder::default().build());
    let kept =
        engine.docker.create_container(options(), body(&mine, IMAGE, "", &engine.identity)).await.unwrap();
    engine.docker.create_container(options(), body(&dead, IMAGE, "", &gone)).await.unwrap();
    assert!(sweep(&engine).await.unwrap() >= 1);
    assert_eq!((containers(&engine, &mine).await, containers(&engine, &dead).await), (1, 0));
    remove(&engine.docker, &kept.id).await;
}
