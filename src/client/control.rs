//! Control of runs: cancel, run again, answer a node that waits.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::facts::id::RunId;

use super::api::Client;
use super::error::ClientError;
use super::transport::{REQUEST_TIMEOUT, send, send_for_json};

/// A person's answer to a node that waits.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct NodeInput {
    pub approved: bool,
    /// What the node's form asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

#[derive(Deserialize)]
struct Cancelled {
    cancelled: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rerun {
    run_id: RunId,
}

impl Client {
    /// `POST /api/v1/runs/{runId}/cancel`. True: the run is over; false: its worker was asked to end it. 409: it is over already.
    pub async fn cancel_run(&self, run_id: &RunId, reason: Option<&str>) -> Result<bool, ClientError> {
        let body = serde_json::json!({ "reason": reason });
        let request = self.http.post(self.run_url(run_id, &["cancel"])).json(&body);
        send_for_json::<Cancelled>(&self.address(), request).await.map(|answer| answer.cancelled)
    }

    /// `POST /api/v1/runs/{runId}/rerun`: the new run's id. `inputs` replace those of the same names.
    pub async fn rerun(
        &self,
        run_id: &RunId,
        from_node: Option<&str>,
        inputs: Option<&Value>,
    ) -> Result<RunId, ClientError> {
        let body = serde_json::json!({ "fromNode": from_node, "inputs": inputs });
        let request = self.http.post(self.run_url(run_id, &["rerun"])).json(&body);
        send_for_json::<Rerun>(&self.address(), request).await.map(|answer| answer.run_id)
    }

    /// `POST /api/v1/runs/{runId}/nodes/{nodeRef}/input`. 409: the node does not wait, or was answered already; 400 names what
    /// does not fit its form.
    pub async fn give_input(
        &self,
        run_id: &RunId,
        node_ref: &str,
        input: &NodeInput,
    ) -> Result<(), ClientError> {
        let url = self.run_url(run_id, &["nodes", node_ref, "input"]);
        let request = self.http.post(url).json(input);
        send(&self.address(), request.timeout(REQUEST_TIMEOUT)).await.map(drop)
    }
}
