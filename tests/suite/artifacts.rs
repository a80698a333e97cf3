//! Artifacts: taken in as they stream, recorded once, and given back whole or in parts.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{Answer, Database, Http, Server, event, run_id, within};

const MIB: usize = 1024 * 1024;

async fn upload(http: &Http, run: &str, query: &str, kind: &str, body: impl Into<reqwest::Body>) -> Answer {
    let path = format!("/api/v1/runs/{run}/artifacts?{query}");
    http.send(Method::POST, &path, &[("content-type", kind)], body).await.unwrap()
}

async fn download(http: &Http, run: &str, id: &Value, headers: &[(&str, &str)]) -> Answer {
    let path = format!("/api/v1/runs/{run}/artifacts/{}", id.as_str().unwrap());
    http.send(Method::GET, &path, headers, "").await.unwrap()
}

async fn started(http: &Http) -> String {
    let run = run_id();
    http.append(&run, &[event("RUN_STARTED")]).await;
    run
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn recorded(http: &Http, run: &str) -> Vec<Value> {
    let events = http.events(run).await;
    events.into_iter().filter(|event| event["type"] == "ARTIFACT_RECORDED").collect()
}

#[tokio::test]
async fn a_file_comes_back_as_it_went_in_and_is_recorded_once() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run) = (server.http(), started(&server.http()).await);
    let html = b"<script>alert(1)</script>\0\xff".to_vec();
    let query = "name=out%2Freport.html&nodeRef=scan&attempt=2";
    let first = upload(&http, &run, query, "text/html; charset=utf-8", html.clone()).await.expect(201).json();
    assert_eq!(
        first,
        json!({ "artifactId": first["artifactId"], "name": "out/report.html", "nodeRef": "scan", "attempt": 2,
            "mediaType": "text/html; charset=utf-8", "bytes": 27, "sha256": hex(&html), "createdAt": first["createdAt"] })
    );
    let again = upload(&http, &run, query, "text/html", html.clone()).await.expect(200).json();
    assert_eq!(again, first);
    let problem = upload(&http, &run, query, "text/html", "other").await.problem(409);
    assert_eq!(problem["type"], "urn:telltale:problem:artifact-differs");
    let events = recorded(&http, &run).await;
    assert_eq!(events.len(), 1);
    assert_eq!(
        (&events[0]["data"], &events[0]["nodeRef"], &events[0]["attempt"]),
        (&first, &json!("scan"), &json!(2))
    );

    let answer = download(&http, &run, &first["artifactId"], &[]).await.expect(200);
    assert_eq!(answer.body, html);
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("content-length", "27"),
        ("accept-ranges", "bytes"),
        ("x-content-type-options", "nosniff"),
        ("content-disposition", "attachment; filename=\"report.html\"; filename*=UTF-8''report.html"),
        ("etag", &format!("\"{}\"", hex(&html))),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    assert!(answer.header("content-security-policy").unwrap().starts_with("sandbox;"));
    let path = format!("/api/v1/runs/{run}/artifacts/{}", first["artifactId"].as_str().unwrap());
    let head = http.send(Method::HEAD, &path, &[], "").await.unwrap().expect(200);
    assert_eq!((head.body.len(), head.header("content-length")), (0, Some("27")));
    assert_eq!(head.header("etag"), answer.header("etag"));
}

#[tokio::test]
async fn parts_are_given_by_range() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run) = (server.http(), started(&server.http()).await);
    let bytes: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
    let stored = upload(&http, &run, "name=a", "", bytes.clone()).await.expect(201).json();
    assert_eq!(stored["mediaType"], "application/octet-stream");
    let (id, etag) = (&stored["artifactId"], format!("\"{}\"", hex(&bytes)));
    for (range, from, to) in
        [("bytes=0-9", 0, 10), ("bytes=199999-", 199_999, 200_000), ("bytes=-70000", 130_000, 200_000)]
    {
        let answer = download(&http, &run, id, &[("range", range), ("if-range", &etag)]).await.expect(206);
        assert_eq!(answer.body, bytes[from..to], "{range}");
        let expected = format!("bytes {from}-{}/200000", to - 1);
        assert_eq!(answer.header("content-range"), Some(expected.as_str()));
    }
    let answer = download(&http, &run, id, &[("range", "bytes=200000-")]).await;
    assert_eq!(answer.header("content-range"), Some("bytes */200000"));
    answer.problem(416);
    let whole =
        download(&http, &run, id, &[("range", "bytes=0-9"), ("if-range", "\"other\"")]).await.expect(200);
    assert_eq!(whole.body.len(), 200_000);
    assert!(download(&http, &run, id, &[("if-none-match", &etag)]).await.expect(304).body.is_empty());
    let empty = upload(&http, &run, "name=empty", "", "").await.expect(201).json();
    assert!(download(&http, &run, &empty["artifactId"], &[]).await.expect(200).body.is_empty());
    download(&http, &run, &empty["artifactId"], &[("range", "bytes=0-")]).await.problem(416);
}

