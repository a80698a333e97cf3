//! Deletion: what a plan names goes, all of it and nothing else, whatever happens meanwhile; and a trace of it stays.

use http::Method;
use serde_json::{Value, json};
use telltale::store::clock;
use tokio::task::JoinHandle;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::support::command::Commands;
use crate::support::{Answer, Database, Http, Server, event, node_event, run_id, until};

const PLANS: &str = "/api/v1/cleanup/plans";

async fn delete(http: &Http, path: &str) -> Answer {
    http.send(Method::DELETE, path, &[], "").await.unwrap_or_else(|e| panic!("DELETE {path}: {e:?}"))
}

/// A run of the workflow that is over: five events, two lines and a file.
async fn ended_run(http: &Http, workflow: &str, occurred_at: &str) -> String {
    let run_id = run_id();
    let data = json!({ "workflow": workflow });
    let at = |mut event: Value| {
        event["occurredAt"] = occurred_at.into();
        event
    };
    let mut queued = at(event("RUN_QUEUED"));
    queued["data"] = data;
    http.append(&run_id, &[queued, at(event("RUN_STARTED")), at(node_event("NODE_STARTED", "a"))]).await;
    let lines = [
        json!({ "nodeRef": "a", "stream": "stdout", "text": "one" }),
        json!({ "nodeRef": "a", "stream": "stdout", "text": "two" }),
    ];
    http.post_ndjson(&format!("/api/v1/runs/{run_id}/logs"), &lines).await.expect(200);
    let path = format!("/api/v1/runs/{run_id}/artifacts?name=report.txt");
    http.post_raw(&path, "text/plain", "0123456789").await.expect(201);
    http.append(&run_id, &[at(event("RUN_COMPLETED"))]).await;
    run_id
}

/// Waits until nothing of the plan is left to do.
async fn applied(http: &Http, plan: &Value) -> Value {
    let path = format!("{PLANS}/{}", plan["planId"].as_str().unwrap());
    until("the plan is applied", || async {
        let plan = http.get(&path).await.expect(200).json();
        (plan["state"] == "applied").then_some(plan)
    })
    .await
}

fn counts(value: &Value) -> [u64; 5] {
    ["runs", "events", "lines", "bytes", "artifacts"].map(|name| value[name].as_u64().unwrap())
}

#[tokio::test]
async fn a_plan_names_what_goes_and_its_apply_leaves_a_tombstone() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let (gone, other) = (
        ended_run(&http, "recon", "2026-01-01T00:00:00Z").await,
        ended_run(&http, "other", "2026-01-01T00:00:00Z").await,
    );
    let head = http.run(&gone).await["headSeq"].as_u64().unwrap();
    let plan = http.post(PLANS, &json!({ "workflow": "recon" })).await.expect(201).json();
    let [runs, events, lines, bytes, artifacts] = counts(&plan);
    // The file's bytes, and those of the lines with all that is kept of them.
    assert_eq!((runs, events, lines, bytes > 10 + 6, artifacts), (1, head, 2, true, 1), "{plan}");
    assert_eq!(
        (&plan["state"], &plan["what"], &plan["sample"]),
        (&"planned".into(), &"runs".into(), &json!([gone]))
    );
    let artifact = http.get(&format!("/api/v1/runs/{gone}/artifacts")).await.expect(200).json();
    let artifact = artifact["artifacts"][0]["artifactId"].as_str().unwrap().to_owned();
    let file = std::path::Path::new("artifacts");
    let objects = |server: &Server| walk(&server.data_dir().join(file));
    assert!(objects(&server).iter().any(|path| path.ends_with(&artifact)));

    let path = format!("{PLANS}/{}/apply", plan["planId"].as_str().unwrap());
    http.post(&path, &json!({})).await.expect(202);
    let done = applied(&http, &plan).await;
    assert_eq!(counts(&done["done"]), counts(&plan));
    until("the object is gone", || async {
        (!objects(&server).iter().any(|path| path.ends_with(&artifact))).then_some(())
    })
    .await;
    assert_eq!(http.get(PLANS).await.expect(200).json()["plans"][0]["state"], "applied");

    for path in ["", "/events", "/logs", "/artifacts", "/stream"] {
        http.get(&format!("/api/v1/runs/{gone}{path}")).await.problem(404);
    }
    let tombstone = http.get(&format!("/api/v1/runs/{gone}/tombstone")).await.expect(200).json();
    assert_eq!((&tombstone["headSeq"], &tombstone["status"]), (&head.into(), &"COMPLETED".into()));
    assert_eq!(tombstone["headHash"].as_str().unwrap().len(), 64);

    // Its id is not given away again, whoever asks.
    let purged = |answer: Answer| {
        let problem = answer.problem(409);
        assert!(problem["type"].as_str().unwrap().ends_with("run-purged"), "{problem}");
    };
    purged(http.post(&format!("/api/v1/runs/{gone}/events"), &json!([event("NOTE")])).await);
    let line = json!({ "nodeRef": "a", "stream": "stdout", "text": "late" });
    purged(http.post_ndjson(&format!("/api/v1/runs/{gone}/logs"), &[line]).await);
    purged(http.post("/api/v1/runs", &json!({ "runId": gone, "workflow": "w", "engine": "external" })).await);

    // Nothing else went.
    assert_eq!(http.events(&other).await.len() as u64, http.run(&other).await["headSeq"].as_u64().unwrap());
    assert_eq!(http.lines(&other).await.len(), 2);
    http.get(&format!("/api/v1/runs/{other}/tombstone")).await.problem(404);
    http.post(&path, &json!({})).await.expect(202);
}

