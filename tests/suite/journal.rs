//! The journal from inside: what black-box tests can't see, such as rows that disagree with bodies.

use std::sync::Arc;

use parking_lot::Mutex;
use telltale::facts::batch::{BodyFormat, parse_events};
use telltale::facts::event_input::Defaults;
use telltale::facts::id::{OrganizationId, RunId};
use telltale::store::db::{Db, connect, migrate};
use telltale::store::journal::read::Position;
use telltale::store::journal::{AppendRequest, Committed, Journal, NewEvent, Outcome, read};
use telltale::store::partitions::{self, RunKeys};
use telltale::store::{clock, runs};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::migrate::{Empty, empty};
use crate::support::until;

/// A journal on a database of its own.
struct Bench {
    database: Empty,
    db: Db,
    journal: Journal,
    committed: Arc<Mutex<Vec<Committed>>>,
    _writers: JoinSet<()>,
}

async fn bench() -> Bench {
    let database = empty().await;
    migrate::up(&database.target).await.unwrap();
    let db = connect(&database.target, 8, true).await.unwrap();
    let keys = Arc::new(RunKeys::default());
    partitions::ensure(&db, &keys, clock::now()).await.unwrap();
    let committed = Arc::new(Mutex::new(Vec::new()));
    let heard = committed.clone();
    let mut writers = JoinSet::new();
    let journal =
        Journal::start(db.clone(), 2, keys, Arc::new(move |one| heard.lock().push(one)), &mut writers);
    Bench { database, db, journal, committed, _writers: writers }
}

fn request(run: &str, body: &str) -> AppendRequest {
    let run_id: RunId = run.parse().unwrap();
    let defaults = || Defaults { received_at: clock::now(), event_id: Uuid::now_v7() };
    let inputs = parse_events(body.as_bytes(), BodyFormat::Json, defaults).unwrap();
    let events = inputs
        .into_iter()
        .map(|input| NewEvent {
            body: input.event.body(&run_id).unwrap().into(),
            event: input.event,
            id_given: input.id_given,
            recorded_at: None,
        })
        .collect();
    AppendRequest {
        organization: OrganizationId::DEFAULT,
        run_id,
        events,
        only_if_new: false,
        enqueue: None,
        claim: None,
        imported_as: None,
    }
}