#[tokio::test]
async fn a_large_file_streams_through_constant_memory() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run) = (server.http(), started(&server.http()).await);
    upload(&http, &run, "name=warm", "", vec![1_u8; MIB]).await.expect(201);
    let before = server.memory();
    let (size, mut hash) = (192_usize, Sha256::new());
    let chunk = |n: usize| Bytes::from(vec![n as u8; MIB]);
    (0..size).for_each(|n| hash.update(chunk(n)));
    let digest: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let body = futures_util::stream::iter((0..size).map(move |n| Ok::<_, std::io::Error>(chunk(n))));
    let stored =
        upload(&http, &run, "name=large", "", reqwest::Body::wrap_stream(body)).await.expect(201).json();
    assert_eq!((&stored["bytes"], &stored["sha256"]), (&json!(size * MIB), &json!(digest)));
    let path = format!("/api/v1/runs/{run}/artifacts/{}", stored["artifactId"].as_str().unwrap());
    let mut response = http.client().get(http.url(&path)).send().await.unwrap();
    let (mut hash, mut count) = (Sha256::new(), 0);
    while let Some(chunk) = response.chunk().await.unwrap() {
        count += chunk.len();
        hash.update(&chunk);
    }
    assert_eq!(count, size * MIB);
    assert_eq!(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>(), digest);
    let grown = server.memory().saturating_sub(before);
    assert!(grown < 48 * MIB as u64, "the server grew by {} MiB", grown / MIB as u64);
}

#[tokio::test]
async fn names_are_labels_and_never_paths() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run) = (server.http(), started(&server.http()).await);
    for name in [
        "..%2F..%2F..%2Fescaped",
        "%2Fetc%2Fescaped",
        "%C3%A4%2F%E6%97%A5%E6%9C%AC%20%22x%22.txt",
        ".",
        "a%5C..%5Cb",
    ] {
        let stored =
            upload(&http, &run, &format!("name={name}"), "", name.to_owned()).await.expect(201).json();
        let answer = download(&http, &run, &stored["artifactId"], &[]).await.expect(200);
        assert_eq!(answer.text(), name);
        let disposition = answer.header("content-disposition").unwrap();
        assert!(disposition.starts_with("attachment; ") && !disposition.contains(".."), "{disposition}");
    }
    let mut files = Vec::new();
    let mut folders = vec![server.data_dir().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path())
            } else {
                files.push(entry.path())
            }
        }
    }
    let kept: Vec<_> =
        files.iter().filter(|path| path.starts_with(server.data_dir().join("artifacts"))).collect();
    assert_eq!(kept.len(), 5);
    for path in kept {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(uuid::Uuid::parse_str(name).is_ok(), "{}", path.display());
    }
    for (query, status) in
        [("", 400), ("name=a%0Ab", 400), ("name=a&attempt=1", 400), ("name=a&nodeRef=n&attempt=0", 400)]
    {
        upload(&http, &run, query, "", "x").await.problem(status);
    }
}

#[tokio::test]
async fn the_list_is_paged_and_unknown_ones_are_not_there() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run) = (server.http(), started(&server.http()).await);
    let mut ids = Vec::new();
    for n in 0..5 {
        let node = if n % 2 == 0 { "&nodeRef=even" } else { "" };
        ids.push(upload(&http, &run, &format!("name=f{n}{node}"), "", "same").await.expect(201).json()["artifactId"].clone());
    }
    let list = format!("/api/v1/runs/{run}/artifacts");
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = http.get(&format!("{list}?limit=2{cursor}")).await.expect(200).json();
        let artifacts = page["artifacts"].as_array().unwrap();
        assert!(artifacts.len() <= 2);
        found.extend(artifacts.iter().map(|artifact| artifact["artifactId"].clone()));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(found, ids);
    let page = http.get(&format!("{list}?nodeRef=even")).await.expect(200).json();
    assert_eq!(page["artifacts"].as_array().unwrap().len(), 3);
    http.get(&format!("{list}?cursor=x")).await.problem(400);
    let (other, nowhere) = (started(&http).await, run_id());
    upload(&http, &nowhere, "name=a", "", "x").await.problem(404);
    http.get(&format!("/api/v1/runs/{nowhere}/artifacts")).await.problem(404);
    download(&http, &other, &ids[0], &[]).await.problem(404);
    download(&http, &run, &json!("no-id"), &[]).await.problem(404);
    http.get(&format!("/api/v1/runs/{nowhere}")).await.problem(404);
}

