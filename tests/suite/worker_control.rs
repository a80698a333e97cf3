//! What people do to runs while real workers have them: cancel, approve, reject, and write what is none of their business.

use serde_json::{Value, json};

use crate::support::server::tempdir;
use crate::support::worker::Worker;
use crate::support::worker_process::{WorkerProcess, containers, is_alive};
use crate::support::workflow::{put, start};
use crate::support::{Answer, Database, Http, Server, check, event, node_event, run, until};

async fn server() -> (Database, Server, Http) {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    (database, server, http)
}

async fn cancel(http: &Http, run_id: &str) -> Value {
    http.post(&format!("/api/v1/runs/{run_id}/cancel"), &json!({ "reason": "enough" }))
        .await
        .expect(202)
        .json()
}

async fn answer(http: &Http, run_id: &str, node: &str, answer: Value) -> Answer {
    http.post(&format!("/api/v1/runs/{run_id}/nodes/{node}/input"), &answer).await
}

fn endless(name: &str, more: &str) -> String {
    format!(
        r#"
name: {name}
concurrency: 1
nodes:
  - {{ id: work, {more} run: 'echo "up $$"; while :; do sleep 0.1; done' }}
  - {{ id: after, needs: [work], run: 'echo after' }}
finally:
  - {{ id: last, run: 'echo "so far $STATUS"', env: {{ STATUS: "${{{{ run.status }}}}" }} }}
"#
    )
}

const ASKING: &str = r#"
name: asking
nodes:
  - { id: other, run: 'echo other' }
  - { id: ask, needs: [other], approval: { message: well? } }
  - { id: after, needs: [ask], run: 'echo yes' }
finally:
  - { id: last, run: 'echo last' }
"#;

#[tokio::test]
async fn a_cancel_stops_what_works_and_executes_finally() {
    let (database, server, http) = server().await;
    put(&http, "endless", &endless("endless", "")).await.expect(201);
    put(&http, "boxed", &endless("boxed", "image: telltale/busybox,")).await.expect(201);
    put(&http, "asking", ASKING).await.expect(201);
    let calling = "name: calling\nnodes:\n  - { id: call, workflow: child }\n  - { id: after, needs: [call], run: x }\n";
    put(&http, "calling", calling).await.expect(201);
    put(&http, "child", &endless("child", "")).await.expect(201);
    let _worker = WorkerProcess::start(&server, "w", &["--jobs", "8"]);
    let endless = start(&http, "endless", json!({})).await;
    let boxed = start(&http, "boxed", json!({})).await;
    let asking = start(&http, "asking", json!({})).await;
    let calling = start(&http, "calling", json!({})).await;
    let pid: i32 = run::line(&http, &endless, "up ").await.parse().unwrap();
    run::line(&http, &boxed, "up ").await;
    run::node_event(&http, &asking, "NODE_AWAITING_INPUT", "ask").await;
    let called = run::node_event(&http, &calling, "NODE_STARTED", "call").await;
    let child = called["data"]["childRunId"].as_str().unwrap().to_owned();
    let child_pid: i32 = run::line(&http, &child, "up ").await.parse().unwrap();

    // The second one waits for the first, of which only one may run.
    let queued = start(&http, "endless", json!({})).await;
    assert_eq!(cancel(&http, &queued).await["cancelled"], true);
    let state = run::ends_as(&http, &queued, "CANCELLED").await;
    assert_eq!(run::nodes(&state), ["work CANCELLED 1", "after CANCELLED 1", "last CANCELLED 1"]);

    for run_id in [&endless, &boxed, &asking, &calling] {
        assert_eq!(cancel(&http, run_id).await["cancelled"], false);
    }
    for run_id in [&endless, &boxed, &child] {
        let state = run::ends_as(&http, run_id, "CANCELLED").await;
        assert_eq!(run::nodes(&state), ["work CANCELLED 1", "after CANCELLED 1", "last COMPLETED 1"]);
        assert_eq!(run::line(&http, run_id, "so far ").await, "CANCELLED");
        assert_eq!(state["progress"], json!({ "completedActions": 3, "totalActions": 3 }));
    }
    assert!(!is_alive(pid) && !is_alive(child_pid) && containers(&boxed).is_empty());
    let state = run::ends_as(&http, &asking, "CANCELLED").await;
    let expected = ["other COMPLETED 1", "ask CANCELLED 1", "after CANCELLED 1", "last COMPLETED 1"];
    assert_eq!(run::nodes(&state), expected);
    let state = run::ends_as(&http, &calling, "CANCELLED").await;
    assert_eq!(run::nodes(&state), ["call CANCELLED 1", "after CANCELLED 1"]);
    for run_id in [&endless, &boxed, &asking, &calling, &child, &queued] {
        check::run(&http, &database, run_id).await;
    }
}

