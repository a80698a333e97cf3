//! Values of declared secrets reach no store, however a node prints them.

use http::Method;
use serde_json::json;

use crate::support::loki::Loki;
use crate::support::shipping::{options, trimmed};
use crate::support::worker_process::WorkerProcess;
use crate::support::{Database, run, workflow};

const VALUE: &str = "hunter2-Pa55wörd+/=";

/// Prints its secret whole, within a line, in pieces with pauses between, over two lines' chunks, by both streams and
/// in a last line that does not end. `say` is kept from the command's own text by the variable.
const LEAKY: &str = r#"
name: leaky
nodes:
  - id: leak
    secrets: { KEY: api-key }
    run: |
      echo "$KEY"
      echo "before $KEY after" >&2
      head=${KEY%??????????}; tail=${KEY#"$head"}
      printf '%s' "cut $head"; sleep 0.1; printf '%s\n' "$tail here"
      printf '%s' "$head" >&2; sleep 0.05; printf '%s' "$tail" >&2; sleep 0.05; printf ' end\n' >&2
      i=0; while [ $i -lt 2000 ]; do i=$((i + 1)); printf 'line %s of %s %s\n' $i "$KEY" "$KEY"; done
      printf 'open %s' "$KEY"
"#;

/// The secret in all the ways that a store could hold it in the clear.
fn is_in(text: &str) -> bool {
    let part = &VALUE[4..];
    text.contains(VALUE) || text.contains(part) || text.contains("hunter2")
}

#[tokio::test]
async fn declared_secrets_reach_neither_postgresql_nor_loki() {
    let (database, loki) = (Database::new().await, Loki::start().await);
    let server = options(&database, &loki).env("TELLTALE_LOKI_GRACE", "2s").start().await;
    let http = server.http();
    let body = json!({ "value": VALUE }).to_string();
    let json_body = [("content-type", "application/json")];
    http.send(Method::PUT, "/api/v1/secrets/api-key", &json_body, body).await.unwrap().expect(201);
    workflow::put(&http, "leaky", LEAKY).await.expect(201);
    let worker = WorkerProcess::start(&server, "w", &[]);
    let run_id = workflow::start(&http, "leaky", json!({})).await;
    run::ends_as(&http, &run_id, "COMPLETED").await;

    let hot = http.lines(&run_id).await;
    assert_eq!(hot.len(), 2_005);
    let masked = hot.iter().filter(|line| line["text"].as_str().unwrap().contains("***")).count();
    assert_eq!(masked, 2_005, "each line had it: {:?}", &hot[..5]);
    for line in &hot {
        assert!(!is_in(&line.to_string()), "{line}");
    }
    for event in http.events(&run_id).await {
        assert!(!is_in(&event.to_string()), "{event}");
    }
    trimmed(&database).await;
    let found = loki.query(&format!("{{run_id=\"{run_id}\"}}")).await;
    assert_eq!(found.len(), 2_005);
    for entry in &found {
        assert!(!is_in(&format!("{entry:?}")), "{entry:?}");
    }
    for seen in loki.seen() {
        assert!(!is_in(&seen.query));
    }
    let download = http.get(&format!("/api/v1/runs/{run_id}/logs/download")).await.expect(200).text();
    assert!(!is_in(&download));
    assert!(!is_in(&server.stderr()) && !is_in(&worker.stderr()));
}