fn walk(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    entries
        .flatten()
        .flat_map(|entry| {
            let path = entry.path();
            if path.is_dir() { walk(&path) } else { vec![path] }
        })
        .collect()
}

#[tokio::test]
async fn what_would_delete_too_much_is_refused() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let going_on = run_id();
    http.append(&going_on, &[event("RUN_STARTED")]).await;
    for body in [
        json!({}),
        json!({ "olderThanDays": 0 }),
        json!({ "olderThanDays": -3 }),
        json!({ "keepLatest": 0 }),
        json!({ "status": ["RUNNING"] }),
        json!({ "status": "FAILED" }),
        json!({ "everything": true }),
    ] {
        http.post(PLANS, &body).await.problem(400);
    }
    let problem = http.post(PLANS, &json!({ "runId": going_on })).await.problem(409);
    assert!(problem["type"].as_str().unwrap().ends_with("run-not-over"), "{problem}");
    delete(&http, &format!("/api/v1/runs/{going_on}")).await.problem(409);
    http.post(PLANS, &json!({ "runId": "no-such-run" })).await.problem(404);
    delete(&http, "/api/v1/runs/no-such-run").await.problem(404);
    let plan = http.post(PLANS, &json!({ "olderThanDays": 1 })).await.expect(201).json();
    assert_eq!(counts(&plan), [0; 5]);
    http.get(&format!("{PLANS}/no-plan")).await.problem(404);
    http.post(&format!("{PLANS}/{}/apply", uuid::Uuid::now_v7()), &json!({})).await.problem(404);
    assert_eq!(http.run(&going_on).await["status"], "RUNNING");
}

#[tokio::test]
async fn a_plan_whose_set_has_changed_is_not_applied() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    ended_run(&http, "recon", "2026-01-01T00:00:00Z").await;
    let plan = http.post(PLANS, &json!({ "workflow": "recon" })).await.expect(201).json();
    let another = ended_run(&http, "recon", "2026-01-02T00:00:00Z").await;
    // Known as ended as soon as somebody plans again.
    let newer = http.post(PLANS, &json!({ "workflow": "recon" })).await.expect(201).json();
    assert_eq!(newer["runs"], 2);
    let apply = |plan: &Value| format!("{PLANS}/{}/apply", plan["planId"].as_str().unwrap());
    let problem = http.post(&apply(&plan), &json!({})).await.problem(409);
    assert!(problem["type"].as_str().unwrap().ends_with("plan-changed"), "{problem}");
    // A late event changes a head, and so the set.
    http.append(&another, &[event("NOTE")]).await;
    http.post(&apply(&newer), &json!({})).await.problem(409);
    assert_eq!(http.run(&another).await["status"], "COMPLETED");
}

