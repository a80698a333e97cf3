//! `telltale user` and `telltale token`, and who may use them without signing in.

use std::process::Stdio;

use serde_json::Value;

use crate::support::account::{redeem, secret_of};
use crate::support::server::Options;
use crate::support::{Database, Server, event, run_id, within};

struct Output {
    status: i32,
    stdout: String,
    stderr: String,
}

/// Runs a command with these settings.
async fn run(options: &Options, data_dir: &std::path::Path, arguments: &[&str]) -> Output {
    let mut command = tokio::process::Command::from(options.command(data_dir, "127.0.0.1:0"));
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let output = within(&format!("telltale {arguments:?}"), command.output()).await.unwrap();
    Output {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[tokio::test]
async fn users_and_tokens_are_managed_from_the_machine_of_the_server() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let here = Options::default();
    let cli = async |arguments: &[&str]| run(&here, server.data_dir(), arguments).await;
    assert!(cli(&["user", "list"]).await.stdout.contains("there is no user yet"));
    let added = cli(&["user", "add", "Ada@example.org", "--role", "owner", "--name", "Ada"]).await;
    assert_eq!(added.status, 0, "{}", added.stderr);
    let link = added.stdout.lines().last().unwrap().to_owned();
    // Whoever may read the data directory goes on without signing in.
    let listed = cli(&["user", "list", "--json"]).await;
    let row: Value = serde_json::from_str(listed.stdout.trim()).unwrap();
    assert_eq!((&row["email"], &row["joined"]), (&"ada@example.org".into(), &false.into()));
    let ada = redeem(&server.http(), &link).await;
    assert_eq!(ada.email, "ada@example.org");
    assert_eq!(cli(&["user", "add", "bob@example.org"]).await.status, 0);
    let changed = cli(&["user", "role", "bob@example.org", "viewer"]).await;
    assert!(changed.stdout.contains("bob@example.org is viewer now"), "{}", changed.stderr);
    let another = cli(&["user", "link", "bob@example.org"]).await;
    assert!(!secret_of(another.stdout.trim()).is_empty());
    assert_eq!(cli(&["user", "remove", "bob@example.org"]).await.status, 0);
    assert_eq!(cli(&["user", "remove", "bob@example.org"]).await.status, 2);
    assert_eq!(cli(&["user", "remove", "ada@example.org"]).await.status, 2, "the last owner");
    assert_eq!(cli(&["user", "add", "no address"]).await.status, 2);
    // A token for elsewhere.
    let made = cli(&["token", "create", "ci", "--scope", "append,read", "--expires", "90d"]).await;
    assert_eq!(made.status, 0, "{}", made.stderr);
    let secret = made.stdout.trim().to_owned();
    assert!(secret.starts_with("tt_"), "{secret}");
    let elsewhere = tempfile::tempdir().unwrap();
    let with = Options::default().env("TELLTALE_URL", server.base()).env("TELLTALE_TOKEN", &secret);
    let run_id = run_id();
    server.http().bearing(&secret).append(&run_id, &[event("RUN_STARTED")]).await;
    let runs = run(&with, elsewhere.path(), &["runs"]).await;
    assert!(runs.stdout.contains(&run_id[..12]), "{}{}", runs.stdout, runs.stderr);
    let without = Options::default().env("TELLTALE_URL", server.base());
    let refused = run(&without, elsewhere.path(), &["runs"]).await;
    assert!(refused.status == 2 && refused.stderr.contains("TELLTALE_TOKEN"), "{}", refused.stderr);
    let listed = cli(&["token", "list"]).await;
    assert!(listed.stdout.contains("append,read") && !listed.stdout.contains(&secret), "{}", listed.stdout);
    assert_eq!(cli(&["token", "revoke", "ci"]).await.status, 0);
    assert_eq!(run(&with, elsewhere.path(), &["runs"]).await.status, 2);
    assert_eq!(cli(&["token", "revoke", "ci"]).await.status, 2);
    assert_eq!(cli(&["token", "create", "x", "--scope", "everything"]).await.status, 2);
}
