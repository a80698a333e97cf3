//! Workers: they claim runs, keep their claims, give them back, and can be looked at.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::app::SharedApp;
use super::body;
use super::endpoint::{Call, Head};
use super::fields::Fields;
use super::problem::Problem;
use super::{Response, schema};
use crate::facts::id::RunId;
use crate::flow::queue::{self, Ask, ClaimState, Worker, WorkerEngine};
use crate::store::queue::{Claim, Claimed, LEASE};

/// Longest name of a worker: it is told in events.
const WORKER_MAX_BYTES: usize = 128;
/// Most runs claimed at once; each comes with its workflow's text.
const CLAIMS_AT_ONCE_MAX: i32 = 64;
/// Longest wait for a run.
const WAIT_MAX_MS: u64 = 30_000;
/// Most claims that one worker can keep or give back at once.
const CLAIMS_MAX: usize = 1_000;
/// What a worker sends with what it writes about a run.
const CLAIM_HEADER: &str = "telltale-claim";

/// What a worker asks for.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what is read field by field")]
pub struct ClaimRequest {
    /// Its name, 1–128 bytes, which no other worker has.
    worker: String,
    /// What it can execute with; only runs that need nothing else are given.
    engines: Vec<WorkerEngine>,
    /// 1 to 64.
    limit: i32,
    /// How long to wait for a run, at most 30,000.
    wait_ms: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimedRuns {
    /// How long a claim lasts without a heartbeat.
    pub lease_ms: u64,
    pub claims: Vec<ClaimedRun>,
}

/// A run that the worker has now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimedRun {
    pub run_id: String,
    /// To be sent as `Telltale-Claim` with all that is written about the run.
    pub claim: i32,
    pub workflow: String,
    pub version: i32,
    /// The workflow's text.
    pub source: String,
    pub head_seq: u64,
    pub cancel_requested: bool,
}

/// A claim as its worker names it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClaimName {
    #[schema(value_type = String)]
    run_id: RunId,
    claim: i32,
}

#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what is read field by field")]
pub struct ClaimList {
    worker: String,
    claims: Vec<ClaimName>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimStates {
    pub lease_ms: u64,
    /// In the order sent.
    pub claims: Vec<ClaimStatus>,
}

/// How it stands with a claim.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimStatus {
    pub run_id: String,
    pub claim: i32,
    pub state: ClaimState,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct WorkerPage {
    pub workers: Vec<WorkerSummary>,
}

/// A worker that was seen lately or has claims.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkerSummary {
    pub worker: String,
    pub engines: Vec<WorkerEngine>,
    /// When it last spoke to this server; null for one that speaks to another.
    pub seen_ms_ago: Option<u64>,
    pub claims: Vec<HeldClaim>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldClaim {
    pub run_id: String,
    pub claim: i32,
}

/// POST /api/v1/claims
pub async fn claim(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let ask = parse_ask(Fields::of(&body)?)?;
    // Its share of the memory for bodies is not kept while it waits.
    drop(body);
    let claimed = queue::claim(&app.core, call.head.organization(), &ask, &app.lifetime.stop).await?;
    let claims = claimed.into_iter().map(ClaimedRun::from).collect();
    Ok(schema::json(&ClaimedRuns { lease_ms: lease_ms(), claims }))
}

fn parse_ask(mut fields: Fields) -> Result<Ask, Problem> {
    let worker = worker(&mut fields);
    let engines: Option<Vec<WorkerEngine>> = fields.required("engines", "a list of docker and process");
    let limit: Option<i32> = fields.required("limit", "a whole number");
    if limit.is_some_and(|limit| !(1..=CLAIMS_AT_ONCE_MAX).contains(&limit)) {
        fields.fault("/limit", format!("is not a whole number from 1 to {CLAIMS_AT_ONCE_MAX}"));
    }
    let wait_ms: u64 = fields.optional("waitMs", "a whole number").unwrap_or(0);
    if wait_ms > WAIT_MAX_MS {
        fields.fault("/waitMs", format!("is more than {WAIT_MAX_MS}"));
    }
    fields.check()?;
    let mut engines = engines.unwrap_or_default();
    engines.sort_unstable();
    engines.dedup();
    Ok(Ask { worker, engines, limit: limit.unwrap_or(1), wait: Duration::from_millis(wait_ms) })
}

/// POST /api/v1/claims/heartbeat
pub async fn heartbeat(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let (worker, claims) = parse_claims(Fields::of(&body)?)?;
    Ok(states(queue::heartbeat(&app.core, call.head.organization(), &worker, claims).await?))
}

/// POST /api/v1/claims/release
pub async fn release(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let (worker, claims) = parse_claims(Fields::of(&body)?)?;
    Ok(states(queue::release(&app.core, call.head.organization(), &worker, claims).await?))
}

fn parse_claims(mut fields: Fields) -> Result<(String, Vec<Claim>), Problem> {
    let worker = worker(&mut fields);
    let claims: Vec<ClaimName> = fields.required("claims", "a list of {runId, claim}").unwrap_or_default();
    if claims.len() > CLAIMS_MAX {
        fields.fault("/claims", format!("are more than {CLAIMS_MAX}"));
    }
    fields.check()?;
    let claims = claims.into_iter().map(|name| Claim { run_id: name.run_id, claim: name.claim });
    Ok((worker, claims.collect()))
}

fn worker(fields: &mut Fields) -> String {
    let name = fields.text("worker", WORKER_MAX_BYTES);
    if name.is_none() {
        fields.fault("/worker", format!("is missing, and is a text of 1 to {WORKER_MAX_BYTES} bytes"));
    }
    name.unwrap_or_default()
}

fn states(claims: Vec<(Claim, ClaimState)>) -> Response {
    let status = |(claim, state): (Claim, ClaimState)| ClaimStatus {
        run_id: claim.run_id.to_string(),
        claim: claim.claim,
        state,
    };
    schema::json(&ClaimStates { lease_ms: lease_ms(), claims: claims.into_iter().map(status).collect() })
}

/// GET /api/v1/workers
pub async fn workers(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let workers = queue::workers(&app.core, call.head.organization()).await?;
    Ok(schema::json(&WorkerPage { workers: workers.into_iter().map(WorkerSummary::from).collect() }))
}

/// The claim under which the request writes, if it names one.
pub fn claim_of(head: &Head) -> Result<Option<i32>, Problem> {
    let Some(value) = head.headers.get(CLAIM_HEADER) else { return Ok(None) };
    let number = value.to_str().ok().and_then(|text| text.trim().parse::<i32>().ok());
    match number.filter(|number| *number >= 1) {
        Some(number) => Ok(Some(number)),
        None => Err(Problem::invalid_at("Telltale-Claim", "is not a whole number from 1 on")),
    }
}

fn lease_ms() -> u64 {
    millis(LEASE)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl From<Claimed> for ClaimedRun {
    fn from(run: Claimed) -> Self {
        Self {
            run_id: run.run_id.to_string(),
            claim: run.claim,
            workflow: run.workflow,
            version: run.version,
            source: run.source,
            head_seq: run.head_seq,
            cancel_requested: run.cancel_requested,
        }
    }
}

impl From<Worker> for WorkerSummary {
    fn from(worker: Worker) -> Self {
        let held = |claim: Claim| HeldClaim { run_id: claim.run_id.to_string(), claim: claim.claim };
        Self {
            worker: worker.name,
            engines: worker.engines,
            seen_ms_ago: worker.seen_ago.map(millis),
            claims: worker.claims.into_iter().map(held).collect(),
        }
    }
}
