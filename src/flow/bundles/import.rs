//! Into the store: a checked bundle becomes the run that it was, event by event and line by line.
//!
//! Events go through the journal with the ids, times and bytes that they had, so that seqs, hashes and lateness come out the
//! same; the journal's transactions are new ones, so that readers across runs find them where they are. What broke off goes on
//! where it was when the same file is sent again.

use std::io;
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::importing::Importing;
use super::spool::{Spooled, check_file};
use crate::facts::bundle::{Fault, Record, Totals};
use crate::facts::id::{InvalidId, OrganizationId, RunId, RunKey};
use crate::facts::status::RunStatus;
use crate::flow::Core;
use crate::flow::artifacts::{ArtifactError, hex};
use crate::store::db::DbError;
use crate::store::imports::{self, ImportedRun};
use crate::store::journal::{AppendError, read};
use crate::store::logs::{self, LogError};
use crate::store::{clock, runs};

/// Records that wait between the thread that reads and the task that writes.
pub(super) const RECORDS_AHEAD: usize = 64;

/// What an import has done.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    #[schema(value_type = String)]
    pub run_id: RunId,
    pub status: RunStatus,
    pub events: u64,
    pub lines: u64,
    pub artifacts: u64,
    /// Every block, event, line and artifact was checked against its hash.
    pub verified: bool,
    /// False where the run was here already, the same; true in a dry run where it would be made.
    pub created: bool,
    pub dry_run: bool,
}

/// Why a bundle is not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the bundle is not whole: {0}")]
    Broken(#[from] Fault),
    #[error("there is a run {0} already, with another history")]
    Differs(RunId),
    #[error("the run {0} is being imported already")]
    Busy(RunId),
    #[error("the bundle's run {0} {1}")]
    Reserved(RunId, InvalidId),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Append(#[from] AppendError),
    #[error(transparent)]
    Lines(#[from] LogError),
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    #[error("the file can't be read: {0}")]
    Io(#[from] io::Error),
}

/// What there is of the run before anything is written.
pub(super) enum Found {
    Nothing,
    /// A part, from an import that broke off.
    Begun(ImportedRun),
    /// The same, whole.
    Same,
}

/// Checks the file and, unless it is a dry run, makes its run.
pub async fn import(
    core: &Core,
    organization: OrganizationId,
    file: Spooled,
    dry_run: bool,
) -> Result<Imported, ImportError> {
    let reader = file.reader()?;
    let checked = tokio::task::spawn_blocking(move || check_file(reader)).await;
    let totals = checked.map_err(|error| io::Error::other(error.to_string()))??;
    let run_id = totals.header.run_id.clone();
    let _work =
        core.bundles.begin_work(organization, &run_id).ok_or_else(|| ImportError::Busy(run_id.clone()))?;
    let found = find(core, organization, &totals).await?;
    let created = !matches!(found, Found::Same);
    if matches!(found, Found::Nothing) {
        run_id.check_new().map_err(|error| ImportError::Reserved(run_id.clone(), error))?;
    }
    if created && !dry_run {
        Importing::begin(core, organization, totals.clone(), found).await?.run(file).await?;
        imports::finish(&core.db, organization, &run_id, clock::now()).await?;
    }
    Ok(Imported {
        run_id,
        status: totals.status,
        events: totals.trailer.events,
        lines: totals.trailer.lines,
        artifacts: totals.trailer.artifacts,
        verified: true,
        created,
        dry_run,
    })
}

async fn find(core: &Core, organization: OrganizationId, totals: &Totals) -> Result<Found, ImportError> {
    let run_id = &totals.header.run_id;
    let Some(row) = runs::find(&core.db, organization, run_id).await? else { return Ok(Found::Nothing) };
    let noted = imports::find(&core.db, organization, row.run_key).await?;
    let is_unfinished = matches!(noted, Some((_, false)));
    if row.head_seq < totals.trailer.events {
        return match is_unfinished {
            // Each event is compared by its hash as it is appended again.
            true => Ok(Found::Begun(note_of(totals, row.run_key)?)),
            false => Err(ImportError::Differs(run_id.clone())),
        };
    }
    let last = totals.trailer.events;
    let stored = read::hashed_events(&core.db, row.run_key, last - 1, last, 1).await?;
    let is_same = stored.first().is_some_and(|(_, hash)| hex(hash) == totals.trailer.head_hash);
    match (is_same, is_unfinished) {
        (false, _) => Err(ImportError::Differs(run_id.clone())),
        (true, true) => Ok(Found::Begun(note_of(totals, row.run_key)?)),
        (true, false) if logs::head(&core.db, row.run_key).await? >= totals.trailer.lines => Ok(Found::Same),
        (true, false) => Err(ImportError::Differs(run_id.clone())),
    }
}

pub(super) fn note_of(totals: &Totals, run_key: RunKey) -> Result<ImportedRun, DbError> {
    let head_hash = unhex(&totals.trailer.head_hash)?;
    let (origin, events) = (totals.header.organization_id, totals.trailer.events);
    Ok(ImportedRun { run_key, origin, events, head_hash, is_finished: false })
}

pub(super) fn unhex(text: &str) -> Result<Vec<u8>, DbError> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(pair).collect();
    bytes.ok_or_else(|| DbError::Shape("a digest is no hexadecimal number".into()))
}

/// For whoever reads a bundle's records off the file in the background.
pub(super) fn records(file: &Spooled) -> io::Result<mpsc::Receiver<Record>> {
    let (sender, records) = mpsc::channel(RECORDS_AHEAD);
    let mut reader = file.reader()?;
    let held = Arc::new(file.clone());
    tokio::task::spawn_blocking(move || {
        // It was checked before: what breaks now is the disk, and the records end there.
        while let Ok(Some(record)) = reader.next_record() {
            if sender.blocking_send(record).is_err() {
                break;
            }
        }
        drop(held);
    });
    Ok(records)
}
