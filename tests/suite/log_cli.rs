//! `telltale logs` and `telltale verify` against a real server.

use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::server::{Options, tempdir};
use crate::support::shipping::{completed, lines, started, write};
use crate::support::{Database, Server, within};

/// Exit status and standard output of a client command.
async fn telltale(server: &Server, arguments: &[&str]) -> (i32, String) {
    let dir = tempdir("cli");
    let options = Options::default().env("TELLTALE_URL", server.base());
    let mut command = Command::from(options.command(&dir.path().join("data"), "127.0.0.1:0"));
    let output = within(&format!("telltale {arguments:?}"), command.args(arguments).output()).await.unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

fn said(node: &str, stream: &str, n: usize, text: &str) -> Value {
    json!({ "nodeRef": node, "stream": stream, "lineNo": n, "text": text })
}

#[tokio::test]
async fn logs_are_chosen_by_pattern_level_stream_and_tail_in_the_form_that_is_asked_for() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let run_id = started(&http, &["a", "b"]).await;
    let written = [
        said("a", "stdout", 1, "10 %\r50 %\r100 %"),
        said("a", "stderr", 1, "WARN slow"),
        said("b", "stdout", 1, "error: gone"),
        said("b", "stdout", 2, "error: back"),
        said("a", "stdout", 2, "done"),
    ];
    write(&http, &run_id, &written).await;
    completed(&http, &run_id, &["a", "b"]).await;
    let logs = async |more: &[&str]| {
        let (status, text) = telltale(&server, &[&["logs", &run_id], more].concat()).await;
        assert_eq!(status, 0, "{more:?}: {text}");
        text
    };
    let whole = "a | 100 %\na ! WARN slow\nb | error: gone\nb | error: back\na | done\n";
    assert_eq!(logs(&[]).await, whole);
    assert_eq!(logs(&["-f"]).await, whole);
    assert_eq!(logs(&["--raw", "--node", "a", "--stream", "stdout"]).await, "10 %\r50 %\r100 %\ndone\n");
    for following in [&[][..], &["-f"]] {
        let of = |more: &[&'static str]| [more, following].concat();
        assert_eq!(logs(&of(&["--level", "error"])).await, "b | error: gone\nb | error: back\n");
        assert_eq!(
            logs(&of(&["--grep", "/ne$/", "--stream", "stdout"])).await,
            "b | error: gone\na | done\n"
        );
        assert_eq!(logs(&of(&["--grep", "error: ", "--tail", "1"])).await, "b | error: back\n");
        assert_eq!(logs(&of(&["--grep", "nowhere", "--tail", "3"])).await, "");
    }
    let json: Vec<Value> = logs(&["--json", "--attempt", "1"])
        .await
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(json, http.lines(&run_id).await);
    for wrong in [&["--json", "--raw"][..], &["--grep", "/(/"], &["--level", "loud"]] {
        assert_eq!(telltale(&server, &[&["logs", &run_id], wrong].concat()).await.0, 2, "{wrong:?}");
    }
}

#[tokio::test]
async fn verify_recounts_everything_and_names_the_stream_that_differs() {
    let database = Database::new().await;
    let mut server = Server::on(&database).await;
    let http = server.http();
    let run_id = started(&http, &["a", "b"]).await;
    for from in [1, 201] {
        write(&http, &run_id, &lines(&run_id, "a", "stdout", from, 200)).await;
        write(&http, &run_id, &lines(&run_id, "b", "stderr", from, 200)).await;
    }
    let (status, text) = telltale(&server, &["verify", &run_id]).await;
    assert_eq!(status, 0, "{text}");
    assert!(
        text.contains("open a#1 stdout: 400 lines so far\n") && text.ends_with(" is whole so far\n"),
        "{text}"
    );
    completed(&http, &run_id, &["a", "b"]).await;
    let (status, text) = telltale(&server, &["verify", &run_id]).await;
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("\nlines 800\nok a#1 stdout: 400 lines, "), "{text}");
    assert!(text.ends_with(&format!("{run_id} is whole\n")), "{text}");

    // The record is falsified where it lies: one stream says it had other bytes.
    server.kill9();
    let session = database.session().await;
    let falsify = "UPDATE events SET body = replace(body::text, '\"lines\":400', '\"lines\":401')::json \
                   WHERE type = 'NODE_LOG_CLOSED' AND node_ref = 'b'";
    assert_eq!(session.execute(falsify, &[]).await.unwrap(), 1);
    server.restart().await;
    let (status, text) = telltale(&server, &["verify", &run_id]).await;
    assert_eq!(status, 1, "{text}");
    assert!(
        text.contains("ok a#1 stdout") && text.contains("wrong b#1 stderr: 400 lines of 401\n"),
        "{text}"
    );
    // The stream's proof is wrong, and the event that says so is not the one whose hash is in the chain.
    assert!(text.contains(" is not the one that was recorded: its hash differs\n"), "{text}");
    assert!(text.ends_with("is not as it was recorded: 2 faults\n"), "{text}");
    // Lines that have gone.
    session.execute("DELETE FROM log_chunks", &[]).await.unwrap();
    let (status, text) = telltale(&server, &["verify", &run_id]).await;
    assert_eq!(status, 1, "{text}");
    assert!(text.contains("\nlines 0\n") && text.contains("wrong a#1 stdout: 0 lines of 400\n"), "{text}");
}
