//! Reads runs back into the state that folding goes on from.

use std::collections::{HashMap, HashSet};

use tokio_postgres::Row;
use uuid::Uuid;

use super::hot::{HotRun, RunName};
use crate::facts::id::{EventId, NodeRef, OrganizationId, RunId, RunKey};
use crate::facts::json::Json;
use crate::facts::run::{Node, Run, RunDocuments};
use crate::store::db::{Db, DbError, Query, query};

pub(super) const LOAD_RUNS: Query = query!("journal/load_runs"; UUID_ARRAY, TEXT_ARRAY);
pub(super) const FIND_EVENT_IDS: Query = query!("journal/find_event_ids"; UUID_ARRAY, UUID_ARRAY);
pub(super) const LOCK_BUCKETS: Query = query!("journal/lock_buckets"; INT4_ARRAY);

/// The parameters of [`LOAD_RUNS`].
pub(super) fn load_params<'a>(names: impl Iterator<Item = &'a RunName>) -> (Vec<Uuid>, Vec<String>) {
    names.map(|(organization, run_id)| (organization.0, run_id.to_string())).unzip()
}

/// The runs that exist, by their place in the parameters (from 0).
pub(super) fn loaded(rows: &[Row]) -> Result<HashMap<usize, HotRun>, DbError> {
    rows.iter().filter_map(|row| loaded_run(row).transpose()).collect()
}

/// Those that were purged, by their place in the parameters (from 0).
pub(super) fn purged(rows: &[Row]) -> Result<HashSet<usize>, DbError> {
    let mut purged = HashSet::new();
    for row in rows {
        if row.try_get::<_, Option<Uuid>>(1).map_err(shape)?.is_none() {
            purged.insert(place(row)?);
        }
    }
    Ok(purged)
}

fn place(row: &Row) -> Result<usize, DbError> {
    let place: i32 = row.try_get(0).map_err(shape)?;
    usize::try_from(place - 1).map_err(|e| DbError::Shape(e.to_string()))
}

fn loaded_run(row: &Row) -> Result<Option<(usize, HotRun)>, DbError> {
    let Some(key) = row.try_get::<_, Option<Uuid>>(1).map_err(shape)? else { return Ok(None) };
    let hash: &[u8] = row.try_get(2).map_err(shape)?;
    let names: Vec<String> = row.try_get(8).map_err(shape)?;
    let states: Vec<&str> = row.try_get(9).map_err(shape)?;
    let mut run = Run { head: parse(row, 3)?, documents: documents(row, 4)?, nodes: Default::default() };
    for (name, state) in names.into_iter().zip(states) {
        let name: NodeRef = name.parse().map_err(|e| DbError::Shape(format!("{e}")))?;
        let node: Node = serde_json::from_str(state).map_err(|e| DbError::Shape(e.to_string()))?;
        run.nodes.insert(name, node);
    }
    let hash = hash.try_into().map_err(|_| DbError::Shape("head_hash is not 32 bytes".into()))?;
    Ok(Some((place(row)?, HotRun { key: RunKey(key), run, hash, exists: true })))
}

/// Trigger, labels, inputs and result from four neighbouring columns.
pub(super) fn documents(row: &Row, first: usize) -> Result<RunDocuments, DbError> {
    let json = |column: usize| -> Result<Option<Json>, DbError> {
        let text: Option<String> = row.try_get(column).map_err(shape)?;
        text.map(Json::from_text).transpose().map_err(|e| DbError::Shape(e.to_string()))
    };
    Ok(RunDocuments {
        trigger: json(first)?,
        labels: parse(row, first + 1)?,
        inputs: json(first + 2)?,
        result: json(first + 3)?,
    })
}

pub(super) fn parse<T: serde::de::DeserializeOwned>(row: &Row, column: usize) -> Result<T, DbError> {
    let text: &str = row.try_get(column).map_err(shape)?;
    serde_json::from_str(text).map_err(|e| DbError::Shape(e.to_string()))
}

/// Where the given ids are stored already.
pub(super) fn stored_ids(rows: &[Row]) -> Result<HashMap<(RunKey, EventId), u64>, DbError> {
    let read = |row: &Row| -> Result<_, DbError> {
        let id: Uuid = row.try_get(0).map_err(shape)?;
        let key: Uuid = row.try_get(1).map_err(shape)?;
        let seq: i64 = row.try_get(2).map_err(shape)?;
        Ok(((RunKey(key), EventId(id)), seq.unsigned_abs()))
    };
    rows.iter().map(read).collect()
}

pub(super) fn shape(error: tokio_postgres::Error) -> DbError {
    DbError::Shape(error.to_string())
}

/// One run's projected state, for those who read.
pub async fn load_one(
    db: &Db,
    organization: OrganizationId,
    run_id: &RunId,
) -> Result<Option<(RunKey, Run)>, DbError> {
    let (organizations, names) = load_params(std::iter::once(&(organization, run_id.clone())));
    let rows = db.get().await?.query(&LOAD_RUNS, &[&organizations, &names]).await?;
    Ok(loaded(&rows)?.into_values().next().map(|hot| (hot.key, hot.run)))
}
