//! Past runs to a server: a page's events in batches, in order; its documents and files after them.
//!
//! Where output is copied, the first event of each run goes ahead, which makes the run in its place in time, and the output follows it: so
//! that no stream has been closed, by the end of its node, before its lines came.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::copy_files::SourceFiles;
use super::copy_logs::{CopyError, SourceLoki};
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
    pub lines: u64,
    /// Lines that were there already.
    pub duplicate_lines: u64,
    pub files: u64,
    pub file_bytes: u64,
    pub faults: Vec<RowFault>,
}

impl Sent {
    pub fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.events += other.events;
        self.duplicates += other.duplicates;
        self.documents += other.documents;
        self.lines += other.lines;
        self.duplicate_lines += other.duplicate_lines;
        self.files += other.files;
        self.file_bytes += other.file_bytes;
        self.faults.extend(other.faults);
    }
}

/// How far a sending is, for who watches it.
#[derive(Debug, Default)]
pub struct Progress {
    pub events: AtomicU64,
    pub lines: AtomicU64,
    pub files: AtomicU64,
}

/// Where runs are sent, without a client they are only counted; and where what their source keeps elsewhere is copied from.
#[derive(Debug, Clone, Default)]
pub struct Sender {
    pub client: Option<Client>,
    pub logs: Option<SourceLoki>,
    pub files: Option<SourceFiles>,
    pub progress: Arc<Progress>,
}

impl Sender {
    /// Sends a page of runs, each whole and in order. Safe to repeat.
    pub async fn send(&self, page: Vec<PastRun>) -> Result<Sent, CopyError> {
        let mut sent = Sent::default();
        let goes_ahead = |run: &PastRun| self.logs.is_some() && !run.elsewhere.outputs.is_empty();
        let ahead = page.iter().filter(|run| goes_ahead(run)).flat_map(|run| run.events.first());
        sent.duplicates += self.append_all(ahead).await?;
        for run in &page {
            self.copy_output(run, &mut sent).await?;
        }
        let rest = page.iter().flat_map(|run| run.events.iter().skip(usize::from(goes_ahead(run))));
        sent.duplicates += self.append_all(rest).await?;
        for run in page {
            sent.runs += u64::from(!run.events.is_empty());
            sent.events += run.events.len() as u64;
            self.copy_files(&run, &mut sent).await?;
            for document in run.documents {
                self.upload(&run.run_id, document).await?;
                sent.documents += 1;
            }
            sent.faults.extend(run.faults);
        }
        Ok(sent)
    }

    async fn copy_output(&self, run: &PastRun, sent: &mut Sent) -> Result<(), CopyError> {
        let Some(logs) = self.logs.as_ref().filter(|_| !run.events.is_empty()) else { return Ok(()) };
        for output in &run.elsewhere.outputs {
            let copied = logs.copy(self.client.as_ref(), &run.run_id, output, &self.progress.lines).await?;
            sent.lines += copied.lines;
            sent.duplicate_lines += copied.duplicates;
            sent.faults.extend(copied.faults);
        }
        sent.faults.extend_from_slice(&run.elsewhere.output_faults);
        Ok(())
    }

    async fn copy_files(&self, run: &PastRun, sent: &mut Sent) -> Result<(), CopyError> {
        let Some(files) = self.files.as_ref().filter(|_| !run.events.is_empty()) else { return Ok(()) };
        for file in &run.elsewhere.files {
            match files.copy(self.client.as_ref(), &run.run_id, file).await? {
                Ok(bytes) => {
                    sent.files += 1;
                    self.progress.files.fetch_add(1, Relaxed);
                    sent.file_bytes += bytes;
                }
                Err(fault) => sent.faults.push(fault),
            }
        }
        sent.faults.extend_from_slice(&run.elsewhere.file_faults);
        Ok(())
    }

    /// Events in requests as large as they may be; answers how many were there already.
    async fn append_all(&self, events: impl Iterator<Item = &String>) -> Result<u64, ClientError> {
        let mut duplicates = 0;
        let mut batch: Vec<&str> = Vec::new();
        let mut bytes = 0;
        for event in events {
            if batch.len() >= BATCH_EVENTS || bytes + event.len() > BATCH_BYTES {
                duplicates += self.append(&batch).await?;
                batch.clear();
                bytes = 0;
            }
            bytes += event.len();
            batch.push(event);
        }
        duplicates += self.append(&batch).await?;
        Ok(duplicates)
    }

    /// How many of the events were there already.
    async fn append(&self, batch: &[&str]) -> Result<u64, ClientError> {
        self.progress.events.fetch_add(batch.len() as u64, Relaxed);
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
