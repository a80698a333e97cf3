//! What workflows can say, executed by a real worker: calls, reruns, matrices, joins, conditions, templates, secrets, files.

use http::Method;
use serde_json::{Value, json};

use crate::support::worker_process::WorkerProcess;
use crate::support::workflow::{put, start};
use crate::support::{Database, Http, Server, check, run};

struct Place {
    database: Database,
    server: Server,
    http: Http,
    _worker: WorkerProcess,
}

/// A server with a worker and these workflows.
async fn place(workflows: &[&str]) -> Place {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    for text in workflows {
        let name = text.lines().find_map(|line| line.strip_prefix("name: ")).unwrap();
        put(&http, name, text).await.expect(201);
    }
    let _worker = WorkerProcess::start(&server, "w", &["--jobs", "8"]);
    Place { database, server, http, _worker }
}

impl Place {
    async fn ends_as(&self, run_id: &str, status: &str) -> (Value, Vec<Value>) {
        let state = run::ends_as(&self.http, run_id, status).await;
        (state, check::run(&self.http, &self.database, run_id).await)
    }

    /// Starts a run and waits for its end.
    async fn run(&self, workflow: &str, fields: Value, status: &str) -> (Value, Vec<Value>) {
        let run_id = start(&self.http, workflow, fields).await;
        self.ends_as(&run_id, status).await
    }

    async fn rerun(&self, run_id: &Value, fields: Value, status: &str) -> (Value, Vec<Value>) {
        let path = format!("/api/v1/runs/{}/rerun", run_id.as_str().unwrap());
        let again = self.http.post(&path, &fields).await.expect(202).json();
        self.ends_as(again["runId"].as_str().unwrap(), status).await
    }

    async fn artifact(&self, run_id: &Value, id: &Value) -> Vec<u8> {
        let path = format!("/api/v1/runs/{}/artifacts/{}", run_id.as_str().unwrap(), id.as_str().unwrap());
        self.http.get(&path).await.expect(200).body
    }
}

const CHILD: &str = r#"
name: child
inputs:
  depth: { type: integer, default: 1 }
nodes:
  - { id: small, run: 'echo "{\"depth\": $TELLTALE_INPUT_DEPTH}"' }
  - { id: bad, if: "${{ inputs.depth > 7 }}", run: 'exit 9' }
  - id: large
    run: |
      { printf '["'; head -c 100000 /dev/zero | tr '\0' y; printf '"]'; } > result.json
"#;

const PARENT: &str = r#"
name: parent
inputs:
  depth: { type: integer, default: 3 }
nodes:
  - { id: call, workflow: child, with: { depth: "${{ inputs.depth }}" } }
  - id: after
    needs: [call]
    run: 'echo "$DEPTH and $LENGTH"'
    env:
      DEPTH: "${{ nodes.call.output.small.depth + 1 }}"
      LENGTH: "${{ nodes.call.output.large[0] | length }}"
"#;

#[tokio::test]
async fn a_workflow_calls_another_and_gets_its_result() {
    let circle = "name: circle\nnodes:\n  - { id: again, workflow: circle }\n";
    let lost = "name: lost\nnodes:\n  - { id: call, workflow: nowhere }\n";
    let place = place(&[CHILD, PARENT, circle, lost]).await;
    let (state, events) = place.run("parent", json!({}), "COMPLETED").await;
    run::line(&place.http, state["runId"].as_str().unwrap(), "4 and 100000").await;
    let called = events.iter().find(|event| !event["data"]["childRunId"].is_null()).unwrap();
    assert_eq!(called["data"]["inputs"]["with"], json!({ "depth": 3 }));
    let child = place.http.run(called["data"]["childRunId"].as_str().unwrap()).await;
    let trigger = json!({
        "type": "workflow", "parentRunId": state["runId"], "parentNodeRef": "call", "depth": 1,
    });
    assert_eq!((&child["status"], &child["trigger"]), (&json!("COMPLETED"), &trigger));

    let (state, _) = place.run("parent", json!({ "inputs": { "depth": 8 } }), "FAILED").await;
    assert_eq!(
        (&state["failure"]["code"], &state["failure"]["nodeRef"]),
        (&json!("called-run-failed"), &json!("call"))
    );
    let reason = state["failure"]["reason"].as_str().unwrap();
    assert!(reason.contains("`bad` exited with status 9"), "{reason}");

    let (state, _) = place.run("lost", json!({}), "FAILED").await;
    assert!(
        state["failure"]["reason"].as_str().unwrap().contains("the workflow `nowhere` can't be started"),
        "{state}"
    );
    let (mut state, _) = place.run("circle", json!({}), "FAILED").await;
    let mut depth = 0;
    while let Some(child) = place
        .http
        .events(state["runId"].as_str().unwrap())
        .await
        .iter()
        .find_map(|event| Some(event["data"]["childRunId"].as_str()?.to_owned()))
    {
        let answer = place.http.get(&format!("/api/v1/runs/{child}")).await;
        if answer.status == 404 {
            break;
        }
        state = answer.expect(200).json();
        assert_eq!(state["status"], "FAILED");
        depth += 1;
    }
    assert_eq!(depth, 8);
    assert!(state["failure"]["reason"].as_str().unwrap().contains("at most 8 deep"), "{state}");
}

