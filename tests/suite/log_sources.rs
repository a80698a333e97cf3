//! From a child's bytes to what is downloaded: exact, in order, and at the producer's cost when nobody takes them.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::server::{BINARY, tempdir};
use crate::support::ws::Live;
use crate::support::{Database, Http, Server, chunks, run, run_id, until, within};

/// What a child may have ahead of its server: the pipe, a few chunks on their way, the buffer of lines and a batch, and their
/// copies as JSON.
const AHEAD_MAX_BYTES: u64 = 32 * 1024 * 1024;

/// A client command against this server.
fn telltale(server: &Server, arguments: &[&str]) -> Child {
    let mut command = Command::new(BINARY);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TELLTALE_") {
            command.env_remove(name);
        }
    }
    command
        .args(arguments)
        .env("TELLTALE_URL", server.base())
        .env("TELLTALE_DATA_DIR", server.data_dir())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("starting telltale")
}

async fn status(child: &mut Child) -> Option<i32> {
    until("the command ends", || std::future::ready(child.try_wait().expect("its status"))).await.code()
}

fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("/proc of the child");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("VmRSS");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).expect("KiB") * 1024
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn closed(http: &Http, run_id: &str, stream: &str) -> Value {
    let is_it = |event: &Value| event["type"] == "NODE_LOG_CLOSED" && event["data"]["stream"] == stream;
    run::event(http, run_id, "the close", is_it).await["data"].clone()
}

/// What samples/painter.yaml writes, written down a second time. A terminal makes `\r\n` of each line feed.
fn painted() -> Vec<u8> {
    let mut out = String::new();
    for n in 1..=20 {
        let (bar, rest) = ("█".repeat(n), " ".repeat(20 - n));
        out += &format!("\r\u{1b}[36m{bar}{rest}\u{1b}[0m \u{1b}[1m{:3} %\u{1b}[0m", n * 5);
    }
    out += "\r\n\u{1b}[32m┌──────┐\r\n│ done │\r\n└──────┘\u{1b}[0m\r\n";
    out.into_bytes()
}

#[tokio::test]
async fn the_painters_bytes_are_the_same_live_downloaded_and_in_the_proof() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/painter.yaml");
    let mut painter =
        telltale(&server, &["run", file.to_str().unwrap(), "--run-id", &run_id, "--engine", "docker"]);
    until("the run is there", || async {
        (http.get(&format!("/api/v1/runs/{run_id}")).await.status == 200).then_some(())
    })
    .await;
    let mut live = Live::new(&server.address(), &run_id, "");
    live.follow().await;
    assert_eq!(status(&mut painter).await, Some(0));
    let reference = painted();
    assert_eq!(
        String::from_utf8_lossy(&chunks::bytes(&live.seen.lines)),
        String::from_utf8_lossy(&reference)
    );
    let download = http.get(&format!("/api/v1/runs/{run_id}/logs/download?nodeRef=paint")).await.expect(200);
    assert_eq!(download.body, reference);
    let proof = closed(&http, &run_id, "stdout").await;
    assert_eq!(
        (&proof["bytes"], &proof["sha256"]),
        (&json!(reference.len()), &json!(hex(&Sha256::digest(&reference))))
    );
}

const ALTERNATING: &str = r#"
name: alternating
nodes:
  - id: process
    run: &talk 'n=0; while [ $n -lt 25 ]; do n=$((n + 1)); echo "out $n"; sleep 0.04; echo "err $n" >&2; sleep 0.04; done'
  - { id: box, image: telltale/busybox, run: *talk }
"#;

#[tokio::test]
async fn the_two_streams_keep_the_order_in_which_they_came() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id, files) = (server.http(), run_id(), tempdir("alternating"));
    let file = files.path().join("w.yaml");
    std::fs::write(&file, ALTERNATING).unwrap();
    let mut child = telltale(&server, &["run", file.to_str().unwrap(), "--run-id", &run_id]);
    assert_eq!(status(&mut child).await, Some(0));
    let lines = http.lines(&run_id).await;
    let expected: Vec<String> = (1..=25).flat_map(|n| [format!("out {n}"), format!("err {n}")]).collect();
    for node in ["process", "box"] {
        let texts: Vec<&str> = lines
            .iter()
            .filter(|line| line["nodeRef"] == node)
            .filter_map(|line| line["text"].as_str())
            .collect();
        assert_eq!(texts, expected, "of {node}");
    }
}

#[tokio::test]
async fn a_flood_waits_for_its_server_in_bounded_memory_and_arrives_whole() {
    let database = Database::new().await;
    let mut server = Server::on(&database).await;
    let (http, run_id, files) = (server.http(), run_id(), tempdir("flood"));
    let (went, done) = (files.path().join("went"), files.path().join("done"));
    // A megabyte at a time, each told in a file once the pipe has taken it: lines of 8,000 bytes, and one without an end.
    let script = format!(
        "n=0; while [ $n -lt 40 ]; do n=$((n+1)); head -c 1000000 /dev/zero | tr '\\0' x | fold -w 8000; \
         echo $n > {went}; done; touch {done}",
        went = went.display(),
        done = done.display(),
    );
    let mut child = telltale(&server, &["exec", "-q", "--run", &run_id, "--", "sh", "-c", &script]);
    let told = || std::fs::read_to_string(&went).ok().and_then(|n| n.trim().parse::<u64>().ok()).unwrap_or(0);
    until("the flood has begun", || std::future::ready((told() > 2).then_some(()))).await;
    server.kill9();
    // It comes to a stand: the same number twice, a while apart.
    let mut before = (0, std::time::Instant::now());
    let stands = until("the flood stands", || {
        let now = told();
        if now != before.0 {
            before = (now, std::time::Instant::now());
        }
        std::future::ready((before.1.elapsed().as_millis() > 1_500).then_some(now))
    })
    .await;
    assert!(!done.exists(), "the flood went on without a server");
    assert!(memory(child.id()) < 3 * AHEAD_MAX_BYTES, "{} bytes", memory(child.id()));
    server.restart().await;
    let state = within("the run's end", run::ends_as(&http, &run_id, "COMPLETED")).await;
    assert_eq!(status(&mut child).await, Some(0));
    assert!(stands < 40, "{state}");
    let piece = format!("{}\n", "x".repeat(8_000)).repeat(125);
    let output = piece.trim_end_matches('\n').repeat(40).into_bytes();
    let proof = closed(&http, &run_id, "stdout").await;
    assert_eq!(
        (&proof["bytes"], &proof["sha256"]),
        (&json!(output.len()), &json!(hex(&Sha256::digest(&output))))
    );
    assert_eq!(chunks::bytes(&chunks::lines(&database, &run_id).await).len(), output.len());
}
