//! Past runs to a server: a page's events in batches, in order; its documents after them.

use std::time::Duration;

use super::past_run::{Document, PastRun, RowFault};
use crate::client::{ArtifactLabel, Client, ClientError, until_acknowledged};
use crate::facts::id::RunId;

/// Events of one request; the API takes 5,000.
const BATCH_EVENTS: usize = 2_500;
/// Bytes of one request; the API takes 8 MiB.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// How long a server may be away meanwhile.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was sent, or would have been.
#[derive(Debug, Default)]
pub struct Sent {
    pub runs: u64,
    pub events: u64,
    /// Events that were there already.
    pub duplicates: u64,
    pub documents: u64,
    pub faults: Vec<RowFault>,
}

impl Sent {
    pub fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.events += other.events;
        self.duplicates += other.duplicates;
        self.documents += other.documents;
        self.faults.extend(other.faults);
    }
}

/// Where runs are sent; without a client they are only counted.
#[derive(Debug, Clone)]
pub struct Sender {
    pub client: Option<Client>,
}

impl Sender {
    /// Sends a page of runs, each whole and in order. Safe to repeat.
    pub async fn send(&self, page: Vec<PastRun>) -> Result<Sent, ClientError> {
        let mut sent = Sent::default();
        let mut batch: Vec<&str> = Vec::new();
        let mut bytes = 0;
        for event in page.iter().flat_map(|run| &run.events) {
            if batch.len() >= BATCH_EVENTS || bytes + event.len() > BATCH_BYTES {
                sent.duplicates += self.append(&batch).await?;
                batch.clear();
                bytes = 0;
            }
            bytes += event.len();
            batch.push(event);
        }
        sent.duplicates += self.append(&batch).await?;
        for run in page {
            sent.runs += u64::from(!run.events.is_empty());
            sent.events += run.events.len() as u64;
            for document in run.documents {
                self.upload(&run.run_id, document).await?;
                sent.documents += 1;
            }
            sent.faults.extend(run.faults);
        }
        Ok(sent)
    }

    /// How many of the events were there already.
    async fn append(&self, batch: &[&str]) -> Result<u64, ClientError> {
        let Some(client) = self.client.as_ref().filter(|_| !batch.is_empty()) else { return Ok(0) };
        let answer = until_acknowledged(PATIENCE, || client.append_past_events(batch)).await?;
        Ok(answer.results.iter().filter(|result| result.outcome == "duplicate").count() as u64)
    }

    async fn upload(&self, run_id: &RunId, document: Document) -> Result<(), ClientError> {
        let Some(client) = &self.client else { return Ok(()) };
        let media_type = if document.name.ends_with(".json") { "application/json" } else { "text/plain" };
        let label = ArtifactLabel { name: document.name, of_node: None, media_type: media_type.to_owned() };
        until_acknowledged(PATIENCE, || client.upload_bytes(run_id, &label, document.bytes.clone()))
            .await
            .map(drop)
    }
}
