//! `telltale import --from shipsec --copy-logs --copy-files`: output from a Loki, files from a bucket or a folder.
//!
//! The Loki is the stand-in, or a real one where `TELLTALE_TEST_LOKI_BIN` names it; the bucket is versitygw's.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::import_history::SHIPSEC_TABLES;
use crate::support::import::{import, import_with};
use crate::support::loki::stand_in::push::now_ns;
use crate::support::loki::{Limits, Loki};
use crate::support::s3::{BUCKET, S3};
use crate::support::server::Options;
use crate::support::{Database, Http, Server, check};

const MS: i64 = 1_000_000;
/// More than one answer of Loki holds, so that a page ends among the lines that have one time.
const LINES: i64 = 6_000;
const SAME_TIME: std::ops::Range<i64> = 4_900..5_100;

/// A source with one run, whose node ran from two hours ago for a minute, and what else it has.
async fn source(more: &str) -> Database {
    let source = Database::empty().await;
    let session = source.session().await;
    session.batch_execute(SHIPSEC_TABLES).await.unwrap();
    let run = "
        INSERT INTO workflow_runs (run_id, workflow_id, total_actions, status, close_time, created_at) VALUES
            ('shipsec-run-1', '00000000-0000-0000-0000-00000000000a', 1, 'COMPLETED', now() - interval '119 minutes', now() - interval '2 hours');
        INSERT INTO workflow_traces (run_id, type, node_ref, \"timestamp\", sequence) VALUES
            ('shipsec-run-1', 'NODE_STARTED', 'scan', now() - interval '2 hours', 1),
            ('shipsec-run-1', 'NODE_COMPLETED', 'scan', now() - interval '119 minutes', 2);";
    session.batch_execute(&format!("{run}{more}")).await.unwrap();
    source
}

/// Labels as ShipSec Studio gives them.
fn labels(stream: &str, level: &str) -> Value {
    json!({ "run_id": "shipsec-run-1", "node": "scan", "stream": stream, "level": level, "attempt": "1" })
}

/// Every line of the run, as the API gives them.
async fn lines(http: &Http) -> Vec<Value> {
    let path = "/api/v1/runs/shipsec-run-1/logs/download?format=ndjson";
    let text = http.get(path).await.expect(200).text();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What a line of Loki becomes: stream, time in microseconds, text.
type Expected = (String, i64, String);

/// Pushes the node's output, and tells what it is in order of time; of one time, in order of level.
async fn push_output(loki: &Loki) -> Vec<Expected> {
    let began_ns = now_ns() / MS * MS - 7_200_000 * MS;
    let time = |n: i64| began_ns + MS * if SAME_TIME.contains(&n) { SAME_TIME.start } else { n };
    let mut expected = Vec::new();
    let mut values = (Vec::new(), Vec::new());
    for n in 0..LINES {
        let text = if n == 7 { "nul \0 and \u{2028}".to_owned() } else { format!("line {n}") };
        values.0.push(json!([time(n).to_string(), text]));
        expected.push((time(n), "stdout", text));
    }
    // The same times and the same texts once more, from another level; and a stream that is not one here.
    for n in SAME_TIME {
        values.1.push(json!([time(n).to_string(), format!("line {n}")]));
        expected.push((time(n), "stdout", format!("line {n}")));
    }
    let late = began_ns + LINES * MS;
    expected.push((late, "stdout", "from the console".to_owned()));
    expected.push((late + MS, "stderr", "an error".to_owned()));
    loki.push(labels("stdout", "info"), &values.0).await.expect(204);
    loki.push(labels("stdout", "warn"), &values.1).await.expect(204);
    loki.push(labels("console", "info"), &[json!([late.to_string(), "from the console"])]).await.expect(204);
    loki.push(labels("stderr", "error"), &[json!([(late + MS).to_string(), "an error"])]).await.expect(204);
    let other = json!({ "run_id": "shipsec-run-2", "node": "scan", "stream": "stdout" });
    loki.push(other, &[json!([late.to_string(), "of another run"])]).await.expect(204);
    expected.sort_by_key(|(ns, ..)| *ns);
    expected.into_iter().map(|(ns, stream, text)| (stream.to_owned(), ns / 1_000, text)).collect()
}

fn as_expected(line: &Value) -> Expected {
    let at: jiff::Timestamp = line["at"].as_str().unwrap().parse().unwrap();
    let text = |name: &str| line[name].as_str().unwrap().to_owned();
    (text("stream"), at.as_microsecond(), text("text"))
}

#[tokio::test]
async fn output_comes_from_the_loki_of_the_source_whole_and_once() {
    let loki = Loki::start().await;
    let expected = push_output(&loki).await;
    let stdout = LINES + SAME_TIME.end - SAME_TIME.start;
    // The row's labels are those of the entry that came last; its last time is, too.
    let rows = format!(
        "INSERT INTO workflow_log_streams VALUES
            ('shipsec-run-1', 'scan', 'stdout', '{}', now() - interval '2 hours', now() - interval '2 hours', {stdout}),
            ('shipsec-run-1', 'scan', 'console', '{}', now() - interval '2 hours', now() - interval '2 hours', 1),
            ('shipsec-run-1', 'scan', 'stderr', '{}', now() - interval '2 hours', now() - interval '2 hours', 1);",
        labels("stdout", "warn"),
        labels("console", "info"),
        labels("stderr", "error")
    );
    let source = source(&rows).await;
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    let url = loki.url();
    let arguments = ["--from", "shipsec", &source.url(), "--copy-logs", &url];
    let dry = import(&server, &[arguments.as_slice(), &["--dry-run"]].concat()).await;
    let count = format!("; {} lines of output", expected.len());
    assert!(dry.status == 0 && dry.stdout.contains(&count), "{}{}", dry.stdout, dry.stderr);
    http.get("/api/v1/runs/shipsec-run-1").await.problem(404);

    let said = import(&server, &arguments).await;
    assert!(said.status == 0 && said.stdout.contains(&count), "{}{}", said.stdout, said.stderr);
    let stored = lines(&http).await;
    let mut found: Vec<Expected> = stored.iter().map(as_expected).collect();
    assert!(found.is_sorted_by_key(|(_, at, _)| *at));
    let mut sorted = expected.clone();
    found.sort();
    sorted.sort();
    assert_eq!(found.len(), sorted.len());
    assert_eq!(found, sorted);
    assert!(stored.iter().all(|line| line.get("late").is_none()), "they came before their node's end");
    let events = check::run(&http, &database, "shipsec-run-1").await;
    let closed: Vec<_> = events.iter().filter(|event| event["type"] == "NODE_LOG_CLOSED").collect();
    let counts: Vec<_> =
        closed.iter().map(|event| (&event["data"]["stream"], &event["data"]["lines"])).collect();
    assert_eq!(counts, [(&json!("stdout"), &json!(stdout + 1)), (&json!("stderr"), &json!(1))]);

    let again = import(&server, &arguments).await;
    let there = format!("{count}; {} of these lines were there already", expected.len());
    assert!(again.status == 0 && again.stdout.contains(&there), "{}{}", again.stdout, again.stderr);
    assert_eq!(lines(&http).await, stored);
}

#[tokio::test]
async fn what_a_loki_does_not_give_is_told_by_stream() {
    let mut loki = Loki::with(Limits { auth_enabled: true, ..Limits::raised() }).await;
    loki.send_header("x-scope-orgid", "shipsec");
    let began = now_ns() - 7_200_000 * MS;
    loki.push(labels("stdout", "info"), &[json!([began.to_string(), "the only one"])]).await.expect(204);
    let rows = "INSERT INTO workflow_log_streams VALUES
        ('shipsec-run-1', 'scan', 'stdout', NULL, now() - interval '2 hours', NULL, 3), ('shipsec-run-1', '', 'stderr', NULL, NULL, NULL, 1);";
    let source = source(rows).await;
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let url = loki.url();
    let arguments = ["--from", "shipsec", &source.url(), "--copy-logs", &url];
    let refused = import(&server, &arguments).await;
    assert!(refused.status == 2 && refused.stderr.contains("no org id"), "{}", refused.stderr);

    let said = import(&server, &[arguments.as_slice(), &["--copy-logs-tenant", "shipsec"]].concat()).await;
    assert_eq!(said.status, 1, "{}", said.stdout);
    let short = "workflow_log_streams shipsec-run-1 scan stdout: the Loki has 1 of its 3 lines";
    assert!(said.stderr.contains(short), "{}", said.stderr);
    assert!(said.stderr.contains("`` can't be a node here"), "{}", said.stderr);
    assert_eq!(lines(&server.http()).await.len(), 1);
    assert_eq!(server.http().run("shipsec-run-1").await["status"], "COMPLETED");
    let wrong = import(&server, &["--from", "automateos", "x.db", "--copy-logs", &url]).await;
    assert!(wrong.status == 2 && wrong.stderr.contains("for --from shipsec only"), "{}", wrong.stderr);
}

const FILES: &str = "
    INSERT INTO files VALUES
        ('00000000-0000-0000-0000-0000000000f1', 'hosts.json', 'application/json', 11, 'key-1'),
        ('00000000-0000-0000-0000-0000000000f2', 'hosts.json', 'application/json', 5, 'key-2'),
        ('00000000-0000-0000-0000-0000000000f3', 'big.bin', NULL, 12582929, 'deep/key-3'),
        ('00000000-0000-0000-0000-0000000000f4', 'lost', NULL, 1, 'key-4'),
        ('00000000-0000-0000-0000-0000000000f5', 'short', NULL, 9, 'key-5'),
        ('00000000-0000-0000-0000-0000000000f6', 'out', NULL, 1, '../key-1');
    INSERT INTO artifacts (id, run_id, component_ref, file_id, name, mime_type, created_at)
        SELECT ('00000000-0000-0000-0000-0000000000a' || right(id::text, 1))::uuid, 'shipsec-run-1', 'scan', id, file_name, mime_type, now() FROM files;
    INSERT INTO artifacts (id, run_id, file_id, name) VALUES
        ('00000000-0000-0000-0000-0000000000a7', 'shipsec-run-1', NULL, 'nowhere');";

fn contents() -> [(&'static str, Vec<u8>); 4] {
    let big = (0..12_582_929_u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect();
    [
        ("key-1", b"{\"hosts\": 3}"[..11].to_vec()),
        ("key-2", b"other".to_vec()),
        ("deep/key-3", big),
        ("key-5", b"four".to_vec()),
    ]
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Imports, twice, from where the contents are, and looks at what came of it.
async fn check_files(place: &str, access: impl Fn(Options) -> Options) {
    let source = source(FILES).await;
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    let arguments = ["--from", "shipsec", &source.url(), "--copy-files", place];
    let options = || access(Options::default().env("TELLTALE_URL", server.base()));
    let mut listed = Vec::new();
    for turn in 0..2 {
        let said = import_with(options(), &arguments).await;
        assert_eq!(said.status, 1, "{}{}", said.stdout, said.stderr);
        for fault in [
            "artifacts 00000000-0000-0000-0000-0000000000a4: there is no object `key-4`",
            "artifacts 00000000-0000-0000-0000-0000000000a5: it has 4 bytes, and its row says 9",
            "artifacts 00000000-0000-0000-0000-0000000000a6: `../key-1` can't be the key of an object",
            "artifacts 00000000-0000-0000-0000-0000000000a7: `files` does not say where its bytes are",
        ] {
            assert!(said.stderr.contains(fault), "{fault}: {}", said.stderr);
        }
        assert!(said.stdout.contains("; 3 files copied; 4 rows were not taken"), "{}", said.stdout);
        let page = http.get("/api/v1/runs/shipsec-run-1/artifacts").await.expect(200).json();
        let mut found: Vec<Value> = page["artifacts"].as_array().unwrap().clone();
        found.sort_by_key(|artifact| artifact["name"].as_str().unwrap().to_owned());
        assert!(turn == 0 || found == listed, "a second import makes nothing more");
        listed = found;
    }
    let [hosts, other, big, short] = contents().map(|(_, bytes)| bytes);
    let told: Vec<_> = listed
        .iter()
        .map(|artifact| (artifact["name"].as_str().unwrap(), artifact["sha256"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(
        told,
        [
            ("00000000-0000-0000-0000-0000000000a2/hosts.json", digest(&other)),
            ("big.bin", digest(&big)),
            ("hosts.json", digest(&hosts)),
            ("short", digest(&short)),
        ]
    );
    assert!(listed.iter().all(|artifact| artifact["nodeRef"] == "scan"), "{listed:?}");
    assert_eq!(listed[2]["mediaType"], "application/json");
    let id = listed[1]["artifactId"].as_str().unwrap();
    let path = format!("/api/v1/runs/shipsec-run-1/artifacts/{id}");
    assert!(http.get(&path).await.expect(200).body == big);
    check::run(&http, &database, "shipsec-run-1").await;
}

#[tokio::test]
async fn files_come_from_a_bucket_with_their_digests() {
    let s3 = S3::start().await;
    for (key, bytes) in contents() {
        s3.put(&format!("of/shipsec/{key}"), bytes).await;
    }
    check_files(&format!("s3://{BUCKET}/of/shipsec"), |options| s3.access(options)).await;
}

#[tokio::test]
async fn files_come_from_a_folder_with_their_digests() {
    let folder = tempfile::tempdir().unwrap();
    // Where `../key-1` would lead.
    std::fs::write(folder.path().join("key-1"), "not to be read").unwrap();
    let inner = folder.path().join("files");
    std::fs::create_dir_all(inner.join("deep")).unwrap();
    for (key, bytes) in contents() {
        std::fs::write(inner.join(key), bytes).unwrap();
    }
    check_files(&format!("file://{}", inner.display()), |options| options).await;
}

#[tokio::test]
async fn a_place_that_is_none_or_does_not_answer_ends_the_import() {
    let source = source(FILES).await;
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    for (place, reason) in [
        ("not-there", "neither s3://bucket/prefix nor a folder"),
        ("s3://X", "s3://bucket/prefix is expected"),
    ] {
        let said = import(&server, &["--from", "shipsec", &source.url(), "--copy-files", place]).await;
        assert!(said.status == 2 && said.stderr.contains(reason), "{place}: {}", said.stderr);
    }
    let mut s3 = S3::start().await;
    let place = format!("s3://{BUCKET}/of/shipsec");
    s3.kill9();
    let options = s3.access(Options::default().env("TELLTALE_URL", server.base()));
    let said = import_with(options, &["--from", "shipsec", &source.url(), "--copy-files", &place]).await;
    assert_eq!(said.status, 3, "{}", said.stderr);
    assert!(said.stderr.contains("the source can't be read on"), "{}", said.stderr);
}
