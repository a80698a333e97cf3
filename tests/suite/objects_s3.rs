//! Artifacts in a bucket of a real S3 server; and the library, previews and the sweep, which don't care where they are.

use std::path::Path;
use std::time::{Duration, SystemTime};

use http::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::s3::{S3, SECRET_KEY};
use crate::support::server::Options;
use crate::support::{Answer, Database, Http, Server, event, run_id, until};

async fn upload(http: &Http, run: &str, name: &str, media_type: &str, bytes: Vec<u8>) -> Value {
    let path = format!("/api/v1/runs/{run}/artifacts?name={name}");
    http.send(Method::POST, &path, &[("content-type", media_type)], bytes).await.unwrap().expect(201).json()
}

async fn get(http: &Http, run: &str, artifact: &Value, query: &str, headers: &[(&str, &str)]) -> Answer {
    let id = artifact["artifactId"].as_str().unwrap();
    http.send(Method::GET, &format!("/api/v1/runs/{run}/artifacts/{id}{query}"), headers, "").await.unwrap()
}

async fn new_run(http: &Http, workflow: &str) -> String {
    let id = run_id();
    http.post("/api/v1/runs", &json!({"runId": id, "workflow": workflow, "engine": "external"}))
        .await
        .expect(201);
    id
}

/// Bytes that repeat nowhere near.
fn noise(count: usize) -> Vec<u8> {
    (0..count as u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

fn make_old(path: &Path) {
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(25 * 3_600)).unwrap();
}

#[tokio::test]
async fn a_bucket_takes_and_gives_what_a_folder_does() {
    let (database, s3) = (Database::new().await, S3::start().await);
    let server = s3.settings(Options::on(&database.url())).start().await;
    let http = server.http();
    let run = new_run(&http, "recon").await;
    // Several parts, one part, none.
    let large = noise(12 * 1024 * 1024 + 17);
    let stored = upload(&http, &run, "large.bin", "application/octet-stream", large.clone()).await;
    assert_eq!(stored["bytes"], large.len());
    let digest: String = Sha256::digest(&large).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(stored["sha256"], digest);
    let small = upload(&http, &run, "small.txt", "text/plain", b"hello".to_vec()).await;
    let empty = upload(&http, &run, "empty", "text/plain", Vec::new()).await;
    assert!(get(&http, &run, &stored, "", &[]).await.expect(200).body == large);
    let part = get(&http, &run, &stored, "", &[("range", "bytes=5242875-5242884")]).await.expect(206);
    assert_eq!(part.body, &large[5_242_875..5_242_885]);
    assert_eq!(get(&http, &run, &small, "", &[]).await.expect(200).text(), "hello");
    assert_eq!(get(&http, &run, &empty, "", &[]).await.expect(200).body.len(), 0);
    // The same again is answered with the first; another content is refused and leaves nothing.
    let path = format!("/api/v1/runs/{run}/artifacts?name=small.txt");
    let again = http.send(Method::POST, &path, &[("content-type", "text/plain")], "hello").await.unwrap();
    assert_eq!(again.expect(200).json()["artifactId"], small["artifactId"]);
    http.send(Method::POST, &path, &[("content-type", "text/plain")], "other").await.unwrap().problem(409);
    until("nothing is left of what was refused", || async { (s3.files().len() == 3).then_some(()) }).await;
    assert!(s3.files().iter().all(|file| !file.to_string_lossy().contains("small")));

    // Straight from the store, without a token, as an attachment.
    let signed = get(&http, &run, &small, "?url=true", &[]).await.expect(200).json();
    assert_eq!(signed["expiresInSeconds"], 60);
    let url = signed["url"].as_str().unwrap();
    assert!(!url.contains(SECRET_KEY), "{url}");
    let direct = http.client().get(url).send().await.unwrap();
    assert_eq!(direct.status(), 200);
    assert!(direct.headers()["content-disposition"].to_str().unwrap().contains("small.txt"));
    assert_eq!(direct.text().await.unwrap(), "hello");
    let forged = url.replace("X-Amz-Signature=", "X-Amz-Signature=0");
    assert_eq!(http.client().get(forged).send().await.unwrap().status(), 403);
    assert!(!server.stderr().contains(SECRET_KEY));
}

#[tokio::test]
async fn a_bucket_that_is_down_holds_up_nothing_else() {
    let (database, mut s3) = (Database::new().await, S3::start().await);
    let server = s3.settings(Options::on(&database.url())).start().await;
    let http = server.http();
    let run = new_run(&http, "recon").await;
    let stored = upload(&http, &run, "a.txt", "text/plain", b"before".to_vec()).await;
    let part = async || {
        let ready = http.get("/readyz").await;
        let state = ready.json()["parts"]
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["name"] == "artifacts")
            .unwrap()
            .clone();
        (ready.status, state["state"].as_str().unwrap().to_owned())
    };
    assert_eq!(part().await, (200, "ok".to_owned()));
    s3.kill9();
    assert_eq!(part().await, (200, "degraded".to_owned()));
    http.append(&run, &[event("RUN_STARTED"), event("NOTE")]).await;
    let path = format!("/api/v1/runs/{run}/artifacts?name=b.txt");
    http.send(Method::POST, &path, &[], "meanwhile").await.unwrap().problem(503);
    get(&http, &run, &stored, "", &[]).await.problem(503);
    s3.launch().await;
    assert_eq!(part().await, (200, "ok".to_owned()));
    assert_eq!(get(&http, &run, &stored, "", &[]).await.expect(200).text(), "before");
    http.send(Method::POST, &path, &[], "meanwhile").await.unwrap().expect(201);
}