#[tokio::test]
async fn an_event_is_stored_once_and_the_projection_is_the_fold() {
    let bench = bench().await;
    let id = Uuid::new_v4();
    let body = format!(
        r#"[{{"type":"RUN_QUEUED","data":{{"workflow":"w","labels":{{"a":"b"}},"inputs":{{"n":1e2}},"nodes":["x","y"]}}}},
            {{"type":"NODE_STARTED","nodeRef":"x","eventId":"{id}"}},
            {{"type":"NODE_STARTED","nodeRef":"x","eventId":"{id}"}}]"#
    );
    let first = bench.journal.append(request("r", &body)).await.unwrap();
    assert_eq!((first.head_seq, first.created), (2, true));
    assert_eq!(first.results[2].outcome, Outcome::Duplicate);
    assert_eq!(first.results[2].seq, first.results[1].seq);
    let again = bench
        .journal
        .append(request("r", &format!(r#"[{{"type":"NODE_STARTED","nodeRef":"x","eventId":"{id}"}},{{"type":"NODE_COMPLETED","nodeRef":"x"}},{{"type":"RUN_FAILED","error":{{"message":"no"}}}},{{"type":"NODE_COMPLETED","nodeRef":"y"}}]"#)))
        .await
        .unwrap();
    let outcomes: Vec<_> = again.results.iter().map(|result| (result.seq, result.outcome)).collect();
    assert_eq!(
        outcomes,
        [(2, Outcome::Duplicate), (3, Outcome::Accepted), (4, Outcome::Accepted), (5, Outcome::Late)]
    );
    let (key, projected) =
        runs::state(&bench.db, OrganizationId::DEFAULT, &"r".parse().unwrap()).await.unwrap().unwrap();
    let folded = read::state_at(&bench.db, key, 5).await.unwrap();
    assert_eq!(projected, folded);
    let seqs: Vec<u64> = bench.committed.lock().iter().flat_map(|c| c.events.iter().map(|e| e.seq)).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
    drop(bench.journal);
    drop(bench.db);
    bench.database.drop_it().await;
}

#[tokio::test]
async fn long_runs_fold_from_a_checkpoint_to_the_same_state() {
    let bench = bench().await;
    for _ in 0..3 {
        let events: Vec<String> = (0..900)
            .map(|n| {
                format!(r#"{{"type":"NODE_PROGRESS","nodeRef":"n{}","data":{{"completed":{n}}}}}"#, n % 7)
            })
            .collect();
        bench.journal.append(request("long", &format!("[{}]", events.join(",")))).await.unwrap();
    }
    let (key, projected) =
        runs::state(&bench.db, OrganizationId::DEFAULT, &"long".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(projected, read::state_at(&bench.db, key, 2_700).await.unwrap());
    let early = read::state_at(&bench.db, key, 1_500).await.unwrap();
    assert_eq!(early.head.head_seq, 1_500);
    drop(bench.journal);
    drop(bench.db);
    bench.database.drop_it().await;
}

#[tokio::test]
async fn two_journals_on_the_same_runs_keep_every_event() {
    let bench = bench().await;
    let keys = Arc::new(RunKeys::default());
    partitions::ensure(&bench.db, &keys, clock::now()).await.unwrap();
    let mut writers = JoinSet::new();
    let other = Journal::start(bench.db.clone(), 2, keys, Arc::new(|_| ()), &mut writers);
    let mut appends = JoinSet::new();
    for n in 0..400 {
        let journal = if n % 2 == 0 { bench.journal.clone() } else { other.clone() };
        let body = format!(r#"[{{"type":"NOTE","eventId":"{}"}}]"#, Uuid::new_v4());
        appends.spawn(
            async move { journal.append(request(&format!("shared-{}", n % 3), &body)).await.unwrap() },
        );
    }
    while let Some(done) = appends.join_next().await {
        assert_eq!(done.unwrap().results[0].outcome, Outcome::Accepted);
    }
    let mut total = 0;
    for run in 0..3 {
        let run_id = format!("shared-{run}").parse().unwrap();
        total += runs::find(&bench.db, OrganizationId::DEFAULT, &run_id).await.unwrap().unwrap().head_seq;
    }
    assert_eq!(total, 400);
    drop((bench.journal, other));
    drop(bench.db);
    bench.database.drop_it().await;
}

#[tokio::test]
async fn restored_events_come_before_everything_new_for_cross_run_readers() {
    let bench = bench().await;
    for n in 0..6 {
        bench
            .journal
            .append(request(&format!("r{}", n % 2), r#"[{"type":"NOTE"},{"type":"NOTE"}]"#))
            .await
            .unwrap();
    }
    let client = bench.database.target.open().await.unwrap();
    let installation = read::installation(&bench.db).await.unwrap();
    // What a restored dump looks like: transaction ids of another cluster, far ahead of this one's.
    client.execute("UPDATE events SET xid = xid + (1::bigint << 40)", &[]).await.unwrap();
    let all = |from| read::across(&bench.db, OrganizationId::DEFAULT, from, 100, &[]);
    assert!(all(Position::default()).await.unwrap().is_empty());
    let adopted: i64 = client.query_one("SELECT adopt_restored_events()", &[]).await.unwrap().get(0);
    assert_eq!(adopted, 12);
    let restored = read::installation(&bench.db).await.unwrap();
    assert_ne!(restored.id, installation.id);
    assert_eq!(restored.earlier.first().map(|(earlier, _)| *earlier), Some(installation.id));
    bench.journal.append(request("r0", r#"[{"type":"NOTE"}]"#)).await.unwrap();
    // Another test's transaction, older than ours, may still hold the new event back.
    until("the new event can be read", || async {
        (all(Position::default()).await.unwrap().len() == 13).then_some(())
    })
    .await;
    let mut from = Position::default();
    let mut seqs: Vec<u64> = Vec::new();
    // One at a time: a position stands for one event only.
    while let Some((position, event)) =
        read::across(&bench.db, OrganizationId::DEFAULT, from, 1, &[]).await.unwrap().pop()
    {
        from = position;
        seqs.push(event.seq);
    }
    assert_eq!(seqs.len(), 13);
    assert_eq!(seqs.last(), Some(&7));
    drop(client);
    drop(bench.journal);
    drop(bench.db);
    bench.database.drop_it().await;
}
