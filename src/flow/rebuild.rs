//! Rebuilds the projections of runs from their events, while servers go on.
//!
//! A server that works on a run keeps its state in memory and would go on from what it once read. So a run that is not over
//! and whose projection was wrong gets a note in its history: the head moves, and every server reads the run anew.

use crate::facts::event::{Event, EventType};
use crate::facts::id::EventId;
use crate::store::clock;
use crate::store::db::{Db, DbError};
use crate::store::journal::rebuild::{self, Aim, Finding, Named};
use crate::store::journal::{AppendError, AppendRequest, Journal, NewEvent};

/// A server may write what it held between the rebuild and the note; the next round finds it.
const ROUNDS: usize = 3;

/// Why a run could not be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("the note could not be written: {0}")]
    Note(#[from] AppendError),
}

/// Looks at one run, and rebuilds it where that is the aim. What was found is as of before.
pub async fn run(db: &Db, journal: &Journal, named: &Named, aim: Aim) -> Result<Finding, RebuildError> {
    let first = rebuild::rebuild(db, named, aim).await?;
    let mut last = first.clone();
    for _ in 0..ROUNDS {
        let Finding::Folded { differences, is_over: false, .. } = &last else { break };
        if aim == Aim::Tell || differences.is_empty() {
            break;
        }
        journal.append(note(named, differences)?).await?;
        last = rebuild::rebuild(db, named, aim).await?;
    }
    Ok(first)
}

fn note(named: &Named, differences: &[String]) -> Result<AppendRequest, AppendError> {
    let now = clock::now();
    let event = Event {
        seq: 0,
        recorded_at: now,
        event_id: EventId(uuid::Uuid::now_v7()),
        kind: EventType::Note,
        node_ref: None,
        attempt: None,
        level: EventType::Note.default_level(),
        occurred_at: now,
        message: Some(format!(
            "what is shown of this run was rebuilt from its events: {}",
            differences.join(", ")
        )),
        data: None,
        output_summary: None,
        error: None,
        metadata: None,
    };
    let body = event.body(&named.run_id).map_err(|e| AppendError::Rejected(e.to_string()))?;
    Ok(AppendRequest {
        organization: named.organization,
        run_id: named.run_id.clone(),
        events: vec![NewEvent { event, body: body.into(), id_given: false, recorded_at: None }],
        only_if_new: false,
        enqueue: None,
        claim: None,
        imported_as: None,
    })
}