#[tokio::test]
async fn a_broken_upload_leaves_nothing_and_packed_bodies_are_unpacked() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run) = (server.http(), started(&server.http()).await);
    let mut socket = tokio::net::TcpStream::connect(server.address()).await.unwrap();
    let head = format!(
        "POST /api/v1/runs/{run}/artifacts?name=half HTTP/1.1\r\nhost: {}\r\ncontent-length: 1000000\r\n\r\n",
        server.address()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(&[7; 600_000]).await.unwrap();
    socket.shutdown().await.unwrap();
    let mut answer = Vec::new();
    let _ = within("the end of the connection", socket.read_to_end(&mut answer)).await;
    let staging = server.data_dir().join("artifacts/staging");
    crate::support::until("nothing is staged", || {
        let count = std::fs::read_dir(&staging).map(|all| all.count()).unwrap_or(0);
        std::future::ready((count == 0).then_some(()))
    })
    .await;
    assert!(recorded(&http, &run).await.is_empty());

    let plain = "x".repeat(100_000);
    let mut packer = async_compression::tokio::write::GzipEncoder::new(Vec::new());
    packer.write_all(plain.as_bytes()).await.unwrap();
    packer.shutdown().await.unwrap();
    let path = format!("/api/v1/runs/{run}/artifacts?name=packed");
    let stored = http
        .send(Method::POST, &path, &[("content-encoding", "gzip")], packer.into_inner())
        .await
        .unwrap()
        .expect(201)
        .json();
    assert_eq!((&stored["bytes"], &stored["sha256"]), (&json!(100_000), &json!(hex(plain.as_bytes()))));
    let too_large = http
        .send(Method::POST, &path, &[("content-length", "1073741825"), ("expect", "100-continue")], "")
        .await;
    if let Ok(answer) = too_large {
        answer.problem(413);
    }
}

#[tokio::test]
async fn an_object_or_an_event_that_is_missing_is_mended_by_a_repeat() {
    let database = Database::new().await;
    let mut server = Server::on(&database).await;
    let (http, run) = (server.http(), started(&server.http()).await);
    let first = upload(&http, &run, "name=a", "", "bytes").await.expect(201).json();
    // As after a crash between object and row: the object is there, its row is not.
    let session = database.session().await;
    session.execute("DELETE FROM artifacts", &[]).await.unwrap();
    server.kill9();
    server.restart().await;
    download(&http, &run, &first["artifactId"], &[]).await.problem(404);
    let again = upload(&http, &run, "name=a", "", "bytes").await.expect(201).json();
    assert_eq!(again["artifactId"], first["artifactId"]);
    assert_eq!(recorded(&http, &run).await.len(), 1);
    // And the other way round: the row is there, its object is not.
    let artifacts = server.data_dir().join("artifacts");
    std::fs::remove_dir_all(&artifacts).unwrap();
    std::fs::create_dir(&artifacts).unwrap();
    let problem = download(&http, &run, &first["artifactId"], &[]).await.problem(404);
    assert_eq!(problem["type"], "urn:telltale:problem:content-missing");
    upload(&http, &run, "name=a", "", "bytes").await.expect(200);
    assert_eq!(download(&http, &run, &first["artifactId"], &[]).await.expect(200).text(), "bytes");
}

