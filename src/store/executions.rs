//! Runs as older clients know them: executions of a workflow, in pages by offset, named by a number.
//!
//! A run gets its number when it is first listed to such a client, so that no append pays for it.

use std::collections::HashMap;

use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::db::row::{column, number, parsed};
use super::db::{Db, DbError, Query, query};
use crate::facts::id::{OrganizationId, RunId, RunKey};
use crate::facts::run::RunHead;
use crate::facts::status::RunStatus;

const LIST: Query = query!("executions/list"; UUID, TEXT, TEXT_ARRAY, UUID, UUID, INT8, INT8);
const COUNT: Query = query!("executions/count"; UUID, TEXT, TEXT_ARRAY, UUID, UUID);
const KNOWS_WORKFLOW: Query = query!("executions/knows_workflow"; UUID, TEXT);
const NUMBER: Query = query!("executions/number"; UUID, UUID_ARRAY);
const NUMBERED: Query = query!("executions/numbered"; UUID, INT8);

/// Which of a workflow's runs.
#[derive(Debug, Clone)]
pub struct ExecutionFilter {
    pub workflow: String,
    /// Empty: in whatever status.
    pub statuses: Vec<RunStatus>,
    /// Lowest key, inclusive.
    pub from: Option<Uuid>,
    /// Highest key, exclusive.
    pub to: Option<Uuid>,
}

impl ExecutionFilter {
    fn status_words(&self) -> Option<Vec<&'static str>> {
        (!self.statuses.is_empty()).then(|| self.statuses.iter().map(|status| status.as_str()).collect())
    }
}

/// A run with its number.
#[derive(Debug, Clone)]
pub struct Execution {
    pub number: u64,
    pub run_key: RunKey,
    pub head: RunHead,
}

/// A page of a workflow's runs, newest first, every one with its number.
pub async fn list(
    db: &Db,
    organization: OrganizationId,
    filter: &ExecutionFilter,
    limit: u32,
    offset: u32,
) -> Result<Vec<Execution>, DbError> {
    let params: [&(dyn ToSql + Sync); 7] = [
        &organization.0,
        &filter.workflow,
        &filter.status_words(),
        &filter.from,
        &filter.to,
        &i64::from(limit),
        &i64::from(offset),
    ];
    let rows = db.get().await?.query(&LIST, &params).await?;
    let mut runs = Vec::with_capacity(rows.len());
    for row in &rows {
        let head = serde_json::from_str(column(row, 1)?).map_err(|e| DbError::Shape(e.to_string()))?;
        runs.push((RunKey(column(row, 0)?), head));
    }
    let keys: Vec<RunKey> = runs.iter().map(|(key, _)| *key).collect();
    let numbers = numbers(db, organization, &keys).await?;
    // A run that was purged meanwhile has none.
    let numbered = runs.into_iter().filter_map(|(run_key, head)| {
        numbers.get(&run_key).map(|number| Execution { number: *number, run_key, head })
    });
    Ok(numbered.collect())
}

/// How many runs the filter lets through.
pub async fn count(db: &Db, organization: OrganizationId, filter: &ExecutionFilter) -> Result<u64, DbError> {
    let params: [&(dyn ToSql + Sync); 5] =
        [&organization.0, &filter.workflow, &filter.status_words(), &filter.from, &filter.to];
    number(&db.get().await?.query_one(&COUNT, &params).await?, 0)
}

/// Whether the organization has such a workflow, be it only by its runs.
pub async fn knows_workflow(db: &Db, organization: OrganizationId, name: &str) -> Result<bool, DbError> {
    column(&db.get().await?.query_one(&KNOWS_WORKFLOW, &[&organization.0, &name]).await?, 0)
}

/// The numbers of runs, which get one where they have none.
pub async fn numbers(
    db: &Db,
    organization: OrganizationId,
    keys: &[RunKey],
) -> Result<HashMap<RunKey, u64>, DbError> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let keys: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
    let rows = db.get().await?.query(&NUMBER, &[&organization.0, &keys]).await?;
    rows.iter().map(|row| Ok((RunKey(column(row, 0)?), number(row, 1)?))).collect()
}

/// The run of that number.
pub async fn numbered(db: &Db, organization: OrganizationId, wanted: i64) -> Result<Option<RunId>, DbError> {
    let row = db.get().await?.query_opt(&NUMBERED, &[&organization.0, &wanted]).await?;
    row.map(|row| parsed(&row, 0)).transpose()
}
