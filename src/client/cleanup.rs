//! Deletion and statistics, as clients ask for them.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::facts::cleanup::What;
use crate::facts::id::RunId;
use crate::facts::status::RunStatus;

use super::api::{Client, put};
use super::error::ClientError;
use super::transport::send_for_json;

/// Which runs are to go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CleanupQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub older_than_days: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub status: Vec<RunStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what: Option<What>,
}

/// What a plan comes to, or has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CleanupCounts {
    pub runs: u64,
    pub events: u64,
    pub lines: u64,
    /// Of lines and artifacts.
    pub bytes: u64,
    pub artifacts: u64,
}

/// A plan of deletion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CleanupPlan {
    pub plan_id: Uuid,
    #[serde(flatten)]
    pub counts: CleanupCounts,
    /// planned, applying, applied, failed or expired
    pub state: String,
    pub done: CleanupCounts,
    /// The first runs of the set.
    pub sample: Vec<RunId>,
}

/// Statistics of ended runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunStatistics {
    pub runs: u64,
    pub completed: u64,
    pub failed: u64,
    pub cancelled: u64,
    pub success_rate: Option<f64>,
    pub p50_duration_ms: Option<u64>,
    pub p95_duration_ms: Option<u64>,
    pub days: Vec<DayStatistics>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DayStatistics {
    pub day: String,
    pub runs: u64,
    pub completed: u64,
    pub failed: u64,
    pub cancelled: u64,
    pub p50_duration_ms: Option<u64>,
    pub p95_duration_ms: Option<u64>,
}

impl Client {
    /// `POST /api/v1/cleanup/plans`: deletes nothing.
    pub async fn plan_cleanup(&self, query: &CleanupQuery) -> Result<CleanupPlan, ClientError> {
        let request = self.http.post(self.url(&["api", "v1", "cleanup", "plans"])).json(query);
        send_for_json(&self.address(), request).await
    }

    /// `POST /api/v1/cleanup/plans/{planId}/apply`. 409: the set has changed.
    pub async fn apply_cleanup(&self, plan_id: Uuid) -> Result<CleanupPlan, ClientError> {
        let url = self.url(&["api", "v1", "cleanup", "plans", &plan_id.to_string(), "apply"]);
        send_for_json(&self.address(), self.http.post(url).json(&serde_json::json!({}))).await
    }

    /// `GET /api/v1/cleanup/plans/{planId}`
    pub async fn cleanup_plan(&self, plan_id: Uuid) -> Result<CleanupPlan, ClientError> {
        let url = self.url(&["api", "v1", "cleanup", "plans", &plan_id.to_string()]);
        send_for_json(&self.address(), self.http.get(url)).await
    }

    /// `GET /api/v1/statistics`, or those of one workflow.
    pub async fn statistics(&self, workflow: Option<&str>, days: u32) -> Result<RunStatistics, ClientError> {
        let mut url = match workflow {
            Some(name) => self.url(&["api", "v1", "workflows", name, "statistics"]),
            None => self.url(&["api", "v1", "statistics"]),
        };
        put(&mut url, "days", Some(days));
        send_for_json(&self.address(), self.http.get(url)).await
    }
}
