//! The embedded PostgreSQL: one data directory, whatever happened to it before.
//!
//! Against the library, since most of what is asked of it lies below the API. Data directories are made
//! under `target/tmp`, which the database's user may pass through when the tests run as root.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use futures_util::StreamExt as _;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use telltale::store::db::embedded::{
    EmbeddedError, EmbeddedOptions, EmbeddedServer, SharedServer, create_database, database_exists,
    drop_database,
};
use telltale::store::db::{Target, connect, drive};
use tokio_postgres::AsyncMessage;

use crate::support::wait::{until, within};

/// A folder that everybody may pass through, gone with the test.
fn folder() -> tempfile::TempDir {
    let mode = std::fs::Permissions::from_mode(0o755);
    tempfile::Builder::new().permissions(mode).tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// Small, since several run side by side; durable, since that is asked of it here.
fn options(data_dir: impl Into<PathBuf>) -> EmbeddedOptions {
    let settings = [("shared_buffers", "16MB"), ("max_connections", "20")];
    EmbeddedOptions {
        data_dir: data_dir.into(),
        postgres_settings: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        ..EmbeddedOptions::default()
    }
}

async fn start(data_dir: impl Into<PathBuf>) -> EmbeddedServer {
    within("the embedded server", EmbeddedServer::start(&options(data_dir))).await.unwrap()
}

async fn write_a_row(target: &Target) {
    let client = target.open().await.unwrap();
    client.batch_execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)").await.unwrap();
}

async fn read_the_row(target: &Target) -> i32 {
    let client = target.open().await.unwrap();
    client.query_one("SELECT n FROM kept", &[]).await.unwrap().get(0)
}

