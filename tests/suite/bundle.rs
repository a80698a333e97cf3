//! Bundles: out of one server into another, the same to the byte; refused where anything is wrong; played again.

use http::Method;
use serde_json::{Value, json};

use crate::support::account::{first_owner, other_organization};
use crate::support::command::Commands;
use crate::support::{Answer, Database, Http, Server, event, node_event, run, run_id, until};

const MEDIA_TYPE: &str = "application/vnd.telltale.bundle";

async fn export(http: &Http, run: &str) -> Vec<u8> {
    let answer = http.get(&format!("/api/v1/runs/{run}/bundle")).await.expect(200);
    assert_eq!(answer.header("content-type"), Some(MEDIA_TYPE));
    answer.body.to_vec()
}

async fn import(http: &Http, query: &str, bundle: Vec<u8>) -> Answer {
    http.post_raw(&format!("/api/v1/import{query}"), MEDIA_TYPE, bundle).await
}

/// A run with two nodes, a late event, output that is no UTF-8, late lines, and artifacts.
async fn recorded(http: &Http) -> String {
    let run = run_id();
    let queued = json!({"type": "RUN_QUEUED", "data": {"workflow": "w", "labels": {"team": "a"},
        "nodes": [{"nodeRef": "a"}, {"nodeRef": "b ä", "needs": ["a"]}]}});
    http.append(&run, &[queued, event("RUN_STARTED"), node_event("NODE_STARTED", "a")]).await;
    let line = |no: u64, text: &str| json!({"nodeRef": "a", "stream": "stdout", "lineNo": no, "text": text});
    let mut lines: Vec<Value> = (1..=300).map(|no| line(no, &format!("line {no}"))).collect();
    lines.push(json!({"nodeRef": "a", "stream": "stderr", "bytes": "/wD+", "eol": false}));
    http.post_ndjson(&format!("/api/v1/runs/{run}/logs"), &lines).await.expect(200);
    for (name, content) in [("report.txt", b"all is well".to_vec()), ("../../etc/passwd", vec![7; 300_000])] {
        let path = format!("/api/v1/runs/{run}/artifacts?nodeRef=a&name={}", name.replace('/', "%2F"));
        http.send(Method::POST, &path, &[("content-type", "text/plain")], content).await.unwrap().expect(201);
    }
    http.append(&run, &[node_event("NODE_COMPLETED", "a"), node_event("NODE_STARTED", "b ä")]).await;
    http.append(&run, &[node_event("NODE_FAILED", "b ä"), event("RUN_FAILED")]).await;
    // Behind the end: late, and their stream is closed once more.
    http.append(&run, &[node_event("NODE_STARTED", "c")]).await;
    http.post_ndjson(&format!("/api/v1/runs/{run}/logs"), &[line(301, "late")]).await.expect(200);
    run
}

#[tokio::test]
async fn a_run_moves_to_another_server_as_it_was() {
    let (here, there) = (Database::new().await, Database::new().await);
    let (first, second) = (Server::without_worker(&here).await, Server::without_worker(&there).await);
    let (from, to) = (first.http(), second.http());
    let run = recorded(&from).await;
    let bundle = export(&from, &run).await;
    assert_eq!(export(&from, &run).await, bundle, "the same run is the same file");

    let dry = import(&to, "?dryRun=true", bundle.clone()).await.expect(200).json();
    assert_eq!(
        (&dry["created"], &dry["dryRun"], &dry["verified"]),
        (&json!(true), &json!(true), &json!(true))
    );
    to.get(&format!("/api/v1/runs/{run}")).await.problem(404);
    let cursor = to.get("/api/v1/events").await.expect(200).json()["nextCursor"].clone();
    let imported = import(&to, "", bundle.clone()).await.expect(201).json();
    assert_eq!(
        (&imported["runId"], &imported["lines"], &imported["artifacts"]),
        (&json!(run), &json!(302), &json!(2))
    );

    let path = format!("/api/v1/runs/{run}");
    let (mut before, mut after) = (from.run(&run).await, to.run(&run).await);
    assert_eq!(before.take(), after.take());
    assert_eq!(from.events(&run).await, to.events(&run).await);
    assert_eq!(from.lines(&run).await, to.lines(&run).await);
    let artifacts =
        |http: Http| async move { http.get(&format!("{path}/artifacts")).await.expect(200).json() };
    let listed = artifacts(to.clone()).await;
    assert_eq!(artifacts_of(&from, &run).await, listed);
    for artifact in listed["artifacts"].as_array().unwrap() {
        let path = format!("/api/v1/runs/{run}/artifacts/{}", artifact["artifactId"].as_str().unwrap());
        assert_eq!(from.get(&path).await.expect(200).body, to.get(&path).await.expect(200).body);
    }
    // To readers across runs it is new: behind their cursor, each event once, in the run's order.
    let cursor = cursor.as_str().map_or(String::new(), |cursor| format!("&cursor={cursor}"));
    let path = format!("/api/v1/events?limit=5000{cursor}");
    let head = after_head(&to, &run).await;
    let seqs = until("a reader across runs has all", || async {
        let across = to.get(&path).await.expect(200).json();
        let seqs: Vec<u64> =
            across["events"].as_array()?.iter().filter_map(|event| event["seq"].as_u64()).collect();
        (seqs.len() as u64 == head).then_some(seqs)
    })
    .await;
    assert_eq!(seqs, (1..=head).collect::<Vec<_>>());

    // Once more: the same; and out again: the same history, under another key.
    assert_eq!(import(&to, "", bundle.clone()).await.expect(200).json()["created"], false);
    let again = export(&to, &run).await;
    assert_eq!(stripped(&again), stripped(&bundle));
}

