//! Artifacts, as clients handle them: a file sent as it is read, a page of the list, and the bytes back.

use futures_util::{Stream, TryStreamExt as _};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use serde::{Deserialize, Serialize};
use tokio_util::io::ReaderStream;
use uuid::Uuid;

use crate::facts::id::RunId;
use crate::facts::time::Timestamp;

use super::api::{Client, put};
use super::error::ClientError;
use super::transport::{send, send_for_json_at_leisure, unreachable};

/// An artifact as the server has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactSummary {
    pub artifact_id: Uuid,
    pub name: String,
    #[serde(default)]
    pub node_ref: Option<String>,
    #[serde(default)]
    pub attempt: Option<u32>,
    pub media_type: String,
    pub bytes: u64,
    /// In hexadecimal digits.
    pub sha256: String,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactPage {
    pub artifacts: Vec<ArtifactSummary>,
    #[serde(default)]
    pub next_cursor: Option<String>,
}

/// What an artifact is called and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactLabel {
    /// A relative path, say; it never becomes one on the server.
    pub name: String,
    /// The node and its attempt; `None`: the run's own.
    pub of_node: Option<(String, u32)>,
    pub media_type: String,
}

impl Client {
    /// `POST /api/v1/runs/{runId}/artifacts`: sends `file` from where it stands to its end, `bytes` in all. Safe to repeat
    /// with the file rewound; 409: the name is taken by another content. A file that is not of its type is kept as bytes.
    pub async fn upload_artifact(
        &self,
        run_id: &RunId,
        label: &ArtifactLabel,
        file: tokio::fs::File,
        bytes: u64,
    ) -> Result<ArtifactSummary, ClientError> {
        self.upload(run_id, label, reqwest::Body::wrap_stream(ReaderStream::new(file)), bytes).await
    }

    /// The same for what is in memory.
    pub async fn upload_bytes(
        &self,
        run_id: &RunId,
        label: &ArtifactLabel,
        content: Vec<u8>,
    ) -> Result<ArtifactSummary, ClientError> {
        let bytes = content.len() as u64;
        self.upload(run_id, label, content.into(), bytes).await
    }

    /// The same for what comes as it is read, `bytes` in all. To repeat it, it has to be read again.
    pub async fn upload_stream<E>(
        &self,
        run_id: &RunId,
        label: &ArtifactLabel,
        parts: impl Stream<Item = Result<bytes::Bytes, E>> + Send + 'static,
        bytes: u64,
    ) -> Result<ArtifactSummary, ClientError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    {
        self.upload(run_id, label, reqwest::Body::wrap_stream(parts), bytes).await
    }

    async fn upload(
        &self,
        run_id: &RunId,
        label: &ArtifactLabel,
        body: reqwest::Body,
        bytes: u64,
    ) -> Result<ArtifactSummary, ClientError> {
        let mut url = self.run_url(run_id, &["artifacts"]);
        put(&mut url, "name", Some(&label.name));
        put(&mut url, "mislabelled", Some("keep"));
        if let Some((node_ref, attempt)) = &label.of_node {
            put(&mut url, "nodeRef", Some(node_ref));
            put(&mut url, "attempt", Some(attempt));
        }
        let request = self
            .http
            .post(url)
            .header(CONTENT_TYPE, &label.media_type)
            .header(CONTENT_LENGTH, bytes)
            .body(body);
        send_for_json_at_leisure(&self.address(), self.claimed(request)).await
    }

    /// `GET /api/v1/runs/{runId}/artifacts`
    pub async fn list_artifacts(
        &self,
        run_id: &RunId,
        cursor: Option<&str>,
    ) -> Result<ArtifactPage, ClientError> {
        let mut url = self.run_url(run_id, &["artifacts"]);
        put(&mut url, "cursor", cursor);
        super::transport::send_for_json(&self.address(), self.http.get(url)).await
    }

    /// An artifact whole, in memory; an error when it has more than `at_most` bytes.
    pub async fn read_artifact(
        &self,
        run_id: &RunId,
        artifact_id: Uuid,
        at_most: usize,
    ) -> Result<Vec<u8>, ClientError> {
        let mut parts = Box::pin(self.download_artifact(run_id, artifact_id).await?);
        let mut whole = Vec::new();
        while let Some(part) = parts.try_next().await? {
            whole.extend_from_slice(&part);
            if whole.len() > at_most {
                let fault = format!("the artifact {artifact_id} has more than {at_most} bytes");
                return Err(ClientError::Settings(fault));
            }
        }
        Ok(whole)
    }

    /// `GET /api/v1/runs/{runId}/artifacts/{artifactId}`: the bytes as they come, whole.
    pub async fn download_artifact(
        &self,
        run_id: &RunId,
        artifact_id: Uuid,
    ) -> Result<impl Stream<Item = Result<bytes::Bytes, ClientError>> + Send + use<>, ClientError> {
        let url = self.run_url(run_id, &["artifacts", &artifact_id.to_string()]);
        let response = send(&self.address(), self.http.get(url)).await?;
        let base = self.address();
        Ok(response.bytes_stream().map_err(move |error| unreachable(&base, &error)))
    }
}