fn is_alive(pid: i32) -> bool {
    // A zombie has no command line.
    std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

fn kill_hard(pid: i32) {
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
}

/// Where the cluster's files are; as root they may lie behind a link.
fn cluster(data_dir: &Path) -> PathBuf {
    data_dir.join("postgres").canonicalize().unwrap()
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let dir = folder();
    let data_dir = dir.path().join("data");
    let server = start(&data_dir).await;
    let (url, pid) = (server.database_url().to_owned(), server.postmaster_pid());
    write_a_row(server.target()).await;
    within("the stop", server.stop()).await.unwrap();
    assert!(!is_alive(pid) && !cluster(&data_dir).join("postmaster.pid").exists());

    let server = start(&data_dir).await;
    assert_eq!(server.database_url(), url);
    assert!(!server.was_adopted());
    assert_eq!(read_the_row(server.target()).await, 42);
    within("the stop", server.stop()).await.unwrap();
}

#[tokio::test]
async fn appends_are_durable_and_nobody_else_gets_in() {
    let dir = folder();
    let server = start(dir.path().join("data")).await;
    let client = server.target().open().await.unwrap();
    for (name, value) in [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("listen_addresses", ""),
        ("unix_socket_permissions", "0700"),
        ("server_encoding", "UTF8"),
        ("data_checksums", "on"),
        ("TimeZone", "UTC"),
    ] {
        let row = client.query_one("SELECT current_setting($1)", &[&name]).await.unwrap();
        assert_eq!(row.get::<_, &str>(0), value, "{name}");
    }
    let socket_dir = client.query_one("SHOW unix_socket_directories", &[]).await.unwrap();
    let mode = std::fs::metadata(socket_dir.get::<_, &str>(0)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    within("the stop", server.stop()).await.unwrap();
}

#[tokio::test]
async fn a_postmaster_that_outlived_its_telltale_is_adopted() {
    let dir = folder();
    let data_dir = dir.path().join("data");
    let server = start(&data_dir).await;
    let pid = server.postmaster_pid();
    write_a_row(server.target()).await;
    server.leave().await;

    let server = start(&data_dir).await;
    assert!(server.was_adopted());
    assert_eq!(server.postmaster_pid(), pid);
    assert_eq!(read_the_row(server.target()).await, 42);
    within("the stop", server.stop()).await.unwrap();
    assert!(!is_alive(pid));
}

#[tokio::test]
async fn a_killed_postmaster_is_replaced_behind_the_same_url() {
    let dir = folder();
    let server = start(dir.path().join("data")).await;
    let (db, first) = (connect(server.target(), 4, true).await.unwrap(), server.postmaster_pid());
    write_a_row(server.target()).await;
    kill_hard(first);
    until("another postmaster", async || (server.postmaster_pid() != first).then_some(())).await;
    assert_eq!(read_the_row(server.target()).await, 42);
    assert!(db.get().await.is_ok(), "the pool finds the new one");
    // An adopted one is watched in another way than a child.
    let data_dir = server.data_dir().to_owned();
    server.leave().await;
    let server = start(&data_dir).await;
    let second = server.postmaster_pid();
    kill_hard(second);
    until("another postmaster", async || (server.postmaster_pid() != second).then_some(())).await;
    assert_eq!(read_the_row(server.target()).await, 42);
    within("the stop", server.stop()).await.unwrap();
}

#[tokio::test]
async fn a_postmaster_killed_while_nobody_watched_leaves_nothing_in_the_way() {
    let dir = folder();
    let data_dir = dir.path().join("data");
    let server = start(&data_dir).await;
    let pid = server.postmaster_pid();
    write_a_row(server.target()).await;
    // A backend that is busy does not notice that its postmaster is gone.
    let busy = server.target().open().await.unwrap();
    let endless =
        tokio::spawn(async move { busy.batch_execute("DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$").await });
    let looking = server.target().open().await.unwrap();
    until("the busy backend", async || {
        let query = "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO %'";
        (!looking.query(query, &[]).await.unwrap().is_empty()).then_some(())
    })
    .await;
    server.leave().await;
    kill_hard(pid);

    let server = start(&data_dir).await;
    assert!(!server.was_adopted());
    assert_eq!(read_the_row(server.target()).await, 42);
    assert!(endless.await.unwrap().is_err(), "the busy backend is gone");
    within("the stop", server.stop()).await.unwrap();
}

#[tokio::test]
async fn a_pid_file_that_names_another_process_by_now_is_cleared() {
    let dir = folder();
    let data_dir = dir.path().join("data");
    let server = start(&data_dir).await;
    let socket = server.target().open().await.unwrap().query_one("SHOW unix_socket_directories", &[]).await;
    let socket = PathBuf::from(socket.unwrap().get::<_, String>(0));
    within("the stop", server.stop()).await.unwrap();
    // This very process is alive, is no postmaster, and must stay alive.
    let cluster = cluster(&data_dir);
    let me = std::process::id();
    let text =
        format!("{me}\n{}\n1700000000\n5432\n{}\n\n  1 1\nready   \n", cluster.display(), socket.display());
    std::fs::write(cluster.join("postmaster.pid"), text).unwrap();
    let lock = format!("{me}\n{}\n1700000000\n5432\n\n", cluster.display());
    std::fs::write(socket.join(".s.PGSQL.5432.lock"), lock).unwrap();

    let server = start(&data_dir).await;
    assert!(!server.was_adopted());
    within("the stop", server.stop()).await.unwrap();
}

#[tokio::test]
async fn a_second_server_on_the_same_data_directory_is_told_so() {
    let dir = folder();
    let data_dir = dir.path().join("data");
    let server = start(&data_dir).await;
    let refused = EmbeddedServer::start(&options(&data_dir)).await.unwrap_err();
    assert!(
        matches!(refused, EmbeddedError::InUse { pid, .. } if pid == Some(std::process::id())),
        "{refused}"
    );
    let said = refused.to_string();
    assert!(said.contains("is in use by another telltale server") && !said.contains('\n'), "{said}");
    within("the stop", server.stop()).await.unwrap();
}

#[tokio::test]
async fn a_data_directory_that_can_t_be_written_is_told_in_one_sentence() {
    let dir = folder();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let refused = EmbeddedServer::start(&options(file.join("data"))).await.unwrap_err();
    assert!(matches!(refused, EmbeddedError::DataDir { .. }), "{refused}");
    let said = refused.to_string();
    assert!(
        said.contains("can't be used") && said.contains("TELLTALE_DATA_DIR") && !said.contains('\n'),
        "{said}"
    );
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_is_no_obstacle() {
    let dir = folder();
    let data_dir = dir.path().join("a-rather-long-name".repeat(6)).join("with, commas and 'quotes'");
    let server = start(&data_dir).await;
    assert!(!server.database_url().contains("rather-long"));
    write_a_row(server.target()).await;
    let url = server.database_url().to_owned();
    server.leave().await;
    let server = start(&data_dir).await;
    assert!(server.was_adopted());
    assert_eq!(server.database_url(), url);
    within("the stop", server.stop()).await.unwrap();
}

#[tokio::test]
async fn a_data_directory_where_only_its_owner_gets_works_for_root_too() {
    let dir = folder();
    let closed = dir.path().join("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
    let data_dir = closed.join("data");
    let server = start(&data_dir).await;
    write_a_row(server.target()).await;
    within("the stop", server.stop()).await.unwrap();
    let server = start(&data_dir).await;
    assert_eq!(read_the_row(server.target()).await, 42);
    within("the stop", server.stop()).await.unwrap();
    std::fs::remove_dir_all(cluster(&data_dir)).unwrap();
}

#[tokio::test]
async fn unusable_programs_and_a_foreign_version_are_named() {
    let dir = folder();
    let data_dir = dir.path().join("data");
    let wrong = EmbeddedOptions { postgres_bin: Some(dir.path().into()), ..options(&data_dir) };
    let refused = EmbeddedServer::start(&wrong).await.unwrap_err();
    assert!(matches!(refused, EmbeddedError::PostgresBin { .. }), "{refused}");

    std::fs::create_dir(data_dir.join("postgres")).unwrap();
    std::fs::write(data_dir.join("postgres/PG_VERSION"), "9\n").unwrap();
    let refused = EmbeddedServer::start(&options(&data_dir)).await.unwrap_err();
    assert!(matches!(refused, EmbeddedError::OtherVersion { made_by: 9, .. }), "{refused}");
}

#[tokio::test]
async fn a_start_that_fails_tells_the_server_s_own_reason() {
    let dir = folder();
    let mut wrong = options(dir.path().join("data"));
    wrong.postgres_settings.push(("max_connections".into(), "0".into()));
    let refused = EmbeddedServer::start(&wrong).await.unwrap_err();
    let said = refused.to_string();
    assert!(said.contains("max_connections") || said.contains("telltale.conf"), "{said}");
    assert!(!said.contains('\n'), "{said}");
}

#[tokio::test]
async fn tests_share_one_server_and_clone_their_databases() {
    let dir = folder();
    let options = EmbeddedOptions::for_tests(dir.path().join("data"));
    let joining = futures_util::future::join(SharedServer::join(&options), SharedServer::join(&options));
    let (one, two) = within("both", joining).await;
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one.database_url(), two.database_url());
    create_database(one.target(), "template", None).await.unwrap();
    write_a_row(&one.target().with_database("template")).await;
    for name in ["copy a", "copy\"b"] {
        create_database(two.target(), name, Some("template")).await.unwrap();
        assert_eq!(read_the_row(&two.target().with_database(name)).await, 42);
        drop_database(two.target(), name).await.unwrap();
        assert!(!database_exists(one.target(), name).await.unwrap());
    }
    let pid_file = cluster(&dir.path().join("data")).join("postmaster.pid");
    drop(one);
    assert!(two.target().open().await.is_ok(), "the other still has its share");
    drop(two);
    until("the server's end after the last share", async || (!pid_file.exists()).then_some(())).await;
}

#[tokio::test]
async fn a_raw_connection_hears_notifications() {
    let dir = folder();
    let server = start(dir.path().join("data")).await;
    let (listener, mut messages) = server.target().open_raw().await.unwrap();
    let listening = async { listener.batch_execute("LISTEN bell").await.unwrap() };
    // Nothing moves on this connection unless its messages are polled.
    tokio::select! {
        () = listening => {}
        message = messages.next() => panic!("{message:?} before anything was sent"),
    }
    let (ringer, others) = server.target().open_raw().await.unwrap();
    let driver = tokio::spawn(drive(others));
    ringer.batch_execute("NOTIFY bell, 'ding'").await.unwrap();
    match within("the notification", messages.next()).await {
        Some(Ok(AsyncMessage::Notification(heard))) => assert_eq!(heard.payload(), "ding"),
        other => panic!("{other:?}"),
    }
    drop(ringer);
    within("the driver's end", driver).await.unwrap();
    within("the stop", server.stop()).await.unwrap();
}