#[tokio::test]
async fn two_organizations_of_one_server_can_have_the_same_run() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let owner = first_owner(&server.http()).await;
    let other = other_organization(&owner, &server.http()).await;
    let run = recorded(&owner.http).await;
    let bundle = export(&owner.http, &run).await;
    import(&other, "", bundle.clone()).await.expect(201);
    let stored = artifacts_of(&owner.http, &run).await;
    assert_eq!(artifacts_of(&other, &run).await, stored);
    // What the one deletes the other still has, with its bytes.
    owner.http.delete(&format!("/api/v1/runs/{run}")).await.expect(200);
    until("the bytes of the one are gone", || async {
        let session = database.session().await;
        let left = session.query_one("SELECT count(*) FROM purge_remains", &[]).await.unwrap();
        (left.get::<_, i64>(0) == 0).then_some(())
    })
    .await;
    let id = stored["artifacts"][0]["artifactId"].as_str().unwrap();
    let content = other.get(&format!("/api/v1/runs/{run}/artifacts/{id}")).await.expect(200);
    assert_eq!(content.text(), "all is well");
    owner.http.get(&format!("/api/v1/runs/{run}/artifacts/{id}")).await.problem(404);
}

async fn artifacts_of(http: &Http, run: &str) -> Value {
    http.get(&format!("/api/v1/runs/{run}/artifacts")).await.expect(200).json()
}

async fn after_head(http: &Http, run: &str) -> u64 {
    http.run(run).await["headSeq"].as_u64().unwrap()
}

/// The records without the trailer, which is signed by who exports.
fn stripped(bundle: &[u8]) -> Vec<u8> {
    let plain = zstd::stream::decode_all(bundle).unwrap();
    let at = plain.windows(13).rposition(|window| window[0] == b'T' && &window[5..] == b"{\"events").unwrap();
    plain[..at].to_vec()
}

#[tokio::test]
async fn a_run_of_the_same_id_with_another_history_is_not_touched() {
    let (here, there) = (Database::new().await, Database::new().await);
    let (first, second) = (Server::without_worker(&here).await, Server::without_worker(&there).await);
    let run = recorded(&first.http()).await;
    let bundle = export(&first.http(), &run).await;
    second.http().append(&run, &[event("RUN_STARTED")]).await;
    let problem = import(&second.http(), "", bundle).await.problem(409);
    assert_eq!(problem["type"], "urn:telltale:problem:run-differs");
    assert_eq!(second.http().events(&run).await.len(), 1);
}

