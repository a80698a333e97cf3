//! docs/runbook.md, executed: every `sh` block of the page, in its order and in one shell.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::support::loki::Loki;
use crate::support::postgres::free_port;
use crate::support::server::{BINARY, Options, tempdir};
use crate::support::{Cluster, event, node_event, run_id, shipping};

/// The whole page; each of its commands takes a second or two.
const LIMIT: Duration = Duration::from_secs(180);

fn page() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/runbook.md")).unwrap()
}

/// The blocks marked `sh`, with the heading that each stands under.
fn blocks(page: &str) -> Vec<(String, String)> {
    let (mut heading, mut block, mut found) = (String::new(), None::<String>, Vec::new());
    for line in page.lines() {
        match (&mut block, line) {
            (None, "```sh") => block = Some(String::new()),
            (None, line) if line.starts_with('#') => heading = line.trim_start_matches(['#', ' ']).to_owned(),
            (Some(text), "```") => {
                found.push((heading.clone(), std::mem::take(text)));
                block = None;
            }
            (Some(text), line) => text.push_str(&format!("{line}\n")),
            _ => {}
        }
    }
    assert!(block.is_none(), "a block without an end");
    found
}

#[test]
fn every_command_is_in_a_block_that_is_executed() {
    let page = page();
    let blocks = blocks(&page);
    assert!(blocks.len() >= 18, "only {} blocks", blocks.len());
    let fences = page.lines().filter(|line| line.trim_start().starts_with("```")).count();
    assert_eq!(fences, 2 * blocks.len(), "a block that is not marked `sh`, or indented, is not executed");
    for heading in
        ["Start", "Stop", "Upgrade", "Back up", "Restore", "Rebuild projections", "Move to another Loki"]
    {
        assert!(blocks.iter().any(|(own, _)| own == heading), "nothing to type under {heading}");
    }
}

#[tokio::test]
async fn every_command_of_the_runbook_works() {
    // The doctor fails where PostgreSQL may forget, as the suite's shared one may.
    let cluster = Cluster::private().await;
    let (database, restored) = (cluster.own_database().await, cluster.own_database().await);
    let sound = database.session().await;
    for statement in
        ["ALTER SYSTEM SET fsync = on", "ALTER SYSTEM SET full_page_writes = on", "SELECT pg_reload_conf()"]
    {
        sound.batch_execute(statement).await.unwrap();
    }
    let (loki, new_loki) = (Loki::start().await, Loki::start().await);
    let folder = tempdir("runbook");
    let data = folder.path().join("data");
    // A run with lines, an artifact's folder and a key, as an installation has them.
    let run = {
        let options = shipping::options(&database, &loki).data_dir(&data);
        let mut server = options.start().await;
        let http = server.http();
        let run = run_id();
        http.append(&run, &[event("RUN_STARTED"), node_event("NODE_STARTED", "n")]).await;
        shipping::write(&http, &run, &shipping::lines(&run, "n", "stdout", 1, 20)).await;
        shipping::completed(&http, &run, &["n"]).await;
        http.append("waits", &[json!({ "eventId": uuid::Uuid::now_v7(), "type": "RUN_QUEUED" })]).await;
        server.stop().await;
        run
    };
    let mut script = String::from("set -euo pipefail\n");
    // The server that the page starts ends with the script, however that ends.
    script.push_str("trap 'kill -9 \"$(cat \"$TELLTALE_DATA_DIR/server.pid\")\" 2>/dev/null || true' EXIT\n");
    for (place, (heading, block)) in blocks(&page()).iter().enumerate() {
        script.push_str(&format!("echo '== {place} {}' >&2\n{block}", heading.replace('\'', " ")));
    }
    let file = folder.path().join("runbook.sh");
    std::fs::write(&file, script).unwrap();
    let bin = folder.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink(BINARY, bin.join("telltale")).unwrap();
    let backup = folder.path().join("backup");
    std::fs::create_dir(&backup).unwrap();
    std::fs::set_permissions(&backup, std::fs::Permissions::from_mode(0o700)).unwrap();
    let listen = format!("127.0.0.1:{}", free_port());
    let base = Options::on(&database.url()).env("TELLTALE_LOKI_URL", &loki.url());
    // Only for its environment: no setting leaks in from outside.
    let clean = base.command(&data, &listen);
    let mut shell = Command::new("timeout");
    shell
        .args(["--kill-after=5", &LIMIT.as_secs().to_string(), "bash"])
        .arg(&file)
        .current_dir(folder.path());
    for (name, value) in clean.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
        .env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default()))
        .env("TELLTALE_URL", format!("http://{listen}"))
        .env("TELLTALE_LOCAL_WORKER", "false")
        .env("BACKUP", &backup)
        .env("RESTORED_URL", restored.url())
        .env("NEW_LOKI_URL", new_loki.url())
        .env("RUN", &run)
        .env("PAGER", "cat");
    let output = tokio::task::spawn_blocking(move || shell.output().expect("bash")).await.unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let log = std::fs::read_to_string(data.join("server.log")).unwrap_or_default();
    assert!(output.status.success(), "{}\n{out}\n-- stderr\n{err}\n-- server\n{log}", output.status);

    // What it was all for: the restored database holds the run, and its projections are right.
    let session = restored.session().await;
    let row =
        session.query_one("SELECT status, head_seq FROM runs WHERE run_id = $1", &[&run]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0), "COMPLETED");
    let xids = session.query_one("SELECT max(xid) FROM events", &[]).await.unwrap();
    assert!(xids.get::<_, i64>(0) < 0, "adopted");
    assert!(lines_of(&backup.join("run-events.ndjson")) >= 4);
    assert_eq!(lines_of(&backup.join("run-lines.ndjson")), 20);
}

fn lines_of(file: &Path) -> usize {
    std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display())).lines().count()
}
