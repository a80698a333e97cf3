//! The queue of runs that workers execute: claims, leases, and who has what.
//!
//! A row lives from its run's RUN_QUEUED to its terminal event, written and removed by the journal. This module only
//! moves it from one worker to the next. Leases are kept by the database's clock, since servers' clocks differ.

use std::time::Duration;

use uuid::Uuid;

use super::db::row::{column, number, parsed};
use super::db::{Db, DbError, Query, query};
use crate::facts::id::{OrganizationId, RunId, RunKey};
use crate::facts::time::Timestamp;

const CLAIM: Query = query!("queue/claim"; UUID, TEXT, TEXT_ARRAY, INT4, FLOAT8);
const HEARTBEAT: Query = query!("queue/heartbeat"; UUID, TEXT, TEXT_ARRAY, INT4_ARRAY, FLOAT8);
const RELEASE: Query = query!("queue/release"; UUID, TEXT, TEXT_ARRAY, INT4_ARRAY);
const FREE_LAPSED: Query = query!("queue/free_lapsed"; INT8);
const REQUEST_CANCEL: Query = query!("queue/request_cancel"; UUID, TEXT, FLOAT8);
const UNSERVED: Query = query!("queue/unserved"; TIMESTAMPTZ, INT8);
const CLAIMS: Query = query!("queue/claims"; UUID, INT8);

const PRIORITY: Query = query!("queue/priority"; UUID, TEXT);
const HELD: Query = query!("queue/held"; UUID, TEXT, INT4);
const WAITS: Query = query!("queue/waits"; TEXT_ARRAY);

/// How long a claim lasts without a sign of its worker: short, since a dead worker's runs wait that long, but with room for
/// several lost heartbeats and a server's restart.
pub const LEASE: Duration = Duration::from_secs(15);

/// A run that a worker has got, with all it needs to go on.
#[derive(Debug, Clone)]
pub struct Claimed {
    pub run_id: RunId,
    /// The fencing token: a later claim of the run has a higher one.
    pub claim: i32,
    pub workflow: String,
    pub version: i32,
    pub source: String,
    pub head_seq: u64,
    pub cancel_requested: bool,
    /// Its end may make room for another run of its workflow.
    pub is_limited: bool,
}

/// A claim as its worker names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Claim {
    pub run_id: RunId,
    pub claim: i32,
}

/// A claim that is still its worker's.
#[derive(Debug, Clone)]
pub struct Held {
    pub claim: Claim,
    pub cancel_requested: bool,
}

/// A run whose worker did not extend its lease.
#[derive(Debug, Clone)]
pub struct Lapsed {
    pub run_key: RunKey,
    pub organization: OrganizationId,
    pub run_id: RunId,
    pub claim: i32,
    pub worker: String,
}

/// A run that has waited for a while.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub run_key: RunKey,
    pub organization: OrganizationId,
    pub run_id: RunId,
    pub engines: Vec<String>,
}

/// What asking for a queued run's end came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelRequest {
    /// Nobody had it: it is the asker's under this claim, to be ended at once.
    Ours(i32),
    /// This worker will learn of it with its next heartbeat.
    Told(String),
    /// Nobody has it now, but it has begun: the next worker will end it.
    Noted,
}

/// Whether a run waits for a worker that has no more than `engines`.
pub async fn waits(db: &Db, engines: &[&str]) -> Result<bool, DbError> {
    column(&db.get().await?.query_one(&WAITS, &[&engines]).await?, 0)
}

/// Claims up to `limit` waiting runs that need nothing but `engines`, the most urgent first.
pub async fn claim(
    db: &Db,
    organization: OrganizationId,
    worker: &str,
    engines: &[String],
    limit: i32,
) -> Result<Vec<Claimed>, DbError> {
    let rows =
        db.get().await?.query(&CLAIM, &[&organization.0, &worker, &engines, &limit, &lease_ms()]).await?;
    rows.iter()
        .map(|row| {
            Ok(Claimed {
                run_id: parsed(row, 0)?,
                claim: column(row, 1)?,
                workflow: column(row, 2)?,
                version: column(row, 3)?,
                source: column(row, 4)?,
                head_seq: number(row, 5)?,
                cancel_requested: column(row, 6)?,
                is_limited: column(row, 7)?,
            })
        })
        .collect()
}