#[tokio::test]
async fn what_is_wrong_with_a_bundle_is_told_with_its_place() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    let run = recorded(&http).await;
    let bundle = export(&http, &run).await;
    let mut flipped = bundle.clone();
    let place = flipped.len() / 2;
    flipped[place] ^= 1;
    for (bytes, said) in [
        (flipped.clone(), "block "),
        (bundle[..bundle.len() - 1].to_vec(), "ends before"),
        (
            b"not a bundle at all, but long enough to be read as the header of a block of one".to_vec(),
            "no block begins here",
        ),
        (Vec::new(), "ends before"),
    ] {
        let problem = import(&http, "", bytes).await.problem(400);
        assert_eq!(problem["type"], "urn:telltale:problem:broken-bundle");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{problem}");
        assert!(problem["offset"].is_u64(), "{problem}");
    }
    let folder = server.data_dir().join("imports");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0, "nothing is left of what was refused");

    let commands = Commands::of(&server);
    let (whole, broken) =
        (commands.file("whole.telltale", &bundle), commands.file("broken.telltale", &flipped));
    let verified = commands.run(&["verify", &whole]).await;
    assert!(
        verified.status == 0 && verified.stdout.contains("is whole"),
        "{}{}",
        verified.stdout,
        verified.stderr
    );
    let found = commands.run(&["verify", &broken]).await;
    assert!(found.status == 1 && found.stdout.contains("block "), "{}{}", found.stdout, found.stderr);
}

#[tokio::test]
async fn a_signed_head_holds_what_came_before_it() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let (http, commands) = (server.http(), Commands::of(&server));
    let run = run_id();
    http.append(&run, &[event("RUN_STARTED"), node_event("NODE_STARTED", "a")]).await;
    let signed = commands.run(&["verify", &run, "--sign"]).await;
    assert_eq!(signed.status, 0, "{}", signed.stderr);
    let anchor: Value = serde_json::from_str(&signed.stdout).unwrap();
    let key = anchor["signature"]["publicKey"].as_str().unwrap().to_owned();
    let file = commands.file("anchor.json", &signed.stdout);
    // The run goes on; its beginning is still the one that was signed.
    http.append(&run, &[node_event("NODE_COMPLETED", "a"), event("RUN_COMPLETED")]).await;
    let holds = commands.run(&["verify", &run, "--signature", &file, "--public-key", &key]).await;
    assert!(holds.status == 0 && holds.stdout.contains("signature"), "{}{}", holds.stdout, holds.stderr);
    let other = commands.run(&["verify", &run, "--signature", &file, "--public-key", &"0".repeat(64)]).await;
    assert_eq!(other.status, 1, "{}", other.stdout);
    let forged = commands.file("forged.json", signed.stdout.replace("\"events\":2", "\"events\":1"));
    assert_eq!(commands.run(&["verify", &run, "--signature", &forged, "--public-key", &key]).await.status, 1);
}

#[tokio::test]
async fn the_commands_carry_a_run_and_a_page_of_it() {
    let (here, there) = (Database::new().await, Database::new().await);
    let (first, second) = (Server::without_worker(&here).await, Server::without_worker(&there).await);
    let run = recorded(&first.http()).await;
    let commands = Commands::of(&first);
    let (bundle, page) = (commands.path("r.telltale"), commands.path("r.html"));
    assert_eq!(commands.run(&["export", &run, "-o", &bundle]).await.status, 0);
    assert_eq!(commands.run(&["export", &run, "--html", "-o", &page]).await.status, 0);
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(
        html.contains("default-src 'none'") && html.contains("line 300") && html.contains("b ä"),
        "{html}"
    );
    assert!(!html.contains("<script") && !html.contains("http://") && !html.contains("src="));
    let elsewhere = Commands::of(&second);
    let dry = elsewhere.run(&["import", &bundle, "--dry-run"]).await;
    assert!(dry.status == 0 && dry.stdout.contains("would be imported"), "{}{}", dry.stdout, dry.stderr);
    let done = elsewhere.run(&["import", &bundle]).await;
    assert!(done.status == 0 && done.stdout.contains("is imported: "), "{}{}", done.stdout, done.stderr);
    let checked = elsewhere.run(&["verify", &run]).await;
    assert!(
        checked.status == 0 && checked.stdout.contains("is whole"),
        "{}{}",
        checked.stdout,
        checked.stderr
    );
    assert_eq!(elsewhere.run(&["import", "/nowhere/at/all"]).await.status, 2);
    assert_eq!(elsewhere.run(&["export", "no-such-run"]).await.status, 2);
}

