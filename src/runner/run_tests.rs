//! Whole runs as processes, recorded by a server in trouble: what it has stored in the end must be as if nothing
//! had happened.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::test_server::{Server, course, options, serve, texts, until};
use super::{RunError, RunOutcome, run};
use crate::client::Client;
use crate::facts::status::RunStatus;

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_recorded_whole_and_in_order_by_a_server_in_trouble() {
    let workflow = "name: t
nodes:
  - { id: a, run: 'seq 1 3000; echo oops >&2; printf \"{\\\"n\\\":1}\"' }
  - { id: b, needs: [a], retries: { limit: 1, backoff: 1ms }, run: 'echo try $TELLTALE_ATTEMPT; test $TELLTALE_ATTEMPT = 2' }
  - { id: c, needs: [a], run: 'echo ::progress 1/2 half; printf \"\\377\\n\\0\\n\"; echo why >&2; exit 3' }
  - { id: d, needs: [c], run: 'true' }
";
    let (server, client) = serve(3).await;
    let RunOutcome { status, failure, .. } = run(options(client, workflow)).await.unwrap();
    assert_eq!(status, RunStatus::Failed);
    assert_eq!(failure.as_deref(), Some("`c` exited with status 3"));

    let stored = server.stored.lock();
    let registration = stored.registration.as_ref().unwrap();
    assert_eq!(registration["nodes"][3], json!({"nodeRef": "d", "needs": ["c"]}));
    assert_eq!((&registration["totalActions"], &registration["engine"]), (&json!(4), &json!("external")));

    let numbers: Vec<String> = (1..=3000).map(|n| n.to_string()).chain(["{\"n\":1}".to_owned()]).collect();
    assert_eq!(texts(&stored, "a", "stdout"), numbers);
    assert_eq!(texts(&stored, "a", "stderr"), ["oops"]);
    assert_eq!(texts(&stored, "c", "stdout"), ["::progress 1/2 half", "bytes", "bytes"]);
    assert_eq!(stored.lines.iter().find(|line| line["text"] == "{\"n\":1}").unwrap()["eol"], json!(false));

    let course = course(&stored);
    let place = |wanted: &str| {
        course.iter().position(|told| told == wanted).unwrap_or_else(|| panic!("{wanted}: {course:#?}"))
    };
    assert_eq!(course[..2], ["RUN_STARTED", "NODE_STARTED a 1"]);
    assert_eq!(course.last().map(String::as_str), Some("RUN_FAILED"));
    for (earlier, later) in [
        ("NODE_LOG_CLOSED a 1", "NODE_COMPLETED a 1"),
        ("NODE_COMPLETED a 1", "NODE_STARTED b 1"),
        ("NODE_LOG_CLOSED b 1", "NODE_RETRYING b 1"),
        ("NODE_RETRYING b 1", "NODE_STARTED b 2"),
        ("NODE_LOG_CLOSED b 2", "NODE_COMPLETED b 2"),
        ("NODE_PROGRESS c 1", "NODE_FAILED c 1"),
        ("NODE_FAILED c 1", "NODE_SKIPPED d null"),
    ] {
        assert!(place(earlier) < place(later), "{earlier} before {later}: {course:#?}");
    }
    assert_eq!(course.iter().filter(|told| told.starts_with("NODE_LOG_CLOSED")).count(), 8);
    let failed = &stored.events[place("NODE_FAILED c 1")];
    assert_eq!(failed["error"]["code"], "exit-3");
    assert_eq!(failed["error"]["details"]["lastLines"], json!(["why"]));
    assert_eq!(stored.events[place("NODE_COMPLETED a 1")]["outputSummary"], json!({"n": 1}));
    assert_eq!(stored.events.last().unwrap()["data"]["nodeRef"], "c");
}

