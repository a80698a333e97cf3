//! Bundles, as clients handle them: streamed both ways.

use futures_util::{Stream, TryStreamExt as _};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use serde::{Deserialize, Serialize};
use tokio_util::io::ReaderStream;

use crate::facts::id::RunId;
use crate::facts::status::RunStatus;

use super::api::{Client, put};
use super::error::ClientError;
use super::transport::{send, send_for_json_at_leisure, unreachable};

const MEDIA_TYPE: &str = "application/vnd.telltale.bundle";

/// What a server says of a bundle that it has taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportedRun {
    pub run_id: RunId,
    pub status: RunStatus,
    pub events: u64,
    pub lines: u64,
    pub artifacts: u64,
    pub verified: bool,
    pub created: bool,
    #[serde(default)]
    pub dry_run: bool,
}

/// The run that a bundle is played as.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayedRun {
    pub run_id: RunId,
    pub speed: f64,
}

impl Client {
    /// `GET /api/v1/runs/{runId}/bundle`: the file as it comes; `html` for the page instead.
    pub async fn export_run(
        &self,
        run_id: &RunId,
        html: bool,
    ) -> Result<impl Stream<Item = Result<bytes::Bytes, ClientError>> + Send + use<>, ClientError> {
        let mut url = self.run_url(run_id, &["bundle"]);
        put(&mut url, "html", html.then_some(true));
        let response = send(&self.address(), self.http.get(url)).await?;
        let base = self.address();
        Ok(response.bytes_stream().map_err(move |error| unreachable(&base, &error)))
    }

    /// `POST /api/v1/import` with a file of `bytes`. Safe to repeat.
    pub async fn import_run(
        &self,
        file: tokio::fs::File,
        bytes: u64,
        dry_run: bool,
    ) -> Result<ImportedRun, ClientError> {
        let mut url = self.url(&["api", "v1", "import"]);
        put(&mut url, "dryRun", dry_run.then_some(true));
        self.send_bundle(url, file, bytes).await
    }

    /// `POST /api/v1/import` with a bundle that was made here.
    pub async fn import_bundle(&self, bundle: Vec<u8>, dry_run: bool) -> Result<ImportedRun, ClientError> {
        let mut url = self.url(&["api", "v1", "import"]);
        put(&mut url, "dryRun", dry_run.then_some(true));
        let request = self.http.post(url).header(CONTENT_TYPE, MEDIA_TYPE).body(bundle);
        send_for_json_at_leisure(&self.address(), request).await
    }

    /// `POST /api/v1/replay` with a file of `bytes`.
    pub async fn replay_run(
        &self,
        file: tokio::fs::File,
        bytes: u64,
        speed: f64,
    ) -> Result<ReplayedRun, ClientError> {
        let mut url = self.url(&["api", "v1", "replay"]);
        put(&mut url, "speed", Some(speed));
        self.send_bundle(url, file, bytes).await
    }

    async fn send_bundle<T: serde::de::DeserializeOwned>(
        &self,
        url: reqwest::Url,
        file: tokio::fs::File,
        bytes: u64,
    ) -> Result<T, ClientError> {
        let request = self
            .http
            .post(url)
            .header(CONTENT_TYPE, MEDIA_TYPE)
            .header(CONTENT_LENGTH, bytes)
            .body(reqwest::Body::wrap_stream(ReaderStream::new(file)));
        send_for_json_at_leisure(&self.address(), request).await
    }
}