#[tokio::test]
async fn what_belongs_to_nothing_is_swept_from_a_bucket_and_from_a_folder() {
    let s3 = S3::start().await;
    for in_bucket in [true, false] {
        let database = Database::new().await;
        let options = Options::on(&database.url());
        let options = if in_bucket { s3.settings(options) } else { options };
        let mut server = options.start().await;
        let run = new_run(&server.http(), "recon").await;
        let kept = upload(&server.http(), &run, "kept", "text/plain", b"kept".to_vec()).await;
        let lost = upload(&server.http(), &run, "lost", "text/plain", b"lost".to_vec()).await;
        let files = if in_bucket { s3.files() } else { files_below(&server.data_dir().join("artifacts")) };
        assert_eq!(files.len(), 2);
        files.iter().for_each(|file| make_old(file));
        // A crash between object and row leaves this.
        let session = database.session().await;
        let id: uuid::Uuid = lost["artifactId"].as_str().unwrap().parse().unwrap();
        session.execute("DELETE FROM artifacts WHERE artifact_id = $1", &[&id]).await.unwrap();
        server.stop().await;
        server.restart().await;
        until("the orphan is gone", || async {
            let left = if in_bucket { s3.files() } else { files_below(&server.data_dir().join("artifacts")) };
            (left.len() == 1).then_some(())
        })
        .await;
        assert_eq!(get(&server.http(), &run, &kept, "", &[]).await.expect(200).text(), "kept");
    }
}

fn files_below(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found
}

#[tokio::test]
async fn the_library_lists_all_runs_and_previews_run_nothing() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    let (recon, scan) = (new_run(&http, "recon").await, new_run(&http, "scan").await);
    let page = b"<script>alert(1)</script>".to_vec();
    let html = upload(&http, &recon, "report.html", "text/html", page.clone()).await;
    let svg = upload(&http, &recon, "a.svg", "image/svg+xml", page.clone()).await;
    let png = upload(&http, &scan, "shot.png", "image/png", b"\x89PNG\r\n\x1a\n".to_vec()).await;
    let unknown = upload(&http, &scan, "notes_100%25", "application/octet-stream", "grüße".into()).await;
    let binary = upload(&http, &scan, "b.bin", "application/octet-stream", vec![0, 1, 2]).await;
    let long = upload(&http, &scan, "long.log", "text/plain", vec![b'x'; 1_100_000]).await;

    let names = |list: &Value| {
        let all = list["artifacts"].as_array().unwrap();
        all.iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = http.get("/api/v1/artifacts").await.expect(200).json();
    assert_eq!(names(&all), ["long.log", "b.bin", "notes_100%", "shot.png", "a.svg", "report.html"]);
    assert_eq!(
        (&all["artifacts"][5]["runId"], &all["artifacts"][5]["workflow"]),
        (&json!(recon), &json!("recon"))
    );
    assert_eq!(all["artifacts"][5]["sha256"], html["sha256"]);
    assert_eq!(names(&http.get("/api/v1/artifacts?workflow=recon").await.json()), ["a.svg", "report.html"]);
    assert_eq!(names(&http.get("/api/v1/artifacts?q=100%25").await.json()), ["notes_100%"]);
    let first = http.get("/api/v1/artifacts?limit=4").await.expect(200).json();
    let rest =
        http.get(&format!("/api/v1/artifacts?cursor={}", first["nextCursor"].as_str().unwrap())).await.json();
    assert_eq!(
        (names(&rest), &rest["nextCursor"]),
        (vec!["a.svg".to_owned(), "report.html".to_owned()], &Value::Null)
    );

    for (artifact, run, media_type, body) in [
        (&html, &recon, "text/plain; charset=utf-8", page.clone()),
        (&svg, &recon, "text/plain; charset=utf-8", page),
        (&png, &scan, "image/png", b"\x89PNG\r\n\x1a\n".to_vec()),
        (&unknown, &scan, "text/plain; charset=utf-8", "grüße".into()),
    ] {
        let shown = get(&http, run, artifact, "?preview=true", &[]).await.expect(200);
        assert_eq!(shown.header("content-type"), Some(media_type));
        assert_eq!(shown.header("x-content-type-options"), Some("nosniff"));
        let policy = shown.header("content-security-policy").unwrap();
        assert!(policy.contains("sandbox") && policy.contains("default-src 'none'"), "{policy}");
        assert_eq!(shown.body, body);
    }
    assert_eq!(
        get(&http, &scan, &binary, "?preview=true", &[]).await.problem(415)["type"],
        "urn:telltale:problem:no-preview"
    );
    let cut = get(&http, &scan, &long, "?preview=true", &[]).await.expect(200);
    assert_eq!((cut.body.len(), cut.header("telltale-cut-from")), (1 << 20, Some("1100000")));
    let problem = get(&http, &scan, &long, "?url=true", &[]).await.problem(404);
    assert_eq!(problem["type"], "urn:telltale:problem:no-presigned-url");
    // Without either it stays an attachment.
    let whole = get(&http, &recon, &html, "", &[]).await.expect(200);
    assert!(whole.header("content-disposition").unwrap().starts_with("attachment"));
}
