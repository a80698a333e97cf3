//! A worker that dies, is held or leaves: its runs go on elsewhere, and nothing is run twice without saying so.

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::support::server::tempdir;
use crate::support::worker::{Claim, Worker};
use crate::support::worker_process::{WorkerProcess, containers, is_alive};
use crate::support::workflow::{put, start};
use crate::support::{Database, Http, Server, check, node_event, run, until};

/// The first attempt never ends; the second one does at once.
fn held(name: &str, more: &str, retries: u32) -> String {
    format!(
        r#"
name: {name}
nodes:
  - id: work
    {more}
    retries: {{ limit: {retries}, backoff: 10ms }}
    run: |
      echo "up $$ $TELLTALE_ATTEMPT"
      [ "$TELLTALE_ATTEMPT" = 2 ] || while :; do echo tick; sleep 0.05; done
      echo '{{"attempt": 2}}'
  - {{ id: after, needs: [work], run: 'echo after' }}
finally:
  - {{ id: last, run: 'echo last' }}
"#
    )
}

const ASKING: &str = r#"
name: asking
nodes:
  - { id: ask, approval: { message: well? }, timeout: 1h }
  - { id: after, needs: [ask], run: 'echo yes' }
"#;

/// Both limits end before the lease of the worker that began it.
const LIMITED: &str = r#"
name: limited
nodes:
  - { id: ask, approval: { message: well? }, timeout: 12s }
  - { id: after, needs: [ask], run: 'echo yes' }
"#;

const CALLING: &str = r#"
name: calling
nodes:
  - { id: call, workflow: calm }
  - { id: after, needs: [call], run: 'echo "of attempt $N"', env: { N: "${{ nodes.call.output.work.attempt }}" } }
"#;

/// 100 KB of output, made before the worker dies and used after it.
const LARGE: &str = r#"
name: large
nodes:
  - id: make
    run: |
      { printf '{"items": ["'; head -c 100000 /dev/zero | tr '\0' x; printf '"]}'; } > result.json
  - id: hold
    needs: [make]
    retries: 1
    run: 'echo "up $$ $TELLTALE_ATTEMPT"; [ "$TELLTALE_ATTEMPT" = 2 ] || sleep 1000'
  - id: use
    needs: [make, hold]
    run: 'echo "length $LENGTH"'
    env: { LENGTH: "${{ nodes.make.output.items[0] | length }}" }
"#;

/// One node has failed by itself before the worker dies.
const FAILED: &str = r#"
name: failed
nodes:
  - { id: bad, run: 'exit 3' }
  - id: hold
    retries: 1
    run: 'echo "up $$ $TELLTALE_ATTEMPT"; [ "$TELLTALE_ATTEMPT" = 2 ] || sleep 1000'
"#;

async fn server() -> (Database, Server, Http) {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    (database, server, http)
}

/// Starts a run and waits until its node has spoken; gives the run and the pid of the node as the node knows it.
async fn begin(http: &Http, workflow: &str) -> (String, i32) {
    let run_id = start(http, workflow, json!({})).await;
    let spoken = run::line(http, &run_id, "up ").await;
    (run_id, spoken.split(' ').next().unwrap().parse().unwrap())
}

/// What each attempt of a node ended with: `(attempt, type, code)`.
fn ends(events: &[Value], node: &str) -> Vec<(u64, String, String)> {
    let of_node = events.iter().filter(|event| event["nodeRef"] == node);
    let ends = of_node.filter(|event| {
        let kind = event["type"].as_str().unwrap();
        matches!(kind, "NODE_RETRYING" | "NODE_FAILED" | "NODE_COMPLETED" | "NODE_CANCELLED")
    });
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    ends.map(|event| {
        (event["attempt"].as_u64().unwrap(), text(&event["type"]), text(&event["error"]["code"]))
    })
    .collect()
}

fn end(attempt: u64, kind: &str, code: &str) -> (u64, String, String) {
    (attempt, kind.to_owned(), code.to_owned())
}

