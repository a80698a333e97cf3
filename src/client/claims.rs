//! Claims, as workers handle them: asked for, kept, given back, and named with what is written under them.

use std::time::Duration;

use reqwest::RequestBuilder;
use serde::{Deserialize, Serialize};

use crate::facts::id::RunId;

use super::api::Client;
use super::error::ClientError;
use super::transport::send_for_json;

/// Names the claim under which something is written.
const CLAIM_HEADER: &str = "telltale-claim";

/// A run that the worker has got.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimedRun {
    pub run_id: RunId,
    /// The fencing token: see [`Client::under_claim`].
    pub claim: i32,
    pub workflow: String,
    pub version: i32,
    /// The workflow's text.
    pub source: String,
    pub head_seq: u64,
    pub cancel_requested: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimedRuns {
    /// How long a claim lasts without a heartbeat, in milliseconds.
    pub lease_ms: u64,
    pub claims: Vec<ClaimedRun>,
}

/// A claim by its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimName {
    pub run_id: RunId,
    pub claim: i32,
}

/// How it stands with a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClaimState {
    Held,
    /// Another worker may have the run.
    Lost,
    /// Held, and the run is to be ended.
    Cancelling,
    Released,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimStatus {
    pub run_id: RunId,
    pub claim: i32,
    pub state: ClaimState,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimStates {
    pub lease_ms: u64,
    /// In the order sent.
    pub claims: Vec<ClaimStatus>,
}

/// A worker that was seen lately or has claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkerSummary {
    pub worker: String,
    pub engines: Vec<String>,
    #[serde(default)]
    pub seen_ms_ago: Option<u64>,
    pub claims: Vec<HeldClaim>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldClaim {
    pub run_id: RunId,
    pub claim: i32,
}

#[derive(Deserialize)]
struct Workers {
    workers: Vec<WorkerSummary>,
}

impl Client {
    /// This client, writing under a claim: events, lines, files and closed logs name it, and are refused (409) once the run was
    /// claimed again.
    #[must_use]
    pub fn under_claim(&self, claim: i32) -> Self {
        let mut client = self.clone();
        client.claim = Some(claim);
        client
    }

    /// Whether what this client writes names a claim.
    #[must_use]
    pub fn is_under_claim(&self) -> bool {
        self.claim.is_some()
    }

    /// `POST /api/v1/claims`: up to `limit` (1–64) runs that need none but `engines`; waits up to `wait` (30 s) for the first.
    pub async fn claim_runs(
        &self,
        worker: &str,
        engines: &[String],
        limit: u32,
        wait: Duration,
    ) -> Result<ClaimedRuns, ClientError> {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let body = serde_json::json!({
            "worker": worker, "engines": engines, "limit": limit, "waitMs": wait_ms,
        });
        let request = self.http.post(self.url(&["api", "v1", "claims"])).json(&body);
        send_for_json(&self.address(), request).await
    }

    /// `POST /api/v1/claims/heartbeat`: keeps the claims for another lease, at most 1,000 at once.
    pub async fn keep_claims(&self, worker: &str, claims: &[ClaimName]) -> Result<ClaimStates, ClientError> {
        self.send_claims("heartbeat", worker, claims).await
    }

    /// `POST /api/v1/claims/release`: gives the claims back, at most 1,000 at once.
    pub async fn release_claims(
        &self,
        worker: &str,
        claims: &[ClaimName],
    ) -> Result<ClaimStates, ClientError> {
        self.send_claims("release", worker, claims).await
    }

    /// `GET /api/v1/workers`
    pub async fn list_workers(&self) -> Result<Vec<WorkerSummary>, ClientError> {
        let request = self.http.get(self.url(&["api", "v1", "workers"]));
        send_for_json::<Workers>(&self.address(), request).await.map(|page| page.workers)
    }

    async fn send_claims(
        &self,
        what: &str,
        worker: &str,
        claims: &[ClaimName],
    ) -> Result<ClaimStates, ClientError> {
        let body = serde_json::json!({ "worker": worker, "claims": claims });
        let request = self.http.post(self.url(&["api", "v1", "claims", what])).json(&body);
        send_for_json(&self.address(), request).await
    }

    /// Adds the claim to a request that writes.
    pub(super) fn claimed(&self, request: RequestBuilder) -> RequestBuilder {
        match self.claim {
            Some(claim) => request.header(CLAIM_HEADER, claim),
            None => request,
        }
    }
}
