//! The reader across runs: one cursor, from the beginning to the end of the torture, whatever happens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::task::JoinHandle;

use crate::phase::of_seqs;
use crate::support::ledger::Account;
use crate::support::{Http, until};

/// Seqs by run, in the order in which they were given.
type Seen = Arc<Mutex<HashMap<String, Vec<u64>>>>;

pub struct Across {
    seen: Seen,
    reading: JoinHandle<()>,
}

impl Across {
    pub fn start(http: Http) -> Self {
        let seen = Seen::default();
        let reading = tokio::spawn(read(http, Arc::clone(&seen)));
        Self { seen, reading }
    }

    /// What it was given of these runs, with so many events each, once it has caught up; they are forgotten then.
    pub async fn account(&self, heads: &[(String, u64)]) -> Account {
        until("the reader across runs catches up", || async {
            let seen = self.seen.lock().unwrap();
            let has_head =
                |(run, head): &(String, u64)| seen.get(run).is_some_and(|seqs| seqs.contains(head));
            heads.iter().all(has_head).then_some(())
        })
        .await;
        assert!(!self.reading.is_finished(), "the reader across runs failed");
        let mut account = Account::default();
        let mut seen = self.seen.lock().unwrap();
        for (run, head) in heads {
            account += of_seqs(&seen.remove(run).unwrap_or_default(), *head);
        }
        account
    }

    pub fn stop(&self) {
        self.reading.abort();
    }
}

async fn read(http: Http, seen: Seen) {
    let mut cursor = String::new();
    loop {
        let after = if cursor.is_empty() { String::new() } else { format!("&cursor={cursor}") };
        let path = format!("/api/v1/events?limit=5000&wait=2{after}");
        // Through outages; the same cursor again is always safe.
        let page = until("a page across runs", || async {
            http.try_get(&path).await.ok().filter(|answer| answer.status == 200).map(|answer| answer.json())
        })
        .await;
        let mut seen = seen.lock().unwrap();
        for event in page["events"].as_array().expect("`events`") {
            let run = event["runId"].as_str().expect("`runId`").to_owned();
            seen.entry(run).or_default().push(event["seq"].as_u64().expect("`seq`"));
        }
        cursor = match &page["nextCursor"] {
            Value::String(next) => next.clone(),
            other => panic!("no cursor: {other}"),
        };
    }
}