#[tokio::test(flavor = "multi_thread")]
async fn matrices_conditions_templates_and_finally_are_executed() {
    let workflow = r#"
name: t
inputs: { hosts: { type: array, default: [a, b] } }
nodes:
  - { id: list, run: 'echo "{\"count\": 2}"' }
  - { id: scan, needs: list, matrix: { host: "${{ inputs.hosts }}" }, run: [printf, '{"host":"%s"}', "${{ matrix.host }}"] }
  - { id: few, needs: list, if: nodes.list.output.count > 2, run: x }
  - { id: many, needs: [few, list], join: any, if: nodes.list.output.count == 2, run: [echo, "${{ nodes.list.output }}"] }
  - { id: odd, needs: list, if: nodes.list.output.nope > 1, run: x }
  - { id: tell, needs: scan, run: 'echo "$ALL"', env: { ALL: "${{ nodes.scan.output }}" } }
finally:
  - { id: tidy, run: [echo, "${{ run.status }} ${{ nodes.few.status }}"] }
"#;
    let (server, client) = serve(0).await;
    let RunOutcome { status, failure, .. } = run(options(client, workflow)).await.unwrap();
    assert_eq!(status, RunStatus::Failed);
    let reason = "`nodes.list.output.nope > 1` has no value: `nodes.list.output.nope` is undefined";
    assert_eq!(failure, Some(format!("`odd` did not start: {reason}")));
    let stored = server.stored.lock();
    assert_eq!(texts(&stored, "scan[b]", "stdout"), [r#"{"host":"b"}"#]);
    assert_eq!(texts(&stored, "many", "stdout"), [r#"{"count":2}"#]);
    assert_eq!(texts(&stored, "tell", "stdout"), [r#"[{"host":"a"},{"host":"b"}]"#]);
    assert_eq!(texts(&stored, "tidy", "stdout"), ["FAILED SKIPPED"]);
    let course = course(&stored);
    for told in ["NODE_SKIPPED few null", "NODE_FAILED odd 1", "NODE_COMPLETED tidy 1"] {
        assert!(course.contains(&told.to_owned()), "{told}: {course:#?}");
    }
    assert_eq!(course.last().map(String::as_str), Some("RUN_FAILED"));
}

/// Runs a workflow and cancels it when its first line is stored; gives the server that has recorded it.
async fn cancelled_once_it_speaks(workflow: &str) -> Arc<Server> {
    let (server, client) = serve(0).await;
    let options = options(client, workflow);
    let cancel = options.cancel.clone();
    let running = tokio::spawn(run(options));
    until(&server, |stored| !stored.lines.is_empty()).await;
    cancel.cancel();
    assert_eq!(running.await.unwrap().unwrap().status, RunStatus::Cancelled);
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn finally_runs_after_a_cancel() {
    let workflow = "name: t\nnodes: [{ id: a, run: 'echo up; sleep 1000' }]
finally: [{ id: z, run: [echo, \"${{ run.status }}\"] }]";
    let server = cancelled_once_it_speaks(workflow).await;
    let stored = server.stored.lock();
    assert_eq!(texts(&stored, "z", "stdout"), ["CANCELLED"]);
    assert!(course(&stored).ends_with(&["NODE_COMPLETED z 1".to_owned(), "RUN_CANCELLED".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_run_ends_as_cancelled() {
    let workflow = "name: t\nnodes: [{ id: a, run: 'echo up; sleep 1000' }, { id: b, needs: [a], run: x }]";
    let server = cancelled_once_it_speaks(workflow).await;
    let course = course(&server.stored.lock());
    assert_eq!(course[course.len() - 1], "RUN_CANCELLED");
    assert!(
        course.contains(&"NODE_CANCELLED a 1".to_owned())
            && course.contains(&"NODE_CANCELLED b null".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_takes_too_long_is_timed_out() {
    let (server, client) = serve(0).await;
    let outcome =
        run(options(client, "name: t\ntimeout: 300ms\nnodes: [{ id: a, run: sleep 1000 }]")).await.unwrap();
    assert_eq!(outcome.status, RunStatus::TimedOut);
    assert_eq!(course(&server.stored.lock()).last().unwrap(), "RUN_TIMED_OUT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_the_server_has_ended_stops() {
    let (server, client) = serve(0).await;
    server.stored.lock().late_from = Some(2);
    let workflow = "name: t\nnodes: [{ id: a, run: 'echo ::progress 1/2; sleep 1000' }]";
    assert_eq!(run(options(client, workflow)).await.unwrap().status, RunStatus::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_when_the_user_leaves_ends_the_wait() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client::new(&format!("http://{}", listener.local_addr().unwrap()), None).unwrap();
    drop(listener);
    let recorder = super::recorder::Recorder::start(client, "r".parse().unwrap(), CancellationToken::new());
    let event = super::story::run_event(crate::facts::event::EventType::RunStarted);
    let acknowledged = recorder.event(event, None).await;
    recorder.hurry_for_test().cancel();
    assert!(acknowledged.await.is_err());
    assert!(recorder.finish().await.unwrap_err().to_string().contains("after the run was cancelled"));
}

#[tokio::test(flavor = "multi_thread")]
async fn eighty_thousand_chatty_lines_at_once_stay_within_the_buffers() {
    let (server, client) = serve(7).await;
    let nodes: Vec<String> =
        (0..8).map(|n| format!("{{ id: n{n}, run: 'yes x | head -n 10000' }}")).collect();
    let workflow = format!("name: t\nnodes: [{}]", nodes.join(", "));
    let finished = tokio::time::timeout(Duration::from_secs(120), run(options(client, &workflow))).await;
    assert_eq!(finished.unwrap().unwrap().status, RunStatus::Completed);
    assert_eq!(server.stored.lock().lines.len(), 8 * 10_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_inputs_and_docker_are_said_before_anything_is_recorded() {
    let (server, client) = serve(0).await;
    let options = options(client, "name: t\ninputs: { domain: }\nnodes: [{ id: a, run: x }]");
    assert!(matches!(run(options).await, Err(RunError::Inputs(_))));
    assert_eq!(server.stored.lock().requests, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_run_that_was_cancelled_on_the_server_stops() {
    let (server, client) = serve(0).await;
    server.stored.lock().status = "CANCELLED";
    let began = std::time::Instant::now();
    let outcome = run(options(client, "name: t\nnodes: [{ id: a, run: sleep 1000 }]")).await.unwrap();
    assert_eq!(outcome.status, RunStatus::Cancelled);
    assert!(began.elapsed() < Duration::from_secs(15));
}