#[tokio::test]
async fn large_inputs_become_an_artifact() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run) = (server.http(), run_id());
    let inputs = json!({ "hosts": vec!["host.example"; 20_000] });
    let body = json!({ "runId": run, "workflow": "w", "engine": "external", "inputs": inputs });
    let state = http.post("/api/v1/runs", &body).await.expect(201).json();
    let text = inputs.to_string();
    let id = &state["inputs"]["$artifact"];
    assert_eq!(
        state["inputs"],
        json!({ "$artifact": id, "bytes": text.len(), "sha256": hex(text.as_bytes()) })
    );
    let answer = download(&http, &run, id, &[]).await.expect(200);
    assert_eq!((answer.text(), answer.header("content-type")), (text, Some("application/json")));
    let again = http.post("/api/v1/runs", &body).await.expect(200).json();
    assert_eq!(again["inputs"], state["inputs"]);
    // As before it was recorded: whoever asks is told to ask again, and a repeat of the request mends it.
    let session = database.session().await;
    session.execute("DELETE FROM artifacts", &[]).await.unwrap();
    download(&http, &run, id, &[]).await.problem(503);
    download(&http, &run, &json!(uuid::Uuid::now_v7()), &[]).await.problem(404);
    http.post("/api/v1/runs", &body).await.expect(200);
    download(&http, &run, id, &[]).await.expect(200);
    let other =
        json!({ "runId": run, "workflow": "w", "engine": "external", "inputs": vec!["other"; 20_000] });
    let kept = http.post("/api/v1/runs", &other).await.expect(200).json();
    assert_eq!(kept["inputs"], state["inputs"]);
    assert_eq!(recorded(&http, &run).await.len(), 1);
    let small = json!({ "workflow": "w", "engine": "external", "inputs": { "a": 1 }, "labels": { "a": "x".repeat(70_000) } });
    http.post("/api/v1/runs", &small).await.problem(413);
    tokio::time::timeout(Duration::from_secs(1), http.get("/readyz")).await.unwrap().expect(200);
    // Of a run that is over nothing is still to come.
    http.append(&run, &[event("RUN_COMPLETED")]).await;
    session.execute("DELETE FROM artifacts", &[]).await.unwrap();
    download(&http, &run, id, &[]).await.problem(404);
}

#[tokio::test]
async fn a_content_that_is_not_of_its_type_is_refused_or_kept_as_bytes() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run) = (server.http(), started(&server.http()).await);
    let pdf = b"%PDF-1.7\n".to_vec();
    let problem = upload(&http, &run, "name=shot", "image/png", pdf.clone()).await.problem(422);
    assert_eq!(problem["type"], "urn:telltale:problem:mislabelled");
    assert_eq!(
        problem["detail"],
        "the content is no image/png: it begins like application/pdf; name its type, or send it as application/octet-stream"
    );
    upload(&http, &run, "name=empty", "application/gzip", "").await.problem(422);
    // One that is still being sent when it is refused: its sender gets the answer.
    upload(&http, &run, "name=large", "application/zip", vec![0_u8; 3 * MIB]).await.problem(422);
    upload(&http, &run, "name=shot&mislabelled=yes", "image/png", pdf.clone()).await.pointers(400);
    let listed = http.get(&format!("/api/v1/runs/{run}/artifacts")).await.expect(200).json();
    assert_eq!((&listed["artifacts"], recorded(&http, &run).await), (&json!([]), vec![]));

    let query = "name=shot&mislabelled=keep";
    let kept = upload(&http, &run, query, "image/png", pdf.clone()).await.expect(201).json();
    assert_eq!(kept["mediaType"], "application/octet-stream");
    assert_eq!(upload(&http, &run, query, "image/png", pdf.clone()).await.expect(200).json(), kept);
    let right =
        upload(&http, &run, "name=right&mislabelled=keep", "application/pdf", pdf).await.expect(201).json();
    assert_eq!(right["mediaType"], "application/pdf");
    let events = recorded(&http, &run).await;
    assert_eq!((events.len(), &events[0]["data"], &events[1]["message"]), (2, &kept, &Value::Null));
    assert_eq!(
        events[0]["message"],
        "kept as application/octet-stream: the content is no image/png: it begins like application/pdf"
    );
    assert_eq!(download(&http, &run, &kept["artifactId"], &[]).await.expect(200).body, b"%PDF-1.7\n"[..]);
}

#[tokio::test]
async fn a_worker_that_has_lost_its_claim_records_nothing() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run) = (server.http(), started(&server.http()).await);
    let session = database.session().await;
    let hold = "INSERT INTO run_queue (run_key, organization_id, run_id, workflow, version, priority, engines, enqueued_at, claim, \
        worker, lease_until) SELECT run_key, organization_id, run_id, 'w', 1, 0, '{}', now(), 3, 'worker', now() + interval '1 hour' \
        FROM runs WHERE run_id = $1";
    assert_eq!(session.execute(hold, &[&run]).await.unwrap(), 1);
    let path = format!("/api/v1/runs/{run}/artifacts?name=a");
    let under =
        async |claim: &str| http.send(Method::POST, &path, &[("telltale-claim", claim)], "x").await.unwrap();
    assert_eq!(under("2").await.problem(409)["type"], "urn:telltale:problem:claim-lost");
    assert!(recorded(&http, &run).await.is_empty());
    under("0").await.problem(400);
    under("3").await.expect(200);
    assert_eq!(recorded(&http, &run).await.len(), 1);
}
