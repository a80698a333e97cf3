//! A client that keeps a ledger: what it sent, and what was acknowledged with which seq.
//!
//! An append is sent again until it is answered, as the contract allows; whatever the server claims to
//! have taken must be there in the end, at its seq, once.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::http::Http;
use super::rng::Rng;
use super::wait::{LIMIT, until};

#[derive(Default)]
struct Book {
    /// Run and event id of everything ever sent.
    sent: HashSet<(String, String)>,
    /// Run and event id to the acknowledged seq.
    acked: HashMap<(String, String), u64>,
}

/// What became of what was sent: everything but the first two has to be 0.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    pub acknowledged: usize,
    pub stored: usize,
    /// Acknowledged, and not there.
    pub lost: usize,
    /// There more than once.
    pub doubled: usize,
    /// Not behind its predecessor without a gap.
    pub out_of_order: usize,
    /// Acknowledged with another place than it has.
    pub false_acks: usize,
    /// There, and never sent.
    pub foreign: usize,
}

impl Account {
    pub fn is_clean(&self) -> bool {
        let Self { lost, doubled, out_of_order, false_acks, foreign, .. } = *self;
        [lost, doubled, out_of_order, false_acks, foreign] == [0; 5]
    }
}

impl std::ops::AddAssign for Account {
    fn add_assign(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.stored += other.stored;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.out_of_order += other.out_of_order;
        self.false_acks += other.false_acks;
        self.foreign += other.foreign;
    }
}

#[derive(Clone, Default)]
pub struct Ledger {
    book: Arc<Mutex<Book>>,
}

impl Ledger {
    /// Appends, again and again until acknowledged, and returns the answer. An answer that is neither 200 nor
    /// 503 fails the test, and so does an acknowledgement that contradicts an earlier one.
    pub async fn append(&self, http: &Http, run_id: &str, events: &[Value]) -> Value {
        self.note_sent(run_id, events);
        let path = format!("/api/v1/runs/{run_id}/events");
        let body = Value::from(events);
        let answer = until("an append is acknowledged", || async {
            match http.try_post(&path, &body).await {
                Ok(answer) if answer.status == 503 => {
                    assert!(answer.header("retry-after").is_some(), "a 503 without Retry-After");
                    None
                }
                Ok(answer) => Some(answer.expect(200).json()),
                Err(_) => None,
            }
        })
        .await;
        self.note_acked(run_id, events, &answer);
        answer
    }

    pub fn note_sent(&self, run_id: &str, events: &[Value]) {
        let mut book = self.book.lock().unwrap();
        book.sent.extend(events.iter().map(|event| (run_id.to_owned(), id_of(event))));
    }

    pub fn note_acked(&self, run_id: &str, events: &[Value], answer: &Value) {
        let results = answer["results"].as_array().unwrap_or_else(|| panic!("no `results` in {answer}"));
        assert_eq!(results.len(), events.len(), "a result for each event: {answer}");
        let mut book = self.book.lock().unwrap();
        for (event, result) in events.iter().zip(results) {
            assert_eq!(result["eventId"], id_of(event), "results in the order sent");
            let seq = result["seq"].as_u64().unwrap_or_else(|| panic!("no `seq` in {result}"));
            assert!(
                answer["headSeq"].as_u64().is_some_and(|head| head >= seq),
                "headSeq behind an own event: {answer}"
            );
            let before = book.acked.insert((run_id.to_owned(), id_of(event)), seq);
            assert!(
                before.is_none_or(|before| before == seq),
                "acknowledged with two seqs: {result}, before {before:?}"
            );
        }
    }

    pub fn acked(&self) -> usize {
        self.book.lock().unwrap().acked.len()
    }

    /// The runs that anything was sent to.
    pub fn runs(&self) -> Vec<String> {
        let book = self.book.lock().unwrap();
        let runs: HashSet<&String> = book.sent.iter().map(|(run_id, _)| run_id).collect();
        runs.into_iter().cloned().collect()
    }

    /// Counts what `verify` would fail for. Events that only a server writes of its own accord are not foreign.
    pub fn account(&self, run_id: &str, events: &[Value]) -> Account {
        let book = self.book.lock().unwrap();
        let mut account = Account { stored: events.len(), ..Account::default() };
        let mut stored = HashMap::new();
        for (place, event) in events.iter().enumerate() {
            let seq = event["seq"].as_u64().unwrap_or_default();
            account.out_of_order += usize::from(seq != place as u64 + 1);
            let key = (run_id.to_owned(), id_of(event));
            let is_own = event["type"] == "RUN_STALE" || event["type"] == "NODE_LOG_CLOSED";
            account.foreign += usize::from(!is_own && !book.sent.contains(&key));
            account.doubled += usize::from(stored.insert(key, seq).is_some());
        }
        for (key, seq) in book.acked.iter().filter(|((run, _), _)| run == run_id) {
            account.acknowledged += 1;
            match stored.get(key) {
                None => account.lost += 1,
                Some(at) => account.false_acks += usize::from(at != seq),
            }
        }
        account
    }