#[tokio::test]
async fn ages_count_from_the_end_and_the_newest_may_stay() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let old = ended_run(&http, "recon", "2026-01-01T00:00:00Z").await;
    let older = ended_run(&http, "recon", "2025-01-01T00:00:00Z").await;
    let young = ended_run(&http, "recon", &jiff::Timestamp::now().to_string()).await;
    let sample = async |body: Value| http.post(PLANS, &body).await.expect(201).json()["sample"].clone();
    assert_eq!(sample(json!({ "olderThanDays": 30 })).await, json!([older, old]));
    assert_eq!(sample(json!({ "keepLatest": 1 })).await, json!([older, old]));
    assert_eq!(sample(json!({ "keepLatest": 2, "workflow": "recon" })).await, json!([older]));
    assert_eq!(
        sample(json!({ "keepLatest": 1, "olderThanDays": 30, "status": ["FAILED"] })).await,
        json!([])
    );

    let count = async |query: &str| delete(&http, &format!("/logs/cleanup?{query}")).await.expect(200).json();
    assert_eq!(count("days_to_keep=30&dry_run=true").await, json!({ "deleted_count": 2 }));
    assert_eq!(count("days_to_keep=30").await, json!({ "deleted_count": 2 }));
    assert_eq!(count("days_to_keep=30").await, json!({ "deleted_count": 0 }));
    for query in ["days_to_keep=0", "days_to_keep=366", "days_to_keep=-1"] {
        delete(&http, &format!("/logs/cleanup?{query}")).await.problem(400);
    }
    http.get(&format!("/api/v1/runs/{old}")).await.problem(404);
    let purged = delete(&http, &format!("/api/v1/runs/{young}")).await.expect(200).json();
    assert_eq!((&purged["runs"], &purged["artifacts"]), (&1.into(), &1.into()));
    http.get(&format!("/api/v1/runs/{young}")).await.problem(404);
}

#[tokio::test]
async fn only_logs_or_only_artifacts_may_go() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let run = ended_run(&http, "recon", "2026-01-01T00:00:00Z").await;
    let events = http.events(&run).await;
    for what in ["logs", "artifacts"] {
        let plan = http.post(PLANS, &json!({ "workflow": "recon", "what": what })).await.expect(201).json();
        let [runs, events, lines, bytes, artifacts] = counts(&plan);
        assert_eq!(
            (runs, events, lines > 0, artifacts > 0),
            (1, 0, what == "logs", what == "artifacts"),
            "{plan}"
        );
        assert!(bytes > 0);
        http.post(&format!("{PLANS}/{}/apply", plan["planId"].as_str().unwrap()), &json!({}))
            .await
            .expect(202);
        applied(&http, &plan).await;
        // Nothing of that is left, so that nothing more would go.
        let again = http.post(PLANS, &json!({ "workflow": "recon", "what": what })).await.expect(201).json();
        assert_eq!(counts(&again), [0; 5]);
    }
    assert_eq!(http.events(&run).await, events);
    assert!(http.lines(&run).await.is_empty());
    let artifacts = http.get(&format!("/api/v1/runs/{run}/artifacts")).await.expect(200).json();
    assert_eq!(artifacts["artifacts"], json!([]));
}

