//! Writers of log lines that number them, and what became of the lines.

use std::collections::HashSet;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::support::ledger::Account;
use crate::support::{Http, event, node_event, run_id, until};

/// Lines in a request.
const BATCH: usize = 20;

pub struct LineLoad {
    stop: watch::Sender<bool>,
    writers: Vec<JoinHandle<Sent>>,
}

/// The lines `1..=lines` of one run's node, all acknowledged.
struct Sent {
    run_id: String,
    lines: usize,
}

/// What all writers sent.
pub struct AllSent(Vec<Sent>);

impl LineLoad {
    /// One writer, with a run of its own, through each of these.
    pub fn start(clients: &[Http]) -> Self {
        let stop = watch::Sender::new(false);
        let writers =
            clients.iter().map(|http| tokio::spawn(write(http.clone(), stop.subscribe()))).collect();
        Self { stop, writers }
    }

    /// Each writer finishes what it has begun and closes its run.
    pub async fn finish(self) -> AllSent {
        self.stop.send_replace(true);
        let mut sent = Vec::new();
        for writer in self.writers {
            sent.push(writer.await.expect("a writer of lines failed"));
        }
        AllSent(sent)
    }
}

async fn write(http: Http, stopped: watch::Receiver<bool>) -> Sent {
    let mut sent = Sent { run_id: run_id(), lines: 0 };
    let events = format!("/api/v1/runs/{}/events", sent.run_id);
    acknowledged(&http, &events, &json!([event("RUN_STARTED"), node_event("NODE_STARTED", "n")])).await;
    while !*stopped.borrow() {
        let batch: String = (sent.lines + 1..=sent.lines + BATCH)
            .map(
                |n| json!({ "nodeRef": "n", "attempt": 1, "stream": "stdout", "lineNo": n, "text": text(n) }),
            )
            .map(|line| format!("{line}\n"))
            .collect();
        let path = format!("/api/v1/runs/{}/logs", sent.run_id);
        until("lines are acknowledged", || async {
            let headers = [("content-type", "application/x-ndjson")];
            let answer = http.send(http::Method::POST, &path, &headers, batch.clone()).await;
            answer.ok().filter(|answer| answer.status == 200)
        })
        .await;
        sent.lines += BATCH;
    }
    acknowledged(&http, &events, &json!([node_event("NODE_COMPLETED", "n"), event("RUN_COMPLETED")])).await;
    sent
}

async fn acknowledged(http: &Http, path: &str, events: &Value) {
    until("events are acknowledged", || async {
        http.try_post(path, events).await.ok().filter(|answer| answer.status == 200)
    })
    .await;
}

fn text(n: usize) -> String {
    format!("line {n} {}", "=".repeat(n % 60))
}

impl AllSent {
    /// Reads every line back, from wherever it lies by now.
    pub async fn account(&self, http: &Http) -> Account {
        let mut account = Account::default();
        for Sent { run_id, lines } in &self.0 {
            let stored = until("the lines can be read", || async {
                let path = format!("/api/v1/runs/{run_id}/logs?limit=1");
                (http.try_get(&path).await.ok()?.status == 200).then_some(())
            });
            stored.await;
            let stored = http.lines(run_id).await;
            let numbers: Vec<usize> =
                stored.iter().map(|line| line["lineNo"].as_u64().unwrap_or_default() as usize).collect();
            let distinct: HashSet<usize> = numbers.iter().copied().collect();
            account += Account {
                acknowledged: *lines,
                stored: stored.len(),
                lost: (1..=*lines).filter(|n| !distinct.contains(n)).count(),
                doubled: numbers.len() - distinct.len(),
                out_of_order: numbers.windows(2).filter(|pair| pair[1] <= pair[0]).count(),
                false_acks: 0,
                foreign: stored
                    .iter()
                    .zip(&numbers)
                    .filter(|(line, n)| line["text"] != text(**n) || **n > *lines)
                    .count(),
            };
        }
        account
    }
}