/// A cancel that nobody could act on is the first thing that the next worker does.
#[tokio::test]
async fn a_run_that_is_cancelled_before_a_worker_has_it_starts_nothing() {
    let (database, server, http) = server().await;
    let files = tempdir("cancelled");
    let proof = files.path().join("proof");
    std::fs::write(&proof, "").unwrap();
    std::os::unix::fs::chown(&proof, Some(65534), Some(65534)).ok();
    let text = r#"
name: w
inputs: { proof: }
nodes:
  - { id: first, retries: 3, run: 'echo first >> "$TELLTALE_INPUT_PROOF"' }
  - { id: second, run: 'echo second >> "$TELLTALE_INPUT_PROOF"' }
finally:
  - { id: last, run: 'echo last >> "$TELLTALE_INPUT_PROOF"' }
"#;
    put(&http, "w", text).await.expect(201);
    let mut runs = Vec::new();
    for begun in [false, true] {
        let run_id = start(&http, "w", json!({ "inputs": { "proof": proof } })).await;
        let gone = Worker::new(http.clone(), "gone");
        let claim = gone.wait().await;
        if begun {
            let events = [event("RUN_STARTED"), node_event("NODE_STARTED", "first")];
            gone.write(&claim, &events).await.expect(200);
        }
        assert_eq!(cancel(&http, &run_id).await["cancelled"], false);
        assert_eq!(gone.release(&[&claim]).await, ["released"]);
        runs.push(run_id);
        let _worker = WorkerProcess::start(&server, "next", &[]);
        let state = run::ends_as(&http, runs.last().unwrap(), "CANCELLED").await;
        assert_eq!(run::nodes(&state), ["first CANCELLED 1", "second CANCELLED 1", "last COMPLETED 1"]);
    }
    assert_eq!(std::fs::read_to_string(&proof).unwrap(), "last\nlast\n");
    for run_id in runs {
        check::run(&http, &database, &run_id).await;
    }
}

const APPROVAL: &str = r#"
name: leave
inputs: { who: nobody }
nodes:
  - id: ask
    approval:
      message: May ${{ inputs.who }} go?
      form:
        type: object
        required: [days]
        properties: { days: { type: integer, minimum: 1 } }
  - id: go
    needs: [ask]
    run: 'echo "for $DAYS days, says $BY"'
    env: { DAYS: "${{ nodes.ask.output.data.days }}", BY: "${{ nodes.ask.output.by }}" }
  - { id: later, needs: [go], run: 'echo later' }
  - { id: anyway, needs: [ask], join: any, run: 'echo anyway' }
"#;