#[tokio::test]
async fn verify_tells_lines_that_were_purged_from_lines_that_are_missing() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let (http, session, commands) = (server.http(), database.session().await, Commands::of(&server));
    let (purged, robbed) = (
        ended_run(&http, "recon", "2026-01-01T00:00:00Z").await,
        ended_run(&http, "other", "2026-01-01T00:00:00Z").await,
    );
    let asked = json!({ "workflow": "recon", "olderThanDays": 30, "what": "logs" });
    let plan = http.post(PLANS, &asked).await.expect(201).json();
    http.post(&format!("{PLANS}/{}/apply", plan["planId"].as_str().unwrap()), &json!({})).await.expect(202);
    let finished = applied(&http, &plan).await["finishedAt"].as_str().unwrap().to_owned();
    let key = key_of(&session, &robbed).await;
    session.query_one("SELECT lines FROM purge_logs(ARRAY[$1::uuid])", &[&key]).await.unwrap();

    let told = format!("lines purged on {finished}\n");
    let verified = commands.run(&["verify", &purged]).await;
    assert_eq!(verified.status, 0, "{}{}", verified.stdout, verified.stderr);
    assert!(verified.stdout.contains(&told), "{}", verified.stdout);
    assert!(verified.stdout.contains("purged a#1 stdout: 2 lines\n"), "{}", verified.stdout);
    assert!(verified.stdout.ends_with("is whole\n"), "{}", verified.stdout);
    let file = commands.path("purged.telltale");
    assert_eq!(commands.run(&["export", &purged, "-o", &file]).await.status, 0);
    let of_file = commands.run(&["verify", &file]).await;
    assert!(of_file.status == 0 && of_file.stdout.contains(&told), "{}", of_file.stdout);

    let missing = commands.run(&["verify", &robbed]).await;
    assert_eq!(missing.status, 1, "{}", missing.stdout);
    assert!(missing.stdout.contains("wrong a#1 stdout: 0 lines of 2\n"), "{}", missing.stdout);
    assert!(!missing.stdout.contains("purged on"), "{}", missing.stdout);
}

/// The run's key, by which lines are kept.
async fn key_of(session: &Client, run_id: &str) -> Uuid {
    session.query_one("SELECT run_key FROM runs WHERE run_id = $1", &[&run_id]).await.unwrap().get(0)
}

/// Rows of the log store that are left of a run.
async fn log_rows(session: &Client, key: Uuid) -> i64 {
    let all = "SELECT (SELECT count(*) FROM run_logs WHERE run_key = $1) + (SELECT count(*) FROM log_streams WHERE run_key = $1)
        + (SELECT count(*) FROM log_chunks WHERE run_key = $1)";
    session.query_one(all, &[&key]).await.unwrap().get(0)
}

/// Posts a line, once something in the database keeps it waiting.
async fn line_that_waits(http: &Http, session: &Client, run: &str) -> JoinHandle<Answer> {
    let (path, http) = (format!("/api/v1/runs/{run}/logs"), http.clone());
    let line = json!({ "nodeRef": "a", "stream": "stdout", "text": "in that instant" });
    let posting = tokio::spawn(async move { http.post_ndjson(&path, &[line]).await });
    until("the line waits", || async {
        let waiting =
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
            AND query LIKE '%append_logs%'";
        (!session.query(waiting, &[]).await.unwrap().is_empty()).then_some(())
    })
    .await;
    posting
}

#[tokio::test]
async fn a_line_that_was_let_in_before_its_run_was_purged_is_refused_and_leaves_nothing() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let (http, session) = (server.http(), database.session().await);
    let run = ended_run(&http, "recon", "2026-01-01T00:00:00Z").await;
    let key = key_of(&session, &run).await;
    // All buckets of the lanes, whichever is this run's.
    let holder = database.session().await;
    holder
        .batch_execute("SELECT pg_advisory_lock(7413, n) FROM generate_series(0, 1023) AS n")
        .await
        .unwrap();
    let posting = line_that_waits(&http, &session, &run).await;
    delete(&http, &format!("/api/v1/runs/{run}")).await.expect(200);
    holder.batch_execute("SELECT pg_advisory_unlock_all()").await.unwrap();
    let refused = posting.await.unwrap().problem(409);
    assert_eq!(refused["type"], "urn:telltale:problem:run-purged");
    assert_eq!(log_rows(&session, key).await, 0);
}

