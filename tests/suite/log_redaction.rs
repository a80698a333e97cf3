//! Values of secrets are in no store: not in the database's chunks as they lie there, nor in what is kept of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::Method;
use serde_json::{Value, json};

use crate::support::worker_process::WorkerProcess;
use crate::support::workflow::{put, start};
use crate::support::{Database, Server, chunks, run};

const VALUE: &str = "s3cr3t-valu3-of-a-k3y";
/// A value of two lines.
const KEY: &str = "-----BEGIN THING-----\nMIIEvQIBADANBgkqhkiG9w0\n-----END THING-----";

/// A node says its secrets in pieces, in colour, beside bytes that are no text, encoded, at the border of a part of an endless line.
const SAYING: &str = r#"
      printf 's3cr3t-v'; sleep 0.05; printf 'alu3-of'; sleep 0.05; printf '%s\n' '-a-k3y'
      printf '\033[31m%s\033[0m\n' "$A"
      printf 's3cr3t-\033[1mvalu3\033[0m-of-a-k3y\n'
      printf 'nul \000 %s\n' "$A"
      printf 'not \377 text %s' "$A" >&2; printf ' and on\n' >&2
      printf 'user:%s' "$A" | base64
      echo "$B"; printf '%s\r\n' "$B" >&2
      head -c 262134 /dev/zero | tr '\0' x; printf '%s tail\n' "$A"
      printf 'no newline %s' "$A""#;

fn workflow() -> String {
    let node = |id: &str, image: &str| {
        format!("  - id: {id}\n{image}    secrets: {{ A: a, B: b }}\n    run: |{SAYING}\n")
    };
    let nodes = node("process", "") + &node("box", "    image: telltale/busybox\n");
    format!("name: saying\nnodes:\n{nodes}")
}

fn holds(hay: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(hay, needle).is_some()
}

#[tokio::test]
async fn no_chunk_holds_a_secret_however_it_was_said() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    put(&http, "saying", &workflow()).await.expect(201);
    for (name, value) in [("a", VALUE), ("b", KEY)] {
        let body = json!({ "value": value }).to_string();
        let path = format!("/api/v1/secrets/{name}");
        http.send(Method::PUT, &path, &[("content-type", "application/json")], body)
            .await
            .unwrap()
            .expect(201);
    }
    let _worker = WorkerProcess::start(&server, "w", &[]);
    let run_id = start(&http, "saying", json!({})).await;
    run::ends_as(&http, &run_id, "COMPLETED").await;

    let lines = chunks::lines(&database, &run_id).await;
    let encoded = BASE64.encode(format!("user:{VALUE}"));
    let secrets = [VALUE.as_bytes(), b"MIIEvQIBADANBgkqhkiG9w0", &encoded.as_bytes()[8..encoded.len() - 4]];
    for node in ["process", "box"] {
        for stream in ["stdout", "stderr"] {
            let of_it: Vec<&Value> =
                lines.iter().filter(|line| line["nodeRef"] == node && line["stream"] == stream).collect();
            let bytes = chunks::bytes(of_it.iter().copied());
            assert!(holds(&bytes, b"***"), "{node} {stream} said something");
            for secret in secrets {
                assert!(!holds(&bytes, secret), "{node} {stream}: {}", String::from_utf8_lossy(&bytes));
            }
        }
    }
    // Not in the JSON around it either, nor in what else the database keeps in the clear.
    let all = lines.iter().map(Value::to_string).collect::<String>()
        + &Value::from(http.events(&run_id).await).to_string();
    let last_lines = "SELECT coalesce(string_agg(last_line, ' '), '') FROM log_streams";
    let kept: String = database.session().await.query_one(last_lines, &[]).await.unwrap().get(0);
    for secret in [VALUE, "MIIEvQIBADANBgkqhkiG9w0"] {
        assert!(!all.contains(secret) && !kept.contains(secret), "{kept}");
        assert!(!all.contains(&BASE64.encode(format!("nul \0 {secret}"))));
    }
    let texts: Vec<&str> = lines
        .iter()
        .filter(|line| line["nodeRef"] == "box" && line["stream"] == "stdout")
        .filter_map(|line| line["text"].as_str())
        .collect();
    assert_eq!(texts[..3], ["***", "\u{1b}[31m***\u{1b}[0m", "***"]);
    assert_eq!(texts[3], "nul \0 ***");
    assert_eq!(texts.last(), Some(&"no newline ***"));
}