const FLAKY: &str = r#"
name: flaky
inputs: { fail: "yes" }
nodes:
  - { id: small, run: 'echo "{\"made\": \"$TELLTALE_RUN_ID\"}"' }
  - id: large
    run: |
      { printf '["'; head -c 100000 /dev/zero | tr '\0' y; printf '"]'; } > result.json
  - id: middle
    needs: [small, large]
    env: { MADE: "${{ nodes.small.output.made }}", LENGTH: "${{ nodes.large.output[0] | length }}" }
    run: 'echo "$MADE $LENGTH"; [ "$TELLTALE_INPUT_FAIL" = no ]'
  - { id: end, needs: [middle], run: 'echo end' }
"#;

#[tokio::test]
async fn a_run_is_executed_again_whole_or_from_a_node() {
    let place = place(&[FLAKY]).await;
    let (first, _) = place.run("flaky", json!({}), "FAILED").await;
    let id = first["runId"].clone();
    let (whole, events) = place.rerun(&id, json!({ "inputs": { "fail": "no" } }), "COMPLETED").await;
    assert!(events.iter().all(|event| event["data"]["reusedFrom"].is_null()));
    assert_eq!(run::output(&events, "small")["made"], whole["runId"]);

    let fields = json!({ "fromNode": "middle", "inputs": { "fail": "no" } });
    let (part, events) = place.rerun(&id, fields, "COMPLETED").await;
    let reused: Vec<&Value> = events.iter().filter(|event| event["data"]["reusedFrom"] == id).collect();
    assert_eq!(reused.iter().map(|event| &event["nodeRef"]).collect::<Vec<_>>(), ["small", "large"]);
    assert_eq!(
        run::count(&events, "NODE_STARTED", "small") + run::count(&events, "NODE_STARTED", "large"),
        0
    );
    let said = run::line(&place.http, part["runId"].as_str().unwrap(), id.as_str().unwrap()).await;
    assert_eq!(said, " 100000");
    // The large one is the new run's own: the old run may be purged one day.
    let reference = run::output(&events, "large");
    let bytes = place.artifact(&part["runId"], &reference["$artifact"]).await;
    assert_eq!(bytes.len(), 100_004);
    assert_eq!(part["result"]["large"], reference);
}

const GRAPH: &str = r#"
name: graph
inputs:
  hosts: { type: array, default: [a, b] }
