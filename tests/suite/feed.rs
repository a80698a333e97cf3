//! The feed across runs: each event exactly once, each run in order, while many write.

use std::collections::HashMap;

use serde_json::Value;

use crate::support::frames::number;
use crate::support::ledger::Load;
use crate::support::rng::Rng;
use crate::support::{Database, Http, Server, check, event, node_event, run_id, within};

/// A reader of the feed that keeps only what the contract gives it: an opaque cursor.
struct Reader {
    http: Http,
    cursor: Option<String>,
    /// Run id to the last seq seen of it.
    heads: HashMap<String, u64>,
}

impl Reader {
    fn new(http: &Http) -> Self {
        Self { http: http.clone(), cursor: None, heads: HashMap::new() }
    }

    /// Takes one page and returns how many events were on it.
    async fn page(&mut self, query: &str) -> usize {
        let cursor = self.cursor.as_ref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page = self.http.get(&format!("/api/v1/events?{query}{cursor}")).await.expect(200).json();
        let events = page["events"].as_array().unwrap();
        for event in events {
            let run_id = event["runId"].as_str().unwrap();
            let head = self.heads.entry(run_id.to_owned()).or_insert(0);
            assert_eq!(number(event, "seq"), *head + 1, "each event once and each run in order: {event}");
            *head += 1;
        }
        self.cursor =
            Some(page["nextCursor"].as_str().unwrap_or_else(|| panic!("no cursor: {page}")).to_owned());
        events.len()
    }

    /// Reads until it has seen just this. A writer anywhere in the cluster may keep what is newer back for a while.
    async fn read_all(&mut self, query: &str, stored: &HashMap<String, u64>) {
        let reading = async {
            while self.heads.values().sum::<u64>() < stored.values().sum() {
                self.page(query).await;
            }
        };
        within("every event of the feed", reading).await;
        assert_eq!(self.heads, *stored);
    }
}

#[tokio::test]
async fn under_concurrent_writers_every_event_comes_exactly_once() {
    let database = Database::new().await;
    let (a, b) = (Server::on(&database).await, Server::on(&database).await);
    let (runs, mut rng) = ((0..12).map(|_| run_id()).collect::<Vec<_>>(), Rng::new("feed"));
    let mut load = Load::start(&[a.http(), b.http()], &runs, 8, &mut rng);
    let mut live = Reader::new(&a.http());
    let writing = tokio::spawn(async move {
        load.progress(4_000).await;
        load.finish().await
    });
    while !writing.is_finished() {
        live.page(&format!("limit={}&wait=1", 1 + rng.below(500))).await;
    }
    let ledger = writing.await.unwrap();
    let mut stored = HashMap::new();
    for run_id in ledger.runs() {
        let events = check::run(&a.http(), &database, &run_id).await;
        ledger.verify(&run_id, &events);
        stored.insert(run_id, events.len() as u64);
    }
    live.read_all("limit=5000&wait=1", &stored).await;
    // Who begins afterwards, at the other server, sees the same.
    let mut afterwards = Reader::new(&b.http());
    afterwards.read_all("limit=777&wait=1", &stored).await;
    // And the cursor of one is good at the other.
    live.http = b.http();
    assert_eq!(live.page("limit=5000").await, 0);
    b.http().append(&runs[0], &[event("NOTE")]).await;
    assert_eq!(live.page("limit=10&wait=30").await, 1);
}

#[tokio::test]
async fn it_filters_by_type_and_waits() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let (http, run_id) = (server.http(), run_id());
    http.append(&run_id, &[event("RUN_STARTED"), node_event("NODE_STARTED", "a"), event("NOTE")]).await;
    let page = http.get("/api/v1/events?type=NODE_STARTED&wait=30").await.expect(200).json();
    let types: Vec<&Value> = page["events"].as_array().unwrap().iter().map(|event| &event["type"]).collect();
    assert_eq!(types, ["NODE_STARTED"]);
    let cursor = page["nextCursor"].as_str().unwrap();
    let path = format!("/api/v1/events?type=RUN_COMPLETED&wait=30&cursor={cursor}");
    let last = [event("NOTE"), event("RUN_COMPLETED")];
    let (waited, _) = tokio::join!(http.get(&path), http.append(&run_id, &last));
    assert_eq!(waited.expect(200).json()["events"][0]["type"], "RUN_COMPLETED");
}
