//! AutomateOS's database: its users and workflows at once, its executions some at a time.

use std::collections::HashMap;

use serde_json::Value;
use uuid::Uuid;

use super::automateos::{LogRow, Workflow, past_run, run_id};
use super::automateos_database::{Database, Fields};
use super::automateos_users::{PastUser, past_user};
use super::{PastRun, RowFault, SourceError};
use crate::facts::id::RunId;
use crate::facts::time::Timestamp;

/// Executions read at once: a few events each.
const LOGS_PER_PAGE: i64 = 200;

/// The database, and how far it has been read.
pub struct AutomateosSource {
    database: Database,
    /// By their ids; an installation has some hundreds.
    workflows: HashMap<i64, Workflow>,
    users: Vec<Result<PastUser, RowFault>>,
    after: i64,
    stale_before: Timestamp,
}

impl AutomateosSource {
    /// `source` is a URL of PostgreSQL or the path of a file.
    pub async fn open(source: &str, stale_before: Timestamp) -> Result<Self, SourceError> {
        let database = Database::open(source).await?;
        let users = database.users().await?;
        let addresses: HashMap<i64, String> = users.iter().filter_map(address).collect();
        let workflows = database.workflows().await?.into_iter().filter_map(|row| {
            let id = row.get("id").and_then(Value::as_i64)?;
            Some((id, Workflow::of_row(row, |user| addresses.get(&user).cloned())))
        });
        Ok(Self {
            workflows: workflows.collect(),
            users: users.iter().map(past_user).collect(),
            database,
            after: i64::MIN,
            stale_before,
        })
    }

    pub async fn total(&self) -> Result<u64, SourceError> {
        self.database.count().await
    }

    /// All users; a second call gives none.
    pub fn take_users(&mut self) -> Vec<Result<PastUser, RowFault>> {
        std::mem::take(&mut self.users)
    }

    /// The names of workflows that were never executed, so that no run keeps a record of them.
    #[must_use]
    pub fn workflows_without_runs(&self) -> Vec<String> {
        let unused = self.workflows.iter().filter(|(_, workflow)| !workflow.has_run());
        let mut names: Vec<String> = unused
            .map(|(id, workflow)| workflow.name.clone().unwrap_or_else(|| format!("workflow-{id}")))
            .collect();
        names.sort();
        names
    }

    /// The next executions; none at the end.
    pub async fn next_page(&mut self) -> Result<Vec<PastRun>, SourceError> {
        let rows = self.database.logs(self.after, LOGS_PER_PAGE).await?;
        if let Some(last) = rows.last().and_then(|row| row.get("id")).and_then(Value::as_i64) {
            self.after = last;
        }
        Ok(rows.into_iter().map(|row| self.past_run(row)).collect())
    }

    fn past_run(&self, row: Fields) -> PastRun {
        let id = row.get("id").and_then(Value::as_i64).unwrap_or_default();
        let named = run_id(id).parse().unwrap_or_else(|_| RunId::generated(Uuid::nil()));
        match serde_json::from_value::<LogRow>(Value::Object(row)) {
            Ok(log) => {
                let workflow = log.workflow_id.and_then(|id| self.workflows.get(&id));
                past_run(named, log, workflow, self.stale_before)
            }
            Err(error) => {
                let mut past = PastRun::new(named);
                past.fault(format!("executionlog {id}"), error.to_string());
                past
            }
        }
    }
}

fn address(row: &Fields) -> Option<(i64, String)> {
    Some((row.get("id")?.as_i64()?, row.get("email")?.as_str()?.to_owned()))
}
