//! Stored workflows, as clients handle them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::facts::id::RunId;
use crate::facts::status::RunStatus;
use crate::facts::time::Timestamp;

use super::api::{Client, put};
use super::error::ClientError;
use super::transport::{REQUEST_TIMEOUT, send, send_for_json};
use super::wire::RunState;

/// A workflow with one of its versions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredWorkflow {
    pub name: String,
    pub version: i32,
    pub latest_version: i32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The text as it was stored.
    pub source: String,
    #[serde(default)]
    pub description: Option<String>,
    /// The JSON Schema of a run's inputs.
    #[serde(default)]
    pub inputs: Option<Value>,
    #[serde(default)]
    pub engines: Vec<String>,
}

/// A workflow in the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowSummary {
    pub name: String,
    pub version: i32,
    #[serde(default)]
    pub description: Option<String>,
    pub node_count: u32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(default)]
    pub last_run: Option<LastRun>,
    pub counts: QueueCounts,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LastRun {
    pub run_id: RunId,
    pub status: RunStatus,
}

/// Runs that are not over: waiting for a worker, or with one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueCounts {
    pub waiting: u64,
    pub claimed: u64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowPage {
    pub workflows: Vec<WorkflowSummary>,
    #[serde(default)]
    pub next_cursor: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionSummary {
    pub version: i32,
    #[serde(default)]
    pub description: Option<String>,
    pub node_count: u32,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionPage {
    pub versions: Vec<VersionSummary>,
    #[serde(default)]
    pub next_before: Option<i32>,
}

/// The body of `POST /api/v1/workflows/{name}/run`; what is `None` is the workflow's own.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StartRun {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Value>,
}

impl Client {
    /// `PUT /api/v1/workflows/{name}`: a new version, unless the latest one has the same text.
    pub async fn put_workflow(&self, name: &str, source: &str) -> Result<StoredWorkflow, ClientError> {
        let request = self
            .http
            .put(self.workflow_url(name, &[]))
            .header(reqwest::header::CONTENT_TYPE, "application/yaml")
            .body(source.to_owned());
        send_for_json(&self.address(), request).await
    }

    /// `GET /api/v1/workflows`, newest change first.
    pub async fn list_workflows(&self, cursor: Option<&str>) -> Result<WorkflowPage, ClientError> {
        let mut url = self.url(&["api", "v1", "workflows"]);
        put(&mut url, "cursor", cursor);
        send_for_json(&self.address(), self.http.get(url)).await
    }

    /// `GET /api/v1/workflows/{name}`, or one version of it.
    pub async fn get_workflow(
        &self,
        name: &str,
        version: Option<i32>,
    ) -> Result<StoredWorkflow, ClientError> {
        let version = version.map(|version| version.to_string());
        let url = match &version {
            None => self.workflow_url(name, &[]),
            Some(version) => self.workflow_url(name, &["versions", version]),
        };
        send_for_json(&self.address(), self.http.get(url)).await
    }

    /// `GET /api/v1/workflows/{name}/versions`, newest first.
    pub async fn workflow_versions(
        &self,
        name: &str,
        before: Option<i32>,
    ) -> Result<VersionPage, ClientError> {
        let mut url = self.workflow_url(name, &["versions"]);
        put(&mut url, "before", before);
        send_for_json(&self.address(), self.http.get(url)).await
    }

    /// `DELETE /api/v1/workflows/{name}`: nothing is started from it any more.
    pub async fn delete_workflow(&self, name: &str) -> Result<(), ClientError> {
        let request = self.http.delete(self.workflow_url(name, &[]));
        send(&self.address(), request.timeout(REQUEST_TIMEOUT)).await.map(drop)
    }

    /// `POST /api/v1/workflows/{name}/run`; with an `idempotency_key` a repeated call gives the first one's run.
    pub async fn start_workflow(
        &self,
        name: &str,
        start: &StartRun,
        idempotency_key: Option<&str>,
    ) -> Result<RunState, ClientError> {
        let mut request = self.http.post(self.workflow_url(name, &["run"])).json(start);
        if let Some(key) = idempotency_key {
            request = request.header("idempotency-key", key);
        }
        send_for_json(&self.address(), request).await
    }

    fn workflow_url(&self, name: &str, rest: &[&str]) -> reqwest::Url {
        let mut segments = vec!["api", "v1", "workflows", name];
        segments.extend_from_slice(rest);
        self.url(&segments)
    }
}
