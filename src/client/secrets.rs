//! Secrets, as clients handle them: stored, listed by name, deleted, and fetched by the worker that holds a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facts::id::RunId;
use crate::facts::secret::SecretName;
use crate::facts::time::Timestamp;

use super::api::{Client, put};
use super::error::ClientError;
use super::transport::{REQUEST_TIMEOUT, send, send_for_json};

/// A secret without its value, which is never shown again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretSummary {
    pub name: SecretName,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretPage {
    pub secrets: Vec<SecretSummary>,
    #[serde(default)]
    pub next_after: Option<SecretName>,
}

#[derive(Deserialize)]
struct Claimed {
    secrets: BTreeMap<SecretName, String>,
}

impl Client {
    /// `PUT /api/v1/secrets/{name}`
    pub async fn put_secret(&self, name: &SecretName, value: &str) -> Result<SecretSummary, ClientError> {
        let url = self.url(&["api", "v1", "secrets", name.as_str()]);
        let request = self.http.put(url).json(&serde_json::json!({ "value": value }));
        send_for_json(&self.address(), request).await
    }

    /// `GET /api/v1/secrets`: a page of names behind `after`.
    pub async fn list_secrets(&self, after: Option<&SecretName>) -> Result<SecretPage, ClientError> {
        let mut url = self.url(&["api", "v1", "secrets"]);
        put(&mut url, "after", after);
        send_for_json(&self.address(), self.http.get(url)).await
    }

    /// `DELETE /api/v1/secrets/{name}`
    pub async fn delete_secret(&self, name: &SecretName) -> Result<(), ClientError> {
        let url = self.url(&["api", "v1", "secrets", name.as_str()]);
        send(&self.address(), self.http.delete(url).timeout(REQUEST_TIMEOUT)).await.map(drop)
    }

    /// `POST /api/v1/claims/secrets`: the values of all `names`, while the run is held under `claim`. 409: it is not any
    /// more; 404 and 422: the problem names the secrets that are missing or can't be opened.
    pub async fn claimed_secrets(
        &self,
        run_id: &RunId,
        claim: i32,
        names: &[SecretName],
    ) -> Result<BTreeMap<SecretName, String>, ClientError> {
        let body = serde_json::json!({ "runId": run_id, "claim": claim, "names": names });
        let request = self.http.post(self.url(&["api", "v1", "claims", "secrets"])).json(&body);
        send_for_json::<Claimed>(&self.address(), request).await.map(|claimed| claimed.secrets)
    }
}