nodes:
  - { id: list, run: 'echo "{\"n\": 2, \"words\": [\"x y\", \"ä\"]}"' }
  - id: scan
    needs: [list]
    matrix: { host: "${{ inputs.hosts }}", port: [1, 2] }
    run: 'echo "{\"at\": \"$HOST:$PORT\", \"of\": \"$OF\"}"'
    env: { HOST: "${{ matrix.host }}", PORT: "${{ matrix.port }}", OF: "${{ nodes.list.output.words | join(\",\") }}" }
  - { id: bad, run: 'exit 1' }
  - { id: slow, needs: [bad], run: 'echo never' }
  - { id: any, needs: [bad, list], join: any, run: 'echo any' }
  - { id: first, needs: [slow, list], join: first, run: 'echo first' }
  - { id: none, needs: [bad, slow], join: any, run: 'echo none' }
  - { id: big, needs: [scan], if: "${{ nodes.scan.output | length > 4 }}", run: 'echo big' }
  - { id: behind, needs: [big], run: 'echo behind' }
  - id: sum
    needs: [scan]
    if: nodes.scan.output | length == 4
    run: [/bin/echo, "sum ${{ nodes.scan.output | map(attribute='at') | join(' ') }} in ${{ workflow.name }}"]
finally:
  - { id: last, run: 'echo "status $STATUS"', env: { STATUS: "${{ run.status }}" } }
"#;

#[tokio::test]
async fn matrices_joins_conditions_and_templates_do_what_they_say() {
    let place = place(&[GRAPH]).await;
    let (state, events) = place.run("graph", json!({}), "FAILED").await;
    let run_id = state["runId"].as_str().unwrap();
    let status = |name: &str| run::node(&state, name)["status"].clone();
    for (name, expected) in [
        ("scan[a,1]", "COMPLETED"),
        ("scan[b,2]", "COMPLETED"),
        ("bad", "FAILED"),
        ("slow", "SKIPPED"),
        ("any", "COMPLETED"),
        ("first", "COMPLETED"),
        ("none", "SKIPPED"),
        ("big", "SKIPPED"),
        ("behind", "SKIPPED"),
        ("sum", "COMPLETED"),
        ("last", "COMPLETED"),
    ] {
        assert_eq!(status(name), expected, "{name}");
    }
    assert_eq!(run::output(&events, "scan[b,1]"), json!({ "at": "b:1", "of": "x y,ä" }));
    assert_eq!(run::line(&place.http, run_id, "sum ").await, "a:1 a:2 b:1 b:2 in graph");
    assert_eq!(run::line(&place.http, run_id, "status ").await, "FAILED");
    assert_eq!(state["failure"]["nodeRef"], "bad");
    let progress = &state["progress"];
    assert_eq!(progress["completedActions"], progress["totalActions"]);
    // With other inputs it has other instances.
    let (state, _) = place.run("graph", json!({ "inputs": { "hosts": ["c", "d", "e"] } }), "FAILED").await;
    assert_eq!(
        (&run::node(&state, "scan[e,2]")["status"], &run::node(&state, "big")["status"]),
        (&json!("COMPLETED"), &json!("COMPLETED"))
    );
    let wrong = place.http.post("/api/v1/workflows/graph/run", &json!({ "inputs": { "hosts": 3 } })).await;
    assert_eq!(wrong.pointers(400), ["/inputs/hosts"]);
}

const SECRET: &str = "correct horse battery";

const SECRETIVE: &str = r#"
name: secretive
nodes:
  - id: tell
    secrets: { API_KEY: api-key }
    run: |
      echo "it is $API_KEY"
      printf 'corre'; sleep 0.1; printf 'ct horse battery\n'
      echo "::notice key $API_KEY"
      echo "{\"key\": \"$API_KEY\", \"length\": ${#API_KEY}}"
  - id: boxed
    image: telltale/busybox
    secrets: { API_KEY: api-key }
    run: 'echo "it is $API_KEY" >&2; exit 4'
"#;

