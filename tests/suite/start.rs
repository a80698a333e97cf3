//! Starting, and refusing to start: one sentence that names the cause, and an exit status.

use std::path::Path;
use std::process::{Output, Stdio};

use crate::support::server::{Options, tempdir};
use crate::support::{Cluster, Database, Server, event, run_id, within};

/// Runs `telltale serve` until it gives up, which it must.
async fn refused(options: &Options, data_dir: &Path, listen: &str) -> Output {
    let mut command = options.command(data_dir, listen);
    command.arg("serve").stdin(Stdio::null());
    let mut command = tokio::process::Command::from(command);
    command.kill_on_drop(true);
    within("a server that cannot start gives up", command.output()).await.unwrap()
}

/// The exit status is as told, and standard error is one sentence that names the cause.
#[track_caller]
fn assert_refused(output: &Output, status: &[i32], naming: &str) {
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let code = output.status.code();
    assert!(code.is_some_and(|code| status.contains(&code)), "{:?}: {stdout}{stderr}", output.status);
    assert_eq!(stderr.trim().lines().count(), 1, "one sentence: {stderr}");
    assert!(stderr.contains(naming), "`{naming}` is not named: {stderr}");
    assert!(!stdout.contains("listening"), "{stdout}");
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let dir = tempdir("taken");
    let output = refused(&Options::on(&database.url()), &dir.path().join("data"), &server.address()).await;
    assert_refused(&output, &[2, 3], &server.address());
}

#[tokio::test]
async fn a_data_directory_that_cannot_be_is_named() {
    let database = Database::new().await;
    let dir = tempdir("unwritable");
    let file = dir.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    for data_dir in [file.join("data"), file] {
        let output = refused(&Options::on(&database.url()), &data_dir, "127.0.0.1:0").await;
        assert_refused(&output, &[2, 3], &data_dir.display().to_string());
    }
}

#[tokio::test]
async fn a_data_directory_serves_one_server() {
    let database = Database::new().await;
    let dir = tempdir("shared");
    let data_dir = dir.path().join("data");
    let mut server = Options::on(&database.url()).data_dir(&data_dir).start().await;
    let output = refused(&Options::on(&database.url()), &data_dir, "127.0.0.1:0").await;
    assert_refused(&output, &[2, 3], &data_dir.display().to_string());
    // A server that was killed leaves nothing that stands in the way.
    server.kill9();
    server.restart().await;
    server.http().get("/readyz").await.expect(200);
}

#[tokio::test]
async fn wrong_settings_are_named_with_the_reason() {
    let database = Database::new().await;
    let dir = tempdir("settings");
    let wrong = [
        ("TELLTALE_LISTEN_ADDRESS", "127.0.0.1:0", "TELLTALE_LISTEN_ADDRESS"),
        ("TELLTALE_DATABASE_PREPARED", "perhaps", "TELLTALE_DATABASE_PREPARED"),
        ("TELLTALE_DATABASE_POOL", "0", "TELLTALE_DATABASE_POOL"),
        ("TELLTALE_LISTEN", "nowhere", "TELLTALE_LISTEN"),
        ("TELLTALE_DATABASE_URL", "mysql://localhost/x", "TELLTALE_DATABASE_URL"),
    ];
    for (name, value, naming) in wrong {
        let options = Options::on(&database.url()).env(name, value);
        let output = refused(&options, &dir.path().join("data"), "127.0.0.1:0").await;
        assert_refused(&output, &[2], naming);
    }
}

#[tokio::test]
async fn outside_loopback_no_token_is_taken_that_is_easily_guessed() {
    let database = Database::new().await;
    let dir = tempdir("open");
    let options = Options::on(&database.url()).env("TELLTALE_TOKEN", "changeme-please");
    let output = refused(&options, &dir.path().join("data"), "0.0.0.0:0").await;
    assert_refused(&output, &[2], "token");
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named_without_its_password() {
    let dir = tempdir("nodb");
    let port = crate::support::postgres::free_port();
    let url = format!("postgres://postgres:s3cret@127.0.0.1:{port}/nothing");
    let output = refused(&Options::on(&url), &dir.path().join("data"), "127.0.0.1:0").await;
    assert_refused(&output, &[3], &port.to_string());
    assert!(!String::from_utf8_lossy(&output.stderr).contains("s3cret"));
}

#[tokio::test]
async fn an_empty_database_is_migrated_by_two_servers_at_once() {
    let database = Cluster::shared().await.empty_database().await;
    let (a, b) = tokio::join!(Server::on(&database), Server::on(&database));
    let run_id = run_id();
    a.http().append(&run_id, &[event("RUN_STARTED")]).await;
    assert_eq!(b.http().run(&run_id).await["status"], "RUNNING");
}

#[tokio::test]
async fn the_socket_and_a_restart_on_the_same_port_work() {
    let database = Database::new().await;
    let mut server = Options::on(&database.cluster().socket_url(database.name())).start().await;
    let base = server.base().to_owned();
    let told = std::fs::read_to_string(server.data_dir().join("server.json")).unwrap();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["url"], &told["pid"]), (&serde_json::json!(base), &serde_json::json!(server.pid())));
    assert!(server.stop().await.success());
    assert!(!server.data_dir().join("server.json").exists(), "removed on a clean stop");
    server.restart().await;
    assert_eq!(server.base(), base);
}
