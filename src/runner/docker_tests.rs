//! The Docker engine with a real daemon. Without one these tests fail, and say what to do: `scripts/dockerd.sh`.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;

use tokio_util::sync::CancellationToken;

use super::super::docker_container::body;
use super::super::docker_registry_test::Registry;
use super::super::engine::{ArtifactFile, REPORTS_QUEUED, Resources, StreamName};
use super::super::output::ResultFile;
use super::*;

const IMAGE: &str = "telltale/busybox";

pub fn attempt(script: &str) -> Attempt {
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
        inputs: serde_json::Value::Null,
    }
}

pub async fn engine() -> DockerEngine {
    connect().await.expect("these tests need a Docker daemon: scripts/dockerd.sh and scripts/sample-image.sh")
}

struct Ran {
    finished: Finished,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    notes: Vec<String>,
    progress: Vec<(u64, u64)>,
    artifacts: Vec<ArtifactFile>,
}

async fn run(attempt: &Attempt) -> Ran {
    let engine = engine().await;
    let (reports, mut received) = mpsc::channel(REPORTS_QUEUED);
    let collect = tokio::spawn(async move {
        let (mut stdout, mut stderr, mut notes) = (vec![], vec![], vec![]);
        let (mut progress, mut artifacts) = (vec![], vec![]);
        while let Some(report) = received.recv().await {
            match report {
                Report::Note { text, .. } => notes.push(text),
                Report::Output(chunk) if chunk.stream == StreamName::Stdout => {
                    stdout.extend_from_slice(&chunk.bytes)
                }
                Report::Output(chunk) => stderr.extend_from_slice(&chunk.bytes),
                Report::Artifact(file) => artifacts.push(file),
                Report::Progress { completed, total, .. } => progress.push((completed, total)),
            }
        }
        (stdout, stderr, notes, progress, artifacts)
    });
    let finished = execute(&engine, attempt, &reports).await;
    drop(reports);
    let (stdout, stderr, notes, progress, artifacts) = collect.await.unwrap();
    assert_eq!(containers(&engine, attempt).await, 0, "a container was left");
    Ran { finished, stdout, stderr, notes, progress, artifacts }
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
async fn a_pull_tells_its_progress() {
    let registry = Registry::start().await;
    let image = format!("{}/telltale/test:latest", registry.address);
    let given = Attempt { image: Some(image.clone()), words: vec!["/none".into()], ..attempt("") };
    let ran = run(&given).await;
    // The image holds one file and no program.
    assert!(matches!(ran.finished.exit, Exit::NotStarted { hopeless: true, .. }), "{:?}", ran.finished.exit);
    let told = [format!("pulling the image {image}"), format!("pulled the image {image}")];
    assert_eq!(ran.notes, told);
    assert!(ran.progress.is_sorted(), "{:?}", ran.progress);
    assert_eq!(ran.progress.last(), Some(&(registry.layer_bytes, registry.layer_bytes)));
    let removed = engine().await.docker.remove_image(&image, None::<query::RemoveImageOptions>, None).await;
    assert!(removed.is_ok(), "{removed:?}");

    // The same registry does not know another one.
    let image = format!("{}/telltale/none:latest", registry.address);
    let ran = run(&Attempt { image: Some(image.clone()), ..attempt("true") }).await;
    let Exit::NotStarted { reason, .. } = ran.finished.exit else { panic!("{:?}", ran.finished.exit) };
    let expected = format!(
        "the image `{image}` is not on this machine and can't be pulled: the registry has no such tag ("
    );
    assert!(reason.starts_with(&expected), "{reason}");
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

#[tokio::test]
async fn a_terminal_is_one_raw_stream_and_painting_is_kept() {
    // Control characters at the beginning of a line, frames without line feeds, and no line feed at the end.
    let script = r"printf '\001\002one\n\000two\r\033[2K'; [ -t 1 ] && echo $TERM >&2; sleep 0.2; stty size; printf '50%%\r100%%'";
    let ran = run(&Attempt { tty: true, ..attempt(script) }).await;
    assert_eq!(ran.finished.exit, Exit::Code(0));
    let expected = b"\x01\x02one\r\n\0two\r\x1b[2Kxterm-256color\r\n24 80\r\n50%\r100%";
    assert_eq!((ran.stdout, ran.stderr), (expected.to_vec(), Vec::new()));
}

#[tokio::test]
async fn a_painters_frame_is_told_while_it_is_painted() {
    let given = Attempt { tty: true, ..attempt("printf 'frame 1\\r'; sleep 1000") };
    let engine = engine().await;
    let (reports, mut received) = mpsc::channel(REPORTS_QUEUED);
    let stop = given.stop.clone();
    let execution = tokio::spawn(async move { execute(&engine, &given, &reports).await });
    let Some(Report::Output(chunk)) = received.recv().await else { panic!("a frame") };
    assert_eq!(&chunk.bytes[..], b"frame 1\r");
    stop.cancel();
    assert_eq!(execution.await.unwrap().exit, Exit::Stopped);
}

#[tokio::test]
async fn resources_are_the_nodes_or_the_defaults() {
    let resources = Resources { memory_bytes: Some(64 << 20), cpu_millis: Some(1_500), pids: Some(20) };
    let host = |resources| {
        let given = Attempt { resources, ..attempt("") };
        let body = body(&given, IMAGE, "", &Identity::of_this_process());
        let host = body.host_config.unwrap();
        (host.memory, host.memory_swap, host.nano_cpus, host.pids_limit)
    };
    assert_eq!(host(resources), (Some(64 << 20), Some(64 << 20), Some(1_500_000_000), Some(20)));
    assert_eq!(host(Resources::default()), (Some(2 << 30), Some(2 << 30), None, Some(512)));

    // The kernel's own words, of whichever version of cgroups there is; and that the limit is one.
    let limits = "cat /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max 2>/dev/null";
    let ran = run(&Attempt { resources, ..attempt(limits) }).await;
    assert_eq!(String::from_utf8(ran.stdout).unwrap().trim(), "20");
    let hog = Attempt { resources, ..attempt("x=1234567890; while :; do x=$x$x; done") };
    assert_eq!(run(&hog).await.finished.exit, Exit::OutOfMemory);
}

#[tokio::test]
async fn artifacts_come_out_of_the_container_without_its_links() {
    let script = "mkdir -p out/deep; echo one > out/a.txt; head -c 3000000 /dev/zero > out/deep/b.txt;
                  ln -s /etc/passwd out/link.txt; ln out/a.txt out/z.txt; echo [1] > result.json; exit 3";
    let globs = vec!["out/**/*.txt".to_owned(), "*.pdf".to_owned()];
    let ran = run(&Attempt { artifacts: globs, ..attempt(script) }).await;
    assert_eq!(ran.finished.exit, Exit::Code(3));
    assert_eq!(ran.finished.result, ResultFile::Read(b"[1]\n".to_vec()));
    let mut files: Vec<(String, u64)> =
        ran.artifacts.iter().map(|artifact| (artifact.name.clone(), artifact.bytes)).collect();
    files.sort();
    // Two names of one file are in the archive as the file and a reference; which is which is the daemon's choice.
    assert_eq!((files.len(), &files[0].0[..4], files[0].1), (2, "out/", 4));
    assert_eq!(files[1], ("out/deep/b.txt".to_owned(), 3_000_000));
    let mut text = String::new();
    let small = ran.artifacts.iter().find(|artifact| artifact.bytes == 4).unwrap();
    std::io::Read::read_to_string(&mut small.file.open().unwrap(), &mut text).unwrap();
    assert_eq!(text, "one\n");
    assert!(ran.notes.contains(&"no file matches the artifacts `*.pdf`".to_owned()), "{:?}", ran.notes);
    assert_eq!(ran.notes.len(), 3, "{:?}", ran.notes);
}

#[tokio::test]
async fn a_result_that_is_too_large_or_a_link_is_refused() {
    let ran = run(&attempt("head -c 9000000 /dev/zero > result.json")).await;
    assert_eq!(ran.finished.result, ResultFile::too_large());
    let ran = run(&attempt("ln -s /etc/passwd result.json")).await;
    assert_eq!(ran.finished.result, ResultFile::Refused("is no regular file".into()));
    assert_eq!(run(&attempt("true")).await.finished.result, ResultFile::Missing);
}