#[tokio::test]
async fn a_person_decides_what_happens() {
    let (database, server, http) = server().await;
    put(&http, "leave", APPROVAL).await.expect(201);
    let slow = "name: slow\nnodes:\n  - { id: ask, approval: { message: well? }, timeout: 50ms }\n  - { id: go, needs: [ask], run: x }\n";
    put(&http, "slow", slow).await.expect(201);
    let _worker = WorkerProcess::start(&server, "w", &[]);
    let yes = start(&http, "leave", json!({ "inputs": { "who": "Ada" } })).await;
    let no = start(&http, "leave", json!({})).await;
    let slow = start(&http, "slow", json!({})).await;

    let asked = run::node_event(&http, &yes, "NODE_AWAITING_INPUT", "ask").await;
    assert_eq!(
        (&asked["message"], &asked["data"]["message"]),
        (&json!("May Ada go?"), &json!("May Ada go?"))
    );
    assert_eq!(asked["data"]["form"]["required"], json!(["days"]));
    assert_eq!(http.run(&yes).await["status"], "AWAITING_INPUT");
    let misfit = answer(&http, &yes, "ask", json!({ "data": { "days": 0 } })).await;
    assert_eq!(misfit.pointers(400), ["/data/days"]);
    answer(&http, &yes, "ask", json!({ "data": { "days": 3 }, "by": "Bob" })).await.expect(202);
    let state = run::ends_as(&http, &yes, "COMPLETED").await;
    assert_eq!(run::line(&http, &yes, "for ").await, "3 days, says Bob");
    let expected = json!({ "approved": true, "data": { "days": 3 }, "by": "Bob" });
    assert_eq!(state["result"]["ask"], expected);
    answer(&http, &yes, "ask", json!({ "data": { "days": 3 } })).await.problem(409);

    run::node_event(&http, &no, "NODE_AWAITING_INPUT", "ask").await;
    answer(&http, &no, "ask", json!({ "approved": false, "comment": "not now" })).await.expect(202);
    let state = run::ends_as(&http, &no, "COMPLETED").await;
    let expected = ["ask COMPLETED 1", "go SKIPPED 0", "later SKIPPED 0", "anyway SKIPPED 0"];
    let nodes: Vec<String> =
        run::nodes(&state).iter().map(|node| node.replace("SKIPPED 1", "SKIPPED 0")).collect();
    assert_eq!(nodes, expected);
    assert_eq!(state["progress"], json!({ "completedActions": 4, "totalActions": 4 }));
    let skipped = run::node_event(&http, &no, "NODE_SKIPPED", "go").await;
    assert_eq!(skipped["data"], json!({ "reason": "rejected", "need": "ask" }));

    let state = run::ends_as(&http, &slow, "FAILED").await;
    assert_eq!(state["failure"]["code"], "not-answered");
    for run_id in [&yes, &no, &slow] {
        check::run(&http, &database, run_id).await;
    }
}

/// Events are facts, whoever sends them; one that comes too late for its node must not end the run of all the others.
#[tokio::test]
async fn somebody_elses_event_about_a_node_does_not_stop_the_run() {
    let (database, server, http) = server().await;
    let text = r#"
name: w
inputs: { finish: }
nodes:
  - { id: work, run: 'echo "up $$"; until [ -e "$TELLTALE_INPUT_FINISH" ]; do sleep 0.02; done' }
  - { id: other, run: 'until [ -e "$TELLTALE_INPUT_FINISH" ]; do sleep 0.02; done; sleep 0.2' }
  - { id: after, needs: [work, other], run: 'echo after' }
"#;
    put(&http, "w", text).await.expect(201);
    let files = tempdir("late");
    let finish = files.path().join("finish");
    let _worker = WorkerProcess::start(&server, "w", &[]);
    let run_id = start(&http, "w", json!({ "inputs": { "finish": finish } })).await;
    run::line(&http, &run_id, "up ").await;
    http.append(&run_id, &[node_event("NODE_COMPLETED", "work")]).await;
    std::fs::write(&finish, "").unwrap();
    let state = run::ends_as(&http, &run_id, "COMPLETED").await;
    assert_eq!(run::nodes(&state), ["work COMPLETED 1", "other COMPLETED 1", "after COMPLETED 1"]);
    let events = check::run(&http, &database, &run_id).await;
    assert_eq!(events.iter().filter(|event| event["metadata"]["late"] == true).count(), 1);
    until("the queue is empty", || async {
        let left = database.session().await.query("SELECT FROM run_queue", &[]).await.unwrap();
        left.is_empty().then_some(())
    })
    .await;
}