    /// Acknowledged ⊆ stored ⊆ sent, each once, at the seq that was acknowledged.
    pub fn verify(&self, run_id: &str, events: &[Value]) {
        let book = self.book.lock().unwrap();
        let mut stored = HashMap::new();
        for event in events {
            let seq = event["seq"].as_u64().expect("`seq`");
            let twice = stored.insert((run_id.to_owned(), id_of(event)), seq);
            assert!(twice.is_none(), "{run_id}: event {} is stored at {twice:?} and at {seq}", id_of(event));
        }
        for (key, seq) in book.acked.iter().filter(|((run, _), _)| run == run_id) {
            assert_eq!(stored.get(key), Some(seq), "{run_id}: event {} was acknowledged at {seq}", key.1);
        }
        for key in stored.keys() {
            assert!(book.sent.contains(key), "{run_id}: event {} was never sent", key.1);
        }
        drop(book);
        assert!(self.account(run_id, events).is_clean(), "{run_id}: {:?}", self.account(run_id, events));
    }
}

fn id_of(event: &Value) -> String {
    event["eventId"].as_str().expect("ledger events carry an id").to_owned()
}

/// Writers that append to some runs until they are told to stop.
pub struct Load {
    pub ledger: Ledger,
    stop: watch::Sender<bool>,
    acked: watch::Receiver<usize>,
    writers: Vec<JoinHandle<()>>,
}

impl Load {
    /// Starts `writers` tasks; each appends to any of `runs`, through any of `servers`.
    pub fn start(servers: &[Http], runs: &[String], writers: usize, rng: &mut Rng) -> Self {
        let ledger = Ledger::default();
        let stop = watch::Sender::new(false);
        let (count, acked) = watch::channel(0);
        let writers = (0..writers)
            .map(|writer| {
                let (ledger, stopped, count) = (ledger.clone(), stop.subscribe(), count.clone());
                let http = servers[writer % servers.len()].clone();
                let (runs, mut rng) = (runs.to_vec(), rng.split());
                tokio::spawn(async move {
                    while !*stopped.borrow() {
                        let run = &runs[rng.below(runs.len())];
                        let batch = batch(&mut rng);
                        ledger.append(&http, run, &batch).await;
                        count.send_modify(|acked| *acked += batch.len());
                    }
                })
            })
            .collect();
        Self { ledger, stop, acked, writers }
    }

    /// Waits until `more` further events have been acknowledged.
    pub async fn progress(&mut self, more: usize) {
        let goal = *self.acked.borrow_and_update() + more;
        let reached = tokio::time::timeout(LIMIT, self.acked.wait_for(|acked| *acked >= goal))
            .await
            .map(|all| all.is_ok());
        let acked = *self.acked.borrow();
        assert_eq!(reached, Ok(true), "only {acked} of {goal} events acknowledged, or a writer failed");
    }

    /// Stops the writers; each finishes what it has begun.
    pub async fn finish(self) -> Ledger {
        self.stop.send_replace(true);
        for writer in self.writers {
            writer.await.expect("a writer failed");
        }
        self.ledger
    }
}

/// A few events as a worker would send them, of nodes that go round and round.
fn batch(rng: &mut Rng) -> Vec<Value> {
    let node = format!("node-{}", rng.below(5));
    let size = 1 + rng.below(20);
    (0..size)
        .map(|n| match rng.below(6) {
            0 => json!({ "eventId": uuid::Uuid::now_v7(), "type": "NODE_STARTED", "nodeRef": node, "attempt": 1 + rng.below(3) }),
            1 => json!({ "eventId": uuid::Uuid::now_v7(), "type": "NODE_COMPLETED", "nodeRef": node, "attempt": 1 + rng.below(3) }),
            2 => json!({ "eventId": uuid::Uuid::now_v7(), "type": "NODE_RETRYING", "nodeRef": node, "attempt": 1 + rng.below(3), "error": { "message": "again" } }),
            3 => json!({ "eventId": uuid::Uuid::now_v7(), "type": "NOTE", "message": format!("note {n}") }),
            _ => json!({ "eventId": uuid::Uuid::now_v7(), "type": "NODE_PROGRESS", "nodeRef": node, "data": { "completed": n, "total": size } }),
        })
        .collect()
}