/// Everything that a killed worker may hold at once, since all of it waits for the same lease.
#[tokio::test]
async fn what_a_killed_worker_held_goes_on_at_another() {
    let (database, server, http) = server().await;
    for text in [
        &held("calm", "", 1),
        &held("doomed", "", 0),
        &held("boxed", "image: telltale/busybox", 1),
        &held("boxed-doomed", "image: telltale/busybox", 0),
        ASKING,
        CALLING,
        LARGE,
        FAILED,
        LIMITED,
        &held("timed", "", 1).replace("nodes:", "timeout: 12s\nnodes:"),
    ] {
        let name = text.lines().find_map(|line| line.strip_prefix("name: ")).unwrap();
        put(&http, name, text).await.expect(201);
    }
    let mut first = WorkerProcess::start(&server, "first", &["--jobs", "16"]);
    let ((calm, calm_pid), (doomed, doomed_pid), (boxed, _), (boxed_doomed, _), (large, _), (failed, _)) = tokio::join!(
        begin(&http, "calm"),
        begin(&http, "doomed"),
        begin(&http, "boxed"),
        begin(&http, "boxed-doomed"),
        begin(&http, "large"),
        begin(&http, "failed"),
    );
    let asking = start(&http, "asking", json!({})).await;
    let limited = start(&http, "limited", json!({})).await;
    let calling = start(&http, "calling", json!({})).await;
    let (timed, _) = begin(&http, "timed").await;
    run::node_event(&http, &asking, "NODE_AWAITING_INPUT", "ask").await;
    run::node_event(&http, &limited, "NODE_AWAITING_INPUT", "ask").await;
    run::node_event(&http, &failed, "NODE_FAILED", "bad").await;
    let started = run::node_event(&http, &calling, "NODE_STARTED", "call").await;
    let child = started["data"]["childRunId"].as_str().unwrap().to_owned();
    run::line(&http, &child, "up ").await;
    assert!(is_alive(calm_pid) && containers(&boxed).len() == 1);

    first.kill9();
    until("the killed worker's nodes are gone", || async {
        let alive = is_alive(calm_pid) || is_alive(doomed_pid);
        let left = [&boxed, &boxed_doomed].iter().any(|run_id| !containers(run_id).is_empty());
        (!alive && !left).then_some(())
    })
    .await;
    // Well before the lease ends, which is when the next one can begin.
    assert_eq!(http.run(&calm).await["status"], "RUNNING");
    let mut second = WorkerProcess::start(&server, "second", &["--jobs", "16"]);

    for (run_id, kind) in [(&calm, "process"), (&boxed, "docker")] {
        let state = run::ends_as(&http, run_id, "COMPLETED").await;
        assert_eq!(run::nodes(&state), ["work COMPLETED 2", "after COMPLETED 1", "last COMPLETED 1"]);
        let events = check::run(&http, &database, run_id).await;
        assert_eq!(
            ends(&events, "work"),
            [end(1, "NODE_RETRYING", "worker-lost"), end(2, "NODE_COMPLETED", "")]
        );
        let started = events.iter().filter(|event| event["type"] == "NODE_STARTED");
        assert!(
            started.clone().count() == 4
                && started.filter(|event| event["nodeRef"] == "work").all(|e| e["data"]["engine"] == kind)
        );
    }
    for run_id in [&doomed, &boxed_doomed] {
        let state = run::ends_as(&http, run_id, "FAILED").await;
        assert_eq!(run::nodes(&state), ["work FAILED 1", "after SKIPPED 1", "last COMPLETED 1"]);
        assert_eq!(
            (&state["failure"]["code"], &state["failure"]["nodeRef"]),
            (&json!("worker-lost"), &json!("work"))
        );
        let events = check::run(&http, &database, run_id).await;
        assert_eq!(ends(&events, "work"), [end(1, "NODE_FAILED", "worker-lost")]);
    }
    let state = run::ends_as(&http, &failed, "FAILED").await;
    assert_eq!(state["failure"]["code"], "exit-3", "{state}");
    assert_eq!(state["failure"]["reason"], "`bad` exited with status 3");

    // Time goes on while nobody has a run.
    let state = run::ends_as(&http, &timed, "TIMED_OUT").await;
    assert_eq!(run::nodes(&state), ["work CANCELLED 1", "after CANCELLED 1", "last COMPLETED 1"]);
    let state = run::ends_as(&http, &limited, "FAILED").await;
    assert_eq!(state["failure"]["code"], "not-answered");

    run::ends_as(&http, &large, "COMPLETED").await;
    run::line(&http, &large, "length 100000").await;
    let result = http.run(&large).await["result"].clone();
    assert_eq!(result["make"]["bytes"], 100_015, "{result}");

    let state = run::ends_as(&http, &calling, "COMPLETED").await;
    assert_eq!(run::nodes(&state), ["call COMPLETED 1", "after COMPLETED 1"]);
    run::line(&http, &calling, "of attempt 2").await;
    let events = check::run(&http, &database, &calling).await;
    assert_eq!(run::count(&events, "NODE_STARTED", "call"), 1);

    // Nobody has answered in the meantime.
    assert_eq!(http.run(&asking).await["status"], "AWAITING_INPUT");
    http.post(&format!("/api/v1/runs/{asking}/nodes/ask/input"), &json!({})).await.expect(202);
    run::ends_as(&http, &asking, "COMPLETED").await;
    let events = check::run(&http, &database, &asking).await;
    assert_eq!(run::count(&events, "NODE_AWAITING_INPUT", "ask"), 1);

    for run_id in
        [&calm, &doomed, &boxed, &boxed_doomed, &asking, &calling, &child, &large, &failed, &timed, &limited]
    {
        // Whoever frees it notes so in the end, and the next one may be quicker.
        let mut notes = run::notes(&http.events(run_id).await);
        notes.sort();
        assert_eq!(notes, ["worker first lost its lease", "worker second takes the run over (claim 2)"]);
    }
    second.signal(Signal::SIGTERM);
    assert!(second.leaves().await.success());
    let left = database.session().await.query("SELECT run_id FROM run_queue", &[]).await.unwrap();
    assert!(left.is_empty(), "{left:?}");
}

