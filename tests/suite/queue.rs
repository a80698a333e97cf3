//! The queue: who gets which run, for how long, and what a worker that lost it can still do.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use telltale::facts::time::Timestamp;
use telltale::store::db::{Target, connect};
use telltale::store::{clock, runs};

use crate::support::worker::{Claim, Worker};
use crate::support::workflow::{put, start, start_many, store};
use crate::support::{Database, Http, Server, event, node_event, until, within};

/// How long a claim lasts.
const LEASE: Duration = Duration::from_secs(15);

async fn server() -> (Database, Server, Http) {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    (database, server, http)
}

async fn notes(http: &Http, run_id: &str) -> Vec<String> {
    let events = http.events(run_id).await;
    let notes = events.iter().filter(|event| event["type"] == "NOTE");
    notes.map(|event| event["message"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_claim_brings_all_that_a_worker_needs() {
    let (_database, _server, http) = server().await;
    store(&http, "recon", "").await;
    let worker = Worker::new(http.clone(), "w1");
    assert!(worker.claim(1).await.is_empty());
    let run = start(&http, "recon", json!({})).await;
    let claims = worker.claimed(4, Duration::ZERO).await;
    let source = http.get("/api/v1/workflows/recon").await.expect(200).json()["source"].clone();
    let expected = json!([{
        "runId": run, "claim": 1, "workflow": "recon", "version": 1, "source": source, "headSeq": 1,
        "cancelRequested": false,
    }]);
    assert_eq!(Value::from(claims), expected);
    assert!(worker.claim(1).await.is_empty());
    let seen = http.get("/api/v1/workers").await.expect(200).json();
    assert_eq!(seen["workers"][0]["worker"], "w1");
    assert_eq!(seen["workers"][0]["engines"], json!(["process"]));
    assert_eq!(seen["workers"][0]["claims"], json!([{ "runId": run, "claim": 1 }]));
    assert!(seen["workers"][0]["seenMsAgo"].is_u64());
}

#[tokio::test]
async fn no_run_is_given_twice_by_two_servers() {
    let database = Database::new().await;
    let (a, b) = (Server::without_worker(&database).await, Server::without_worker(&database).await);
    store(&a.http(), "recon", "").await;
    store(&a.http(), "limited", "concurrency: 1000\n").await;
    let mut runs = start_many(&a.http(), "recon", 60).await;
    runs.extend(start_many(&b.http(), "limited", 60).await);
    let claimers = (0..8).map(|n| {
        let http = if n % 2 == 0 { a.http() } else { b.http() };
        let worker = Worker::new(http, &format!("w{n}"));
        tokio::spawn(async move {
            let mut all = Vec::new();
            loop {
                let claims = worker.claim(3).await;
                if claims.is_empty() {
                    return all;
                }
                all.extend(claims);
            }
        })
    });
    let mut claimed: Vec<Claim> = Vec::new();
    for claims in within("all claimers", join_all(claimers)).await {
        claimed.extend(claims.unwrap());
    }
    assert!(claimed.iter().all(|claim| claim.claim == 1), "{claimed:?}");
    let distinct: HashSet<&str> = claimed.iter().map(|claim| claim.run_id.as_str()).collect();
    assert_eq!((claimed.len(), distinct), (120, runs.iter().map(String::as_str).collect()));
}

#[tokio::test]
async fn the_urgent_go_first_and_then_the_oldest() {
    let (_database, _server, http) = server().await;
    store(&http, "calm", "").await;
    store(&http, "urgent", "priority: 10\nconcurrency: 50\n").await;
    let calm = start_many(&http, "calm", 2).await;
    let urgent = start_many(&http, "urgent", 2).await;
    let first = start(&http, "calm", json!({ "priority": 99 })).await;
    let last = start(&http, "urgent", json!({ "priority": -1 })).await;
    let worker = Worker::new(http.clone(), "w");
    let mut order = Vec::new();
    for limit in [1, 2, 3] {
        order.extend(worker.claim(limit).await.into_iter().map(|claim| claim.run_id));
    }
    assert_eq!(order, [&[first][..], &urgent, &calm, &[last]].concat());
}

/// Otherwise a worker could fill its hands with callers, and never take up what they wait for.
#[tokio::test]
async fn a_called_run_goes_before_others_like_its_caller() {
    let (_database, _server, http) = server().await;
    store(&http, "calm", "").await;
    store(&http, "caller", "priority: 3\n").await;
    let callers = start_many(&http, "caller", 3).await;
    let urgent = start(&http, "calm", json!({ "priority": 50 })).await;
    let worker = Worker::new(http.clone(), "w");
    assert_eq!(worker.claim(1).await[0].run_id, urgent);
    assert_eq!(worker.claim(1).await[0].run_id, callers[0]);
    let urgent = start(&http, "calm", json!({ "priority": 50 })).await;
    let trigger =
        json!({ "type": "workflow", "parentRunId": callers[0], "parentNodeRef": "call", "depth": 1 });
    let called = start(&http, "calm", json!({ "trigger": trigger })).await;
    let order: Vec<String> = worker.claim(9).await.into_iter().map(|claim| claim.run_id).collect();
    assert_eq!(order, [&[urgent, called][..], &callers[1..]].concat());
}

#[tokio::test]
async fn a_worker_gets_only_what_it_can_execute() {
    let (_database, _server, http) = server().await;
    let text =
        "name: boxed\nnodes:\n  - id: a\n    image: telltale/busybox\n    run: ls\n  - id: b\n    run: ls\n";
    put(&http, "boxed", text).await.expect(201);
    let text = "name: asking\nnodes:\n  - id: a\n    approval: { message: well? }\n";
    put(&http, "asking", text).await.expect(201);
    store(&http, "plain", "").await;
    let boxed = start(&http, "boxed", json!({})).await;
    let asking = start(&http, "asking", json!({})).await;
    let plain = start(&http, "plain", json!({})).await;
    let ids = |claims: Vec<Claim>| claims.into_iter().map(|claim| claim.run_id).collect::<Vec<_>>();
    let worker = Worker::new(http.clone(), "w");
    assert_eq!(ids(worker.clone().with(&["docker"]).claim(9).await), [asking]);
    assert_eq!(ids(worker.clone().claim(9).await), [plain]);
    assert_eq!(ids(worker.with(&["docker", "process"]).claim(9).await), [boxed]);
}

#[tokio::test]
async fn a_limit_holds_whoever_claims_and_a_run_that_ends_makes_room() {
    let database = Database::new().await;
    let (a, b) = (Server::without_worker(&database).await, Server::without_worker(&database).await);
    store(&a.http(), "limited", "concurrency: 3\n").await;
    let runs = start_many(&a.http(), "limited", 12).await;
    // The runs that are claimed now, and the most there were at once.
    let counts = std::sync::Arc::new(std::sync::Mutex::new((0_usize, 0_usize)));
    let claimers = (0..6).map(|n| {
        let http = if n % 2 == 0 { a.http() } else { b.http() };
        let (worker, counts) = (Worker::new(http, &format!("w{n}")), counts.clone());
        tokio::spawn(async move {
            let mut done = 0;
            loop {
                let claims = worker.claimed(5, Duration::from_secs(2)).await;
                if claims.is_empty() {
                    return done;
                }
                {
                    let mut counts = counts.lock().unwrap();
                    counts.0 += claims.len();
                    counts.1 = counts.1.max(counts.0);
                }
                for told in claims {
                    let run_id = told["runId"].as_str().unwrap().to_owned();
                    let claim = Claim { run_id, claim: 1 };
                    worker.write(&claim, &[event("RUN_STARTED"), event("NOTE")]).await.expect(200);
                    // Counted out before it ends, since others may claim as soon as it has.
                    counts.lock().unwrap().0 -= 1;
                    worker.write(&claim, &[event("RUN_COMPLETED")]).await.expect(200);
                    done += 1;
                }
            }
        })
    });
    let done: usize = within("all claimers", join_all(claimers)).await.into_iter().map(Result::unwrap).sum();
    let most = counts.lock().unwrap().1;
    assert_eq!(done, runs.len());
    assert!((1..=3).contains(&most), "{most} at the same time");
    let left = database.session().await.query("SELECT run_id FROM run_queue", &[]).await.unwrap();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_limit_of_one_lets_the_runs_through_in_their_order() {
    let (_database, _server, http) = server().await;
    store(&http, "single", "concurrency: 1\n").await;
    store(&http, "free", "").await;
    let runs = start_many(&http, "single", 3).await;
    let free = start(&http, "free", json!({})).await;
    let worker = Worker::new(http.clone(), "w");
    let first = worker.claim(9).await;
    assert_eq!(first.iter().map(|claim| &claim.run_id).collect::<Vec<_>>(), [&runs[0], &free]);
    assert!(worker.claim(9).await.is_empty());
    worker.complete(&first[0]).await;
    let second = worker.claim(9).await;
    assert_eq!(second.iter().map(|claim| &claim.run_id).collect::<Vec<_>>(), [&runs[1]]);
    // Given back, it is the first again.
    assert_eq!(worker.release(&[&second[0]]).await, ["released"]);
    let third = worker.claim(9).await;
    assert_eq!(third, [Claim { run_id: runs[1].clone(), claim: 2 }]);
}

#[tokio::test]
async fn a_worker_that_waits_is_woken_by_a_start_at_any_server() {
    let database = Database::new().await;
    let (a, b) = (Server::without_worker(&database).await, Server::without_worker(&database).await);
    store(&a.http(), "recon", "").await;
    // Often, since a claim may meet the start's own commit at any point.
    for starting in [&a, &b].repeat(20) {
        let worker = Worker::new(a.http(), "w");
        let waiting = tokio::spawn(async move { worker.wait().await });
        let run = start(&starting.http(), "recon", json!({})).await;
        let claim = within("the wait", waiting).await.unwrap();
        assert_eq!(claim, Claim { run_id: run, claim: 1 });
    }
}

#[tokio::test]
async fn a_client_that_went_away_while_it_waited_gets_nothing() {
    let (_database, _server, http) = server().await;
    store(&http, "recon", "").await;
    let gone = Worker::new(http.clone(), "gone");
    let waiting = tokio::spawn(async move { gone.wait().await });
    until("the worker waits", || async {
        let seen = http.get("/api/v1/workers").await.expect(200).json();
        (!seen["workers"].as_array().unwrap().is_empty()).then_some(())
    })
    .await;
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    let run = start(&http, "recon", json!({})).await;
    // Had the other one kept it, this would wait for the end of a lease.
    let begun = Instant::now();
    let claim = within("the claim", Worker::new(http.clone(), "w").wait()).await;
    assert_eq!(claim.run_id, run);
    assert!(begun.elapsed() < LEASE / 2, "{:?}", begun.elapsed());
    let workers = http.get("/api/v1/workers").await.expect(200).json();
    let gone = workers["workers"].as_array().unwrap().iter().find(|worker| worker["worker"] == "gone");
    assert_eq!(gone.unwrap()["claims"], json!([]));
}

#[tokio::test]
async fn a_later_claim_fences_the_one_before() {
    let (_database, _server, http) = server().await;
    store(&http, "recon", "").await;
    start(&http, "recon", json!({})).await;
    let (old, new) = (Worker::new(http.clone(), "old"), Worker::new(http.clone(), "new"));
    let first = old.wait().await;
    old.write(&first, &[event("RUN_STARTED"), node_event("NODE_STARTED", "first")]).await.expect(200);
    assert_eq!(old.heartbeat(&[&first]).await, ["held"]);
    assert_eq!(old.release(&[&first]).await, ["released"]);
    let second = new.wait().await;
    assert_eq!(second.claim, 2);
    let before = http.run(&first.run_id).await["headSeq"].clone();
    let problem = old.write(&first, &[node_event("NODE_COMPLETED", "first")]).await.problem(409);
    assert!(problem["type"].as_str().unwrap().ends_with(":claim-lost"), "{problem}");
    assert_eq!(http.run(&first.run_id).await["headSeq"], before);
    assert_eq!(old.heartbeat(&[&first]).await, ["lost"]);
    assert_eq!(old.release(&[&first]).await, ["lost"]);
    // Nor can it keep the other's claim by its number.
    assert_eq!(old.heartbeat(&[&second]).await, ["lost"]);
    let close = json!({ "nodeRef": "first", "attempt": 1, "stream": "stdout" }).to_string();
    let path = format!("/api/v1/runs/{}/logs/close", first.run_id);
    for (claim, status) in [("1", 409), ("2", 200), ("0", 400), ("x", 400)] {
        let headers = [("content-type", "application/json"), ("telltale-claim", claim)];
        http.send(http::Method::POST, &path, &headers, close.clone()).await.unwrap().expect(status);
    }
    new.write(&second, &[node_event("NODE_COMPLETED", "first")]).await.expect(200);
    new.complete(&second).await;
    assert_eq!(new.heartbeat(&[&second]).await, ["lost"]);
    assert_eq!(notes(&http, &first.run_id).await, ["worker old gave the run back"]);
}

#[tokio::test]
async fn a_worker_that_writes_without_pause_keeps_all_its_claims() {
    let (_database, _server, http) = server().await;
    store(&http, "recon", "").await;
    start_many(&http, "recon", 24).await;
    let worker = Worker::new(http.clone(), "busy");
    let claims = worker.claim(24).await;
    let writers: Vec<_> = claims
        .chunks(6)
        .map(|claims| {
            let (worker, claims) = (worker.clone(), claims.to_vec());
            tokio::spawn(async move {
                for _ in 0..20 {
                    for claim in &claims {
                        worker.write(claim, &[event("NOTE")]).await.expect(200);
                    }
                }
                for claim in &claims {
                    worker.complete(claim).await;
                }
            })
        })
        .collect();
    let mut named: Vec<&Claim> = claims.iter().collect();
    let mut beats = 0;
    while !writers.iter().all(|writer| writer.is_finished()) {
        // In another order each time, as the worker's own map has it.
        named.rotate_left(5);
        let states = worker.heartbeat(&named).await;
        beats += 1;
        if !writers.iter().any(|writer| writer.is_finished()) {
            let held = states.iter().filter(|state| *state == "held").count();
            // Those that have just ended are lost by right.
            let over = held_no_more(&http, &claims).await;
            assert!(held + over >= claims.len(), "{held} held and {over} over after {beats} beats");
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(beats > 1);
}

async fn held_no_more(http: &Http, claims: &[Claim]) -> usize {
    let mut over = 0;
    for claim in claims {
        over += usize::from(http.run(&claim.run_id).await["status"] == "COMPLETED");
    }
    over
}

#[tokio::test]
async fn a_server_that_was_away_frees_nobody_who_could_not_beat_meanwhile() {
    let (database, mut server, http) = server().await;
    store(&http, "recon", "").await;
    start(&http, "recon", json!({})).await;
    let worker = Worker::new(http.clone(), "w");
    let claim = worker.wait().await;
    server.kill9();
    let away_for_long = "UPDATE run_queue SET lease_until = now() - interval '1 hour'";
    database.session().await.batch_execute(away_for_long).await.unwrap();
    server.restart().await;
    let other = Worker::new(http.clone(), "other");
    assert!(other.claimed(1, Duration::from_secs(3)).await.is_empty());
    assert_eq!(worker.heartbeat(&[&claim]).await, ["held"]);
    worker.complete(&claim).await;
    assert!(notes(&http, &claim.run_id).await.is_empty());
}

/// Takes as long as a lease: nothing but its end can tell that it ends.
#[tokio::test]
async fn a_worker_that_dies_loses_its_runs_and_one_that_lives_keeps_them() {
    let (_database, _server, http) = server().await;
    store(&http, "recon", "").await;
    let text = "name: boxed\nnodes:\n  - id: a\n    image: telltale/busybox\n    run: ls\n";
    put(&http, "boxed", text).await.expect(201);
    let boxed = start(&http, "boxed", json!({})).await;
    let runs = start_many(&http, "recon", 2).await;
    let (dead, alive) = (Worker::new(http.clone(), "dead"), Worker::new(http.clone(), "alive"));
    let lost = dead.wait().await;
    dead.write(&lost, &[event("RUN_STARTED")]).await.expect(200);
    let kept = alive.wait().await;
    assert_eq!((&lost.run_id, &kept.run_id), (&runs[0], &runs[1]));
    let taken = until("the dead worker's run", || async {
        assert_eq!(alive.heartbeat(&[&kept]).await, ["held"]);
        alive.claim(1).await.pop()
    })
    .await;
    assert_eq!(taken, Claim { run_id: lost.run_id.clone(), claim: 2 });
    until("the note", || async {
        notes(&http, &lost.run_id).await.contains(&"worker dead lost its lease".to_owned()).then_some(())
    })
    .await;
    dead.write(&lost, &[event("RUN_COMPLETED")]).await.problem(409);
    assert!(notes(&http, &kept.run_id).await.is_empty());
    // Meanwhile nobody had Docker, which is said once.
    let told = until("the note on what is missing", || async { notes(&http, &boxed).await.pop() }).await;
    assert!(told.contains("docker") && told.contains("telltale worker"), "{told}");
    assert_eq!(notes(&http, &boxed).await.len(), 1);
}

#[tokio::test]
async fn a_run_without_a_worker_is_silent_only_after_it_had_one() {
    let (database, _server, http) = server().await;
    store(&http, "recon", "").await;
    let started = start_many(&http, "recon", 3).await;
    let worker = Worker::new(http.clone(), "w");
    let claims = worker.claim(2).await;
    assert_eq!(worker.release(&[&claims[0]]).await, ["released"]);
    http.append("elsewhere", &[event("RUN_STARTED")]).await;

    let db = connect(&Target::parse(&database.url()).unwrap(), 1, true).await.unwrap();
    let silent = async |since: Timestamp, since_loss: Timestamp| -> Vec<String> {
        let found = runs::silent(&db, since, since_loss, 10).await.unwrap();
        found.into_iter().map(|(_, run_id)| run_id.to_string()).collect()
    };
    assert_eq!(silent(Timestamp::EPOCH, clock::now()).await, [started[0].clone()]);
    assert_eq!(silent(clock::now(), Timestamp::EPOCH).await, ["elsewhere"]);
}

#[tokio::test]
async fn what_is_no_claim_is_refused_with_its_faults() {
    let (_database, _server, http) = server().await;
    let good = json!({ "worker": "w", "engines": ["process"], "limit": 1 });
    let mut cases: BTreeMap<&str, (Value, &str)> = BTreeMap::new();
    cases.insert("no name", (json!({ "worker": "" }), "/worker"));
    cases.insert("a long name", (json!({ "worker": "x".repeat(129) }), "/worker"));
    cases.insert("an unknown engine", (json!({ "engines": ["k8s"] }), "/engines"));
    cases.insert("nothing", (json!({ "limit": 0 }), "/limit"));
    cases.insert("too many", (json!({ "limit": 65 }), "/limit"));
    cases.insert("too long", (json!({ "waitMs": 30_001 }), "/waitMs"));
    cases.insert("a field of another time", (json!({ "priority": 1 }), "/priority"));
    for (name, (change, pointer)) in cases {
        let mut body = good.clone();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(http.post("/api/v1/claims", &body).await.pointers(400), [pointer], "{name}");
    }
    let missing = http.post("/api/v1/claims", &json!({})).await.pointers(400);
    assert_eq!(missing, ["/worker", "/engines", "/limit"]);
    let claims = json!({ "worker": "w", "claims": [{ "runId": "-", "claim": 1 }] });
    assert_eq!(http.post("/api/v1/claims/heartbeat", &claims).await.pointers(400), ["/claims"]);
    let nothing = json!({ "worker": "w", "claims": [] });
    let answer = http.post("/api/v1/claims/heartbeat", &nothing).await.expect(200).json();
    assert_eq!(answer, json!({ "leaseMs": 15_000, "claims": [] }));
}
