//! `telltale import --from …`: other systems' databases and files, read for real.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::support::import::import;
use crate::support::{Database, Http, Server, check, until};

/// The ids of all runs, newest first.
async fn listed(http: &Http) -> Vec<String> {
    let page = http.get("/api/v1/runs?limit=200").await.expect(200).json();
    page["runs"].as_array().unwrap().iter().map(|run| run["runId"].as_str().unwrap().to_owned()).collect()
}

async fn events_of(http: &Http, run_id: &str) -> Vec<Value> {
    let page = http.get(&format!("/api/v1/runs/{run_id}/events?limit=5000")).await.expect(200).json();
    page["events"].as_array().unwrap().clone()
}

/// ShipSec Studio's tables.
pub const SHIPSEC_TABLES: &str = "
    CREATE TABLE workflow_runs (run_id text PRIMARY KEY, workflow_id uuid NOT NULL, workflow_version_id uuid,
        workflow_version integer, temporal_run_id text, parent_run_id text, parent_node_ref text, total_actions integer NOT NULL DEFAULT 0,
        inputs jsonb NOT NULL DEFAULT '{}', trigger_type text NOT NULL DEFAULT 'manual', trigger_source text,
        trigger_label text NOT NULL DEFAULT '', input_preview jsonb NOT NULL DEFAULT '{}', organization_id varchar(191),
        status text, close_time timestamptz, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL DEFAULT now());
    CREATE TABLE workflow_traces (id bigserial PRIMARY KEY, run_id text NOT NULL, workflow_id text, organization_id varchar(191),
        type text NOT NULL, node_ref text NOT NULL, \"timestamp\" timestamptz NOT NULL, message text, error jsonb, output_summary jsonb,
        level text NOT NULL DEFAULT 'info', data jsonb, sequence integer NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
    CREATE TABLE workflow_log_streams (run_id text, node_ref text, stream text, labels jsonb, first_timestamp timestamptz,
        last_timestamp timestamptz, line_count integer, UNIQUE (run_id, node_ref, stream));
    CREATE TABLE files (id uuid PRIMARY KEY, file_name text, mime_type text, size bigint, storage_key text);
    CREATE TABLE artifacts (id uuid PRIMARY KEY, run_id text, workflow_id uuid, component_ref text, file_id uuid, name text,
        mime_type text, size bigint, destinations jsonb, metadata jsonb, organization_id varchar(191), created_at timestamptz);
    CREATE TABLE node_io (run_id text, node_ref text, inputs jsonb, outputs jsonb, inputs_spilled boolean, outputs_spilled boolean,
        inputs_storage_ref text, outputs_storage_ref text, started_at timestamptz, completed_at timestamptz, duration_ms integer,
        status text, error_message text, UNIQUE (run_id, node_ref));";

const SHIPSEC_ROWS: &str = "
    INSERT INTO workflow_runs (run_id, workflow_id, total_actions, inputs, status, close_time, created_at) VALUES
        ('shipsec-run-old', '00000000-0000-0000-0000-00000000000a', 2, '{\"domain\": \"example.org\"}', 'COMPLETED', '2024-02-01 10:05:00+00', '2024-02-01 10:00:00+00'),
        ('shipsec-run-mid', '00000000-0000-0000-0000-00000000000a', 1, '{}', NULL, NULL, '2024-09-01 10:00:00+00'),
        ('shipsec-run-new', '00000000-0000-0000-0000-00000000000b', 1, '{}', 'RUNNING', NULL, '2025-06-01 10:00:00+00');
    INSERT INTO workflow_traces (run_id, type, node_ref, \"timestamp\", message, error, data, sequence) VALUES
        -- Two workers gave the same number.
        ('shipsec-run-old', 'NODE_STARTED', 'resolve', '2024-02-01 10:00:01+00', 'go', NULL, '{\"_payload\": {\"hosts\": 3}, \"_metadata\": {\"attempt\": 1, \"activityId\": \"5\"}}', 1),
        ('shipsec-run-old', 'NODE_STARTED', 'scan', '2024-02-01 10:00:02+00', NULL, NULL, NULL, 1),
        ('shipsec-run-old', 'NODE_COMPLETED', 'resolve', '2024-02-01 10:00:03+00', NULL, NULL, NULL, 2),
        ('shipsec-run-old', 'NODE_SKIPPED', 'scan', '2024-02-01 10:00:04+00', NULL, NULL, NULL, 3),
        ('shipsec-run-old', 'NODE_EXPLODED', 'scan', '2024-02-01 10:00:05+00', NULL, NULL, NULL, 4),
        ('shipsec-run-mid', 'NODE_STARTED', 'resolve', '2024-09-01 10:00:01+00', NULL, NULL, NULL, 1),
        ('shipsec-run-mid', 'NODE_FAILED', 'resolve', '2024-09-01 10:00:02+00', NULL, '\"no route to host\"', NULL, 2);
    INSERT INTO workflow_log_streams VALUES ('shipsec-run-old', 'resolve', 'stdout', '{\"run_id\": \"x\"}', '2024-02-01 10:00:01+00', '2024-02-01 10:00:03+00', 12);
    INSERT INTO files VALUES ('00000000-0000-0000-0000-0000000000f1', 'hosts.json', 'application/json', 9, 'key/1');
    INSERT INTO artifacts (id, run_id, component_ref, file_id, name, created_at) VALUES
        ('00000000-0000-0000-0000-0000000000a1', 'shipsec-run-old', 'resolve', '00000000-0000-0000-0000-0000000000f1', 'hosts.json', '2024-02-01 10:00:03+00');
    INSERT INTO node_io (run_id, node_ref, inputs, outputs) VALUES ('shipsec-run-old', 'resolve', '{\"d\": 1}', '{\"found\": 3}');";

#[tokio::test]
async fn shipsecs_runs_take_their_place_in_the_past() {
    let source = Database::empty().await;
    source.session().await.batch_execute(&format!("{SHIPSEC_TABLES}{SHIPSEC_ROWS}")).await.unwrap();
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let now = json!({ "runId": "of-today", "workflow": "w", "engine": "external" });
    http.post("/api/v1/runs", &now).await.expect(201);

    let dry = import(&server, &["--from", "shipsec", &source.url(), "--dry-run"]).await;
    assert!(dry.stdout.starts_with("3 runs, ") && dry.stdout.contains("would be imported"), "{}", dry.stdout);
    assert_eq!(listed(&http).await, ["of-today"], "a dry run sends nothing");

    let said = import(&server, &["--from", "shipsec", &source.url()]).await;
    assert_eq!(said.status, 1, "a row was not taken: {}{}", said.stdout, said.stderr);
    assert!(said.stderr.contains("workflow_traces 5: `NODE_EXPLODED`"), "{}", said.stderr);
    assert!(said.stdout.contains("1 rows were not taken"), "{}", said.stdout);
    assert_eq!(listed(&http).await, ["of-today", "shipsec-run-new", "shipsec-run-mid", "shipsec-run-old"]);
    let until = http.get("/api/v1/runs?until=2024-12-31T00:00:00Z").await.expect(200).json();
    assert_eq!(until["runs"].as_array().unwrap().len(), 2);

    let old = http.run("shipsec-run-old").await;
    assert_eq!((&old["status"], &old["progress"]["completedActions"]), (&json!("COMPLETED"), &json!(2)));
    assert_eq!(
        (&old["queuedAt"], &old["completedAt"]),
        (&json!("2024-02-01T10:00:00.000000Z"), &json!("2024-02-01T10:05:00.000000Z"))
    );
    assert_eq!(old["inputs"]["domain"], "example.org");
    let text =
        events_of(&http, "shipsec-run-old").await.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    assert!(
        text.contains("12 lines of stdout") && text.contains("hosts.json") && text.contains(r#"{"found":3}"#),
        "{text}"
    );
    assert_eq!(http.run("shipsec-run-mid").await["failure"]["nodeRef"], "resolve");
    assert_eq!(http.run("shipsec-run-new").await["status"], "STALE");
    for run in ["shipsec-run-old", "shipsec-run-mid", "shipsec-run-new"] {
        check::run(&http, &database, run).await;
    }

    let again = import(&server, &["--from", "shipsec", &source.url()]).await;
    let before = said.stdout.split(' ').nth(2).unwrap();
    assert!(again.stdout.contains(&format!("; {before} events were there already")), "{}", again.stdout);
}

#[tokio::test]
async fn imports_never_break_the_feed_across_runs() {
    let source = Database::empty().await;
    source.session().await.batch_execute(&format!("{SHIPSEC_TABLES}{SHIPSEC_ROWS}")).await.unwrap();
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    http.post("/api/v1/runs", &json!({ "runId": "first", "workflow": "w", "engine": "external" }))
        .await
        .expect(201);
    let page = http.get("/api/v1/events?wait=20").await.expect(200).json();
    assert_eq!(page["events"].as_array().unwrap().len(), 1);
    let cursor = page["nextCursor"].as_str().unwrap();
    import(&server, &["--from", "shipsec", &source.url()]).await;
    http.post("/api/v1/runs", &json!({ "runId": "last", "workflow": "w", "engine": "external" }))
        .await
        .expect(201);
    let mut cursor = cursor.to_owned();
    let mut next: HashMap<String, u64> = HashMap::new();
    // The last run's xid is the highest: with it everything has come.
    while !next.contains_key("last") {
        let page =
            http.get(&format!("/api/v1/events?cursor={cursor}&limit=10&wait=20")).await.expect(200).json();
        for event in page["events"].as_array().unwrap() {
            let seq = next.entry(event["runId"].as_str().unwrap().to_owned()).or_insert(0);
            *seq += 1;
            assert_eq!(event["seq"], *seq, "{event}");
        }
        page["nextCursor"].as_str().unwrap().clone_into(&mut cursor);
    }
    assert_eq!(next.len(), 4, "three imported runs and one that came after them");
}

const AUTOMATEOS: &str = "
    CREATE TABLE workflow (id integer PRIMARY KEY, name text NOT NULL, owner_id integer);
    CREATE TABLE executionlog (id integer PRIMARY KEY, workflow_id integer, status text NOT NULL, payload json, result json,
        error_message text, started_at timestamp NOT NULL, completed_at timestamp);
    INSERT INTO workflow VALUES (1, 'sign-up', 1);
    INSERT INTO executionlog VALUES
        (1, 1, 'success', '{\"user\": 7}', '{\"node_results\": {\"filter\": {\"status\": \"success\", \"output\": 1}}}', NULL, '2025-01-05 08:00:00.5', '2025-01-05 08:00:01'),
        (2, 1, 'failed', '[1]', NULL, 'boom', '2025-01-06 08:00:00', '2025-01-06 08:00:01'),
        (3, 9, 'running', NULL, NULL, NULL, '2025-01-07 08:00:00', NULL);";

async fn check_automateos(server: &Server, source: &str) {
    let said = import(server, &["--from", "automateos", source]).await;
    assert_eq!((said.status, said.stderr.as_str()), (0, ""), "{}", said.stdout);
    let http = server.http();
    assert_eq!(listed(&http).await, ["automateos-3", "automateos-2", "automateos-1"]);
    let first = http.run("automateos-1").await;
    assert_eq!(
        (&first["workflow"], &first["status"], &first["inputs"]),
        (&json!("sign-up"), &json!("COMPLETED"), &json!({ "user": 7 }))
    );
    assert_eq!(first["queuedAt"], "2025-01-05T08:00:00.500000Z");
    assert_eq!(http.run("automateos-2").await["failure"]["reason"], "boom");
    assert_eq!(http.run("automateos-3").await["status"], "STALE");
}

#[tokio::test]
async fn automateos_is_read_from_postgresql_and_sqlite_alike() {
    let source = Database::empty().await;
    source.session().await.batch_execute(AUTOMATEOS).await.unwrap();
    check_automateos(&Server::on(&Database::new().await).await, &source.url()).await;

    let file = tempfile::NamedTempFile::new().unwrap();
    rusqlite::Connection::open(file.path()).unwrap().execute_batch(AUTOMATEOS).unwrap();
    check_automateos(&Server::on(&Database::new().await).await, file.path().to_str().unwrap()).await;
}

#[tokio::test]
async fn what_is_no_source_is_refused_with_the_reason() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let empty = Database::empty().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "neither").unwrap();
    let path = file.path().to_str().unwrap();
    for (from, source, reason) in [
        ("shipsec", empty.url().as_str(), "no database of ShipSec Studio"),
        ("automateos", empty.url().as_str(), "no database of AutomateOS"),
        ("automateos", path, "no database of AutomateOS"),
        ("temporal", path, "no Temporal history"),
        ("ndjson", "not-there.ndjson", "can't be opened"),
    ] {
        let said = import(&server, &["--from", from, source]).await;
        assert_eq!(said.status, 2, "{from}: {}", said.stderr);
        assert!(said.stderr.contains(reason), "{from}: {}", said.stderr);
    }
}

#[tokio::test]
async fn a_temporal_history_and_a_file_of_events_become_runs() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let event = |id: u64, kind: &str, name: &str, attributes: Value| json!({ "eventId": id.to_string(), "eventTime": format!("2025-06-01T10:00:{id:02}Z"), "eventType": kind, name: attributes });
    let history = json!({ "events": [
        event(1, "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED", "workflowExecutionStartedEventAttributes",
            json!({ "workflowId": "shipsec-run-77", "workflowType": { "name": "scan" }, "originalExecutionRunId": "x" })),
        event(5, "EVENT_TYPE_ACTIVITY_TASK_SCHEDULED", "activityTaskScheduledEventAttributes",
            json!({ "activityId": "5", "activityType": { "name": "resolve" } })),
        event(6, "EVENT_TYPE_ACTIVITY_TASK_STARTED", "activityTaskStartedEventAttributes",
            json!({ "scheduledEventId": "5", "attempt": 2, "lastFailure": { "message": "429" } })),
        event(7, "EVENT_TYPE_ACTIVITY_TASK_COMPLETED", "activityTaskCompletedEventAttributes", json!({ "scheduledEventId": "5" })),
        event(8, "EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED", "workflowExecutionCompletedEventAttributes", json!({})),
    ] });
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("history.json");
    std::fs::write(&file, history.to_string()).unwrap();
    let said = import(&server, &["--from", "temporal", file.to_str().unwrap()]).await;
    assert_eq!(said.status, 0, "{}", said.stderr);
    let run = http.run("shipsec-run-77").await;
    assert_eq!((&run["status"], &run["nodes"][0]["attempt"]), (&json!("COMPLETED"), &json!(2)));
    check::run(&http, &database, "shipsec-run-77").await;

    // What one installation gives across runs, another one takes.
    let whole = http.run("shipsec-run-77").await["headSeq"].as_u64().unwrap() as usize;
    let lines = until("the feed has come to the run's end", || async {
        let feed = http.get("/api/v1/events?limit=5000").await.expect(200).json();
        let lines: Vec<String> = feed["events"].as_array().unwrap().iter().map(Value::to_string).collect();
        (lines.len() == whole).then_some(lines)
    })
    .await;
    let file = dir.path().join("events.ndjson");
    std::fs::write(&file, lines.join("\n")).unwrap();
    let second = Database::new().await;
    let other = Server::on(&second).await;
    let said = import(&other, &["--from", "ndjson", file.to_str().unwrap()]).await;
    assert_eq!(said.status, 0, "{}", said.stderr);
    // A source whose clock was wrong makes no partitions far ahead.
    let partitions = "SELECT count(*) FROM pg_class WHERE relname ~ '^events_[0-9]{8}$'";
    let session = second.session().await;
    let before: i64 = session.query_one(partitions, &[]).await.unwrap().get(0);
    let late = json!({ "runId": "of-tomorrow", "type": "RUN_STARTED", "occurredAt": "9998-01-01T00:00:00Z" });
    other.http().post("/api/v1/events?historic=true", &late).await.expect(200);
    assert_eq!(session.query_one(partitions, &[]).await.unwrap().get::<_, i64>(0), before);
    let without_times = |mut run: Value| {
        run.as_object_mut().unwrap().remove("updatedAt");
        run
    };
    assert_eq!(
        without_times(other.http().run("shipsec-run-77").await),
        without_times(http.run("shipsec-run-77").await)
    );
}