#[tokio::test]
async fn secrets_reach_nodes_and_nothing_else() {
    let unknown =
        "name: unknown\nnodes:\n  - { id: a, secrets: { K: nowhere }, retries: 3, run: 'echo ran' }\n";
    let place = place(&[SECRETIVE, unknown]).await;
    let body = json!({ "value": SECRET }).to_string();
    let json_body = [("content-type", "application/json")];
    place.http.send(Method::PUT, "/api/v1/secrets/api-key", &json_body, body).await.unwrap().expect(201);
    let (state, events) = place.run("secretive", json!({}), "FAILED").await;
    let lines = place.http.lines(state["runId"].as_str().unwrap()).await;
    let all = format!("{state}{events:?}{lines:?}");
    assert!(!all.contains(SECRET) && !all.contains("horse"), "{all}");
    let texts: Vec<&str> = lines
        .iter()
        .filter(|line| line["nodeRef"] == "tell")
        .filter_map(|line| line["text"].as_str())
        .collect();
    assert_eq!(texts[..2], ["it is ***", "***"]);
    assert_eq!(run::output(&events, "tell"), json!({ "key": "***", "length": SECRET.len() }));
    assert!(events.iter().any(|event| event["message"] == "key ***"));
    let failed = events.iter().find(|event| event["type"] == "NODE_FAILED").unwrap();
    assert_eq!(failed["error"]["details"]["lastLines"], json!(["it is ***"]));
    let started = events.iter().find(|event| event["type"] == "NODE_STARTED").unwrap();
    assert_eq!(started["data"]["inputs"]["secrets"], json!({ "API_KEY": "api-key" }));

    let (state, events) = place.run("unknown", json!({}), "FAILED").await;
    let reason = state["failure"]["reason"].as_str().unwrap();
    assert!(reason.contains("nowhere") && reason.contains("secret"), "{reason}");
    assert_eq!(run::nodes(&state), ["a FAILED 1"]);
    assert_eq!(run::count(&events, "NODE_RETRYING", "a"), 0);
}

const FILES: &str = r#"
name: files
inputs: { text: "" }
nodes:
  - id: process
    artifacts: ["out/*.txt", "*.json", "*.png"]
    run: 'mkdir out; echo "of process" > out/a.txt; echo no > out/b.bin; echo "{\"n\": 1}" > result.json; echo "<p>" > shot.png'
  - id: boxed
    image: telltale/busybox
    artifacts: ["out/**"]
    run: 'mkdir -p out/deep; echo "of box" > out/a.txt; printf "\000\377" > out/deep/b.bin'
  - id: length
    run: 'echo "length $LENGTH"'
    env: { LENGTH: "${{ inputs.text | length }}" }
"#;

#[tokio::test]
async fn files_and_large_inputs_are_kept_whole() {
    let place = place(&[FILES]).await;
    let text = "z".repeat(200_000);
    let (state, events) = place.run("files", json!({ "inputs": { "text": text } }), "COMPLETED").await;
    let run_id = state["runId"].as_str().unwrap();
    assert_eq!(run::line(&place.http, run_id, "length ").await, "200000");
    let listed = place.http.get(&format!("/api/v1/runs/{run_id}/artifacts")).await.expect(200).json();
    let mut found = Vec::new();
    for artifact in listed["artifacts"].as_array().unwrap() {
        let bytes = place.artifact(&state["runId"], &artifact["artifactId"]).await;
        let name =
            format!("{}:{}", artifact["nodeRef"].as_str().unwrap_or("-"), artifact["name"].as_str().unwrap());
        assert_eq!(artifact["bytes"], bytes.len());
        found.push((name, bytes));
    }
    found.sort();
    let inputs = found.remove(0);
    assert_eq!(
        (inputs.0.as_str(), serde_json::from_slice::<Value>(&inputs.1).unwrap()),
        ("-:inputs.json", json!({ "text": text }))
    );
    let expected: Vec<(&str, &[u8])> = vec![
        ("boxed:out/a.txt", b"of box\n"),
        ("boxed:out/deep/b.bin", b"\0\xff"),
        ("process:out/a.txt", b"of process\n"),
        ("process:result.json", b"{\"n\": 1}\n"),
        ("process:shot.png", b"<p>\n"),
    ];
    let found: Vec<(&str, &[u8])> =
        found.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    assert_eq!(found, expected);
    let recorded = events.iter().filter(|event| event["type"] == "ARTIFACT_RECORDED").count();
    assert_eq!(recorded, 6);
    // What is not what its name says is kept all the same, and said.
    let shot = events.iter().find(|event| event["data"]["name"] == "shot.png").unwrap();
    assert_eq!(shot["data"]["mediaType"], "application/octet-stream");
    assert_eq!(
        shot["message"],
        "kept as application/octet-stream: the content is no image/png: it begins otherwise"
    );
    drop(place.server);
}
