//! What PostgreSQL takes at best: the rows that telltale would store, straight into a table of the same shape.

use std::pin::pin;
use std::time::{Duration, Instant};

use telltale::facts::event::Event;
use telltale::facts::id::{OrganizationId, RunId};
use telltale::facts::time::Timestamp;
use telltale::flow::ingest::{self, BodyFormat};
use telltale::store::clock;
use telltale::store::db::Target;
use tokio_postgres::Client;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use crate::harness::Outcome;
use crate::load::Batch;

/// Rows of a batch at the ceiling.
const ROWS: usize = 1_000;

/// One partitioned table with one partition, as `events` has for its current week, and all of its indexes.
const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS bench_events (LIKE events INCLUDING ALL) PARTITION BY RANGE (run_key);
    CREATE TABLE IF NOT EXISTS bench_events_all PARTITION OF bench_events DEFAULT";
const COLUMNS: &str = "run_key, seq, event_id, organization_id, xid, pos, type, node_ref, attempt, level, late, \
    occurred_at, recorded_at, hash, body";
const TYPES: [Type; 15] = [
    Type::UUID,
    Type::INT8,
    Type::UUID,
    Type::UUID,
    Type::INT8,
    Type::INT4,
    Type::TEXT,
    Type::TEXT,
    Type::INT4,
    Type::TEXT,
    Type::BOOL,
    Type::TIMESTAMPTZ,
    Type::TIMESTAMPTZ,
    Type::BYTEA,
    Type::JSON,
];

pub async fn make_table(target: &Target) -> Outcome<()> {
    target.open().await?.batch_execute(TABLE).await?;
    Ok(())
}

/// The columns of a batch, as a lane would lay them out.
struct Rows {
    run_key: Vec<Uuid>,
    seq: Vec<i64>,
    event_id: Vec<Uuid>,
    organization: Vec<Uuid>,
    xid: Vec<i64>,
    pos: Vec<i32>,
    kind: Vec<String>,
    node: Vec<Option<String>>,
    attempt: Vec<Option<i32>>,
    level: Vec<String>,
    late: Vec<bool>,
    occurred_at: Vec<Timestamp>,
    recorded_at: Vec<Timestamp>,
    hash: Vec<Vec<u8>>,
    body: Vec<String>,
}