#[tokio::test]
async fn a_line_appended_in_the_instant_of_the_purge_goes_as_well() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let (http, session) = (server.http(), database.session().await);
    let run = ended_run(&http, "recon", "2026-01-01T00:00:00Z").await;
    let key = key_of(&session, &run).await;
    // The purge's own transaction, stopped in its middle.
    let purge = database.session().await;
    purge.batch_execute("BEGIN").await.unwrap();
    purge.query_one("SELECT lines FROM purge_logs(ARRAY[$1::uuid])", &[&key]).await.unwrap();
    let posting = line_that_waits(&http, &session, &run).await;
    purge
        .query_one("SELECT runs FROM purge_runs(ARRAY[$1::uuid], gen_random_uuid())", &[&key])
        .await
        .unwrap();
    purge.batch_execute("COMMIT").await.unwrap();
    posting.await.unwrap().expect(200);
    until("nothing is left of the line", || async { (log_rows(&session, key).await == 0).then_some(()) })
        .await;
}

#[tokio::test]
async fn results_go_while_the_run_its_history_and_its_inputs_stay() {
    let database = Database::new().await;
    let mut server = Server::on(&database).await;
    let http = server.http();
    let run = run_id();
    let inputs = json!({ "hosts": vec!["host.example"; 20_000] });
    let body = json!({ "runId": run, "workflow": "recon", "engine": "external", "inputs": inputs });
    http.post("/api/v1/runs", &body).await.expect(201);
    let at =
        |kind: &str, data: Value| json!({ "type": kind, "occurredAt": "2026-01-01T00:00:00Z", "data": data });
    http.append(&run, &[at("RUN_STARTED", Value::Null)]).await;
    let lines = [json!({ "nodeRef": "a", "stream": "stdout", "text": "one" })];
    http.post_ndjson(&format!("/api/v1/runs/{run}/logs"), &lines).await.expect(200);
    let path = format!("/api/v1/runs/{run}/artifacts?name=report.txt");
    http.post_raw(&path, "text/plain", "0123456789").await.expect(201);
    http.append(&run, &[at("RUN_COMPLETED", json!({ "result": { "found": 3 } }))]).await;
    let young = ended_run(&http, "recon", &clock::now().to_string()).await;
    let (before, events) = (http.run(&run).await, http.events(&run).await);
    assert_eq!(before["result"], json!({ "found": 3 }));
    let files = async |run: &str| -> Vec<String> {
        let listed = http.get(&format!("/api/v1/runs/{run}/artifacts")).await.expect(200).json();
        listed["artifacts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| file["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(files(&run).await, ["inputs.json", "report.txt"]);

    // The dry run, by the same criteria.
    let question = json!({ "what": "results", "olderThanDays": 30 });
    let plan = http.post(PLANS, &question).await.expect(201).json();
    let [runs, told, lines, bytes, artifacts] = counts(&plan);
    assert_eq!((runs, told, lines, artifacts, bytes < 1_000), (1, 0, 1, 1, true), "{plan}");
    let policies = json!({ "policies": [{ "keepDays": 3650, "keepResultsDays": 30 }] });
    assert_eq!(
        http.put("/api/v1/retention", &policies).await.expect(200).json()["policies"][0]["keepResultsDays"],
        30
    );
    server.stop().await;
    server.restart().await;
    let http = server.http();
    until("the results have gone", || async { http.lines(&run).await.is_empty().then_some(()) }).await;
    let plans = http.get(PLANS).await.expect(200).json();
    let made =
        plans["plans"].as_array().unwrap().iter().find(|made| made["planId"] != plan["planId"]).unwrap();
    assert_eq!((&made["what"], &made["criteria"]["olderThanDays"]), (&json!("results"), &json!(30)));
    assert_eq!(counts(&applied(&http, made).await["done"])[..3], [1, 0, 1]);
    let listed = http.get(&format!("/api/v1/runs/{run}/artifacts")).await.expect(200).json();
    assert_eq!(
        (listed["artifacts"].as_array().unwrap().len(), &listed["artifacts"][0]["name"]),
        (1, &json!("inputs.json"))
    );
    let (after, kept) = (http.run(&run).await, http.events(&run).await);
    assert_eq!((&after["result"], &after["inputs"]), (&before["result"], &before["inputs"]));
    assert_eq!(kept, events);
    // Nothing of that is left, so that the policy makes no more plans of it; a younger run keeps all.
    assert_eq!(counts(&http.post(PLANS, &question).await.expect(201).json()), [0; 5]);
    assert_eq!(http.lines(&young).await.len(), 2);
}

#[tokio::test]
async fn readers_across_runs_are_told_how_much_was_purged_and_go_on() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    let read = async |cursor: &Value| {
        let query = cursor.as_str().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        http.get(&format!("/api/v1/events?limit=1000{query}")).await.expect(200).json()
    };
    let first = ended_run(&http, "recon", "2026-01-01T00:00:00Z").await;
    let page = until("all is seen", || async {
        let page = read(&Value::Null).await;
        (page["events"].as_array().unwrap().last()?["type"] == "RUN_COMPLETED").then_some(page)
    })
    .await;
    assert_eq!(page["purged"], 0);
    let gone = ended_run(&http, "recon", "2026-01-01T00:00:00Z").await;
    let events = http.run(&gone).await["headSeq"].as_u64().unwrap();
    delete(&http, &format!("/api/v1/runs/{gone}")).await.expect(200);
    let cursor = &page["nextCursor"];
    let behind = until("the purge is told", || async {
        let page = read(cursor).await;
        (page["purged"] != 0).then_some(page)
    })
    .await;
    assert_eq!((&behind["events"], &behind["purged"]), (&json!([]), &events.into()));
    // Told once, and what comes after is not lost.
    let after = run_id();
    http.append(&after, &[event("RUN_STARTED")]).await;
    let next = until("what came after", || async {
        let page = read(&behind["nextCursor"]).await;
        (page["events"] != json!([])).then_some(page)
    })
    .await;
    assert_eq!((&next["events"][0]["runId"], &next["purged"]), (&after.into(), &0.into()));
    // Who starts anew is told as well, and gets the rest.
    let whole = read(&Value::Null).await;
    assert_eq!(whole["purged"], events);
    assert_eq!(whole["events"][0]["runId"], first);
}

#[tokio::test]
async fn policies_are_kept_whole_and_applied_from_the_start_on() {
    let database = Database::new().await;
    let mut server = Server::on(&database).await;
    let http = server.http();
    assert_eq!(http.get("/api/v1/retention").await.expect(200).json(), json!({ "policies": [] }));
    let put = async |body: Value| {
        let headers = [("content-type", "application/json")];
        http.send(Method::PUT, "/api/v1/retention", &headers, body.to_string()).await.unwrap()
    };
    let policy = json!({ "workflow": "recon" });
    assert_eq!(put(json!({ "policies": [policy] })).await.pointers(400), ["/policies/0"]);
    let policies = json!({ "policies": [{ "keepDays": 30 }, { "workflow": "kept", "keepLatest": 1 }] });
    put(policies).await.expect(200);
    let (gone, kept, beyond) = (
        ended_run(&http, "recon", "2026-01-01T00:00:00Z").await,
        ended_run(&http, "kept", "2025-01-02T00:00:00Z").await,
        ended_run(&http, "kept", "2025-01-01T00:00:00Z").await,
    );
    server.stop().await;
    server.restart().await;
    let http = server.http();
    for run in [gone, beyond] {
        until("what has had its time is gone", || async {
            (http.get(&format!("/api/v1/runs/{run}/tombstone")).await.status == 200).then_some(())
        })
        .await;
    }
    assert_eq!(http.run(&kept).await["status"], "COMPLETED");
    let policies = http.get("/api/v1/retention").await.expect(200).json();
    assert_eq!(
        (&policies["policies"][0]["keepDays"], &policies["policies"][1]["workflow"]),
        (&30.into(), &"kept".into())
    );
}
