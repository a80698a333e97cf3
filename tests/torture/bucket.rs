//! The bucket goes away and comes back under uploads: each is answered with an error or stored, and what was acknowledged is read back
//! afterwards, to the byte.

use std::sync::Arc;

use http::Method;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::phase;
use crate::support::ledger::{Account, Load};
use crate::support::rng::Rng;
use crate::support::{Http, run_id, until, within};
use crate::table::Outcome;
use crate::world::World;

const WRITERS: usize = 4;
/// In one piece, in one piece that takes a while, and in parts.
const SIZES: [usize; 3] = [100, 200_000, 6 * 1024 * 1024];
/// Acknowledged before the outage, and after it.
const AROUND: usize = 12;
/// Refused while the bucket is away: each writer has found out.
const REFUSED: usize = 2 * WRITERS;

/// What has happened so far.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    stored: usize,
    refused: usize,
}

/// A file that was acknowledged.
struct Stored {
    artifact_id: String,
    name: String,
    sha256: String,
}

/// What one writer left in its run.
struct Written {
    run_id: String,
    files: Vec<Stored>,
}

pub async fn outage(world: &mut World, rng: &mut Rng) -> Outcome {
    let Some(mut s3) = world.s3.take() else {
        return Outcome::skipped("no S3 server is built (scripts/tools.sh)");
    };
    let (mut files, mut refused) = (Account::default(), 0);
    let meanwhile = async |world: &mut World, load: &mut Load, rng: &mut Rng| {
        let (progress, stop) = (Arc::new(watch::Sender::new(Progress::default())), watch::Sender::new(false));
        let writers: Vec<JoinHandle<Written>> = (0..WRITERS)
            .map(|n| {
                let http = world.clients()[n % 2].clone();
                tokio::spawn(write(http, Arc::clone(&progress), stop.subscribe(), rng.split()))
            })
            .collect();
        let mut seen = progress.subscribe();
        reach(&mut seen, "files are stored", |now| now.stored >= AROUND).await;
        s3.kill9();
        let before = seen.borrow().refused;
        reach(&mut seen, "uploads are refused", |now| now.refused >= before + REFUSED).await;
        // Nothing but artifacts waits for it.
        load.progress(AROUND).await;
        s3.launch().await;
        let before = seen.borrow().stored;
        reach(&mut seen, "files are stored again", |now| now.stored >= before + AROUND).await;
        stop.send_replace(true);
        for writer in writers {
            let written = within("a writer of files ends", writer).await.expect("a writer of files failed");
            files += account(world, &written).await;
        }
        refused = seen.borrow().refused;
    };
    let mut outcome = phase::under_load(world, rng, meanwhile).await;
    world.s3 = Some(s3);
    outcome.remark =
        format!("{} files acknowledged, {refused} uploads refused while it was away", files.acknowledged);
    outcome.files = files;
    outcome
}

async fn reach(seen: &mut watch::Receiver<Progress>, what: &str, is_reached: impl FnMut(&Progress) -> bool) {
    within(what, seen.wait_for(is_reached)).await.expect("the writers of files are at work");
}

/// Uploads one file after the other, each until it is acknowledged.
async fn write(
    http: Http,
    progress: Arc<watch::Sender<Progress>>,
    stopped: watch::Receiver<bool>,
    mut rng: Rng,
) -> Written {
    let mut written = Written { run_id: run_id(), files: Vec::new() };
    let run = json!({ "runId": written.run_id, "workflow": "files", "engine": "external" });
    until("a run for files is there", || async {
        http.try_post("/api/v1/runs", &run).await.ok().filter(|answer| answer.status < 300)
    })
    .await;
    while !*stopped.borrow() {
        let name = format!("file-{}", written.files.len());
        let size = SIZES[written.files.len() % SIZES.len()];
        let bytes: Vec<u8> = (0..size.div_ceil(8)).flat_map(|_| rng.next().to_le_bytes()).collect();
        let sha256 = hex_digest(&bytes);
        let path = format!("/api/v1/runs/{}/artifacts?name={name}", written.run_id);
        let answer = until("a file is stored", || async {
            let headers = [("content-type", "application/octet-stream")];
            let answer = http.send(Method::POST, &path, &headers, bytes.clone()).await;
            match answer {
                Ok(answer) if answer.status < 300 => return Some(answer.json()),
                Ok(answer) => assert!(answer.status >= 500, "{name}: {} {}", answer.status, answer.text()),
                Err(_) => {}
            }
            progress.send_modify(|now| now.refused += 1);
            None
        })
        .await;
        assert_eq!(answer["sha256"], sha256, "{name} is acknowledged as what it is");
        let artifact_id = answer["artifactId"].as_str().expect("`artifactId`").to_owned();
        written.files.push(Stored { artifact_id, name, sha256 });
        progress.send_modify(|now| now.stored += 1);
    }
    written
}

/// Reads every file back that was acknowledged, and counts those that nobody sent or that are there twice.
async fn account(world: &World, written: &Written) -> Account {
    let http = world.servers[1].http();
    let mut account = Account { acknowledged: written.files.len(), ..Account::default() };
    for file in &written.files {
        let path = format!("/api/v1/runs/{}/artifacts/{}", written.run_id, file.artifact_id);
        let answer = http.get(&path).await;
        account.lost += usize::from(answer.status != 200);
        account.false_acks += usize::from(answer.status == 200 && hex_digest(&answer.body) != file.sha256);
    }
    let named = "SELECT a.name FROM artifacts a JOIN runs r USING (run_key) WHERE r.run_id = $1";
    let session = world.database.session().await;
    let rows = session.query(named, &[&written.run_id]).await.expect("the artifacts of a run");
    let names: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
    account.stored = names.len();
    account.doubled = names.len() - distinct.len();
    account.foreign =
        distinct.iter().filter(|name| !written.files.iter().any(|file| file.name == ***name)).count();
    account
}

fn hex_digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