#[tokio::test]
async fn a_bundle_is_played_again_as_a_run_of_its_own() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    let old = recorded(&http).await;
    let bundle = export(&http, &old).await;
    http.post_raw("/api/v1/replay?speed=0", MEDIA_TYPE, bundle.clone()).await.problem(400);
    let begun = http.post_raw("/api/v1/replay?speed=10", MEDIA_TYPE, bundle).await.expect(201).json();
    let new = begun["runId"].as_str().unwrap().to_owned();
    assert_ne!(new, old);
    let state = run::ended(&http, &new).await;
    assert_eq!(state["trigger"]["type"], "replay");
    assert_eq!((&state["workflow"], &state["trigger"]["runId"]), (&json!("w"), &json!(old)));
    let texts = |lines: Vec<Value>| -> Vec<Value> {
        lines.into_iter().filter(|line| line["stream"] == "stdout").map(|line| line["text"].clone()).collect()
    };
    let wanted = texts(http.lines(&old).await);
    until("every line is played", || async {
        (texts(http.lines(&new).await).len() == wanted.len()).then_some(())
    })
    .await;
    assert_eq!(texts(http.lines(&new).await), wanted);
    let diff = http.get(&format!("/api/v1/runs/{old}/diff?with={new}")).await.expect(200).json();
    assert_eq!((&diff["status"]["a"], &diff["status"]["b"]), (&json!("FAILED"), &json!("FAILED")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_killed_goes_on_where_it_was() {
    let (here, there) = (Database::new().await, Database::new().await);
    let (first, mut second) = (Server::without_worker(&here).await, Server::without_worker(&there).await);
    let (http, run) = (first.http(), run_id());
    http.append(&run, &[event("RUN_STARTED"), node_event("NODE_STARTED", "a")]).await;
    for _ in 0..8 {
        let notes: Vec<Value> = (0..5_000).map(|_| node_event("NOTE", "a")).collect();
        http.append(&run, &notes).await;
    }
    let lines: Vec<Value> = (1..=20_000)
        .map(|no| json!({"nodeRef": "a", "stream": "stdout", "lineNo": no, "text": format!("line {no}")}))
        .collect();
    http.post_ndjson(&format!("/api/v1/runs/{run}/logs"), &lines).await.expect(200);
    http.append(&run, &[node_event("NODE_COMPLETED", "a"), event("RUN_COMPLETED")]).await;
    let bundle = export(&http, &run).await;

    let (to, sent) = (second.http(), bundle.clone());
    let importing = tokio::spawn(async move {
        to.send(Method::POST, "/api/v1/import", &[("content-type", MEDIA_TYPE)], sent).await.is_ok()
    });
    let path = format!("/api/v1/runs/{run}");
    until("the import has begun", || async {
        let answer = second.http().try_get(&path).await.ok()?;
        (answer.status == 200).then_some(())
    })
    .await;
    second.kill9();
    assert!(!importing.await.unwrap(), "it was cut off");
    second.restart().await;
    let to = second.http();
    let before = after_head(&to, &run).await;
    assert!((1..40_005).contains(&before), "{before} events were there");
    assert_eq!(import(&to, "", bundle).await.expect(201).json()["events"], 40_005);
    assert_eq!(to.events(&run).await, http.events(&run).await);
    assert_eq!(to.lines(&run).await, http.lines(&run).await);
}

/// Of an artifact that a server would notice to hold in memory.
const LARGE: usize = 64 * 1024 * 1024;
/// What a server may grow by while it passes that on: buffers, and what the allocator keeps.
const GROWTH_MAX: u64 = 40 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_passes_through_in_bounded_memory() {
    let (here, there) = (Database::new().await, Database::new().await);
    let (first, second) = (Server::without_worker(&here).await, Server::without_worker(&there).await);
    let (from, to, run) = (first.http(), second.http(), run_id());
    from.append(&run, &[event("RUN_STARTED"), event("RUN_COMPLETED")]).await;
    // Nothing that compresses: xorshift.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let content: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()
    })
    .take(LARGE / 8)
    .flatten()
    .collect();
    let path = format!("/api/v1/runs/{run}/artifacts?name=large");
    from.send(Method::POST, &path, &[("content-type", "")], content).await.unwrap().expect(201);
    let before = first.memory();
    let bundle = export(&from, &run).await;
    assert!(bundle.len() > LARGE);
    let grown = first.memory().saturating_sub(before);
    assert!(grown < GROWTH_MAX, "the export took {grown} bytes");
    let before = second.memory();
    import(&to, "", bundle).await.expect(201);
    let grown = second.memory().saturating_sub(before);
    assert!(grown < GROWTH_MAX, "the import took {grown} bytes");
}