/// Longer than a lease: nothing but its end can tell that it ends.
#[tokio::test]
async fn a_worker_that_was_held_past_its_lease_finds_its_claims_lost() {
    let (database, server, http) = server().await;
    put(&http, "calm", &held("calm", "", 1)).await.expect(201);
    put(&http, "boxed", &held("boxed", "image: telltale/busybox", 1)).await.expect(201);
    // Four runs are all that it takes, so that no request of it waits for a fifth, which it could not execute either.
    let mut first = WorkerProcess::start(&server, "first", &["--jobs", "2"]);
    let ((calm, pid), (boxed, _)) = tokio::join!(begin(&http, "calm"), begin(&http, "boxed"));
    for _ in 0..2 {
        let waiting = start(&http, "calm", json!({})).await;
        run::event(&http, &waiting, "its start", |event| event["type"] == "RUN_STARTED").await;
    }
    let container = containers(&boxed);
    first.signal(Signal::SIGSTOP);
    let second = WorkerProcess::start(&server, "second", &["--jobs", "8"]);
    let mut told = Vec::new();
    for run_id in [&calm, &boxed] {
        run::ends_as(&http, run_id, "COMPLETED").await;
        let events = check::run(&http, &database, run_id).await;
        let expected = [end(1, "NODE_RETRYING", "worker-lost"), end(2, "NODE_COMPLETED", "")];
        assert_eq!(ends(&events, "work"), expected);
        told.push((run_id, events, http.lines(run_id).await));
    }
    // The nodes of a worker that is held go on: it is not dead.
    assert!(is_alive(pid) && containers(&boxed) == container);

    first.signal(Signal::SIGCONT);
    until("its nodes are stopped", || async {
        (!is_alive(pid) && containers(&boxed).is_empty()).then_some(())
    })
    .await;
    for (run_id, events, lines) in told {
        assert_eq!(http.lines(run_id).await, lines);
        assert_eq!(check::run(&http, &database, run_id).await, events);
    }
    assert!(first.status().is_none(), "it goes on with other runs");

    // What anybody sends under the old claim is refused, events, lines, closes and files.
    let claim = Claim { run_id: calm.clone(), claim: 1 };
    let old = Worker::new(http.clone(), "first");
    let problem = old.write(&claim, &[node_event("NODE_COMPLETED", "work")]).await.problem(409);
    assert!(problem["type"].as_str().unwrap().ends_with(":claim-lost"), "{problem}");
    for (path, kind, body) in [
        ("logs", "application/x-ndjson", r#"{"nodeRef":"work","attempt":1,"stream":"stdout","text":"x"}"#),
        ("artifacts?name=x", "text/plain", "x"),
    ] {
        let headers = [("content-type", kind), ("telltale-claim", "1")];
        let path = format!("/api/v1/runs/{calm}/{path}");
        http.send(http::Method::POST, &path, &headers, body).await.unwrap().problem(409);
    }
    drop(second);
}

#[tokio::test]
async fn a_worker_that_is_told_to_leave_finishes_what_works_and_gives_back_the_rest() {
    let (database, server, http) = server().await;
    let text = r#"
name: relay
inputs: { finish: }
nodes:
  - id: work
    run: 'echo "up $$"; until [ -e "$TELLTALE_INPUT_FINISH" ]; do sleep 0.02; done'
  - { id: after, needs: [work], run: 'echo after' }
"#;
    put(&http, "relay", text).await.expect(201);
    put(&http, "asking", ASKING).await.expect(201);
    let text = "name: resting\nnodes:\n  - { id: a, run: 'test $TELLTALE_ATTEMPT = 2', retries: { limit: 1, backoff: 5m } }\n";
    put(&http, "resting", text).await.expect(201);
    let files = tempdir("relay");
    let finish = files.path().join("finish");
    let mut first = WorkerProcess::start(&server, "first", &[]);
    let relay = start(&http, "relay", json!({ "inputs": { "finish": finish } })).await;
    let asking = start(&http, "asking", json!({})).await;
    let resting = start(&http, "resting", json!({})).await;
    run::line(&http, &relay, "up ").await;
    run::node_event(&http, &asking, "NODE_AWAITING_INPUT", "ask").await;
    run::node_event(&http, &resting, "NODE_RETRYING", "a").await;
    first.signal(Signal::SIGTERM);
    let second_of = |run_id: &str| {
        let (http, run_id) = (http.clone(), run_id.to_owned());
        async move {
            run::event(&http, &run_id, "the takeover", |event| {
                event["message"] == "worker second takes the run over (claim 2)"
            })
            .await
        }
    };
    let second = WorkerProcess::start(&server, "second", &[]);
    // What only waits is given up at once, and its pause is cut short.
    second_of(&asking).await;
    run::ends_as(&http, &resting, "COMPLETED").await;
    assert!(first.status().is_none(), "it left its node");
    std::fs::write(&finish, "").unwrap();
    run::ends_as(&http, &relay, "COMPLETED").await;
    assert!(first.leaves().await.success());
    let events = check::run(&http, &database, &relay).await;
    assert_eq!(
        run::notes(&events),
        ["worker first gave the run back", "worker second takes the run over (claim 2)"]
    );
    assert_eq!(ends(&events, "work"), [end(1, "NODE_COMPLETED", "")]);
    assert_eq!(ends(&events, "after"), [end(1, "NODE_COMPLETED", "")]);
    let done =
        events.iter().position(|event| event["type"] == "NODE_COMPLETED" && event["nodeRef"] == "work");
    let given = events.iter().position(|event| event["message"] == "worker first gave the run back");
    assert!(done < given, "{events:#?}");
    drop(second);
}
