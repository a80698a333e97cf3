//! The hash chain, recomputed from the table without telltale's code, and the written projection.
//!
//! The layout is that of `docs/event-log.md`: `hash(n) = SHA-256(hash(n-1) ‖ seq ‖ recordedAt ‖ flags ‖ length ‖
//! body)`, `hash(0) = SHA-256("telltale/1" 0x00 ‖ organization ‖ runId)`; numbers big-endian, seq and recordedAt
//! (microseconds since 1970) in 8 bytes, flags in 1 (bit 0: late), length in 4.

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::fold;
use super::postgres::Database;

/// Recomputes the chain of a run and compares every link and the head; compares the columns that clients filter by
/// with the bodies, and the projection's rows with the fold of `events`.
pub async fn verify(database: &Database, run_id: &str, events: &[Value]) {
    let session = database.session().await;
    let run = session
        .query_one(
            "SELECT run_key, organization_id, head_seq, head_hash, status FROM runs WHERE run_id = $1",
            &[&run_id],
        )
        .await
        .expect("one row of the run");
    let key: Uuid = run.get(0);
    let mut hash = Sha256::new()
        .chain_update(b"telltale/1\0")
        .chain_update(run.get::<_, Uuid>(1).as_bytes())
        .chain_update(run_id)
        .finalize();
    let rows = session
        .query(
            "SELECT seq, (extract(epoch FROM recorded_at) * 1000000)::bigint, late, body::text, hash, event_id, type,
                node_ref, attempt, level, (extract(epoch FROM occurred_at) * 1000000)::bigint
             FROM events WHERE run_key = $1 ORDER BY seq",
            &[&key],
        )
        .await
        .expect("the rows of the events");
    assert_eq!(rows.len(), events.len(), "as many rows as events");
    for (row, event) in rows.iter().zip(events) {
        let (seq, recorded_at, late, body): (i64, i64, bool, &str) =
            (row.get(0), row.get(1), row.get(2), row.get(3));
        hash = Sha256::new()
            .chain_update(hash)
            .chain_update(seq.to_be_bytes())
            .chain_update(recorded_at.to_be_bytes())
            .chain_update([u8::from(late)])
            .chain_update((body.len() as u32).to_be_bytes())
            .chain_update(body)
            .finalize();
        assert_eq!(row.get::<_, &[u8]>(4), hash.as_slice(), "{run_id}: the chain breaks at seq {seq}");
        assert_eq!(event["seq"], seq);
        assert_eq!(event["eventId"], row.get::<_, Uuid>(5).to_string());
        assert_eq!(event["type"], row.get::<_, &str>(6));
        assert_eq!(event["nodeRef"].as_str(), row.get::<_, Option<&str>>(7));
        assert_eq!(event["attempt"].as_i64(), row.get::<_, Option<i32>>(8).map(i64::from));
        assert_eq!(event["level"], row.get::<_, &str>(9));
        assert_eq!(micros(&event["recordedAt"]), recorded_at);
        assert_eq!(micros(&event["occurredAt"]), row.get::<_, i64>(10));
    }
    assert_eq!(run.get::<_, &[u8]>(3), hash.as_slice(), "{run_id}: the head's hash");
    assert_eq!(run.get::<_, i64>(2), rows.len() as i64, "{run_id}: the head");
    let nodes = session
        .query("SELECT node_ref, status, attempt FROM nodes WHERE run_key = $1 ORDER BY position", &[&key])
        .await
        .expect("the rows of the nodes");
    let nodes: Vec<_> = nodes.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    fold::of(events).assert_rows(run.get(4), &nodes);
}

fn micros(time: &Value) -> i64 {
    time.as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_microsecond()
}