impl Rows {
    /// What telltale itself makes of a request's body.
    fn of(count: usize) -> Outcome<Self> {
        let mut batch = Batch::of(count);
        batch.renew();
        let run_id: RunId = format!("ceiling-{}", Uuid::now_v7()).parse()?;
        let inputs = ingest::parse_events(&batch.body, BodyFormat::Json, clock::now());
        let inputs = inputs.map_err(|faults| format!("{faults:?}"))?;
        let key = Uuid::now_v7();
        let each = |make: fn(&Event) -> String| -> Vec<String> {
            inputs.iter().map(|input| make(&input.event)).collect()
        };
        let bodies: Result<Vec<String>, _> = inputs.iter().map(|input| input.event.body(&run_id)).collect();
        Ok(Self {
            run_key: vec![key; count],
            seq: (1..=count as i64).collect(),
            event_id: inputs.iter().map(|input| input.event.event_id.0).collect(),
            organization: vec![OrganizationId::DEFAULT.0; count],
            xid: vec![1_000; count],
            pos: (1..=count as i32).collect(),
            kind: each(|event| event.kind.as_str().to_owned()),
            node: inputs
                .iter()
                .map(|input| input.event.node_ref.as_ref().map(|n| n.as_str().into()))
                .collect(),
            attempt: vec![Some(1); count],
            level: each(|event| event.level.as_str().to_owned()),
            late: vec![false; count],
            occurred_at: inputs.iter().map(|input| input.event.occurred_at).collect(),
            recorded_at: vec![clock::now(); count],
            hash: (0..count)
                .map(|_| [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat())
                .collect(),
            body: bodies?,
        })
    }

    /// The same rows further on: new places and ids.
    fn renew(&mut self) {
        let count = self.seq.len() as i64;
        for seq in &mut self.seq {
            *seq += count;
        }
        for id in &mut self.event_id {
            *id = Uuid::now_v7();
        }
        for xid in &mut self.xid {
            *xid += 1;
        }
    }
}

/// Events a second by UNNEST, 1,000 rows a statement, on one connection.
pub async fn unnest(target: &Target, spell: Duration) -> Outcome<f64> {
    let client = target.open().await?;
    let arrays: Vec<String> = (1..=TYPES.len()).map(|place| format!("${place}")).collect();
    let mut types: Vec<Type> = TYPES.iter().map(array_of).collect();
    // Bodies go in as text, as telltale sends them.
    types[14] = Type::TEXT_ARRAY;
    let columns = COLUMNS.replace(", body", ", body::json");
    let text = format!(
        "INSERT INTO bench_events ({COLUMNS}) SELECT {columns} FROM unnest({}) AS given ({COLUMNS})",
        arrays.join(", ")
    );
    let statement = client.prepare_typed(&text, &types).await?;
    let mut rows = Rows::of(ROWS)?;
    let mut count = 0;
    let started = Instant::now();
    while started.elapsed() < spell {
        rows.renew();
        let params: [&(dyn ToSql + Sync); 15] = [
            &rows.run_key,
            &rows.seq,
            &rows.event_id,
            &rows.organization,
            &rows.xid,
            &rows.pos,
            &rows.kind,
            &rows.node,
            &rows.attempt,
            &rows.level,
            &rows.late,
            &rows.occurred_at,
            &rows.recorded_at,
            &rows.hash,
            &rows.body,
        ];
        count += client.execute(&statement, &params).await?;
    }
    Ok(count as f64 / started.elapsed().as_secs_f64())
}

fn array_of(element: &Type) -> Type {
    match *element {
        Type::UUID => Type::UUID_ARRAY,
        Type::INT8 => Type::INT8_ARRAY,
        Type::INT4 => Type::INT4_ARRAY,
        Type::BOOL => Type::BOOL_ARRAY,
        Type::TIMESTAMPTZ => Type::TIMESTAMPTZ_ARRAY,
        Type::BYTEA => Type::BYTEA_ARRAY,
        _ => Type::TEXT_ARRAY,
    }
}

/// Events a second by COPY BINARY, 1,000 rows a transaction, on one connection.
pub async fn copy(target: &Target, spell: Duration) -> Outcome<f64> {
    let client = target.open().await?;
    let statement = format!("COPY bench_events ({COLUMNS}) FROM STDIN BINARY");
    let mut rows = Rows::of(ROWS)?;
    let documents: Vec<JsonText> = rows.body.iter().map(|body| JsonText(body.clone())).collect();
    let mut count = 0;
    let started = Instant::now();
    while started.elapsed() < spell {
        rows.renew();
        let sink = client.copy_in(&statement).await?;
        let mut writer = pin!(BinaryCopyInWriter::new(sink, &TYPES));
        for (row, document) in documents.iter().enumerate() {
            let params: [&(dyn ToSql + Sync); 15] = [
                &rows.run_key[row],
                &rows.seq[row],
                &rows.event_id[row],
                &rows.organization[row],
                &rows.xid[row],
                &rows.pos[row],
                &rows.kind[row],
                &rows.node[row],
                &rows.attempt[row],
                &rows.level[row],
                &rows.late[row],
                &rows.occurred_at[row],
                &rows.recorded_at[row],
                &rows.hash[row],
                document,
            ];
            writer.as_mut().write(&params).await?;
        }
        count += writer.finish().await?;
    }
    Ok(count as f64 / started.elapsed().as_secs_f64())
}

/// Text that goes into a `json` column as it is.
#[derive(Debug)]
struct JsonText(String);

impl ToSql for JsonText {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut bytes::BytesMut,
    ) -> Result<tokio_postgres::types::IsNull, Box<dyn std::error::Error + Sync + Send>> {
        self.0.to_sql(ty, out)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::JSON
    }

    tokio_postgres::types::to_sql_checked!();
}

/// Events a second by single-row INSERTs, each committed by itself, on `connections` connections.
pub async fn single(target: &Target, connections: usize, spell: Duration) -> Outcome<f64> {
    let places: Vec<String> = (1..=TYPES.len()).map(|place| format!("${place}")).collect();
    let text = format!("INSERT INTO bench_events ({COLUMNS}) VALUES ({})", places.join(", "));
    let mut ready = Vec::new();
    for _ in 0..connections {
        let client = target.open().await?;
        let statement = client.prepare_typed(&text, &TYPES).await?;
        ready.push((client, statement, Rows::of(1)?));
    }
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for (client, statement, rows) in ready {
        tasks.spawn(insert_singly(client, statement, rows, started + spell));
    }
    let mut count = 0;
    while let Some(done) = tasks.join_next().await {
        count += done??;
    }
    Ok(count as f64 / started.elapsed().as_secs_f64())
}

async fn insert_singly(
    client: Client,
    statement: tokio_postgres::Statement,
    mut rows: Rows,
    until: Instant,
) -> Outcome<u64> {
    let document = JsonText(rows.body[0].clone());
    let mut count = 0;
    while Instant::now() < until {
        rows.renew();
        let params: [&(dyn ToSql + Sync); 15] = [
            &rows.run_key[0],
            &rows.seq[0],
            &rows.event_id[0],
            &rows.organization[0],
            &rows.xid[0],
            &rows.pos[0],
            &rows.kind[0],
            &rows.node[0],
            &rows.attempt[0],
            &rows.level[0],
            &rows.late[0],
            &rows.occurred_at[0],
            &rows.recorded_at[0],
            &rows.hash[0],
            &document,
        ];
        count += client.execute(&statement, &params).await?;
    }
    Ok(count)
}