/// Extends the leases of `claims`, and answers with those that are the worker's still.
pub async fn heartbeat(
    db: &Db,
    organization: OrganizationId,
    worker: &str,
    claims: &[Claim],
) -> Result<Vec<Held>, DbError> {
    let (runs, numbers) = arrays(claims);
    let rows =
        db.get().await?.query(&HEARTBEAT, &[&organization.0, &worker, &runs, &numbers, &lease_ms()]).await?;
    rows.iter()
        .map(|row| {
            let claim = Claim { run_id: parsed(row, 0)?, claim: column(row, 1)? };
            Ok(Held { claim, cancel_requested: column(row, 2)? })
        })
        .collect()
}

/// The priority of a run that is in the queue, claimed or not.
pub async fn priority(db: &Db, organization: OrganizationId, run_id: &RunId) -> Result<Option<i32>, DbError> {
    let row = db.get().await?.query_opt(&PRIORITY, &[&organization.0, &run_id.as_str()]).await?;
    row.map(|row| column(&row, 0)).transpose()
}

/// The run of this claim, while it is the run's last one.
pub async fn held(
    db: &Db,
    organization: OrganizationId,
    run_id: &RunId,
    claim: i32,
) -> Result<Option<RunKey>, DbError> {
    let row = db.get().await?.query_opt(&HELD, &[&organization.0, &run_id.as_str(), &claim]).await?;
    row.map(|row| column(&row, 0).map(RunKey)).transpose()
}

/// Gives claims back, so that others need not wait for their leases to end; answers with those that were the worker's.
pub async fn release(
    db: &Db,
    organization: OrganizationId,
    worker: &str,
    claims: &[Claim],
) -> Result<Vec<Claim>, DbError> {
    let (runs, numbers) = arrays(claims);
    let rows = db.get().await?.query(&RELEASE, &[&organization.0, &worker, &runs, &numbers]).await?;
    rows.iter().map(|row| Ok(Claim { run_id: parsed(row, 0)?, claim: column(row, 1)? })).collect()
}

/// Frees at most `limit` runs whose lease has ended.
pub async fn free_lapsed(db: &Db, limit: u32) -> Result<Vec<Lapsed>, DbError> {
    let rows = db.get().await?.query(&FREE_LAPSED, &[&i64::from(limit)]).await?;
    rows.iter()
        .map(|row| {
            Ok(Lapsed {
                run_key: RunKey(column::<Uuid>(row, 0)?),
                organization: OrganizationId(column(row, 1)?),
                run_id: parsed(row, 2)?,
                claim: column(row, 3)?,
                worker: column(row, 4)?,
            })
        })
        .collect()
}

/// Asks for a queued run's end; `asker` is a name that no worker has. `None`: the run is not in the queue.
pub async fn request_cancel(db: &Db, run_key: RunKey, asker: &str) -> Result<Option<CancelRequest>, DbError> {
    let row = db.get().await?.query_opt(&REQUEST_CANCEL, &[&run_key.0, &asker, &lease_ms()]).await?;
    let Some(row) = row else { return Ok(None) };
    let worker: Option<String> = column(&row, 2)?;
    Ok(Some(match worker {
        _ if column::<bool>(&row, 1)? => CancelRequest::Ours(column(&row, 0)?),
        Some(worker) => CancelRequest::Told(worker),
        None => CancelRequest::Noted,
    }))
}

/// At most `limit` runs that have waited since before `since`, the oldest first.
pub async fn unserved(db: &Db, since: Timestamp, limit: u32) -> Result<Vec<Waiting>, DbError> {
    let rows = db.get().await?.query(&UNSERVED, &[&since, &i64::from(limit)]).await?;
    rows.iter()
        .map(|row| {
            Ok(Waiting {
                run_key: RunKey(column::<Uuid>(row, 0)?),
                organization: OrganizationId(column(row, 1)?),
                run_id: parsed(row, 2)?,
                engines: column(row, 3)?,
            })
        })
        .collect()
}

/// The claims that workers have, by worker; at most `limit`.
pub async fn claims(
    db: &Db,
    organization: OrganizationId,
    limit: u32,
) -> Result<Vec<(String, Claim)>, DbError> {
    let rows = db.get().await?.query(&CLAIMS, &[&organization.0, &i64::from(limit)]).await?;
    rows.iter()
        .map(|row| {
            let claim = Claim { run_id: parsed(row, 1)?, claim: column(row, 2)? };
            Ok((column(row, 0)?, claim))
        })
        .collect()
}

fn lease_ms() -> f64 {
    LEASE.as_secs_f64() * 1_000.0
}

fn arrays(claims: &[Claim]) -> (Vec<&str>, Vec<i32>) {
    claims.iter().map(|claim| (claim.run_id.as_str(), claim.claim)).unzip()
}
